"""Refusals that geometry gives, told in both languages.

::

    Problem                   anything refused, with a Chinese and an English text
    └── GeometryProblem       a shape that cannot be used
        └── CrsProblem        coordinates whose system is missing, unsafe or wrong
"""

from typing import Literal

Language = Literal["zh", "en"]


class Problem(Exception):
    """A refusal that names the thing, the place and the next step.

    Parameters
    ----------
    zh, en : str
        The same message in Chinese and in English.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en

    def text(self, language: Language) -> str:
        """The message in one language."""
        return self.zh if language == "zh" else self.en

    def __reduce__(self) -> tuple[type["Problem"], tuple[str, str]]:
        # Exceptions cross process borders; the default would replay only `en`.
        return type(self), (self.zh, self.en)


class GeometryProblem(Problem):
    """A shape that cannot be used."""


class CrsProblem(GeometryProblem):
    """Coordinates whose reference system is missing, unsafe or wrong."""

"""Codes of new micro-grids, by a scheme that an office may replace."""

from collections.abc import Collection, Sequence
from typing import Protocol

from boundaries.errors import BadInput


class Scheme(Protocol):
    """Makes the next code of an area."""

    def __call__(self, chain: Sequence[str], used: Collection[str]) -> str:
        """A code, not among the used ones, for a new grid of an area; ``chain``: its code and those above it."""
        ...


def area_and_sequence(chain: Sequence[str], used: Collection[str], *, digits: int = 3) -> str:
    """The code of an area and the next sequence number: highest so far plus one.

    Parameters
    ----------
    chain : sequence of str
        Code of the area that the grid helps to fill, then of those above it. The grids of a
        composite grid are numbered within their community: the number goes behind the first
        code that grids have numbers behind already, else behind the area's own.
    used : collection of str
        Every code that was ever given to a grid or a part around here.
    digits : int
        Least length of the sequence number, padded with zeros.

    Returns
    -------
    str

    Raises
    ------
    BadInput
        If the numbers of this length are used up.
    """
    area = numbered_within(chain, used, digits=digits)
    highest, dash = _highest(area, used, digits) or (0, "")
    number = highest + 1
    if number >= 10**digits:
        raise BadInput(
            f"区域 {area} 的 {digits} 位顺序号已用完。请在操作中直接给出新编码。",
            f"The {digits}-digit sequence numbers of area {area} are used up. Give the new code in the command.",
        )
    return f"{area}{dash}{number:0{digits}d}"


def numbered_within(chain: Sequence[str], codes: Collection[str], *, digits: int = 3) -> str:
    """Of an area and those above it the first that has sequence numbers behind its code, else the area itself."""
    return next((area for area in chain if _highest(area, codes, digits) is not None), chain[0])


def _highest(area: str, used: Collection[str], digits: int) -> tuple[int, str] | None:
    """The highest number behind the code of an area, and what stands between them."""
    found: list[tuple[int, str]] = []
    for code in used:
        tail = code.removeprefix(area)
        number = tail.removeprefix("-")
        if tail != code and len(number) == digits and number.isascii() and number.isdigit():
            found.append((int(number), "-" if tail != number else ""))
    return max(found, default=None)

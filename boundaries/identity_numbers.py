"""Numbers of identity cards, which are kept nowhere: found in any text, so that it can be refused."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from boundaries.errors import BadInput

# Eighteen places with the year in full, or the fifteen of before 1999; the place of issue comes first.
_LONG = re.compile(r"(?<![0-9])[1-9][0-9]{5}((?:18|19|20)[0-9]{2})([0-9]{2})([0-9]{2})[0-9]{3}[0-9Xx](?![0-9])")
_SHORT = re.compile(r"(?<![0-9])[1-9][0-9]{5}([0-9]{2})([0-9]{2})([0-9]{2})[0-9]{3}(?![0-9])")
# Provinces begin with these; a landline or a mobile number seldom does.
_PROVINCES = frozenset(
    [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83]
)
_SPACING = re.compile(r"(?<=[0-9])[ \-_.·]+(?=[0-9Xx])")


def has_identity_number(text: str) -> bool:
    """Whether a text holds what reads as the number of an identity card.

    Full-width digits, and blanks or hyphens between digits, hide nothing. The check digit
    is not asked for: a mistyped number is still somebody's. A code of fifteen digits may
    read like one of the short numbers, so columns of codes are not to be asked.

    Parameters
    ----------
    text : str
    """
    plain = _SPACING.sub("", unicodedata.normalize("NFKC", text))
    return any(
        int(found[0][:2]) in _PROVINCES and _is_day(found[1], found[2], found[3])
        for pattern in (_LONG, _SHORT)
        for found in pattern.finditer(plain)
    )


def refuse_identity_numbers(owner: str, texts: Iterable[str | None]) -> None:
    """Refuse texts that hold the number of an identity card.

    Parameters
    ----------
    owner : str
        Code of what the texts are about, to name the place; the number itself is not told.
    texts : iterable of str or None

    Raises
    ------
    BadInput
        If one does.
    """
    if any(text is not None and has_identity_number(text) for text in texts):
        raise BadInput(
            f"{owner} 的内容里有身份证号。本服务不保存身份证号,请删去后再录入。",
            f"What is given for {owner} holds the number of an identity card. None is ever kept: take it out.",
        )


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year) if len(year) == 4 else 1900 + int(year), int(month), int(day))
    except ValueError:
        return False
    return True

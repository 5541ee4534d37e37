"""Codes of new micro-grids, by a scheme that an office may replace."""

from collections.abc import Collection
from typing import Protocol

from boundaries.errors import BadInput


class Scheme(Protocol):
    """Makes the next code of an area."""

    def __call__(self, area: str, used: Collection[str]) -> str:
        """A code for a new grid of an area that is not among the used ones."""
        ...


def area_and_sequence(area: str, used: Collection[str], *, digits: int = 3) -> str:
    """The code of the area and the next sequence number: highest so far plus one.

    Parameters
    ----------
    area : str
        Code of the area that the grid helps to fill.
    used : collection of str
        Every code that was ever given to a grid or a part of this area.
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
    highest, dash = 0, ""
    for code in used:
        tail = code.removeprefix(area)
        digits_only = tail.removeprefix("-")
        if tail != code and len(digits_only) == digits and digits_only.isascii() and digits_only.isdigit():
            highest, dash = max((highest, dash), (int(digits_only), "-" if tail != digits_only else ""))
    number = highest + 1
    if number >= 10**digits:
        raise BadInput(
            f"区域 {area} 的 {digits} 位顺序号已用完。请在操作中直接给出新编码。",
            f"The {digits}-digit sequence numbers of area {area} are used up. Give the new code in the command.",
        )
    return f"{area}{dash}{number:0{digits}d}"

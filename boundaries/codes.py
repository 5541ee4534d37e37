"""Codes of micro-grids: a scheme that can be exchanged, and the order in which codes are given.

A code is text and is never given twice, not even after its grid is gone. The default
is the national form: county 6 + town 3 + community 3 digits, then a sequence.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput

_COMMUNITY_DIGITS = 12


class CodeScheme(Protocol):
    """How a code is made from an area's code and a number, and read back."""

    def code(self, area: str, number: int) -> str:
        """The code of the ``number``-th micro-grid of an area."""
        ...

    def number(self, area: str, code: str) -> int | None:
        """The number in a code of this area; None where the code is of another form."""
        ...


@dataclass(frozen=True, slots=True)
class CommunityScheme:
    """County 6 + town 3 + community 3 digits, then a sequence; other area codes stay whole.

    Attributes
    ----------
    digits : int
        Width of the sequence, filled with zeros; a longer number takes the room it needs.
    """

    digits: int = 3

    def _prefix(self, area: str) -> str:
        is_national = area.isascii() and area.isdigit() and len(area) >= _COMMUNITY_DIGITS
        return area[:_COMMUNITY_DIGITS] if is_national else area

    def code(self, area: str, number: int) -> str:
        """The code of the ``number``-th micro-grid of an area.

        Raises
        ------
        BadInput
            If the area has no code.
        """
        if not area.strip():
            raise BadInput(
                "区域没有编码,无法为其微网格编码。请先补上区域编码。",
                "The area has no code, so its micro-grids cannot be given any. Give the area a code first.",
            )
        return f"{self._prefix(area)}{number:0{self.digits}d}"

    def number(self, area: str, code: str) -> int | None:
        """The number in a code of this area; None where the code is of another form."""
        prefix = self._prefix(area)
        tail = code[len(prefix) :]
        if not code.startswith(prefix) or len(tail) < self.digits or not (tail.isascii() and tail.isdigit()):
            return None
        return int(tail)


def spatial_order(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Order of reading a map: rows from north to south, each from west to east.

    Shapes whose middles lie within half the usual height of one another stand in
    one row.

    Parameters
    ----------
    shapes : sequence of shapely geometry
        In any coordinates whose y grows northwards.

    Returns
    -------
    list of int
        Indices of the shapes, first to be numbered first.
    """
    if not shapes:
        return []
    x_min, y_min, x_max, y_max = shapely.bounds(np.asarray(shapes, dtype=object)).T
    middle_x, middle_y = (x_min + x_max) / 2, (y_min + y_max) / 2
    row_height = float(np.median(y_max - y_min)) / 2
    rows: list[list[int]] = []
    row_top = np.inf
    for index in np.lexsort((middle_x, -middle_y)):
        if not rows or row_top - middle_y[index] > row_height:
            rows.append([])
            row_top = middle_y[index]
        rows[-1].append(int(index))
    return [index for row in rows for index in sorted(row, key=lambda one: (middle_x[one], -middle_y[one], one))]


def new_codes(
    area: str, shapes: Sequence[BaseGeometry], *, taken: Collection[str], scheme: CodeScheme | None = None
) -> tuple[str, ...]:
    """Codes for new micro-grids of an area, in spatial order, none ever used before.

    Parameters
    ----------
    area : str
        Code of the area.
    shapes : sequence of shapely geometry
        The new grids.
    taken : collection of str
        Every code ever given, of living and of retired grids.
    scheme : CodeScheme, optional
        By default county, town, community and three digits.

    Returns
    -------
    tuple of str
        One for each shape, in the order of ``shapes``.

    Raises
    ------
    BadInput
        If the area has no code.
    """
    scheme = scheme or CommunityScheme()
    used = set(taken)
    number = max((scheme.number(area, code) or 0 for code in used), default=0)
    codes = [""] * len(shapes)
    for index in spatial_order(shapes):
        number += 1
        while scheme.code(area, number) in used:
            number += 1
        codes[index] = scheme.code(area, number)
    return tuple(codes)

"""What a load changes: new, changed, unchanged and missing things, field by field."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely

from boundaries.arrival.rows import Arrival
from boundaries.tiers import FIELDS

# Not part of what a row says: numbers of our own, and what other tables hold.
_OURS = {"id", "rank", "version", "code", "parts"}
_SHAPES = {"polygon", "shape", "door", "line"}
_COLUMN_OF = {("grids", "area"): "parent"}
# Where these are blank the row says nothing about them.
_SILENT = {"households", "rented", "garages", "since", "until"}
# A point moved by less than this was not moved.
_SAME_POINT_DEGREES = 1e-8


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one thing, before and after; shapes are only named."""

    code: str
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Comparison:
    """A load beside what stands, by code."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def to_write(self) -> frozenset[str]:
        """Codes that say something new."""
        return frozenset(self.new) | frozenset(self.changed)


def carried(layer: str, arrival: Arrival, base: Any, *, given: Collection[str] = ()) -> Arrival:
    """Fill what the file has no column for from what stands.

    Parameters
    ----------
    layer : str
    arrival : Arrival
    base : the standing value, or None
    given : collection of str
        Fields that an option says for the whole file.

    Returns
    -------
    Arrival
    """
    if base is None:
        return arrival
    kept: dict[str, object] = {}
    for field in fields(base):
        name = field.name
        column = _COLUMN_OF.get((layer, name), name)
        is_ours = name in _OURS and name != "code"
        says_nothing = column not in arrival.fields and column not in given and name not in _SHAPES and name != "code"
        if is_ours or says_nothing or (name in _SILENT and getattr(arrival.value, name) is None):
            kept[name] = getattr(base, name)
    return arrival.but(**kept)


def compared(
    layer: str,
    arrivals: Sequence[Arrival],
    standing: Mapping[str, Any],
    *,
    same_shape: Mapping[str, bool] | None = None,
    scope: Collection[str],
) -> tuple[list[Arrival], Comparison]:
    """Set rows beside what stands.

    Parameters
    ----------
    layer : str
    arrivals : sequence of Arrival
        With shapes in storage coordinates, and carried.
    standing : mapping
        Code -> value.
    same_shape : mapping, optional
        Code -> whether the shape is the standing one; by default compared here.
    scope : collection of str
        Codes that the file speaks for; those not in it are not missing.

    Returns
    -------
    list of Arrival
        Where the shape is the same, the standing one, bit for bit.
    Comparison
    """
    result: list[Arrival] = []
    new: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    changes: list[Change] = []
    for arrival in arrivals:
        code = arrival.value.code
        base = standing.get(code)
        if base is None:
            new.append(code)
            result.append(arrival)
            continue
        shape = next((field.name for field in fields(base) if field.name in _SHAPES), None)
        known = same_shape.get(code) if same_shape is not None else None
        same = shape is None or (_same(getattr(base, shape), getattr(arrival.value, shape)) if known is None else known)
        if shape is not None and same:
            arrival = arrival.but(**{shape: getattr(base, shape)})  # noqa: PLW2901  the same row, its shape exact
        differs = _differences(layer, arrival.value, base, shape=None if same else shape)
        (changed if differs else unchanged).append(code)
        changes += differs
        result.append(arrival)
    arrived = {arrival.value.code for arrival in arrivals}
    missing = tuple(code for code in standing if code in scope and code not in arrived)
    return result, Comparison(tuple(new), tuple(changed), tuple(unchanged), missing, tuple(changes))


def _same(one: Any, other: Any) -> bool:
    if shapely.equals_exact(one, other, _SAME_POINT_DEGREES):
        return True
    return bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), _SAME_POINT_DEGREES))


def _differences(layer: str, value: Any, base: Any, *, shape: str | None) -> list[Change]:
    found = []
    for field in fields(base):
        name = field.name
        if name in _OURS or name in _SHAPES:
            continue
        old, new = getattr(base, name), getattr(value, name)
        if old != new:
            found.append(Change(value.code, _header(layer, name), _spoken(old), _spoken(new)))
    if shape is not None:
        found.append(Change(value.code, "图形", "", ""))
    return found


def _header(layer: str, name: str) -> str:
    column = _COLUMN_OF.get((layer, name), name)
    known = FIELDS.get(layer, {}).get(column)
    return known[1] if known else name


def _spoken(value: object) -> str:
    return "" if value is None else "是" if value is True else "否" if value is False else str(value)


def in_extent(standing: Mapping[str, Any], shapes: Any) -> frozenset[str]:
    """Codes of standing things that lie within the extent of what arrives.

    Parameters
    ----------
    standing : mapping
        Code -> value with a shape.
    shapes : ndarray of shapely geometries
        Of what arrives.
    """
    if not len(shapes) or not standing:
        return frozenset()
    extent = shapely.box(*shapely.total_bounds(shapes))
    codes = list(standing)
    own = [
        next(getattr(standing[code], field) for field in _SHAPES if hasattr(standing[code], field)) for code in codes
    ]
    inside = shapely.intersects(np.asarray(own, dtype=object), extent)
    return frozenset(code for code, is_in in zip(codes, inside, strict=True) if is_in)

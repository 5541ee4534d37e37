"""Grids that come back from a drawing program, beside what was exported and what stands now.

Each row is found again by its permanent number, then by its code, then by its ground.
Field by field, what the file changed is set beside what others changed meanwhile.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import shapely
from shapely import Polygon

from boundaries.exchange.qgis.returned import ReturnedGrid
from boundaries.model import MicroGrid
from geo.rings import Shapes
from geo.segments import as_shapes

How = Literal["number", "code", "ground", "new"]
NewCode = Callable[[str, Collection[str]], str]
# What shares less than half of a grid's ground is not that grid.
_SAME_GROUND = 0.5
ATTRIBUTES = ("name", "honorary_name", "kind", "layer", "area", "street_group")
# A blank here is no word of the planner's.
_NEVER_BLANK = frozenset({"name", "kind", "layer", "area"})
SHAPE = "polygon"


@dataclass(frozen=True, slots=True)
class Match:
    """A row and the exported grid that it is.

    Attributes
    ----------
    returned : ReturnedGrid
    base : MicroGrid or None
        None for a new one.
    how : {"number", "code", "ground", "new"}
    is_doubled : bool
        Whether its number or code stood in several rows.
    """

    returned: ReturnedGrid
    base: MicroGrid | None
    how: How
    is_doubled: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A grid as it is to be, and the shape that was drawn for it.

    Attributes
    ----------
    grid : MicroGrid
        With its new attributes and, where no shape was drawn, the standing one.
    polygon : Polygon or None
        In the coordinates of the file; None where the outline is as it stands.
    match : Match
    fields : tuple of str
        Attributes that the file changes.
    """

    grid: MicroGrid
    polygon: Polygon | None
    match: Match
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collision:
    """A grid of which both the file and somebody else changed the same."""

    code: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """A returned file beside a draft.

    Attributes
    ----------
    matches : tuple of Match
        One for each row.
    changed, new : tuple of Drawn
    unchanged : int
    missing : tuple of MicroGrid
        Those exported that have no row, as they stand now.
    collisions : tuple of Collision
    recoded : tuple of Match
        Rows that would give a grid another code, which is an act of its own.
    """

    matches: tuple[Match, ...]
    changed: tuple[Drawn, ...]
    new: tuple[Drawn, ...]
    unchanged: int
    missing: tuple[MicroGrid, ...]
    collisions: tuple[Collision, ...]
    recoded: tuple[Match, ...]

    @property
    def drawn(self) -> tuple[Drawn, ...]:
        """Changed and new grids."""
        return (*self.changed, *self.new)

    def without_stale(self) -> "Comparison":
        """The same for a file that does not say what was exported.

        A row that was written before its grid was last changed speaks of an older one:
        what it says otherwise cannot be told from what others changed.
        """
        stale = [drawn for drawn in self.changed if _is_stale(drawn)]
        fields = [Collision(drawn.grid.code, _differing(drawn)) for drawn in stale]
        fresh = tuple(drawn for drawn in self.changed if not _is_stale(drawn))
        return replace(self, changed=fresh, collisions=(*self.collisions, *fields))


def matched(rows: Sequence[ReturnedGrid], shapes: Shapes, known: Sequence[MicroGrid]) -> tuple[Match, ...]:
    """Find each row again among the grids that were exported.

    Parameters
    ----------
    rows : sequence of ReturnedGrid
    shapes : ndarray of Polygon
        Their outlines in stored coordinates.
    known : sequence of MicroGrid
        As they were exported.

    Returns
    -------
    tuple of Match
        In the order of the rows. Of several rows with one number or code, the one with most
        of the grid's ground is that grid.
    """
    found: dict[int, Match] = {}
    taken: set[int] = set()
    doubled: set[int] = set()
    by_number = {grid.id: grid for grid in known}
    by_code = {grid.code: grid for grid in known}
    keys: tuple[tuple[How, Callable[[ReturnedGrid], MicroGrid | None]], ...] = (
        ("number", lambda row: None if row.number is None else by_number.get(row.number)),
        ("code", lambda row: by_code.get(row.fields.get("code") or "")),
    )
    for how, key in keys:
        claims: dict[int, list[int]] = {}
        for index, row in enumerate(rows):
            grid = key(row) if index not in found and index not in doubled else None
            if grid is not None and grid.id not in taken:
                claims.setdefault(grid.id, []).append(index)
        for number, claimants in claims.items():
            grid = by_number[number]
            ground = shapely.area(shapely.intersection(shapes[claimants], grid.polygon))
            best = claimants[int(np.argmax(ground))]
            found[best] = Match(rows[best], grid, how, len(claimants) > 1)
            taken.add(number)
            doubled.update(index for index in claimants if index != best)
    nameless = [
        index
        for index, row in enumerate(rows)
        if index not in found and (index in doubled or not row.fields.get("code") or row.fields["code"] in by_code)
    ]
    for index, grid in _by_ground(shapes, nameless, [grid for grid in known if grid.id not in taken]):
        found[index] = Match(rows[index], grid, "ground", index in doubled)
    return tuple(found.get(index) or Match(row, None, "new", index in doubled) for index, row in enumerate(rows))


def _by_ground(shapes: Shapes, rows: Sequence[int], grids: Sequence[MicroGrid]) -> Iterable[tuple[int, MicroGrid]]:
    """Pairs of rows and grids that share most of the grid's ground, the largest share first."""
    if not rows or not grids:
        return
    own = as_shapes(grid.polygon for grid in grids)
    row, grid = shapely.STRtree(own).query(shapes[list(rows)], predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[list(rows)][row], own[grid])) / shapely.area(own)[grid]
    used_rows: set[int] = set()
    used_grids: set[int] = set()
    for at in np.argsort(-shared, kind="stable").tolist():
        if shared[at] <= _SAME_GROUND:
            return
        if row[at] in used_rows or grid[at] in used_grids:
            continue
        used_rows.add(row[at])
        used_grids.add(grid[at])
        yield rows[row[at]], grids[grid[at]]


@dataclass(frozen=True)
class Standing:
    """What a returned file is set beside.

    Attributes
    ----------
    now : mapping
        Permanent number -> the grid as it stands in the draft.
    moved : frozenset of int
        Numbers of the grids whose outline differs from the exported one by now.
    drawn : ndarray of bool
        For each match, whether its outline is not the exported one.
    same_as_now : ndarray of bool
        For each match, whether its outline is the one that stands now.
    used : frozenset of str
        Codes that were ever given: those of the file, and all of the areas concerned.
    """

    now: Mapping[int, MicroGrid]
    moved: frozenset[int]
    drawn: Sequence[bool]
    same_as_now: Sequence[bool]
    used: frozenset[str] = frozenset()


def compared(
    matches: Sequence[Match],
    standing: Standing,
    exported: Sequence[MicroGrid],
    *,
    area_at: Callable[[int], str | None],
    new_code: NewCode,
) -> Comparison:
    """Say what a file changes, and where somebody else changed the same.

    Parameters
    ----------
    matches : sequence of Match
    standing : Standing
    exported : sequence of MicroGrid
    area_at : callable
        From the position of a match to the code of the area that it lies in.
    new_code : callable
        From the code of an area and the codes that are taken: that of a new grid to which the file gives none.

    Returns
    -------
    Comparison
    """
    changed: list[Drawn] = []
    new: list[Drawn] = []
    collisions: list[Collision] = []
    recoded: list[Match] = []
    taken = {grid.code for grid in (*standing.now.values(), *exported)} | standing.used
    for index, match in enumerate(matches):
        if match.base is None:
            drawn = _new(match, taken, area=area_at(index), new_code=new_code)
            taken.add(drawn.grid.code)
            new.append(drawn)
            continue
        code = match.returned.fields.get("code")
        # Of a row found by its ground alone the code is a copy of another's.
        if code and code != match.base.code and match.how == "number":
            recoded.append(match)
        found, fields = _merged(match, standing, index)
        if fields:
            collisions.append(Collision(match.base.code, fields))
        elif found is not None:
            changed.append(found)
    held = {match.base.id for match in matches if match.base is not None}
    missing = tuple(standing.now[grid.id] for grid in exported if grid.id not in held and grid.id in standing.now)
    unchanged = len(matches) - len(changed) - len(new) - len(collisions)
    return Comparison(tuple(matches), tuple(changed), tuple(new), unchanged, missing, tuple(collisions), tuple(recoded))


def _new(match: Match, taken: Collection[str], *, area: str | None, new_code: NewCode) -> Drawn:
    row = match.returned
    told = row.fields.get("code")
    area = row.fields.get("area") or area or ""
    code = told if told and told not in taken else new_code(area, taken)
    name = row.fields.get("name")
    # A copied row has the name of the grid it was copied from.
    name = code if not name or match.is_doubled else name
    grid = MicroGrid(
        id=0,
        rank=0,
        code=code,
        name=name,
        area=area,
        polygon=row.polygon,
        kind=row.fields.get("kind") or "residential",
        layer="overlay" if row.fields.get("layer") == "overlay" else "tile",
        honorary_name=None if match.is_doubled else row.fields.get("honorary_name"),
        street_group=row.fields.get("street_group"),
    )
    return Drawn(grid, row.polygon, match)


def _merged(match: Match, standing: Standing, index: int) -> tuple[Drawn | None, tuple[str, ...]]:
    """The grid with what the file changed of it, and the fields on which two disagree."""
    base, row = match.base, match.returned
    if base is None:
        raise AssertionError("only rows that were found again are merged")
    now = standing.now.get(base.id)
    mine = {
        name: value
        for name, value in row.fields.items()
        if name in ATTRIBUTES and not (value is None and name in _NEVER_BLANK) and value != getattr(base, name)
    }
    if match.how == "ground" and match.is_doubled:
        # Its attributes were copied from another grid together with the number.
        mine = {}
    is_drawn = bool(standing.drawn[index])
    if now is None:
        gone = (*mine, *([SHAPE] if is_drawn else []))
        return None, gone
    theirs = {name for name in mine if getattr(now, name) != getattr(base, name) and getattr(now, name) != mine[name]}
    is_same = bool(standing.same_as_now[index])
    if is_drawn and base.id in standing.moved and not is_same:
        theirs.add(SHAPE)
    if theirs:
        return None, tuple(name for name in (*ATTRIBUTES, SHAPE) if name in theirs)
    values: dict[str, Any] = {name: value for name, value in mine.items() if value != getattr(now, name)}
    polygon = row.polygon if is_drawn and not is_same else None
    if not values and polygon is None:
        return None, ()
    return Drawn(replace(now, **values), polygon, match, tuple(values)), ()


def _is_stale(drawn: Drawn) -> bool:
    version = drawn.match.returned.version
    return version is not None and drawn.grid.version is not None and version != drawn.grid.version


def _differing(drawn: Drawn) -> tuple[str, ...]:
    base = drawn.match.base
    told = tuple(name for name in ATTRIBUTES if base is not None and getattr(base, name) != getattr(drawn.grid, name))
    return (*told, *((SHAPE,) if drawn.polygon is not None else ()))

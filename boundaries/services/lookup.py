"""Which grid a point is in, answered by PostGIS.

A point belongs to the touching tile grid with the lowest rank. Degrees of WGS 84
or CGCS2000 are taken as they are; what is converted from another system is
rounded to the storage grid, like everything that is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from boundaries.errors import BadInput, NotFound
from boundaries.model import Kind, Part
from boundaries.services.reading import current_generation, get_generation
from boundaries.store import places, queries
from boundaries.store.overlay import Moment
from boundaries.store.places import Around, Touching
from geo.crs import STORAGE_CRS, SourceCrs, parse_crs, project, round_to_storage
from geo.errors import CrsProblem
from geo.segments import as_shapes
from geo.touching import lowest_touching

Purpose = Literal["household", "shop"]
# Points in one question to the database.
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class LocatedGrid:
    """A micro-grid that a point is in."""

    code: str
    name: str
    kind: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Responsible:
    """The grid or part to store for what was asked for.

    ``reason`` is one of ``contains``, ``dedicated`` (a shop in a dedicated grid),
    ``no_dedicated`` (a shop in none: the grid it lies in takes it), ``part`` (told by
    unit or floor), ``parts_undecided`` (a tower in parts, and no unit or floor that
    decides).
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point is.

    Attributes
    ----------
    generation : int
        The one that answers.
    micro_grid : LocatedGrid or None
        The tile grid; None in a gap and outside.
    dedicated : tuple of LocatedGrid
        Grids of a dedicated kind that it touches, tile or overlay, lowest rank first.
    responsible : Responsible or None
        The one to store for what was asked for.
    areas : tuple of Around
        From the top down: those of the grid, else those around the point.
    on_border : bool
        Whether it lies on the border of a tile grid.
    in_gap : bool
        Whether it lies in an area, but in no tile grid.
    """

    generation: int
    micro_grid: LocatedGrid | None
    dedicated: tuple[LocatedGrid, ...]
    responsible: Responsible | None
    areas: tuple[Around, ...]
    on_border: bool
    in_gap: bool


@dataclass(frozen=True)
class LocatedMany:
    """Where many points are; one entry a point, None where there is nothing.

    ``area`` is the area of the grid, else the lowest around the point; there is no
    generation where a plan from files answers.
    """

    generation: int | None
    micro_grid: tuple[str | None, ...]
    area: tuple[str | None, ...]
    on_border: NDArray[np.bool_]
    in_gap: NDArray[np.bool_]


def locate(
    session: Session,
    *,
    x: float,
    y: float,
    crs: str | None,
    for_: Purpose | None = None,
    generation: int | None = None,
    day: date | None = None,
    unit: str | None = None,
    floor: int | None = None,
    timezone: str = "Asia/Shanghai",
) -> Located:
    """Say which grid a point is in.

    Parameters
    ----------
    x, y : float
        Longitude or easting, latitude or northing.
    crs : str or None
        ``EPSG:n``, ``GCJ-02`` or ``BD-09``; there is no default.
    for_ : {"household", "shop"}, optional
        What is to be stored; decides ``responsible``.
    generation : int, optional
        By default the newest.
    day : date, optional
        Ask the generation that was in force at the end of this day.
    unit, floor : str, int, optional
        Entrance or floor, to choose among the parts of a tower.
    timezone : str
        Where ``day`` is a day.

    Returns
    -------
    Located

    Raises
    ------
    CrsProblem
        If no system is named, or it is not known or not safe, or the point has no
        place in it.
    BadInput
        If the axes are swapped, or both a generation and a day are given.
    NotFound
        If there is no such generation.
    """
    source, given = parse_crs(crs), np.array([[x, y]], dtype=float)
    lon, lat = to_degrees(given, source)[0].tolist()
    moment, number = _moment(session, generation, day, timezone)
    grids = places.touching(session, moment, x=lon, y=lat)
    tiles = [grid for grid in grids if grid.layer == "tile"]
    if not grids:
        _refuse_swapped(session, moment, given[0], source)
    kinds = {kind.code: kind for kind in queries.kinds(session)}
    parts = places.parts_of(session, moment, [grid.id for grid in grids])
    if tiles:
        areas = places.areas_above(session, moment, tiles[0].area_id)
    else:
        areas = places.areas_around(session, moment, x=lon, y=lat)
    return Located(
        generation=number,
        micro_grid=_told(tiles[0], parts) if tiles else None,
        dedicated=tuple(_told(grid, parts) for grid in grids if kinds[grid.kind].is_dedicated),
        responsible=_responsible(grids, kinds, parts, for_=for_, unit=unit, floor=floor),
        areas=areas,
        on_border=any(tile.on_border for tile in tiles),
        in_gap=not tiles and bool(areas),
    )


def locate_many(
    session: Session, *, xy: NDArray[np.float64], crs: str | None, generation: int | None = None
) -> LocatedMany:
    """Say which grid each of many points is in.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        Coordinates that are not finite lie nowhere.
    crs : str or None
        As for :func:`locate`.
    generation : int, optional
        By default the newest.

    Returns
    -------
    LocatedMany

    Raises
    ------
    CrsProblem
        If no system is named, or it is not known or not safe.
    BadInput
        If the axes of all points are swapped.
    NotFound
        If there is no such generation.
    """
    usable = np.flatnonzero(np.isfinite(xy).all(axis=1))
    degrees = np.full(xy.shape, np.nan)
    source = parse_crs(crs)
    degrees[usable] = to_degrees(xy[usable], source)
    moment, number = _moment(session, generation, None, "UTC")
    codes: list[str | None] = [None] * len(xy)
    areas: list[str | None] = [None] * len(xy)
    on_border = np.zeros(len(xy), dtype=bool)
    for start in range(0, len(usable), _CHUNK):
        index = usable[start : start + _CHUNK]
        x, y = degrees[index, 0].tolist(), degrees[index, 1].tolist()
        for row in places.touching_tiles(session, moment, x=x, y=y):
            point = index[row.number]
            codes[point], areas[point], on_border[point] = row.code, row.area, row.on_border
    alone = usable[[codes[point] is None for point in usable]]
    for point, code in zip(alone, _lowest_areas(session, moment, degrees[alone]), strict=True):
        areas[point] = code
    if len(usable) and not any(areas):
        _refuse_swapped(session, moment, np.median(xy[usable], axis=0), source)
    in_gap = np.array([code is None and area is not None for code, area in zip(codes, areas, strict=True)], dtype=bool)
    return LocatedMany(number, tuple(codes), tuple(areas), on_border, in_gap)


def _lowest_areas(session: Session, moment: Moment, xy: NDArray[np.float64]) -> list[str | None]:
    """The lowest area around each point.

    Not asked of PostGIS: it would unpack an area of a hundred thousand vertices for
    every point.
    """
    if not len(xy):
        return []
    depth = {level.code: level.depth for level in queries.levels(session)}
    query, _ = queries.areas_query(moment)
    found = queries.to_areas(session.execute(query).all())
    ordered = sorted(found, key=lambda area: (-depth[area.level], area.code))
    cells = lowest_touching(as_shapes(area.polygon for area in ordered), xy[:, 0], xy[:, 1]).cell
    return [None if cell < 0 else ordered[cell].code for cell in cells]


def to_degrees(xy: NDArray[np.float64], source: SourceCrs) -> NDArray[np.float64]:
    """Points in the degrees of the storage system; converted ones lie on its grid.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
    source : SourceCrs

    Returns
    -------
    ndarray of float64, shape (n, 2)

    Raises
    ------
    CrsProblem
        If a point has no place in its system.
    """
    moved = project(xy, source, STORAGE_CRS)
    return moved if source.shift is None and source.is_geographic else round_to_storage(moved)


def _moment(session: Session, generation: int | None, day: date | None, timezone: str) -> tuple[Moment, int]:
    if generation is not None and day is not None:
        raise BadInput("版本号和日期只能给一个。", "Give a generation or a day, not both.")
    if generation is not None:
        number: int | None = get_generation(session, generation).number
    elif day is not None:
        number = places.generation_on(session, day, timezone=timezone)
    else:
        number = current_generation(session)
    if number is None:
        when_zh, when_en = (f"到 {day} 为止", f"by {day}") if day is not None else ("", "yet")
        raise NotFound(
            f"{when_zh}尚未发布任何版本,无法查询。请先发布区划。",
            f"No generation is published {when_en}, so nothing can be looked up. Publish a division first.",
        )
    return Moment(number), number


def _refuse_swapped(session: Session, moment: Moment, xy: NDArray[np.float64], source: SourceCrs) -> None:
    """Refuse a point far from the service area that would be in it with its axes the other way round."""
    bounds = places.extent(session, moment)
    if bounds is None or _is_within(xy, source, bounds) or not _is_within(xy[::-1], source, bounds):
        return
    raise BadInput(
        "横纵坐标颠倒了:x 是经度(或东坐标),y 是纬度(或北坐标)。请交换后再查。",
        "The axes are swapped: x is longitude (or easting), y is latitude (or northing). Swap them and ask again.",
    )


def _is_within(xy: NDArray[np.float64], source: SourceCrs, bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    try:
        lon, lat = to_degrees(xy[None], source)[0].tolist()
    except CrsProblem:
        return False
    return bool(west <= lon <= east and south <= lat <= north)


def _told(grid: Touching, parts: dict[int, tuple[Part, ...]]) -> LocatedGrid:
    return LocatedGrid(grid.code, grid.name, grid.kind, parts.get(grid.id, ()))


def _responsible(
    grids: Sequence[Touching],
    kinds: dict[str, Kind],
    parts: dict[int, tuple[Part, ...]],
    *,
    for_: Purpose | None,
    unit: str | None,
    floor: int | None,
) -> Responsible | None:
    tile = next((grid for grid in grids if grid.layer == "tile"), None)
    if for_ == "shop":
        # An overlay is drawn for its shops, so it goes before the tile below it.
        ordered = sorted(grids, key=lambda grid: grid.layer == "tile")
        held = next((grid for grid in ordered if kinds[grid.kind].holds_shops), None)
        if held is not None:
            return Responsible(held.code, "dedicated")
        return Responsible(tile.code, "no_dedicated") if tile is not None else None
    if tile is None:
        return None
    own = parts.get(tile.id, ())
    if not own:
        return Responsible(tile.code, "contains")
    chosen = [part for part in own if _is_in(part, unit, floor)]
    if len(chosen) == 1:
        return Responsible(chosen[0].code, "part")
    return Responsible(tile.code, "parts_undecided")


def _is_in(part: Part, unit: str | None, floor: int | None) -> bool:
    by_unit = unit is not None and unit in part.units
    return by_unit or (floor is not None and part.floors is not None and part.floors[0] <= floor <= part.floors[1])

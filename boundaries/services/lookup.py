"""Which grid a point is in, answered by PostGIS.

A point belongs to the touching tile grid with the lowest rank. Degrees of WGS 84
or CGCS2000 are taken as they are; what is converted from another system is
rounded to the storage grid, like everything that is stored.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from boundaries.errors import BadInput, NotFound
from boundaries.lookup.answer import Located, LocatedGrid, LocatedMany, Purpose, responsible_of
from boundaries.lookup.coordinates import Placement, to_degrees
from boundaries.services.reading import current_generation, get_generation
from boundaries.snapshot import Snapshot
from boundaries.store import places, queries
from boundaries.store.overlay import Moment
from geo.crs import parse_crs
from geo.segments import as_shapes
from geo.touching import lowest_touching

# Points in one question to the database.
_CHUNK = 20_000


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
    touched = places.touching(session, moment, x=lon, y=lat)
    parts = places.parts_of(session, moment, [grid.id for grid in touched])
    grids = [
        LocatedGrid(grid.rank, grid.code, grid.name, grid.kind, grid.layer, parts.get(grid.id, ())) for grid in touched
    ]
    tiles = [grid for grid in touched if grid.layer == "tile"]
    lowest = tiles[0].area_id if tiles else places.lowest_area(session, moment, x=lon, y=lat)
    if lowest is None:
        _placement(session, moment).refuse_swapped(given, source)
    kinds = {kind.code: kind for kind in queries.kinds(session)}
    return Located(
        generation=number,
        micro_grid=next((grid for grid in grids if grid.layer == "tile"), None),
        dedicated=tuple(grid for grid in grids if kinds[grid.kind].is_dedicated),
        responsible=responsible_of(grids, kinds, for_=for_, unit=unit, floor=floor),
        areas=() if lowest is None else places.areas_above(session, moment, lowest),
        on_border=any(tile.on_border for tile in tiles),
        in_gap=not tiles and lowest is not None,
        outside=lowest is None,
    )


def locate_many(
    session: Session, *, xy: NDArray[np.float64], crs: str | None, generation: int | None = None
) -> LocatedMany:
    """Say which grid each of many points is in: the second opinion on what the index answers.

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
        _placement(session, moment).refuse_swapped(xy, source)
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


def _placement(session: Session, moment: Moment) -> Placement:
    return Placement(Snapshot.stored_crs(), is_stored=True, bounds=places.extent(session, moment))

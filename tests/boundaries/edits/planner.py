"""A planner who asks for anything, anywhere: random commands that look like what people draw."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from shapely import LineString, Point, Polygon

from boundaries.edits.commands import (
    Carve,
    CarveStrip,
    Command,
    GiveBuilding,
    GiveGap,
    GiveGround,
    Merge,
    MoveAreaBorder,
    MoveBorder,
    MoveVertex,
    NewGrid,
    Split,
)
from boundaries.model import MicroGrid
from boundaries.snapshot import Snapshot

# Metres in degrees of latitude and, hereabouts, of longitude.
NORTH, EAST = 1 / 111_000, 1 / 85_000
# Grids of a community come back to about so many.
_WANTED = 100
_OFTEN = {
    "border": 0.12,
    "vertex": 0.10,
    "split": 0.12,
    "edge_split": 0.12,
    "merge": 0.14,
    "carve": 0.08,
    "strip": 0.06,
    "edge_strip": 0.06,
    "give": 0.12,
    "building": 0.04,
    "gap": 0.03,
    "areas": 0.01,
}


def random_step(snapshot: Snapshot, rng: Generator) -> tuple[str, Snapshot, Command]:
    """A kind of command, the snapshot to try it on, and the command."""
    area = str(rng.choice([area.code for area in snapshot.parents]))
    grids = [grid for grid in snapshot.grids if grid.area == area and grid.layer == "tile"]
    while True:
        kind = str(rng.choice(list(_OFTEN), p=list(_OFTEN.values())))
        if len(grids) > 1.3 * _WANTED and kind in {"split", "edge_split", "carve", "strip", "edge_strip"}:
            kind = "merge"
        if kind == "gap":
            made = _gap(snapshot, grids, rng)
            if made is not None:
                return kind, *made
            continue
        if kind == "areas":
            return kind, snapshot, _areas(snapshot, rng)
        command = _MAKERS[kind](snapshot, area, grids, rng)
        if command is not None:
            return kind, snapshot, command


def _border(_: Snapshot, __: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    pair = _neighbours(grids, rng)
    if pair is None:
        return None
    one, other, common = pair
    xy = shapely.get_coordinates(common)
    if len(xy) < 3:
        return None
    first, last = sorted(rng.choice(len(xy), 2, replace=False).tolist())
    middle = (xy[first] + xy[last]) / 2 + _off(rng, 25)
    start = xy[first] if rng.random() < 0.7 else xy[first] + (xy[first] - xy[last]) * 2
    return MoveBorder(one.code, other.code, LineString([start, middle, xy[last]]))


def _vertex(_: Snapshot, __: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    xy = shapely.get_coordinates(_any(grids, rng).polygon)
    at = xy[rng.integers(len(xy))]
    return MoveVertex(Point(at), Point(at + _off(rng, 8)))


def _split(_: Snapshot, __: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    grid = _any(grids, rng)
    middle = shapely.get_coordinates(shapely.point_on_surface(grid.polygon))[0]
    way = _off(rng, 1)
    way *= 600 / max(np.hypot(way[0] / EAST, way[1] / NORTH), 1e-9)
    reach = 1.0 if rng.random() < 0.9 else 0.05
    return Split(grid.code, LineString([middle - way * reach, middle + _off(rng, 10), middle + way * reach]))


def _edge_split(snapshot: Snapshot, area: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    border = shapely.boundary(snapshot.area_by_code[area].polygon)
    at_edge = [grid for grid in grids if shapely.distance(border, grid.polygon) == 0]
    grid = _any(at_edge, rng)
    along = shapely.get_coordinates(shapely.intersection(border, grid.polygon))
    middle = shapely.get_coordinates(shapely.point_on_surface(grid.polygon))[0]
    out = along[rng.integers(len(along))] + _off(rng, 1)
    return Split(grid.code, LineString([middle + (middle - out) * 4, middle, out + (out - middle) * rng.uniform(0, 1)]))


def _merge(_: Snapshot, __: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    pair = _neighbours(grids, rng)
    if pair is None or (len(grids) < 0.7 * _WANTED and rng.random() < 0.9):
        return None
    return Merge((pair[0].code, pair[1].code))


def _carve(_: Snapshot, area: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    middle = shapely.get_coordinates(_any(grids, rng).polygon)
    at = middle[rng.integers(len(middle))] + _off(rng, 30)
    return Carve(area, _rectangle(at, rng.uniform(30, 250), rng.uniform(10, 60), rng.uniform(0, np.pi)))


def _strip(_: Snapshot, area: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    xy = shapely.get_coordinates(_any(grids, rng).polygon)
    start = xy[rng.integers(len(xy))] + _off(rng, 20)
    bend = start + _off(rng, 150)
    line = LineString([start, bend, bend + (bend - start) + _off(rng, 60)])
    return CarveStrip(area, line, rng.uniform(5, 15), rng.uniform(0, 15), NewGrid(kind="street_front"))


def _edge_strip(snapshot: Snapshot, area: str, _: list[MicroGrid], rng: Generator) -> Command | None:
    """A strip that runs out over the border of the community."""
    border = shapely.get_coordinates(snapshot.area_by_code[area].polygon)
    at = border[rng.integers(len(border))]
    middle = shapely.get_coordinates(shapely.centroid(snapshot.area_by_code[area].polygon))[0]
    way = (middle - at) / np.hypot(*((middle - at) / np.array([EAST, NORTH])))
    start, end = at - way * rng.uniform(5, 40) + _off(rng, 15), at + way * rng.uniform(40, 220) + _off(rng, 40)
    return CarveStrip(area, LineString([start, end]), rng.uniform(4, 15), rng.uniform(4, 15))


def _give(_: Snapshot, __: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    pair = _neighbours(grids, rng)
    if pair is None:
        return None
    xy = shapely.get_coordinates(pair[2])
    at = xy[rng.integers(len(xy))] + _off(rng, 5)
    if rng.random() < 0.5:
        return GiveGround(pair[0].code, _rectangle(at, rng.uniform(10, 120), rng.uniform(5, 60), rng.uniform(0, np.pi)))
    corners = [at + _off(rng, 50) for _ in range(5)]
    return GiveGround(pair[0].code, Polygon(corners))


def _building(snapshot: Snapshot, area: str, grids: list[MicroGrid], rng: Generator) -> Command | None:
    building = snapshot.buildings[rng.integers(len(snapshot.buildings))]
    if not shapely.intersects(snapshot.area_by_code[area].polygon, building.shape):
        return None
    shapes = np.array([grid.polygon for grid in grids], dtype=object)
    near = np.flatnonzero(shapely.dwithin(shapes, building.shape, 60 * NORTH))
    return GiveBuilding(grids[int(rng.choice(near))].code, building.code) if len(near) else None


def _gap(snapshot: Snapshot, grids: list[MicroGrid], rng: Generator) -> tuple[Snapshot, Command] | None:
    """A grid is taken away, and its neighbour gets the gap."""
    pair = _neighbours(grids, rng)
    if pair is None:
        return None
    gone, taker, _ = pair
    named = tuple(item for item in snapshot.assignments if item.grid != gone.code)
    left = replace(snapshot, grids=tuple(grid for grid in snapshot.grids if grid.code != gone.code), assignments=named)
    return left, GiveGap(taker.code, shapely.point_on_surface(gone.polygon))


def _areas(snapshot: Snapshot, rng: Generator) -> Command:
    """The border of two communities side by side, a stretch of it."""
    places = [area for area in snapshot.areas if area.level == "community"]
    first = int(rng.integers(len(places) - 1))
    one, other = places[first], places[first + 1]
    line = shapely.line_merge(shapely.intersection(one.polygon, other.polygon))
    xy = shapely.get_coordinates(max(shapely.get_parts(line), key=lambda part: part.length))
    begin, end = sorted(rng.choice(len(xy), 2, replace=False).tolist())
    middle = (xy[begin] + xy[end]) / 2 + _off(rng, 60)
    return MoveAreaBorder(one.code, other.code, LineString([xy[begin], middle, xy[end]]))


def _neighbours(grids: list[MicroGrid], rng: Generator) -> tuple[MicroGrid, MicroGrid, Any] | None:
    """Two grids and their common border as one line."""
    one = _any(grids, rng)
    shapes = np.array([grid.polygon for grid in grids], dtype=object)
    beside: list[int] = np.flatnonzero(shapely.touches(shapes, one.polygon)).tolist()
    rng.shuffle(beside)
    for index in beside:
        common = shapely.intersection(one.polygon, grids[index].polygon)
        line = shapely.line_merge(common)
        if line.geom_type == "LineString":
            return one, grids[index], line
    return None


def _any(grids: list[MicroGrid], rng: Generator) -> MicroGrid:
    return grids[int(rng.integers(len(grids)))]


def _off(rng: Generator, metres: float) -> Any:
    return rng.normal(0, metres, 2) * np.array([EAST, NORTH])


def _rectangle(at: Any, length_m: float, width_m: float, turn: float) -> Polygon:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array([length_m, width_m]) / 2
    turned = corners @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    return Polygon(at + turned * np.array([EAST, NORTH]))


_MAKERS: dict[str, Callable[[Snapshot, str, list[MicroGrid], Generator], Command | None]] = {
    "border": _border,
    "vertex": _vertex,
    "split": _split,
    "edge_split": _edge_split,
    "merge": _merge,
    "carve": _carve,
    "strip": _strip,
    "edge_strip": _edge_strip,
    "give": _give,
    "building": _building,
}

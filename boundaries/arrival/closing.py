"""Drawn grids closed onto what stands: what the pen missed is mended, what it meant is kept.

Grids that nobody drew keep every bit of their borders; they only gain vertices. Faces
between drawn and standing borders that are thinner than the tolerance are closed, so that
the standing border stays; between two drawn borders the one of the grid that was
registered first stays. Wider faces were meant, or a slip that only a person can judge.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from boundaries.arrival.faces import AreaFaces, Obstacle
from boundaries.checks import run
from boundaries.findings import Finding
from boundaries.ground import Ground
from boundaries.laying import lay, unchanged
from boundaries.model import Area, MicroGrid
from boundaries.repairing.log import MendedFace, faces_of
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_CRS, SourceCrs, project, round_to_storage
from geo.mesh import Floats, scale_of
from geo.segments import as_shapes


@dataclass(frozen=True)
class Closed:
    """Drawn grids on their standing neighbours.

    Attributes
    ----------
    snapshot : Snapshot
        The neighbourhood with the result.
    refined : tuple of MicroGrid
        Grids that nobody drew and that gained vertices.
    areas : tuple of Area
        Areas that gained vertices of overlays.
    log : tuple of MendedFace
    obstacles : tuple of Obstacle
        With any, nothing is to be written.
    shifted : int
        Ends of borders that turned to a vertex of their area's border.
    max_shift_m : float
    """

    snapshot: Snapshot
    refined: tuple[MicroGrid, ...] = ()
    areas: tuple[Area, ...] = ()
    log: tuple[MendedFace, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    shifted: int = 0
    max_shift_m: float = 0.0


def neighbourhood(snapshot: Snapshot, touched: Collection[str]) -> Snapshot:
    """What has to be looked at where grids of some areas change: these areas, what lies in them and above them."""
    wanted = {
        area.code for area in snapshot.areas if any(upper.code in touched for upper in snapshot.ancestors(area.code))
    }
    grids = tuple(grid for grid in snapshot.grids if grid.area in wanted)
    filled = {grid.area for grid in grids} | set(touched)
    chain = {upper.code for code in filled for upper in snapshot.ancestors(code)}
    return replace(snapshot, areas=tuple(area for area in snapshot.areas if area.code in chain), grids=grids)


def to_stored(
    shapes: Sequence[Polygon], source: SourceCrs, standing: Sequence[BaseGeometry], *, noise_m: float
) -> list[Polygon]:
    """Drawn shapes in stored coordinates; what lies as near to a standing vertex as digits are lost is that vertex.

    Parameters
    ----------
    shapes : sequence of Polygon
        In the source's coordinates.
    source : SourceCrs
    standing : sequence of shapely geometry
        EPSG:4490, on the storage grid.
    noise_m : float
        What the file's coordinates may be off because they were rounded or converted.

    Returns
    -------
    list of Polygon

    Raises
    ------
    CrsProblem
        If a coordinate cannot be converted.
    """
    drawn = np.asarray(shapely.transform(as_shapes(shapes), lambda xy: project(xy, source, STORAGE_CRS)), dtype=object)
    known = np.unique(shapely.get_coordinates(as_shapes(standing)), axis=0)
    if not len(drawn):
        return []
    scale = scale_of(SourceCrs(STORAGE_CRS, STORAGE_CRS), drawn)
    tree = cKDTree(known * scale) if len(known) else None

    def settled(xy: Floats) -> Floats:
        rounded = round_to_storage(xy)
        if tree is None:
            return rounded
        distance, nearest = tree.query(xy * scale, distance_upper_bound=noise_m)
        is_near = np.isfinite(distance)
        rounded[is_near] = known[nearest[is_near]]
        return rounded

    return list(shapely.remove_repeated_points(shapely.transform(drawn, settled), 0.0))


def close_tiles(after: Snapshot, before: Snapshot, drawn: Collection[str], *, tolerance_m: float) -> Closed:
    """Close the tile grids of a neighbourhood.

    Parameters
    ----------
    after : Snapshot
        The neighbourhood with the drawn shapes, in stored coordinates.
    before : Snapshot
        As it stands.
    drawn : collection of str
        Codes of the grids that were drawn; all others keep their borders.
    tolerance_m : float
        What is thinner was missed by the pen.

    Returns
    -------
    Closed

    Raises
    ------
    GeometryProblem
        If edges cannot be noded.
    """
    ground = Ground(after, Rules())
    shapes: dict[str, Any] = {}
    log: list[MendedFace] = []
    obstacles: list[Obstacle] = []
    shifts: list[BaseGeometry] = []
    whole = _whole_buildings(before)
    for filling, own in ground.judged:
        if not filling.tiles:
            continue
        result, faces, found = AreaFaces(ground, filling, own, frozenset(drawn), whole, tolerance_m).closed()
        obstacles += found
        codes = [grid.code for grid in filling.tiles]
        log += faces_of(after, filling, faces, codes, first=len(log) + 1)
        if found:
            # What the rules alone would do to the borders is nobody's wish.
            continue
        shifts += result.shifts
        shapes |= {codes[cell]: result.cells[cell] for cell in result.changed if cell < len(codes)}
    obstacles += _moved(before, shapes, drawn)
    grids = tuple(replace(grid, polygon=shapes.get(grid.code, grid.polygon)) for grid in after.grids)
    refined = tuple(grid for grid in grids if grid.code in shapes and grid.code not in drawn)
    ways_m = after.metric.length_m(as_shapes(shifts)) if shifts else np.zeros(1)
    return Closed(
        snapshot=replace(after, grids=grids),
        refined=refined,
        log=tuple(log),
        obstacles=tuple(obstacles),
        shifted=len(shifts),
        max_shift_m=float(ways_m.max()),
    )


def close_overlays(closed: Closed, drawn: Collection[str]) -> Closed:
    """Lay drawn overlays onto the borders below them.

    Parameters
    ----------
    closed : Closed
        With its tile grids as they are to be.
    drawn : collection of str
        Codes of the overlays that were drawn.

    Returns
    -------
    Closed
        With what they share with others as obstacles: overlays never overlap each other,
        and none leaves its area.
    """
    plan = closed.snapshot
    over = [grid for grid in plan.grids if grid.code in drawn]
    others: list[Area | MicroGrid] = [*plan.areas, *(grid for grid in plan.grids if grid.code not in drawn)]
    laid = lay(
        as_shapes(grid.polygon for grid in over),
        plan.crs,
        stored=as_shapes(thing.polygon for thing in others),
        is_chain=False,
    )
    shapes = {grid.code: shape for grid, shape in zip(over, laid.shapes, strict=True)}
    refined = [replace(others[index], polygon=shape) for index, shape in laid.refined.items()]
    areas = {thing.code: thing for thing in refined if isinstance(thing, Area)}
    gained = {thing.code: thing for thing in refined if isinstance(thing, MicroGrid)}
    grids = tuple(
        replace(grid, polygon=shapes[grid.code]) if grid.code in shapes else gained.get(grid.code, grid)
        for grid in plan.grids
    )
    after = replace(plan, grids=grids, areas=tuple(areas.get(area.code, area) for area in plan.areas))
    found = [finding for finding in run(after, Rules(), only=("overlays",)) if finding.severity == "blocking"]
    obstacles = [
        Obstacle(
            finding,
            f"叠加网格{finding.name('zh')}。叠加网格之间不能重叠,也不能画出所属区域",
            f"{finding.name('en').lower()} of overlays, which never overlap each other nor leave their area",
        )
        for finding in found
        if set(finding.grids) & set(drawn)
    ]
    known = {grid.code: gained.get(grid.code, grid) for grid in closed.refined}
    known |= {code: grid for code, grid in gained.items() if code not in known}
    return replace(
        closed,
        snapshot=after,
        refined=tuple(known.values()),
        areas=tuple(areas.values()),
        obstacles=(*closed.obstacles, *obstacles),
    )


def _whole_buildings(before: Snapshot) -> frozenset[str]:
    """Codes of the buildings that stand in one tile grid alone."""
    ground = Ground(before, Rules())
    return frozenset(
        building.code
        for building, placement in zip(before.buildings, ground.buildings, strict=True)
        if len(placement.pieces) == 1
    )


def _moved(before: Snapshot, shapes: Mapping[str, Polygon], drawn: Collection[str]) -> list[Obstacle]:
    """Grids that nobody drew and whose borders would move all the same."""
    others = [grid for grid in before.grids if grid.code in shapes and grid.code not in drawn]
    is_same = unchanged(
        as_shapes(shapes[grid.code] for grid in others), before.crs, as_shapes(grid.polygon for grid in others)
    )
    return [
        Obstacle(
            Finding("edge_mismatch", (grid.code,), parent=grid.area, geometry=grid.polygon),
            f"会移动没有改画的网格 {grid.code} 的边界。请把相邻网格的边界画到它的边界上",
            f"the border of {grid.code}, which was not drawn, would move: draw its neighbours onto it",
        )
        for grid, same in zip(others, is_same, strict=True)
        if not same
    ]

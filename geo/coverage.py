"""Check of a coverage against its parent: gaps, overlaps, overshoot, edges that do not match.

Boundaries are cancelled (:mod:`geo.residual`); what is left over is noded, and every face
of it tells by its winding number how many cells too few or too many lie over it
(:mod:`geo.faults`). Nothing is computed where nothing is wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from geo.faults import Faults, faults_of
from geo.measure import mean_width
from geo.mismatches import Mismatch, find_mismatches
from geo.owners import sides
from geo.residual import require_valid_parent
from geo.rings import Shapes
from geo.segments import as_shapes
from geo.validity import find_invalid

_POLYGON = 3


@dataclass(frozen=True, slots=True)
class Face:
    """A connected piece of ground with the same cells over all of it.

    Attributes
    ----------
    geometry : Polygon
        In the coordinates of the cells.
    owners : tuple of int
        Indices of the cells over it, ascending; empty for a gap.
    neighbours : tuple of int
        Cells along the border of a gap, ascending; empty for other faces.
    """

    geometry: Polygon
    owners: tuple[int, ...] = ()
    neighbours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What is wrong with a coverage.

    Attributes
    ----------
    gaps : tuple of Face
        Ground of the parent that no cell covers, open to its border or not.
    overlaps : tuple of Face
        Ground that two or more cells cover; a face ends at the parent's border.
    overshoots : tuple of Face
        Ground of cells outside the parent; with two or more it is an overlap too.
    dust : tuple of Face
        Faces of any of the three below the given limits.
    mismatches : tuple of Mismatch
        What keeps the coverage from being exact without being ground.
    invalid : tuple of int
        Cells that are missing, empty, no polygon or not valid; where there are any,
        nothing else is reported, because a broken cell has no inside.
    is_exact : bool
        Every cell is valid and no face stands above dust: every point of the parent lies
        in one cell, rounding apart.
    is_proved : bool
        The directed boundaries cancel: exact without rounding, and neighbours share their
        borders vertex by vertex. Dust and mismatches are not proved.
    """

    gaps: tuple[Face, ...] = ()
    overlaps: tuple[Face, ...] = ()
    overshoots: tuple[Face, ...] = ()
    dust: tuple[Face, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    invalid: tuple[int, ...] = ()
    is_exact: bool = True
    is_proved: bool = True


def check_coverage(
    cells: Iterable[Polygon | MultiPolygon],
    parent: Polygon | MultiPolygon,
    *,
    tolerance: float,
    dust_area: float = 0.0,
    dust_width: float = 0.0,
) -> CoverageReport:
    """Find every gap, overlap and overshoot of cells that should fill a parent.

    Parameters
    ----------
    cells : iterable of Polygon or MultiPolygon
        In the coordinates of the parent.
    parent : Polygon or MultiPolygon
        The ground to fill; its holes are lawful.
    tolerance : float
        How far a vertex may lie off an edge and still be part of it, in the unit of the
        coordinates; it hides no defect that is wider.
    dust_area, dust_width : float
        A face smaller or thinner than this (in the unit of the coordinates,
        squared or not) is dust.

    Returns
    -------
    CoverageReport
        Faces in the order of their owners and position.

    Raises
    ------
    GeometryProblem
        If the parent is empty or not valid, or the edges cannot be noded.
    """
    shapes = as_shapes(cells)
    require_valid_parent(parent)
    invalid = find_invalid(shapes, is_polygonal=True)
    if invalid:
        return CoverageReport(invalid=invalid, is_exact=False, is_proved=False)
    faults = faults_of(shapes, parent, tolerance=tolerance)
    if faults is None:
        return CoverageReport()
    return report_of(faults, len(shapes), tolerance=tolerance, dust_area=dust_area, dust_width=dust_width)


def report_of(
    faults: Faults, count: int, *, tolerance: float, dust_area: float = 0.0, dust_width: float = 0.0
) -> CoverageReport:
    """Sort faulty faces by what is wrong with them.

    Parameters
    ----------
    faults : Faults
    count : int
        How many cells there are.
    tolerance, dust_area, dust_width : float
        As in :func:`check_coverage`.

    Returns
    -------
    CoverageReport
    """
    faces = _faces(faults, count)
    is_dust = _is_dust(faults.polygons, dust_area, dust_width)
    doubled = np.array([len(owners) > 1 for owners in faults.owners], dtype=bool)
    is_gap = np.array([not owners for owners in faults.owners], dtype=bool)
    mismatches, closed = find_mismatches(faults, count, tolerance=tolerance)
    slivers = [Face(polygon, owners) for polygon, owners in closed]
    return CoverageReport(
        gaps=in_order(faces[is_gap & ~is_dust]),
        overlaps=in_order(faces[doubled & ~is_dust]),
        overshoots=in_order(faces[~faults.is_inside & ~is_gap & ~is_dust]),
        dust=in_order(as_shapes([*faces[is_dust], *slivers])),
        mismatches=mismatches,
        is_exact=bool(is_dust.all()),
        is_proved=False,
    )


def find_overlaps(
    cells: Iterable[Polygon | MultiPolygon],
    *,
    tolerance: float,
    groups: Sequence[int] | None = None,
    dust_area: float = 0.0,
    dust_width: float = 0.0,
) -> tuple[tuple[Face, ...], tuple[Face, ...]]:
    """Find the ground that two or more cells cover.

    Parameters
    ----------
    cells : iterable of Polygon or MultiPolygon
        Valid ones.
    groups : sequence of int, optional
        One number a cell; then only ground shared across groups counts.
    tolerance, dust_area, dust_width : float
        As in :func:`check_coverage`.

    Returns
    -------
    tuple of (overlaps, dust)
        Two tuples of Face.

    Raises
    ------
    GeometryProblem
        If the edges cannot be noded.
    """
    faults = faults_of(as_shapes(cells), None, tolerance=tolerance)
    if faults is None:
        return (), ()
    wanted = np.ones(len(faults.numbers), dtype=bool)
    if groups is not None:
        wanted = np.array([len({groups[owner] for owner in owners}) > 1 for owners in faults.owners], dtype=bool)
    faces = _faces(faults, 0)
    is_dust = _is_dust(faults.polygons, dust_area, dust_width)
    return in_order(faces[wanted & ~is_dust]), in_order(faces[wanted & is_dust])


def find_overshoots(
    cells: Iterable[Polygon | MultiPolygon],
    parent: Polygon | MultiPolygon,
    *,
    dust_area: float = 0.0,
    dust_width: float = 0.0,
) -> tuple[tuple[Face, ...], tuple[Face, ...]]:
    """Find the ground of cells that lies outside a parent which they need not fill.

    Parameters
    ----------
    cells : iterable of Polygon or MultiPolygon
        Valid ones, in the coordinates of the parent.
    parent : Polygon or MultiPolygon
    dust_area, dust_width : float
        As in :func:`check_coverage`.

    Returns
    -------
    tuple of (overshoots, dust)
        Two tuples of Face, each with one owner.

    Raises
    ------
    GeometryProblem
        If the parent is empty or not valid.
    """
    shapes = as_shapes(cells)
    require_valid_parent(parent)
    shapely.prepare(parent)
    outside = np.flatnonzero(~shapely.covers(parent, shapes))
    rest = shapely.difference(shapes[outside], parent)
    faces = as_shapes(
        Face(part, (int(index),)) for index, geometry in zip(outside, rest, strict=True) for part in _polygons(geometry)
    )
    is_dust = _is_dust(as_shapes(face.geometry for face in faces), dust_area, dust_width)
    return in_order(faces[~is_dust]), in_order(faces[is_dust])


def find_duplicates(shapes: Shapes) -> tuple[tuple[int, ...], ...]:
    """Groups of two or more shapes that are the same ground, each ascending."""
    groups: dict[bytes, list[int]] = {}
    bounds = shapely.bounds(shapes)
    _, key, count = np.unique(bounds, axis=0, return_inverse=True, return_counts=True)
    # Equal ground has equal bounds; only those few are compared in full.
    for index in np.flatnonzero(count[key.ravel()] > 1):
        same = shapely.normalize(shapely.remove_repeated_points(shapely.simplify(shapes[index], 0.0)))
        groups.setdefault(shapely.to_wkb(same), []).append(int(index))
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _faces(faults: Faults, count: int) -> Shapes:
    """Faces as values; with a count of cells, gaps with the cells along them."""
    neighbours: dict[int, tuple[int, ...]] = {}
    if count:
        _, (face, copy) = sides(faults.net, faults.faces, faults.numbers)
        owner = faults.net.owner[copy]
        along = (faults.faces.winding[faults.numbers][face] < 0) & (owner < count)
        pair = np.unique(face[along] * count + owner[along])
        gaps, first = np.unique(pair // count, return_index=True)
        cells = np.split(pair % count, first[1:])
        neighbours = {gap: tuple(near.tolist()) for gap, near in zip(gaps.tolist(), cells, strict=False)}
    return as_shapes(
        Face(polygon, owners, neighbours.get(index, ()))
        for index, (polygon, owners) in enumerate(zip(faults.polygons, faults.owners, strict=True))
    )


def in_order(faces: Shapes) -> tuple[Face, ...]:
    """Faces by their owners, then by place."""
    bounds = shapely.bounds(as_shapes(face.geometry for face in faces))
    by_place = faces[np.lexsort(bounds.T[::-1])]
    return tuple(sorted(by_place, key=lambda face: face.owners))


def _is_dust(polygons: Shapes, dust_area: float, dust_width: float) -> Any:
    return (shapely.area(polygons) < dust_area) | (mean_width(polygons) < dust_width)


def _polygons(geometry: Any) -> list[Polygon]:
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return [part for part in parts if shapely.get_type_id(part) == _POLYGON and not part.is_empty]

"""The second opinion: the same check of a coverage by overlay, the textbook way.

``parent - union`` gives the gaps and an STRtree self-join the overlaps, both in GEOS with
floating precision. It shares no step with the engine of the product, which cancels
boundaries; where the two agree, both are probably right. It is slower, sees no edge
mismatch, tells no neighbours of gaps, and proves nothing. Tests and benchmarks only.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import MultiPolygon, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from geo.coverage import CoverageReport, Face
from geo.measure import mean_width

Shapes = NDArray[np.object_]

_POLYGON = 3
# DE-9IM: the two interiors meet, which for polygons means a face in common.
_SHARES_GROUND = "T********"


def check_coverage(
    cells: Iterable[Polygon | MultiPolygon],
    parent: Polygon | MultiPolygon,
    *,
    dust_area: float = 0.0,
    dust_width: float = 0.0,
) -> CoverageReport:
    """Find every gap, overlap and overshoot of cells that should fill a parent.

    Parameters
    ----------
    cells : iterable of Polygon or MultiPolygon
        In the coordinates of the parent.
    parent : Polygon or MultiPolygon
        A valid one; its holes are lawful.
    dust_area, dust_width : float
        A face smaller or thinner than this (in the unit of the coordinates,
        squared or not) is dust.

    Returns
    -------
    CoverageReport
        Faces in the order of their owners and position. Nothing is ever proved, and
        ``is_exact`` says no more than that no face stands above dust.
    """
    shapes = _as_shapes(cells)
    unusable = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    if unusable.any():
        return CoverageReport(
            invalid=tuple(int(index) for index in np.flatnonzero(unusable)), is_exact=False, is_proved=False
        )
    limits = (dust_area, dust_width)
    gaps, gap_dust = _split_dust(_gap_faces(shapes, parent), *limits)
    overlaps, overlap_dust = _split_dust(_faces_by_owner(_shared_pieces(shapes, None)), *limits)
    overshoots, outer_dust = _split_dust(_faces_by_owner(_outer_pieces(shapes, parent)), *limits)
    return CoverageReport(
        gaps=gaps,
        overlaps=overlaps,
        overshoots=overshoots,
        dust=gap_dust + overlap_dust + outer_dust,
        is_exact=not (gaps or overlaps or overshoots),
        is_proved=False,
    )


def find_overlaps(
    cells: Iterable[Polygon | MultiPolygon],
    *,
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
    dust_area, dust_width : float
        As in :func:`check_coverage`.

    Returns
    -------
    tuple of (overlaps, dust)
        Two tuples of Face.
    """
    labels = None if groups is None else np.asarray(groups)
    return _split_dust(_faces_by_owner(_shared_pieces(_as_shapes(cells), labels)), dust_area, dust_width)


def _as_shapes(cells: Iterable[Any]) -> Shapes:
    listed = list(cells)
    shapes = np.empty(len(listed), dtype=object)
    shapes[:] = listed
    return shapes


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return [part for part in parts if shapely.get_type_id(part) == _POLYGON and not part.is_empty]


def _gap_faces(shapes: Shapes, parent: BaseGeometry) -> list[Face]:
    faces = [Face(part) for part in _polygons(shapely.difference(parent, shapely.union_all(shapes)))]
    return sorted(faces, key=lambda face: face.geometry.bounds)


def _shared_pieces(shapes: Shapes, groups: NDArray[Any] | None) -> list[Face]:
    """Ground common to each pair of cells; faces of different pairs may overlap."""
    first, second = STRtree(shapes).query(shapes, predicate="intersects")
    wanted = first < second
    if groups is not None:
        wanted &= groups[first] != groups[second]
    first, second = first[wanted], second[wanted]
    shared = shapely.relate_pattern(shapes[first], shapes[second], _SHARES_GROUND)
    first, second = first[shared], second[shared]
    common = shapely.intersection(shapes[first], shapes[second])
    return [
        Face(part, (int(a), int(b)))
        for a, b, geometry in zip(first, second, common, strict=True)
        for part in _polygons(geometry)
    ]


def _outer_pieces(shapes: Shapes, parent: BaseGeometry) -> list[Face]:
    """Ground of each cell outside the parent."""
    shapely.prepare(parent)
    outside = np.flatnonzero(~shapely.covers(parent, shapes))
    rest = shapely.difference(shapes[outside], parent)
    return [
        Face(part, (int(index),)) for index, geometry in zip(outside, rest, strict=True) for part in _polygons(geometry)
    ]


def _faces_by_owner(pieces: list[Face]) -> list[Face]:
    """Cut pieces that share ground until the owners of each face are constant."""
    if not pieces:
        return []
    shapes = _as_shapes(piece.geometry for piece in pieces)
    first, second = STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    shared = shapely.relate_pattern(shapes[first], shapes[second], _SHARES_GROUND)
    links = coo_array((np.ones(int(shared.sum())), (first[shared], second[shared])), shape=(len(pieces), len(pieces)))
    _, label = connected_components(links, directed=False)
    members: dict[int, list[Face]] = {}
    for piece, component in zip(pieces, label, strict=True):
        members.setdefault(int(component), []).append(piece)
    faces = [face for group in members.values() for face in (group if len(group) == 1 else _noded(group))]
    return sorted(faces, key=lambda face: (face.owners, face.geometry.bounds))


def _noded(pieces: list[Face]) -> list[Face]:
    shapes = _as_shapes(piece.geometry for piece in pieces)
    lines = shapely.union_all(shapely.boundary(shapes))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    point, piece = STRtree(shapes).query(shapely.point_on_surface(faces), predicate="within")
    owners: list[set[int]] = [set() for _ in faces]
    for face, index in zip(point, piece, strict=True):
        owners[face].update(pieces[index].owners)
    return [Face(face, tuple(sorted(over))) for face, over in zip(faces, owners, strict=True) if over]


def _split_dust(faces: list[Face], dust_area: float, dust_width: float) -> tuple[tuple[Face, ...], tuple[Face, ...]]:
    shapes = _as_shapes(face.geometry for face in faces)
    small = (shapely.area(shapes) < dust_area) | (mean_width(shapes) < dust_width)
    counted = tuple(face for face, dusty in zip(faces, small, strict=True) if not dusty)
    dust = tuple(face for face, dusty in zip(faces, small, strict=True) if dusty)
    return counted, dust

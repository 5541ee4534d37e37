"""Where a coverage is wrong: the faces of its residual, and whose ground they are.

Everything is read off the residual, a small part of all segments. Borders on which two
cells agree are not in it; where such a border runs through an overlap it is added, so
that the cells over each face are the same everywhere in it.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.crossings import Net, assembled, merge_vertices, net_of, node, with_segments
from geo.faces import Faces, faces_of
from geo.owners import owners_of
from geo.residual import residual
from geo.segments import Floats, Ints, Keys, Segments, Shapes, as_shapes, joined, segments_of

_ONE = np.uint64(1)
# The interiors meet.
_RUNS_THROUGH = "T********"


@dataclass(frozen=True, slots=True)
class Faults:
    """The faces over which the number of cells is not what it should be.

    Attributes
    ----------
    net : Net
        The noded residual; the parent's copies go by the number of cells.
    faces : Faces
        All faces of the net.
    numbers : ndarray of int, shape (k,)
        Faces with a fault: gaps, overlaps, ground outside the parent.
    polygons : ndarray of Polygon, shape (k,)
    owners : tuple of tuple of int, length k
        Cells over each face, ascending; none over a gap.
    is_inside : ndarray of bool, shape (k,)
        Whether the face lies in the parent; without a parent all do.
    raw : Net
        The residual as it was found.
    became : ndarray of int
        For each vertex of ``raw`` the one it has become in ``matched``.
    matched : Net
        The part of the residual whose copies cancel once it is noded.
    moved : tuple of ndarray of float, each of shape (m, 2)
        Vertices that lay too close to others, and where those are.
    """

    net: Net
    faces: Faces
    numbers: Ints
    polygons: Shapes
    owners: tuple[tuple[int, ...], ...]
    is_inside: NDArray[np.bool_]
    raw: Net
    became: Ints
    matched: Net
    moved: tuple[Floats, Floats]


def faults_of(
    shapes: Shapes, parent: BaseGeometry | None, *, tolerance: float, decimals: int | None = None
) -> Faults | None:
    """Find every face of a coverage with too few or too many cells.

    Parameters
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        Valid ones.
    parent : Polygon, MultiPolygon or None
        Without one, only ground with two cells or more is at fault.
    tolerance : float
        See :func:`geo.crossings.node`.
    decimals : int, optional
        New vertices are rounded to so many.

    Returns
    -------
    Faults or None
        None where nothing is left over: the coverage is proved.

    Raises
    ------
    GeometryProblem
        If the segments cannot be noded.
    """
    left = residual(shapes, parent)
    if not len(left.key):
        return None
    raw = net_of(left)
    net, became = merge_vertices(raw, tolerance=tolerance)
    net = node(net, tolerance=tolerance, decimals=decimals)
    faces, numbers, polygons = _bad_faces(net, is_bounded=parent is not None)
    matched = _matched(net)
    moved = [_moves(raw.xy, became)]
    found = (raw, became, matched)
    inner = _running_through(polygons[faces.winding[numbers] > 0], shapes, parent, left.key)
    if len(inner.key):
        raw = with_segments(net, inner)
        net, became = merge_vertices(raw, tolerance=tolerance)
        moved.append(_moves(raw.xy, became))
        net = node(net, tolerance=tolerance, decimals=decimals)
        faces, numbers, polygons = _bad_faces(net, is_bounded=parent is not None)
    owners, is_inside = owners_of(net, faces, numbers, polygons, shapes, parent)
    movements = (np.concatenate([gone for gone, _ in moved]), np.concatenate([to for _, to in moved]))
    return Faults(net, faces, numbers, polygons, owners, is_inside, *found, movements)


def _bad_faces(net: Net, *, is_bounded: bool) -> tuple[Faces, Ints, Shapes]:
    faces = faces_of(net)
    numbers = np.flatnonzero(faces.winding != 0 if is_bounded else faces.winding > 1)
    return faces, numbers, faces.polygons(numbers, net.xy)


def _matched(net: Net) -> Net:
    copies = net.sums[net.edge] == 0
    return assembled(net.xy, net.starts[copies], net.ends[copies], net.owner[copies])


def _moves(xy: Floats, became: Ints) -> tuple[Floats, Floats]:
    gone = np.flatnonzero(became != np.arange(len(became)))
    return xy[gone], xy[became[gone]]


def _running_through(polygons: Shapes, shapes: Shapes, parent: BaseGeometry | None, left: Keys) -> Segments:
    """Segments outside the residual that run through the inside of faces, in every copy."""
    face, cell = shapely.STRtree(shapes).query(polygons)
    cells, place = np.unique(cell, return_inverse=True)
    own = segments_of(shapes[cells], cells)
    counts = np.bincount(np.searchsorted(cells, own.owner), minlength=len(cells))
    chosen = [_through(polygons, own, face, (np.cumsum(counts) - counts)[place], counts[place], left)]
    if parent is not None:
        shapely.prepare(parent)
        crossing = np.flatnonzero(~shapely.contains_properly(parent, polygons))
        border = segments_of(as_shapes([parent]), np.array([len(shapes)]), is_reversed=True)
        begins = np.zeros(len(crossing), dtype=np.int64)
        chosen.append(_through(polygons, border, crossing, begins, np.full(len(crossing), len(border.key)), left))
    return joined(chosen)


def _through(polygons: Shapes, segments: Segments, face: Ints, begins: Ints, counts: Ints, left: Keys) -> Segments:
    """Of each face's range of segments those that run through its inside."""
    pair = np.repeat(np.arange(len(face)), counts)
    segment = np.arange(len(pair)) - np.repeat(np.cumsum(counts) - counts, counts) + begins[pair]
    boxes = shapely.bounds(polygons)[face[pair]]
    start, end = segments.start[segment], segments.end[segment]
    meets = (np.minimum(start, end) < boxes[:, 2:]).all(axis=1) & (np.maximum(start, end) > boxes[:, :2]).all(axis=1)
    pair, segment = pair[meets], segment[meets]
    fresh = ~np.isin(segments.key[segment] & ~_ONE, left & ~_ONE)
    pair, segment = pair[fresh], segment[fresh]
    lines = shapely.linestrings(np.stack([segments.start[segment], segments.end[segment]], axis=1))
    through = shapely.relate_pattern(lines, polygons[face[pair]], _RUNS_THROUGH)
    return segments.chosen(np.unique(segment[through]))

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

from geo.crossings import node
from geo.faces import Faces, faces_of
from geo.net import Net, assembled, merge_vertices, net_of, with_segments
from geo.owners import owners_of
from geo.residual import residual
from geo.rings import Floats, Ints, Shapes
from geo.segments import Keys, Segments, as_shapes, joined, segments_of, vertex_hash

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
    keys : ndarray of uint64
        Of all segments that are in the net, in one direction.
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
    keys: Keys


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
    return read_faults(left, shapes, parent, tolerance=tolerance, decimals=decimals)


def read_faults(
    left: Segments, shapes: Shapes, parent: BaseGeometry | None, *, tolerance: float, decimals: int | None = None
) -> Faults:
    """Read the faulty faces off a residual, or off a part of it that stands alone.

    Parameters
    ----------
    left : Segments
        Such as :func:`geo.residual.residual` gives; closed rings.
    shapes, parent, tolerance, decimals
        As in :func:`faults_of`.

    Returns
    -------
    Faults

    Raises
    ------
    GeometryProblem
        If the segments cannot be noded.
    """
    raw = net_of(left)
    # Also those vertices of the parent whose own edges are all agreed on.
    fixed = vertex_hash(shapely.get_coordinates(parent) + 0.0)
    net, became = merge_vertices(raw, tolerance=tolerance, anchor=len(shapes), fixed=fixed)
    net = node(net, tolerance=tolerance, decimals=decimals)
    faces, numbers, polygons = _bad_faces(net, is_bounded=parent is not None)
    matched = _matched(net)
    moved = [_moves(raw.xy, became)]
    found = (raw, became, matched)
    inner = _meeting(polygons[faces.winding[numbers] > 0], shapes, parent, left.key, tolerance=tolerance)
    if len(inner.key):
        raw = with_segments(net, inner)
        net, became = merge_vertices(raw, tolerance=tolerance, anchor=len(shapes), fixed=fixed)
        moved.append(_moves(raw.xy, became))
        net = node(net, tolerance=tolerance, decimals=decimals)
        faces, numbers, polygons = _bad_faces(net, is_bounded=parent is not None)
    owners, is_inside = owners_of(net, faces, numbers, polygons, cells=shapes, parent=parent)
    movements = (np.concatenate([gone for gone, _ in moved]), np.concatenate([to for _, to in moved]))
    keys = np.unique(np.concatenate([left.key, inner.key]) & ~_ONE)
    return Faults(net, faces, numbers, polygons, owners, is_inside, *found, movements, keys)


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


def _meeting(
    polygons: Shapes, shapes: Shapes, parent: BaseGeometry | None, left: Keys, *, tolerance: float
) -> Segments:
    """Segments outside the residual that run through the inside of faces or along their edges, in every copy."""
    near = _near(shapes, polygons, tolerance)
    if not len(polygons):
        return near
    if parent is not None:
        border = segments_of(as_shapes([parent]), np.array([len(shapes)]), is_reversed=True)
        near = joined([near, border.chosen(_reaches(border, shapely.total_bounds(polygons), tolerance))])
    agreed = near.chosen(~np.isin(near.key & ~_ONE, left & ~_ONE))
    lines = np.asarray(shapely.linestrings(np.stack([agreed.start, agreed.end], axis=1)), dtype=object)
    tree = shapely.STRtree(lines)
    face, inner = tree.query(polygons)
    through = shapely.relate_pattern(lines[inner], polygons[face], _RUNS_THROUGH)
    middle = np.asarray(shapely.points((agreed.start + agreed.end) / 2), dtype=object)
    along_face = shapely.dwithin(middle[inner], shapely.boundary(polygons)[face], tolerance)
    inner = inner[through | along_face]
    # A corner of a face on a border that two cells agree on: the face has to end there for both.
    corners = shapely.get_coordinates(polygons)
    corner, along = tree.query(shapely.points(corners), predicate="dwithin", distance=tolerance)
    is_end = (corners[corner] == agreed.start[along]).all(axis=1) | (corners[corner] == agreed.end[along]).all(axis=1)
    return agreed.chosen(np.unique(np.concatenate([inner, along[~is_end]])))


def _near(shapes: Shapes, polygons: Shapes, margin: float) -> Segments:
    """Segments of cells that reach into the box round the faces near the cell."""
    boxes = shapely.bounds(polygons) + np.array([-margin, -margin, margin, margin])
    face, cell = shapely.STRtree(shapes).query(shapely.box(*boxes.T))
    order = np.argsort(cell, kind="stable")
    cells, first = np.unique(cell[order], return_index=True)
    own = segments_of(shapes[cells], cells)
    if not len(cells):
        return own
    boxes = boxes[face[order]]
    around = np.hstack([np.minimum.reduceat(boxes[:, :2], first), np.maximum.reduceat(boxes[:, 2:], first)])
    return own.chosen(_reaches(own, around[np.searchsorted(cells, own.owner)].T, 0.0))


def _reaches(segments: Segments, box: Floats, margin: float) -> NDArray[np.bool_]:
    """Whether each segment reaches into a box: one for all, or one for each in columns."""
    low, high = np.minimum(segments.start, segments.end), np.maximum(segments.start, segments.end)
    in_x = (low[:, 0] <= box[2] + margin) & (high[:, 0] >= box[0] - margin)
    return np.asarray(in_x & (low[:, 1] <= box[3] + margin) & (high[:, 1] >= box[1] - margin))

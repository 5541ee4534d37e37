"""Which cells lie over a face, from the edges around it and, for the rest, from a point in it."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from geo.faces import Faces
from geo.net import Net
from geo.rings import Ints, Shapes

Flags = NDArray[np.bool_]

_TRIANGLES_TRIED = 5
_SKEWED = np.array([0.5, 0.3, 0.2])


def owners_of(
    net: Net, faces: Faces, numbers: Ints, polygons: Shapes, *, cells: Shapes, parent: BaseGeometry | None
) -> tuple[tuple[tuple[int, ...], ...], Flags]:
    """Name the cells over faces; the winding number says how many they are.

    A cell whose border runs along a face, with the cell's inside towards it, lies over
    it. What lies over a face without touching its border is found with a point.

    Parameters
    ----------
    net : Net
    faces : Faces
        Of the net.
    numbers : ndarray of int, shape (k,)
        Faces to name.
    polygons : ndarray of Polygon, shape (k,)
        Their shapes.
    cells : ndarray of Polygon or MultiPolygon
        The parent's copies in the net go by ``len(cells)``.
    parent : Polygon, MultiPolygon or None

    Returns
    -------
    owners : tuple of tuple of int
        Ascending.
    is_inside : ndarray of bool
        Whether the face lies in the parent; true without one.
    """
    winding = faces.winding[numbers]
    towards, away = sides(net, faces, numbers)
    face, owner = _pairs(towards, net.owner, len(cells))
    is_inside = np.ones(len(numbers), dtype=bool)
    if parent is not None:
        # One cell more than the winding number tells can only lie over ground of the parent.
        is_sure = (winding < 0) | (np.bincount(face, minlength=len(numbers)) > winding)
        border = _border_sides(net.owner == len(cells), towards, away)
        is_inside = _inside(is_sure, border, polygons, parent)
    expected = winding + (is_inside if parent is not None else 0)
    short = np.flatnonzero(np.bincount(face, minlength=len(numbers)) < expected)
    if len(short):
        more_face, more_owner = _over(polygons[short], cells, expected[short])
        every = np.unique(np.concatenate([face, short[more_face]]) * len(cells) + np.concatenate([owner, more_owner]))
        face, owner = every // len(cells), every % len(cells)
    order = np.lexsort((owner, face))
    ends = np.cumsum(np.bincount(face, minlength=len(numbers)))
    parts = np.split(owner[order], ends[:-1]) if len(numbers) else []
    return tuple(tuple(part.tolist()) for part in parts), is_inside


def sides(net: Net, faces: Faces, numbers: Ints) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """Copies along some faces: those with their inside towards the face, and those away from it.

    Returns
    -------
    towards, away : tuple of (face, copy)
        Positions in ``numbers`` and in the net's copies.
    """
    place = np.full(len(faces.winding), -1, dtype=np.int64)
    place[numbers] = np.arange(len(numbers))
    left, right = faces.left[net.edge], faces.right[net.edge]
    # A cell whose own edges close up on each other has no inside there.
    _, pair = np.unique(net.edge * (int(net.owner.max(initial=0)) + 1) + net.owner, return_inverse=True)
    bounds = (left != right) & (np.bincount(pair, net.sign)[pair] != 0)
    inner = np.where(net.sign > 0, left, right)
    outer = np.where(net.sign > 0, right, left)
    copies = np.arange(len(net.edge))
    towards, away = bounds & (place[inner] >= 0), bounds & (place[outer] >= 0)
    return (place[inner[towards]], copies[towards]), (place[outer[away]], copies[away])


def _pairs(side: tuple[Ints, Ints], owners: Ints, count: int) -> tuple[Ints, Ints]:
    """Face and cell of each pair once; the parent is no owner."""
    face, owner = side[0], owners[side[1]]
    pair = np.unique(face[owner < count] * count + owner[owner < count])
    return (pair // count, pair % count) if count else (pair, pair)


def _border_sides(is_parent: Flags, towards: tuple[Ints, Ints], away: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Faces inside and outside along the parent's border, whose copies run backwards."""
    return away[0][is_parent[away[1]]], towards[0][is_parent[towards[1]]]


def _inside(is_sure: Flags, border: tuple[Ints, Ints], polygons: Shapes, parent: BaseGeometry) -> Flags:
    """Whether each face lies in the parent; some surely do, others lie along its border."""
    inside, known = np.ones(len(polygons), dtype=bool), is_sure.copy()
    within, beyond = border
    known[within] = known[beyond] = True
    inside[beyond] = False
    asked = np.flatnonzero(~known)
    if len(asked):
        shapely.prepare(parent)
        inside[asked] = shapely.contains_properly(parent, shapely.point_on_surface(polygons[asked]))
    return inside


def _over(polygons: Shapes, cells: Shapes, expected: Ints) -> tuple[Ints, Ints]:
    """Pairs of face and cell where the cell lies over an inner point of the face."""
    tree = STRtree(cells)
    face, cell = tree.query(shapely.point_on_surface(polygons), predicate="within")
    unlucky = np.bincount(face, minlength=len(polygons)) != expected
    stays = ~unlucky[face]
    faces, found = [face[stays]], [cell[stays]]
    for index in np.flatnonzero(unlucky):
        over = _over_other_points(polygons[index], tree, int(expected[index]))
        faces.append(np.full(len(over), index))
        found.append(over)
    return np.concatenate(faces), np.concatenate(found)


def _over_other_points(polygon: Polygon, tree: STRtree, expected: int) -> Ints:
    """Cells over a point inside a face that lies on no border, tried in its largest triangles."""
    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(polygon))
    largest = triangles[np.argsort(-shapely.area(triangles))][:_TRIANGLES_TRIED]
    over = np.empty(0, dtype=np.int64)
    for triangle in largest:
        # Off the middle: a border that halves the face may run through it.
        point = shapely.Point(_SKEWED @ shapely.get_coordinates(triangle)[:3])
        over = np.asarray(tree.query(point, predicate="within"))
        if len(over) == expected:
            break
    return over

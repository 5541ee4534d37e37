"""Lay drawn areas and micro-grids onto what is stored, so that shared borders are one.

The borders of areas are densified into a chain of vertices that all levels and both
sides share; grids are noded against it. What is stored never moves: where a new
vertex falls on a stored border, the stored shape gains that vertex and is *refined*.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import STORAGE_CRS, SourceCrs
from geo.mesh import Shapes, frame_for, into_frame, mesh_of, scale_of, shapes_of, stored_coordinates
from geo.noding import densify, node, same_outline

# What lies closer together than this is meant to be together.
TOLERANCE_M = 1e-3
# Longest edge of an area's border: every later border ends on a vertex of this chain.
CHAIN_STEP_M = 2.0
# Shapes further off than this share no vertex with what is drawn.
_NEIGHBOUR_M = 1.0

_STORED = SourceCrs(STORAGE_CRS, STORAGE_CRS)


@dataclass(frozen=True)
class Laid:
    """Shapes in storage coordinates.

    Attributes
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        One for each drawn shape; empty or invalid where it was thinner than the tolerance.
    refined : mapping
        Position of a stored shape -> the same shape with the vertices that it gained.
    """

    shapes: Shapes
    refined: dict[int, Any]


def lay(drawn: Shapes, source: SourceCrs, *, stored: Shapes, is_chain: bool) -> Laid:
    """Node drawn shapes with each other and with stored ones, and bring them to storage.

    Parameters
    ----------
    drawn : ndarray of Polygon or MultiPolygon
        In the source's coordinates.
    source : SourceCrs
    stored : ndarray of Polygon or MultiPolygon
        EPSG:4490, on the storage grid.
    is_chain : bool
        Whether the drawn shapes are areas, whose borders become the chain.

    Returns
    -------
    Laid

    Raises
    ------
    CrsProblem
        If a coordinate cannot be converted.
    """
    frame = frame_for(source)
    new = into_frame(drawn, source, frame)
    near = _near(new, stored, frame)
    fixed_exact = stored[near]
    mesh = mesh_of(new, frame=frame, fixed=into_frame(fixed_exact, _STORED, frame), fixed_exact=fixed_exact)
    before = mesh.vertex_counts()[: mesh.fixed_count]
    mesh = node(mesh, tolerance_m=TOLERANCE_M)
    if is_chain:
        # The second noding hangs stored grids on the chain that has just been made.
        is_new = np.arange(len(fixed_exact) + len(new)) >= mesh.fixed_count
        mesh = node(densify(mesh, is_new, max_m=CHAIN_STEP_M), tolerance_m=TOLERANCE_M)
    grew = np.flatnonzero(mesh.vertex_counts()[: mesh.fixed_count] != before)
    shapes = shapes_of(mesh, stored_coordinates(mesh, frame))
    return Laid(shapes[mesh.fixed_count :], {int(near[index]): shapes[index] for index in grew})


def _near(new: Shapes, stored: Shapes, frame: SourceCrs) -> NDArray[np.int64]:
    """Positions of the stored shapes that may share a border with the new ones."""
    if not len(stored) or not len(new):
        return np.empty(0, dtype=np.int64)
    tree = shapely.STRtree(into_frame(stored, _STORED, frame))
    margin = _NEIGHBOUR_M / scale_of(frame, new).min()
    boxes = shapely.bounds(new) + np.array([-margin, -margin, margin, margin])
    return np.unique(tree.query(shapely.box(*boxes.T))[1])


def unchanged(
    drawn: Shapes, source: SourceCrs, stored: Shapes, *, tolerance_m: float = TOLERANCE_M
) -> NDArray[np.bool_]:
    """Whether each drawn shape is the stored one again, within the tolerance.

    Parameters
    ----------
    drawn : ndarray of Polygon or MultiPolygon
        In the source's coordinates.
    source : SourceCrs
    stored : ndarray of Polygon or MultiPolygon
        EPSG:4490, one for each drawn shape.
    tolerance_m : float
        More than a millimetre only for files whose coordinates are rounded.

    Returns
    -------
    ndarray of bool

    Raises
    ------
    CrsProblem
        If a coordinate cannot be converted.
    """
    if not len(drawn):
        return np.empty(0, dtype=bool)
    frame = frame_for(source)
    new = into_frame(drawn, source, frame)
    return same_outline(new, into_frame(stored, _STORED, frame), scale=scale_of(frame, new), tolerance_m=tolerance_m)

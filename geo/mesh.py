"""Rings of many shapes over one table of vertices.

Shapes made of the same vertices have bit-identical coordinates, whatever system
they are taken to. Some shapes are *fixed*: they are stored already, and their
vertices keep the coordinates they are stored with.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import STORAGE_CRS, SourceCrs, project, round_to_storage

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

# Upper bounds, so that a length in metres is never taken too short.
_DEGREE_LAT_M = 111_700.0
_DEGREE_LON_M = 111_321.0
# A ring folds back on itself a few times at most.
_MAX_FOLDS = 10


@dataclass(frozen=True)
class Mesh:
    """Rings of many shapes over one table of vertices.

    Attributes
    ----------
    points : ndarray of float, shape (n, 2)
        Vertices in the working frame.
    exact : ndarray of float, shape (n, 2)
        Stored coordinates of fixed vertices; NaN for new ones.
    scale : ndarray of float, shape (2,)
        Metres per unit of the frame in x and y.
    ids : ndarray of int, shape (m,)
        Vertices of all rings one after another, without closing points.
    ring_starts : ndarray of int
        Where each ring begins in ``ids``, and their end.
    polygon_starts, shape_starts : ndarray of int
        Where each polygon begins among the rings, each shape among the polygons.
    fixed_count : int
        The first so many shapes are fixed.
    """

    points: Floats
    exact: Floats
    scale: Floats
    ids: Ints
    ring_starts: Ints
    polygon_starts: Ints
    shape_starts: Ints
    fixed_count: int

    @property
    def is_fixed(self) -> NDArray[np.bool_]:
        """Which vertices are fixed."""
        return ~np.isnan(self.exact[:, 0])

    @property
    def metres(self) -> Floats:
        """Vertices in a plane of metres, for distances only."""
        return self.points * self.scale

    def following(self) -> Ints:
        """For each place in ``ids`` the vertex that follows it in its ring."""
        after = np.roll(self.ids, -1)
        begins, ends = self.filled_rings()
        after[ends - 1] = self.ids[begins]
        return after

    def filled_rings(self) -> tuple[Ints, Ints]:
        """Where each ring that has vertices begins and ends in ``ids``."""
        filled = np.diff(self.ring_starts) > 0
        return self.ring_starts[:-1][filled], self.ring_starts[1:][filled]

    def shape_of_places(self) -> Ints:
        """For each place in ``ids`` the shape it belongs to."""
        vertices = self.ring_starts[self.polygon_starts[self.shape_starts]]
        return np.repeat(np.arange(len(self.shape_starts) - 1), np.diff(vertices))

    def vertex_counts(self) -> Ints:
        """Vertices of each shape."""
        return np.diff(self.ring_starts[self.polygon_starts[self.shape_starts]])


def frame_for(source: SourceCrs) -> SourceCrs:
    """The system to node in: the source's own plane, or stored degrees.

    Parameters
    ----------
    source : SourceCrs

    Returns
    -------
    SourceCrs
        Edges are straight in the plane they were drawn in, and only there do T
        junctions lie on them; degrees of any datum are taken to the stored ones.
    """
    return SourceCrs(STORAGE_CRS, STORAGE_CRS) if source.is_geographic else source


def into_frame(shapes: Shapes, source: SourceCrs, frame: SourceCrs) -> Shapes:
    """Shapes of any system in the working frame, unrounded.

    Parameters
    ----------
    shapes : ndarray of shapely geometries
    source, frame : SourceCrs

    Returns
    -------
    ndarray of shapely geometries

    Raises
    ------
    CrsProblem
        If a coordinate cannot be converted.
    """
    if source.base == frame.base and source.shift is None:
        return shapes
    return np.asarray(shapely.transform(shapes, lambda xy: project(xy, source, frame.base)), dtype=object)


def scale_of(frame: SourceCrs, shapes: Shapes) -> Floats:
    """Metres per unit of a frame in x and y, near the shapes; never too small."""
    if not frame.is_geographic:
        return np.full(2, frame.metres_per_unit)
    _, south, _, north = shapely.total_bounds(shapes)
    nearest = 0.0 if south <= 0.0 <= north else min(abs(south), abs(north))
    return np.array([_DEGREE_LON_M * np.cos(np.radians(nearest)), _DEGREE_LAT_M])


def mesh_of(new: Shapes, *, frame: SourceCrs, fixed: Shapes | None = None, fixed_exact: Shapes | None = None) -> Mesh:
    """Lay shapes over one table of vertices.

    Parameters
    ----------
    new : ndarray of Polygon or MultiPolygon
        In the frame.
    frame : SourceCrs
    fixed, fixed_exact : ndarray of Polygon or MultiPolygon, optional
        Standing shapes in the frame, and the same ones as stored, vertex by vertex.

    Returns
    -------
    Mesh
        Fixed shapes first. Only bit-identical vertices are one so far.
    """
    standing = np.empty(0, dtype=object) if fixed is None else fixed
    stored = standing if fixed_exact is None else fixed_exact
    shapes = np.concatenate([standing, new])
    xy, ring_starts, polygon_starts, shape_starts = _ragged(shapes)
    exact = np.full_like(xy, np.nan)
    if len(stored):
        exact_xy = _ragged(stored)[0]
        exact[: len(exact_xy)] = exact_xy
    keep = np.ones(len(xy), dtype=bool)
    keep[ring_starts[1:] - 1] = False  # closing points
    ring_starts = np.concatenate([[0], np.cumsum(np.diff(ring_starts) - 1)])
    xy, exact = xy[keep], exact[keep]
    # What is stored is told apart by its stored place, what is new by its own.
    has_exact = ~np.isnan(exact[:, 0])
    key = np.column_stack([np.where(has_exact[:, None], exact, xy) + 0.0, has_exact])
    _, first, ids = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return Mesh(
        xy[first],
        exact[first],
        scale_of(frame, shapes),
        ids.reshape(-1),
        ring_starts,
        polygon_starts,
        shape_starts,
        len(standing),
    )


def _ragged(shapes: Shapes) -> tuple[Floats, Ints, Ints, Ints]:
    """Coordinates and the starts of rings, polygons and shapes."""
    kind, xy, offsets = shapely.to_ragged_array(shapes, include_z=False)
    rings, polygons = offsets[0].astype(np.int64), offsets[1].astype(np.int64)
    many = offsets[2] if kind == shapely.GeometryType.MULTIPOLYGON else np.arange(len(shapes) + 1)
    return xy, rings, polygons, many.astype(np.int64)


def _keep(mesh: Mesh, keep: NDArray[np.bool_]) -> Mesh:
    """Drop places of rings."""
    kept_before = np.concatenate([[0], np.cumsum(keep)])
    return replace(mesh, ids=mesh.ids[keep], ring_starts=kept_before[mesh.ring_starts])


def without_repeats(mesh: Mesh) -> Mesh:
    """Drop places of rings that repeat the one before."""
    repeated = mesh.ids == mesh.following()
    return _keep(mesh, ~repeated) if repeated.any() else mesh


def without_spikes(mesh: Mesh) -> Mesh:
    """Drop the tip where a ring turns back on itself: what was thinner than the tolerance."""
    for _ in range(_MAX_FOLDS):
        mesh = without_repeats(mesh)
        if not len(mesh.ids):
            return mesh
        after = mesh.following()
        before = np.roll(mesh.ids, 1)
        begins, ends = mesh.filled_rings()
        before[begins] = mesh.ids[ends - 1]
        tips = before == after
        if not tips.any():
            return mesh
        # Two tips side by side are one ring of two vertices: both may go.
        mesh = _keep(mesh, ~tips)
    return mesh


def stored_coordinates(mesh: Mesh, frame: SourceCrs) -> Floats:
    """Each vertex in the storage system, on its grid; fixed ones as they are stored.

    Parameters
    ----------
    mesh : Mesh
    frame : SourceCrs

    Returns
    -------
    ndarray of float, shape (n, 2)
        EPSG:4490.

    Raises
    ------
    CrsProblem
        If a vertex cannot be converted.
    """
    moved = round_to_storage(project(mesh.points, frame, STORAGE_CRS))
    return np.where(mesh.is_fixed[:, None], mesh.exact, moved)


def shapes_of(mesh: Mesh, coordinates: Floats) -> Shapes:
    """The shapes back, made of the given coordinates.

    Parameters
    ----------
    mesh : Mesh
    coordinates : ndarray of float, shape (n, 2)
        One for each vertex of the mesh.

    Returns
    -------
    ndarray of Polygon or MultiPolygon
        In the mesh's order, fixed ones first; rings that fell to nothing are left out,
        and a shape of which nothing is left is an empty polygon.
    """
    # Two vertices may round to one place: told by place, not by number, they are one.
    _, place = np.unique(coordinates, axis=0, return_inverse=True)
    first = np.zeros(place.max() + 1 if len(place) else 0, dtype=np.int64)
    first[place.reshape(-1)] = np.arange(len(coordinates))
    mesh = without_spikes(replace(mesh, ids=first[place.reshape(-1)][mesh.ids]))
    rings: list[Any] = []
    for begin, end in zip(mesh.ring_starts[:-1], mesh.ring_starts[1:], strict=True):
        rings.append(coordinates[mesh.ids[begin:end]] if end - begin >= 3 else None)
    polygons: list[Any] = []
    for begin, end in zip(mesh.polygon_starts[:-1], mesh.polygon_starts[1:], strict=True):
        shell, *holes = rings[begin:end]
        polygons.append(None if shell is None else shapely.Polygon(shell, [hole for hole in holes if hole is not None]))
    result = np.empty(len(mesh.shape_starts) - 1, dtype=object)
    for index, (begin, end) in enumerate(zip(mesh.shape_starts[:-1], mesh.shape_starts[1:], strict=True)):
        parts = [polygon for polygon in polygons[begin:end] if polygon is not None]
        result[index] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts) if parts else shapely.Polygon()
    return result

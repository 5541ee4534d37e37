"""A division that is edited, and what an edit makes of it, proved before it is handed on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from geo.chain import CannotReshape, Chain, Precision
from geo.inserted import Inserted
from geo.patch import NOBODY, Patch
from geo.residual import left_over
from geo.rings import Floats, Ints, Shapes
from geo.segments import as_shapes, segment_keys, segments_of
from geo.validity import find_invalid

# Ends may go so far aside, so the chain is looked at a little further off.
_MARGIN_M = 20.0


@dataclass(frozen=True)
class Division:
    """Cells of one layer and the parent that they lie in.

    Attributes
    ----------
    cells : ndarray of Polygon
    parent : Polygon or MultiPolygon
        Its vertices and edges stay as they are.
    precision : Precision
    nobody : frozenset of int
        Numbers of cells that stand for ground that is nobody's, where a layer does not fill the
        parent; they may be in any number of pieces.
    """

    cells: Shapes
    parent: Polygon | MultiPolygon
    precision: Precision
    nobody: frozenset[int] = frozenset()

    @cached_property
    def boxes(self) -> Floats:
        """Bounds of the cells."""
        return np.asarray(shapely.bounds(self.cells)).reshape(-1, 4)

    def near(self, box: Floats) -> Ints:
        """Cells whose bounds meet a box."""
        margin = self.precision.tolerance
        meets = (self.boxes[:, :2] <= box[2:] + margin).all(axis=1) & (self.boxes[:, 2:] >= box[:2] - margin).all(
            axis=1
        )
        return np.flatnonzero(meets)

    def under(self, shape: Any) -> Ints:
        """Cells that share ground with a shape, or that a line runs through."""
        near = self.near(np.array(shapely.bounds(shape)))
        shapely.prepare(shape)
        near = near[shapely.intersects(shape, self.cells[near])]
        common = shapely.intersection(self.cells[near], shape)
        size = shapely.area(common) if shapely.area(shape) else shapely.length(common)
        return np.asarray(near[size > self.precision.tolerance * shapely.length(common)])

    def touching(self, shape: Any) -> Ints:
        """Cells that a shape touches."""
        near = self.near(np.array(shapely.bounds(shape)))
        return np.asarray(near[shapely.intersects(self.cells[near], shape)])

    def chain(self, shape: Any) -> Chain:
        """The parent's border near a shape."""
        margin = _MARGIN_M / np.array(self.precision.scale)
        box = np.array(shapely.bounds(shape)) + np.concatenate([-margin, margin])
        return Chain.of([self.parent], box, self.precision)


@dataclass(frozen=True, slots=True)
class LeftPiece:
    """A piece that was cut off from its cell and given to another one.

    Attributes
    ----------
    cell : int
        The cell that it was cut off from.
    shape : Polygon
    taker : int
    others : tuple of int
        Other cells that it borders on, the longest border first.
    is_named : bool
        Whether somebody named the taker.
    """

    cell: int
    shape: Polygon
    taker: int
    others: tuple[int, ...] = ()
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class Reshaped:
    """What an edit changes; every other cell stays the very same.

    Attributes
    ----------
    changed : mapping of int to Polygon or None
        By number; new cells go by the numbers behind the last one, None is no more.
    refined : mapping of int to Polygon
        Cells that only got vertices: rings begin where they began and run as they ran.
    pieces : tuple of LeftPiece
        What was cut off on the way.
    """

    changed: Mapping[int, Polygon | None]
    refined: Mapping[int, Polygon]
    pieces: tuple[LeftPiece, ...] = ()


def finished(division: Division, patch: Patch, label: Ints, pieces: Iterable[LeftPiece] = ()) -> Reshaped:
    """Make the shapes that labels say, and prove that nothing else has changed.

    Parameters
    ----------
    division : Division
    patch : Patch
    label : ndarray of int, shape (f,)
        For each face of the patch the cell that it belongs to from now on.
    pieces : iterable of LeftPiece

    Returns
    -------
    Reshaped

    Raises
    ------
    CannotReshape
        If a cell would be no single polygon.
    """
    changed: dict[int, Polygon | None] = {}
    for number, shape in patch.shapes_by(label).items():
        is_whole = number in division.nobody or shape.is_empty
        changed[number] = (None if shape.is_empty else shape) if is_whole else _single(shape)
    refined = refined_by(division, patch.inserted, skip=[*changed])
    prove_same(division.cells, changed, refined, patch.inserted)
    return Reshaped(changed, refined, tuple(pieces))


def refined_by(division: Division, inserted: Inserted, *, skip: Sequence[int] = ()) -> dict[int, Polygon]:
    """Cells that get vertices into their borders and nothing else."""
    if not len(inserted.keys):
        return {}
    found: dict[int, Polygon] = {}
    for number in np.setdiff1d(division.near(inserted.box), np.array(skip, dtype=np.int64)).tolist():
        grown = inserted.into(division.cells[number])
        if grown is not division.cells[number]:
            found[number] = grown
    return found


def prove_same(
    cells: Shapes, changed: Mapping[int, Polygon | None], refined: Mapping[int, Polygon], inserted: Inserted
) -> None:
    """Prove that the changed cells fill the same ground as before, every point as often, edge for edge.

    Raises
    ------
    CannotReshape
        If they do not, or a cell is not valid.
    """
    touched = np.array([number for number in (*changed, *refined) if number < len(cells)], dtype=np.int64)
    old = inserted.expanded(segments_of(cells[touched], touched))
    new = as_shapes(shape for shape in (*changed.values(), *refined.values()) if shape is not None)
    invalid = find_invalid(new, is_polygonal=True)
    if invalid:
        place = shapely.get_coordinates(new[invalid[0]])[0].tolist()
        raise CannotReshape(
            "这样改会使网格边界自相交或重叠。请把线画得离其他边界远一些。",
            "This would make a grid's border cross itself. Draw the line further away from other borders.",
            (place[0], place[1]),
        )
    keys, _ = segment_keys(new, is_reversed=True)
    if len(left_over(np.concatenate([old.key, keys]))[1]):
        raise CannotReshape(
            "这样改会使网格之间出现空白或重叠,已停止。请换一条线,或先核对并修补这一带。",
            "This would open a gap or an overlap between grids, so it was not done. Draw another line, or check and"
            " repair this neighbourhood first.",
        )


def _single(shape: Any) -> Polygon:
    if not isinstance(shape, Polygon):
        x, y = shapely.get_coordinates(shapely.point_on_surface(shapely.get_parts(shape)[-1]))[0].tolist()
        raise CannotReshape(
            f"这样改会使一个网格分成互不相连的几块(其中一块在 {x:.9f}, {y:.9f})。请换一条线,或用拆分。",
            f"This would leave a grid in several pieces, one of them at {x:.9f}, {y:.9f}. Draw another line, or split"
            " the grid.",
            (x, y),
        )
    return shape


def faces_inside(patch: Patch, shape: Any) -> Ints:
    """Faces of cells that lie for the most part in a shape."""
    inner = patch.inner
    polygons = patch.polygons(inner)
    near = shapely.intersects(polygons, shape)
    part = np.zeros(len(inner))
    part[near] = shapely.area(shapely.intersection(polygons[near], shape))
    return np.asarray(inner[part > shapely.area(polygons) / 2])


def face_at(patch: Patch, xy: tuple[float, float]) -> int:
    """The face of a cell that a point lies in, or NOBODY."""
    inner = patch.inner
    held = np.flatnonzero(shapely.intersects_xy(patch.polygons(inner), *xy))
    return int(inner[held[0]]) if len(held) else NOBODY

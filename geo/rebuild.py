"""New boundaries by integer sums: what a cell had, plus faces it gets, less faces it loses.

All boundaries run along the same noded edges, so what two cells share stays shared vertex
by vertex: no overlay is computed, and a sum other than -1, 0 or 1 tells of a mistake.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from geo.faults import Faults
from geo.lines import NO_SHIFTS, Lines, Shifts, areas_of, marks_of, on_chain, without_needless
from geo.net import with_segments
from geo.rings import Floats, Ints, Shapes
from geo.segments import Keys, Segments, as_shapes, joined, segments_of, vertex_hash

_ONE = np.uint64(1)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Cells and parent with new boundaries.

    Attributes
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        New cells behind the others; empty where nothing is left of one. Untouched ones
        are the same objects.
    parent : Polygon or MultiPolygon
        With vertices that it had to take in.
    changed : ndarray of int
        Cells that differ, ascending.
    marks : ndarray of uint64
        A number for the boundary of each owner.
    shifts : Shifts
        Ends of borders that a fixed parent has no vertex for.
    """

    shapes: Shapes
    parent: Polygon | MultiPolygon
    changed: Ints
    marks: Keys
    shifts: Shifts


@dataclass(frozen=True, slots=True)
class FixedParent:
    """How borders end on a parent that gets no vertex.

    Attributes
    ----------
    max_shift : float
        They end on the nearest vertex that it has, if that is not further off than this.
    decimals : int or None
        New vertices are rounded to so many.
    """

    max_shift: float
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What new boundaries are made of.

    Attributes
    ----------
    shapes : ndarray of Polygon or MultiPolygon
    parent : Polygon or MultiPolygon
    faults : Faults
        Of these cells and this parent.
    lines : Lines
        All boundaries along noded edges, before any face changes hands.
    marks : ndarray of uint64
        A number for the boundary of each cell and of the parent, as they came.
    """

    shapes: Shapes
    parent: Polygon | MultiPolygon
    faults: Faults
    lines: Lines
    marks: Keys


def material_of(shapes: Shapes, parent: Polygon | MultiPolygon, faults: Faults, cells: Collection[int]) -> Material:
    """Collect the boundaries that may change.

    Parameters
    ----------
    shapes : ndarray of Polygon or MultiPolygon
    parent : Polygon or MultiPolygon
    faults : Faults
    cells : collection of int
        Cells that may get or lose a face.

    Returns
    -------
    Material
    """
    count = len(shapes)
    touched = [faults.net.owner[faults.net.owner < count], np.fromiter(cells, dtype=np.int64)]
    if len(faults.moved[0]):
        # Also a cell that only comes to a moved vertex, all its borders being agreed on.
        touched.append(shapely.STRtree(shapes).query(shapely.points(faults.moved[0]))[1])
    affected = np.unique(np.concatenate(touched))
    border = segments_of(as_shapes([parent]), np.array([count]), is_reversed=True)
    before = joined([segments_of(shapes[affected], affected), border])
    agreed = before.chosen(~np.isin(before.key & ~_ONE, faults.keys))
    full = with_segments(faults.net, _moved(agreed, faults))
    marks = marks_of(before.owner, before.start, before.end, count + 1)
    return Material(shapes, parent, faults, Lines(full.xy, full.starts, full.ends, full.owner), marks)


def rebuild(
    material: Material,
    winners: Sequence[int | None],
    settled: Sequence[bool],
    *,
    fixed: FixedParent | None = None,
    previous: Rebuilt | None = None,
) -> Rebuilt:
    """Give faces to cells.

    Parameters
    ----------
    material : Material
    winners : sequence of int or None
        The only cell over each faulty face from now on; None for no cell.
    settled : sequence of bool
        Faces that are not settled stay as they are.
    fixed : FixedParent, optional
        Without it the parent gets the vertices that borders end on.
    previous : Rebuilt, optional
        Of the same material: what has not changed since is taken from it.

    Returns
    -------
    Rebuilt
    """
    count = len(material.shapes)
    made = max([winner - count + 1 for winner in winners if winner is not None and winner >= count], default=0)
    given = _given(material.faults, winners, settled, count)
    summed = material.lines.with_more(*given).summed()
    lines = without_needless(summed, material.parent, count)
    shifts = NO_SHIFTS
    if fixed is not None:
        stays = _open_vertices(material.faults, settled)
        lines, shifts = on_chain(
            lines, material.parent, count, stays=stays, max_shift=fixed.max_shift, decimals=fixed.decimals
        )
    marks = marks_of(lines.owner, lines.xy[lines.start], lines.xy[lines.end], count + 1 + made)
    before = np.zeros(len(marks), dtype=np.uint64)
    before[: count + 1] = material.marks
    if fixed is not None:
        marks[count] = before[count]
    different = np.flatnonzero(marks != before)
    known = {}
    if previous is not None:
        same = different[different < len(previous.marks)]
        same = same[marks[same] == previous.marks[same]]
        known = {number: _shape_of(previous, number, count) for number in same.tolist()}
    fresh = np.setdiff1d(different, np.fromiter(known, dtype=np.int64))
    known.update(zip(fresh.tolist(), areas_of(lines, fresh), strict=True))
    own = known.pop(count, material.parent)
    shapes = np.concatenate([material.shapes, as_shapes([Polygon()] * made)])
    for number, shape in known.items():
        shapes[number - (number > count)] = shape
    cells = different[different != count]
    return Rebuilt(shapes, own, cells - (cells > count), marks, shifts)


def _shape_of(built: Rebuilt, owner: int, count: int) -> Any:
    """An owner's shape; behind the parent's number come the new cells."""
    return built.parent if owner == count else built.shapes[owner - (owner > count)]


def _moved(segments: Segments, faults: Faults) -> Segments:
    """Segments with the vertices where those have gone that lay too close to others."""
    gone, to = faults.moved
    if not len(gone):
        return segments
    # A vertex can go on to where another one went.
    names = vertex_hash(gone)
    order = np.argsort(names)

    def follow(xy: Floats) -> Floats:
        for _ in range(2):
            asked = vertex_hash(xy)
            place = np.searchsorted(names[order], asked).clip(max=len(names) - 1)
            hit = names[order][place] == asked
            xy = np.where(hit[:, None], to[order][place], xy)
        return xy

    start, end = follow(segments.start), follow(segments.end)
    stands = (start != end).any(axis=1)
    return Segments(start, end, segments.key, segments.owner).chosen(stands)


def _given(
    faults: Faults, winners: Sequence[int | None], settled: Sequence[bool], count: int
) -> tuple[Ints, Ints, Ints]:
    """Edges round each face for who gets it, and the same backwards for who loses it."""
    net, faces = faults.net, faults.faces
    place = np.full(len(faces.winding), -1, dtype=np.int64)
    place[faults.numbers] = np.arange(len(faults.numbers))
    bounds = np.flatnonzero(faces.left != faces.right)
    left, right = place[faces.left[bounds]], place[faces.right[bounds]]
    index = np.concatenate([left[left >= 0], right[right >= 0]])
    start = np.concatenate([net.low[bounds[left >= 0]], net.high[bounds[right >= 0]]])
    end = np.concatenate([net.high[bounds[left >= 0]], net.low[bounds[right >= 0]]])
    order = np.argsort(index, kind="stable")
    index, start, end = index[order], start[order], end[order]
    ends = np.cumsum(np.bincount(index, minlength=len(faults.numbers)))
    # Pairs of face and cell: 1 where the cell gets the face, -1 where it loses it.
    face: list[int] = []
    cell: list[int] = []
    sign: list[int] = []
    for number, (winner, owners, is_settled) in enumerate(zip(winners, faults.owners, settled, strict=True)):
        if not is_settled:
            continue
        lost = [owner for owner in owners if owner != winner]
        # Behind the parent's number come the new cells.
        got = [] if winner is None or winner in owners else [winner + (winner >= count)]
        face += [number] * (len(lost) + len(got))
        cell += lost + got
        sign += [-1] * len(lost) + [1] * len(got)
    faces_, cells, signs = (np.array(column, dtype=np.int64) for column in (face, cell, sign))
    sizes = np.diff(np.concatenate([[0], ends]))[faces_]
    row = np.repeat(np.arange(len(faces_)), sizes)
    step = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    edge = (ends[faces_] - sizes)[row] + step
    forth = signs[row] > 0
    return np.where(forth, start[edge], end[edge]), np.where(forth, end[edge], start[edge]), cells[row]


def _open_vertices(faults: Faults, settled: Sequence[bool]) -> Ints:
    """Vertices round faces that stay as they are."""
    is_open = np.zeros(len(faults.faces.winding), dtype=bool)
    is_open[faults.numbers[~np.array(settled, dtype=bool)]] = True
    edges = is_open[faults.faces.left] | is_open[faults.faces.right]
    return np.union1d(faults.net.low[edges], faults.net.high[edges])

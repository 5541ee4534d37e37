"""Synthetic coverages: cells, their parent, and everything that is wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import Polygon

from tests.synthetic.between import faces_between
from tests.synthetic.damage import AMPLITUDES_M, ANYWHERE, AT_PARENT, CAUSES, Defect, damage, redraw
from tests.synthetic.mosaic import WIGGLE_OF_CHORD, Block, Mosaic, assemble, make_mosaic, outline

Condition = Literal["clean", "mid", "dirty"]

METRIC_CRS = "EPSG:4549"

_DAMAGED = 0.02
# Damaged cells stand apart, so only some of those along the border can be.
_MOST_AT_PARENT = 1 / 8


@dataclass(frozen=True, slots=True)
class Sample:
    """A synthetic coverage and the truth about it.

    Attributes
    ----------
    cells : ndarray of Polygon
    parent : Polygon
    defects : tuple of Defect
        Everything that is wrong, and nothing else; faces of overlaps have constant owners.
    crs : str
        Of all coordinates.
    step : float
        To which coordinates are rounded, in their unit; 0 where they are not. Faces are
        true to this much times their perimeter.
    """

    cells: NDArray[np.object_]
    parent: Polygon
    defects: tuple[Defect, ...] = ()
    crs: str = METRIC_CRS
    step: float = 0.0


def make(condition: Condition, *, cells: int = 1024, seed: int = 0, wiggle: float = WIGGLE_OF_CHORD) -> Sample:
    """Make one parent with about so many cells, a square number of them.

    Parameters
    ----------
    condition : {"clean", "mid", "dirty"}
        Nothing wrong; one cell in fifty; every border drawn twice.
    cells : int
        Nine or more.
    seed : int
    wiggle : float
        As in :class:`Block`.

    Returns
    -------
    Sample
        In metres. What lies on top of cells comes after them.
    """
    return make_block(condition, Block(seed, round(cells**0.5), wiggle=wiggle))


def make_town(condition: Condition, *, columns: int, rows: int, cells: int, seed: int = 0) -> Iterator[Sample]:
    """Make the parents of a town, row by row; neighbours share their border vertex by vertex.

    Parameters
    ----------
    condition : {"clean", "mid", "dirty"}
    columns, rows : int
        Parents.
    cells : int
        Cells of each parent, about.
    seed : int

    Yields
    ------
    Sample
        Its truth is that of its own parent: ground that its cells take beyond it is
        overshoot, whatever lies there.
    """
    side = round(cells**0.5)
    for row in range(rows):
        for column in range(columns):
            yield make_block(condition, Block(seed, side, columns, rows, column, row))


def make_block(condition: Condition, block: Block) -> Sample:
    """Make one parent of a town, the same in whatever process."""
    mosaic = make_mosaic(block)
    parent = outline(mosaic)
    rng = np.random.default_rng([block.seed, 0xD, block.column, block.row])
    if condition == "clean":
        return Sample(assemble(mosaic), parent)
    if condition == "mid":
        return _damaged(mosaic, parent, rng)
    return _redrawn(mosaic, parent, rng)


def _damaged(mosaic: Mosaic, parent: Polygon, rng: Generator) -> Sample:
    count = len(mosaic.sites)
    done = {cell: damage(mosaic, cell, cause, rng) for cell, cause in _choose(mosaic, rng)}
    shapes = assemble(mosaic, {side: line for each in done.values() for side, line in each.redrawn.items()})
    for cell, each in done.items():
        if each.hole is not None:
            shapes[cell] = Polygon(shapes[cell].exterior, [each.hole[::-1]])
    kept = np.ones(count, dtype=bool)
    kept[[cell for cell, each in done.items() if each.is_removed]] = False
    added = [shape for each in done.values() for shape in each.added]
    number = np.cumsum(kept) - 1
    defects: list[Defect] = []
    first_added = int(kept.sum())
    for each in done.values():
        defects += [_renumbered(face, number, first_added) for face in each.faces]
        first_added += len(each.added)
    return Sample(np.concatenate([shapes[kept], np.array(added, dtype=object)]), parent, tuple(defects))


def _renumbered(face: Defect, number: NDArray[np.int64], first_added: int) -> Defect:
    owners = (int(number[owner]) if owner >= 0 else first_added - owner - 1 for owner in face.owners)
    neighbours = tuple(int(number[neighbour]) for neighbour in face.neighbours)
    return replace(face, owners=tuple(sorted(owners)), neighbours=neighbours)


def _choose(mosaic: Mosaic, rng: Generator) -> list[tuple[int, str]]:
    """Cells to damage, and how; no two of them are neighbours or have one in common."""
    count = len(mosaic.sites)
    at_parent = np.zeros(count, dtype=bool)
    at_parent[np.repeat(np.arange(count), np.diff(mosaic.first_side))[mosaic.other < 0]] = True
    wanted = rng.permutation(np.resize(CAUSES, max(round(_DAMAGED * count), 1)))
    rare = [str(cause) for cause in wanted if cause in AT_PARENT][: max(int(at_parent.sum() * _MOST_AT_PARENT), 1)]
    common = [str(cause) for cause in wanted if cause not in AT_PARENT]
    common += ["gap"] * (len(wanted) - len(rare) - len(common))
    taken = np.zeros(count, dtype=bool)
    chosen: list[tuple[int, str]] = []
    for causes, order in ((rare, np.flatnonzero(at_parent)), (common, np.arange(count))):
        left = list(causes)
        for cell in rng.permutation(order):
            if not left:
                break
            around = [int(cell), *mosaic.neighbours(int(cell))]
            if taken[around].any():
                continue
            if at_parent[cell] and left[-1] not in AT_PARENT + ANYWHERE:
                continue
            taken[around] = True
            chosen.append((int(cell), left.pop()))
    return sorted(chosen)


def _redrawn(mosaic: Mosaic, parent: Polygon, rng: Generator) -> Sample:
    """Let one of the two cells of each border draw it once more."""
    sides = np.flatnonzero(~mosaic.short[mosaic.border])
    drawer = rng.permutation(sides)
    _, first = np.unique(mosaic.border[drawer], return_index=True)
    drawer = np.sort(drawer[first])
    border = mosaic.border[drawer]
    causes = rng.choice(list(AMPLITUDES_M), len(drawer))
    amplitude = np.array([AMPLITUDES_M[str(cause)] for cause in causes])
    drawn = redraw(mosaic.lines[border], mosaic.room[border], amplitude, rng)
    own = [line if forward else line[::-1] for line, forward in zip(drawn, mosaic.forward[drawer], strict=True)]
    found = faces_between(mosaic.lines[border], drawn)
    of_cell = np.repeat(np.arange(len(mosaic.sites)), np.diff(mosaic.first_side))
    cells, others = of_cell[drawer][found.row], mosaic.other[drawer][found.row]
    is_gap = found.is_left == mosaic.forward[drawer][found.row]
    defects = tuple(
        _face_of(str(cause), bool(gap), (int(cell), int(other)), (shape, float(area)))
        for cause, gap, cell, other, shape, area in zip(
            causes[found.row], is_gap, cells, others, found.shape, found.area, strict=True
        )
    )
    return Sample(assemble(mosaic, dict(zip(drawer.tolist(), own, strict=True))), parent, defects)


def _face_of(cause: str, is_gap: bool, beside: tuple[int, int], face: tuple[Polygon, float]) -> Defect:
    both = tuple(sorted(number for number in beside if number >= 0))
    if is_gap:
        return Defect(cause, "gap", face[0], (), both, face[1])
    return Defect(cause, "overlap" if len(both) == 2 else "overshoot", face[0], both, (), face[1])

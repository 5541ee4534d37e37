"""A jittered Voronoi mosaic: sites, nodes, and every border as one line that both sides share.

A town is a lattice of sites; a block of it is one parent. Sites draw their jitter from
their own row of the lattice, nodes and lines are computed from the sites alone, in an
order that does not depend on the block: two processes that make two neighbouring blocks
get the common border bit by bit.

The site of a cell and the two ends of a border span a triangle; the triangles of all
cells tile the plane. A line that runs forward along its chord and stays inside its own
two triangles can therefore never touch another one, whatever is drawn there.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay
from shapely import Polygon

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

SPACING_M = 100.0
SEGMENTS = 16
ORIGIN_M = (440_000.0, 4_420_000.0)

# Of the spacing; below it no site leaves the reach of its neighbours.
_JITTER = 0.35
# Rows of sites around a block that decide on its nodes.
_MARGIN = 5
# A border shorter than this is one straight segment.
_SHORT_M = 2.0
# How far a line may leave its chord: a share of the chord, and of the room in its triangles.
WIGGLE_OF_CHORD = 0.03
WIGGLE_OF_ROOM = 0.4


@dataclass(frozen=True, slots=True)
class Block:
    """One parent of a town of equal square blocks.

    Attributes
    ----------
    seed : int
        Of the town.
    side : int
        Cells along each side of a block.
    columns, rows : int
        Blocks of the town.
    column, row : int
        Of this block, from the south-west.
    wiggle : float
        How far lines may leave their chord, as a share of it. At 0.3 nine cells in ten
        are so ragged that their middle does not see all of them.
    """

    seed: int
    side: int
    columns: int = 1
    rows: int = 1
    column: int = 0
    row: int = 0
    wiggle: float = WIGGLE_OF_CHORD


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Cells of a block, by their sides.

    A *side* is what one cell sees of a border. The sides of a cell follow each other
    anticlockwise; ``first_side[c]`` to ``first_side[c + 1]`` are those of cell c.

    Attributes
    ----------
    sites : ndarray, shape (cells, 2)
        One point inside each cell, which sees the ends of all its borders.
    lines : ndarray, shape (borders, 17, 2)
        Vertices of each border, left of which its first cell lies.
    room : ndarray, shape (borders, 17)
        Height of the triangles over the chord at each vertex, metres.
    reach : ndarray, shape (borders,)
        Distance from the sites to the chord, metres.
    short : ndarray of bool, shape (borders,)
        Borders of which only the ends are used.
    first_side : ndarray, shape (cells + 1,)
    border, other : ndarray, shape (sides,)
        The border, and the cell beyond it (-1 outside the parent).
    forward : ndarray of bool, shape (sides,)
        Whether the cell lies left of the line.
    """

    sites: Floats
    lines: Floats
    room: Floats
    reach: Floats
    short: NDArray[np.bool_]
    first_side: Numbers
    border: Numbers
    other: Numbers
    forward: NDArray[np.bool_]

    def sides(self, cell: int) -> range:
        """The sides of a cell, anticlockwise."""
        return range(int(self.first_side[cell]), int(self.first_side[cell + 1]))

    def line(self, side: int) -> Floats:
        """Vertices of a side, both ends included, with the cell on the left."""
        vertices = self.lines[self.border[side]]
        if self.short[self.border[side]]:
            vertices = vertices[[0, -1]]
        return vertices if self.forward[side] else vertices[::-1]

    def neighbours(self, cell: int) -> tuple[int, ...]:
        """Cells of the block that share a border with a cell, ascending."""
        beyond = self.other[self.first_side[cell] : self.first_side[cell + 1]]
        return tuple(sorted({int(other) for other in beyond if other >= 0}))


def make_mosaic(block: Block) -> Mosaic:
    """Compute the cells of one block.

    Raises
    ------
    ValueError
        If the block is smaller than 3 by 3 cells.
    """
    if block.side < 3:
        raise ValueError("a block has at least 3 by 3 cells")
    sites, draws = _sites(block)
    width = block.side + 2 * _MARGIN
    number = np.full((width, width), -1)
    number[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN] = np.arange(block.side**2).reshape(block.side, block.side)
    number = number.ravel()
    left, right, start, end = _borders(sites, number >= 0)
    lines, room, reach, length = _lines(
        (sites[left], sites[right]), (start, end), (draws[left] + draws[right]) / 2, block.wiggle
    )
    cell = np.concatenate([number[left], number[right]])
    direction = np.concatenate([sites[right] - sites[left], sites[left] - sites[right]])
    # The sides of a cell stand in the order of their neighbours around its site.
    order = np.lexsort((np.arctan2(direction[:, 1], direction[:, 0]), cell))
    order = order[cell[order] >= 0]
    count = len(left)
    return Mosaic(
        sites=sites[number >= 0],
        lines=lines,
        room=room,
        reach=reach,
        short=length < _SHORT_M,
        first_side=np.searchsorted(cell[order], np.arange(block.side**2 + 1)),
        border=order % count,
        other=np.concatenate([number[right], number[left]])[order],
        forward=order < count,
    )


def assemble(mosaic: Mosaic, redrawn: dict[int, Floats] | None = None) -> NDArray[np.object_]:
    """Build the polygons of all cells.

    Parameters
    ----------
    mosaic : Mosaic
    redrawn : dict of side to ndarray of shape (n, 2), optional
        Sides that a cell draws in its own way, with the cell on the left.

    Returns
    -------
    ndarray of Polygon
    """
    sides = len(mosaic.border)
    step = np.where(mosaic.forward, 1, -1)
    first = mosaic.border * (SEGMENTS + 1) + np.where(mosaic.forward, 0, SEGMENTS)
    count = np.where(mosaic.short[mosaic.border], 1, SEGMENTS)
    points = mosaic.lines.reshape(-1, 2)
    if redrawn:
        own = np.fromiter(redrawn, dtype=np.int64)
        size = np.array([len(line) for line in redrawn.values()])
        first[own] = len(points) + np.cumsum(size) - size
        count[own] = size - 1
        step[own] = 1
        points = np.concatenate([points, *redrawn.values()])
    # Each side gives all its vertices but the last, which the next side begins with.
    begin = np.cumsum(count) - count
    of_side = np.repeat(np.arange(sides), count)
    vertex = first[of_side] + step[of_side] * (np.arange(count.sum()) - begin[of_side])
    cell = np.repeat(np.arange(len(mosaic.sites)), np.diff(mosaic.first_side))
    return np.asarray(shapely.polygons(shapely.linearrings(points[vertex], indices=cell[of_side])))


def outline(mosaic: Mosaic) -> Polygon:
    """The ring of borders around all cells, vertex by vertex.

    Raises
    ------
    ValueError
        If the cells are not one connected piece.
    """
    outer = np.flatnonzero(mosaic.other < 0)
    parts = {mosaic.line(side)[0].tobytes(): mosaic.line(side) for side in outer}
    at = first = mosaic.line(outer[0])[0].tobytes()
    ring: list[Floats] = []
    while not ring or at != first:
        ring.append(parts[at][:-1])
        at = parts[at][-1].tobytes()
    if len(ring) != len(outer):
        raise ValueError("the cells of this seed are not one piece; take another")
    return Polygon(np.concatenate(ring))


def _sites(block: Block) -> tuple[Floats, Floats]:
    """Sites of the block and its margin, row by row, and what each draws for its borders."""
    width = block.columns * block.side + 2 * _MARGIN
    west, south = block.column * block.side, block.row * block.side
    span = block.side + 2 * _MARGIN
    rows = [
        np.random.default_rng([block.seed, row]).uniform(-1, 1, (width, SEGMENTS + 1))[west : west + span]
        for row in range(south, south + span)
    ]
    draws = np.concatenate(rows)
    column, row = np.meshgrid(np.arange(west, west + span), np.arange(south, south + span))
    lattice = np.stack([column.ravel(), row.ravel()], axis=1) - float(_MARGIN)
    return (lattice + _JITTER * draws[:, :2]) * SPACING_M + ORIGIN_M, draws[:, 2:]


def _borders(sites: Floats, inside: NDArray[np.bool_]) -> tuple[Numbers, Numbers, Floats, Floats]:
    """Sites left and right of each border of an inner cell, and its two ends."""
    triangulation = Delaunay((sites - sites.mean(axis=0)) / SPACING_M)
    corners, beyond = triangulation.simplices.astype(np.int64), triangulation.neighbors
    # Sorted corners: the same node from whatever block it is computed.
    a, b, c = (sites[corner] for corner in np.sort(corners, axis=1).T)
    b, c = b - a, c - a
    b_square, c_square = b[:, 0] * b[:, 0] + b[:, 1] * b[:, 1], c[:, 0] * c[:, 0] + c[:, 1] * c[:, 1]
    twice = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    node_x = a[:, 0] + (c[:, 1] * b_square - b[:, 1] * c_square) / twice
    node_y = a[:, 1] + (b[:, 0] * c_square - c[:, 0] * b_square) / twice
    nodes = np.stack([node_x, node_y], axis=1)
    u, v = corners[:, [1, 2, 0]].ravel(), corners[:, [2, 0, 1]].ravel()
    across, own = beyond.ravel(), np.repeat(np.arange(len(corners)), 3)
    # Triangles are anticlockwise, so each border is met once with its lower site on the left.
    wanted = (u < v) & (inside[u] | inside[v]) & (across >= 0)
    order = np.flatnonzero(wanted)[np.lexsort((v[wanted], u[wanted]))]
    return u[order], v[order], nodes[across[order]], nodes[own[order]]


def _lines(
    beside: tuple[Floats, Floats], ends: tuple[Floats, Floats], wish: Floats, wiggle: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Vertices of borders, and what :class:`Mosaic` tells of their triangles; last, the length of the chords."""
    (left, right), (start, end) = beside, ends
    chord = end - start
    length = np.sqrt(chord[:, 0] * chord[:, 0] + chord[:, 1] * chord[:, 1])
    normal = np.stack([-chord[:, 1], chord[:, 0]], axis=1) / length[:, None]
    apart = right - left
    reach = np.sqrt(apart[:, 0] * apart[:, 0] + apart[:, 1] * apart[:, 1]) / 2
    to_site = left - start
    foot = (to_site[:, 0] * chord[:, 0] + to_site[:, 1] * chord[:, 1]) / (length * length)
    t = np.arange(SEGMENTS + 1) / SEGMENTS
    with np.errstate(divide="ignore"):
        rise = np.where(foot[:, None] > 0, t / foot[:, None], np.inf)
        fall = np.where(foot[:, None] < 1, (1 - t) / (1 - foot[:, None]), np.inf)
    room = reach[:, None] * np.minimum(rise, fall)
    offset = np.zeros_like(room)
    offset[:, 1:-1] = wish * np.minimum(wiggle * length[:, None], WIGGLE_OF_ROOM * room)[:, 1:-1]
    lines = start[:, None, :] + t[:, None] * chord[:, None, :] + offset[:, :, None] * normal[:, None, :]
    lines[:, -1] = end
    return lines, room, reach, length

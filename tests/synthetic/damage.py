"""What can be wrong around one cell, each with the exact faces that it makes.

Every function damages a cell in one way and touches nothing beyond its neighbours, so
cells whose neighbourhoods have nothing in common can be damaged apart. Faces come from
the vertices that are moved, not from an overlay; only the two squares over a node are
cut by the cells below them, in coordinates near zero, where nothing is lost.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import Point, Polygon, affinity

from tests.synthetic.between import faces_between
from tests.synthetic.mosaic import SEGMENTS, WIGGLE_OF_ROOM, Mosaic

Floats = NDArray[np.float64]
Kind = Literal["gap", "overlap", "overshoot", "mismatch"]

AMPLITUDES_M = {"redrawn_1cm": 0.01, "redrawn_10cm": 0.1, "redrawn_50cm": 0.5}
# Causes that need a border with the parent; all others but a deleted cell or a T junction need none near.
AT_PARENT = ("open_gap", "overshoot")
ANYWHERE = ("deleted", "t_junction")
CAUSES = ("gap", "overlap", *AMPLITUDES_M, *AT_PARENT, *ANYWHERE, "enclave", "hole", "triple", "corner")

# Of the room beside a line, which the line itself already uses WIGGLE_OF_ROOM of.
_MOVE_OF_ROOM = 0.5
# Segments of a redrawn border that get a vertex in their middle.
_SPLIT = np.array([2, 5, 8, 10, 13])


@dataclass(frozen=True, slots=True)
class Defect:
    """One face of ground, or one edge, that is wrong, and what is wrong with it.

    Attributes
    ----------
    cause : str
        What was done to the cells, one of ``CAUSES``.
    kind : {"gap", "overlap", "overshoot", "mismatch"}
    geometry : Polygon or Point
        The ground; for a mismatch the vertex that only one side has.
    owners : tuple of int
        Cells over it, ascending; empty for a gap. For a mismatch the cells of the edge.
    neighbours : tuple of int
        Cells along the border of a gap, ascending.
    area : float
        By construction, in the unit of the coordinates squared; 0 for a mismatch.
    """

    cause: str
    kind: Kind
    geometry: Polygon | Point
    owners: tuple[int, ...]
    neighbours: tuple[int, ...]
    area: float


@dataclass(frozen=True, slots=True)
class Damage:
    """What is done around one cell.

    Owners of faces are numbers of the mosaic; the first added cell is -1, the second -2.
    """

    faces: tuple[Defect, ...]
    redrawn: Mapping[int, Floats] = field(default_factory=dict)
    hole: Floats | None = None
    is_removed: bool = False
    added: tuple[Polygon, ...] = ()


def damage(mosaic: Mosaic, cell: int, cause: str, rng: Generator) -> Damage:
    """Damage one cell in one way.

    Parameters
    ----------
    mosaic : Mosaic
    cell : int
        A cell at the parent's border for the causes ``AT_PARENT``; a cell whose
        neighbours are all of the block for those that are not ``ANYWHERE``.
    cause : str
        One of ``CAUSES``.
    rng : numpy.random.Generator
    """
    if cause in ("gap", "overlap", *AT_PARENT):
        return _move(mosaic, cell, cause, rng)
    if cause in AMPLITUDES_M:
        return _redraw_one(mosaic, cell, cause, rng)
    make = {
        "deleted": _delete,
        "t_junction": _split,
        "enclave": _put_on_top,
        "hole": _punch,
        "triple": _put_two_over_a_node,
        "corner": _pull_in,
    }[cause]
    return make(mosaic, cell, rng)


def redraw(lines: Floats, room: Floats, amplitude: Floats, rng: Generator) -> Floats:
    """Draw borders once more, as a second hand would: near by, with other vertices.

    Parameters
    ----------
    lines : ndarray, shape (borders, 17, 2)
    room : ndarray, shape (borders, 17)
        As in :class:`Mosaic`.
    amplitude : ndarray, shape (borders,)
        How far a vertex may stray, metres; half of it at the least in the mean.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (borders, 22, 2)
        With the ends of the lines.
    """
    middle = (lines[:, _SPLIT] + lines[:, _SPLIT + 1]) / 2
    narrow = np.minimum(room[:, _SPLIT], room[:, _SPLIT + 1])
    order = np.argsort(np.concatenate([np.arange(SEGMENTS + 1), _SPLIT + 0.5]))
    points = np.concatenate([lines, middle], axis=1)[:, order]
    limit = np.minimum(amplitude[:, None], WIGGLE_OF_ROOM * np.concatenate([room, narrow], axis=1)[:, order])
    stray = limit * rng.uniform(0.2, 1.0, limit.shape) * rng.choice([-1.0, 1.0], limit.shape)
    stray[:, [0, -1]] = 0.0
    return points + stray[:, :, None] * _normal(lines)[:, None, :]


def _normal(lines: Floats) -> Floats:
    chord = lines[:, -1] - lines[:, 0]
    left = np.stack([-chord[:, 1], chord[:, 0]], axis=1)
    return left / np.sqrt((chord * chord).sum(axis=1))[:, None]


def _choose_side(mosaic: Mosaic, cell: int, rng: Generator, *, is_outer: bool) -> int:
    """One of the longer sides of a cell, with the parent's border or inside."""
    sides = [side for side in mosaic.sides(cell) if (mosaic.other[side] < 0) == is_outer]
    chords = [float(np.linalg.norm(mosaic.line(side)[-1] - mosaic.line(side)[0])) for side in sides]
    return int(rng.choice([side for side, chord in zip(sides, chords, strict=True) if chord >= max(chords) / 2]))


def _room(mosaic: Mosaic, side: int) -> Floats:
    room = mosaic.room[mosaic.border[side]]
    return room if mosaic.forward[side] else room[::-1]


def _faces_along(mosaic: Mosaic, cell: int, side: int, drawn: Floats, cause: str) -> tuple[Defect, ...]:
    """Faces between a border and what the cell on its left made of it."""
    other = int(mosaic.other[side])
    both = tuple(sorted(number for number in (cell, other) if number >= 0))
    found = faces_between(mosaic.line(side)[None], drawn[None])
    beyond: Kind = "overlap" if other >= 0 else "overshoot"
    return tuple(
        Defect(cause, "gap", shape, (), both, float(area))
        if is_left
        else Defect(cause, beyond, shape, both, (), float(area))
        for is_left, area, shape in zip(found.is_left, found.area, found.shape, strict=True)
    )


def _move(mosaic: Mosaic, cell: int, cause: str, rng: Generator) -> Damage:
    """Move a stretch of a border sideways by 1e-6 to 4 m, inward for a gap."""
    side = _choose_side(mosaic, cell, rng, is_outer=cause in AT_PARENT)
    line, room = mosaic.line(side), _room(mosaic, side)
    moved = slice(int(rng.integers(2, 5)), int(rng.integers(13, 16)))
    width = min(10 ** rng.uniform(-6, math.log10(4)), _MOVE_OF_ROOM * float(room[moved].min()))
    drawn = line.copy()
    drawn[moved] += (width if cause in ("gap", "open_gap") else -width) * _normal(line[None])
    return Damage(_faces_along(mosaic, cell, side, drawn, cause), redrawn={side: drawn})


def _redraw_one(mosaic: Mosaic, cell: int, cause: str, rng: Generator) -> Damage:
    side = _choose_side(mosaic, cell, rng, is_outer=False)
    drawn = redraw(mosaic.line(side)[None], _room(mosaic, side)[None], np.array([AMPLITUDES_M[cause]]), rng)[0]
    return Damage(_faces_along(mosaic, cell, side, drawn, cause), redrawn={side: drawn})


def _delete(mosaic: Mosaic, cell: int, rng: Generator) -> Damage:
    shape = _shell(mosaic, cell)
    return Damage((_gap("deleted", shape, mosaic.neighbours(cell)),), is_removed=True)


def _split(mosaic: Mosaic, cell: int, rng: Generator) -> Damage:
    """Give one side of a border a vertex that the other lacks; rounding puts it a last bit off the line."""
    sides = [side for side in mosaic.sides(cell) if not mosaic.short[mosaic.border[side]]]
    side = int(rng.choice(sides))
    line = mosaic.line(side)
    at = int(rng.integers(1, len(line)))
    share = rng.uniform(0.2, 0.8)
    vertex = line[at - 1] + share * (line[at] - line[at - 1])
    both = tuple(sorted(number for number in (cell, int(mosaic.other[side])) if number >= 0))
    mismatch = Defect("t_junction", "mismatch", Point(vertex), both, (), 0.0)
    return Damage((mismatch,), redrawn={side: np.insert(line, at, vertex, axis=0)})


def _put_on_top(mosaic: Mosaic, cell: int, rng: Generator) -> Damage:
    square = Polygon(_square(mosaic.sites[cell], _clear(mosaic, cell) * rng.uniform(0.3, 1.0), rng))
    return Damage((Defect("enclave", "overlap", square, (cell, -1), (), _area(square)),), added=(square,))


def _punch(mosaic: Mosaic, cell: int, rng: Generator) -> Damage:
    ring = _square(mosaic.sites[cell], _clear(mosaic, cell) * rng.uniform(0.3, 1.0), rng)
    return Damage((_gap("hole", Polygon(ring), (cell,)),), hole=ring)


def _pull_in(mosaic: Mosaic, cell: int, rng: Generator) -> Damage:
    """Pull one corner of a cell towards its site, less than the two segments at the corner reach."""
    sides = list(mosaic.sides(cell))
    at = int(rng.integers(len(sides)))
    before, after = mosaic.line(sides[at - 1]), mosaic.line(sides[at])
    node = after[0]
    inward = mosaic.sites[cell] - node
    inward /= np.linalg.norm(inward)
    pull = rng.uniform(0.5, 8.0)
    for toward in (before[0] - node, after[-1] - node):
        length = float(np.linalg.norm(toward))
        segments = 1 if length < 2 else SEGMENTS
        pull = min(pull, 0.8 * length / segments / max(abs(float(toward @ inward)) / length, 0.1))
    pulled = after.copy()
    pulled[0] = node + pull * inward
    shape = Polygon([before[-2], node, after[1], pulled[0]])
    beyond = tuple(sorted({int(mosaic.other[sides[at - 1]]), int(mosaic.other[sides[at]])} | {cell}))
    return Damage((_gap("corner", shape, beyond),), redrawn={sides[at]: pulled})


def _put_two_over_a_node(mosaic: Mosaic, cell: int, rng: Generator) -> Damage:
    """Draw two squares that overlap each other over a node of three cells."""
    node = mosaic.line(int(rng.choice(list(mosaic.sides(cell)))))[0]
    below = [cell, *mosaic.neighbours(cell)]
    shells = [_near(_shell(mosaic, number), node) for number in below]
    whole = shapely.union_all(shells)
    half = rng.uniform(3.0, 20.0)
    while True:
        squares = [Polygon(_square(half * rng.uniform(-0.4, 0.4, 2), half, rng)) for _ in range(2)]
        # Squares that reach beyond the neighbours could meet what is damaged there.
        if all(whole.contains(square) for square in squares):
            break
        half *= 0.7
    one, two = squares
    stacks = (
        ((-1,), one.difference(two)),
        ((-2,), two.difference(one)),
        ((-2, -1), one.intersection(two)),
    )
    faces = []
    for number, shell in zip(below, shells, strict=True):
        for on_top, stack in stacks:
            parts = shapely.get_parts(shapely.get_parts(shapely.intersection(shell, stack)))
            faces += [
                Defect("triple", "overlap", _away(part, node), (number, *on_top), (), _area(part))
                for part in parts
                if isinstance(part, Polygon) and part.area > 0
            ]
    return Damage(tuple(faces), added=tuple(_away(square, node) for square in squares))


def _near(shape: Polygon, origin: Floats) -> Polygon:
    """A shape as seen from a point near by; the differences are exact."""
    return affinity.translate(shape, -origin[0], -origin[1])


def _away(shape: Polygon, origin: Floats) -> Polygon:
    return affinity.translate(shape, origin[0], origin[1])


def _shell(mosaic: Mosaic, cell: int) -> Polygon:
    return Polygon(np.concatenate([mosaic.line(side)[:-1] for side in mosaic.sides(cell)]))


def _clear(mosaic: Mosaic, cell: int) -> float:
    """Radius around the site that no border of the cell enters."""
    own = slice(int(mosaic.first_side[cell]), int(mosaic.first_side[cell + 1]))
    return 0.9 * (1 - WIGGLE_OF_ROOM) * float(mosaic.reach[mosaic.border[own]].min())


def _square(centre: Floats, radius: float, rng: Generator) -> Floats:
    turn = rng.uniform(0, math.pi / 2)
    x, y = radius * math.cos(turn), radius * math.sin(turn)
    return np.array([[x, y], [-y, x], [-x, -y], [y, -x]]) + centre


def _gap(cause: str, shape: Polygon, neighbours: tuple[int, ...]) -> Defect:
    return Defect(cause, "gap", shape, (), neighbours, _area(shape))


def _area(shape: Polygon) -> float:
    """Area by the shoelace formula around the first vertex, where differences are exact."""
    x, y = (shapely.get_coordinates(shape) - shapely.get_coordinates(shape)[0]).T
    return abs(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())) / 2

"""Who gets each faulty face: candidates, rules, and what no rule may decide.

A gap goes to the cell with the longest border along it, an overlap to one of the cells
over it, ground outside the parent to nobody. Duplicates, cells inside other cells and
large faces are left to a person.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import shapely

from geo.faults import Faults
from geo.owners import sides
from geo.rings import Floats, Ints

Kind = Literal["gap", "overlap", "overshoot"]

NOBODY = -1
# Two areas that differ by less than this share are the same ground.
_SAME_AREA = 1e-9
# So many cells in one place were never drawn on purpose, and their pairs are too many to look at.
_MOST_OWNERS = 50


@dataclass(frozen=True, slots=True)
class RepairRules:
    """How a repair decides.

    Attributes
    ----------
    overlap_rule : {"rank", "share", "border"}
        Which of the cells over an overlap keeps it: the one that comes first; the one of
        whose ground the face is the larger share; the one with the longest border
        between the face and ground that only it covers.
    keep : tuple of int
        Named cells: the first of them that lies over an overlap keeps it.
    gap_to : int or None
        Named cell that takes every gap along its border.
    new_cell_min_area : float or None
        Gaps from this area on become cells of their own.
    max_auto_area : float
        Larger faces are left to a person; in the squared unit of the coordinates.
    contained : {"person", "keep"}
        A cell that lies inside another one: left to a person, or it keeps its ground and
        is cut out of the other.
    decisions : mapping of int to int
        A person's word: face number -> cell, or ``NOBODY`` for ground outside the parent.
    """

    overlap_rule: Literal["rank", "share", "border"] = "rank"
    keep: tuple[int, ...] = ()
    gap_to: int | None = None
    new_cell_min_area: float | None = None
    max_auto_area: float = math.inf
    contained: Literal["person", "keep"] = "person"
    decisions: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of one face.

    Attributes
    ----------
    kind : {"gap", "overlap", "overshoot"}
    area : float
    owners : tuple of int
        Cells over it.
    borders : mapping of int to float
        Cell -> length of the border between the face and ground that only this cell
        covers, or, of a gap, any border of the cell along it.
    """

    kind: Kind
    area: float
    owners: tuple[int, ...]
    borders: Mapping[int, float]

    def candidates(self) -> tuple[int, ...]:
        """Cells that can get it, the one with the longest border first, then the first one."""
        cells = self.borders if self.kind == "gap" else self.owners if self.kind == "overlap" else ()
        return tuple(sorted(cells, key=lambda cell: (-self.borders.get(cell, 0.0), cell)))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who gets a face, by which rule; for "person" the reason why no rule may say it."""

    winner: int | None
    rule: str
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a person has to decide."""
        return self.rule == "person"


def claims_of(faults: Faults, count: int, *, aspect: float = 1.0) -> tuple[Claim, ...]:
    """Read off the faces who could get them.

    Parameters
    ----------
    faults : Faults
    count : int
        How many cells there are.
    aspect : float
        Length of a unit of x in units of y; borders are told in units of y.

    Returns
    -------
    tuple of Claim
        One for each faulty face.
    """
    borders = _borders(faults, count, aspect)
    areas = shapely.area(faults.polygons)
    return tuple(
        Claim("gap" if not owners else "overlap" if inside else "overshoot", float(area), owners, along)
        for owners, inside, area, along in zip(faults.owners, faults.is_inside, areas, borders, strict=True)
    )


def _borders(faults: Faults, count: int, aspect: float) -> list[dict[int, float]]:
    """For each face the length of border with each cell's ground.

    Beyond an edge of a face lie the cells over the face, less those that end at the edge,
    and those that begin there: of ground in order one cell, which a sum of numbers names.
    """
    net, faces = faults.net, faults.faces
    edges = len(net.low)
    way = net.xy[net.high] - net.xy[net.low]
    length = np.hypot(way[:, 0] * aspect, way[:, 1])
    own = net.owner < count
    number = np.where(own, net.owner + 1, 0)
    # What crossing an edge from left to right adds to the sum of numbers.
    step = np.bincount(net.edge, -net.sign * number, minlength=edges).astype(np.int64)
    is_faulty = np.zeros(len(faces.winding), dtype=bool)
    is_faulty[faults.numbers] = True
    place = np.full(len(faces.winding), -1, dtype=np.int64)
    place[faults.numbers] = np.arange(len(faults.numbers))
    here = np.array([sum(owners) + len(owners) for owners in faults.owners], dtype=np.int64)
    rows: list[tuple[Ints, Ints, Floats]] = []
    for face, other, crossing in ((faces.left, faces.right, step), (faces.right, faces.left, -step)):
        along = np.flatnonzero((face != other) & is_faulty[face] & ~is_faulty[other])
        index = place[face[along]]
        rows.append((index, here[index] + crossing[along] - 1, length[along]))
    # A gap can have an overlap along it; whoever ends there may take the gap.
    _, (index, copy) = sides(net, faces, faults.numbers)
    beyond = np.where(net.sign[copy] > 0, faces.left[net.edge[copy]], faces.right[net.edge[copy]])
    ends = np.flatnonzero((faces.winding[faults.numbers][index] < 0) & own[copy] & is_faulty[beyond])
    rows.append((index[ends], net.owner[copy[ends]], length[net.edge[copy[ends]]]))
    return _summed(rows, len(faults.numbers), count)


def _summed(rows: list[tuple[Ints, Ints, Floats]], faces: int, count: int) -> list[dict[int, float]]:
    index, cell, length = (np.concatenate(column) for column in zip(*rows, strict=True))
    is_cell = (cell >= 0) & (cell < count)
    pair, inverse = np.unique(index[is_cell] * count + cell[is_cell], return_inverse=True)
    sums = np.bincount(inverse, length[is_cell], minlength=len(pair))
    borders: list[dict[int, float]] = [{} for _ in range(faces)]
    for face, owner, border in zip((pair // count).tolist(), (pair % count).tolist(), sums.tolist(), strict=True):
        borders[face][owner] = border
    return borders


def judge(claims: tuple[Claim, ...], areas: Floats, rules: RepairRules) -> list[Verdict]:
    """Decide every face by the rules, each for itself.

    Parameters
    ----------
    claims : tuple of Claim
    areas : ndarray of float
        Of the cells.
    rules : RepairRules

    Returns
    -------
    list of Verdict
        New cells go by the numbers behind the last one.
    """
    inside = _containments(claims, areas)
    verdicts = [_judged(number, claim, areas, inside, rules) for number, claim in enumerate(claims)]
    return numbered(verdicts, len(areas))


def numbered(verdicts: Sequence[Verdict], count: int) -> list[Verdict]:
    """The same with new cells numbered without a break, from the count of cells on."""
    fresh = itertools.count(count)
    return [replace(verdict, winner=next(fresh)) if verdict.rule == "new_cell" else verdict for verdict in verdicts]


def _judged(
    number: int, claim: Claim, areas: Floats, inside: Mapping[tuple[int, int], str], rules: RepairRules
) -> Verdict:
    if number in rules.decisions:
        winner = rules.decisions[number]
        return Verdict(None if winner == NOBODY else winner, "decision")
    # Why an overlap is for a person whatever its size says more than its size.
    verdict = _overlap(claim, areas, inside, rules) if claim.kind == "overlap" else None
    if verdict is not None and verdict.is_open:
        return verdict
    if claim.area > rules.max_auto_area:
        return Verdict(None, "person", "too_large")
    return verdict or (_gap(claim, rules) if claim.kind == "gap" else Verdict(None, "parent"))


def _gap(claim: Claim, rules: RepairRules) -> Verdict:
    if rules.new_cell_min_area is not None and claim.area >= rules.new_cell_min_area:
        return Verdict(None, "new_cell")
    if rules.gap_to is not None and rules.gap_to in claim.borders:
        return Verdict(rules.gap_to, "named")
    order = claim.candidates()
    return Verdict(order[0], "longest_border") if order else Verdict(None, "person", "no_neighbour")


def _overlap(claim: Claim, areas: Floats, inside: Mapping[tuple[int, int], str], rules: RepairRules) -> Verdict:
    if len(claim.owners) > _MOST_OWNERS:
        return Verdict(None, "person", "crowded")
    found = {inside[pair] for pair in _pairs(claim.owners) if pair in inside}
    if "duplicate" in found:
        return Verdict(None, "person", "duplicate")
    if "contained" in found:
        if rules.contained == "person":
            return Verdict(None, "person", "contained")
        # The innermost has nowhere else to go.
        return Verdict(min(claim.owners, key=lambda cell: (areas[cell], cell)), "contained")
    named = next((cell for cell in rules.keep if cell in claim.owners), None)
    if named is not None:
        return Verdict(named, "named")
    return Verdict(ordered(claim, areas, rules)[0], rules.overlap_rule)


def ordered(claim: Claim, areas: Floats, rules: RepairRules) -> tuple[int, ...]:
    """Candidates of a face in the order of the rule, the best first."""
    if claim.kind != "overlap" or rules.overlap_rule == "border":
        return claim.candidates()
    if rules.overlap_rule == "share":
        return tuple(sorted(claim.owners, key=lambda cell: (areas[cell], cell)))
    return tuple(sorted(claim.owners))


def _pairs(owners: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(one, other) for index, one in enumerate(owners) for other in owners[index + 1 :]]


def _containments(claims: tuple[Claim, ...], areas: Floats) -> dict[tuple[int, int], str]:
    """Pairs of cells of which one lies in the other, or that are the same ground."""
    shared: dict[tuple[int, int], float] = {}
    for claim in claims:
        for pair in _pairs(claim.owners) if len(claim.owners) <= _MOST_OWNERS else ():
            shared[pair] = shared.get(pair, 0.0) + claim.area
    found: dict[tuple[int, int], str] = {}
    for (one, other), area in shared.items():
        whole = [area >= areas[cell] * (1 - _SAME_AREA) for cell in (one, other)]
        if any(whole):
            found[one, other] = "duplicate" if all(whole) else "contained"
    return found

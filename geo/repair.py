"""Repair of a coverage: every face to one cell, every decision on record, the result proved.

Faces are read off the residual (:mod:`geo.faults`), rules say who gets each
(:mod:`geo.claims`), integer sums make the new boundaries (:mod:`geo.rebuild`). Decisions
that would empty a cell, part it or cut a building are taken back; what no rule may decide
is left to a person. A repair is proved when nothing is left over of its boundaries.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.claims import NOBODY, Claim, Kind, RepairRules, Verdict, claims_of, judge, numbered
from geo.errors import GeometryProblem
from geo.faults import faults_of
from geo.rebuild import FixedParent, Material, Rebuilt, material_of, rebuild
from geo.reconsider import Case, broken, cut_by_shifts, next_best, objections
from geo.residual import prove, require_valid
from geo.segments import as_shapes

__all__ = ["LogEntry", "Repair", "RepairRules", "repair"]

# Each round takes back what the one before broke; what the later rounds still break goes to a person.
_MAX_ROUNDS = 16


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What became of one face.

    Attributes
    ----------
    face : int
        Its number, by which a person's decision names it.
    kind : {"gap", "overlap", "overshoot"}
    geometry : Polygon
    area : float
        In the squared unit of the coordinates.
    owners : tuple of int
        Cells that were over it.
    candidates : tuple of (int, float)
        Cells that could get it, with the length of their border along it in units of y.
    rule : str
        "longest_border", "named", "new_cell", "rank", "share", "border", "contained",
        "parent" (outside it, taken from all), "next_best" (the first choice would do harm),
        "decision" (a person's), "person" (left to one).
    winner : int or None
        The only cell over it now; None for nobody, or where it is left to a person.
    reason : str
        Why it is left to a person: "duplicate", "contained", "crowded", "too_large",
        "would_empty", "would_split", "would_cut_building", "would_shift", "no_neighbour"; of
        the next best, what the first choice would have done.
    """

    face: int
    kind: Kind
    geometry: Polygon
    area: float
    owners: tuple[int, ...]
    candidates: tuple[tuple[int, float], ...]
    rule: str
    winner: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Repair:
    """A repaired coverage.

    Attributes
    ----------
    cells : tuple of Polygon or MultiPolygon
        In their order, new ones behind them; untouched ones are the same objects.
    parent : Polygon or MultiPolygon
        With vertices that it had to take in; the same object where it had to take none.
    changed : tuple of int
        Cells that differ, new ones included.
    log : tuple of LogEntry
        One for each face that was at fault.
    tolerance : float
        The one that was used; 0 where nothing had to be done.
    is_proved : bool
        Nothing is left over: the cells fill the parent exactly, edge for edge.
    open_faces : int
        Faces left to a person.
    shifts : tuple of LineString
        From where a border ended to the vertex of a fixed parent on which it ends now.
    cut : tuple of int
        Buildings that a shift would cut; with any, nothing is proved.
    broken : tuple of int
        Cells that would be empty, not valid or in more parts than they were, though no face
        is to blame: they are thinner there than the tolerance, or than a shift. With any,
        nothing is proved.
    """

    cells: tuple[Polygon | MultiPolygon, ...]
    parent: Polygon | MultiPolygon
    changed: tuple[int, ...] = ()
    log: tuple[LogEntry, ...] = ()
    tolerance: float = 0.0
    is_proved: bool = True
    open_faces: int = 0
    shifts: tuple[LineString, ...] = ()
    cut: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()


def repair(
    cells: Iterable[Polygon | MultiPolygon],
    parent: Polygon | MultiPolygon,
    *,
    tolerances: Sequence[float],
    rules: RepairRules | None = None,
    buildings: Iterable[BaseGeometry] = (),
    decimals: int | None = None,
    is_parent_fixed: bool = False,
    max_shift: float = math.inf,
    aspect: float = 1.0,
) -> Repair:
    """Close gaps and overlaps and cut off overshoot until the coverage is proved.

    Parameters
    ----------
    cells : iterable of Polygon or MultiPolygon
    parent : Polygon or MultiPolygon
        In the coordinates of the cells.
    tolerances : sequence of float
        What lies closer together is meant to be together; in the unit of the
        coordinates, ascending. The next one is tried where the one before gives no proof.
    rules : RepairRules, optional
    buildings : iterable of shapely geometry
        Those that lie in one cell are not cut.
    decimals : int, optional
        New vertices are rounded to so many, as stored coordinates are.
    is_parent_fixed : bool
        The parent gets no vertex: borders end on the nearest vertex that it has.
    max_shift : float
        What would have to go further for that is left to a person.
    aspect : float
        Length of a unit of x in units of y, such as the cosine of the latitude in degrees:
        the longest border is the longest on the ground.

    Returns
    -------
    Repair
        With the last tolerance where none gives a proof.

    Raises
    ------
    GeometryProblem
        If a cell or the parent is not valid, or a decision names a face or a cell that
        there is not, or ground outside the parent.
    """
    shapes = as_shapes(cells)
    require_valid(shapes, parent)
    rules = rules or RepairRules()
    standing = as_shapes(buildings)
    result: Repair | None = None
    for tolerance in tolerances:
        try:
            faults = faults_of(shapes, parent, tolerance=tolerance, decimals=decimals)
        except GeometryProblem:
            # What does not come to rest with one tolerance may do so with the next.
            if tolerance == tolerances[-1]:
                raise
            continue
        if faults is None:
            return Repair(tuple(shapes), parent)
        claims = claims_of(faults, len(shapes), aspect=aspect)
        _require_known(rules.decisions, claims, len(shapes))
        case = Case(shapes, faults, claims, rules, standing, shapely.area(shapes))
        fixed = FixedParent(max_shift, decimals) if is_parent_fixed else None
        result = replace(_repaired(case, parent, fixed), tolerance=tolerance)
        if result.is_proved or result.open_faces:
            break
    if result is None:
        raise ValueError("a repair needs at least one tolerance")
    return result


def _repaired(case: Case, parent: Polygon | MultiPolygon, fixed: FixedParent | None) -> Repair:
    verdicts = judge(case.claims, case.areas, case.rules)
    refused: dict[int, frozenset[int]] = {}
    concerned = {cell for claim in case.claims for cell in (*claim.owners, *claim.borders)}
    named = set(case.rules.decisions.values()) - {NOBODY}
    material = material_of(case.shapes, parent, case.faults, concerned | named)
    built = _built(material, verdicts, fixed)
    for attempt in range(_MAX_ROUNDS):
        harm = objections(case, built, verdicts, refused)
        if not harm:
            break
        for face, objection in harm.items():
            unfit = refused.get(face, frozenset()) | objection.unfit
            if objection.is_lasting:
                refused[face] = unfit
            # What does not come to rest is for a person.
            unfit = frozenset(case.claims[face].candidates()) if attempt >= _MAX_ROUNDS // 2 else unfit
            verdicts[face] = next_best(case, face, verdicts[face], unfit, objection.reason)
        verdicts = numbered(verdicts, len(case.shapes))
        built = _built(material, verdicts, fixed, previous=built)
    is_open = sum(verdict.is_open for verdict in verdicts)
    cut: tuple[int, ...] = ()
    if len(built.shifts.start) and len(case.buildings):
        cut = cut_by_shifts(case, built, _built(material, verdicts, None))
    lost = broken(case, built)
    return Repair(
        tuple(built.shapes),
        built.parent,
        tuple(built.changed.tolist()),
        tuple(_entry(case, number, verdict) for number, verdict in enumerate(verdicts)),
        is_proved=not is_open and not harm and not cut and not lost and _is_proved(built),
        open_faces=is_open,
        shifts=tuple(LineString(pair) for pair in zip(built.shifts.start, built.shifts.end, strict=True)),
        cut=cut,
        broken=lost,
    )


def _built(
    material: Material, verdicts: Sequence[Verdict], fixed: FixedParent | None, previous: Rebuilt | None = None
) -> Rebuilt:
    winners = [verdict.winner for verdict in verdicts]
    settled = [not verdict.is_open for verdict in verdicts]
    return rebuild(material, winners, settled, fixed=fixed, previous=previous)


def _is_proved(built: Rebuilt) -> bool:
    try:
        return prove(built.shapes, built.parent).is_exact
    except GeometryProblem:
        return False


def _entry(case: Case, number: int, verdict: Verdict) -> LogEntry:
    claim = case.claims[number]
    return LogEntry(
        number,
        claim.kind,
        case.faults.polygons[number],
        claim.area,
        claim.owners,
        tuple((cell, claim.borders.get(cell, 0.0)) for cell in claim.candidates()),
        verdict.rule,
        verdict.winner,
        verdict.reason,
    )


def _require_known(decisions: Mapping[int, int], claims: Sequence[Claim], count: int) -> None:
    for face, cell in decisions.items():
        if not 0 <= face < len(claims) or not NOBODY <= cell < count:
            raise GeometryProblem(
                f"决定中的面 {face} 或网格 {cell} 不存在。请用最新的修补记录重新填写。",
                f"There is no face {face} or no cell {cell} as the decision says. Fill in the newest log again.",
            )
        if (claims[face].kind == "overshoot") != (cell == NOBODY):
            raise GeometryProblem(
                f"决定中的面 {face}:区域之外的地只能裁去,区域之内的地须归一个网格。",
                f"Face {face}: ground outside the area can only be taken off, ground inside must go to a cell.",
            )

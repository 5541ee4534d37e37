"""What the rules decided, looked at again: no cell emptied, none parted, no building cut.

The rules look at one face at a time; what their decisions do together shows only in the
cells that come of them. A decision that does harm is refused, and the next candidate gets
the face; where all are refused, a person decides.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import Polygon

from geo.claims import Claim, RepairRules, Verdict, ordered
from geo.faults import Faults
from geo.rebuild import Rebuilt
from geo.rings import Floats, Shapes
from geo.segments import as_shapes

# A cell with less than this share of its ground is empty; what is left is rounding.
_NOTHING = 1e-9
# A building reaches into a cell with more than this share of its ground, or it only leans on the border.
_LEANS = 1e-6


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a decision on a face is taken back.

    Attributes
    ----------
    unfit : frozenset of int
        Cells that must not get the face.
    reason : str
        "would_empty", "would_split", "would_cut_building" or "would_shift".
    is_lasting : bool
        Whether the cells stay unfit whatever else is decided.
    """

    unfit: frozenset[int]
    reason: str
    is_lasting: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """All that decisions are made on.

    Attributes
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        The cells as they were.
    faults : Faults
    claims : tuple of Claim
        One for each faulty face.
    rules : RepairRules
    buildings : ndarray of shapely geometry
    areas : ndarray of float
        Area of each cell as it was.
    """

    shapes: Shapes
    faults: Faults
    claims: tuple[Claim, ...]
    rules: RepairRules
    buildings: Shapes
    areas: Floats


Refused = Mapping[int, frozenset[int]]


def objections(case: Case, built: Rebuilt, verdicts: Sequence[Verdict], refused: Refused) -> dict[int, Objection]:
    """Find decisions that do harm together.

    Parameters
    ----------
    case : Case
    built : Rebuilt
        What the verdicts make of the cells.
    verdicts : sequence of Verdict
    refused : mapping of int to frozenset of int
        Face -> cells that must not get it.

    Returns
    -------
    dict of int to Objection
        By face; a person may cut a building.
    """
    cut = _cut(case, built, verdicts)
    found = {
        **_parted(case, built, verdicts, refused),
        **{face: why for face, why in cut.items() if verdicts[face].rule != "decision"},
        **_emptied(case, built, verdicts),
        **_shifted(case, built),
    }
    return {face: why for face, why in found.items() if not verdicts[face].is_open}


def next_best(case: Case, face: int, verdict: Verdict, unfit: Collection[int], reason: str) -> Verdict:
    """The verdict on a face when some cells must not get it; a person's where none is left, or it was a person's."""
    left = [cell for cell in ordered(case.claims[face], case.areas, case.rules) if cell not in unfit]
    if not left or verdict.rule == "decision":
        return Verdict(None, "person", reason)
    return verdict if left[0] == verdict.winner else Verdict(left[0], "next_best", reason)


def _emptied(case: Case, built: Rebuilt, verdicts: Sequence[Verdict]) -> dict[int, Objection]:
    """Faces that were the last ground of a cell: a person decides, or the cell keeps them."""
    left = shapely.area(built.shapes[built.changed])
    was = np.array([case.areas[cell] if cell < len(case.areas) else 0.0 for cell in built.changed.tolist()])
    empty = set(built.changed[left <= was * _NOTHING].tolist())
    keeps = case.rules.contained == "keep"
    found: dict[int, Objection] = {}
    for face, (claim, verdict) in enumerate(zip(case.claims, verdicts, strict=True)) if empty else ():
        if empty.intersection(claim.owners) - {verdict.winner}:
            spared = empty if keeps and claim.kind == "overlap" else set()
            found[face] = Objection(frozenset(claim.owners) - spared, "would_empty", is_lasting=not keeps)
    return found


def _parted(case: Case, built: Rebuilt, verdicts: Sequence[Verdict], refused: Refused) -> dict[int, Objection]:
    """Faces whose loss parts a cell, or whose gain adds a part of its own."""
    before = np.ones(len(built.shapes), dtype=np.int64)
    before[: len(case.shapes)] = shapely.get_num_geometries(case.shapes)
    after = shapely.get_num_geometries(built.shapes)
    split = [int(cell) for cell in built.changed if after[cell] > before[cell]]
    found: dict[int, Objection] = {}
    if not split:
        return found
    lost, got = _exchanged(case.claims, verdicts)
    word = {face for face, verdict in enumerate(verdicts) if verdict.rule == "decision"}
    for cell in split:
        parts = shapely.get_parts(built.shapes[cell])
        touched = _parts_touched(parts, case.faults.polygons, lost.get(cell, []))
        between = [face for face, number in touched.items() if number > 1 and face not in word]
        fit = [f for f in between if case.claims[f].kind == "overlap" and cell not in refused.get(f, frozenset())]
        minor = np.delete(parts, int(np.argmax(shapely.area(parts))))
        added = [face for face in got.get(cell, ()) if _lies_in(case.faults.polygons[face], minor)]
        shed = [face for face in added if face not in word]
        if fit:
            # One face at a time: giving back more than is needed parts somebody else.
            best = max(fit, key=lambda face: (touched[face], -case.claims[face].area))
            found[best] = Objection(frozenset(case.claims[best].owners) - {cell}, "would_split")
        elif shed:
            found.update({face: Objection(frozenset({cell}), "would_split") for face in shed})
        else:
            # What else could change is a person's word.
            concerned = between or [face for face in (*added, *touched) if face in word]
            everybody = {face: frozenset(case.claims[face].candidates()) for face in concerned}
            found.update({face: Objection(cells, "would_split") for face, cells in everybody.items()})
    return found


def _parts_touched(parts: Shapes, polygons: Shapes, lost: Sequence[int]) -> dict[int, int]:
    """Parts of a cell that each lost face touches; where none touches two, those that it and its neighbours do."""
    numbers = np.array(lost, dtype=np.int64)
    touches = shapely.intersects(parts[None, :], polygons[numbers][:, None])
    if len(numbers) and touches.sum(axis=1).max() < 2:
        one, other = shapely.STRtree(polygons[numbers]).query(polygons[numbers], predicate="intersects")
        links = coo_array((np.ones(len(one)), (one, other)), shape=(len(numbers),) * 2)
        _, group = connected_components(links, directed=False)
        together = np.zeros((group.max() + 1, len(parts)), dtype=bool)
        np.logical_or.at(together, group, touches)
        touches = together[group]
    return dict(zip(lost, touches.sum(axis=1).tolist(), strict=True))


def _shifted(case: Case, built: Rebuilt) -> dict[int, Objection]:
    """Faces that end on a fixed parent where it has no vertex near enough."""
    points = shapely.points(built.shifts.far)
    _, face = shapely.STRtree(case.faults.polygons).query(points, predicate="intersects")
    return {
        number: Objection(frozenset(case.claims[number].candidates()), "would_shift")
        for number in np.unique(face).tolist()
    }


def cut_by_shifts(case: Case, built: Rebuilt, straight: Rebuilt) -> tuple[int, ...]:
    """Buildings that a border cuts only because its end has shifted.

    Parameters
    ----------
    case : Case
    built : Rebuilt
    straight : Rebuilt
        The same as if the parent had a vertex wherever borders end.

    Returns
    -------
    tuple of int
        Positions among the buildings.
    """
    moved = built.shapes[built.changed]
    asked = np.unique(shapely.STRtree(case.buildings).query(moved)[1])
    # What stands across the border of the area is cut by that.
    inside = np.asarray(shapely.intersection(case.buildings[asked], built.parent), dtype=object)
    return tuple(asked[_is_whole(straight.shapes, inside) & ~_is_whole(built.shapes, inside)].tolist())


def broken(case: Case, built: Rebuilt) -> tuple[int, ...]:
    """Cells that are empty, not valid or in more parts than before, whatever is decided.

    A neck thinner than the tolerance closes, a cell between two vertices of a fixed parent
    has nowhere to end.

    Parameters
    ----------
    case : Case
    built : Rebuilt

    Returns
    -------
    tuple of int
        Positions among the cells as they were.
    """
    cells = built.changed[built.changed < len(case.shapes)]
    now, was = built.shapes[cells], case.shapes[cells]
    wrong = (shapely.area(now) <= case.areas[cells] * _NOTHING) | ~shapely.is_valid(now)
    wrong |= shapely.get_num_geometries(now) > shapely.get_num_geometries(was)
    return tuple(cells[wrong].tolist())


def _lies_in(face: Polygon, parts: Shapes) -> bool:
    return bool(shapely.contains_properly(parts, shapely.point_on_surface(face)).any())


def _exchanged(
    claims: Sequence[Claim], verdicts: Sequence[Verdict]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Faces that each cell loses, and faces that it gets or keeps alone."""
    lost: dict[int, list[int]] = {}
    got: dict[int, list[int]] = {}
    for face, (claim, verdict) in enumerate(zip(claims, verdicts, strict=True)):
        if verdict.is_open:
            continue
        for cell in claim.owners:
            if cell != verdict.winner:
                lost.setdefault(cell, []).append(face)
        if verdict.winner is not None:
            got.setdefault(verdict.winner, []).append(face)
    return lost, got


def _cut(case: Case, built: Rebuilt, verdicts: Sequence[Verdict]) -> dict[int, Objection]:
    """Faces under a building that one cell holds no longer, though one did or could."""
    found: dict[int, Objection] = {}
    if not len(case.buildings):
        return found
    polygons = case.faults.polygons
    building, face = shapely.STRtree(polygons).query(case.buildings, predicate="intersects")
    # Ground outside the area goes to nobody, whatever stands on it.
    inside = case.faults.is_inside[face]
    building, face = building[inside], face[inside]
    shared = shapely.area(shapely.intersection(case.buildings[building], polygons[face]))
    counts = shared > _LEANS * shapely.area(case.buildings[building])
    under: dict[int, list[int]] = {}
    for one, number in zip(building[counts].tolist(), face[counts].tolist(), strict=True):
        under.setdefault(one, []).append(number)
    standing = as_shapes(case.buildings[one] for one in under)
    before, after = _is_whole(case.shapes, standing), _is_whole(built.shapes, standing)
    for one, was, stays in zip(under, before, after, strict=True):
        fit = _fit(case, one, under[one])
        if stays or not (was or fit):
            continue
        # All ground under it goes to one cell that then holds it whole.
        chosen = max(fit, key=lambda cell: (fit[cell], -cell), default=None)
        for number in under[one]:
            if verdicts[number].winner != chosen:
                unfit = frozenset(case.claims[number].candidates()) - {chosen}
                found[number] = Objection(unfit, "would_cut_building")
    return found


def _fit(case: Case, building: int, faces: Sequence[int]) -> dict[int, float]:
    """Cells that hold a building whole if they get all faces under it, with their border along those."""
    claims, shape = [case.claims[face] for face in faces], case.buildings[building]
    common = set.intersection(*(set(claim.candidates()) for claim in claims))
    gaps = case.faults.polygons[[face for face in faces if case.claims[face].kind == "gap"]]
    in_gaps = float(shapely.area(shapely.intersection(shape, gaps)).sum())
    return {
        cell: sum(claim.borders.get(cell, 0.0) for claim in claims)
        for cell in common
        if shapely.area(shapely.intersection(shape, case.shapes[cell])) + in_gaps >= shape.area * (1 - _LEANS)
    }


def _is_whole(shapes: Shapes, standing: Shapes) -> NDArray[np.bool_]:
    """Whether one cell holds each building whole."""
    result = np.zeros(len(standing), dtype=bool)
    # What is not valid holds nothing.
    usable = shapes.copy()
    usable[~shapely.is_valid(shapes)] = None
    building, cell = shapely.STRtree(usable).query(standing, predicate="intersects")
    whole = shapely.area(standing)[building]
    inside = shapely.area(shapely.intersection(standing[building], shapes[cell]))
    result[building[(inside >= whole * (1 - _LEANS))]] = True
    return result

"""What the rules decided, looked at again: no cell emptied, none parted, no building cut.

The rules look at one face at a time; what their decisions do together shows only in the
cells that come of them. A decision that does harm is refused, and the next candidate gets
the face; where all are refused, a person decides.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.claims import Claim, RepairRules, Verdict, ordered
from geo.faults import Faults
from geo.rebuild import Rebuilt
from geo.segments import Shapes, as_shapes

# A building reaches into a cell with more than this share of its ground, or it only leans on the border.
_LEANS = 1e-6


def reconsider(
    shapes: Shapes,
    built: Rebuilt,
    faults: Faults,
    claims: Sequence[Claim],
    verdicts: Sequence[Verdict],
    rules: RepairRules,
    buildings: Shapes,
    refused: dict[int, set[int]],
) -> list[Verdict] | None:
    """Take back decisions that do harm.

    Parameters
    ----------
    shapes : ndarray of Polygon or MultiPolygon
        The cells as they were.
    built : Rebuilt
        What the verdicts make of them.
    faults : Faults
    claims : sequence of Claim
    verdicts : sequence of Verdict
    rules : RepairRules
    buildings : ndarray of shapely geometry
    refused : dict of int to set of int
        Face -> cells that must not get it; grows.

    Returns
    -------
    list of Verdict or None
        None where no decision does harm.
    """
    harm = {
        **_parted(shapes, built, faults, claims, verdicts),
        **_cut(shapes, built, faults, claims, verdicts, buildings),
        **_emptied(built, claims, verdicts, rules),
    }
    harm = {face: why for face, why in harm.items() if verdicts[face].rule not in {"decision", "person"}}
    if not harm:
        return None
    areas = shapely.area(shapes)
    better = list(verdicts)
    for face, (unfit, reason) in harm.items():
        refused.setdefault(face, set()).update(unfit)
        left = [cell for cell in ordered(claims[face], areas, rules) if cell not in refused[face]]
        better[face] = Verdict(left[0], verdicts[face].rule) if left else Verdict(None, "person", reason)
    return better


Harm = dict[int, tuple[frozenset[int], str]]


def _emptied(built: Rebuilt, claims: Sequence[Claim], verdicts: Sequence[Verdict], rules: RepairRules) -> Harm:
    """Faces that were the last ground of a cell: a person decides, or the cell keeps them."""
    empty = {int(cell) for cell in built.changed if built.shapes[cell].is_empty}
    harm: Harm = {}
    for face, (claim, verdict) in enumerate(zip(claims, verdicts, strict=True)):
        lost = empty.intersection(claim.owners) - {verdict.winner}
        if lost:
            keeps = {min(lost)} if rules.contained == "keep" and claim.kind == "overlap" else set()
            harm[face] = (frozenset(claim.owners) - keeps, "would_empty")
    return harm


def _parted(
    shapes: Shapes, built: Rebuilt, faults: Faults, claims: Sequence[Claim], verdicts: Sequence[Verdict]
) -> Harm:
    """Faces whose loss parts a cell, or whose gain adds a part of its own."""
    harm: Harm = {}
    parts_before = np.zeros(len(built.shapes), dtype=np.int64)
    parts_before[: len(shapes)] = shapely.get_num_geometries(shapes)
    parts_after = shapely.get_num_geometries(built.shapes)
    # A new cell has had no parts and may have one.
    split = [int(cell) for cell in built.changed if parts_after[cell] > max(parts_before[cell], 1)]
    if not split:
        return harm
    lost, got = _exchanged(claims, verdicts)
    for cell in split:
        parts = shapely.get_parts(built.shapes[cell])
        between = [
            face for face in lost.get(cell, ()) if int(shapely.intersects(parts, faults.polygons[face]).sum()) > 1
        ]
        for face in between:
            others = frozenset(claims[face].owners) - {cell}
            harm[face] = (others, "would_split")
        if between:
            continue
        largest = int(np.argmax(shapely.area(parts)))
        rest = shapely.union_all(np.delete(parts, largest))
        for face in got.get(cell, ()):
            if shapely.contains_properly(rest, faults.polygons[face].representative_point()):
                harm[face] = (frozenset({cell}), "would_split")
    return harm


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


def _cut(
    shapes: Shapes,
    built: Rebuilt,
    faults: Faults,
    claims: Sequence[Claim],
    verdicts: Sequence[Verdict],
    buildings: Shapes,
) -> Harm:
    """Faces under a building that lay in one cell and no longer does."""
    harm: Harm = {}
    if not len(buildings) or not len(faults.polygons):
        return harm
    building, face = shapely.STRtree(faults.polygons).query(buildings, predicate="intersects")
    shared = shapely.area(shapely.intersection(buildings[building], faults.polygons[face]))
    counts = shared > _LEANS * shapely.area(buildings[building])
    under: dict[int, list[int]] = {}
    for one, number in zip(building[counts].tolist(), face[counts].tolist(), strict=True):
        under.setdefault(one, []).append(number)
    standing = as_shapes(buildings[one] for one in under)
    before = _homes(shapes, standing)
    after = _homes(built.shapes, standing)
    for (one, faces), old, new in zip(under.items(), before, after, strict=True):
        fit = _fit(buildings[one], faces, shapes, faults, claims)
        if new or not (old or fit):
            continue
        # All ground under it goes to one cell that then holds it whole.
        chosen = max(fit, key=lambda cell: (fit[cell], -cell), default=None)
        for number in faces:
            if verdicts[number].winner != chosen:
                unfit = frozenset(claims[number].candidates()) - {chosen}
                harm[number] = (unfit, "would_cut_building")
    return harm


def _fit(
    building: BaseGeometry, faces: Sequence[int], shapes: Shapes, faults: Faults, claims: Sequence[Claim]
) -> dict[int, float]:
    """Cells that hold a building whole if they get all faces under it, with their border along those."""
    common = set.intersection(*(set(claims[face].candidates()) for face in faces))
    gaps = faults.polygons[[face for face in faces if claims[face].kind == "gap"]]
    in_gaps = float(shapely.area(shapely.intersection(building, gaps)).sum())
    return {
        cell: sum(claims[face].borders.get(cell, 0.0) for face in faces)
        for cell in common
        if shapely.area(shapely.intersection(building, shapes[cell])) + in_gaps >= building.area * (1 - _LEANS)
    }


def _homes(shapes: Shapes, standing: Shapes) -> list[set[int]]:
    """Cells that hold each building whole."""
    homes: list[set[int]] = [set() for _ in standing]
    building, cell = shapely.STRtree(shapes).query(standing, predicate="intersects")
    whole = shapely.area(standing)[building]
    inside = shapely.area(shapely.intersection(standing[building], shapes[cell]))
    holds = np.where(whole > 0, inside >= whole * (1 - _LEANS), True)
    for one, number in zip(building[holds].tolist(), cell[holds].tolist(), strict=True):
        homes[one].add(number)
    return homes

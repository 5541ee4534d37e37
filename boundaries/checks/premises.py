"""Buildings and compounds: in no grid, in two, or cut by a border."""

from dataclasses import replace

from shapely.geometry.base import BaseGeometry

from boundaries.findings import Finding
from boundaries.ground import Ground, Placement


def check_buildings(ground: Ground) -> tuple[Finding, ...]:
    """Buildings in no grid, in an overlap of grids, or cut by a border; one finding a building."""
    found: list[Finding] = []
    for building, placement in zip(ground.snapshot.buildings, ground.buildings, strict=True):
        kind = _building_kind(ground, placement)
        if kind is not None and not _only_touches(ground, kind, building.shape):
            about = Finding(kind, premises=(f"building:{building.code}",), households=building.households or 0)
            found.append(_located(ground, about, building.shape, placement))
    return tuple(found)


def check_compounds(ground: Ground) -> tuple[Finding, ...]:
    """Compounds in no grid, in an overlap of grids, or split by a border; one finding a compound.

    A compound with more households than one grid may hold is expected to span
    several; it is split only where a border of their areas runs through it.
    """
    found: list[Finding] = []
    for index, (compound, placement) in enumerate(zip(ground.snapshot.compounds, ground.compounds, strict=True)):
        households = _households(ground, ground.buildings_of_compound.get(index, []))
        kind = _compound_kind(ground, placement, households)
        if kind is not None and not _only_touches(ground, kind, compound.polygon):
            about = Finding(kind, premises=(f"compound:{compound.code}",), households=households or 0)
            found.append(_located(ground, about, compound.polygon, placement))
    return tuple(found)


def _building_kind(ground: Ground, placement: Placement) -> str | None:
    if not placement.pieces:
        return "building_uncovered"
    if placement.is_doubled:
        return "building_doubled"
    largest = placement.pieces[0].area_m2
    if ground.is_significant(placement.area_m2 - largest, placement.area_m2):
        return "building_cut"
    return None


def _compound_kind(ground: Ground, placement: Placement, households: int | None) -> str | None:
    if placement.covered_m2 < ground.rules.covered_share * placement.area_m2 or not placement.pieces:
        return "compound_uncovered"
    if placement.is_doubled:
        return "compound_doubled"
    if len(placement.pieces) < 2:
        return None
    fits_one = households is not None and households <= ground.rules.max_households
    areas = {ground.tiles[piece.grid].area for piece in placement.pieces}
    return "compound_split" if fits_one or len(areas) > 1 else None


def _only_touches(ground: Ground, kind: str, shape: BaseGeometry) -> bool:
    """Whether premises in no grid belong to a neighbour: they reach the areas by their edge alone."""
    return kind.endswith("_uncovered") and ground.touches_parent(shape) and ground.area_at(shape) is None


def _located(ground: Ground, about: Finding, shape: BaseGeometry, placement: Placement) -> Finding:
    return replace(
        about,
        grids=tuple(sorted({ground.tiles[piece.grid].code for piece in placement.pieces})),
        parent=ground.area_at(shape),
        area_m2=placement.area_m2,
        geometry=shape,
    )


def _households(ground: Ground, buildings: list[int]) -> int | None:
    counts = [ground.snapshot.buildings[index].households for index in buildings]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None

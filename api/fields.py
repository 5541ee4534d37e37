"""The properties of a thing that a caller may see: the one field table decides, here only applied."""

from typing import Any

from boundaries.model import Area, MicroGrid, Part, PremisesKind
from boundaries.services.listing import Premises
from boundaries.tiers import Tier, visible_fields

LAYERS: dict[PremisesKind, str] = {"building": "buildings", "compound": "compounds", "shop": "shops"}


def area_fields(area: Area, tier: Tier) -> dict[str, Any]:
    """Properties of an area."""
    return _fields("areas", area, tier)


def grid_fields(grid: MicroGrid, tier: Tier) -> dict[str, Any]:
    """Properties of a micro-grid, with its parts."""
    found = {field: _grid_value(grid, field) for field in visible_fields("grids", tier)}
    return {**found, "parts": [part_fields(grid.code, part, tier) for part in grid.parts]}


def part_fields(grid: str, part: Part, tier: Tier) -> dict[str, Any]:
    """Properties of a part of a tower's micro-grid."""
    return {field: grid if field == "grid" else _plain(part, field) for field in visible_fields("parts", tier)}


def premises_fields(premises: Premises, tier: Tier) -> dict[str, Any]:
    """Properties of a building, compound or shop: ``kind`` says which, ``grid`` who has it."""
    fields = _fields(LAYERS[premises.kind], premises.value, tier)
    return {"kind": premises.kind, **fields, "grid": premises.grid}


def _fields(layer: str, thing: object, tier: Tier) -> dict[str, Any]:
    return {field: _plain(thing, field) for field in visible_fields(layer, tier)}


def _grid_value(grid: MicroGrid, field: str) -> Any:
    return grid.area if field == "parent" else _plain(grid, field)


def _plain(thing: object, field: str) -> Any:
    value = getattr(thing, field)
    return list(value) if isinstance(value, tuple) else value

"""Answers of a look-up as the caller may see them: the one field table decides, here only applied."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.fields import part_fields
from boundaries.lookup.addresses import FoundPremises
from boundaries.lookup.answer import Located, LocatedArea, LocatedGrid, NearBuilding, NearGrid
from boundaries.model import Person, Role
from boundaries.tiers import Tier, phone_for, visible_fields

Roles = Mapping[str, Role]

_TELLS_NOTHING_NEW = ("target",)


def located_fields(found: Located, tier: Tier, roles: Roles) -> dict[str, Any]:
    """An answer as a JSON object.

    Parameters
    ----------
    found : Located
    tier : Tier
        Of the caller.
    roles : mapping of str to Role
        To name what people do.

    Returns
    -------
    dict
        ``people``, ``near``, ``nearest`` and ``building`` only where they were asked for.
    """
    responsible = found.responsible
    told: dict[str, Any] = {
        "generation": found.generation,
        "micro_grid": None if found.micro_grid is None else grid_fields(found.micro_grid, tier, roles),
        "dedicated": [grid_fields(grid, tier, roles) for grid in found.dedicated],
        "responsible": None if responsible is None else {"code": responsible.code, "reason": responsible.reason},
        "areas": [_area_fields(area, tier, roles) for area in found.areas],
        "on_border": found.on_border,
        "in_gap": found.in_gap,
        "outside": found.outside,
    }
    if found.near is not None:
        told["near"] = [_near_fields(grid) for grid in found.near]
    if found.nearest is not None:
        told["nearest"] = _near_fields(found.nearest)
    if found.building is not None:
        told["building"] = building_fields(found.building, tier)
    return told


def grid_fields(grid: LocatedGrid, tier: Tier, roles: Roles) -> dict[str, Any]:
    """A grid with its parts, and the people in charge of each where they were asked for."""
    parts = []
    for part in grid.parts:
        told = part_fields(grid.code, part, tier)
        if grid.part_people is not None:
            told["people"] = _people(grid.part_people.get(part.code, ()), tier, roles)
        parts.append(told)
    fields: dict[str, Any] = {"code": grid.code, "name": grid.name, "kind": grid.kind, "parts": parts}
    if grid.people is not None:
        fields["people"] = _people(grid.people, tier, roles)
    return fields


def building_fields(near: NearBuilding, tier: Tier) -> dict[str, Any]:
    """The nearest building: what tells it from others, and last how far it is."""
    wanted = [field for field in ("code", "number") if field in visible_fields("buildings", tier)]
    told: dict[str, Any] = {field: getattr(near.building, field) for field in wanted}
    return {**told, "label": near.label, "distance_m": round(near.distance_m, 1)}


def premises_fields(found: FoundPremises, tier: Tier) -> dict[str, Any]:
    """Premises that an address or a code named."""
    layer = {"building": "buildings", "compound": "compounds", "shop": "shops"}[found.kind]
    told: dict[str, Any] = {"kind": found.kind, "label": found.label}
    if "code" in visible_fields(layer, tier):
        told["code"] = found.code
    return told


def _area_fields(area: LocatedArea, tier: Tier, roles: Roles) -> dict[str, Any]:
    fields: dict[str, Any] = {"code": area.code, "name": area.name, "level": area.level}
    if area.people is not None:
        fields["people"] = _people(area.people, tier, roles)
    return fields


def _near_fields(grid: NearGrid) -> dict[str, Any]:
    return {"code": grid.code, "name": grid.name, "distance_m": round(grid.distance_m, 1)}


def _people(people: Sequence[Person], tier: Tier, roles: Roles) -> list[dict[str, Any]]:
    return [_person(person, tier, roles) for person in people]


def _person(person: Person, tier: Tier, roles: Roles) -> dict[str, Any]:
    wanted = [field for field in visible_fields("people", tier) if field not in _TELLS_NOTHING_NEW]
    fields: dict[str, Any] = {field: getattr(person, field) for field in wanted}
    fields["phone"] = phone_for(tier, person.phone, is_published=person.phone_published)
    role = roles.get(person.role)
    fields["role_name"] = role.name_zh if role is not None else person.role
    return fields

"""Grids and parts that lack people: a liaison, their volunteers, another hand where the work is hard."""

from collections import Counter
from collections.abc import Collection

from boundaries.findings import Finding
from boundaries.ground import Ground
from boundaries.model import MicroGrid, Person
from boundaries.rules import Rules


def check_people(ground: Ground) -> tuple[Finding, ...]:
    """Grids without parts, and parts, that have no liaison today, or too few volunteers.

    Files without any people say nothing about who is in charge and give no finding;
    files without any volunteers say nothing about these.
    """
    snapshot, rules = ground.snapshot, ground.rules
    if not _tells_of_people(ground):
        return ()
    liaisons, volunteers = _counts(ground, rules.liaison_roles), _counts(ground, rules.volunteer_roles)
    wanted = rules.min_volunteers if volunteers or snapshot.is_stored else 0
    found: list[Finding] = []
    for grid in snapshot.grids:
        for code in _targets(grid):
            codes = tuple(sorted({grid.code, code}))
            if not liaisons[code]:
                found.append(Finding("nobody_in_charge", grids=codes, parent=grid.area, geometry=grid.polygon))
            if volunteers[code] < wanted:
                found.append(
                    Finding(
                        "volunteers_missing",
                        grids=codes,
                        parent=grid.area,
                        value=float(volunteers[code]),
                        limit=float(wanted),
                        geometry=grid.polygon,
                    )
                )
    return tuple(found)


def check_helpers(ground: Ground) -> tuple[Finding, ...]:
    """Grids that are hard to keep and have neither another liaison nor a full-time worker of their own.

    Hard are compounds without property management or of resettled people, and many rented homes.
    """
    if not _tells_of_people(ground):
        return ()
    liaisons, helpers = _counts(ground, ground.rules.liaison_roles), _counts(ground, ground.rules.helper_roles)
    hard = _hard_compounds(ground)
    found: list[Finding] = []
    for index, grid in enumerate(ground.tiles):
        targets = _targets(grid)
        share = _rented_share(ground, index)
        many_rented = share is not None and share >= ground.rules.rented_share
        is_helped = sum(liaisons[code] for code in targets) > len(targets) or any(
            helpers[code] for code in {grid.code, *targets}
        )
        if is_helped or not (many_rented or index in hard):
            continue
        found.append(
            Finding(
                "extra_hand_needed",
                grids=(grid.code,),
                premises=tuple(sorted(hard.get(index, ()))),
                parent=grid.area,
                value=share if many_rented else None,
                limit=ground.rules.rented_share if many_rented else None,
                geometry=grid.polygon,
                households=ground.households_of(ground.buildings_of.get(index, ())),
            )
        )
    return tuple(found)


def _tells_of_people(ground: Ground) -> bool:
    return bool(ground.snapshot.people) or ground.snapshot.is_stored


def _targets(grid: MicroGrid) -> list[str]:
    """What needs people of its own: each part, or the grid."""
    return [part.code for part in grid.parts] or [grid.code]


def _counts(ground: Ground, roles: Collection[str]) -> Counter[str]:
    """How many are in one of these roles today, by target."""
    rules = ground.rules
    return Counter(
        person.target for person in ground.snapshot.people if person.role in roles and _is_today(person, rules)
    )


def _is_today(person: Person, rules: Rules) -> bool:
    if rules.day is None:
        return True
    begun = person.since is None or person.since <= rules.day
    return begun and (person.until is None or rules.day <= person.until)


def _hard_compounds(ground: Ground) -> dict[int, list[str]]:
    """Compounds that are hard to keep, by the index of each tile grid that holds some of one."""
    found: dict[int, list[str]] = {}
    for compound, placement in zip(ground.snapshot.compounds, ground.compounds, strict=True):
        if compound.property_managed is False or compound.resettlement:
            for piece in placement.pieces:
                found.setdefault(piece.grid, []).append(f"compound:{compound.code}")
    return found


def _rented_share(ground: Ground, index: int) -> float | None:
    """Rented homes among the households of a grid, where both were counted."""
    buildings = [ground.snapshot.buildings[at] for at in ground.buildings_of.get(index, ())]
    counted = [(one.rented, one.households) for one in buildings if one.rented is not None and one.households]
    households = sum(number for _, number in counted)
    return round(sum(rented for rented, _ in counted) / households, 4) if households else None

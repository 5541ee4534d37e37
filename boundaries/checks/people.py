"""Grids and parts that nobody is in charge of."""

from boundaries.findings import Finding
from boundaries.ground import Ground
from boundaries.model import Person
from boundaries.rules import Rules


def check_people(ground: Ground) -> tuple[Finding, ...]:
    """Grids without parts, and parts, that have no liaison today.

    Files without any people say nothing about who is in charge and give no finding.
    """
    snapshot, rules = ground.snapshot, ground.rules
    if not snapshot.people and not snapshot.is_stored:
        return ()
    held = {person.target for person in snapshot.people if _is_in_charge(person, rules)}
    found: list[Finding] = []
    for grid in snapshot.grids:
        for code in [part.code for part in grid.parts] or [grid.code]:
            if code not in held:
                codes = tuple(sorted({grid.code, code}))
                found.append(Finding("nobody_in_charge", grids=codes, parent=grid.area, geometry=grid.polygon))
    return tuple(found)


def _is_in_charge(person: Person, rules: Rules) -> bool:
    if person.role not in rules.liaison_roles:
        return False
    if rules.day is None:
        return True
    begun = person.since is None or person.since <= rules.day
    return begun and (person.until is None or rules.day <= person.until)

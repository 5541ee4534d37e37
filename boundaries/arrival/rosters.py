"""Rows without a shape: parts of towers, and people in charge."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from boundaries.arrival.comparing import Comparison, carried, compared
from boundaries.arrival.places import codes_by_word
from boundaries.arrival.rows import Arrival, arrivals_of, refuse, require_distinct
from boundaries.exchange.rows import Parsed
from boundaries.model import Part, Person
from boundaries.snapshot import Snapshot

Rows = tuple[list[Arrival], Comparison, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _PartRow:
    """A part with its grid, as one row."""

    code: str
    grid: str
    name: str
    units: tuple[str, ...]
    floors: tuple[int, int] | None
    households: int | None


@dataclass(frozen=True, slots=True)
class _PersonRow:
    """A person's charge; its code is what tells it from others."""

    code: str
    name: str
    role: str
    target: str
    phone: str | None
    phone_published: bool
    standing: str | None
    since: date | None
    until: date | None


def place_parts(parsed: Sequence[Parsed[Any]], standing: Snapshot) -> Rows:
    """Parts beside those that stand.

    Parameters
    ----------
    parsed : sequence of Parsed of (str, Part)
    standing : Snapshot

    Returns
    -------
    list of Arrival
        Values as ``(grid, Part)``.
    Comparison
    tuple of int
        Empty.

    Raises
    ------
    RefusedRows
        If a grid is not known, or a code stands twice.
    """
    words = codes_by_word(standing.grids)
    base = {part.code: _part_row(grid.code, part) for grid in standing.grids for part in grid.parts}
    refused, rows = [], []
    for arrival in arrivals_of(parsed):
        named, part = arrival.value
        row = replace(arrival, value=_part_row(words.get(named, named), part))
        if named not in words:
            refused.append(
                row.refusal(
                    "grid",
                    named,
                    "没有这个微网格。请先导入网格,或改正编码;网格若在调整方案里,请加 --draft 编号",
                    "there is no such micro-grid. Load the grids first, or correct the code; "
                    "where they are in a draft, add --draft N",
                )
            )
        rows.append(row)
    refuse(refused)
    require_distinct(rows)
    rows = [carried("parts", row, base.get(row.value.code)) for row in rows]
    grids = {row.value.grid for row in rows}
    scope = {code for code, part in base.items() if part.grid in grids}
    done, comparison = compared("parts", rows, base, scope=scope)
    return [replace(row, value=_part(row.value), key=row.value.code) for row in done], comparison, ()


def _part_row(grid: str, part: Part) -> _PartRow:
    return _PartRow(part.code, grid, part.name, part.units, part.floors, part.households)


def _part(row: _PartRow) -> tuple[str, Part]:
    return row.grid, Part(0, row.code, row.name, row.units, row.floors, row.households)


def place_people(parsed: Sequence[Parsed[Any]], standing: Snapshot) -> Rows:
    """People in charge beside those that stand; told by target, role and name.

    Parameters
    ----------
    parsed : sequence of Parsed of Person
    standing : Snapshot

    Returns
    -------
    list of Arrival
        Values as :class:`~boundaries.model.Person`.
    Comparison
    tuple of int
        Numbers of the charges that are missing.

    Raises
    ------
    RefusedRows
        If a target is not known, or a charge stands twice.
    """
    parts = [part for grid in standing.grids for part in grid.parts]
    words = codes_by_word(standing.areas) | codes_by_word(parts) | codes_by_word(standing.grids)
    base = {row.code: row for row in map(_person_row, standing.people)}
    ids = {_person_row(person).code: person.id for person in standing.people}
    refused, rows = [], []
    for arrival in arrivals_of(parsed):
        named = arrival.value.target
        if named not in words:
            refused.append(
                arrival.refusal(
                    "target",
                    named,
                    "没有这个网格、分段或区域。请先导入网格,或改正编码;网格若在调整方案里,请加 --draft 编号",
                    "there is no such micro-grid, part or area. Load the grids first, or correct the code; "
                    "where they are in a draft, add --draft N",
                )
            )
            continue
        rows.append(replace(arrival, value=_person_row(replace(arrival.value, target=words[named]))))
    refuse(refused)
    require_distinct(rows, "name")
    rows = [_carried_person(row, base.get(row.value.code)) for row in rows]
    families = {(row.value.target, row.value.role) for row in rows}
    scope = {code for code, row in base.items() if (row.target, row.role) in families}
    done, comparison = compared("people", rows, base, scope=scope)
    people = [replace(row, value=_person(row.value), key=row.value.code) for row in done]
    return people, comparison, tuple(ids[code] for code in comparison.missing)


def _carried_person(row: Arrival, base: _PersonRow | None) -> Arrival:
    # Who stands in a column of a table of grids has name and role without columns of their own.
    return carried("people", row, base, given=("name", "role", "target"))


def _person_row(person: Person) -> _PersonRow:
    return _PersonRow(
        code=f"{person.target}/{person.role}/{person.name}",
        name=person.name,
        role=person.role,
        target=person.target,
        phone=person.phone,
        phone_published=person.phone_published,
        standing=person.standing,
        since=person.since,
        until=person.until,
    )


def _person(row: _PersonRow) -> Person:
    return Person(0, row.name, row.role, row.target, row.phone, row.phone_published, row.standing, row.since, row.until)

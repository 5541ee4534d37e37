"""Model values into a draft: references by code become permanent numbers here."""

from collections.abc import Sequence
from typing import Literal

from psycopg.types.json import Jsonb
from psycopg.types.range import Range
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from boundaries.errors import BadInput
from boundaries.model import Area, Assignment, Building, Compound, MicroGrid, Part, PremisesKind
from boundaries.store import tables
from boundaries.store.bulk import (
    registered_assignments,
    registered_ids,
    require_distinct,
    require_ids,
    to_database,
)
from boundaries.store.drafts import edit
from boundaries.store.merge import Written, merge, retire_ids
from boundaries.store.overlay import AREA, ASSIGNMENT, BUILDING, COMPOUND, GRID, PART, Moment, Thing, effective

StateKind = Literal["areas", "grids", "parts", "buildings", "compounds"]
_THINGS: dict[StateKind, Thing] = {
    "areas": AREA,
    "grids": GRID,
    "parts": PART,
    "buildings": BUILDING,
    "compounds": COMPOUND,
}
_NOUNS: dict[str, tuple[str, str]] = {
    "area": ("区域", "area"),
    "micro_grid": ("微网格", "micro-grid"),
    "part": ("分段", "part"),
    "building": ("楼栋", "building"),
    "compound": ("小区", "compound"),
    "shop": ("商铺", "shop"),
}


def put_areas(session: Session, draft_id: int, rows: Sequence[Area], *, source_id: int | None) -> Written:
    """Write areas into a draft, parents and children in any order.

    Parameters
    ----------
    draft_id : int
    rows : sequence of Area
        In storage coordinates; ``id`` is not looked at, the code says which area it is.
    source_id : int or None
        As :func:`boundaries.store.sources.add_source` gives it.

    Returns
    -------
    Written
        How many rows the draft took; what is as in the draft's base writes nothing.

    Raises
    ------
    BadInput
        If a code stands twice, a shape cannot be stored, a level or a parent is
        not known, or a parent does not stand above its child.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    moment = edit(session, draft_id)
    codes = [row.code for row in rows]
    require_distinct(codes, noun_zh="区域", noun_en="Areas")
    shapes = to_database([row.polygon for row in rows], codes, noun_zh="区域", noun_en="Areas")
    _require_rows(session, {row.level for row in rows}, "area_level")
    ids = registered_ids(session, AREA, codes)
    parents = _ids(session, AREA, [row.parent for row in rows])
    values = (
        (ids[row.code], row.name, row.level, parents[row.parent], shape)
        for row, shape in zip(rows, shapes, strict=True)
    )
    written = merge(session, AREA, moment, values, source_id=source_id)
    require_tree(session, moment)
    return written


def put_grids(session: Session, draft_id: int, rows: Sequence[MicroGrid], *, source_id: int | None) -> Written:
    """Write micro-grids, and the parts that they carry, into a draft.

    New codes are given ids and ranks in the order of ``rows``. Parts already there
    that a grid does not carry stay as they are; :func:`retire` takes them out.

    Parameters
    ----------
    draft_id : int
    rows : sequence of MicroGrid
        In storage coordinates; ``id``, ``rank`` and ``version`` are not looked at.
    source_id : int or None

    Returns
    -------
    Written
        Of the grids alone.

    Raises
    ------
    BadInput
        If a code stands twice, a shape cannot be stored, or a kind or an area is not known.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    moment = edit(session, draft_id)
    codes = [row.code for row in rows]
    require_distinct(codes, noun_zh="微网格", noun_en="Micro-grids")
    shapes = to_database([row.polygon for row in rows], codes, noun_zh="微网格", noun_en="Micro-grids")
    _require_rows(session, {row.kind for row in rows}, "grid_kind")
    areas = _ids(session, AREA, [row.area for row in rows])
    ids = registered_ids(session, GRID, codes)
    values = (
        (
            ids[row.code],
            row.code,
            row.name,
            row.honorary_name,
            row.kind,
            row.layer,
            row.street_group,
            areas[row.area],
            shape,
        )
        for row, shape in zip(rows, shapes, strict=True)
    )
    written = merge(session, GRID, moment, values, source_id=source_id)
    parts = [(row.code, part) for row in rows for part in row.parts]
    if parts:
        put_parts(session, draft_id, parts, source_id=source_id)
    return written


def put_parts(session: Session, draft_id: int, rows: Sequence[tuple[str, Part]], *, source_id: int | None) -> Written:
    """Write parts into a draft, each with the code of its micro-grid.

    Households of parts are a register: :func:`boundaries.store.registers.put_counts`.

    Raises
    ------
    BadInput
        If a code stands twice, a micro-grid is not known or retired, or a part names
        not exactly one of units and floors.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    moment = edit(session, draft_id)
    codes = [part.code for _, part in rows]
    require_distinct(codes, noun_zh="分段", noun_en="Parts")
    grids = _living_grids(session, moment, [grid for grid, _ in rows])
    ids = registered_ids(session, PART, codes)
    values = (
        (
            ids[part.code],
            grids[grid],
            part.name,
            list(part.units),
            Range(*part.floors, "[]") if part.floors is not None else None,
        )
        for grid, part in rows
    )
    return merge(session, PART, moment, values, source_id=source_id)


def put_compounds(session: Session, draft_id: int, rows: Sequence[Compound], *, source_id: int | None) -> Written:
    """Write compounds into a draft.

    Raises
    ------
    BadInput
        If a code stands twice or a shape cannot be stored.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    moment = edit(session, draft_id)
    codes = [row.code for row in rows]
    require_distinct(codes, noun_zh="小区", noun_en="Compounds")
    shapes = to_database([row.polygon for row in rows], codes, noun_zh="小区", noun_en="Compounds")
    ids = registered_ids(session, COMPOUND, codes)
    values = (
        (ids[row.code], row.name, row.property_managed, row.resettlement, shape)
        for row, shape in zip(rows, shapes, strict=True)
    )
    return merge(session, COMPOUND, moment, values, source_id=source_id)


def put_buildings(session: Session, draft_id: int, rows: Sequence[Building], *, source_id: int | None) -> Written:
    """Write buildings into a draft.

    Households, rented homes and garages are a register:
    :func:`boundaries.store.registers.put_counts`.

    Raises
    ------
    BadInput
        If a code stands twice, a shape cannot be stored, a compound is not known,
        or a count is negative.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    moment = edit(session, draft_id)
    codes = [row.code for row in rows]
    require_distinct(codes, noun_zh="楼栋", noun_en="Buildings")
    shapes = to_database([row.shape for row in rows], codes, noun_zh="楼栋", noun_en="Buildings")
    compounds = _ids(session, COMPOUND, [row.compound for row in rows])
    ids = registered_ids(session, BUILDING, codes)
    values = (
        (ids[row.code], row.number, compounds[row.compound], row.floors, row.entrances, row.dwellings, shape)
        for row, shape in zip(rows, shapes, strict=True)
    )
    return merge(session, BUILDING, moment, values, source_id=source_id)


def put_assignments(
    session: Session, draft_id: int, rows: Sequence[Assignment], *, actor: str, source_id: int | None = None
) -> Written:
    """Write accepted assignments into a draft, in place of those of the same premises.

    Parameters
    ----------
    draft_id : int
    rows : sequence of Assignment
        Those without a grid are left out.
    actor : str
        Who accepts those that do not say so themselves.
    source_id : int or None

    Raises
    ------
    BadInput
        If premises stand twice, premises or a grid are not known, or a grid is retired.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    moment = edit(session, draft_id)
    given = [row for row in rows if row.grid is not None]
    require_distinct(
        [f"{row.premises_kind}:{row.premises}" for row in given], noun_zh="楼栋小区商铺", noun_en="Premises"
    )
    grids = _living_grids(session, moment, [row.grid for row in given])
    ids = _assignment_ids(session, given)
    values = (
        (
            ids[row.premises_kind, row.premises],
            grids[row.grid],
            row.method,
            row.reason_zh,
            row.reason_en,
            Jsonb([{"grid": one.grid, "measure": one.measure, "value": one.value} for one in row.alternatives]),
            row.accepted_by or actor,
        )
        for row in given
    )
    return merge(session, ASSIGNMENT, moment, values, source_id=source_id)


def retire(session: Session, draft_id: int, kind: StateKind, codes: Sequence[str]) -> int:
    """Mark things as retired by a draft, with the parts and assignments that hang on them.

    Parameters
    ----------
    draft_id : int
    kind : {"areas", "grids", "parts", "buildings", "compounds"}
    codes : sequence of str

    Returns
    -------
    int
        How many of that kind were retired.

    Raises
    ------
    BadInput
        If a code was never given, or a retired area is still the parent of another.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    moment = edit(session, draft_id)
    thing = _THINGS[kind]
    numbers = [number for number in _ids(session, thing, codes).values() if number is not None]
    if thing is GRID:
        for hanging in (PART, ASSIGNMENT):
            retire_ids(session, hanging, moment, _hanging(session, hanging, moment, "micro_grid_id", numbers))
    if thing in (BUILDING, COMPOUND):
        identity = ASSIGNMENT.identity
        query = select(identity.c.id).where(identity.c[thing.key].in_(numbers))
        retire_ids(session, ASSIGNMENT, moment, list(session.execute(query).scalars()))
    count = retire_ids(session, thing, moment, numbers)
    if thing is AREA:
        require_tree(session, moment)
    return count


def _hanging(session: Session, thing: Thing, moment: Moment, column: str, numbers: Sequence[int]) -> list[int]:
    states = effective(thing, moment)
    return list(session.execute(select(states.c[thing.key]).where(states.c[column].in_(numbers))).scalars())


def _ids(session: Session, thing: Thing, codes: Sequence[str | None]) -> dict[str | None, int | None]:
    zh, en = _NOUNS[thing.name]
    return require_ids(session, thing, codes, noun_zh=zh, noun_en=en)


def _living_grids(session: Session, moment: Moment, codes: Sequence[str | None]) -> dict[str | None, int | None]:
    """Permanent numbers of grids that hold: what hangs on a retired one is seen by nobody."""
    found = _ids(session, GRID, codes)
    numbers = [number for number in found.values() if number is not None]
    states = effective(GRID, moment, name="states")
    query = select(states.c.micro_grid_id).where(states.c.micro_grid_id.in_(numbers))
    living = set(session.execute(query).scalars())
    gone = sorted(code for code, number in found.items() if code is not None and number not in living)
    if gone:
        raise BadInput(
            f"微网格 {'、'.join(gone[:5])} 在方案 {moment.draft} 中已撤销或还没有。请改用现有的网格。",
            f"Draft {moment.draft} has no micro-grid {', '.join(gone[:5])} (any more). Name one that it has.",
        )
    return found


def _assignment_ids(session: Session, rows: Sequence[Assignment]) -> dict[tuple[PremisesKind, str], int]:
    found: dict[tuple[PremisesKind, str], int] = {}
    kinds: tuple[tuple[PremisesKind, Thing], ...] = (("building", BUILDING), ("compound", COMPOUND))
    for kind, thing in kinds:
        ids = _ids(session, thing, [row.premises for row in rows if row.premises_kind == kind])
        found |= _registered(session, kind, ids)
    codes = {row.premises for row in rows if row.premises_kind == "shop"}
    shops = {row[0]: row[1] for row in session.execute(select(tables.shop.c.code, tables.shop.c.id))}
    missing = sorted(codes - shops.keys())
    if missing:
        raise BadInput(
            f"商铺不存在:{'、'.join(missing[:5])}。请先导入商铺。",
            f"There is no shop {', '.join(missing[:5])}. Load the shops first.",
        )
    return found | _registered(session, "shop", {code: shops[code] for code in codes})


def _registered(
    session: Session, kind: PremisesKind, ids: "dict[str | None, int | None] | dict[str, int]"
) -> dict[tuple[PremisesKind, str], int]:
    numbers = {code: number for code, number in ids.items() if code is not None and number is not None}
    given = registered_assignments(session, f"{kind}_id", list(numbers.values()))
    return {(kind, code): given[number] for code, number in numbers.items()}


def _require_rows(session: Session, wanted: set[str], table: Literal["area_level", "grid_kind"]) -> None:
    source = {"area_level": tables.area_level, "grid_kind": tables.grid_kind}[table]
    known = set(session.execute(select(source.c.code)).scalars())
    unknown = sorted(wanted - known)
    if unknown:
        noun_zh, noun_en = {"area_level": ("区域层级", "level"), "grid_kind": ("网格类型", "kind")}[table]
        raise BadInput(
            f"没有{noun_zh}“{unknown[0]}”。可用:{'、'.join(sorted(known))}。",
            f'There is no {noun_en} "{unknown[0]}". Known: {", ".join(sorted(known))}.',
        )


def require_tree(session: Session, moment: Moment) -> None:
    """Make sure that every area's parent lives and stands above its child, so that no circle can close.

    Raises
    ------
    BadInput
        If one does not.
    """
    child, parent = effective(AREA, moment, name="child"), effective(AREA, moment, name="parent")
    of_child, of_parent = tables.area_level.alias(), tables.area_level.alias()
    code, parent_code = tables.area.alias(), tables.area.alias()
    query = (
        select(code.c.code, parent_code.c.code, parent.c.id)
        .select_from(child)
        .join(code, code.c.id == child.c.area_id)
        .join(parent_code, parent_code.c.id == child.c.parent_id)
        .outerjoin(parent, parent.c.area_id == child.c.parent_id)
        .join(of_child, of_child.c.code == child.c.level)
        .outerjoin(of_parent, of_parent.c.code == parent.c.level)
        .where(func.coalesce(of_parent.c.depth >= of_child.c.depth, True))
        .limit(1)
    )
    wrong = session.execute(query).first()
    if wrong is not None:
        why_zh, why_en = ("已撤销", "is retired") if wrong[2] is None else ("层级不在其上", "does not stand above it")
        raise BadInput(
            f"区域 {wrong[0]} 的上级 {wrong[1]} {why_zh}。请改正层级或上级编码。",
            f"Area {wrong[0]} names the parent {wrong[1]}, which {why_en}. Correct the level or the parent's code.",
        )

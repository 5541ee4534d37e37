"""Load office files into the database: planned first, then written, all rows or none.

Areas, grids, parts, buildings and compounds land in a draft; shops, streets, water,
walls and people are live at once. A load is an update by key: it shows what is new,
changed and missing, deletes nothing, and dates what it closes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from boundaries.arrival.comparing import Change, Comparison
from boundaries.arrival.plan import Arriving, Placed, place
from boundaries.errors import BadInput, Conflict
from boundaries.exchange.headers import LAYERS, Synonyms
from boundaries.exchange.tables import Note, Table
from boundaries.exchange.wording import layer_name
from boundaries.lifecycle import Draft
from boundaries.model import Area, MicroGrid
from boundaries.services import drafting, journal, reading
from boundaries.services.editing import changing
from boundaries.store import people, registers, sources, states
from boundaries.store.drafts import add_draft, read_draft

DRAFTED: tuple[str, ...] = ("areas", "grids", "parts", "buildings", "compounds")
Missing = Literal["keep", "close"]


@dataclass(frozen=True)
class LoadPlan:
    """What a load would do; nothing is written yet.

    Attributes
    ----------
    layer : str
    files : tuple of str
    draft, revision : int or None
        The draft that it would land in, as it was read; None for a new one, or for a register.
    generation : int or None
        The generation that was read, on which a new draft must stand.
    groups : tuple of (str, tuple)
        File -> values to write, in storage coordinates.
    comparison : Comparison
        Codes that are new, changed, unchanged and missing.
    refined_areas, refined_grids : tuple
        Standing shapes that gain vertices of the new borders, and nothing else.
    missing_ids : tuple of int
        For people: numbers of the charges that are missing.
    notes : tuple of Note
        What was skipped, dropped or assumed on the way.
    """

    layer: str
    files: tuple[str, ...]
    draft: int | None
    revision: int | None
    groups: tuple[tuple[str, tuple[Any, ...]], ...]
    comparison: Comparison
    generation: int | None = None
    refined_areas: tuple[Area, ...] = ()
    refined_grids: tuple[MicroGrid, ...] = ()
    missing_ids: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class LoadReport:
    """What a load did.

    ``draft`` is the draft that it landed in, None for a register; ``changes`` are the
    fields that changed.
    """

    layer: str
    files: tuple[str, ...]
    draft: int | None
    new: int
    changed: int
    unchanged: int
    missing: int
    closed: int
    refined: int
    changes: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = ()


def plan_load(
    session: Session,
    layer: str,
    tables: Sequence[Table],
    *,
    today: date,
    draft: int | None = None,
    columns: Mapping[str, str] | None = None,
    synonyms: Synonyms | None = None,
    level: str | None = None,
) -> LoadPlan:
    """Work out what a load would do.

    Parameters
    ----------
    layer : str
        ``areas grids parts buildings compounds shops streets waters walls people``.
    tables : sequence of Table
        As :func:`boundaries.exchange.reading.read_table` gives them.
    today : date
        The day for which registers are read.
    draft : int, optional
        The draft to load into; by default a new one on the newest generation. For
        registers, the draft whose grids and areas count as standing; by default the
        newest generation's, and before the first those of the newest open draft.
    columns : mapping, optional
        Field -> header, given by hand.
    synonyms : mapping, optional
        An office's own headers.
    level : str, optional
        Level of all areas in files that have no such column.

    Returns
    -------
    LoadPlan

    Raises
    ------
    RefusedRows
        If any row cannot be loaded; each is listed.
    BadInput
        If a file lacks what the layer needs.
    CrsProblem
        If nobody said which system the coordinates are in.
    NotFound, Conflict
        If there is no such draft, or it is not open.
    """
    if layer not in LAYERS:
        raise BadInput(
            f"没有图层“{layer}”。可用:{'、'.join(LAYERS)}。",
            f'There is no layer "{layer}". Known: {", ".join(LAYERS)}.',
        )
    if layer not in DRAFTED:
        registers.wait_for_turn(session, layer)
    revision = read_draft(session, draft).revision if draft is not None else None
    standing = reading.snapshot(session, today=today, draft=draft or _newest_draft(session, layer))
    arriving = Arriving(layer, tuple(tables), columns or {}, synonyms, level)
    placed = place(arriving, standing)
    return LoadPlan(
        layer=layer,
        files=tuple(table.file for table in tables),
        draft=draft,
        revision=revision,
        groups=_groups(placed),
        comparison=placed.comparison,
        generation=standing.generation,
        refined_areas=placed.refined_areas,
        refined_grids=placed.refined_grids,
        missing_ids=placed.missing_ids,
        notes=placed.notes,
    )


def _newest_draft(session: Session, layer: str) -> int | None:
    """Before the first generation, the draft that a register is set beside."""
    if layer in DRAFTED or reading.current_generation(session) is not None:
        return None
    drafts = drafting.list_drafts(session, statuses=("open", "submitted", "approved"))
    return drafts[0].id if drafts else None


def _groups(placed: Placed) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """What is new or changed, by file."""
    files: dict[str, list[Any]] = {}
    for arrival in placed.to_write:
        files.setdefault(arrival.file, []).append(arrival.value)
    return tuple((file, tuple(values)) for file, values in files.items())


def apply_load(
    session: Session,
    plan: LoadPlan,
    *,
    actor: str,
    today: date,
    department: str | None = None,
    missing: Missing = "keep",
    now: datetime | None = None,
) -> LoadReport:
    """Write what was planned; the caller commits, or nothing stays.

    Parameters
    ----------
    plan : LoadPlan
        Made in the same transaction, or before.
    actor : str
        Who loads.
    today : date
        The day from which registers hold, and on which missing things are closed.
    department : str, optional
        Who keeps the data.
    missing : {"keep", "close"}
        What becomes of standing things that the files do not have.
    now : datetime, optional
        For the audit trail; by default the database's clock.

    Returns
    -------
    LoadReport

    Raises
    ------
    Conflict
        If the draft was edited, or a generation published, since the plan was made.
    BadInput
        If the database refuses a value.
    """
    if plan.draft is None and plan.layer in DRAFTED and _is_idle(plan, missing):
        return _report(plan, draft=None, closed=0)
    opened = _draft_for(session, plan, actor=actor, now=now) if plan.layer in DRAFTED else None
    draft = opened.id if opened is not None else None
    if draft is None:
        closed = _write(session, plan, None, actor=actor, today=today, department=department, missing=missing)
    else:
        with changing(session, draft, actor=actor, kind="load", now=now):
            closed = _write(session, plan, draft, actor=actor, today=today, department=department, missing=missing)
    report = _report(plan, draft=draft, closed=closed)
    # The trail is for one at a time: nobody waits for a long load, only for its end.
    if opened is not None and plan.draft is None:
        drafting.record_opening(session, opened, now=now)
    journal.record(
        session,
        actor=actor,
        action="load",
        subject=f"draft:{draft}" if draft is not None else plan.layer,
        detail={"layer": plan.layer, "files": list(plan.files), "new": report.new, "changed": report.changed}
        | {"unchanged": report.unchanged, "missing": report.missing, "closed": closed},
        now=now,
    )
    return report


def _write(
    session: Session,
    plan: LoadPlan,
    draft: int | None,
    *,
    actor: str,
    today: date,
    department: str | None,
    missing: Missing,
) -> int:
    """Write the rows; how many things were closed."""
    groups = plan.groups
    if plan.layer == "areas" and len(groups) > 1:
        # Parents and children may stand in different files, so they are written at once.
        files = "、".join(file for file, _ in groups)
        groups = ((files, tuple(value for _, values in groups for value in values)),)
    for file, values in groups:
        source = sources.add_source(session, department=department, file=file, actor=actor)
        _put(session, plan.layer, values, draft=draft, source_id=source, today=today)
    if draft is not None and (plan.refined_areas or plan.refined_grids):
        states.put_areas(session, draft, plan.refined_areas, source_id=None)
        states.put_grids(session, draft, [replace(grid, parts=()) for grid in plan.refined_grids], source_id=None)
    return _close(session, plan, draft=draft, today=today) if missing == "close" else 0


def _is_idle(plan: LoadPlan, missing: Missing) -> bool:
    """Whether nothing would be written: no draft is opened for that."""
    found = plan.comparison
    closes = missing == "close" and bool(found.missing)
    return not (found.new or found.changed or closes or plan.refined_areas or plan.refined_grids)


def _report(plan: LoadPlan, *, draft: int | None, closed: int) -> LoadReport:
    found = plan.comparison
    return LoadReport(
        layer=plan.layer,
        files=plan.files,
        draft=draft,
        new=len(found.new),
        changed=len(found.changed),
        unchanged=len(found.unchanged),
        missing=len(found.missing),
        closed=closed,
        refined=len(plan.refined_areas) + len(plan.refined_grids),
        changes=found.changes,
        notes=plan.notes,
    )


def _draft_for(session: Session, plan: LoadPlan, *, actor: str, now: datetime | None) -> Draft:
    if plan.draft is None:
        name = f"导入{layer_name(plan.layer, 'zh')} {'、'.join(plan.files)}"
        draft = add_draft(session, name=name[:200], area_id=None, actor=actor, now=now)
        if draft.base_generation != plan.generation:
            raise Conflict(
                f"在准备导入时,区划第 {draft.base_generation} 版刚刚发布。请重新导入一次。",
                f"Generation {draft.base_generation} was published while this load was being prepared. Load once more.",
            )
        return draft
    draft = read_draft(session, plan.draft, lock=True)
    if draft.revision != plan.revision:
        raise Conflict(
            f"调整方案 {draft.id} 在准备导入时被别人修改了。请重新导入一次。",
            f"Draft {draft.id} was edited while this load was being prepared. Load once more.",
        )
    return draft


def _put(
    session: Session, layer: str, values: tuple[Any, ...], *, draft: int | None, source_id: int, today: date
) -> None:
    if draft is not None:
        drafted: dict[str, Any] = {
            "areas": states.put_areas,
            "grids": states.put_grids,
            "parts": states.put_parts,
            "buildings": states.put_buildings,
            "compounds": states.put_compounds,
        }
        drafted[layer](session, draft, values, source_id=source_id)
        if layer in {"buildings", "parts"}:
            counted = [value[1] for value in values] if layer == "parts" else list(values)
            registers.put_counts(session, counted, source_id=source_id, today=today)
        return
    live: dict[str, Any] = {
        "shops": registers.put_shops,
        "streets": registers.put_streets,
        "waters": registers.put_waters,
        "walls": registers.put_walls,
        "people": people.put_people,
    }
    live[layer](session, values, source_id=source_id, today=today)


def _close(session: Session, plan: LoadPlan, *, draft: int | None, today: date) -> int:
    codes = plan.comparison.missing
    if not codes:
        return 0
    if plan.layer == "people":
        return people.close_people(session, plan.missing_ids, today)
    if draft is not None:
        drafted: Any = plan.layer  # one of DRAFTED, which are the kinds of states
        return states.retire(session, draft, drafted, codes)
    live: Any = plan.layer  # one of the registers
    return registers.close(session, live, codes, today)

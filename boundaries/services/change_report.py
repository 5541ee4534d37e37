"""What changed between two states, as the files that offices keep: layers for a map, the register, a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.orm import Session

from boundaries.errors import BadInput
from boundaries.exchange.change_layers import change_layers, delta_record, move_records
from boundaries.exchange.formats import geopackage_writer
from boundaries.exchange.placing import Write
from boundaries.exchange.register_sheet import Template, register_writer
from boundaries.register_of_changes import RegisterRow, register_rows
from boundaries.remarks import remarks
from boundaries.services.comparing import Changes
from boundaries.services.reading import snapshot
from boundaries.snapshot import Snapshot
from boundaries.store.overlay import Moment
from boundaries.tiers import Tier
from geo.errors import Language

SUFFIXES = (".gpkg", ".xlsx", ".json")


@dataclass(frozen=True, slots=True)
class Form:
    """How a report is wanted.

    Attributes
    ----------
    suffix : {".gpkg", ".xlsx", ".json"}
    tier : Tier
        Of who will see it.
    language : {"zh", "en"}
    today : date
        The day for which registers are read.
    template : Template or None
        Of the register; by default the one that is built in.
    """

    suffix: str
    tier: Tier
    language: Language
    today: date
    template: Template | None = None


def change_writer(session: Session, changes: Changes, form: Form) -> Write:
    """How a report of changes is written, for :func:`boundaries.exchange.placing.write_whole`.

    Everything is read before this returns.

    Raises
    ------
    BadInput
        If there is no such form.
    """
    if form.suffix == ".gpkg":
        return geopackage_writer(
            change_layers(
                changes.delta,
                changes.old,
                changes.new,
                changes.moves,
                crs=Snapshot.stored_crs(),
                tier=form.tier,
                language=form.language,
            )
        )
    if form.suffix == ".json":
        text = orjson.dumps(change_record(changes, form.tier), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        return lambda place: _write_bytes(place, text)
    if form.suffix == ".xlsx":
        rows = change_register(session, changes, form)
        return register_writer(rows, title=title_of(changes, form.language), template=form.template)
    raise BadInput(
        f"变更对照不写成 {form.suffix or '没有后缀'} 的文件。可用:{' '.join(SUFFIXES)}。",
        f"A comparison is not written as {form.suffix or 'a file without suffix'}. Use one of {' '.join(SUFFIXES)}.",
    )


def change_record(changes: Changes, tier: Tier) -> dict[str, Any]:
    """Changes as one object for programs; ``docs/contracts.md`` lists its keys."""
    return {
        "from": _name(changes.moment_old),
        "to": _name(changes.moment_new),
        **delta_record(changes.delta),
        "moved": move_records(changes.moves, tier),
    }


def change_register(session: Session, changes: Changes, form: Form) -> tuple[RegisterRow, ...]:
    """The register of the grids that changed: as they are now, and those that are no more as they were."""
    metric = changes.metric.plane
    now = _plan(session, changes.moment_new, form.today, metric)
    names = {kind.code: kind.name_zh if form.language == "zh" else kind.name_en for kind in now.kinds}
    names |= {area.code: area.name for area in now.areas}
    said = remarks(changes.delta, changes.old, changes.new, changes.moves, names=names, language=form.language)
    retired = set(changes.delta.grids.retired)
    options: Mapping[str, Any] = {"remarks": said, "tier": form.tier, "language": form.language}
    rows = register_rows(now, codes=said.keys() - retired, **options)
    if retired:
        was = _plan(session, changes.moment_old, changes.day_old, metric)
        rows += register_rows(was, codes=retired, **options)
    return tuple(sorted(rows, key=lambda row: (row.area_code, row.code)))


def title_of(changes: Changes, language: Language) -> str:
    """What people call the register of these changes."""
    old, new = (_title(moment, language) for moment in (changes.moment_old, changes.moment_new))
    return f"微网格调整登记表({old} → {new})" if language == "zh" else f"Register of changes ({old} to {new})"


def _plan(session: Session, moment: Moment, today: date, metric_plane: str) -> Snapshot:
    generation = moment.generation if moment.draft is None else None
    return snapshot(session, today=today, generation=generation, draft=moment.draft, metric_plane=metric_plane)


def _name(moment: Moment) -> int | str | None:
    return moment.generation if moment.draft is None else f"draft:{moment.draft}"


def _title(moment: Moment, language: Language) -> str:
    return Snapshot(Snapshot.stored_crs(), generation=moment.generation, draft=moment.draft).title(language)


def _write_bytes(place: Path, data: bytes) -> None:
    place.write_bytes(data)

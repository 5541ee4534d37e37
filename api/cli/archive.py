"""``archive``: one folder that says all of a generation and opens in ten years."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from api.cli import context
from api.cli.certificate import SERVICE
from api.cli.context import AsName, GenerationNumber, OutputFormat
from api.cli.diff import TierName
from api.cli.export import tier_of
from api.cli.output import emit, note, progress
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.model import Area
    from boundaries.services.archiving import Draw, Order
    from boundaries.snapshot import Snapshot


def archive(
    year: Annotated[
        int | None, typer.Argument(metavar="[YEAR]", min=1949, max=9999, help="年度,取年底的版本 / as at its end")
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="新的文件夹 / a new folder")],
    generation: GenerationNumber = None,
    since: Annotated[
        int | None, typer.Option("--since", metavar="N", min=1, help="与哪一版对照 / tell what changed since")
    ] = None,
    tier: TierName = "internal",
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Write all of a generation: layers, register, sheets, certificate, what changed, digests of all.

    Raises
    ------
    BadInput
        If neither a year nor a generation is named or both are, or the folder cannot be used.
    NotFound
        If there is no such generation.
    """
    from boundaries.services import journal
    from boundaries.services.archiving import write_archive
    from boundaries.store.engine import reading, writing

    if (year is None) == (generation is None):
        raise BadInput(
            "请给出年度(archive 2026)或版本号(--generation N),只给一个。",
            "Give a year (archive 2026) or a generation (--generation N), one of them.",
        )
    actor, engine = context.actor(as_), context.engine()
    order = _order(year, generation, since, tier)
    # Who took it is on record before it is out.
    with writing(engine) as session:
        detail = {"tier": order.tier, "folder": out.name, "since": order.since, "day": order.day.isoformat()}
        journal.record(
            session,
            actor=actor,
            action="generation.archive",
            subject=f"generation:{order.generation}",
            detail=detail,
            now=context.now(),
        )
    zh = context.language() == "zh"
    with progress("归档" if zh else "archiving") as advance, reading(engine) as session:
        made = write_archive(session, out, order, draw=_drawing(order.day), advance=advance)
    if made.left_out:
        names = "、".join(made.left_out)
        note(
            f"未收录 {names}:范围超过 25 平方公里,与网格一起属于受限级别。需要时用 --tier restricted。"
            if zh
            else f"Left out {names}: over more than 25 km² they are restricted together with grids (--tier restricted)."
        )
    record = {"folder": str(out), "generation": order.generation, "since": order.since, "files": len(made.files)}
    emit(record, format=format, label=context.label)


def _order(year: int | None, generation: int | None, since: int | None, tier: str) -> "Order":
    from boundaries.services.archiving import Order, year_moments
    from boundaries.services.reading import get_generation, list_generations
    from boundaries.store.engine import reading

    settings, day = context.settings(), context.today()
    zone = ZoneInfo(settings.timezone)
    with reading(context.engine()) as session:
        if generation is not None:
            number = get_generation(session, generation).number
            before = number - 1 or None
        else:
            days = {one.number: one.published_at.astimezone(zone).date() for one in list_generations(session)}
            number, before = year_moments(days, year or 0)
            day = min(day, date(year or 0, 12, 31))
        if since is not None:
            before = get_generation(session, since).number
    return Order(number, before, day, tier_of(tier), SERVICE, settings.timezone, settings.metric_crs)


def _drawing(day: date) -> "Draw":
    from maps.sheet import SheetSpec, sheet

    def draw(plan: "Snapshot", area: "Area") -> bytes:
        return sheet(plan, SheetSpec(date=day, area=area.code)).data

    return draw

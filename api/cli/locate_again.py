"""``locate FILE --since N``: a former result, asked again where the plan has changed since."""

from api.cli import context
from api.cli.locate_points import PointsFile, in_words, note_written, read_table, require_out
from api.cli.progress import phase
from api.cli.sources import Files
from boundaries.errors import BadInput
from boundaries.lookup.answer import Purpose

_FORMER = ("micro_grid", "area", "on_border", "in_gap")


def locate_again(points: PointsFile, *, since: int, generation: int | None, for_: Purpose | None) -> None:
    """Bring a former result up to a later generation; rows on unchanged ground stay as they are.

    Parameters
    ----------
    points : PointsFile
        A result of ``locate``.
    since : int
        The generation that answered then.
    generation : int or None
        By default the newest.
    for_ : {"household", "shop"}, optional
        Needed where the result has a column ``responsible``.

    Raises
    ------
    BadInput
        If the file is no result, or what it is about is not said.
    NotFound
        If there is no such generation.
    """
    from dataclasses import replace

    from boundaries.exchange.point_tables import coordinates_of
    from boundaries.exchange.point_writing import write_points
    from boundaries.services.comparing import changes_between
    from boundaries.services.file_lookup import plan_of_generation
    from boundaries.services.reading import current_generation
    from boundaries.services.renewed_lookup import renew
    from boundaries.store.engine import reading
    from geo.crs import parse_crs

    require_out(points, Files())
    table = read_table(points)
    _require_former(table.file, table.columns, for_)
    system = table.crs or parse_crs(None)
    xy = coordinates_of(table, points.named).xy
    with phase(in_words("查询", "looking up")):
        with reading(context.engine()) as session:
            newest = generation or current_generation(session) or since
            ground = changes_between(session, since, newest).ground
            plan = plan_of_generation(session, newest)
        found = renew(table, xy, system, plan=plan, ground=ground, for_=for_)
    with phase(in_words("写出", "writing")):
        write_points(points.out, replace(table, data=found.data), {}, xy)
    zh = f"第 {since} 版到第 {newest} 版:{len(table)} 行中重查 {found.asked} 行,{found.changed} 行的答案变了"
    en = (
        f"Generation {since} to {newest}: of {len(table)} rows {found.asked} were asked again, "
        f"{found.changed} have another answer"
    )
    note_written(points, zh, en)


def _require_former(file: str, columns: tuple[str, ...], for_: Purpose | None) -> None:
    missing = [name for name in (*_FORMER, *(["responsible"] if for_ else [])) if name not in columns]
    if missing:
        raise BadInput(
            f"{file} 没有“{missing[0]}”列,不是 locate 的结果。--since 只更新以前的结果,请去掉 --since 重查。",
            f'{file} has no column "{missing[0]}" and is no result of locate. --since brings a former result up to '
            "date: leave it out to look everything up.",
        )
    if "responsible" in columns and for_ is None:
        raise BadInput(
            f"{file} 有“responsible”列。请写明当时的 --for household 或 --for shop。",
            f'{file} has a column "responsible". Say what it was for: --for household or --for shop.',
        )

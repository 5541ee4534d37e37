"""``roster pay``, ``roster rate`` and ``roster factor``: what those in charge are paid."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AsName, OutputFormat
from api.cli.output import emit, note, progress, write_json
from api.cli.roster_given import act_of, day_of
from boundaries.errors import BadInput
from boundaries.pay import ISSUES

if TYPE_CHECKING:
    from boundaries.quarters import Days
    from boundaries.services.pay import PaySheet

_SHOWN = 20

app = typer.Typer(add_completion=False)
rate = typer.Typer(add_completion=False, no_args_is_help=True)
factor = typer.Typer(add_completion=False, no_args_is_help=True)
app.add_typer(rate, name="rate", help="每户每年的标准 / yearly rates of a unit")
app.add_typer(factor, name="factor", help="一家商铺折合几户 / units of a shop, by kind of grid")

FromDay = Annotated[
    str | None, typer.Option("--on", metavar="DAY", help="从哪天起,默认今天 / from which day, default today")
]


@app.command(help="按季度核算报酬,写成财务可复算的 XLSX / pay of a quarter, as a workbook finance can work out again")
def pay(
    quarter: Annotated[str, typer.Option("--quarter", metavar="2026Q1", help="季度 / quarter")],
    *,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.xlsx", help="写入的文件 / file to write")] = None,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Work out the pay of a quarter.

    Raises
    ------
    BadInput
        If the quarter or the file name is not understood.
    NotFound
        If nothing is published yet.
    """
    from boundaries.exchange.pay_sheet import write_pay_sheet
    from boundaries.quarters import Quarter
    from boundaries.services.pay import record_pay, work_out
    from boundaries.store.engine import reading, writing

    wanted = Quarter.parse(quarter)
    if out is not None and out.suffix.lower() != ".xlsx":
        raise BadInput("--out 需要 .xlsx 文件。", "--out needs a file ending in .xlsx.")
    engine = context.engine()
    with progress("核算 / working out"), reading(engine) as session:
        sheet = work_out(session, wanted, timezone=context.settings().timezone)
    is_zh = context.language() == "zh"
    if out is not None:
        # On record before it is out.
        with writing(engine) as session:
            record_pay(session, sheet, file=out.name, actor=context.actor(as_), now=context.now())
        write_pay_sheet(out, sheet.pay, generations=sheet.generations, names=sheet.names, is_zh=is_zh)
    _show(sheet, is_zh=is_zh, as_format=format)
    if out is not None:
        note(f"已写出 {out.name}。" if is_zh else f"Wrote {out.name}.")


@rate.command("set", help="设定标准,从某天起 / set a rate from a day on")
def set_rate(
    yearly: Annotated[str, typer.Argument(metavar="YUAN", help="每户每年多少元 / yuan for a unit and a year")],
    *,
    level: Annotated[str | None, typer.Option("--level", metavar="LEVEL", help="用于哪级区域 / of which level")] = None,
    names_ending: Annotated[
        str, typer.Option("--names-ending", metavar="TEXT", help="只用于名称以此结尾的,如 村 / whose name ends so")
    ] = "",
    area: Annotated[
        str | None, typer.Option("--area", metavar="CODE", help="只用于这个区域及其下级 / for this area and below")
    ] = None,
    on: FromDay = None,
    as_: AsName = None,
) -> None:
    """Set a yearly rate.

    Raises
    ------
    BadInput
        If the amount or the scope cannot be used.
    """
    from boundaries.services.pay import set_rate as put
    from boundaries.store.engine import writing

    act = act_of(as_)
    with writing(context.engine()) as session:
        put(
            session,
            _number(yearly),
            on=day_of(on) or act.today,
            act=act,
            area=area,
            level=level,
            name_ending=names_ending,
        )
    note("标准已设定。" if context.language() == "zh" else "The rate is set.")


@rate.command("list", help="列出全部标准 / list every rate")
def list_rates(*, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """List the rates, past ones too."""
    from boundaries.services.pay import list_rates as listed
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = listed(session)
    rows = [
        {"area": one.area, "level": one.level, "names_ending": one.name_ending, "yearly": str(one.yearly)}
        | _spoken(one.during)
        for one in found
    ]
    emit(rows, format=format)


@factor.command("set", help="设定折合户数,从某天起 / set the units of a shop from a day on")
def set_factor(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="网格类型编码,如 street_front / kind of grid")],
    units: Annotated[str, typer.Argument(metavar="N", help="一家商铺折合几户 / units of one shop")],
    *,
    on: FromDay = None,
    as_: AsName = None,
) -> None:
    """Set the units of a shop.

    Raises
    ------
    BadInput
        If the kind is not known or holds no shops, or the number cannot be used.
    """
    from boundaries.services.pay import set_factor as put
    from boundaries.store.engine import writing

    act = act_of(as_)
    with writing(context.engine()) as session:
        put(session, kind, _number(units), on=day_of(on) or act.today, act=act)
    note("折合户数已设定。" if context.language() == "zh" else "The factor is set.")


@factor.command("list", help="列出全部折合户数 / list every factor")
def list_factors(*, format: OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """List the factors, past ones too."""
    from boundaries.services.pay import list_factors as listed
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = listed(session)
    emit([{"kind": one.kind, "units": str(one.units)} | _spoken(one.during) for one in found], format=format)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation as error:
        raise BadInput(f"“{text}”不是数。请写成 40 或 1.5。", f'"{text}" is no number. Write 40 or 1.5.') from error


def _spoken(during: "Days") -> dict[str, object]:
    """First and last day; no last day where it goes on."""
    last = None if during.end == date.max else during.end - timedelta(days=1)
    return {"from": during.start, "until": last}


def _show(sheet: "PaySheet", *, is_zh: bool, as_format: str) -> None:
    found = sheet.pay
    issues = [
        {"kind": one.kind, "target": one.target, **_spoken(one.during), "count": one.count} for one in found.issues
    ]
    sums = [
        {"person": one.person, "name": one.name, "paid": str(one.rounded), "exact": str(one.exact)}
        for one in found.sums
    ]
    if as_format == "json":
        generations = [{"generation": number, **_spoken(days)} for number, days in sheet.generations]
        write_json(
            {
                "quarter": str(found.quarter),
                "generations": generations,
                "total": str(sum((one.rounded for one in found.sums), Decimal(0))),
                "sums": sums,
                "lines": len(found.lines),
                "issues": issues,
            }
        )
        return
    emit(sums, format="table")
    for one in found.issues[:_SHOWN]:
        zh, en = ISSUES[one.kind]
        note(f"{one.target} {one.during.start} {len(one.during)} 天:{zh}" if is_zh else f"{one.target}: {en}")
    more = len(found.issues) - _SHOWN
    if more > 0:
        note(f"另有 {more} 个问题,见表格。" if is_zh else f"and {more} more findings, see the workbook.")

"""``roster``: who is in charge of what, and what they are paid, without a browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.context import AreaCode, AsName, OutputFormat
from api.cli.load import load
from api.cli.output import emit, note
from api.cli.roster_given import act_of, day_of
from api.cli.roster_pay import app as pay
from boundaries.tiers import Tier

if TYPE_CHECKING:
    from boundaries.model import Person

app = typer.Typer(add_completion=False, no_args_is_help=True)
# Without a name its commands are ours: pay, rate, factor.
app.add_typer(pay)

Target = Annotated[str, typer.Argument(metavar="CODE", help="网格、分段或区域的编码 / code of a grid, part or area")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="姓名 / name")]
RoleName = Annotated[
    str, typer.Option("--role", metavar="ROLE", help="职务,默认联络员 / code or name of the role, default liaison")
]
Phone = Annotated[str | None, typer.Option("--phone", metavar="NUMBER", help="电话 / phone")]
Published = Annotated[
    bool | None,
    typer.Option("--publish-phone/--hide-phone", help="本人同意公开电话 / whether its owner agreed to publish it"),
]
Standing = Annotated[
    str | None, typer.Option("--standing", metavar="TEXT", help="身份:楼栋长、业委会、五老 / standing")
]
FirstDay = Annotated[
    str | None, typer.Option("--on", metavar="DAY", help="从哪天起,默认今天 / from which day, default today")
]
LastDay = Annotated[str | None, typer.Option("--until", metavar="DAY", help="任期最后一天 / last day in charge")]
Department = Annotated[str | None, typer.Option("--department", help="数据来自哪个部门 / who keeps the data")]
ShownTier = Annotated[
    Tier, typer.Option("--tier", help="电话可见级别,默认只显示公开的 / restricted shows unpublished phones too")
]


@app.command("list", help="今天或某天谁负责什么 / who is in charge of what, today or on a day")
def list_(
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE]...", help="只看这些网格、分段或区域 / only of these")
    ] = None,
    *,
    area: AreaCode = None,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="只看这个职务 / only this role")] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DAY", help="哪一天,默认今天 / on which day")] = None,
    tier: ShownTier = "internal",
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """List who is in charge.

    Raises
    ------
    BadInput
        If the day or the role is not understood.
    NotFound
        If there is no such area.
    """
    from boundaries.services.roster import list_people, record_reading
    from boundaries.store.engine import reading, writing

    day = day_of(on) or context.today()
    engine = context.engine()
    with reading(engine) as session:
        found = list_people(
            session, day=day, timezone=context.settings().timezone, within=area, targets=codes or None, role=role
        )
    if tier == "restricted":
        # On record before anything is shown.
        with writing(engine) as session:
            record_reading(session, found, actor=context.actor(as_), now=context.now())
    if not found and format == "table":
        note(f"{day} 没有人员。" if context.language() == "zh" else f"Nobody on {day}.")
        return
    emit(
        [_row(person, tier, is_zh=format == "table" and context.language() == "zh") for person in found], format=format
    )


@app.command("on", help="某天谁负责什么 / who was in charge of what on a day")
def on_day(
    day: Annotated[str, typer.Argument(metavar="DAY", help="日期,如 2026-01-31 / such as 2026-01-31")],
    *,
    area: AreaCode = None,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="只看这个职务 / only this role")] = None,
    tier: ShownTier = "internal",
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """List who was in charge on a day.

    Raises
    ------
    BadInput
        If the day or the role is not understood.
    NotFound
        If there is no such area.
    """
    list_(None, area=area, role=role, on=day, tier=tier, as_=as_, format=format)


@app.command("set", help="任命,或更正电话、身份、任期,当天生效 / put in charge, or correct; from today on")
def set_(
    target: Target,
    name: Name,
    *,
    role: RoleName = "liaison",
    phone: Phone = None,
    publish: Published = None,
    standing: Standing = None,
    on: FirstDay = None,
    until: LastDay = None,
    photo: Annotated[
        Path | None, typer.Option("--photo", metavar="FILE", help="照片,JPEG 或 PNG,至多 200 KB / at most 200 kB")
    ] = None,
    department: Department = None,
    as_: AsName = None,
) -> None:
    """Put somebody in charge, or correct what is told of them.

    Raises
    ------
    BadInput
        If a value cannot be used.
    """
    from boundaries.exchange.photos import read_photo_file
    from boundaries.model import Person
    from boundaries.services.roster import put_in_charge, put_photo
    from boundaries.store.engine import writing

    given = {"phone": phone, "phone_published": publish, "standing": standing}
    act = act_of(as_, department)
    person = Person(
        id=0,
        name=name.strip(),
        role=role,
        target=target,
        phone=phone,
        phone_published=bool(publish),
        standing=standing,
        since=day_of(on),
        until=day_of(until),
    )
    picture = read_photo_file(photo) if photo is not None else None
    with writing(context.engine()) as session:
        is_changed = put_in_charge(
            session, person, act, keep=[field for field, value in given.items() if value is None]
        )
        if picture is not None:
            put_photo(session, person, picture, act)
    if is_changed or picture is not None:
        _say(f"已登记:{target} {role} {person.name}。", f"Registered: {target} {role} {person.name}.")
    else:
        _say("与现有内容相同,没有写入。", "Nothing differs from what stands; nothing was written.")


@app.command(help="离任 / end a charge")
def end(
    target: Target,
    name: Name,
    *,
    role: RoleName = "liaison",
    on: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help="不再负责的第一天,默认今天 / first day without it")
    ] = None,
    as_: AsName = None,
) -> None:
    """End a charge.

    Raises
    ------
    NotFound
        If nobody of this name is in charge of it.
    """
    from boundaries.services.roster import end as end_charge
    from boundaries.store.engine import writing

    act = act_of(as_)
    with writing(context.engine()) as session:
        ended = end_charge(session, target=target, role=role, name=name, on=day_of(on) or act.today, act=act)
    _say(f"{target} {ended.name} 已离任。", f"{ended.name} is no longer in charge of {target}.")


@app.command(help="同日换人:一人离任,一人接任 / end one charge and begin another on the same day")
def replace(
    target: Target,
    name: Name,
    *,
    role: RoleName = "liaison",
    instead_of: Annotated[
        str | None,
        typer.Option("--instead-of", metavar="NAME", help="替换谁(多人在任时) / whom, where there are several"),
    ] = None,
    phone: Phone = None,
    publish: Published = None,
    standing: Standing = None,
    on: FirstDay = None,
    until: LastDay = None,
    department: Department = None,
    as_: AsName = None,
) -> None:
    """Replace who is in charge.

    Raises
    ------
    NotFound
        If nobody is in charge to be replaced.
    BadInput
        If several are, or a value cannot be used.
    Conflict
        If the new one is in charge already.
    """
    from boundaries.model import Person
    from boundaries.services.roster import replace_by
    from boundaries.store.engine import writing

    act = act_of(as_, department)
    successor = Person(
        id=0,
        name=name.strip(),
        role=role,
        target=target,
        phone=phone,
        phone_published=bool(publish),
        standing=standing,
        until=day_of(until),
    )
    with writing(context.engine()) as session:
        before = replace_by(session, successor, on=day_of(on) or act.today, act=act, predecessor=instead_of)
    _say(f"{target}:{before.name} → {successor.name}。", f"{target}: {before.name} -> {successor.name}.")


# The people of a file are loaded like any other layer; here is where an office looks for it.
@app.command("import", help="从表格导入人员,全部成功或全部不写 / load people from files, all rows or none")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV、XLSX 等 / CSV, XLSX and others")],
    *,
    encoding: context.Encoding = None,
    column: context.ColumnNames = None,
    draft: context.DraftNumber = None,
    department: Department = None,
    missing: Annotated[
        str,
        typer.Option(
            "--missing", metavar="keep|close", help="同一网格同一职务而文件里没有的人 / who the file leaves out"
        ),
    ] = "keep",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出变化 / only list what would change")] = False,
    as_: AsName = None,
    format: OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Load people in charge from files.

    Raises
    ------
    RefusedRows
        If any row cannot be used; nothing is written then.
    """
    load(
        "people",
        files,
        encoding=encoding,
        column=column,
        draft=draft,
        department=department,
        missing=missing,
        dry_run=dry_run,
        as_=as_,
        format=format,
    )


def _row(person: "Person", tier: Tier, *, is_zh: bool) -> dict[str, object]:
    from boundaries.tiers import header, phone_for, visible_fields

    fields = {field: getattr(person, field) for field in visible_fields("people", tier)}
    fields["phone"] = phone_for(tier, person.phone, is_published=person.phone_published)
    return {header("people", field, "zh" if is_zh else "en"): value for field, value in fields.items()}


def _say(zh: str, en: str) -> None:
    note(zh if context.language() == "zh" else en)

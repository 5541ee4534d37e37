"""Pay of a quarter from the database, and the rates and factors that it goes by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from boundaries import pay
from boundaries.errors import BadInput, NotFound
from boundaries.pay_facts import Factor, Rate
from boundaries.quarters import Days, Quarter
from boundaries.rules import Rules
from boundaries.services import journal
from boundaries.services.pay_gathering import gather
from boundaries.services.registers import Act
from boundaries.store import pay as stored
from boundaries.store import queries
from boundaries.store.bulk import known_ids
from boundaries.store.overlay import AREA


@dataclass(frozen=True, slots=True)
class PaySheet:
    """The pay of a quarter, with what people need to follow it.

    Attributes
    ----------
    pay : Pay
        Targets by the codes that they had last in the quarter.
    generations : tuple of (int, Days)
        Which generation was in force on which days.
    names : mapping of str to str
        Code of a target -> its name.
    """

    pay: pay.Pay
    generations: tuple[tuple[int, Days], ...]
    names: Mapping[str, str]


def work_out(session: Session, quarter: Quarter, *, timezone: str, rules: Rules | None = None) -> PaySheet:
    """Work out the pay of a quarter.

    Households are those of the buildings that stand in a grid, or of a part, by their
    register; shops those that are open and assigned to a grid of a kind that holds
    shops, or lie in one. Days before the first generation are read by it.

    Parameters
    ----------
    quarter : Quarter
    timezone : str
        Where its days are days.
    rules : Rules, optional
        Whose ``liaison_roles`` are paid.

    Returns
    -------
    PaySheet

    Raises
    ------
    NotFound
        If nothing is published yet.
    """
    rules = rules or Rules()
    spans = stored.generations_between(session, quarter.days, timezone=timezone)
    if not spans:
        raise NotFound(
            f"尚未发布任何版本,无法核算 {quarter}。请先发布区划。",
            f"Nothing is published yet, so the pay of {quarter} cannot be worked out. Publish a division first.",
        )
    facts = gather(session, quarter.days, spans, rules)
    found = pay.compute(
        quarter,
        held=facts.held,
        counted=facts.counted,
        terms=facts.terms,
        rates=stored.read_rates(session),
        factors=stored.read_factors(session),
    )
    lines = sorted(
        (replace(line, target=facts.codes[line.target]) for line in found.lines),
        key=lambda line: (line.target, line.during.start, line.person),
    )
    issues = sorted(
        (replace(one, target=facts.codes[one.target]) for one in (*found.issues, *facts.issues)),
        key=lambda one: (one.target, one.during.start, one.kind),
    )
    names = {facts.codes[key]: name for key, name in facts.names.items()}
    return PaySheet(pay.Pay(quarter, tuple(lines), tuple(issues)), spans, names)


def record_pay(session: Session, sheet: PaySheet, *, file: str, actor: str, now: datetime | None = None) -> None:
    """Note that the pay of a quarter was written to a file.

    Parameters
    ----------
    sheet : PaySheet
    file : str
        Its name.
    actor : str
    now : datetime, optional
    """
    sums = sheet.pay.sums
    total = sum((one.rounded for one in sums), Decimal(0))
    detail = {"file": file, "people": len(sums), "total": str(total), "issues": len(sheet.pay.issues)}
    subject = f"quarter:{sheet.pay.quarter}"
    journal.record(session, actor=actor, action="pay.sheet", subject=subject, detail=detail, now=now)


def set_rate(
    session: Session,
    yearly: Decimal,
    *,
    on: date,
    act: Act,
    area: str | None = None,
    level: str | None = None,
    name_ending: str = "",
) -> None:
    """Set what a unit is worth in a year, from a day on.

    Parameters
    ----------
    yearly : Decimal
        In yuan, with at most two decimals.
    on : date
    act : Act
    area : str, optional
        Code of an area: for it and all below it.
    level : str, optional
        For every area of this level.
    name_ending : str
        Narrows the level to areas whose name ends so.

    Raises
    ------
    BadInput
        If not exactly one of area and level is given, or the value or the scope is not known.
    """
    if (area is None) == (level is None) or (name_ending and level is None):
        raise BadInput(
            "请用 --level 或 --area 写明标准用于哪里,--names-ending 只与 --level 同用。",
            "Say where the rate holds with --level or --area; --names-ending goes with --level.",
        )
    _require_amount(yearly, places=2)
    if level is not None and level not in {one.code for one in queries.levels(session)}:
        known = "、".join(one.code for one in queries.levels(session))
        raise BadInput(f"没有层级“{level}”。可用:{known}。", f'There is no level "{level}". Known: {known}.')
    area_id = known_ids(session, AREA, [area]).get(area) if area is not None else None
    if area is not None and area_id is None:
        raise BadInput(
            f"没有编码为 {area} 的区域。请用 export areas 查看区域编码。",
            f"There is no area with the code {area}. See the codes with export areas.",
        )
    stored.put_rate(session, yearly=yearly, on=on, area_id=area_id, level=level, name_ending=name_ending)
    subject = f"area:{area}" if area is not None else f"level:{level}{name_ending and '/' + name_ending}"
    detail = {"yearly": str(yearly), "on": on.isoformat()}
    journal.record(session, actor=act.actor, action="pay.rate", subject=subject, detail=detail, now=act.now)


def set_factor(session: Session, kind: str, units: Decimal, *, on: date, act: Act) -> None:
    """Set how many units an open shop of a kind of grid counts for, from a day on.

    Raises
    ------
    BadInput
        If there is no such kind, it holds no shops, or the value cannot be used.
    """
    _require_amount(units, places=4)
    kinds = {one.code: one for one in queries.kinds(session)}
    if kind not in kinds or not kinds[kind].holds_shops:
        known = "、".join(code for code, one in kinds.items() if one.holds_shops)
        raise BadInput(
            f"没有名为“{kind}”的含商铺的网格类型。可用:{known}。",
            f'There is no kind "{kind}" that holds shops. Known: {known}.',
        )
    stored.put_factor(session, kind=kind, units=units, on=on)
    detail = {"units": str(units), "on": on.isoformat()}
    journal.record(session, actor=act.actor, action="pay.factor", subject=f"kind:{kind}", detail=detail, now=act.now)


def list_rates(session: Session) -> tuple[Rate, ...]:
    """Every rate, past ones too."""
    return stored.read_rates(session)


def list_factors(session: Session) -> tuple[Factor, ...]:
    """Every factor, past ones too."""
    return stored.read_factors(session)


def _require_amount(value: Decimal, *, places: int) -> None:
    if not value.is_finite() or value < 0 or value != round(value, places) or value >= 10**6:
        raise BadInput(
            f"“{value}”不能用。应为不小于 0、小于一百万、至多 {places} 位小数的数。",
            f'"{value}" cannot be used: a number from 0 to below a million with at most {places} decimals.',
        )

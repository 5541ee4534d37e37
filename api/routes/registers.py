"""``/v1/registers``: people in charge, shops and counts, changed the same day without a draft."""

from collections.abc import Iterable
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Path, Query
from shapely import Point
from sqlalchemy.orm import Session

from api.auth import Caller, as_seen_in, require, require_within
from api.dependencies import Now, ReadSession, SettingsHere, Today, WriteSession
from api.fields import premises_fields
from api.openapi import NOT_FOUND, error_answers
from api.problems import PROBLEM_KINDS
from api.reads import Reads
from api.schemas import registers as schemas
from boundaries.errors import BadInput, Conflict, Forbidden
from boundaries.findings import Finding
from boundaries.lookup.coordinates import to_degrees
from boundaries.model import Person, Shop
from boundaries.services import counts, roster, shops
from boundaries.services.listing import list_premises
from boundaries.services.registers import Act, areas_of
from boundaries.tiers import DEPARTMENTS, FIELDS, kept_by_others, phone_for, sees, visible_fields
from geo.crs import parse_crs, round_to_storage

router = APIRouter(prefix="/v1/registers", tags=["registers"])

Reader = Annotated[Caller, Depends(require("registers:read"))]
Registrar = Annotated[Caller, Depends(require("registers:write"))]
ShopCode = Annotated[
    str, Path(min_length=1, max_length=100, description="商铺编码 / code of the shop", examples=["S1"])
]

_ERRORS = error_answers(NOT_FOUND)
_CONFLICTS = error_answers(NOT_FOUND, PROBLEM_KINDS[Conflict])
_SHOP_FIELDS = ("name", "door_number", "credit_code", "street", "side", "trade", "state", "contact")


def reading_here(settings: SettingsHere, today: Today, now: Now, caller: Reader) -> Act:
    """Who reads a register, and when."""
    return Act(caller.account, today, settings.timezone, None, now)


def act_here(settings: SettingsHere, today: Today, now: Now, caller: Registrar) -> Act:
    """Who changes a register, and when."""
    departments = sorted(caller.departments or ())
    department = DEPARTMENTS[departments[0]][0] if len(departments) == 1 else None
    return Act(caller.account, today, settings.timezone, department, now)


ReadingHere = Annotated[Act, Depends(reading_here)]
ActHere = Annotated[Act, Depends(act_here)]


@router.get(
    "/people",
    summary="某天谁负责什么 / Who is in charge of what on a day",
    description=(
        "未公开的电话须 restricted 级,查看会留下记录。 / "
        "Phones that are not published need the restricted tier, and who is shown them is on record."
    ),
    response_model=schemas.PeopleList,
    response_model_exclude_unset=True,
    responses=_ERRORS,
)
def list_people(
    session: WriteSession, caller: Reader, act: ReadingHere, query: Annotated[schemas.PeopleQuery, Query()]
) -> dict[str, Any]:
    """People in charge, by number of the charge."""
    caller = as_seen_in(session, caller, query.area)
    on = query.on or act.today
    targets = [query.target] if query.target is not None else None
    found = roster.list_people(
        session, day=on, timezone=act.timezone, within=query.area, targets=targets, role=query.role
    )
    after = _number(query.cursor)
    ordered = sorted((person for person in found if person.id > after), key=lambda person: person.id)
    page = ordered[: query.page_size]
    if sees(caller.tier, "restricted"):
        # A phone is public only where its owner has agreed: who is shown others is on record, before they leave.
        roster.record_reading(session, page, actor=act.actor, now=act.now)
    following = str(page[-1].id) if len(ordered) > len(page) else None
    return {"on": on, "people": [_person(person, caller) for person in page], "cursor": following}


@router.put(
    "/people",
    summary="任命或更正 / Put in charge, or correct",
    description="按对象、职务、姓名认人,当天生效。 / Told by target, role and name; from today on.",
    response_model=schemas.Changed,
    responses=_ERRORS,
)
def put_person(session: WriteSession, caller: Registrar, act: ActHere, body: schemas.Charge) -> dict[str, Any]:
    """Put somebody in charge, or correct what is told of them."""
    given = body.model_fields_set - {"target", "role", "name"}
    _require_own(session, caller, act, [body.target])
    _require_kept(caller, "people", {"name", *given})
    person = Person(0, **body.model_dump())
    keep = [name for name in ("phone", "phone_published", "standing") if name not in given]
    return {"changed": roster.put_in_charge(session, person, act, keep=keep)}


@router.post(
    "/people/end",
    summary="离任 / End a charge",
    response_model=schemas.Changed,
    responses=_ERRORS,
)
def end_person(session: WriteSession, caller: Registrar, act: ActHere, body: schemas.Ending) -> dict[str, Any]:
    """End a charge."""
    _require_own(session, caller, act, [body.target])
    _require_kept(caller, "people", ["until"])
    roster.end(session, target=body.target, role=body.role, name=body.name, on=body.on or act.today, act=act)
    return {"changed": True}


@router.post(
    "/people/replace",
    summary="同日换人 / End one charge and begin another on the same day",
    response_model=schemas.Replaced,
    responses=_CONFLICTS,
)
def replace_person(session: WriteSession, caller: Registrar, act: ActHere, body: schemas.Replacement) -> dict[str, Any]:
    """Replace who is in charge."""
    _require_own(session, caller, act, [body.target])
    _require_kept(caller, "people", ["name", "since", "until"])
    told = body.model_dump(include={"target", "name", "role", "phone", "phone_published", "standing"})
    before = roster.replace_by(
        session, Person(0, **told), on=body.on or act.today, act=act, predecessor=body.instead_of
    )
    return {"before": before.name}


@router.get(
    "/shops",
    summary="商铺台账 / The register of shops",
    response_model=schemas.ShopList,
    responses=_ERRORS,
)
def list_shops(
    session: ReadSession, reads: Reads, caller: Reader, act: ReadingHere, query: Annotated[schemas.ShopsQuery, Query()]
) -> dict[str, Any]:
    """Shops of today, with the grid each is assigned to."""
    caller = as_seen_in(session, caller, query.area)
    page = list_premises(
        session, today=act.today, kinds=["shop"], within=query.area, after=query.cursor, limit=query.page_size
    )
    found = [premises_fields(one, caller.tier) for one in page.rows]
    for fields in found:
        reads.note("shops", fields)
    return {"shops": found, "cursor": page.cursor}


@router.put(
    "/shops/{code}",
    summary="商铺开业、变更、迁址 / A shop opens, changes or moves",
    description=(
        "开业或迁址当天即划入店门所在的专属网格;没有专属网格时给出问题。 / "
        "When it opens or moves it is given the dedicated grid that its door is in, else the finding is told."
    ),
    response_model=schemas.ShopAnswer,
    responses=_ERRORS,
)
def put_shop(
    session: WriteSession, caller: Registrar, act: ActHere, code: ShopCode, body: schemas.ShopBody
) -> dict[str, Any]:
    """Open a shop, or change what is told of it."""
    before = shops.find_shop(session, code, act)
    given = body.model_fields_set
    if before is None and (body.name is None or body.door is None):
        raise BadInput(
            f"商铺 {code} 尚未登记,开业须给出 name 和 door。", f"Shop {code} is new: give its name and its door."
        )
    if "name" in given and body.name is None:
        raise BadInput("name 不能为空。", "The name must not be empty.")
    door = _door(body.door) if body.door is not None else before.door if before is not None else Point()
    told = {name: getattr(body, name) for name in _SHOP_FIELDS}
    shop = Shop(0, code, door=door, **(told | {"name": body.name or ""}))
    # Whoever moves a shop answers for the area that it leaves, too.
    places = [shop, *([before] if before is not None else [])]
    _require_doors(session, caller, places)
    _require_kept(caller, "shops", [name for name in _SHOP_FIELDS if name in given or before is None])
    keep = [name for name in _SHOP_FIELDS if name not in given]
    return _shop_answer(shops.put_shop(session, shop, act, keep=keep))


@router.post(
    "/shops/{code}/close",
    summary="商铺关闭 / A shop closes",
    response_model=schemas.ShopAnswer,
    responses=_ERRORS,
)
def close_shop(session: WriteSession, caller: Registrar, act: ActHere, code: ShopCode) -> dict[str, Any]:
    """Close a shop; it stays on record as closed."""
    _require_doors(session, caller, [shops.get_shop(session, code, act)])
    _require_kept(caller, "shops", ["state"])
    return _shop_answer(shops.close_shop(session, code, act))


@router.get(
    "/counts",
    summary="户数台账 / The register of counts",
    description="数字从 internal 级起可见。 / Numbers from the internal tier.",
    response_model=schemas.CountList,
    response_model_exclude_unset=True,
    responses=error_answers(),
)
def list_counts(
    session: ReadSession, caller: Reader, today: Today, query: Annotated[schemas.CountsQuery, Query()]
) -> dict[str, Any]:
    """Counts of a day."""
    on = query.on or today
    codes = frozenset([query.code]) if query.code is not None else None
    found, following = counts.list_counts(
        session, day=on, after=_number(query.cursor), limit=query.page_size, codes=codes
    )
    shown = visible_fields("buildings", caller.tier)
    rows = [
        {"kind": one.kind, "code": one.code, "since": one.since}
        | {name: getattr(one, name) for name in ("households", "rented", "garages") if name in shown}
        for one in found
    ]
    return {"on": on, "counts": rows, "cursor": None if following is None else str(following)}


@router.put(
    "/counts",
    summary="重新统计 / Count anew",
    description="当天生效,旧数保留。 / From today on; what stood before is kept with its days.",
    response_model=schemas.Changed,
    responses=_ERRORS,
)
def put_count(session: WriteSession, caller: Registrar, act: ActHere, body: schemas.CountBody) -> dict[str, Any]:
    """Register a count."""
    count = counts.Count(**body.model_dump())
    if caller.areas is not None:
        require_within(session, caller, counts.areas_of_count(session, count) or [body.code])
    layer = "buildings" if body.kind == "building" else "parts"
    numbers = {"households", "rented", "garages"} & body.model_fields_set & FIELDS[layer].keys()
    _require_kept(caller, layer, sorted(numbers))
    return {"changed": counts.put_count(session, count, act)}


def _person(person: Person, caller: Caller) -> dict[str, Any]:
    found = {name: getattr(person, name) for name in visible_fields("people", caller.tier)}
    found["phone"] = phone_for(caller.tier, person.phone, is_published=person.phone_published)
    return {"id": person.id, **found}


def _shop_answer(change: shops.ShopChange) -> dict[str, Any]:
    return {
        "result": change.result,
        "code": change.shop.code,
        "grid": change.grid,
        "finding": _finding(change.finding) if change.finding is not None else None,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "zh": finding.name("zh"),
        "en": finding.name("en"),
        "grids": list(finding.grids),
    }


def _door(door: schemas.Door) -> Point:
    x, y = to_degrees(np.array([[door.x, door.y]], dtype=float), parse_crs(door.crs))[0].tolist()
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        raise BadInput(
            f"店门坐标在 {door.crs} 中没有位置。请核对坐标和坐标系。",
            f"The door has no place in {door.crs}. Check the coordinates and their system.",
        )
    return Point(*round_to_storage(np.array([[x, y]]))[0].tolist())


def _require_own(session: Session, caller: Caller, act: Act, targets: Iterable[str]) -> None:
    if caller.areas is not None:
        require_within(session, caller, areas_of(session, targets, day=act.today, timezone=act.timezone))


def _require_doors(session: Session, caller: Caller, found: Iterable[Shop]) -> None:
    if caller.areas is not None:
        # A door in no area at all is in nobody's.
        require_within(
            session, caller, {code for shop in found for code in shops.areas_at(session, shop) or [shop.code]}
        )


def _require_kept(caller: Caller, layer: str, names: Iterable[str]) -> None:
    """Refuse fields that another department keeps.

    Raises
    ------
    Forbidden
        If there are any.
    """
    others = kept_by_others(layer, names, caller.departments)
    if others:
        raise Forbidden(
            f"{'、'.join(FIELDS[layer][name].header for name in others)}由其他部门维护,“{caller.name}”不能改动。",
            f'{", ".join(others)} are kept by another department; "{caller.name}" may not change them.',
        )


def _number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 18:
        raise BadInput("cursor 无效,请用上一页给出的值。", "The cursor is none of ours: use that of the page before.")
    return int(cursor)

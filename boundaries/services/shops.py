"""Shops as they open, change, move and close: the same day, without a draft."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace

from sqlalchemy.orm import Session

from boundaries.errors import BadInput, NotFound
from boundaries.findings import Finding
from boundaries.model import Assignment, Shop
from boundaries.services import journal
from boundaries.services.registers import Act
from boundaries.store import places, queries, register_queries, shop_grids
from boundaries.store.drafts import newest_generation
from boundaries.store.overlay import Moment
from boundaries.store.registers import put_shops, wait_for_turn
from boundaries.store.sources import add_source


@dataclass(frozen=True, slots=True)
class ShopChange:
    """What became of a shop.

    Attributes
    ----------
    result : {"opened", "changed", "unchanged"}
    shop : Shop
        As it stands now.
    grid : str or None
        The dedicated grid that it was given now; None where it was not asked for, or there is none.
    finding : Finding or None
        ``shop_undedicated`` where its door is in no dedicated grid.
    """

    result: str
    shop: Shop
    grid: str | None = None
    finding: Finding | None = None


def put_shop(session: Session, shop: Shop, act: Act, *, keep: Collection[str] = ()) -> ShopChange:
    """Open a shop, or change what is told of it.

    A shop that opens or moves is given at once the dedicated grid of the newest
    generation that its door is in, dated that day.

    Parameters
    ----------
    shop : Shop
        By its code; the door in storage coordinates.
    act : Act
    keep : collection of str
        Fields that nobody has said anything about: they stay what they are.

    Returns
    -------
    ShopChange

    Raises
    ------
    BadInput
        If the door lies in no area, or a text holds the number of an identity card.
    """
    wait_for_turn(session, "shops")
    if newest_generation(session) is not None and not areas_at(session, shop):
        raise BadInput(
            f"商铺 {shop.code} 的店门不在任何区域内。请核对坐标、坐标系和先后次序(经度在前)。",
            f"The door of shop {shop.code} lies in no area. Check the coordinates, their system and their order.",
        )
    before = _standing(session, shop.code, act)
    if before is not None:
        shop = replace(shop, **{name: getattr(before, name) for name in keep})
    source = add_source(session, department=act.department, file="registers.shops", actor=act.actor)
    done = put_shops(session, [shop], source_id=source, today=act.today)
    if not done.new and not done.changed:
        return ShopChange("unchanged", shop)
    is_open = shop.state == "open"
    is_placed = is_open and (before is None or before.state != "open" or not before.door.equals(shop.door))
    change = ShopChange("opened" if before is None else "changed", shop)
    if is_placed:
        change = _placed(session, change, act)
    elif not is_open:
        shop_grids.take_back(session, _number(session, shop.code, act), on=act.today)
    _record(session, before, change, act)
    return change


def close_shop(session: Session, code: str, act: Act) -> ShopChange:
    """Close a shop from today on; it stays on record as closed.

    Raises
    ------
    NotFound
        If no shop of this code stands today.
    """
    return put_shop(session, replace(get_shop(session, code, act), state="closed"), act)


def find_shop(session: Session, code: str, act: Act) -> Shop | None:
    """A shop as it stands today, None where none of this code does."""
    return _standing(session, code, act)


def get_shop(session: Session, code: str, act: Act) -> Shop:
    """A shop as it stands today.

    Raises
    ------
    NotFound
        If no shop of this code stands today.
    """
    found = _standing(session, code, act)
    if found is None:
        raise NotFound(
            f"今天没有编码为 {code} 的商铺。请核对编码,或先登记开业。",
            f"No shop of the code {code} stands today. Check the code, or register its opening.",
        )
    return found


def areas_at(session: Session, shop: Shop) -> tuple[str, ...]:
    """Code of the lowest area that a door is in, for those who are bound to areas; none where it is in none."""
    moment = Moment(newest_generation(session))
    area = places.lowest_area(session, moment, x=shop.door.x, y=shop.door.y)
    return () if area is None else tuple(one.code for one in places.areas_above(session, moment, area)[-1:])


def _standing(session: Session, code: str, act: Act) -> Shop | None:
    scope = queries.Scope(Moment(newest_generation(session)), act.today)
    return register_queries.shop_by_code(session, scope, code)


def _number(session: Session, code: str, act: Act) -> int:
    return get_shop(session, code, act).id


def _placed(session: Session, change: ShopChange, act: Act) -> ShopChange:
    """The change with the grid that holds the door, which is given to the shop."""
    generation = newest_generation(session)
    if generation is None:
        return change
    shop = change.shop
    kinds = {kind.code: kind for kind in queries.kinds(session)}
    touched = places.touching(session, Moment(generation), x=shop.door.x, y=shop.door.y)
    # As the proposals have it: overlays before tiles, then the lowest rank.
    holding = sorted(
        (grid for grid in touched if kinds[grid.kind].holds_shops),
        key=lambda grid: (grid.layer != "overlay", grid.rank),
    )
    grid = holding[0] if holding else None
    given = _assignment(shop, grid, act)
    number = _number(session, shop.code, act)
    shop_grids.give(
        session, given, shop_id=number, grid_id=grid.id if grid else None, generation=generation, on=act.today
    )
    if grid is not None:
        return replace(change, grid=grid.code)
    tile = next((one for one in touched if one.layer == "tile"), None)
    finding = Finding(
        "shop_undedicated",
        grids=(tile.code,) if tile else (),
        premises=(f"shop:{shop.code}",),
        parent=next(iter(areas_at(session, shop)), None),
        value=1.0,
        limit=0.0,
        geometry=shop.door,
    )
    return replace(change, finding=finding)


def _assignment(shop: Shop, grid: places.Touching | None, act: Act) -> Assignment:
    if grid is None:
        zh, en = "店门不在任何专属网格内", "its door lies in no dedicated grid"
        return Assignment("shop", shop.code, None, "none", zh, en, accepted_by=act.actor)
    zh = f"开业或迁址时店门位于专属网格 {grid.code} 内"
    en = f"when it opened or moved its door lay in the dedicated grid {grid.code}"
    return Assignment("shop", shop.code, grid.code, "containment", zh, en, accepted_by=act.actor)


def _record(session: Session, before: Shop | None, change: ShopChange, act: Act) -> None:
    """What was done: the names of the fields, not what a contact is."""
    shop = change.shop
    names = [field.name for field in fields(Shop) if field.name != "id"]
    changed = [name for name in names if before is not None and getattr(before, name) != getattr(shop, name)]
    detail: dict[str, object] = {"result": change.result, "state": shop.state, "fields": changed}
    if change.grid is not None:
        detail["grid"] = change.grid
    if change.finding is not None:
        detail["finding"] = change.finding.kind
    journal.record(session, actor=act.actor, action="shop.set", subject=f"shop:{shop.code}", detail=detail, now=act.now)

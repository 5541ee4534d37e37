"""Lists of the plan, a page at a time.

A page ends with a cursor; asking again with it gives the rows after, whatever was added
or closed meanwhile. A cursor belongs to the list that gave it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from boundaries.errors import BadInput, NotFound
from boundaries.model import Area, Building, Compound, MicroGrid, PremisesKind, Shop
from boundaries.store import queries
from boundaries.store.drafts import moment_of
from boundaries.store.overlay import Moment
from boundaries.store.pages import BoundingBox, Window, area_page, grid_page, premises_page
from boundaries.store.queries import Scope
from boundaries.store.shop_grids import given

Row = TypeVar("Row")

MAX_LIMIT = 1000
_PREMISES: tuple[PremisesKind, ...] = ("building", "compound", "shop")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the cursor for those after them; None at the end.

    ``generation`` is the one that was read, None before the first.
    """

    rows: tuple[Row, ...]
    cursor: str | None
    generation: int | None


@dataclass(frozen=True, slots=True)
class Premises:
    """A building, a compound or a shop, with the code of the grid it is assigned to."""

    kind: PremisesKind
    value: Building | Compound | Shop
    grid: str | None


def list_areas(
    session: Session,
    *,
    generation: int | None = None,
    draft: int | None = None,
    codes: Sequence[str] | None = None,
    level: str | None = None,
    within: str | None = None,
    bbox: BoundingBox | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Area]:
    """Areas by permanent number.

    Parameters
    ----------
    generation, draft : int, optional
        By default the newest generation.
    codes : sequence of str, optional
        Only these.
    level : str, optional
        Only of this level.
    within : str, optional
        Code of an area: it and all below it.
    bbox : tuple of float, optional
        West, south, east, north in degrees of EPSG:4490: only what touches it.
    after : str, optional
        Cursor of the page before.
    limit : int
        Rows of a page, 1 to 1000.

    Returns
    -------
    Page of Area

    Raises
    ------
    NotFound
        If there is no such generation, draft or area.
    BadInput
        If the cursor, the limit or the box makes no sense.
    """
    moment = moment_of(session, generation=generation, draft=draft)
    window = _window(_number(after), limit, codes=codes, bbox=bbox)
    found = area_page(session, moment, window, level=level, below=_below(session, moment, within))
    return Page(found.values, _cursor(found.last), moment.generation)


def list_micro_grids(
    session: Session,
    *,
    today: date,
    generation: int | None = None,
    draft: int | None = None,
    codes: Sequence[str] | None = None,
    kind: str | None = None,
    layer: str | None = None,
    within: str | None = None,
    bbox: BoundingBox | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[MicroGrid]:
    """Micro-grids by rank, with their parts; parameters as for :func:`list_areas`.

    Parameters
    ----------
    today : date
        The day for the households of parts.
    kind, layer : str, optional
        Only of this kind, in this layer.

    Returns
    -------
    Page of MicroGrid

    Raises
    ------
    NotFound
        If there is no such generation, draft or area.
    BadInput
        If the cursor, the limit or the box makes no sense.
    """
    moment = moment_of(session, generation=generation, draft=draft)
    window = _window(_number(after), limit, codes=codes, bbox=bbox)
    below = _below(session, moment, within)
    found = grid_page(session, moment, window, today=today, kind=kind, layer=layer, below=below)
    return Page(found.values, _cursor(found.last), moment.generation)


def list_premises(
    session: Session,
    *,
    today: date,
    kinds: Sequence[PremisesKind] = _PREMISES,
    generation: int | None = None,
    draft: int | None = None,
    codes: Sequence[str] | None = None,
    within: str | None = None,
    bbox: BoundingBox | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Premises]:
    """Buildings, then compounds, then shops, each by permanent number; parameters as for :func:`list_areas`.

    Parameters
    ----------
    today : date
        The day for shops and counts.
    kinds : sequence of {"building", "compound", "shop"}
        Only these.
    within : str, optional
        Code of an area: what touches its polygon.

    Returns
    -------
    Page of Premises

    Raises
    ------
    NotFound
        If there is no such generation, draft or area.
    BadInput
        If the cursor, the limit or the box makes no sense.
    """
    moment = moment_of(session, generation=generation, draft=draft)
    ground = None if within is None else _area_number(session, moment, within)
    scope = Scope(moment, today, ground=ground)
    first, start = _premises_cursor(after)
    _require_limit(limit)
    found: list[Premises] = []
    for kind in _PREMISES[_PREMISES.index(first) :]:
        if kind not in kinds:
            continue
        if len(found) >= limit:
            return Page(tuple(found), f"{kind}:0", moment.generation)
        window = _window(start if kind == first else None, limit - len(found), codes=codes, bbox=bbox)
        some = premises_page(session, scope, kind, window)
        grids: dict[int, str | None] = {
            **queries.assigned_grids(session, moment, kind, [value.id for value in some.values])
        }
        if kind == "shop":
            grids |= {one.shop_id: one.grid for one in given(session, moment, today)}
        found += [Premises(kind, value, grids.get(value.id)) for value in some.values]
        if some.last is not None:
            return Page(tuple(found), f"{kind}:{some.last}", moment.generation)
    return Page(tuple(found), None, moment.generation)


def _window(after: int | None, limit: int, *, codes: Sequence[str] | None, bbox: BoundingBox | None) -> Window:
    _require_limit(limit)
    if bbox is not None:
        _require_box(bbox)
    return Window(after, limit, codes, bbox)


def _require_box(bbox: BoundingBox) -> None:
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadInput(
            "范围须为 西,南,东,北(经纬度),且西小于东、南小于北。例如 119.1,32.2,119.2,32.3。",
            "The box must be west,south,east,north in degrees, west below east and south below north; "
            "for example 119.1,32.2,119.2,32.3.",
        )


def _require_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise BadInput(
            f"每页行数须在 1 到 {MAX_LIMIT} 之间,不能是 {limit}。",
            f"A page has 1 to {MAX_LIMIT} rows, not {limit}.",
        )


def _cursor(last: int | None) -> str | None:
    return None if last is None else str(last)


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", cursor):
        raise _bad_cursor(cursor)
    return int(cursor)


def _premises_cursor(cursor: str | None) -> tuple[PremisesKind, int | None]:
    if cursor is None:
        return "building", None
    kind, _, number = cursor.partition(":")
    for known in _PREMISES:
        if kind == known:
            return known, _number(number)
    raise _bad_cursor(cursor)


def _bad_cursor(cursor: str) -> BadInput:
    return BadInput(
        f"翻页标记“{cursor}”无效。请使用上一页返回的标记,或从第一页重新开始。",
        f'The cursor "{cursor}" is none of this list. Use the one that the page before gave, or begin again.',
    )


def _area_number(session: Session, moment: Moment, code: str) -> int:
    numbers, _ = queries.area_tree(session, moment)
    if code not in numbers:
        raise NotFound(f"没有编码为 {code} 的区域。请检查编码。", f"There is no area with the code {code}. Check it.")
    return numbers[code]


def _below(session: Session, moment: Moment, code: str | None) -> set[int] | None:
    if code is None:
        return None
    root = _area_number(session, moment, code)
    _, parents = queries.area_tree(session, moment)
    return {number for number in parents if root in queries.chain(number, parents)}

"""The facts of a quarter's pay: which homes and shops were whose on which days, generation by generation.

Targets stand under a key of their permanent number, so that a new code parts nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from boundaries.ground import Ground
from boundaries.model import Kind, MicroGrid, Shop
from boundaries.pay import PayIssue
from boundaries.pay_facts import AreaChain, Counted, Held, Term
from boundaries.quarters import Days
from boundaries.rules import Rules
from boundaries.services import reading
from boundaries.snapshot import Snapshot
from boundaries.store.pay import (
    ChargeRow,
    ShopGridRow,
    ShopRow,
    assigned_shops,
    charges_between,
    counts_between,
    open_shops_between,
    shop_grids_between,
)

Counts = Mapping[tuple[str, int], Sequence[tuple[Days, int | None]]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What held in a quarter.

    Attributes
    ----------
    held, counted, terms : list
        For :func:`boundaries.pay.compute`, targets by key.
    issues : list of PayIssue
        What cannot be counted, targets by key.
    codes, names : dict
        Key -> the code and the name that the target had last.
    """

    held: list[Held] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    issues: list[PayIssue] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Shops:
    """Open shops of the quarter, and the grids that some were given between generations."""

    rows: tuple[ShopRow, ...]
    given: Mapping[int, Sequence[ShopGridRow]]


def gather(session: Session, days: Days, spans: Iterable[tuple[int, Days]], rules: Rules) -> Facts:
    """Read what held in a quarter.

    Parameters
    ----------
    days : Days
        Of the quarter.
    spans : iterable of (int, Days)
        Which generation was in force on which of them.
    rules : Rules
        Whose ``liaison_roles`` are paid.

    Returns
    -------
    Facts
    """
    facts = Facts()
    counts = counts_between(session, days)
    charges = _by_target(charges_between(session, days, rules.liaison_roles))
    given: dict[int, list[ShopGridRow]] = {}
    for row in shop_grids_between(session, days):
        given.setdefault(row.shop, []).append(row)
    shops = _Shops(open_shops_between(session, days), given)
    for number, span in spans:
        plan = reading.snapshot(session, today=span.start, generation=number)
        doors = tuple(Shop(row.shop, str(at), "", row.door) for at, row in enumerate(shops.rows))
        ground = Ground(replace(plan, shops=doors), rules)
        _add_targets(facts, plan, span)
        facts.terms.extend(_terms(plan, charges, span))
        facts.counted.extend(_homes(ground, counts, span))
        assigned = assigned_shops(session, number)
        for grid, inside in _shop_days(ground, shops, assigned, generation=number, days=span):
            if grid.parts:
                facts.issues.append(PayIssue("shops_in_parts", _targets(grid)[0][0], inside, 1))
            else:
                facts.counted.append(Counted(f"grid:{grid.id}", inside, shops=1))
    return facts


def _targets(grid: MicroGrid) -> list[tuple[str, str, str]]:
    """Key, code and name of what is paid for: the grid, or each of its parts."""
    parts = [(f"part:{part.id}", part.code, part.name) for part in grid.parts]
    return parts or [(f"grid:{grid.id}", grid.code, grid.name)]


def _by_target(charges: Iterable[ChargeRow]) -> dict[str, list[ChargeRow]]:
    found: dict[str, list[ChargeRow]] = {}
    for row in charges:
        found.setdefault(f"grid:{row.grid}" if row.grid is not None else f"part:{row.part}", []).append(row)
    return found


def _add_targets(facts: Facts, plan: Snapshot, days: Days) -> None:
    chains: dict[str, AreaChain] = {}
    for grid in plan.grids:
        if grid.area not in chains:
            chains[grid.area] = tuple((area.code, area.level, area.name) for area in plan.ancestors(grid.area))
        for key, code, name in _targets(grid):
            facts.held.append(Held(key, grid.kind, chains[grid.area], days))
            facts.codes[key], facts.names[key] = code, name


def _terms(plan: Snapshot, charges: Mapping[str, Sequence[ChargeRow]], days: Days) -> Iterator[Term]:
    """Who was in charge; who has a grid that stands in parts has each of them."""
    for grid in plan.grids:
        whole = charges.get(f"grid:{grid.id}", ())
        for key, _, _ in _targets(grid):
            own = charges.get(key, ()) if grid.parts else ()
            # Somebody named for the grid and for the part is one in charge, not two.
            for person, name, inside in _distinct([*own, *whole], days):
                yield Term(person, name, key, inside)


def _distinct(rows: Iterable[ChargeRow], days: Days) -> Iterator[tuple[int, str, Days]]:
    """The days of each person in charge, without those that an earlier row of theirs has."""
    taken: dict[int, list[Days]] = {}
    for row in rows:
        for inside in _without(row.during.within(days), taken.setdefault(row.person, [])):
            yield row.person, row.name, inside
            taken[row.person].append(inside)


def _without(days: Days | None, taken: Iterable[Days]) -> list[Days]:
    """Days that are not taken yet."""
    left = [days] if days is not None else []
    for one in list(taken):
        left = [
            piece
            for each in left
            for start, end in ((each.start, min(each.end, one.start)), (max(each.start, one.end), each.end))
            if start < end
            for piece in (Days(start, end),)
        ]
    return left


def _homes(ground: Ground, counts: Counts, days: Days) -> Iterator[Counted]:
    """Households of the kinds of grid that hold them; homes that nobody counted stand without a number."""
    kinds = ground.snapshot.kind_by_code
    for index, grid in enumerate(ground.tiles):
        if not kinds[grid.kind].holds_households:
            continue
        if grid.parts:
            for part in grid.parts:
                yield from _counted(f"part:{part.id}", counts.get(("part", part.id), ()), days)
            continue
        for at in ground.buildings_of.get(index, ()):
            building = ground.snapshot.buildings[at]
            yield from _counted(f"grid:{grid.id}", counts.get(("building", building.id), ()), days)


def _counted(key: str, rows: Sequence[tuple[Days, int | None]], days: Days) -> Iterator[Counted]:
    told = [(inside, number) for during, number in rows if (inside := during.within(days)) is not None]
    for inside, number in told:
        yield Counted(key, inside, number)
    for inside in _without(days, (one for one, _ in told)):
        yield Counted(key, inside, None)


def _shop_days(
    ground: Ground, shops: _Shops, assigned: Mapping[int, tuple[int, int]], *, generation: int, days: Days
) -> Iterator[tuple[MicroGrid, Days]]:
    """The grid that each open shop counts for, and on which days: as it was given, else where its door is."""
    grids = {grid.id: grid for grid in ground.snapshot.grids}
    kinds = ground.snapshot.kind_by_code
    for at, row in enumerate(shops.rows):
        inside = row.during.within(days)
        if inside is None:
            continue
        held = ground.dedicated_of_shop[at]
        door = ground.shop_grids[held] if held is not None else None
        number, since = assigned.get(row.shop, (None, 0))
        later = [one for one in shops.given.get(row.shop, ()) if since <= one.generation <= generation]
        pieces = [(one.grid, piece) for one in later if (piece := one.during.within(inside)) is not None]
        pieces += [(number, piece) for piece in _without(inside, (piece for _, piece in pieces))]
        for given, piece in pieces:
            grid = _holding(grids.get(given) if given is not None else None, kinds) or door
            if grid is not None:
                yield grid, piece


def _holding(grid: MicroGrid | None, kinds: Mapping[str, Kind]) -> MicroGrid | None:
    return grid if grid is not None and kinds[grid.kind].holds_shops else None

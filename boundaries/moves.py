"""What went from one micro-grid to another between two states: ground, premises, households, people in charge."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from boundaries.holdings import Premises, homes
from boundaries.model import MicroGrid, Person
from boundaries.snapshot import Snapshot
from boundaries.succession import heirs, polygons
from geo.metric import Metric
from geo.segments import as_shapes

Pair = tuple[int | None, int | None]  # permanent numbers of a micro-grid before and of one after


@dataclass(frozen=True, slots=True)
class Move:
    """What went from one micro-grid to another.

    Attributes
    ----------
    old, new : str or None
        Code of the grid before, in the older state, and of the one after, in the newer one; None
        where no grid of the same layer held the ground, or none held the premises.
    ground : Polygon or MultiPolygon
        In stored degrees (EPSG:4490); empty where only premises went over.
    area_m2 : float
        Of the ground.
    households : int
        Counted in the buildings that went over; what nobody counted adds nothing.
    buildings, compounds, shops : tuple of str
        Codes of the premises that went over and are in both states.
    people_old, people_new : tuple of Person
        In charge of the old grid then, and of the new one now.
    """

    old: str | None
    new: str | None
    ground: Polygon | MultiPolygon
    area_m2: float
    households: int = 0
    buildings: tuple[str, ...] = ()
    compounds: tuple[str, ...] = ()
    shops: tuple[str, ...] = ()
    people_old: tuple[Person, ...] = ()
    people_new: tuple[Person, ...] = ()

    @property
    def has_other_people(self) -> bool:
        """Whether somebody else is in charge now, by name and role."""
        before, after = ({(one.name, one.role) for one in side} for side in (self.people_old, self.people_new))
        return before != after


def moves(
    old: Snapshot,
    new: Snapshot,
    *,
    metric: Metric,
    ground: Mapping[Pair, Sequence[Polygon]] | None = None,
    people: tuple[Sequence[Person], Sequence[Person]] = ((), ()),
) -> tuple[Move, ...]:
    """Find everything that went over.

    Parameters
    ----------
    old, new : Snapshot
        Both in stored coordinates, with the grids that differ and those that hold the premises
        given; grids and premises that are the same in both may be left out of both.
    metric : Metric
    ground : mapping, optional
        As :func:`moved_ground` has found it, where it is at hand.
    people : tuple of two sequences of Person
        Those in charge on the day of each state.

    Returns
    -------
    tuple of Move
        One for each pair of grids, by rank; a grid that only goes by another code gives nothing away.
    """
    before, after = ({grid.id: grid for grid in side.grids} for side in (old, new))
    ground = moved_ground(old.grids, new.grids) if ground is None else ground
    premises = _premises(homes(old), homes(new), known=_listed(old) & _listed(new))
    households = {building.code: building.households or 0 for building in new.buildings}
    shapes = {pair: _united(pieces) for pair, pieces in ground.items()}
    areas = dict(zip(shapes, np.asarray(metric.area_m2(as_shapes(shapes.values()))).tolist(), strict=True))
    charges = tuple(_by_target(side) for side in people)
    found = []
    for pair in sorted(shapes.keys() | premises.keys(), key=lambda one: _ranks(one, before, after)):
        was, now = before.get(pair[0] or 0), after.get(pair[1] or 0)
        moved = premises.get(pair, ())
        buildings = _codes(moved, "building")
        found.append(
            Move(
                old=None if was is None else was.code,
                new=None if now is None else now.code,
                ground=shapes.get(pair, MultiPolygon()),
                area_m2=areas.get(pair, 0.0),
                households=sum(households.get(code, 0) for code in buildings),
                buildings=buildings,
                compounds=_codes(moved, "compound"),
                shops=_codes(moved, "shop"),
                people_old=_in_charge(was, charges[0]),
                people_new=_in_charge(now, charges[1]),
            )
        )
    return tuple(found)


def moved_ground(old: Sequence[MicroGrid], new: Sequence[MicroGrid]) -> dict[Pair, list[Polygon]]:
    """Pieces of ground by who held them and who holds them, within a layer.

    Parameters
    ----------
    old, new : sequence of MicroGrid
        In stored coordinates; those that are the same in both may be left out of both.

    Returns
    -------
    dict
        Permanent numbers of the grid before and of the one after, None where there was none -> pieces.
    """
    found: dict[Pair, list[Polygon]] = {}
    for layer in ("tile", "overlay"):
        was, now = ([grid for grid in side if grid.layer == layer] for side in (old, new))
        for first, second, is_back in ((was, now, False), (now, was, True)):
            taken = heirs(first, second)
            for giver, taker, ground in zip(taken.old.tolist(), taken.new.tolist(), taken.ground, strict=True):
                one, other = first[giver].id, second[taker].id if taker >= 0 else None
                # Backwards only what nobody held before is new.
                if one != other and (not is_back or other is None):
                    found.setdefault((other, one) if is_back else (one, other), []).extend(polygons(ground))
    return found


def _listed(state: Snapshot) -> set[Premises]:
    found: set[Premises] = {("building", one.code) for one in state.buildings}
    return found | {("compound", one.code) for one in state.compounds} | {("shop", one.code) for one in state.shops}


def _premises(
    before: Mapping[Premises, MicroGrid], after: Mapping[Premises, MicroGrid], *, known: Collection[Premises]
) -> dict[Pair, list[Premises]]:
    """Premises by who held them and who holds them; what was built or taken down went nowhere."""
    found: dict[Pair, list[Premises]] = {}
    for premises in sorted(known):
        was, now = before.get(premises), after.get(premises)
        pair = (None if was is None else was.id, None if now is None else now.id)
        if pair[0] != pair[1]:
            found.setdefault(pair, []).append(premises)
    return found


def _united(pieces: Sequence[Polygon]) -> Polygon | MultiPolygon:
    return pieces[0] if len(pieces) == 1 else MultiPolygon(polygons(shapely.union_all(pieces)))


def _codes(premises: Iterable[Premises], kind: str) -> tuple[str, ...]:
    return tuple(code for of_kind, code in premises if of_kind == kind)


def _ranks(pair: Pair, before: Mapping[int, MicroGrid], after: Mapping[int, MicroGrid]) -> tuple[float, float]:
    last = float("inf")
    was, now = before.get(pair[0] or 0), after.get(pair[1] or 0)
    return (last if was is None else was.rank, last if now is None else now.rank)


def _by_target(people: Iterable[Person]) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = {}
    for person in people:
        found.setdefault(person.target, []).append(person)
    return found


def _in_charge(grid: MicroGrid | None, charges: Mapping[str, Sequence[Person]]) -> tuple[Person, ...]:
    if grid is None:
        return ()
    codes = (grid.code, *(part.code for part in grid.parts))
    return tuple(person for code in codes for person in charges.get(code, ()))

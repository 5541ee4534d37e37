"""Generations of a town whose right answers are known before anybody publishes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator as Random
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from boundaries.model import Building, MicroGrid, Shop
from boundaries.store import registers, states
from tests.benchmarks.served_plan import TODAY, PlanDatabase, fill, town

# Probes that are premises too, to be asked for by a code and by an address.
PREMISES = 20
STREET = "人民路"
_ON_CORNERS, _OUTSIDE = 100, 50
_RECODED = 3

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Division:
    """One generation and what it must answer.

    Attributes
    ----------
    number : int
    grids : tuple of MicroGrid
        By rank.
    probes : ndarray of float, shape (n, 2)
    """

    number: int
    grids: tuple[MicroGrid, ...]
    probes: Points

    @cached_property
    def positions(self) -> NDArray[np.int32]:
        """Place of the right grid of each probe: of those that touch it the first; -2 outside."""
        point, grid = shapely.STRtree([grid.polygon for grid in self.grids]).query(
            shapely.points(self.probes), predicate="intersects"
        )
        lowest = np.full(len(self.probes), len(self.grids), dtype=np.int32)
        np.minimum.at(lowest, point, grid.astype(np.int32))
        return np.where(lowest == len(self.grids), -2, lowest).astype(np.int32)

    @cached_property
    def codes(self) -> list[str | None]:
        """Code of the right grid of each probe."""
        return [None if place < 0 else self.grids[place].code for place in self.positions.tolist()]

    def next(self, rng: Random) -> "Division":
        """The division after: some grids have other codes and the last ranks, two have changed their shapes."""
        chosen = rng.permutation(len(self.grids)).tolist()
        gone = set(chosen[:_RECODED])
        one = chosen[_RECODED]
        other = next(place for place in chosen[_RECODED + 1 :] if self.grids[place].area == self.grids[one].area)
        shapes = {one: self.grids[other].polygon, other: self.grids[one].polygon}
        kept = [
            replace(grid, polygon=shapes.get(place, grid.polygon))
            for place, grid in enumerate(self.grids)
            if place not in gone
        ]
        recoded = [
            replace(self.grids[place], code=f"{self.grids[place].code.partition('-')[0]}-{self.number + 1}")
            for place in sorted(gone)
        ]
        return Division(self.number + 1, (*kept, *recoded), self.probes)

    def change_from(self, former: "Division") -> Callable[[Session, int], Any]:
        """What turns a draft of the former division into this one."""
        before = {grid.code: grid for grid in former.grids}
        after = {grid.code for grid in self.grids}

        def change(session: Session, draft: int) -> None:
            states.retire(session, draft, "grids", [code for code in before if code not in after])
            written = [grid for grid in self.grids if before.get(grid.code) is not grid]
            states.put_grids(session, draft, written, source_id=None)

        return change


def begin(plan: PlanDatabase, name: str, rng: Random) -> Division:
    """Publish a town with a few premises, and say what it must answer."""
    areas, grids = town(name)
    fill(plan, areas, grids)
    probes = _probes(grids, rng)
    places = shapely.points(probes[:PREMISES])

    def change(session: Session, draft: int) -> None:
        houses = [Building(0, f"B{number}", f"{number}幢", place) for number, place in enumerate(places)]
        states.put_buildings(session, draft, houses, source_id=None)
        shops = [
            Shop(0, f"S{number}", f"第{number}店", place, street=STREET, door_number=f"{number + 1}号")
            for number, place in enumerate(places)
        ]
        registers.put_shops(session, shops, source_id=None, today=TODAY)

    return Division(plan.edit(change).number, grids, probes)


def _probes(grids: Sequence[MicroGrid], rng: Random) -> Points:
    """A point in each grid, then corners, which several grids may share, and points outside."""
    shapes = np.array([grid.polygon for grid in grids], dtype=object)
    within = shapely.get_coordinates(shapely.point_on_surface(rng.permutation(shapes)))
    corners = rng.permutation(shapely.get_coordinates(shapes))[:_ON_CORNERS]
    low, high = shapely.total_bounds(shapes).reshape(2, 2)
    outside = rng.uniform(high, high + (high - low), (_OUTSIDE, 2))
    return np.round(np.concatenate([within, corners, outside]), 9)

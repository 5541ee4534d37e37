"""Everything that a single look-up may be asked, answered from one generation in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from boundaries.lookup.addresses import AddressBook
from boundaries.lookup.answer import (
    Located,
    LocatedArea,
    LocatedGrid,
    NearGrid,
    Purpose,
    responsible_of,
)
from boundaries.lookup.near_buildings import NearBuildings
from boundaries.lookup.plan_index import PlanIndex
from boundaries.model import Area, Person
from boundaries.snapshot import Snapshot
from geo.locate_one import locator
from geo.metric import Metric
from geo.near import near_cells

People = Mapping[str, tuple[Person, ...]]

# The first circle in which the nearest grid is sought, in metres; each next one is four times as wide.
_FIRST_CIRCLE_M = 100.0
_WIDER = 4.0
# A degree of longitude is at least so long wherever grids are drawn, so the window round a point is wide enough.
_DEGREE_M = 50_000.0


@dataclass(frozen=True)
class Directory:
    """What answers for one point.

    Attributes
    ----------
    plan : PlanIndex
    metric : Metric
        In which distances are measured.
    people : mapping of str to tuple of Person
        By the code of their grid, part or area.
    buildings : NearBuildings
    book : AddressBook
    tile_at : callable
        From x and y in the coordinates of the plan to the position of the tile grid, -1 for
        none, and whether the point lies on the border of one.
    overlay_at : callable
        The same for overlays.
    """

    plan: PlanIndex
    metric: Metric
    people: People
    buildings: NearBuildings
    book: AddressBook
    tile_at: Callable[[float, float], tuple[int, bool]]
    overlay_at: Callable[[float, float], tuple[int, bool]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Directory":
        """Make the directory of a plan.

        Parameters
        ----------
        snapshot : Snapshot

        Returns
        -------
        Directory

        Raises
        ------
        BadInput
            If grids are doubtful; see :meth:`PlanIndex.of`.
        """
        plan, metric = PlanIndex.of(snapshot), snapshot.metric
        tiles, overlays = plan.tiles.index.table, plan.overlays.index.table
        book = AddressBook.of(snapshot)
        return cls(
            plan,
            metric,
            _by_target(snapshot.people),
            NearBuildings.of(snapshot.buildings, book.building_labels, metric),
            book,
            _nowhere if tiles is None else locator(tiles),
            _nowhere if overlays is None else locator(overlays),
        )

    def with_registers(self, snapshot: Snapshot) -> "Directory":
        """The same generation with the people and shops of another day or hour."""
        return replace(self, people=_by_target(snapshot.people), book=AddressBook.of(snapshot))

    def locate(
        self,
        x: float,
        y: float,
        *,
        for_: Purpose | None = None,
        unit: str | None = None,
        floor: int | None = None,
        within_m: float | None = None,
        with_building: bool = True,
    ) -> Located:
        """Say where a point is.

        Parameters
        ----------
        x, y : float
            In the coordinates of the plan.
        for_, unit, floor
            See :func:`boundaries.lookup.answer.responsible_of`.
        within_m : float, optional
            Tell the tile grids within so many metres.
        with_building : bool
            Tell the nearest building.

        Returns
        -------
        Located
        """
        cell, on_border = self.tile_at(x, y)
        overlay = self.overlay_at(x, y)
        touching = [self.told(grid) for grid in self.plan.touching(x, y, (cell, on_border), overlay)]
        areas = self._areas(x, y, cell)
        in_gap = cell < 0 and bool(areas)
        return Located(
            generation=self.plan.generation,
            micro_grid=next((grid for grid in touching if grid.layer == "tile"), None),
            dedicated=tuple(grid for grid in touching if self.plan.kinds[grid.kind].is_dedicated),
            responsible=responsible_of(touching, self.plan.kinds, for_=for_, unit=unit, floor=floor),
            areas=areas,
            on_border=on_border,
            in_gap=in_gap,
            outside=not areas,
            near=None if within_m is None else self._near(x, y, cell, within_m) if areas else (),
            nearest=self._nearest(x, y) if in_gap else None,
            # Outside, a point may have no place in the metric plane at all.
            building=self.buildings.nearest(x, y) if with_building and areas else None,
        )

    def is_outside(self, x: float, y: float) -> bool:
        """Whether a point in no grid, in the coordinates of the plan, lies in no area either."""
        return self.plan.lowest_area(x, y) is None

    def told(self, grid: LocatedGrid) -> LocatedGrid:
        """A grid with the people in charge of it and of its parts."""
        parts = {part.code: self.people.get(part.code, ()) for part in grid.parts}
        return replace(grid, people=self.people.get(grid.code, ()), part_people=parts)

    def chain(self, area: Area | None) -> tuple[LocatedArea, ...]:
        """An area and those above it, from the top down."""
        found: list[LocatedArea] = []
        while area is not None and all(above.code != area.code for above in found):
            found.append(LocatedArea(area.code, area.name, area.level, self.people.get(area.code, ())))
            area = self.plan.area_by_code.get(area.parent) if area.parent else None
        return tuple(reversed(found))

    def _areas(self, x: float, y: float, cell: int) -> tuple[LocatedArea, ...]:
        if cell >= 0:
            return self.chain(self.plan.area_by_code.get(self.plan.tiles.areas[cell]))
        return self.chain(self.plan.lowest_area(x, y))

    def _near(self, x: float, y: float, cell: int, within_m: float) -> tuple[NearGrid, ...]:
        table = self.plan.tiles.index.table
        if table is None:
            return ()
        degrees = within_m / (_DEGREE_M if self.plan.placement.crs.is_geographic else 0.5)
        found = near_cells(
            table, x, y, within_m=within_m, reach=(degrees, degrees), to_plane=self.metric.points_in_plane
        )
        others = [(other, distance) for other, distance in found if other != cell]
        inside = [(cell, 0.0)] if cell >= 0 else []
        return tuple(self._near_grid(other, distance) for other, distance in [*inside, *others])

    def _nearest(self, x: float, y: float) -> NearGrid | None:
        """Circle after circle, until one reaches a grid or they have grown beyond all of them."""
        within_m = _FIRST_CIRCLE_M
        while within_m < self.plan.width_m(self.metric) * _WIDER:
            near = self._near(x, y, -1, within_m)
            if near:
                return near[0]
            within_m *= _WIDER
        return None

    def _near_grid(self, cell: int, distance_m: float) -> NearGrid:
        grid = self.plan.tiles.grids[cell]
        return NearGrid(grid.code, grid.name, distance_m)


def _nowhere(_x: float, _y: float) -> tuple[int, bool]:
    return -1, False


def _by_target(people: Sequence[Person]) -> dict[str, tuple[Person, ...]]:
    found: dict[str, tuple[Person, ...]] = {}
    for person in people:
        found[person.target] = (*found.get(person.target, ()), person)
    return found

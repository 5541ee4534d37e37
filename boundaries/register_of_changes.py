"""The register of micro-grids (登记表) as offices file it: one row a grid, and what changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import STRtree

from boundaries.bounds_in_words import Landmark, Neighbour, Surroundings, in_words
from boundaries.holdings import homes
from boundaries.model import Building, MicroGrid, Person
from boundaries.number_ranges import number_ranges
from boundaries.snapshot import Snapshot
from boundaries.tiers import Tier, phone_for
from geo.errors import Language
from geo.rings import Shapes
from geo.segments import as_shapes

_WALL = {"zh": "围墙", "en": "a wall"}
_AHEAD = ("liaison", "full_time", "volunteer")


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One micro-grid as it is filed; counts are None where nobody counted."""

    code: str
    name: str
    kind: str
    area_code: str
    area: str
    households: int | None
    buildings: str
    building_count: int
    shops: int
    area_m2: float
    people: str
    bounds: str
    remark: str = ""


def register_rows(
    snapshot: Snapshot,
    *,
    codes: Collection[str] | None = None,
    remarks: Mapping[str, str] | None = None,
    tier: Tier = "public",
    language: Language = "zh",
    max_distance_m: float = 25.0,
) -> tuple[RegisterRow, ...]:
    """Describe micro-grids of one state.

    Parameters
    ----------
    snapshot : Snapshot
        With the streets, water and walls that may bound them.
    codes : collection of str, optional
        Of the grids wanted; by default all.
    remarks : mapping, optional
        Code of a grid -> what changed, as :func:`boundaries.remarks.remarks` words it.
    tier : Tier
        Below *restricted* only published phones are told.
    language : {"zh", "en"}
    max_distance_m : float
        How far a street, water or wall may lie from a border that follows it.

    Returns
    -------
    tuple of RegisterRow
        By code of the area, then by code.
    """
    wanted = [grid for grid in snapshot.grids if codes is None or grid.code in codes]
    facts = _Facts.of(snapshot, tier=tier, language=language)
    planes = np.asarray(snapshot.metric.to_plane(as_shapes(grid.polygon for grid in wanted)), dtype=object)
    bounds = _bounds(snapshot, wanted, planes, language, max_distance_m)
    rows = [
        RegisterRow(
            code=grid.code,
            name=f"{grid.name}({grid.honorary_name})" if grid.honorary_name else grid.name,
            kind=facts.kind(grid),
            area_code=grid.area,
            area=snapshot.area_by_code[grid.area].name if grid.area in snapshot.area_by_code else "",
            households=facts.households(grid),
            buildings=facts.buildings(grid),
            building_count=len(facts.buildings_of.get(grid.id, ())),
            shops=facts.shops_of.get(grid.id, 0),
            area_m2=round(float(shapely.area(plane)), 2),
            people=facts.people(grid),
            bounds=words,
            remark=(remarks or {}).get(grid.code, ""),
        )
        for grid, plane, words in zip(wanted, planes, bounds, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (row.area_code, row.code)))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the grids of a snapshot hold, and who is in charge."""

    snapshot: Snapshot
    buildings_of: Mapping[int, Sequence[Building]]
    shops_of: Mapping[int, int]
    people_of: Mapping[str, Sequence[Person]]
    tier: Tier
    language: Language

    @classmethod
    def of(cls, snapshot: Snapshot, *, tier: Tier, language: Language) -> "_Facts":
        held, buildings, shops = homes(snapshot), dict[int, list[Building]](), dict[int, int]()
        for building in snapshot.buildings:
            if (grid := held.get(("building", building.code))) is not None:
                buildings.setdefault(grid.id, []).append(building)
        for shop in snapshot.shops:
            if shop.state != "closed" and (grid := held.get(("shop", shop.code))) is not None:
                shops[grid.id] = shops.get(grid.id, 0) + 1
        people: dict[str, list[Person]] = {}
        for person in snapshot.people:
            people.setdefault(person.target, []).append(person)
        return cls(snapshot, buildings, shops, people, tier, language)

    def kind(self, grid: MicroGrid) -> str:
        kind = self.snapshot.kind_by_code.get(grid.kind)
        return grid.kind if kind is None else kind.name_zh if self.language == "zh" else kind.name_en

    def households(self, grid: MicroGrid) -> int | None:
        """Of its parts where they are counted, else of its buildings."""
        counts = [part.households for part in grid.parts if part.households is not None]
        buildings = self.buildings_of.get(grid.id, ())
        counts = counts or [one.households for one in buildings if one.households is not None]
        return sum(counts) if counts else None

    def buildings(self, grid: MicroGrid) -> str:
        """Compound by compound, their numbers as ranges; those of no compound last."""
        names = {compound.code: compound.name for compound in self.snapshot.compounds}
        numbers: dict[str, list[str]] = {}
        for building in self.buildings_of.get(grid.id, ()):
            compound = building.compound or ""
            numbers.setdefault(names.get(compound, compound), []).append(building.number)
        told = [f"{name}{number_ranges(numbers[name])}" for name in sorted(numbers, key=lambda one: (not one, one))]
        return "；".join(told) if self.language == "zh" else "; ".join(told)

    def people(self, grid: MicroGrid) -> str:
        """Those in charge of it and of its parts by role, with the phones that the tier may see."""
        roles = {role.code: role.name_zh if self.language == "zh" else role.name_en for role in self.snapshot.roles}
        found = [
            one for code in (grid.code, *(part.code for part in grid.parts)) for one in self.people_of.get(code, ())
        ]
        order = {role: place for place, role in enumerate((*_AHEAD, *roles))}
        told = []
        for person in sorted(found, key=lambda one: (order.get(one.role, len(order)), one.name)):
            phone = phone_for(self.tier, person.phone, is_published=person.phone_published)
            told.append(" ".join(filter(None, (roles.get(person.role, person.role), person.name, phone))))
        return ("、" if self.language == "zh" else ", ").join(dict.fromkeys(told))


def _bounds(
    snapshot: Snapshot, grids: Sequence[MicroGrid], planes: Shapes, language: Language, max_distance_m: float
) -> list[str]:
    """The four sides of each grid, area by area: neighbours of the same area go by their own names."""
    marks = _landmarks(snapshot, language)
    tree = STRtree(as_shapes(mark.shape for mark in marks))
    tiles = [grid for grid in snapshot.grids if grid.layer == "tile"]
    ground = np.asarray(snapshot.metric.to_plane(as_shapes(grid.polygon for grid in tiles)), dtype=object)
    ground_tree = STRtree(ground)
    found = [""] * len(grids)
    for area in dict.fromkeys(grid.area for grid in grids):
        here = [index for index, grid in enumerate(grids) if grid.area == area]
        outline = shapely.box(*shapely.total_bounds(planes[here])).buffer(max_distance_m)
        near = [marks[index] for index in np.sort(tree.query(outline)).tolist()]
        beside = [
            Neighbour(_name_from(snapshot, tiles[index], area), ground[index])
            for index in np.sort(ground_tree.query(outline)).tolist()
        ]
        around = Surroundings(near, beside, max_distance_m)
        for index in here:
            found[index] = in_words(around.sides(planes[index]), language)
    return found


def _name_from(snapshot: Snapshot, grid: MicroGrid, area: str) -> str:
    """What the people of an area call a neighbour: a grid of their own by its name, another by that of its area."""
    if grid.area == area or grid.area not in snapshot.area_by_code:
        return grid.name
    return snapshot.area_by_code[grid.area].name


def _landmarks(snapshot: Snapshot, language: Language) -> list[Landmark]:
    named = [Landmark(street.name, "street", street.line) for street in snapshot.streets if street.name]
    named += [Landmark(water.name, "water", water.shape) for water in snapshot.waters if water.name]
    named += [Landmark(_WALL[language], "wall", wall.line) for wall in snapshot.walls]
    planes = snapshot.metric.to_plane(as_shapes(mark.shape for mark in named))
    return [Landmark(mark.name, mark.kind, plane) for mark, plane in zip(named, planes, strict=True)]

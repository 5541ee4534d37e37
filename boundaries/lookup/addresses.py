"""Premises by what callers hold instead of a point: a code, or an address in words."""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
import shapely

from boundaries.lookup.area_words import AreaWords, first_around
from boundaries.lookup.place_text import LONGEST_TEXT, PlaceText, building_key, door_key, normal_form, readings
from boundaries.model import Building, Compound, PremisesKind
from boundaries.snapshot import Snapshot
from geo.rings import Shapes
from geo.segments import as_shapes

_WORD_END = re.compile("[幢楼号]$")
# Registers repeat themselves. What is asked for is never remembered.
_known_form = lru_cache(maxsize=65536)(normal_form)
_COUNTING = frozenset("0123456789零〇一二两三四五六七八九十百")


@dataclass(frozen=True, slots=True)
class FoundPremises:
    """Premises that a code or a text names.

    Attributes
    ----------
    kind : {"building", "compound", "shop"}
    code : str
    label : str
        What people call it: 锦绣花园3幢; 四季理发店(杏林路1号).
    point : tuple of float
        x, y inside it, in the system of the snapshot; the door of a shop.
    compound : str or None
        Code of a building's compound; where that is not known, what the building calls it.
    area : str or None
        Code of the lowest area around the point.
    grid : str or None
        Code of the micro-grid it is assigned to; None where nobody has assigned it.
    unit : str or None
        Entrance (单元) that the text names.
    floor : int or None
        Storey that the text names; never guessed from a room's number.
    """

    kind: PremisesKind
    code: str
    label: str
    point: tuple[float, float]
    compound: str | None = None
    area: str | None = None
    grid: str | None = None
    unit: str | None = None
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """What goes by one name: compounds, buildings by number, shops with their names by door."""

    compounds: list[FoundPremises] = field(default_factory=list)
    buildings: dict[str, list[FoundPremises]] = field(default_factory=dict)
    doors: dict[str, list[tuple[str, FoundPremises]]] = field(default_factory=dict)


@dataclass(frozen=True)
class AddressBook:
    """The premises of one snapshot by code and by address; made by :meth:`of`.

    Every answer holds all that fits: one, several candidates, or nothing.
    """

    _buildings: Mapping[str, Sequence[FoundPremises]]
    _shops: Mapping[str, Sequence[FoundPremises]]
    _names: Mapping[str, _Named]
    _shop_names: Mapping[str, Sequence[tuple[str, FoundPremises]]]
    _areas: AreaWords
    _longest: int

    @classmethod
    def of(cls, snapshot: Snapshot) -> "AddressBook":
        """Index a snapshot.

        Parameters
        ----------
        snapshot : Snapshot
            Premises without a shape are left out; closed shops are found by code alone.

        Returns
        -------
        AddressBook
        """
        index = _Index(snapshot, AreaWords.of(snapshot))
        index.add_compounds()
        index.add_buildings()
        index.add_shops()
        longest = max(map(len, index.names), default=0)
        return cls(index.buildings, index.shops, index.names, index.shop_names, index.areas, longest)

    def building(self, code: str) -> tuple[FoundPremises, ...]:
        """The building of a code, whatever its case and width; several where a file repeats it."""
        return tuple(self._buildings.get(_code_key(code), ()))

    def shop(self, code: str) -> tuple[FoundPremises, ...]:
        """Shops by their code or 统一社会信用代码, whatever its case and width; a firm may have several."""
        return tuple(self._shops.get(_code_key(code), ()))

    def within(self, compound: str) -> tuple[FoundPremises, ...]:
        """The buildings of a compound, by the compound's code."""
        return self._homes.get(compound, ())

    @property
    def building_labels(self) -> dict[str, str]:
        """What people call each building, by code."""
        return {one.code: one.label for buildings in self._buildings.values() for one in buildings}

    @cached_property
    def _homes(self) -> dict[str, tuple[FoundPremises, ...]]:
        homes: dict[str, list[FoundPremises]] = {}
        for buildings in self._buildings.values():
            for building in buildings:
                homes.setdefault(building.compound or "", []).append(building)
        return {code: tuple(buildings) for code, buildings in homes.items()}

    def place(self, text: str) -> tuple[FoundPremises, ...]:
        """Premises that an address in words names.

        Parameters
        ----------
        text : str
            锦绣花园3幢2单元501室, 文昌路12号, a compound, or the name of a shop; areas may
            stand before it. A text of more than 200 characters names nothing.

        Returns
        -------
        tuple of FoundPremises
            One, or every candidate where the text leaves it open. Nothing where a building,
            door, town or community that it names does not fit: the compound alone is no
            answer then.
        """
        found: dict[FoundPremises, None] = {}
        for reading in readings(text, self._names, self._longest):
            found |= dict.fromkeys(self._at_door(reading) if reading.door is not None else self._by_number(reading))
        return tuple(found | dict.fromkeys(self._by_shop_name(text)))

    def _by_number(self, reading: PlaceText) -> Iterator[FoundPremises]:
        named, number = self._names[reading.name], reading.building or ""
        things = [*named.buildings.get(number, ()), *(() if number else named.compounds)]
        if things and (reading.is_parted or self._areas.may_lead(reading.lead)):
            fits = self._areas.fitting(reading.lead)
            yield from (replace(one, unit=reading.unit, floor=reading.floor) for one in things if fits(one.area))

    def _at_door(self, reading: PlaceText) -> Iterator[FoundPremises]:
        """Shops at a door; a shop's name before or behind the address chooses among them."""
        here = self._names[reading.name].doors.get(reading.door or "", ())
        named = [(name, shop) for name, shop in here if name and reading.lead.endswith(name)]
        for name, shop in named or here:
            if reading.rest not in ("", name):
                continue
            lead = reading.lead.removesuffix(name) if named else reading.lead
            if (reading.is_parted or self._areas.may_lead(lead)) and self._areas.fitting(lead)(shop.area):
                yield replace(shop, floor=reading.floor)

    def _by_shop_name(self, text: str) -> Iterator[FoundPremises]:
        plain = normal_form(text) if len(text) <= LONGEST_TEXT else ""
        for start in range(len(plain)):
            lead = plain[:start]
            for street, shop in self._shop_names.get(plain[start:], ()):
                is_led = not lead or self._areas.ends(lead) or bool(street and lead.endswith(street))
                if is_led and self._areas.fitting(lead)(shop.area):
                    yield shop


def _code_key(code: str) -> str:
    return "".join(unicodedata.normalize("NFKC", code).casefold().split())


class _Index:
    """The dictionaries of a book while it is being written.

    Parameters
    ----------
    snapshot : Snapshot
    areas : AreaWords
    """

    def __init__(self, snapshot: Snapshot, areas: AreaWords) -> None:
        self.snapshot, self.areas = snapshot, areas
        self.grids = {(one.premises_kind, one.premises): one.grid for one in snapshot.assignments if one.grid}
        self.buildings: dict[str, list[FoundPremises]] = {}
        self.shops: dict[str, list[FoundPremises]] = {}
        self.names: dict[str, _Named] = {}
        self.shop_names: dict[str, list[tuple[str, FoundPremises]]] = {}

    def named(self, name: str) -> _Named:
        return self.names.setdefault(name, _Named())

    def found(
        self, kind: PremisesKind, code: str, label: str, at: tuple[float, float], area: str | None
    ) -> FoundPremises:
        return FoundPremises(kind, code, label, at, area=area, grid=self.grids.get((kind, code)))

    def add_compounds(self) -> None:
        compounds = self.snapshot.compounds
        points, places = _points(compound.polygon for compound in compounds)
        for compound, area, at in zip(compounds, self.areas.around(points), places, strict=True):
            if at is not None and (name := _known_form(compound.name)):
                found = self.found("compound", compound.code, compound.name, at, area)
                self.named(name).compounds.append(replace(found, compound=compound.code))

    def add_buildings(self) -> None:
        buildings = self.snapshot.buildings
        points, places = _points(building.shape for building in buildings)
        homes, areas = _homes(self.snapshot.compounds, buildings, points), self.areas.around(points)
        for building, home, area, at in zip(buildings, homes, areas, places, strict=True):
            if at is not None:
                self._add_building(building, home, area, at)

    def _add_building(
        self, building: Building, home: Compound | None, area: str | None, at: tuple[float, float]
    ) -> None:
        called = home.name if home else building.compound or ""
        base, whole = _known_form(called), _known_form(building.number)
        own = whole if _joined(base, whole.removeprefix(base)) != whole else whole.removeprefix(base).lstrip("-")
        name, number = building_key(own)
        areas = [] if base or name else self.snapshot.ancestors(area or "")
        label = building.number.strip() or building.code
        if number and not name and not _WORD_END.search(whole):
            label += "幢"
        if areas:
            called = next((one.name for one in areas if self.areas.sorts.get(one.code)), areas[0].name)
        if not base or own == whole:
            label = _joined(called, label)
        found = self.found("building", building.code, label, at, area)
        found = replace(found, compound=home.code if home else building.compound)
        self.buildings.setdefault(_code_key(building.code), []).append(found)
        # A bare number goes by the area around it: 王庄村5号. One without anything is found by code alone.
        places = {_known_form(one.name) for one in areas} or {_known_form(_joined(base, name)) if name else base}
        for place in places if whole else ():
            self.named(place).buildings.setdefault(number, []).append(found)

    def add_shops(self) -> None:
        shops = self.snapshot.shops
        points, places = _points(shop.door for shop in shops)
        for shop, area, at in zip(shops, self.areas.around(points), places, strict=True):
            if at is None:
                continue
            street, door = _known_form(shop.street or ""), _known_form(shop.door_number or "").removeprefix("-")
            address = shop.door_number or ""
            if not door.startswith(street):
                address = _joined(shop.street or "", address)
            street, door = (street, door_key(door.removeprefix(street))) if street else building_key(door)
            label = f"{shop.name}({address})" if shop.name and address else shop.name or address or shop.code
            found, name = self.found("shop", shop.code, label, at, area), _known_form(shop.name)
            for code in {_code_key(shop.code), _code_key(shop.credit_code or shop.code)}:
                self.shops.setdefault(code, []).append(found)
            if shop.state == "closed":
                continue
            if street and door:
                self.named(street).doors.setdefault(door, []).append((name, found))
            if name:
                self.shop_names.setdefault(name, []).append((street, found))


def _points(shapes: Iterable[shapely.Geometry]) -> tuple[Shapes, list[tuple[float, float] | None]]:
    """A point inside each shape, and its coordinates; None for a shape without any."""
    points = shapely.point_on_surface(as_shapes(shapes))
    points[shapely.is_empty(points)] = None
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    return points, [(x, y) if math.isfinite(x) and math.isfinite(y) else None for x, y in xy.tolist()]


def _joined(name: str, number: str) -> str:
    """One behind the other, kept apart where their digits would run together."""
    apart = name[-1:] in _COUNTING and number[:1] in _COUNTING
    return f"{name} {number}" if apart and name and number else name + number


def _homes(compounds: Sequence[Compound], buildings: Sequence[Building], points: Shapes) -> list[Compound | None]:
    """The compound of each building: of the code or the one name it gives, else the one that it stands in."""
    by_code = {compound.code: compound for compound in compounds}
    by_name: dict[str, list[Compound]] = {}
    for compound in compounds:
        by_name.setdefault(_known_form(compound.name), []).append(compound)
    homes: list[Compound | None] = []
    for building, at in zip(buildings, first_around([one.polygon for one in compounds], points), strict=True):
        around = None if at is None else compounds[at]
        given = building.compound
        if not given:
            homes.append(around)
            continue
        same = [by_code[given]] if given in by_code else by_name.get(_known_form(given), [])
        homes.append(same[0] if len(same) == 1 else around if around in same else None)
    return homes

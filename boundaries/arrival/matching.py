"""Which standing thing a row means: by code, else by what people know it by."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from boundaries.arrival.rows import Arrival
from boundaries.model import Building, Compound, Shop
from boundaries.snapshot import Snapshot

_NUMBER_WORDS = re.compile(r"(号楼|栋|幢|号|楼|座)$")


def building_number(text: str) -> str:
    """A building's number without its measure word: 3幢, 3栋 and 3号楼 are one."""
    return _NUMBER_WORDS.sub("", text.strip().replace(" ", "")).lstrip("0") or text


@dataclass(frozen=True)
class Known:
    """Standing things by code, and codes by what else tells one from all others."""

    codes: frozenset[str]
    by_key: dict[object, str]

    @classmethod
    def of(cls, things: Iterable[Any], *keys: Callable[[Any], object | None]) -> "Known":
        """Index things by their codes and, where unique, by each of the keys."""
        many: dict[object, set[str]] = {}
        known = tuple(things)
        for number, key in enumerate(keys):
            for thing in known:
                found = key(thing)
                if found is not None:
                    many.setdefault((number, found), set()).add(thing.code)
        single = {key: next(iter(codes)) for key, codes in many.items() if len(codes) == 1}
        return cls(frozenset(thing.code for thing in known), single)


def matched(layer: str, arrivals: Sequence[Arrival], snapshot: Snapshot) -> list[Arrival]:
    """Give each row the code of the standing thing that it means.

    Parameters
    ----------
    layer : str
    arrivals : sequence of Arrival
    snapshot : Snapshot
        What stands.

    Returns
    -------
    list of Arrival
        A row that means nothing known keeps the code that it came with.
    """
    if layer == "buildings":
        compounds = _compound_codes(snapshot)
        placed = [
            arrival.but(compound=compounds.get(arrival.value.compound, arrival.value.compound)) for arrival in arrivals
        ]
        return _by_key(placed, Known.of(snapshot.buildings, _compound_and_number), _compound_and_number)
    if layer == "compounds":
        return _by_key(arrivals, Known.of(snapshot.compounds, _compound_name), _compound_name)
    if layer == "shops":
        return _shops(arrivals, snapshot.shops)
    return list(arrivals)


def _by_key(arrivals: Sequence[Arrival], known: Known, key: Callable[[Any], object | None]) -> list[Arrival]:
    result = []
    for arrival in arrivals:
        standing = known.by_key.get((0, key(arrival.value)))
        is_told = "code" in arrival.fields and arrival.value.code in known.codes
        result.append(arrival if standing is None or is_told else arrival.but(code=standing))
    return result


def _shops(arrivals: Sequence[Arrival], shops: Sequence[Shop]) -> list[Arrival]:
    """By credit code; by door and name only where one of the two has no credit code."""
    known = Known.of(shops, _credit_code, _door_and_name)
    credit_of = {shop.code: shop.credit_code for shop in shops}
    result = []
    for arrival in arrivals:
        shop = arrival.value
        standing = known.by_key.get((0, shop.credit_code)) if shop.credit_code else None
        if standing is None and shop.code not in known.codes:
            beside = known.by_key.get((1, _door_and_name(shop)))
            if beside is not None and not (shop.credit_code and credit_of[beside]):
                standing = beside
        result.append(arrival if standing is None else arrival.but(code=standing))
    return result


def _compound_and_number(building: Building) -> object | None:
    return (building.compound, building_number(building.number)) if building.compound and building.number else None


def _compound_name(compound: Compound) -> object | None:
    return compound.name or None


def _credit_code(shop: Shop) -> object | None:
    return shop.credit_code


def _door_and_name(shop: Shop) -> object | None:
    return (shop.street, shop.door_number, shop.name) if shop.door_number and shop.name else None


def _compound_codes(snapshot: Snapshot) -> dict[str | None, str]:
    """Compounds by code and by name, where one name is one compound."""
    names = Known.of(snapshot.compounds, _compound_name).by_key
    return {
        **{name: code for (_, name), code in names.items()},  # type: ignore[misc, has-type]
        **{compound.code: compound.code for compound in snapshot.compounds},
    }

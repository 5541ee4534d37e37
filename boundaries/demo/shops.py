"""Shops with their doors, numbers, names and trades."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely import Point

from boundaries.demo import names
from boundaries.demo.ground import SHOP_DEPTH_M, Ground
from boundaries.demo.placing import Register, placed
from boundaries.demo.shopfronts import ShopRow
from boundaries.model import Shop

_VACANT_SHARE = 0.04
_FIRST_PHONE = 5001


def open_shops(
    ground: Ground, rows: Sequence[ShopRow], register: Register, rng: np.random.Generator
) -> tuple[Shop, ...]:
    """Put shop rows on the map and shops into them.

    Parameters
    ----------
    ground : Ground
    rows : sequence of ShopRow
    register : Register
        Takes the roofs as buildings.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Shop
        Along each street, first its left side; door points on the fronts, door numbers
        odd on the left and even on the right.
    """
    called, phones = names.shop_names(rng), names.phones(_FIRST_PHONE)
    numbers: dict[tuple[str, bool], int] = {}
    roofs: dict[str, int] = {}
    shops: list[Shop] = []
    for row in sorted(rows, key=lambda row: (row.street, not row.left, row.along_m)):
        turn = ground.bend.direction(row.u, row.v, row.du, row.dv)
        east, north = ground.bend(np.array([[row.u, row.v]]))[0]
        x, y = row.length_m / 2, SHOP_DEPTH_M / 2
        roofs[row.street] = roofs.get(row.street, 0) + 1
        number = f"{row.street}商铺{roofs[row.street]}号楼"
        roof = placed(shapely.box(-x, -y, x, y), turn, east, north)
        register.building(row.block.community, roof, number=number, floors=2, dwellings=0, households=0)
        for door_m in row.doors_m:
            key = (row.street, row.left)
            numbers[key] = numbers.get(key, 0) + 1
            door = placed(Point(door_m, -y if row.left else y), turn, east, north)
            shops.append(_shop(len(shops) + 1, row, door, numbers[key], called=next(called), phone=next(phones)))
    return tuple(_states(shops, rng))


def _shop(number: int, row: ShopRow, door: Point, place: int, *, called: tuple[str, str], phone: str) -> Shop:
    code = names.credit_code(number)
    return Shop(
        id=number,
        code=code,
        name=called[0],
        door=door,
        door_number=f"{2 * place - 1 if row.left else 2 * place}号",
        credit_code=code,
        street=row.street,
        side="left" if row.left else "right",
        trade=called[1],
        contact=phone,
    )


def _states(shops: Sequence[Shop], rng: np.random.Generator) -> Iterator[Shop]:
    for shop in shops:
        yield replace(shop, state="vacant") if rng.random() < _VACANT_SHARE else shop

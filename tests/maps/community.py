"""An invented community to draw: streets, slab buildings, grids, shops, people, neighbours.

Coordinates are metres of EPSG:4549, a whole community of 620 by 480 m with eleven
micro-grids in two composite grids, a dedicated street front, and a tower in parts.
"""

from dataclasses import replace
from datetime import date

import shapely
from shapely import Point, affinity, box

from boundaries.model import (
    Area,
    Building,
    Compound,
    Kind,
    MicroGrid,
    Part,
    Person,
    Shop,
    Street,
    Wall,
    Water,
)
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs

DAY = date(2026, 11, 24)
TOWN = "321081104"
COMMUNITY = "321081104005"
X0, Y0 = 450_000.0, 3_570_000.0
TILT_DEG = 6.0

NAMES = (
    "滨河新村", "清水湾", "老粮站片区", "机械厂宿舍", "供销社家属院", "银杏小区", "桂花苑二区", "文昌阁片",
    "桂花苑一区", "锦绣花园北区",
)  # fmt: skip
_WIDTHS = (150, 110, 100, 130, 130)


def _tilted(shape):
    return affinity.translate(affinity.rotate(shape, TILT_DEG, origin=(310, 240)), X0, Y0)


def _cells():
    """Two rows of five blocks with a street front between them."""
    cells = []
    for row, (low, high) in enumerate(((0, 215), (245, 480))):
        x = 0
        for width in _WIDTHS:
            cells.append((row, box(x, low, x + width, high)))
            x += width
    return cells


def _grids():
    grids = []
    for index, (row, cell) in enumerate(_cells()):
        code = f"{COMMUNITY}{index + 1:03d}"
        parts = ()
        if index == 9:
            parts = (
                Part(901, f"{COMMUNITY}021", "锦绣花园北区1单元", units=("1",), households=68),
                Part(902, f"{COMMUNITY}022", "锦绣花园北区2单元", units=("2",), households=66),
            )
        area = f"{COMMUNITY}{'A' if row == 0 else 'B'}"
        grids.append(MicroGrid(index + 1, index + 1, code, NAMES[index], area, _tilted(cell), parts=parts))
    front = box(0, 215, 620, 245)
    grids.append(
        MicroGrid(11, 11, f"{COMMUNITY}011", "人民路沿街商铺", f"{COMMUNITY}B", _tilted(front), kind="street_front")
    )
    return tuple(grids)


def _buildings():
    buildings = []
    for index, (_, cell) in enumerate(_cells()):
        x_min, y_min, x_max, y_max = cell.bounds
        number = 0
        y = y_max - 30
        while y > y_min + 20:
            x = x_min + 12
            while x + 36 < x_max - 6:
                number += 1
                shape = _tilted(box(x, y, x + 36, y + 12))
                code = f"B{index + 1:02d}{number:02d}"
                buildings.append(Building(len(buildings) + 1, code, f"{number}幢", shape, households=24))
                x += 46
            y -= 40
    buildings.append(Building(9001, "OUT1", "88", _tilted(box(-80, 100, -40, 130))))
    return tuple(buildings)


def _shops():
    shops = []
    for index in range(36):
        side = index % 2
        x = 20 + (index // 2) * 33
        y = 238 if side else 222
        shops.append(
            Shop(
                index + 1,
                f"S{index + 1:02d}",
                f"{'春夏秋冬'[index % 4]}禾{'面馆书店药房理发超市'[index % 5 * 2 :][:2]}",
                _tilted(Point(x, y)),
                door_number=f"{index + 1}号",
                street="人民路",
                contact="13900000000",
                side="left" if side else "right",
            )
        )
    return tuple(shops)


def _streets():
    lines = {
        "人民路": [(-120, 230), (740, 230)],
        "建设路": [(-120, 480), (740, 480)],
        "滨河路": [(-120, 0), (740, 0)],
        "中山路": [(0, -120), (0, 600)],
        "解放路": [(620, -120), (620, 600)],
        "文化巷": [(260, 245), (260, 480)],
    }
    return tuple(
        Street(index, f"R{index}", name, _tilted(shapely.LineString(points)))
        for index, (name, points) in enumerate(lines.items(), start=1)
    )


def community(**changes):
    """The snapshot; keyword arguments replace its fields."""
    everything = _tilted(box(0, 0, 620, 480))
    areas = (
        Area(1, TOWN, "清水镇", "town", None, _tilted(box(-400, -300, 1000, 800))),
        Area(2, COMMUNITY, "文昌社区", "community", TOWN, everything),
        Area(3, f"{COMMUNITY}A", "第一综合网格", "composite", COMMUNITY, _tilted(box(0, 0, 620, 215))),
        Area(4, f"{COMMUNITY}B", "第二综合网格", "composite", COMMUNITY, _tilted(box(0, 215, 620, 480))),
        Area(5, "321081104006", "东园社区", "community", TOWN, _tilted(box(620, 0, 900, 480))),
        Area(6, "321081104007", "北门社区", "community", TOWN, _tilted(box(0, 480, 620, 760))),
        Area(7, "321081104008", "西关社区", "community", TOWN, _tilted(box(-300, 0, 0, 480))),
    )
    people = [
        Person(20, "周建国", "composite_head", f"{COMMUNITY}A", "051480000020", phone_published=True),
        Person(31, "楼上", "liaison", f"{COMMUNITY}021", "051480000031", phone_published=True),
    ]
    people += [
        Person(
            index + 1,
            f"{'赵钱孙李周吴郑王冯陈褚'[index]}小{'明红军丽强'[index % 5]}",
            "liaison",
            f"{COMMUNITY}{index + 1:03d}",
            f"138{index:08d}",
            phone_published=index % 3 != 0,
        )
        for index in range(11)
    ]
    snapshot = Snapshot(
        crs=parse_crs("EPSG:4549"),
        label="第 3 版",
        generation=3,
        areas=areas,
        grids=_grids(),
        buildings=_buildings(),
        compounds=(Compound(1, "C1", "滨河花园", _tilted(box(6, 6, 144, 209))),),
        shops=_shops(),
        streets=_streets(),
        waters=(Water(1, "W1", "清水河", _tilted(box(-300, -80, 900, -30))),),
        walls=(Wall(1, "L1", _tilted(shapely.LineString([(156, 6), (254, 6), (254, 209)]))),),
        people=tuple(people),
    )
    return replace(snapshot, **changes) if changes else snapshot


STREET_FRONT = Kind("street_front", "沿街商铺", "Street front", False, True)

"""Small plans in metres (EPSG:4549) for tests: two communities side by side, 100 m grids."""

from dataclasses import replace
from typing import Any

from shapely import LineString, MultiPolygon, Point, Polygon

from boundaries.model import Area, Building, Compound, MicroGrid, Part, Person, Shop, Street
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs

# A corner of the plane with realistic coordinates, so that offsets are tested too.
X, Y = 422_000.0, 3_572_000.0
METRES = parse_crs("EPSG:4549")
RULES = Rules()


def square(x: float, y: float, width: float = 100, height: float = 100) -> Polygon:
    """A rectangle with a vertex at every hundred metres of its border, as whatever lies beside it has."""
    xs, ys = _stops(x, width), _stops(y, height)
    ring = [(one, y) for one in xs] + [(x + width, one) for one in ys[1:]]
    ring += [(one, y + height) for one in xs[-2::-1]] + [(x, one) for one in ys[-2:0:-1]]
    return Polygon([(X + east, Y + north) for east, north in ring])


def _stops(start: float, length: float) -> list[float]:
    inner = (100.0 * n for n in range(int(start // 100) + 1, 100))
    return [start, *(one for one in inner if one < start + length), start + length]


def point(x: float, y: float) -> Point:
    return Point(X + x, Y + y)


def grid(code: str, polygon: Polygon | MultiPolygon, *, area: str = "C1", rank: int = 0, **more: Any) -> MicroGrid:
    return MicroGrid(rank, rank, code, f"grid {code}", area, polygon, **more)  # type: ignore[arg-type]


def building(code: str, shape: Polygon | Point, households: int | None = 40, **more: Any) -> Building:
    return Building(0, code, code, shape, households=households, **more)


def compound(code: str, polygon: Polygon) -> Compound:
    return Compound(0, code, f"compound {code}", polygon)


def shop(code: str, x: float, y: float, **more: Any) -> Shop:
    return Shop(0, code, f"shop {code}", point(x, y), **more)


def street(name: str, *xy: tuple[float, float]) -> Street:
    return Street(0, name, name, LineString([(X + x, Y + y) for x, y in xy]))


def liaison(target: str, **more: Any) -> Person:
    return Person(0, f"person {target}", "liaison", target, **more)


def part(code: str, households: int | None) -> Part:
    return Part(0, code, code, units=("1",), households=households)


AREAS = (
    Area(1, "T", "town", "town", None, square(0, 0, 400, 100)),
    Area(2, "C1", "community 1", "community", "T", square(0, 0, 200, 100)),
    Area(3, "C2", "community 2", "community", "T", square(200, 0, 200, 100)),
)
GRIDS = (
    grid("G1", square(0, 0), rank=1),
    grid("G2", square(100, 0), rank=2),
    grid("G3", square(200, 0), area="C2", rank=3),
    grid("G4", square(300, 0), area="C2", rank=4),
)
BUILDINGS = tuple(building(f"B{n}", square(100 * n - 80, 40, 40, 12)) for n in range(1, 5))
PLAN = Snapshot(METRES, label="a plan", areas=AREAS, grids=GRIDS, buildings=BUILDINGS)


def plan(**changes: Any) -> Snapshot:
    return replace(PLAN, **changes)


def with_grid(index: int, **changes: Any) -> tuple[MicroGrid, ...]:
    """The four grids with one of them changed."""
    return tuple(replace(g, **changes) if n == index else g for n, g in enumerate(GRIDS))

"""The nearest building, against distances that GEOS measures."""

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, box

from boundaries.lookup.near_buildings import NearBuildings
from boundaries.model import Building
from geo.crs import SourceCrs
from geo.metric import Metric

METRIC = Metric(SourceCrs("EPSG:4549", "EPSG:4549"), "EPSG:4549")


def _town(rng: np.random.Generator) -> list[Building]:
    shapes: list[shapely.Geometry] = []
    for x, y in rng.uniform(0, 800, (600, 2)).tolist():
        width, depth = rng.uniform(6, 40, 2)
        shapes.append(box(x, y, x + width, y + depth))
    shapes[::7] = [shapely.Point(shape.centroid) for shape in shapes[::7]]  # type: ignore[attr-defined]
    shapes[1::14] = [shape.difference(shape.centroid.buffer(1.5)) for shape in shapes[1::14]]  # type: ignore[attr-defined]
    shapes[2] = MultiPolygon([box(900, 0, 910, 10), box(930, 0, 940, 10)])
    return [Building(number, f"B{number}", str(number), shape) for number, shape in enumerate(shapes)]  # type: ignore[arg-type]


def test_the_nearest_is_the_nearest() -> None:
    rng = np.random.default_rng(11)
    buildings = _town(rng)
    near, shapes = (
        NearBuildings.of(buildings, {"B0": "锦绣花园1幢"}, METRIC),
        np.array([one.shape for one in buildings]),
    )
    seen = 0
    for x, y in rng.uniform(-150, 1100, (4_000, 2)).tolist():
        found, away = near.nearest(x, y), shapely.distance(shapes, shapely.Point(x, y))
        if found is None:
            assert away.min() >= 100
        else:
            seen += 1
            assert found.distance_m == pytest.approx(away.min(), abs=1e-9)
            assert away[found.building.id] == pytest.approx(away.min(), abs=1e-9)
    assert 1_000 < seen < 4_000


def test_a_building_is_called_what_people_call_it() -> None:
    near = NearBuildings.of([Building(0, "B0", "1", box(0, 0, 9, 9))], {"B0": "锦绣花园1幢"}, METRIC)
    found = near.nearest(12, 5)
    assert found is not None
    assert (found.label, found.distance_m) == ("锦绣花园1幢", pytest.approx(3))
    assert NearBuildings.of([], {}, METRIC).nearest(1, 1) is None

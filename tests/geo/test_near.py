"""Cells near a point, against distances that GEOS measures."""

import numpy as np
import pytest
import shapely
from shapely import box

from geo.locate import CellIndex
from geo.locate_one import locator, touching_cells
from geo.near import near_cells
from geo.touching import lowest_touching
from tests.geo.layers import LAYERS
from tests.points import hard_points


@pytest.mark.parametrize("name", LAYERS)
def test_distances_are_those_from_the_borders(name: str) -> None:
    cells, rng = LAYERS[name](), np.random.default_rng(4)
    index = CellIndex.of(cells, tolerance=1e-9)
    assert index.table is not None
    low, high = shapely.total_bounds(cells).reshape(2, 2)
    reach = float((high - low).max()) / 5
    borders = shapely.boundary(cells)
    for x, y in rng.uniform(low - reach / 2, high + reach / 2, (60, 2)).tolist():
        found = near_cells(index.table, x, y, within_m=reach, reach=(reach, reach), to_plane=lambda xy: xy)
        away = shapely.distance(borders, shapely.Point(x, y))
        expected = {int(cell): away[cell] for cell in np.flatnonzero(away <= reach)}
        assert dict(found) == pytest.approx(expected, abs=1e-12 * max(1.0, float(np.abs(high).max())))
        assert [distance for _, distance in found] == sorted(distance for _, distance in found)


@pytest.mark.parametrize("name", LAYERS)
def test_all_cells_that_a_point_touches(name: str) -> None:
    cells, rng = LAYERS[name](), np.random.default_rng(9)
    index = CellIndex.of(cells, tolerance=1e-9)
    assert index.table is not None
    xy = hard_points(cells, index.table.lattice, rng, count=60)
    borders = shapely.boundary(cells)
    one = locator(index.table)
    for x, y in xy.tolist():
        touching = touching_cells(index.table, x, y)
        assert touching == tuple(np.flatnonzero(shapely.intersects_xy(borders, x, y)).tolist())
        if touching:
            assert one(x, y) == (touching[0], True)


def test_nothing_is_near_what_is_far() -> None:
    index = CellIndex.of([box(0, 0, 10, 10)], tolerance=1e-9)
    assert index.table is not None
    assert near_cells(index.table, 500, 500, within_m=50, reach=(50, 50), to_plane=lambda xy: xy) == []
    assert touching_cells(index.table, 500, 500) == ()
    assert lowest_touching(np.array([box(0, 0, 10, 10)]), np.array([500.0]), np.array([500.0])).cell.tolist() == [-1]

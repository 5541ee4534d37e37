"""Parents and distances of what arrives."""

import numpy as np
import pytest
from shapely import Point, box

from boundaries.arrival.places import require_near, spoken_m, with_area_parents, with_grid_areas
from boundaries.arrival.rows import Arrival
from boundaries.errors import RefusedRows
from boundaries.model import Area, MicroGrid, Shop
from boundaries.snapshot import Snapshot

CELL = box(119.18, 32.27, 119.19, 32.28)
TOWN = Area(1, "T", "真州镇", "town", None, CELL)
PLAN = Snapshot(crs=Snapshot.stored_crs(), areas=(TOWN,))


def shapes(*found):
    result = np.empty(len(found), dtype=object)
    result[:] = found
    return result


def test_a_parent_that_does_not_exist_is_refused():
    row = Arrival(Area(0, "C", "锦绣", "community", "青山镇", CELL), "a.gpkg", 5, {"parent": "上级"})
    with pytest.raises(RefusedRows) as refusal:
        with_area_parents([row], PLAN)
    (told,) = refusal.value.rows
    assert (told.row, told.column, told.value) == (5, "上级", "青山镇")


def test_a_grid_in_no_area_is_refused():
    outside = box(119.3, 32.27, 119.31, 32.28)
    row = Arrival(MicroGrid(0, 0, "g", "g", "", outside), "a.gpkg", 2, {})
    with pytest.raises(RefusedRows) as refusal:
        with_grid_areas([row], shapes(outside), [TOWN])
    assert "不在任何区域之内" in refusal.value.rows[0].zh


@pytest.mark.parametrize(("east", "is_refused"), [(119.195, False), (119.235, False), (119.26, True)])
def test_premises_may_lie_five_kilometres_outside(east, is_refused):
    door = Point(east, 32.275)
    rows = [Arrival(Shop(0, "s", "早点铺", door), "a.xlsx", 2, {})]
    if not is_refused:
        require_near(rows, shapes(door), PLAN)
        return
    with pytest.raises(RefusedRows) as refusal:
        require_near(rows, shapes(door), PLAN)
    assert "7 公里" in refusal.value.rows[0].zh


def test_distances_for_people():
    assert spoken_m(12.34) == ("12.3 米", "12.3 m")
    assert spoken_m(1_234_567) == ("1,235 公里", "1,235 km")

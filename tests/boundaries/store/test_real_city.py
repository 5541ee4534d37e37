"""A whole city in and out: the 11,490 smallest statistical areas of Taipei and their 12 districts."""

import geopandas as gpd
import numpy as np
import shapely

from boundaries.model import Area, MicroGrid
from boundaries.services import publishing
from boundaries.services import reading as plan
from boundaries.store import states
from boundaries.store.engine import reading, writing
from boundaries.store.merge import Written
from geo.crs import parse_crs, to_storage
from tests.boundaries.plans import NOW, TODAY, open_draft


def _city(folder):
    frame = gpd.read_parquet(folder / "tw_microgrid" / "taipei_base.parquet")
    cells = to_storage(np.asarray(frame.geometry), parse_crs("EPSG:4326"))
    towns = frame["TOWN_ID"].astype(str).to_numpy()
    areas = [
        Area(0, town, town, "town", None, shapely.coverage_union_all(cells[towns == town])) for town in np.unique(towns)
    ]
    codes = frame["CODEBASE"].astype(str)
    grids = [MicroGrid(0, 0, code, code, town, cell) for code, town, cell in zip(codes, towns, cells, strict=True)]
    return areas, grids


def test_a_city_is_read_back_bit_for_bit(database, real_data):
    areas, grids = _city(real_data)
    draft = open_draft(database)
    with writing(database) as session:
        assert states.put_areas(session, draft.id, areas, source_id=None) == Written(12, 0)
        assert states.put_grids(session, draft.id, grids, source_id=None) == Written(11_490, 0)
        assert states.put_grids(session, draft.id, grids, source_id=None) == Written(0, 11_490)
    publishing.publish(database, draft.id, check=lambda _: [], actor="周平", four_eyes=False, now=NOW, today=TODAY)
    with reading(database) as session:
        found = plan.snapshot(session, today=TODAY)
        daan = plan.snapshot(session, today=TODAY, area=areas[3].code)
    assert [grid.code for grid in found.grids] == [grid.code for grid in grids]
    assert np.array_equal(
        shapely.to_wkb([grid.polygon for grid in found.grids]), shapely.to_wkb([grid.polygon for grid in grids])
    )
    assert [shapely.to_wkb(area.polygon) for area in found.areas] == [shapely.to_wkb(area.polygon) for area in areas]
    assert {grid.code for grid in daan.grids} == {grid.code for grid in grids if grid.area == areas[3].code}

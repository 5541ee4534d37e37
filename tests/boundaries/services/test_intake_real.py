"""A whole city's cells go into PostGIS and come back as an exact coverage."""

from datetime import date

import geopandas
import numpy as np
import shapely
from sqlalchemy import text

from boundaries.exchange.reading import read_table
from boundaries.services.intake import apply_load, plan_load
from boundaries.services.reading import snapshot
from boundaries.store.engine import reading, writing
from tests.boundaries.drawn import directed_segments_cancel, table

TODAY = date(2026, 11, 24)


def test_taipei_cells_and_towns_are_exact_in_postgis(database, real_data):
    path = real_data / "tw_microgrid" / "taipei_base.parquet"
    towns = geopandas.read_parquet(path).dissolve("TOWN_ID")
    codes = [str(code) for code in towns.index]
    columns = {"区域编码": codes, "区域名称": codes, "层级": ["镇街"] * 12}
    areas = table(columns, towns.geometry.tolist(), crs="EPSG:4326")
    cells = read_table(path)
    with writing(database) as session:
        plan = plan_load(session, "areas", [areas], today=TODAY)
        draft = apply_load(session, plan, actor="tester", today=TODAY).draft
        columns = {"code": "CODEBASE", "parent": "TOWN_ID"}
        plan = plan_load(session, "grids", [cells], today=TODAY, draft=draft, columns=columns)
        report = apply_load(session, plan, actor="tester", today=TODAY, department="SEGIS")
    assert (report.new, report.changed, report.missing) == (11490, 0, 0)
    with reading(database) as session:
        state = snapshot(session, draft=draft, today=TODAY)
        gaps = session.execute(
            text(
                "SELECT sum(ST_Area(ST_Difference(a.geom, u.geom))), sum(ST_Area(ST_Difference(u.geom, a.geom)))"
                " FROM area_state a JOIN (SELECT area_id, ST_Union(geom) AS geom FROM micro_grid_state GROUP BY 1) u"
                " ON u.area_id = a.area_id"
            )
        ).one()
    assert tuple(gaps) == (0.0, 0.0)
    assert len(state.grids) == 11490
    polygons = np.asarray([grid.polygon for grid in state.grids], dtype=object)
    one, _ = shapely.STRtree(polygons).query(polygons, predicate="overlaps")
    assert len(one) == 0
    for area in state.areas:
        own = [grid.polygon for grid in state.grids if grid.area == area.code]
        assert directed_segments_cancel(own, [area.polygon])

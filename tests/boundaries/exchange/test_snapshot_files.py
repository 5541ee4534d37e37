"""Whole plans straight from files, nothing converted."""

import geopandas
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from boundaries.errors import BadInput
from boundaries.exchange.snapshot_files import UNION_CODE, filled, snapshot_from_files
from geo.errors import CrsProblem

X, Y = 422_000, 3_572_000
CELLS = [box(X + 100 * i, Y, X + 100 * (i + 1), Y + 100) for i in range(3)]


def write(folder, name, shapes, crs="EPSG:4549", **columns):
    path = folder / name
    geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs).to_file(path)
    return path


@pytest.fixture
def grids(tmp_path):
    return write(tmp_path, "网格.gpkg", CELLS, 网格编码=["1", "2", "3"], 社区=["锦绣", "锦绣", "河西"])


def test_without_parents_the_filled_outline_is_the_parent_and_the_label_says_so(tmp_path):
    ring = [
        box(X, Y, X + 90, Y + 30),
        box(X, Y + 60, X + 90, Y + 90),
        box(X, Y + 30, X + 30, Y + 60),
        box(X + 60, Y + 30, X + 90, Y + 60),
    ]
    plan = snapshot_from_files(grids=write(tmp_path, "a.gpkg", ring, 编码=list("abcd")))
    (area,) = plan.areas
    assert area.code == UNION_CODE
    assert area.polygon.equals(box(X, Y, X + 90, Y + 90))
    assert {grid.area for grid in plan.grids} == {UNION_CODE}
    assert "外轮廓" in plan.title("zh")
    assert "outline" in plan.title("en")
    assert plan.step is None


def test_one_parent_is_the_parent_of_all(tmp_path, grids):
    parents = write(tmp_path, "区域.gpkg", [box(X, Y, X + 300, Y + 100)], 编码=["P"])
    plan = snapshot_from_files(grids=grids, parents=parents)
    assert [grid.area for grid in plan.grids] == ["P", "P", "P"]
    assert plan.label == "网格.gpkg"


def test_parents_by_name_by_column_and_by_place(tmp_path, grids):
    shapes = [box(X, Y, X + 200, Y + 100), box(X + 200, Y, X + 300, Y + 100)]
    named = write(tmp_path, "区域.gpkg", shapes, 编码=["C1", "C2"], 名称=["锦绣", "河西"])
    assert [g.area for g in snapshot_from_files(grids=grids, parents=named).grids] == ["C1", "C1", "C2"]
    coded = write(tmp_path, "编码.gpkg", shapes, 编码=["C1", "C2"], 名称=["甲", "乙"])
    assert [g.area for g in snapshot_from_files(grids=grids, parents=coded).grids] == ["C1", "C1", "C2"]
    told = snapshot_from_files(grids=grids, parents=coded, parent_column="社区")
    assert [g.area for g in told.grids] == ["锦绣", "锦绣", "河西"]


def test_of_parents_on_several_levels_the_smallest_is_taken(tmp_path, grids):
    shapes = [box(X, Y, X + 300, Y + 100), box(X, Y, X + 200, Y + 100)]
    both = write(tmp_path, "区域.gpkg", shapes, 编码=["T", "C1"], 名称=["镇", "甲"])
    assert [g.area for g in snapshot_from_files(grids=grids, parents=both).grids] == ["C1", "C1", "T"]


def test_a_grid_in_no_parent_keeps_none(tmp_path, grids):
    shapes = [box(X, Y, X + 100, Y + 100), box(X + 100, Y, X + 200, Y + 100)]
    parents = write(tmp_path, "区域.gpkg", shapes, 编码=["C1", "C2"])
    plan = snapshot_from_files(grids=grids, parents=parents)
    assert [g.area for g in plan.grids] == ["C1", "C2", ""]


def test_columns_are_named_by_hand(tmp_path):
    path = write(tmp_path, "a.gpkg", CELLS, CODEBASE=["a", "b", "c"], TOWN=["P", "P", "P"])
    parents = write(tmp_path, "p.gpkg", [box(X, Y, X + 300, Y + 100)], CODEBASE=["P"])
    plan = snapshot_from_files(grids=path, parents=parents, code_column="CODEBASE", parent_column="TOWN")
    assert [(g.code, g.area, g.rank) for g in plan.grids] == [("a", "P", 1), ("b", "P", 2), ("c", "P", 3)]
    assert plan.areas[0].code == "P"


def test_faulty_grids_reach_the_checks(tmp_path):
    bow_tie = Polygon([(X, Y), (X + 50, Y + 50), (X + 50, Y), (X, Y + 50)])
    two = MultiPolygon([CELLS[1], box(X, Y + 500, X + 9, Y + 509)])
    plan = snapshot_from_files(grids=write(tmp_path, "a.gpkg", [bow_tie, two, None], 编码=["1", "1", "3"]))
    assert [g.code for g in plan.grids] == ["1", "1", "3"]
    assert plan.areas[0].polygon.area == pytest.approx(1250 + 10_000 + 81)


def test_points_and_lines_among_grids_and_areas_reach_the_checks(tmp_path):
    mixed = [Point(X + 50, Y + 50), LineString([(X + 210, Y + 10), (X + 250, Y + 50)]), CELLS[1]]
    frame = geopandas.GeoDataFrame({"编码": ["1", "2", "3"]}, geometry=mixed, crs="EPSG:4549")
    frame.to_parquet(tmp_path / "a.parquet")
    plan = snapshot_from_files(grids=tmp_path / "a.parquet")
    assert [grid.polygon for grid in plan.grids] == mixed
    assert plan.areas[0].polygon.equals(CELLS[1])
    parents = write(tmp_path, "p.gpkg", [box(X, Y, X + 200, Y + 100), CELLS[2]], 编码=["P", "Q"])
    plan = snapshot_from_files(grids=tmp_path / "a.parquet", parents=parents)
    assert [grid.area for grid in plan.grids] == ["P", "Q", "P"]
    plan = snapshot_from_files(grids=parents, parents=tmp_path / "a.parquet")
    assert [area.polygon for area in plan.areas] == mixed
    # Of buildings, shops and streets checks report none.
    with pytest.raises(BadInput, match="is a Point"):
        snapshot_from_files(grids=parents, streets=tmp_path / "a.parquet")


def test_all_layers_and_other_systems_are_brought_together(tmp_path, grids):
    csv = tmp_path / "商铺.csv"
    csv.write_text("店名,经度,纬度\n早点铺,119.1720,32.2712\n", encoding="utf-8")
    people = tmp_path / "人员.csv"
    people.write_text("姓名,网格编码\n李安,1\n", encoding="utf-8")
    degrees = geopandas.GeoSeries([CELLS[0]], crs="EPSG:4549").to_crs("EPSG:4490")
    line = LineString([(X, Y), (X + 300, Y)])
    plan = snapshot_from_files(
        grids=grids,
        buildings=write(tmp_path, "楼.gpkg", degrees, crs="EPSG:4490", 编码=["B1"]),
        compounds=write(tmp_path, "小区.gpkg", [CELLS[0]], 小区名称=["锦绣花园"]),
        shops=csv,
        streets=write(tmp_path, "路.gpkg", [line], 道路名称=["解放路"]),
        water=write(tmp_path, "水.gpkg", [line], 名称=["东沟"]),
        walls=write(tmp_path, "墙.gpkg", [line], 编码=["w"]),
        people=people,
        crs="EPSG:4490",
    )
    assert plan.crs.name == "EPSG:4549"
    assert plan.grids[0].polygon.equals(CELLS[0])
    assert plan.buildings[0].shape.equals_exact(CELLS[0], 1e-6)
    assert plan.shops[0].door.distance(Point(X, Y)) < 1000
    assert [len(getattr(plan, name)) for name in ("compounds", "streets", "waters", "walls", "people")] == [1] * 5


def test_nothing_is_converted_into_shifted_coordinates(tmp_path):
    cell = box(119.18, 32.27, 119.19, 32.28)
    grids = write(tmp_path, "a.geojson", [cell], crs="EPSG:4326", 编码=["1"])
    houses = write(tmp_path, "b.gpkg", [CELLS[0]], 编码=["1"])
    with pytest.raises(CrsProblem, match="shifted"):
        snapshot_from_files(grids=grids, buildings=houses, crs="GCJ-02")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_file_that_does_not_say_its_system_needs_to_be_told(tmp_path):
    path = write(tmp_path, "a.gpkg", CELLS, crs=None, 编码=list("abc"))
    with pytest.raises(CrsProblem):
        snapshot_from_files(grids=path)
    assert snapshot_from_files(grids=path, crs="EPSG:4549").crs.name == "EPSG:4549"


def test_coordinates_that_the_system_does_not_have_are_refused(tmp_path, grids):
    metres = write(tmp_path, "米.gpkg", CELLS, crs="EPSG:4490", 网格编码=["1", "2", "3"])
    with pytest.raises(BadInput) as refused:
        snapshot_from_files(grids=metres)
    told = refused.value.zh
    assert "米.gpkg 第 1 行(1):坐标 (422100, 3572000) 不是经纬度" in told
    assert "共 3 行如此" in told
    assert "--crs" in told
    assert "3 rows in all" in refused.value.en
    far = write(tmp_path, "远.gpkg", [*CELLS[:2], box(X, Y, 1e12, 1e12)], 网格编码=["1", "2", "3"])
    with pytest.raises(BadInput, match=r"row 3 \(3\): the coordinate \(1e\+12, .*range of no projection"):
        snapshot_from_files(grids=far)
    shops = write(tmp_path, "店.gpkg", [Point(119, 32), Point(119, 95)], crs="EPSG:4490", 店名=["甲", "乙"])
    with pytest.raises(BadInput, match=r"row 2 .*longitude and latitude"):
        snapshot_from_files(grids=grids, shops=shops)


def test_coordinates_at_the_ends_of_the_system_pass(tmp_path):
    world = [box(-180, -90, 0, 90), box(0, -90, 180.000001, 90)]
    assert len(snapshot_from_files(grids=write(tmp_path, "a.gpkg", world, "EPSG:4326", 编码=["1", "2"])).grids) == 2
    plane = [box(-9e7, -9e7, 0, 9e7)]
    assert len(snapshot_from_files(grids=write(tmp_path, "b.gpkg", plane, "EPSG:3857", 编码=["1"])).grids) == 1
    # What is no number is for the checks to tell, where it is a polygon.
    nowhere = shapely.transform(CELLS[0], lambda xy: np.where(xy == Y + 100, np.nan, xy))
    geopandas.GeoDataFrame({"编码": ["1"]}, geometry=[nowhere], crs="EPSG:4549").to_parquet(tmp_path / "n.parquet")
    assert len(snapshot_from_files(grids=tmp_path / "n.parquet").grids) == 1
    road = shapely.transform(LineString([(X, Y), (X + 1, Y)]), lambda xy: np.where(xy == X + 1, np.inf, xy))
    geopandas.GeoDataFrame({"名称": ["路"]}, geometry=[road], crs="EPSG:4549").to_parquet(tmp_path / "r.parquet")
    with pytest.raises(BadInput, match=r"the coordinate \(inf, "):
        snapshot_from_files(streets=tmp_path / "r.parquet")


def test_no_file_is_refused():
    with pytest.raises(BadInput, match="No file"):
        snapshot_from_files()


def test_points_and_lines_have_no_outline():
    assert filled(LineString([(0, 0), (1, 1)])).is_empty


def test_real_layers_of_every_kind(real_data):
    denver = snapshot_from_files(grids=real_data / "us_precincts_denver" / "DenverCo_precincts2018_orig.shp")
    assert (len(denver.grids), denver.crs.name, denver.crs.is_metric) == (356, "EPSG:2232", True)
    seoul = snapshot_from_files(grids=real_data / "defects_seoul" / "kostat2013_original_EUCKR_bessel.shp")
    assert (len(seoul.grids), seoul.grids[0].name) == (423, "길동")
    vermont = snapshot_from_files(grids=real_data / "coverage" / "mggg_VT_towns.zip")
    assert len({grid.code for grid in vermont.grids}) == 246
    villages = snapshot_from_files(grids=real_data / "tw_villages" / "2020-01_pdmaptw_village.parquet")
    assert sum(grid.polygon.is_empty for grid in villages.grids) == 47
    town = real_data / "osm_cn" / "beijing_wudaokou.gpkg"
    plan = snapshot_from_files(buildings=town, shops=town, streets=town, water=town, walls=town)
    assert [len(getattr(plan, name)) for name in ("buildings", "shops", "streets", "waters", "walls")] == [
        521,
        163,
        678,
        6,
        10,
    ]

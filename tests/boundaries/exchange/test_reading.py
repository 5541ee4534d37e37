"""Any file an office has, and what its coordinates are said to be."""

import geopandas
import pytest
from shapely import Point, box

from boundaries.errors import BadInput
from boundaries.exchange.reading import read_table
from geo.errors import CrsProblem

CELL = box(119.18, 32.27, 119.19, 32.28)


# Writing without a system is what these files are about; pyogrio remarks on it.
NO_SYSTEM = "ignore:'crs' was not provided"


def cells(folder, name="网格.gpkg", crs="EPSG:4490", shape=CELL, **options):
    path = folder / name
    geopandas.GeoDataFrame({"编码": ["001"]}, geometry=[shape], crs=crs).to_file(path, **options)
    return path


def text(folder, name, content):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("表.xls", ".xlsx"),
        ("表.et", ".xlsx"),
        ("图.dwg", ".dxf"),
        ("图.ovkml", ".kml"),
        ("图.ovobj", ".shp"),
        ("图.dxf", "GeoPackage"),
    ],
)
def test_formats_that_are_not_read_are_refused_with_how_to_convert_them(tmp_path, name, way_out):
    with pytest.raises(BadInput) as refusal:
        read_table(text(tmp_path, name, "x"))
    assert way_out in refusal.value.zh
    assert name in refusal.value.zh


@pytest.mark.parametrize("name", ["表.xyz", "README"])
def test_a_format_nobody_knows_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match="GeoPackage"):
        read_table(text(tmp_path, name, "x"))


@pytest.mark.parametrize("name", ["a.csv", "a.shp", "a.gpkg", "a.xlsx", "a.parquet", "a.geojson"])
def test_an_empty_file_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match="0 bytes"):
        read_table(text(tmp_path, name, ""))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(BadInput, match="no file"):
        read_table(tmp_path / "a.csv")
    with pytest.raises(BadInput, match="folder"):
        read_table(tmp_path)


def test_a_layer_without_records_is_refused(tmp_path):
    geopandas.GeoDataFrame({"编码": []}, geometry=[], crs="EPSG:4490").to_file(tmp_path / "a.gpkg")
    with pytest.raises(BadInput, match="no record"):
        read_table(tmp_path / "a.gpkg")


def test_what_the_file_says_is_taken(tmp_path):
    table = read_table(cells(tmp_path))
    assert table.crs.name == "EPSG:4490"
    assert table.columns == ("编码",)
    assert table.values("编码") == ["001"]
    assert table.row_numbers.tolist() == [1]


def test_heights_are_dropped_and_told(tmp_path):
    table = read_table(
        cells(tmp_path, shape=box(119.18, 32.27, 119.19, 32.28).segmentize(1).buffer(0), crs="EPSG:4979")
    )
    assert table.crs.name == "EPSG:4326"
    table = read_table(cells(tmp_path, "点.gpkg", shape=Point(119.18, 32.27, 5)))
    assert not table.geometry[0].has_z
    assert "高程" in table.notes[0].zh


def test_a_contradiction_is_refused_and_a_shift_is_not(tmp_path):
    path = cells(tmp_path, crs="EPSG:4326")
    assert read_table(path, crs="GCJ-02").crs.shift == "GCJ-02"
    assert read_table(path, crs="EPSG:4490").crs.name == "EPSG:4490"
    with pytest.raises(CrsProblem) as refusal:
        read_table(path, crs="EPSG:4549")
    assert "矛盾" in refusal.value.zh
    metres = cells(tmp_path, "米.gpkg", crs="EPSG:4549", shape=box(422000, 3572000, 422010, 3572010))
    with pytest.raises(CrsProblem, match="contradicts"):
        read_table(metres, crs="GCJ-02")
    assert read_table(metres, crs="GCJ-02", is_fallback=True).crs.name == "EPSG:4549"


@pytest.mark.filterwarnings(NO_SYSTEM)
def test_a_file_that_does_not_say_needs_to_be_told(tmp_path):
    path = cells(tmp_path, "网格.shp", crs=None, shape=box(422000, 3572000, 422010, 3572010))
    assert read_table(path).crs is None
    assert read_table(path, crs="EPSG:4549").crs.name == "EPSG:4549"


@pytest.mark.filterwarnings(NO_SYSTEM)
def test_a_geojson_may_hold_metres_if_it_is_told(tmp_path):
    path = cells(tmp_path, "a.geojson", crs=None, shape=box(422000, 3572000, 422010, 3572010), driver="GeoJSON")
    assert read_table(path, crs="EPSG:4549").crs.name == "EPSG:4549"


@pytest.mark.parametrize("crs", ["EPSG:4610", "EPSG:4214", "EPSG:2383", "EPSG:2437"])
def test_old_datums_are_refused_with_the_way_out(tmp_path, crs):
    path = cells(
        tmp_path, crs=crs, shape=CELL if crs in {"EPSG:4610", "EPSG:4214"} else box(422000, 3572000, 422010, 3572010)
    )
    with pytest.raises(CrsProblem) as refusal:
        read_table(path)
    assert "CGCS2000" in refusal.value.zh
    assert read_table(path, any_datum=True).crs is not None


def test_a_layer_may_be_named_in_the_path(tmp_path):
    cells(tmp_path, "town.gpkg", layer="a")
    cells(tmp_path, "town.gpkg", layer="b")
    assert read_table(f"{tmp_path}/town.gpkg|layername=b").file == "town.gpkg[b]"


def test_a_csv_takes_the_system_it_is_told_and_garbled_text_is_refused(tmp_path):
    path = text(tmp_path, "点.csv", "编码,经度,纬度\n001,119.18,32.27\n")
    assert read_table(path).crs is None
    assert read_table(path, crs="BD-09").crs.shift == "BD-09"
    with pytest.raises(BadInput, match="garbled"):
        read_table(text(tmp_path, "乱.csv", "编码,名称\n001,ÍøÃ±Éç\n"))


def test_real_files_of_many_countries(real_data):
    seoul = real_data / "defects_seoul" / "kostat2013_original_EUCKR_bessel.shp"
    fixed = read_table(real_data / "defects_seoul" / "kostat2013_fixed_utf8_wgs84.shp")
    told = read_table(seoul, encoding="euc-kr", any_datum=True)
    found = read_table(seoul, any_datum=True)
    assert told.values("name") == found.values("name") == fixed.values("name")
    with pytest.raises(CrsProblem):
        read_table(seoul, encoding="euc-kr")
    tainan = read_table(real_data / "tw_microgrid" / "tainan_population_2016-12_BIG5.csv")
    assert len(tainan) == 11870
    assert tainan.row_numbers[0] == 3
    assert read_table(real_data / "us_precincts_denver" / "DenverCo_precincts2018_orig.shp").crs.name == "EPSG:2232"
    assert len(read_table(real_data / "coverage" / "mggg_VT_towns.zip")) == 246
    assert read_table(real_data / "tw_microgrid" / "raw_63000030_daan.geojson").crs.name == "EPSG:4326"

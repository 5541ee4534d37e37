"""Files are written whole or not at all, and read back as they were."""

from datetime import date

import geopandas
import numpy as np
import openpyxl
import pytest
import shapely
from shapely import LineString, Point, box

from boundaries.errors import BadInput
from boundaries.exchange.formats import Columns, write_columns
from boundaries.exchange.placing import write_whole
from boundaries.exchange.reading import read_table
from geo.crs import parse_crs

STORED = parse_crs("EPSG:4490")


def array(*shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


CELLS = Columns(
    {
        "网格编码": ["032108100100101", "032108100100102"],
        "网格名称": ["锦绣花园第一微网格", None],
        "户数": [36, None],
        "面积": [1.5, 2.25],
        "物业": [True, False],
    },
    array(box(119.18, 32.27, 119.180000001, 32.28), box(119.18, 32.28, 119.2, 32.29)),
    STORED,
)
POINTS = Columns({"店名": ["=1+1", "早点铺"]}, array(Point(119.123456789, 32.1), Point(119.2, 32.2)), STORED)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "parquet"])
def test_shapes_and_codes_come_back_as_they_were(tmp_path, suffix):
    path = tmp_path / f"网格.{suffix}"
    assert path in write_columns(path, CELLS)
    table = read_table(path)
    assert table.values("网格编码") == CELLS.values["网格编码"]
    assert table.values("网格名称") == ["锦绣花园第一微网格", None]
    assert table.values("户数") == ["36", None]
    assert shapely.get_coordinates(shapely.normalize(table.geometry)).tolist() == (
        shapely.get_coordinates(shapely.normalize(CELLS.geometry)).tolist()
    )
    assert table.crs.name == "EPSG:4490"


def test_a_shapefile_is_gbk_and_says_so(tmp_path):
    written = write_columns(tmp_path / "网格.shp", CELLS)
    assert {path.suffix for path in written} == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    assert (tmp_path / "网格.cpg").read_text() == "GBK"
    assert "锦绣花园".encode("gbk") in (tmp_path / "网格.dbf").read_bytes()


def test_long_headers_of_a_shapefile_are_cut_and_stay_apart(tmp_path):
    columns = Columns({"综合网格长手机": ["1"], "综合网格长姓名": ["2"], "名": ["3"]}, array(Point(0, 0)), STORED)
    write_columns(tmp_path / "a.shp", columns)
    assert read_table(tmp_path / "a.shp").columns == ("综合网格长", "综合网格1", "名")


def test_shapes_of_several_forms_become_several_shapefiles(tmp_path):
    mixed = Columns(
        {"名": ["面", "线", "点"]}, array(box(0, 0, 1, 1), LineString([(0, 0), (1, 1)]), Point(0, 0)), STORED
    )
    write_columns(tmp_path / "问题.shp", mixed)
    assert read_table(tmp_path / "问题.shp").values("名") == ["面"]
    assert read_table(tmp_path / "问题_line.shp").values("名") == ["线"]
    assert read_table(tmp_path / "问题_point.shp").values("名") == ["点"]


def test_a_csv_opens_in_excel_and_carries_shapes_as_text(tmp_path):
    write_columns(tmp_path / "a.csv", CELLS)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    table = read_table(tmp_path / "a.csv")
    assert table.values("网格编码") == CELLS.values["网格编码"]
    assert shapely.from_wkt(table.values("WKT")[0]).equals(CELLS.geometry[0])
    write_columns(tmp_path / "b.csv", POINTS, encoding="gbk")
    assert read_table(tmp_path / "b.csv").values("经度") == ["119.123456789", "119.2"]


def test_codes_are_text_cells_and_no_text_becomes_a_formula(tmp_path):
    write_columns(tmp_path / "a.xlsx", CELLS)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    cell = sheet["A2"]
    assert (cell.value, cell.data_type, cell.number_format) == ("032108100100101", "s", "@")
    assert sheet["C2"].value == 36
    assert sheet["B3"].value is None
    assert [c.value for c in sheet[1]][-2:] == ["中心经度", "中心纬度"]
    write_columns(tmp_path / "b.xlsx", POINTS)
    assert openpyxl.load_workbook(tmp_path / "b.xlsx").worksheets[0]["A2"].data_type == "s"
    assert read_table(tmp_path / "b.xlsx").values("店名") == ["=1+1", "早点铺"]


def test_tables_without_shapes(tmp_path):
    people = Columns({"姓名": ["李安"], "任职日期": [date(2026, 1, 31)]})
    for suffix in ("csv", "xlsx", "gpkg", "parquet"):
        write_columns(tmp_path / f"人.{suffix}", people)
        assert read_table(tmp_path / f"人.{suffix}").rows.to_numpy().tolist() == [["李安", "2026-01-31"]]
    for suffix in ("shp", "geojson"):
        with pytest.raises(BadInput, match=r"\.xlsx"):
            write_columns(tmp_path / f"人.{suffix}", people)


@pytest.mark.parametrize("name", ["a.dxf", "a"])
def test_a_format_that_is_not_written_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match="not written"):
        write_columns(tmp_path / name, CELLS)


def test_text_that_the_encoding_cannot_hold_is_refused_and_leaves_nothing(tmp_path):
    emoji = Columns({"店名": ["🍜面馆"]}, array(Point(0, 0)), STORED)
    for name, encoding in (("a.shp", None), ("a.csv", "gbk")):
        with pytest.raises(BadInput):
            write_columns(tmp_path / name, emoji, encoding=encoding)
    long = Columns({"店名": ["面" * 128]}, array(Point(0, 0)), STORED)
    with pytest.raises(BadInput, match="254"):
        write_columns(tmp_path / "a.shp", long)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"old")

    def fail(place):
        place.write_bytes(b"half")
        raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        write_whole(path, fail)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(BadInput, match="Choose a folder"):
        write_columns(tmp_path / "none" / "a.csv", CELLS)
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(BadInput, match="Cannot write"):
        write_columns(tmp_path / "b.csv", CELLS)


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "parquet", "csv", "xlsx"])
def test_a_table_of_no_rows_is_a_file(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_text("what was found before", encoding="utf-8")
    columns = Columns({"问题": []}, np.empty(0, dtype=object), parse_crs("EPSG:4549"))
    assert path in write_columns(path, columns)
    assert b"before" not in path.read_bytes()
    if suffix in {"shp", "gpkg", "geojson"}:
        assert len(geopandas.read_file(path)) == 0

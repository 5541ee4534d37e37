"""Layers and findings as files, with the fields that a tier may see."""

import numpy as np
import openpyxl
import pytest
from shapely import LineString, Point, box

from boundaries.errors import BadInput
from boundaries.exchange.formats import write_columns
from boundaries.exchange.reading import read_table
from boundaries.exchange.writing import finding_columns, in_crs, layer_columns, place_columns, write_findings
from boundaries.findings import Finding
from boundaries.model import Assignment, Building, MicroGrid, Part, Person, Shop
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs, project

GRID = box(119.18, 32.27, 119.19, 32.28)
PLAN = Snapshot(
    crs=Snapshot.stored_crs(),
    grids=(
        MicroGrid(
            1,
            1,
            "001",
            "第一微网格",
            "C1",
            GRID,
            parts=(Part(1, "001-1", "甲段", ("1", "2"), households=60), Part(2, "001-2", "乙段", (), (3, 9))),
        ),
    ),
    buildings=(Building(1, "B1", "1幢", Point(119.181, 32.271), households=36),),
    shops=(Shop(1, "S1", "早点铺", Point(119.182, 32.272), "12号", contact="13800000000"),),
    people=(
        Person(1, "李安", "liaison", "001", "13800000001", True),
        Person(2, "王平", "volunteer", "001", "13900000002", False),
    ),
    assignments=(Assignment("shop", "S1", "001", "containment", "门在网格内", "door inside"),),
)


def columns(layer, tier):
    return layer_columns(layer, PLAN, tier=tier).values


def test_fields_come_by_tier():
    assert "户数" not in columns("buildings", "public")
    assert columns("buildings", "internal")["户数"] == [36]
    assert "联系电话" not in columns("shops", "internal")
    assert columns("shops", "restricted")["联系电话"] == ["13800000000"]


def test_an_unpublished_phone_is_for_the_restricted_tier_alone():
    assert columns("people", "public")["手机号"] == ["13800000001", None]
    assert columns("people", "internal")["手机号"] == ["13800000001", None]
    assert columns("people", "restricted")["手机号"] == ["13800000001", "13900000002"]


def test_parts_carry_the_polygon_of_their_grid():
    found = layer_columns("parts", PLAN, tier="internal")
    assert found.values["网格编码"] == ["001", "001"]
    assert found.values["单元"] == ["1、2", None]
    assert found.values["楼层"] == [None, "3-9"]
    assert found.geometry[0].equals(GRID)


def test_headers_in_english_and_assignments():
    found = layer_columns("assignments", PLAN, tier="internal", language="en")
    assert found.values["premises"] == ["S1"]
    assert found.values["reason"] == ["door inside"]
    assert found.values["method"] == ["containment"]
    assert found.geometry is None


def test_codes_become_words_in_chinese():
    assert columns("grids", "public")["网格类型"] == ["住宅"]
    assert columns("grids", "public")["图层"] == ["平铺"]
    assert columns("shops", "internal")["经营状态"] == ["营业"]
    assert columns("people", "internal")["职务"] == ["联络员", "志愿者"]
    assert columns("people", "internal")["电话公开"] == ["是", "否"]
    assert columns("assignments", "internal")["方法"] == ["位于网格内"]


def test_a_layer_that_does_not_exist_is_refused():
    with pytest.raises(BadInput, match="no layer"):
        layer_columns("trees", PLAN, tier="public")


def test_another_system_on_the_way_out(tmp_path):
    write_columns(tmp_path / "a.gpkg", in_crs(layer_columns("grids", PLAN, tier="public"), "EPSG:4549"))
    table = read_table(tmp_path / "a.gpkg")
    assert table.crs.name == "EPSG:4549"
    assert table.geometry[0].bounds[0] == pytest.approx(422_700, abs=500)
    unchanged = in_crs(layer_columns("grids", PLAN, tier="public"), None)
    assert unchanged.geometry[0] is GRID
    degrees = in_crs(layer_columns("grids", PLAN, tier="public"), "EPSG:4326")
    assert degrees.geometry[0].equals(GRID)


def test_nothing_is_written_in_shifted_coordinates():
    with pytest.raises(BadInput, match="GCJ-02"):
        in_crs(layer_columns("grids", PLAN, tier="public"), "GCJ-02")


def test_findings_with_their_places(tmp_path):
    findings = [
        Finding(
            "gap", ("001",), parent="C1", area_m2=12.3456789, width_m=0.5, geometry=box(119.18, 32.27, 119.181, 32.271)
        ),
        Finding("shop_undedicated", premises=("shop:S1",), geometry=Point(119.182, 32.272)),
        Finding("nobody_in_charge", ("001",)),
    ]
    found = finding_columns(findings, PLAN.crs)
    assert found.values["问题"] == ["空白", "商铺无专属网格", "无人负责"]
    assert found.values["级别"] == ["必须处理", "建议处理", "建议处理"]
    assert found.values["面积m2"] == [12.345679, None, None]
    assert found.geometry[2] is None
    for suffix in ("gpkg", "geojson", "csv", "xlsx", "shp", "parquet"):
        write_findings(tmp_path / f"问题.{suffix}", findings, PLAN)
        table = read_table(tmp_path / f"问题.{suffix}")
        assert table.values("类别")[0] == "gap"
    assert found.values["经度"] == [119.1805, 119.182, None]
    assert found.values["纬度"] == [32.2705, 32.272, None]
    assert "x" not in found.values
    write_findings(tmp_path / "en.csv", findings, PLAN, "en")
    assert read_table(tmp_path / "en.csv").values("severity") == ["blocking", "advisory", "advisory"]


def test_a_sheet_of_findings_has_places_to_zoom_to(tmp_path):
    plane = Snapshot(crs=parse_crs("EPSG:4549"))
    faces = [box(422_000, 3_572_000, 422_010, 3_572_100), LineString([(422_000, 3_572_000), (422_000, 3_572_100)])]
    findings = [
        Finding("gap", ("001",), ("building:B1", "area:C1"), area_m2=1000.0, width_m=10.0, geometry=faces[0]),
        Finding("edge_mismatch", ("001", "002"), value=100.0, geometry=faces[1]),
    ]
    write_findings(tmp_path / "问题.xlsx", findings, plane)
    rows = list(openpyxl.load_workbook(tmp_path / "问题.xlsx").active.values)
    sheet = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert [(row["问题"], row["面积m2"], row["宽度m"], row["对象"]) for row in sheet] == [
        ("空白", 1000, 10, "楼栋 B1、区域 C1"),
        ("边界顶点不一致", None, None, None),
    ]
    assert sheet[1]["数值"] == 100
    for row, face in zip(sheet, faces, strict=True):
        assert face.distance(Point(row["x"], row["y"])) < 1e-3
        xy = project(np.array([[row["经度"], row["纬度"]]]), parse_crs("EPSG:4490"), "EPSG:4549")[0]
        assert xy == pytest.approx([row["x"], row["y"]], abs=0.02)
    assert not any(str(name).startswith("中心") for name in rows[0])


def test_places_of_shifted_and_unsafe_systems():
    shapes = np.array([box(119.18, 32.27, 119.19, 32.28)], dtype=object)
    shifted = place_columns(shapes, parse_crs("GCJ-02"))
    assert (shifted["x"], shifted["y"]) == ([119.185], [32.275])
    assert 0.003 < 119.185 - shifted["经度"][0] < 0.007
    old = place_columns(shapes, parse_crs("EPSG:4610", any_datum=True), language="en")
    assert old == {"lon": [None], "lat": [None], "x": [119.185], "y": [32.275]}


def test_long_lists_are_cut_in_a_shapefile_alone(tmp_path):
    many = [Finding("duplicate_shape", tuple(f"网格{number:04}" for number in range(100)), geometry=GRID)]
    write_findings(tmp_path / "a.shp", many, PLAN)
    write_findings(tmp_path / "a.gpkg", many, PLAN)
    assert read_table(tmp_path / "a.shp").values("网格")[0].endswith("……")
    assert read_table(tmp_path / "a.gpkg").values("网格")[0].count("、") == 99

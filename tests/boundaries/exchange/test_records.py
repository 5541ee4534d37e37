"""Areas, grids and parts out of tables, with every refused row in its place."""

import numpy as np
import pytest
from shapely import LineString, MultiPolygon, Polygon, box

from boundaries.errors import BadInput, RefusedRows
from boundaries.exchange.records import parse_areas, parse_grids, parse_parts
from geo.errors import CrsProblem
from tests.boundaries.drawn import table

X, Y = 422_000, 3_572_000
CELL = box(X, Y, X + 100, Y + 100)
NEXT = box(X + 100, Y, X + 200, Y + 100)
BOW_TIE = Polygon([(X, Y), (X + 2, Y + 2), (X + 2, Y), (X, Y + 2)])


def grids(shapes=(CELL, NEXT), **columns):
    return table({"网格编码": ["001", "002"], **columns}, list(shapes))


def refusal(call):
    with pytest.raises(RefusedRows) as caught:
        call()
    return caught.value.rows


def test_grids_with_all_their_fields():
    found = parse_grids(
        grids(
            网格名称=["第一微网格", None], 上级编码=["C1", "C1"], 网格类型=["住宅", "沿街商铺"], 图层=["平铺", "叠加"],
            荣誉名称=["红旗网格", "无"], 街道组=[None, "S1"],
        )
    )  # fmt: skip
    first, second = found.values
    assert (first.code, first.name, first.area, first.kind, first.layer) == (
        "001",
        "第一微网格",
        "C1",
        "residential",
        "tile",
    )
    assert (second.name, second.kind, second.layer) == ("002", "street_front", "overlay")
    assert (first.honorary_name, second.honorary_name, second.street_group) == ("红旗网格", None, "S1")
    assert [grid.rank for grid in found.values] == [1, 2]
    assert found.rows == (2, 3)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (None, "没有图形"),
        (MultiPolygon([NEXT, box(X + 300, Y, X + 400, Y + 9)]), "由 2 块组成"),
        (BOW_TIE, "边界自相交,位置 [422001 3572001]"),
        (LineString([(X, Y), (X + 1, Y)]), "这里需要面"),
    ],
)
def test_a_grid_that_cannot_be_loaded_is_refused_with_its_row(shape, words):
    (row,) = refusal(lambda: parse_grids(grids((CELL, shape))))
    assert (row.file, row.row) == ("drawn.gpkg", 3)
    assert words in row.zh


def test_file_mode_lets_faulty_grids_through_to_the_checks():
    two = MultiPolygon([NEXT, box(X + 300, Y, X + 400, Y + 9)])
    drawn = table({"网格编码": ["001", "001", "003", "004"]}, [None, BOW_TIE, two, MultiPolygon([CELL])])
    found = parse_grids(drawn, is_strict=False).values
    assert [grid.code for grid in found] == ["001", "001", "003", "004"]
    assert found[0].polygon.is_empty
    assert not found[1].polygon.is_valid
    assert found[2].polygon.geom_type == "MultiPolygon"
    assert found[3].polygon.geom_type == "Polygon"


def test_file_mode_lets_lines_among_grids_pass_and_refuses_lines_alone():
    line = LineString([(X, Y), (X + 1, Y)])
    assert [grid.polygon for grid in parse_grids(grids((CELL, line)), is_strict=False).values] == [CELL, line]
    (row,) = refusal(lambda: parse_grids(grids((CELL, line))))
    assert row.row == 3
    assert [row.row for row in refusal(lambda: parse_grids(grids((line, line)), is_strict=False))] == [2, 3]


def test_file_mode_numbers_grids_without_codes():
    drawn = table({"名": ["甲", "乙"]}, [CELL, NEXT])
    assert [grid.code for grid in parse_grids(drawn, is_strict=False).values] == ["2", "3"]
    with pytest.raises(BadInput, match="--column code=HEADER"):
        parse_grids(drawn)


def test_duplicate_codes_name_both_rows():
    (row,) = refusal(lambda: parse_grids(table({"网格编码": ["001", "001"]}, [CELL, NEXT])))
    assert (row.row, row.column, row.value) == (3, "网格编码", "001")
    assert "第 2 行" in row.zh
    assert "row 2" in row.en


def test_blank_codes_and_unknown_words_are_refused_together():
    rows = refusal(
        lambda: parse_grids(
            table({"网格编码": ["001", None], "类型": ["宫殿", "住宅"], "图层": ["空中", None]}, [CELL, NEXT])
        )
    )
    assert [(row.row, row.column, row.value) for row in rows] == [
        (2, "类型", "宫殿"),
        (2, "图层", "空中"),
        (3, "网格编码", ""),
    ]
    assert "住宅、沿街商铺" in rows[0].zh


@pytest.mark.parametrize(
    ("codes", "numeric", "refused"),
    [
        (["0321081001", "321081002"], [False, True], [3]),
        (["321081001001", "32108100100"], [True, True], [3]),
        (["3210810010010011", "3210810010010022"], [True, True], [2, 3]),
        (["3.21081E+11", "321081001002"], [False, False], [2]),
        (["321081001001", "321081001002"], [True, True], []),
        (["1", "12"], [True, True], []),
        (["A-0012", "12"], [False, True], []),
    ],
)
def test_codes_that_a_spreadsheet_spoilt_are_refused(codes, numeric, refused):
    drawn = table({"网格编码": codes}, [CELL, NEXT])
    drawn.numeric["网格编码"] = np.array(numeric)
    if not refused:
        assert [grid.code for grid in parse_grids(drawn).values] == codes
        return
    rows = refusal(lambda: parse_grids(drawn))
    assert [row.row for row in rows] == refused
    assert "“文本”格式" in rows[0].zh


def test_areas_take_their_level_from_a_column_or_from_an_option():
    drawn = table({"社区编码": ["C1", "C2"], "社区": ["锦绣", "河西"], "街道": ["真州镇", "真州镇"]}, [CELL, NEXT])
    with pytest.raises(BadInput, match="--column level=HEADER"):
        parse_areas(drawn)
    found = parse_areas(drawn, level="community").values
    assert [(area.code, area.name, area.level, area.parent) for area in found] == [
        ("C1", "锦绣", "community", "真州镇"),
        ("C2", "河西", "community", "真州镇"),
    ]
    told = table({"编码": ["C1", "C2"], "层级": ["社区", "王国"]}, [CELL, NEXT])
    (row,) = refusal(lambda: parse_areas(told))
    assert (row.row, row.value) == (3, "王国")
    assert refusal(lambda: parse_areas(table({"编码": ["C1"], "层级": [None]}, [CELL])))[0].column == "层级"


def test_areas_may_have_several_parts():
    two = MultiPolygon([CELL, box(X + 300, Y, X + 400, Y + 9)])
    assert parse_areas(table({"编码": ["C1"]}, [two]), level="town").values[0].polygon.geom_type == "MultiPolygon"


def test_shapes_without_a_system_are_refused():
    with pytest.raises(CrsProblem, match="--crs"):
        parse_grids(table({"网格编码": ["001"]}, [CELL], crs=None))


def test_a_table_without_shapes_is_refused():
    with pytest.raises(BadInput, match="no coordinate columns"):
        parse_grids(table({"网格编码": ["001"]}))


def test_shapes_may_stand_as_text():
    drawn = table({"网格编码": ["001", "002"], "WKT": [CELL.wkt, "POLYGON ((0 0"]})
    assert parse_grids(drawn, is_strict=False).values[0].polygon.equals(CELL)
    assert refusal(lambda: parse_grids(drawn))[0].row == 3


def test_parts_are_told_by_units_or_by_floors():
    drawn = table(
        {
            "分段编码": ["001-1", "001-2"],
            "网格编码": ["001", "001"],
            "分段名称": ["甲段", None],
            "单元": ["1-2单元", None],
            "楼层": [None, "3-9层"],
            "户数": ["60户", None],
        }
    )
    (grid, first), (_, second) = parse_parts(drawn).values
    assert (grid, first.units, first.floors, first.households) == ("001", ("1", "2"), None, 60)
    assert (second.name, second.units, second.floors) == ("001-2", (), (3, 9))


@pytest.mark.parametrize(("units", "floors"), [(None, None), ("1", "2"), ("、", "顶层")])
def test_a_part_of_neither_or_of_both_is_refused(units, floors):
    drawn = table({"分段编码": ["001-1"], "网格编码": ["001"], "单元": [units], "楼层": [floors]})
    assert refusal(lambda: parse_parts(drawn))[0].row == 2

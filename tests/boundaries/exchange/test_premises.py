"""Buildings, compounds, shops and the lines around them out of tables."""

import pytest
from shapely import LineString, MultiPolygon, Point, Polygon, box

from boundaries.errors import BadInput, RefusedRows
from boundaries.exchange.premises import (
    content_key,
    parse_buildings,
    parse_compounds,
    parse_shops,
    parse_streets,
    parse_walls,
    parse_waters,
)
from tests.boundaries.drawn import table

X, Y = 422_000, 3_572_000
HOUSE = box(X, Y, X + 40, Y + 12)


def row_of(call):
    with pytest.raises(RefusedRows) as caught:
        call()
    (row,) = caught.value.rows
    return row


def test_buildings_without_codes_are_known_by_compound_and_number():
    drawn = table(
        {
            "小区名称": ["锦绣花园", "锦绣花园"],
            "幢": ["1幢", "2幢"],
            "单元数": ["2", None],
            "户数": ["36户", None],
            "套数": ["40", None],
            "出租": ["3", None],
            "车库": ["1", None],
            "层数": ["6层", "多层 11"],
        },
        [HOUSE, Point(X, Y)],
    )
    first, second = parse_buildings(drawn).values
    assert (first.code, first.number, first.compound) == ("锦绣花园/1幢", "1幢", "锦绣花园")
    assert (first.entrances, first.households, first.dwellings, first.rented, first.garages) == (2, 36, 40, 3, 1)
    assert (first.floors, second.floors, second.households) == (6, 11, None)
    assert second.shape.equals(Point(X, Y))


def test_buildings_of_openstreetmap():
    drawn = table(
        {"osm_id": ["7"], "building": ["yes"], "building_levels": ["3.5"], "addr_housenumber": ["12"]}, [HOUSE]
    )
    (found,) = parse_buildings(drawn).values
    assert (found.code, found.number, found.floors) == ("7", "12", 3)


def test_a_count_that_is_none_and_a_twice_named_building_are_refused():
    row = row_of(lambda: parse_buildings(table({"编码": ["1"], "户数": ["三十"]}, [HOUSE])))
    assert (row.row, row.column, row.value) == (2, "户数", "三十")
    again = table({"小区": ["锦绣", "锦绣"], "幢": ["1", "1"]}, [HOUSE, HOUSE])
    assert "第 2 行" in row_of(lambda: parse_buildings(again)).zh


def test_a_building_with_neither_code_nor_number_is_refused():
    assert row_of(lambda: parse_buildings(table({"幢": [None]}, [HOUSE]))).column == "幢"
    with pytest.raises(BadInput, match="--column number"):
        parse_buildings(table({"户数": ["3"]}, [HOUSE]))
    (found,) = parse_buildings(table({"户数": ["3"]}, [HOUSE]), is_strict=False).values
    assert found.code == "2"


def test_a_table_without_shapes_is_an_update_where_that_is_allowed():
    drawn = table({"编码": ["1"], "户数": ["3"]})
    assert parse_buildings(drawn, may_lack_shapes=True).values[0].shape.is_empty
    with pytest.raises(BadInput):
        parse_buildings(drawn)


def test_buildings_by_longitude_and_latitude():
    drawn = table({"编码": ["1", "2"], "经度": ["119.182345", "119.18东"], "纬度": ["32.27", "32.27"]}, crs="GCJ-02")
    row = row_of(lambda: parse_buildings(drawn))
    assert (row.row, row.column, row.value) == (3, "经度", "119.18东")
    good = table({"编码": ["1"], "经度": ["119.182345"], "纬度": ["32.27"]}, crs="GCJ-02")
    assert parse_buildings(good).values[0].shape.equals(Point(119.182345, 32.27))


def test_compounds_are_known_by_code_else_by_name():
    drawn = table(
        {"小区名称": ["锦绣花园", "河西新村"], "物业管理": ["有", None], "安置小区": ["否", "是"]},
        [HOUSE, MultiPolygon([HOUSE, box(X + 50, Y, X + 60, Y + 9)])],
    )
    first, second = parse_compounds(drawn).values
    assert (first.code, first.name, first.property_managed, first.resettlement) == ("锦绣花园", "锦绣花园", True, False)
    assert second.polygon.geom_type == "MultiPolygon"
    assert row_of(lambda: parse_compounds(table({"小区": ["甲"], "物业": ["也许"]}, [HOUSE]))).value == "也许"
    assert row_of(lambda: parse_compounds(table({"小区": [None]}, [HOUSE]))).column == "小区"


def test_shops_are_known_by_credit_code_else_by_door_and_name():
    drawn = table(
        {
            "店名": ["早点铺", "五金店", "理发店"],
            "门牌号": ["12号", "14号", None],
            "路名": ["解放路", "解放路", None],
            "统一社会信用代码": ["91321081MA1ABCDE0X", None, None],
            "经营状态": ["营业", "空置", None],
            "街侧": ["左", None, None],
            "联系电话": ["13800000000", None, None],
        },
        [Point(X, Y), Point(X + 9, Y), Point(X + 18, Y)],
    )
    shops = parse_shops(drawn).values
    assert [shop.code for shop in shops] == ["91321081MA1ABCDE0X", "解放路 14号 五金店", "理发店"]
    assert [(shop.state, shop.side) for shop in shops] == [("open", "left"), ("vacant", None), ("open", None)]
    assert shops[0].contact == "13800000000"


def test_shops_with_a_short_credit_code_or_without_any_name_are_refused():
    short = table({"店名": ["早点铺"], "统一社会信用代码": ["91321081"]}, [Point(X, Y)])
    assert "应为 18 位,这里是 8 位" in row_of(lambda: parse_shops(short)).zh
    assert row_of(lambda: parse_shops(table({"店名": [None]}, [Point(X, Y)]))).column == "店名"
    outline = table({"店名": ["商场"]}, [HOUSE])
    assert "这里需要点" in row_of(lambda: parse_shops(outline)).zh


def test_file_mode_tells_shops_of_one_name_apart():
    drawn = table({"店名": ["超市", "超市", None]}, [Point(X, Y), Point(X + 9, Y), Point(X, Y + 5)])
    codes = [shop.code for shop in parse_shops(drawn, is_strict=False).values]
    assert len(set(codes)) == 3
    assert codes[2] == "4"


def test_pieces_of_one_street_are_one():
    lines = [LineString([(X, Y), (X + 9, Y)]), LineString([(X + 9, Y), (X + 20, Y)]), LineString([(X, Y), (X, Y + 9)])]
    found = parse_streets(table({"道路名称": ["解放路", "解放路", None]}, lines))
    named, nameless = found.values
    assert (named.code, named.name, named.line.length) == ("解放路", "解放路", 20)
    assert nameless.code == content_key(lines[2])
    assert found.rows == (2, 4)
    twice = table({"osm_id": ["1", "1"]}, lines[:2])
    assert row_of(lambda: parse_streets(twice)).row == 3


def test_a_content_key_is_that_of_the_shape_whichever_way_it_runs():
    line = LineString([(X, Y), (X + 9, Y)])
    assert content_key(line) == content_key(line.reverse())
    assert content_key(line) != content_key(LineString([(X, Y), (X + 9, Y + 1)]))


def test_water_and_walls():
    shapes = [HOUSE, LineString([(X, Y), (X + 9, Y)]), LineString([(X, Y), (X, Y + 9)])]
    waters = parse_waters(table({"水系名称": ["仪扬河", "仪扬河", "东沟"]}, shapes)).values
    assert [water.code for water in waters[2:]] == ["东沟"]
    assert waters[0].code == content_key(HOUSE)
    walls = parse_walls(table({"编码": ["w1", None, None]}, [*shapes[:2], Polygon(HOUSE)])).values
    assert walls[0].code == "w1"
    assert walls[0].line.length == pytest.approx(104)
    assert row_of(lambda: parse_walls(table({"编码": ["1"]}, [Point(X, Y)]))).row == 2

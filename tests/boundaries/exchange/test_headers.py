"""Headers as offices write them."""

import pytest

from boundaries.errors import BadInput
from boundaries.exchange.headers import HEADERS, known_headers, normal_form, read_synonyms, recognise
from boundaries.tiers import FIELDS


def test_the_headers_of_the_issue_are_recognised():
    columns = ("街道", "社区", "网格编码", "网格名称", "联络员", "手机号")
    assert recognise("grids", columns)["code"] == "网格编码"
    assert recognise("grids", columns)["parent"] == "社区"
    assert recognise("people", columns) == {"target": "网格编码", "phone": "手机号", "liaison": "联络员"}
    columns = ("小区名称", "幢", "单元", "户数", "经度", "纬度")
    assert recognise("buildings", columns) == {
        "number": "幢", "compound": "小区名称", "entrances": "单元", "households": "户数", "x": "经度", "y": "纬度",
    }  # fmt: skip
    columns = ("店名", "门牌号", "统一社会信用代码", "联系电话", "类型")
    assert recognise("shops", columns) == {
        "name": "店名", "door_number": "门牌号", "credit_code": "统一社会信用代码", "contact": "联系电话",
        "trade": "类型",
    }  # fmt: skip


def test_marks_spaces_units_and_case_do_not_matter():
    assert normal_form(" 户 数(户)*") == "户数"
    assert normal_form("网格编码(必填)") == "网格编码"
    assert recognise("buildings", ["OSM_ID", "addr:housenumber"]) == {"code": "OSM_ID", "number": "addr:housenumber"}


def test_one_column_is_never_two_fields():
    found = recognise("areas", ["编码", "社区"])
    assert found == {"code": "编码", "name": "社区"}


def test_a_column_named_by_hand_wins():
    assert recognise("grids", ["编码", "CODE2", "名称"], named={"parent": "CODE2", "name": "编码"}) == {
        "parent": "CODE2",
        "name": "编码",
    }


def test_a_hand_named_field_or_header_that_does_not_exist_is_refused():
    with pytest.raises(BadInput, match=r"no field \"grids.colour\""):
        recognise("grids", ["编码"], named={"colour": "编码"})
    with pytest.raises(BadInput) as refusal:
        recognise("grids", ["编码", "名称"], named={"code": "CODE"})
    assert "现有的列:编码、名称" in refusal.value.zh


def test_what_export_writes_load_recognises():
    for layer in HEADERS:
        headers = [field.header for field in FIELDS[layer].values()]
        assert set(recognise(layer, headers)) == set(FIELDS[layer]), layer


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("headers.toml", '[buildings]\nhouseholds = ["常住户"]\n'),
        ("headers.json", '{"buildings": {"households": "常住户"}}'),
    ],
)
def test_an_office_adds_its_own_headers(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    extra = read_synonyms(path)
    assert recognise("buildings", ["常住户"], extra=extra) == {"households": "常住户"}
    assert "常住户" in known_headers(extra)
    assert "常住户" not in known_headers()


@pytest.mark.parametrize("text", ["[buildings", '[streets]\nlanes = ["车道"]\n', '[trees]\ncode = ["树号"]\n'])
def test_a_bad_file_of_headers_is_refused(tmp_path, text):
    path = tmp_path / "headers.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput):
        read_synonyms(path)

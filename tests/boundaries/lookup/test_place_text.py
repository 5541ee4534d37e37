"""What an address in words says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.lookup.place_text import building_key, door_key, normal_form, readings

NAMES = {
    normal_form(name) for name in ("水乡-水秀苑", "锦绣花园", "文昌路", "万家花城", "滨江万家花城", "青禾新苑一区")
}
LONGEST = max(map(len, NAMES))
WRITTEN = (
    st.text(st.sampled_from("锦绣花园一二三十百零〇两0123 9aAbB-·•—##号楼栋幢座单元层室甲第负地下(),,文昌路"))
    | st.text()
)


@pytest.mark.parametrize(
    "written",
    [
        "水乡-水秀苑",
        "水乡•水秀苑",
        "水乡·水秀苑",
        "水乡・水秀苑",
        "水乡—水秀苑",
        "水乡–水秀苑",
        "水乡 水秀苑",
        "水乡(水秀苑)",
    ],
)
def test_marks_between_the_parts_of_a_name_say_nothing(written):
    assert normal_form(written) == "水乡水秀苑"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("青禾新苑一区", "青禾新苑1区"),
        ("SOHO现代城", "soho现代城"),
        ("三十二号楼", "32幢"),
        ("一百零三幢", "103栋"),
        ("二〇二室", "202室"),
        ("二○二室", "202室"),
        ("3 号 楼", "3幢"),
        ("#3楼", "3幢"),
        ("3#楼", "3幢"),
    ],
)
def test_two_ways_of_writing_are_one(one, other):
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize("word", ["百货", "百味面馆", "万家花城", "二百五"])
def test_numerals_that_count_nothing_stay_words(word):
    assert normal_form(word) == word


def test_digits_never_run_together():
    assert normal_form("新村一12幢") == "新村1-12幢"
    assert normal_form("3 2 501") == "3-2-501"


@given(WRITTEN)
def test_the_normal_form_of_a_normal_form_is_itself(text):
    once = normal_form(text)
    assert normal_form(once) == once


@given(WRITTEN)
def test_keys_do_not_depend_on_how_often_they_are_normalised(text):
    assert building_key(normal_form(text)) == building_key(text)
    assert door_key(normal_form(text)) == door_key(text)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        *(
            (text, ("", "3"))
            for text in ("3", "3幢", "3栋", "03", "３号楼", "三幢", "3座", "3#", "3楼", "第3幢", " 3 幢 ")
        ),
        *((text, ("", "a")) for text in ("A座", "a幢", "Ａ栋")),
        *((text, ("", "3-1")) for text in ("3-1", "03-01幢", "3—1号楼")),
        *((text, ("", "a3")) for text in ("A3幢", "A-3", "a03栋")),
        ("甲幢", ("", "甲")),
        ("十二栋", ("", "12")),
        ("东区3幢", ("东区", "3")),
        ("门卫", ("门卫", "")),
        ("杏林路商铺2号楼", ("杏林路商铺", "2")),
        ("0", ("", "0")),
    ],
)
def test_the_number_of_a_building(written, key):
    assert building_key(written) == key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        *((text, "12") for text in ("12号", "12", "012", "十二号", "12号商铺", "１２号")),
        *((text, "12-1") for text in ("12-1号", "12号之1", "12号附1", "12号附1号", "12号-1", "12-01号")),
        ("甲12号", "甲12"),
        ("12号甲", "12甲"),
        ("12A号", "12a"),
        ("12弄3号", "12弄3号"),
    ],
)
def test_the_number_of_a_door(written, key):
    assert door_key(written) == key


def told(text):
    """(building, unit, floor, room) of every reading by number."""
    return {(one.building, one.unit, one.floor, one.room) for one in readings(text, NAMES, LONGEST) if not one.door}


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("锦绣花园", (None, None, None, None)),
        ("锦绣花园3幢", ("3", None, None, None)),
        ("锦绣花园三号楼二单元", ("3", "2", None, None)),
        ("锦绣花园3幢2单元501室", ("3", "2", None, "501室")),
        ("锦绣花园 3栋 第二单元 五楼 501", ("3", "2", 5, "501")),
        ("锦绣花园3幢A单元", ("3", "A", None, None)),
        ("锦绣花园3幢东单元302户", ("3", "东", None, "302户")),
        ("锦绣花园3幢501", ("3", None, None, "501")),
        ("锦绣花园3幢501-2室", ("3", None, None, "501-2室")),
        ("锦绣花园3幢2-501", ("3", "2", None, "501")),
        ("锦绣花园3#-2-501", ("3", "2", None, "501")),
        ("锦绣花园3幢5层", ("3", None, 5, None)),
        ("锦绣花园3幢十二楼", ("3", None, 12, None)),
        ("锦绣花园3幢负一层", ("3", None, -1, None)),
        ("锦绣花园3幢地下2层", ("3", None, -2, None)),
        ("锦绣花园3幢B1层", ("3", None, -1, None)),
        ("锦绣花园3幢东户", ("3", None, None, "东户")),
        ("锦绣花园3幢-1层", ("3", None, None, None)),  # the mark parts, or means below ground
        ("锦绣花园2单元", (None, "2", None, None)),
        ("锦绣花园3楼", ("3", None, None, None)),
    ],
)
def test_what_stands_behind_a_compound(text, reading):
    assert told(text) == {reading}


def test_bare_numbers_are_read_in_every_way():
    assert told("锦绣花园3-2-501") == {
        ("3-2-501", None, None, None),
        ("3-2", None, None, "501"),
        ("3", "2", None, "501"),
    }
    assert told("锦绣花园3-1") == {("3-1", None, None, None), ("3", None, None, "1")}
    assert told("锦绣花园3-2单元501室") == {("3", "2", None, "501室")}
    assert told("锦绣花园3-5层") == {("3", None, 5, None)}


def test_a_written_building_word_leaves_nothing_open():
    assert told("锦绣花园3-1幢") == {("3-1", None, None, None)}


@pytest.mark.parametrize(
    "text", ["锦绣花园3幢对面", "锦绣花园门口", "锦绣花园3幢东50米", "锦绣", "", "3幢2单元", "锦绣花园3幢501室转交"]
)
def test_what_is_not_understood_to_its_end_is_not_read(text):
    assert told(text) == set()


def test_the_longest_name_is_read_with_what_stands_before_it():
    (one,) = [each for each in readings("江苏省仪征市 滨江·万家花城3幢", NAMES, LONGEST) if not each.door]
    assert (one.name, one.lead, one.is_parted) == ("滨江万家花城", "江苏省仪征市", True)


@pytest.mark.parametrize(
    ("text", "door", "floor", "rest"),
    [
        ("文昌路12号", "12", None, ""),
        ("文昌路12-1号", "12-1", None, ""),
        ("文昌路12号之1", "12-1", None, ""),
        ("文昌路12号附3", "12-3", None, ""),
        ("文昌路十二号", "12", None, ""),
        ("文昌路12号2楼", "12", 2, ""),
        ("文昌路12号老槐面馆", "12", None, "老槐面馆"),
        ("文昌路12号二楼老槐面馆", "12", 2, "老槐面馆"),
        ("文昌路12", "12", None, ""),
    ],
)
def test_what_stands_behind_a_street(text, door, floor, rest):
    found = {(one.door, one.floor, one.rest) for one in readings(text, NAMES, LONGEST) if one.door}
    assert (door, floor, rest) in found


@given(WRITTEN)
def test_any_text_is_read_or_not_and_never_refused(text):
    for one in readings(text, NAMES, LONGEST):
        assert one.name in NAMES


def test_a_text_of_more_than_200_characters_is_not_read():
    assert readings("市" * 193 + "锦绣花园3幢", NAMES, LONGEST)
    assert readings("市" * 195 + "锦绣花园3幢", NAMES, LONGEST) == ()


def test_a_text_that_could_be_read_in_very_many_ways_is_read_at_once():
    assert told("锦绣花园" + "a-1-" * 48 + "!") == set()

import pytest

from boundaries.errors import Unavailable
from maps.typeface import FAMILY, MISSING_MARK, SMALLEST_TYPE_MM, load_typeface, plain


@pytest.fixture(scope="module")
def typeface():
    return load_typeface()


def test_the_simplified_chinese_face_is_found_by_name(typeface):
    assert typeface.regular.postscript_name == "NotoSansCJKsc-Regular"
    assert typeface.bold.postscript_name == "NotoSansCJKsc-Bold"


def test_widths_come_from_the_face(typeface):
    assert typeface.width_mm("微网格", 4) == pytest.approx(12)
    assert typeface.width_mm("12", 2) == pytest.approx(2 * typeface.width_mm("1", 2))
    assert typeface.width_mm("1A", 3, is_bold=True) > typeface.width_mm("1A", 3)


def test_a_character_without_a_glyph_is_told_and_marked(typeface):
    assert typeface.missing("花园\U0001f600") == {"\U0001f600"}
    assert typeface.shown("花园\U0001f600") == f"花园{MISSING_MARK}"
    assert typeface.shown("花园") == "花园"


def test_radicals_become_the_characters_that_people_search_for():
    assert plain("⼀⼆幢") == "一二幢"
    assert plain("一二幢") == "一二幢"


def test_text_is_fitted_to_the_floor_and_no_further(typeface):
    assert typeface.fitted("短", 100, 4) == 4
    assert typeface.fitted("六个字的名称", 18, 4) == pytest.approx(3)
    assert typeface.fitted("六个字的名称", 2, 4) == SMALLEST_TYPE_MM


def test_text_is_broken_and_nothing_of_it_lost(typeface):
    lines = typeface.broken("人民路沿街商铺北段", 9, 3)
    assert "".join(lines) == "人民路沿街商铺北段"
    assert all(typeface.width_mm(line, 3) <= 9 for line in lines)
    assert typeface.broken("", 9, 3) == [""]


def test_a_missing_typeface_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "NotoSansCJK-Regular.ttc").write_bytes(b"no font")
    with pytest.raises(Unavailable) as refused:
        load_typeface(tmp_path)
    assert FAMILY in refused.value.zh
    assert "fonts-noto-cjk" in refused.value.zh
    assert str(tmp_path) in refused.value.en

"""Encodings of office files, told or found."""

import pytest

from boundaries.errors import BadInput
from boundaries.exchange.charsets import decode, detect, refuse_garbled

CHINESE = "街道,社区,网格编码,网格名称,联络员\n真州镇,锦绣社区,321081001001,锦绣花园第一微网格,王秀兰\n"
TAIWANESE = "鄉鎮,村里,戶數\n北投區,關渡里,戶政事務所統計資料\n"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (CHINESE, "gbk", "gb18030"),
        ("锦绣花园", "gbk", "gb18030"),
        (CHINESE, "utf-8", "utf-8"),
        (TAIWANESE, "big5", "big5"),
        ("plain ASCII", "ascii", "utf-8"),
    ],
)
def test_undeclared_bytes_are_recognised(text, encoding, found):
    assert detect(text.encode(encoding)) == found
    assert decode(text.encode(encoding), encoding=None, file="t.csv")[0] == text


def test_korean_is_told_from_chinese_by_its_own_letters():
    words = "종로구 사직동 삼청동 부암동 평창동 무악동 교남동 가회동 혜화동 이화동 창신동 숭인동 " * 8
    assert detect(words.encode("cp949")) == "cp949"


def test_byte_order_marks_are_read_past():
    assert decode("编码,名称".encode("utf-8-sig"), encoding=None, file="t")[0] == "编码,名称"
    assert decode("编码,名称".encode("utf-16"), encoding=None, file="t") == ("编码,名称", "utf-16")


def test_a_gbk_table_said_to_be_utf8_is_refused_with_the_way_out():
    with pytest.raises(BadInput) as refusal:
        decode(CHINESE.encode("gbk"), encoding="utf-8", file="楼栋.csv")
    assert "--encoding gbk" in refusal.value.zh
    assert "楼栋.csv" in refusal.value.zh
    assert "It looks like gbk" in refusal.value.en


def test_a_utf8_table_said_to_be_gbk_is_refused():
    with pytest.raises(BadInput, match="--encoding utf-8"):
        decode(CHINESE.encode(), encoding="gbk", file="t.csv")


def test_an_encoding_nobody_knows_is_refused():
    with pytest.raises(BadInput, match="not known"):
        decode(b"a", encoding="gbx", file="t.csv")


def test_bytes_of_no_encoding_are_refused():
    with pytest.raises(BadInput, match="cannot be told"):
        decode(bytes(range(128, 256)) * 3, encoding=None, file="t.csv")


@pytest.mark.parametrize("garbled", ["ÍøÃ±Éç", "锟斤拷", "a\ufffdb"])
def test_garbled_text_is_refused(garbled):
    with pytest.raises(BadInput, match="garbled"):
        refuse_garbled(["编码", None, garbled], file="t.gpkg")


def test_accents_are_not_garbled():
    refuse_garbled(["Pohjoinen Esplanadi", "Café Ñandú", "Đình"], file="t.gpkg")

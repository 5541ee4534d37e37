"""What people write into cells, as values: counts, dates, flags, phones, words of lists."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from boundaries.model import Kind, Level, Role

BLANKS = frozenset({"无", "/", "-", "—", "--", "——", "null", "none", "nan", "n/a", "暂无", "空", "#n/a", "\\"})

_COUNT = re.compile(r"^[约共]?(\d+)(\.0+)?\s*(户|套|层|个|栋|幢|间|单元|楼|人)?$")
_FIRST_NUMBER = re.compile(r"\d+(\.\d+)?")
_DATE = re.compile(r"^(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(\s.*)?$")
_PHONE = re.compile(r"^\+?\d[\d\-() ]{4,}\d([/;、,,;]\+?\d[\d\-() ]{4,}\d)*$")
_RANGE = re.compile(r"^(\d+)\s*[-~—–至到]\s*(\d+)$")
_YES = frozenset({"是", "有", "true", "yes", "y", "1", "√", "✓", "对", "公开"})
_NO = frozenset({"否", "无", "false", "no", "n", "0", "×", "✗", "没有", "不公开", "/", "-"})

SIDES = {
    "左": "left",
    "左侧": "left",
    "left": "left",
    "l": "left",
    "右": "right",
    "右侧": "right",
    "right": "right",
    "r": "right",
}
STATES = {
    **dict.fromkeys(("营业", "开业", "在营", "正常", "正常营业", "存续", "开", "open"), "open"),
    **dict.fromkeys(("空置", "空铺", "空", "闲置", "未租", "vacant"), "vacant"),
    **dict.fromkeys(("关闭", "停业", "歇业", "注销", "关", "closed"), "closed"),
}
LAYER_WORDS = {
    **dict.fromkeys(("tile", "平铺", "主网格", "基础"), "tile"),
    **dict.fromkeys(("overlay", "叠加", "底商", "上层"), "overlay"),
}
_ROLE_WORDS = {
    **dict.fromkeys(("联络员", "微网格联络员", "微网格员", "微网格长", "liaison"), "liaison"),
    **dict.fromkeys(("综合网格长", "网格长", "chief"), "chief"),
    **dict.fromkeys(("专职网格员", "网格员", "full_time"), "full_time"),
    **dict.fromkeys(("志愿者", "机关志愿者", "volunteer"), "volunteer"),
    **dict.fromkeys(("物业", "物业负责人", "物业人员", "property"), "property"),
    **dict.fromkeys(("商户代表", "商户", "merchant"), "merchant"),
    **dict.fromkeys(("民警", "社区民警", "police"), "police"),
    **dict.fromkeys(("城管", "城管队员", "urban_management"), "urban_management"),
}
_LEVEL_WORDS = {
    **dict.fromkeys(("市", "城市"), "city"),
    **dict.fromkeys(("区", "县", "区县", "市辖区"), "county"),
    **dict.fromkeys(("街道", "镇", "乡", "镇街", "乡镇", "街镇"), "town"),
    **dict.fromkeys(("社区", "村", "居委会", "村委会", "村社区"), "community"),
    **dict.fromkeys(("网格", "一级网格"), "composite"),
}
_KIND_WORDS = {
    **dict.fromkeys(("居民", "居住", "普通", "小区"), "residential"),
    **dict.fromkeys(("沿街", "商铺", "街面", "专属", "沿街商铺专属微网格"), "street_front"),
    **dict.fromkeys(("商业", "商务", "商业区"), "commercial"),
}


def count(text: str) -> int | None:
    """A whole number, with or without its measure word; None where it is none."""
    match = _COUNT.match(text.replace(",", ""))
    return int(match.group(1)) if match else None


def first_number(text: str) -> int | None:
    """The first number in a text, rounded down: ``3.5`` and ``3;4`` are 3 floors."""
    match = _FIRST_NUMBER.search(text)
    return int(float(match.group())) if match else None


def day(text: str) -> date | None:
    """A day as people write it: 2026-01-05, 2026/1/5, 2026.1.5, 2026年1月5日, 20260105."""
    match = _DATE.match(text)
    if match is None:
        return None
    try:
        return date(int(match.group(1)), int(match.group(2)), int(match.group(3)))
    except ValueError:
        return None


def flag(text: str) -> bool | None:
    """Yes or no; None where it is neither."""
    lowered = text.casefold()
    return True if lowered in _YES else False if lowered in _NO else None


def phone(text: str) -> str | None:
    """A phone number, or several; None where it is none."""
    return text if _PHONE.match(text) else None


def units(text: str) -> tuple[str, ...] | None:
    """Entrance numbers: ``1-3单元`` is 1, 2, 3; ``甲、乙`` is two."""
    found: list[str] = []
    for piece in re.split(r"[、,,;;/\s]+", text.replace("单元", "").strip()):
        match = _RANGE.match(piece)
        if match and 0 <= int(match.group(2)) - int(match.group(1)) < 100:
            found += [str(number) for number in range(int(match.group(1)), int(match.group(2)) + 1)]
        elif piece:
            found.append(piece)
    return tuple(found) or None


def floor_range(text: str) -> tuple[int, int] | None:
    """Floors from and to, inclusive: ``1-10层``; one number is one floor."""
    bare = text.replace("层", "").replace("楼", "").replace("F", "").strip()
    match = _RANGE.match(bare)
    if match and int(match.group(1)) <= int(match.group(2)):
        return int(match.group(1)), int(match.group(2))
    return (int(bare), int(bare)) if bare.isdigit() else None


def word(text: str, words: Mapping[str, str]) -> str | None:
    """The code that a word of a list stands for; None where it is not of the list."""
    return words.get(text.casefold())


def level_words(levels: Iterable[Level]) -> dict[str, str]:
    """Word -> code of a level: its code, its names and what people call it."""
    return _words(tuple(levels), _LEVEL_WORDS)


def kind_words(kinds: Iterable[Kind]) -> dict[str, str]:
    """Word -> code of a kind: its code, its names and what people call it."""
    return _words(tuple(kinds), _KIND_WORDS)


def role_words(roles: Iterable[Role]) -> dict[str, str]:
    """Word -> code of a role: its code, its names and what people call it."""
    return _words(tuple(roles), _ROLE_WORDS)


def _words(known: Sequence[Level | Kind | Role], sayings: Mapping[str, str]) -> dict[str, str]:
    codes = {each.code for each in known}
    words = {text: code for text, code in sayings.items() if code in codes}
    for each in known:
        words |= dict.fromkeys((each.code, each.name_zh, each.name_en.casefold()), each.code)
    return words

"""What an address in words says: name, building, unit, storey, door, room.

Names hold digits and numerals themselves (青禾新苑一区, 幸福里8号), so nothing is cut
off before a known name is found; only what stands behind the name is read.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

LONGEST_TEXT = 200

_NUMERAL = re.compile("[零〇一二两三四五六七八九十百]+")
_VALUE = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_COUNTED = re.compile(
    "(?:([一二两三四五六七八九])百)?(零?)(?:([一二两三四五六七八九]?)(十))?(零?)([一二两三四五六七八九])?"
)

_STEM = "甲乙丙丁戊"
_HASH_BEHIND = re.compile(f"(?<=[0-9a-z{_STEM}]) *#[ #]*[楼栋幢座]?")
_HASH_BEFORE = re.compile("#[ #]*([0-9]+[a-z]?)(?: *(?:号 *)?[楼栋幢座])?")
_BUILDING_WORD = re.compile(f"(?<=[0-9a-z{_STEM}]) ?(?:号 ?[楼栋幢座]|[栋幢座])")

_N = f"(?:(?:[a-z]-?|[{_STEM}])?[0-9]{{1,4}}[a-z{_STEM}]?|[a-z]{{1,2}}|[{_STEM}])"
_UNIT = f"(?:第?(?P<unit>{_N}|[东西中南北])单元)"
_SHORT_UNIT = "(?P<unit>[0-9]{1,2}[a-z]?|[a-z])"
_FLOOR = "(?:第?(?P<floor>(?:-|负|地下|b)?[0-9]{1,3})[层楼])"
_ROOM = "(?P<room>(?:[a-z]?[0-9]{1,5}[a-z]?|[0-9]{3,5}-[0-9]{1,2})(?:室|户|号|房|铺)?|[东西中南北左右][户室]?)"
_TOLD = f"第?(?P<building>{_N}(?:-{_N}){{0,3}})[幢楼号]"
_BARE = f"(?P<building>{_N}(?:-{_N})?)"
_BEHIND_COMPOUND = tuple(
    re.compile(pattern)
    for pattern in (
        "",
        f"{_UNIT}{_FLOOR}?{_ROOM}?",
        f"{_TOLD}{_UNIT}?{_FLOOR}?{_ROOM}?",
        f"{_TOLD}{_SHORT_UNIT}-{_ROOM}",
        f"(?P<building>{_N}(?:-{_N}){{0,3}})",
        f"{_BARE}-{_ROOM}",
        f"{_BARE}-{_SHORT_UNIT}-{_ROOM}",
        f"{_BARE}-{_UNIT}{_FLOOR}?{_ROOM}?",
        f"{_BARE}-{_FLOOR}{_ROOM}?",
    )
)
_DOORS = tuple(
    re.compile(pattern)
    for pattern in (
        f"(?P<door>{_N}(?:-{_N}){{0,3}})号[之附]?(?P<sub>{_N})号?",
        f"(?P<door>{_N}(?:-{_N}){{0,3}})号(?:商?铺|门面房?|店面)?",
        f"(?P<door>{_N}(?:-{_N}){{0,3}})",
    )
)
_INSIDE_DOOR = re.compile(f"{_FLOOR}?{_ROOM}?")
_SHOP_INSIDE = re.compile(f"{_FLOOR}?(?P<shop>.+)")
_NUMBER = re.compile(f"第?({_N}(?:-{_N}){{0,3}})[幢楼号]?")
_NAMED_NUMBER = re.compile(f"(.*[^0-9a-z-])第?({_N}(?:-{_N}){{0,3}})[幢楼号]")


@dataclass(frozen=True, slots=True)
class PlaceText:
    """One reading of an address.

    Attributes
    ----------
    name : str
        The known name in it, in normal form.
    lead : str
        What stands before the name, in normal form.
    is_parted : bool
        Whether a space, comma or bracket stands between the two.
    building, door : str or None
        In the form of :func:`building_key` and :func:`door_key`.
    unit : str or None
    floor : int or None
        Only where a storey (层, 楼) is written; 负 and 地下 count downwards.
    room : str or None
        As written: 501室 may be on any storey.
    rest : str
        What stands behind a door number, unread: the name of a shop; empty in most.
    """

    name: str
    lead: str = ""
    is_parted: bool = False
    building: str | None = None
    unit: str | None = None
    floor: int | None = None
    door: str | None = None
    room: str | None = None
    rest: str = ""


def normal_form(text: str) -> str:
    """A name or address without what people write in different ways.

    Width, case, spaces, brackets and marks between the parts of a name go; numerals
    become digits; the words for a building become 幢. A mark between digits or Latin
    letters becomes one hyphen.
    """
    return _parted(text).replace(" ", "")


def _parted(text: str) -> str:
    """The normal form with one space wherever a space, comma or bracket parts it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).replace("○", "〇")
    marked = "".join(_plain_mark(char) for char in _NUMERAL.sub(_in_digits, folded))
    numbered = _HASH_BEFORE.sub(r"\1幢", _HASH_BEHIND.sub("幢", marked)).replace("#", "").strip(" -")
    return unicodedata.normalize("NFKC", _BUILDING_WORD.sub("幢", re.sub("[ -]+", _joint, numbered)))


def _plain_mark(char: str) -> str:
    if char.isalnum() or char == "#":
        return char
    return " " if char.isspace() or unicodedata.category(char) in {"Ps", "Pe", "Pi", "Pf"} or char in ",、;:。" else "-"


def _joint(run: re.Match[str]) -> str:
    """What becomes of marks between two parts."""
    before, behind = run.string[run.start() - 1], run.string[run.end() :]
    # 3幢-1层 may be the first storey or the one below ground: the mark stays to say that nobody knows.
    is_storey = "-" in run[0] and re.match("[0-9]+ *[层楼]", behind)
    if is_storey or (_is_latin(before) and _is_latin(behind[0])):
        return "-"
    return " " if " " in run[0] else ""


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _in_digits(run: re.Match[str]) -> str:
    """A numeral as digits, kept apart from digits beside it; 百 and the like alone stay words."""
    text = run[0]
    if not set(text) & {"十", "百"}:
        digits = "".join(str(_VALUE[char]) for char in text)
    else:
        counted = _COUNTED.fullmatch(text)
        if counted is None or (counted[1] and counted[6] and not (counted[2] or counted[4] or counted[5])):
            return text
        tens = _VALUE[counted[3]] if counted[3] else 1 if counted[4] else 0
        digits = str(100 * _VALUE.get(counted[1], 0) + 10 * tens + _VALUE.get(counted[6], 0))
    before, behind = run.string[run.start() - 1 : run.start()], run.string[run.end() : run.end() + 1]
    return ("-" if before.isdigit() else "") + digits + ("-" if behind.isdigit() else "")


def _key(number: str) -> str:
    """A number without leading zeros; A-3 is A3."""
    return re.sub("(?<![0-9])0+(?=[0-9])", "", re.sub("(?<![0-9a-z-])([a-z])-(?=[0-9])", r"\1", number))


@lru_cache(maxsize=65536)
def building_key(number: str) -> tuple[str, str]:
    """What tells a building: the name in front of its number, and the number.

    Parameters
    ----------
    number : str
        As a register has it: 3, 03幢, 三号楼, A座, 3-1, 东区3幢, 门卫.

    Returns
    -------
    tuple of str
        (name, number) in normal form; the name is empty in most, the number in such as 门卫.
    """
    text = normal_form(number)
    plain = _NUMBER.fullmatch(text)
    if plain:
        return "", _key(plain[1])
    named = _NAMED_NUMBER.fullmatch(text)
    return (named[1], _key(named[2])) if named else (text, "")


@lru_cache(maxsize=65536)
def door_key(number: str) -> str:
    """A door number: 12号, 012 are 12; 12-1号, 12号之1, 12号附1 are 12-1."""
    text = normal_form(number)
    for pattern in _DOORS:
        if found := pattern.fullmatch(text):
            return _door(found)
    return text


def _door(found: re.Match[str]) -> str:
    sub = found.groupdict().get("sub")
    joint = "-" if sub and sub[0] not in _STEM else ""
    return _key(found["door"] + joint + (sub or ""))


def readings(text: str, names: Collection[str], longest: int) -> tuple[PlaceText, ...]:
    """Read an address in every way that it can be read.

    Parameters
    ----------
    text : str
    names : collection of str
        Known names of compounds, streets and areas, in normal form.
    longest : int
        Length of the longest of them.

    Returns
    -------
    tuple of PlaceText
        For each known name, all ways to read what stands behind it. A name at the end of
        a longer one is not read: 万家花城 in 滨江万家花城. Nothing for a text of more than
        200 characters.
    """
    if len(text) > LONGEST_TEXT:
        return ()
    parted = _parted(text)
    plain = parted.replace(" ", "")
    breaks = {match.start() - at for at, match in enumerate(re.finditer(" ", parted))}
    read: list[tuple[int, int]] = []
    found: list[PlaceText] = []
    for start, end in _spans(plain, names, longest):
        if any(first < start and end <= last for first, last in read):
            continue
        lead, is_parted = plain[:start].rstrip("-"), start in breaks
        ways = [
            replace(way, lead=lead, is_parted=is_parted) for way in _behind(plain[start:end], plain[end:].lstrip("-"))
        ]
        if any(not way.rest for way in ways):
            read.append((start, end))
        found += ways
    return tuple(found)


def _spans(text: str, names: Collection[str], longest: int) -> list[tuple[int, int]]:
    """Where known names stand, longest first; never inside a run of digits."""
    spans = [
        (start, end)
        for start in range(len(text))
        for end in range(start + 1, min(len(text), start + longest) + 1)
        if text[start:end] in names
    ]
    whole = [(start, end) for start, end in spans if not _cuts(text, start) and not _cuts(text, end)]
    return sorted(whole, key=lambda span: (span[0] - span[1], span))


def _cuts(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isdigit() and text[at].isdigit()


def _behind(name: str, tail: str) -> Iterator[PlaceText]:
    for pattern in _BEHIND_COMPOUND:
        if found := pattern.fullmatch(tail):
            yield _inside(name, found)
    for pattern in _DOORS:
        if not (begun := pattern.match(tail)):
            continue
        behind, door = tail[begun.end() :], _door(begun)
        for inside in (_INSIDE_DOOR.fullmatch(behind), _SHOP_INSIDE.fullmatch(behind)):
            if inside:
                yield _inside(name, inside, door=door)


def _inside(name: str, found: re.Match[str], *, door: str | None = None) -> PlaceText:
    told = found.groupdict()
    building, unit, floor = told.get("building"), told.get("unit"), told.get("floor")
    return PlaceText(
        name,
        building=_key(building) if building else None,
        unit=_key(unit).upper() if unit else None,
        floor=_storey(floor) if floor else None,
        door=door,
        room=told.get("room"),
        rest=told.get("shop") or "",
    )


def _storey(written: str) -> int | None:
    """A storey; a hyphen before it may part it from the building or mean below ground, so it says nothing."""
    if written.startswith("-"):
        return None
    number = int(re.sub("[^0-9]", "", written))
    return number if written[0].isdigit() else -number

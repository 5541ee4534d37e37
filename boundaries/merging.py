"""Carry a draft over onto a newer generation: three-way, thing by thing.

*Base* is what the draft's row started from, *theirs* what holds now, *mine* the draft's.
What only one side changed is taken from it. A border that one side only put vertices into
is merged with what the other side drew. What both changed otherwise collides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from boundaries.errors import Conflict
from geo.crs import STORAGE_STEP
from geo.refined import Added, added_vertices, with_vertices

# A rounded vertex lies at most 0.71 of a step off the edge that it was put into.
TOLERANCE = 1.5 * STORAGE_STEP
SHAPE = "geom"
_NAMED = 10
_NOUNS_ZH = {
    "area": "区域",
    "micro_grid": "微网格",
    "part": "分段",
    "building": "楼栋",
    "compound": "小区",
    "assignment": "划分",
}

Content = Mapping[str, Any]  # Any: the columns of a thing, its shape as a geometry
Verdict = Literal["carried", "needless", "collides"]


@dataclass(frozen=True, slots=True)
class Stale:
    """A row of a draft whose thing was changed since, or made, or retired.

    Attributes
    ----------
    thing : str
        Its noun, such as ``micro_grid``.
    id : int
        Permanent number.
    code : str
    base, theirs, mine : mapping or None
        Content of the three; None where it does not live.
    generation : int
        That changed it last.
    version : int
        Of the draft's row.
    their_version : int or None
    """

    thing: str
    id: int
    code: str
    base: Content | None
    theirs: Content | None
    mine: Content | None
    generation: int
    version: int
    their_version: int | None


@dataclass(frozen=True, slots=True)
class Merged:
    """What comes of a stale row.

    Attributes
    ----------
    verdict : {"carried", "needless", "collides"}
        Needless: what holds now is what the draft wants.
    content : mapping or None
        Of a carried row; None where it retires its thing.
    columns : tuple of str
        Those that collide; ``geom`` is the shape, none where one side retired the thing.
    """

    verdict: Verdict
    content: Content | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collision:
    """A thing that a draft and a later generation both changed.

    Attributes
    ----------
    thing, code : str
    columns : tuple of str
        Those that both changed.
    mine, theirs : shapely geometry or None
        Both shapes, in stored coordinates; None for what has none or was retired.
    drawn_by : tuple of str
        Authors of the draft.
    generation : int
    published_by : str
    published_at : datetime
    their_authors : tuple of str
        Authors of what was published.
    """

    thing: str
    code: str
    columns: tuple[str, ...]
    mine: Any
    theirs: Any
    drawn_by: tuple[str, ...]
    generation: int
    published_by: str
    published_at: datetime
    their_authors: tuple[str, ...]


class Collided(Conflict):
    """A draft and later generations changed the same things."""

    def __init__(self, zh: str, en: str, collisions: Sequence[Collision] = ()) -> None:
        super().__init__(zh, en)
        self.collisions = tuple(collisions)


def merge(stale: Stale) -> Merged:
    """What comes of a row that was changed on both sides.

    Parameters
    ----------
    stale : Stale

    Returns
    -------
    Merged
    """
    base, theirs, mine = stale.base, stale.theirs, stale.mine
    if mine is None or theirs is None:
        return _retired(base, theirs, mine)
    if _same(mine, theirs):
        return Merged("needless")
    if base is None:
        return Merged("collides", columns=_differing(mine, theirs))
    if stale.thing == "assignment":
        # A reason belongs to its grid: an assignment is taken whole or not at all.
        return Merged("collides", columns=_differing(mine, theirs))
    return _by_column(base, theirs, mine)


def refined(old: Content | None, new: Content | None) -> Added:
    """The vertices that the shape of a thing received, none where it was drawn otherwise."""
    if old is None or new is None or old.get(SHAPE) is None or new.get(SHAPE) is None:
        return {}
    return _added(old[SHAPE], new[SHAPE]) or {}


def collided(draft_id: int, name: str, base: int | None, found: Sequence[Collision]) -> Collided:
    """The refusal for a draft that collides, naming what, since when and by whom."""
    more = len(found) - _NAMED
    zh = "、".join(
        f"{_NOUNS_ZH[one.thing]} {one.code}(第 {one.generation} 版,{'、'.join(one.their_authors) or one.published_by})"
        for one in found[:_NAMED]
    )
    en = ", ".join(f"{one.thing} {one.code} (generation {one.generation})" for one in found[:_NAMED])
    base_zh, base_en = (f"第 {base} 版", f"generation {base}") if base else ("空白底稿", "nothing")
    return Collided(
        f"调整方案 {draft_id}“{name}”以{base_zh}为底稿,但以下内容已被后来发布的版本改动:{zh}"
        f"{f' 等 {len(found)} 处' if more > 0 else ''}。方案内容保持不变;"
        f"请用 draft rebase {draft_id} 查看,并以 --keep mine 或 --keep theirs 逐项选定。",
        f'Draft {draft_id} "{name}" branched from {base_en}, but later generations changed: {en}'
        f"{f' and {more} more' if more > 0 else ''}. The draft is kept as it is; see draft rebase {draft_id}, and "
        "choose with --keep mine or --keep theirs.",
        found,
    )


def _retired(base: Content | None, theirs: Content | None, mine: Content | None) -> Merged:
    if mine is None and theirs is None:
        return Merged("needless")
    if mine is None:
        # What only received vertices is still what was to go.
        return Merged("carried") if _only_refined(base, theirs) else Merged("collides")
    return Merged("needless") if _only_refined(base, mine) else Merged("collides")


def _only_refined(base: Content | None, now: Content | None) -> bool:
    if base is None or now is None or not set(_differing(base, now)) <= {SHAPE}:
        return False
    return SHAPE in now and _added(base[SHAPE], now[SHAPE]) is not None


def _by_column(base: Content, theirs: Content, mine: Content) -> Merged:
    content: dict[str, Any] = {}  # Any: the columns of a thing
    both: list[str] = []
    for name in mine:
        if _equal(mine[name], theirs[name]) or _equal(theirs[name], base[name]):
            content[name] = mine[name]
        elif _equal(mine[name], base[name]):
            content[name] = theirs[name]
        elif name == SHAPE and (shape := _shape_of_both(base[name], theirs[name], mine[name])) is not None:
            content[name] = shape
        else:
            both.append(name)
    if both:
        return Merged("collides", columns=tuple(both))
    return Merged("needless") if _same(content, theirs) else Merged("carried", content)


def _shape_of_both(base: Any, theirs: Any, mine: Any) -> Any:  # Any: shapely geometries
    """What one side drew, with the vertices that the other side put in; None where both drew."""
    added = _added(base, theirs)
    if added is not None:
        return with_vertices(mine, added, tolerance=TOLERANCE)
    added = _added(base, mine)
    return None if added is None else with_vertices(theirs, added, tolerance=TOLERANCE)


def _added(old: Any, new: Any) -> Added | None:  # Any: shapely geometries
    kinds = {old.geom_type, new.geom_type}
    if not kinds <= {"Polygon", "MultiPolygon"} or len(kinds) > 1:
        return None
    return added_vertices(old, new, tolerance=TOLERANCE)


def _same(one: Content, other: Content) -> bool:
    return not _differing(one, other)


def _differing(one: Content, other: Content) -> tuple[str, ...]:
    return tuple(name for name in one if not _equal(one[name], other[name]))


def _equal(one: Any, other: Any) -> bool:  # Any: the columns of a thing
    if hasattr(one, "equals_exact") and hasattr(other, "equals_exact"):
        return bool(one.equals_exact(other, 0.0))
    return bool(one == other)

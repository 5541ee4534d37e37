"""Points in JSON, and columns of codes as the answer."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import orjson

from api.locating.bodies import Answer, Body
from api.locating.bulk_plan import Ask, BulkPlan, agreed, ask_of, crunch
from api.problems import TooLarge
from boundaries.errors import BadInput
from boundaries.lookup.coordinates import Points
from boundaries.lookup.plan_index import IN_GAP

MAX_POINTS = 100_000
MAX_BYTES = 8_000_000

_MEMBERS = ("crs", "points", "for")
# What a point in degrees takes, to judge by its length whether a body is a long one.
_USUAL_POINT_BYTES = 40
# Brackets and commas beside those of the points: the text of a coordinate system has some.
_OTHER_SIGNS = 1_000


@dataclass(frozen=True, slots=True)
class _Asked:
    ask: Ask
    points: Points


async def answer_json(
    plan: BulkPlan, crs: str | None, for_: str | None, body: Body, answer: Answer, *, declared: int | None
) -> None:
    """Answer a body that is read whole.

    Parameters
    ----------
    plan : BulkPlan
    crs, for_ : str or None
        From the query; the body may say the same.
    body : Body
    answer : Answer
    declared : int or None
        Bytes of the body, where the client has said so.

    Raises
    ------
    TooLarge
        If there are more points or bytes than are read in this form.
    BadInput
        If the body is no JSON of this form, or axes are swapped.
    CrsProblem
        If the coordinate system is missing or unsafe, or a point has no place in it.
    """
    if declared is not None and declared > MAX_BYTES:
        raise _too_large()
    text = await body.read(MAX_BYTES)
    if not await body.is_at_end():
        raise _too_large()
    asked = await crunch(partial(_read_calmly, text, crs, for_), points=len(text) // _USUAL_POINT_BYTES)
    work = partial(_rendered, plan, asked)
    piece = await crunch(work, points=len(asked.points), for_=asked.ask.for_)
    answer.declare_length(len(piece))
    await answer.send(piece, points=len(asked.points), is_last=True)


def _rendered(plan: BulkPlan, asked: _Asked) -> bytes:
    found = plan.locate(asked.points, asked.ask, is_first=True)
    columns: dict[str, Any] = {
        "generation": plan.plan.generation,
        "micro_grid": plan.codes[found.grid].tolist(),
        "area": plan.areas[found.area].tolist(),
        "on_border": found.on_border,
        "in_gap": found.grid == IN_GAP,
    }
    if found.responsible is not None:
        columns["responsible"] = plan.codes[found.responsible].tolist()
    return orjson.dumps(columns, option=orjson.OPT_SERIALIZE_NUMPY)


def _read_calmly(text: bytes | bytearray, crs: str | None, for_: str | None) -> _Asked:
    with _uncollected():
        return _read(text, crs, for_)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles: a list a point would set it off, over all grids each time, and none has a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(text: bytes | bytearray, crs: str | None, for_: str | None) -> _Asked:
    # Counted before anything is made of them: millions of empty lists would fill the memory.
    if text.count(b"[") > MAX_POINTS + _OTHER_SIGNS or text.count(b",") > 2 * MAX_POINTS + _OTHER_SIGNS:
        raise _too_large()
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadInput(
            f"正文不是合法的 JSON(第 {error.pos + 1} 个字符处;NaN 和 Infinity 也不是 JSON)。请检查写法。",
            f"The body is not JSON at character {error.pos + 1} (NaN and Infinity are no JSON either). "
            "See how it is written.",
        ) from error
    if not isinstance(said, dict):
        raise BadInput(
            '正文应为 {"crs": …, "points": [[x, y], …]}。', 'The body must be {"crs": …, "points": [[x, y], …]}.'
        )
    unknown = [name[:40] for name in said if name not in _MEMBERS]
    if unknown:
        raise BadInput(
            f"正文里没有“{unknown[0]}”这一项,只有 {'、'.join(_MEMBERS)}。请去掉。",
            f'The body has no member "{unknown[0]}", only {", ".join(_MEMBERS)}. Take it out.',
        )
    ask = ask_of(agreed("crs", crs, said.get("crs")), agreed("for", for_, said.get("for")))
    return _Asked(ask, _pairs(said.get("points")))


def _pairs(points: Any) -> Points:
    if not isinstance(points, list):
        raise BadInput(
            "正文里缺少 points,应为 [[x, y], …]。请补上。", "points is missing: give [[x, y], …] in the body."
        )
    if len(points) > MAX_POINTS:
        raise _too_large()
    try:
        # Of all ways to look at every value, the one that stays out of Python's loop.
        numbers = list(chain.from_iterable(points))
        is_good = set(map(len, points)) <= {2} and set(map(type, numbers)) <= {int, float}
    except TypeError:
        is_good = False
    if not is_good:
        raise _fault(points)
    return np.fromiter(numbers, dtype=np.float64, count=len(numbers)).reshape(-1, 2)


def _fault(points: Sequence[Any]) -> BadInput:
    """What is wrong with the first point that is no pair of numbers."""
    for place, point in enumerate(points):
        if not isinstance(point, list):
            return _refused(f"points[{place}]", "不是坐标对", "is no pair")
        if len(point) != 2:
            return _refused(f"points[{place}]", f"有 {len(point)} 个值", f"has {len(point)} values")
        for axis, value in enumerate(point):
            if type(value) not in (int, float):
                return _refused(f"points[{place}][{axis}]", "不是数字", "is not a number")
    raise AssertionError("every point is a pair of numbers")


def _refused(place: str, zh: str, en: str) -> BadInput:
    return BadInput(
        f"{place} {zh}。每个点应为两个数字 [x, y];没有坐标的点请先去掉。",
        f"{place} {en}. Every point is two numbers [x, y]; leave out points without coordinates.",
    )


def _too_large() -> TooLarge:
    return TooLarge(
        f"JSON 一次最多 {MAX_POINTS} 个点、{MAX_BYTES // 1_000_000} MB。请分批发送,或改用不限点数的 Arrow"
        "(application/vnd.apache.arrow.stream)或紧凑格式(application/octet-stream)。",
        f"JSON takes at most {MAX_POINTS} points and {MAX_BYTES // 1_000_000} MB. Send it in parts, or without a limit "
        "as Arrow (application/vnd.apache.arrow.stream) or packed (application/octet-stream).",
    )

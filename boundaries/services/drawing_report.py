"""What came of a drawing that was given back, as a report for programs and as lines for people."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from boundaries.arrival.faces import Obstacle
from boundaries.arrival.returning import Drawn, Match
from boundaries.diff import Delta
from boundaries.findings import KINDS
from boundaries.services.drawing import FIELD_WORDS
from boundaries.services.round_trip import Outcome
from geo.errors import Language
from geo.metric import centre

_NAMED = 20
_HOW: dict[str, tuple[str, str]] = {
    "number": ("按永久编号", "by its permanent number"),
    "code": ("永久编号缺失,按编码认出", "by its code: the permanent number was lost"),
    "ground": ("永久编号缺失或重复,按位置认出", "by its ground: the permanent number was lost or doubled"),
    "new": ("新网格", "new"),
}
_DELTA = {
    "added": ("新增", "new"),
    "retired": ("撤销", "retired"),
    "reshaped": ("边界改动", "reshaped"),
    "renamed": ("改名", "renamed"),
    "kind_changed": ("改类型", "of another kind"),
    "layer_changed": ("改图层", "in another layer"),
    "area_changed": ("改所属区域", "in another area"),
    "street_changed": ("改街道组", "in another street group"),
}


def report(outcome: Outcome) -> dict[str, Any]:
    """What came of a drawing, ready to be written as JSON; ``docs/contracts.md`` lists every key."""
    found, closed = outcome.comparison, outcome.closed
    return {
        "draft": outcome.draft.id,
        "revision": outcome.draft.revision,
        "exported_at_revision": None if outcome.returned.marks is None else outcome.returned.marks.revision,
        "file": outcome.returned.name,
        "written": outcome.is_written,
        "rows": len(found.matches),
        "unchanged": found.unchanged,
        "changed": [_changed(drawn) for drawn in found.changed],
        "new": [_new(drawn) for drawn in found.new],
        "missing": [grid.code for grid in found.missing],
        "found_otherwise": [_found(match) for match in found.matches if match.how in {"code", "ground"}],
        "conflicts": [_conflict(outcome, one.code, one.fields) for one in found.collisions],
        "refined": [] if closed is None else [grid.code for grid in closed.refined],
        "taken_back": list(outcome.taken_back),
        "faces": 0 if closed is None else len(closed.log),
        "shifted": 0 if closed is None else closed.shifted,
        "max_shift_m": 0.0 if closed is None else closed.max_shift_m,
        "delta": None if outcome.delta is None else _delta(outcome.delta),
        "assignments": [
            {"premises": f"{one.premises_kind}:{one.premises}", "grid": one.grid} for one in outcome.assignments
        ],
        "households": {code: list(counts) for code, counts in outcome.households.items()},
        "obstacles": [_obstacle(one) for one in outcome.obstacles],
        "problems": [{"zh": zh, "en": en} for zh, en in outcome.problems],
        "notes": [{"zh": one.zh, "en": one.en} for one in outcome.returned.notes],
    }


def _changed(drawn: Drawn) -> dict[str, Any]:
    fields = [*drawn.fields, *(["shape"] if drawn.polygon is not None else [])]
    return {"code": drawn.grid.code, "row": drawn.match.returned.row, "fields": fields}


def _new(drawn: Drawn) -> dict[str, Any]:
    row = drawn.match.returned
    return {"code": drawn.grid.code, "name": drawn.grid.name, "area": drawn.grid.area, "row": row.row}


def _found(match: Match) -> dict[str, Any]:
    code = match.base.code if match.base is not None else None
    return {"row": match.returned.row, "code": code, "by": match.how}


def _conflict(outcome: Outcome, code: str, fields: Sequence[str]) -> dict[str, Any]:
    who, at = outcome.changed_by.get(code, (None, None))
    named = ["shape" if name == "polygon" else name for name in fields]
    return {"code": code, "fields": named, "changed_by": who, "changed_at": at.isoformat() if at else None}


def _delta(delta: Delta) -> dict[str, list[str]]:
    return {name: list(getattr(delta.grids, name)) for name in _DELTA}


def _obstacle(obstacle: Obstacle) -> dict[str, Any]:
    finding = obstacle.finding
    return {
        "kind": finding.kind,
        "grids": list(finding.grids),
        "premises": list(finding.premises),
        "parent": finding.parent,
        "area_m2": finding.area_m2,
        "width_m": finding.width_m,
        "place": None if finding.geometry is None else list(centre(finding.geometry)),
        "reason": {"zh": obstacle.zh, "en": obstacle.en},
    }


def lines(outcome: Outcome, language: Language) -> list[str]:
    """The same in lines that people read, without the problems.

    Parameters
    ----------
    outcome : Outcome
    language : {"zh", "en"}
    """
    is_zh = language == "zh"
    found = outcome.comparison
    counts = (len(found.matches), found.unchanged, len(found.changed), len(found.new), len(found.missing))
    said = (
        "{}:{} 行,未改 {},改动 {},新增 {},缺少 {}"
        if is_zh
        else "{}: {} rows, {} unchanged, {} changed, {} new, {} missing"
    )
    told = [said.format(outcome.returned.name, *counts)]
    told += [note.zh if is_zh else note.en for note in outcome.returned.notes]
    told += _listed([_changed_line(drawn, is_zh=is_zh) for drawn in found.changed], is_zh=is_zh)
    told += _listed([_new_line(drawn, is_zh=is_zh) for drawn in found.new], is_zh=is_zh)
    others = [match for match in found.matches if match.how in {"code", "ground"}]
    told += _listed([_found_line(match, is_zh=is_zh) for match in others], is_zh=is_zh)
    told += _closing_lines(outcome, is_zh=is_zh)
    if outcome.delta is not None:
        told += _delta_lines(outcome, outcome.delta, is_zh=is_zh)
    return [*told, *_listed([_obstacle_line(one, is_zh=is_zh) for one in outcome.obstacles], is_zh=is_zh)]


def _listed(found: list[str], *, is_zh: bool) -> list[str]:
    more = len(found) - _NAMED
    rest = [f"  …… 另有 {more} 处" if is_zh else f"  ... and {more} more"] if more > 0 else []
    return [*(f"  {line}" for line in found[:_NAMED]), *rest]


def _changed_line(drawn: Drawn, *, is_zh: bool) -> str:
    names = [*drawn.fields, *(["polygon"] if drawn.polygon is not None else [])]
    words = [FIELD_WORDS[name][0 if is_zh else 1] for name in names]
    return f"{drawn.grid.code} {'、'.join(words)}" if is_zh else f"{drawn.grid.code}: {', '.join(words)}"


def _new_line(drawn: Drawn, *, is_zh: bool) -> str:
    row, grid = drawn.match.returned.row, drawn.grid
    told = drawn.match.returned.fields.get("code")
    if is_zh:
        given = f"(原填 {told},已被占用)" if told and told != grid.code else ""
        return f"第 {row} 行:新网格 {grid.code}{given} {grid.name},属 {grid.area}"
    given = f" (it said {told}, which is taken)" if told and told != grid.code else ""
    return f"row {row}: new grid {grid.code}{given} {grid.name} in {grid.area}"


def _found_line(match: Match, *, is_zh: bool) -> str:
    code = match.base.code if match.base is not None else ""
    how = _HOW[match.how]
    return (
        f"第 {match.returned.row} 行:{how[0]} {code}" if is_zh else f"row {match.returned.row}: {code}, found {how[1]}"
    )


def _closing_lines(outcome: Outcome, *, is_zh: bool) -> list[str]:
    closed = outcome.closed
    if closed is None:
        return []
    told = []
    if closed.log and not outcome.obstacles:
        number = Counter(face.kind for face in closed.log)
        widest_m = max(face.width_m for face in closed.log)
        kinds = [f"{count} 处{KINDS[kind].name_zh}" for kind, count in number.items()]
        named = [f"{count} × {KINDS[kind].name_en.lower()}" for kind, count in number.items()]
        told.append(
            f"容差内自动对齐:{'、'.join(kinds)},最宽 {widest_m:.3f} m"
            if is_zh
            else f"closed within the tolerance: {', '.join(named)}, at most {widest_m:.3f} m wide"
        )
    if outcome.taken_back:
        codes = "、".join(outcome.taken_back) if is_zh else ", ".join(outcome.taken_back)
        told.append(
            f"对齐后与原边界一致,未作改动:{codes}" if is_zh else f"as it stood once its borders were matched: {codes}"
        )
    if closed.shifted:
        way_m = f"{closed.max_shift_m:.2f}"
        told.append(
            f"{closed.shifted} 个边界端点移到区域边界的顶点上,最远 {way_m} m"
            if is_zh
            else f"{closed.shifted} ends of borders moved to vertices of an area's border, at most {way_m} m"
        )
    return told


def _delta_lines(outcome: Outcome, delta: Delta, *, is_zh: bool) -> list[str]:
    told = []
    for name, (zh, en) in _DELTA.items():
        codes = getattr(delta.grids, name)
        if codes:
            told.append(f"{zh}:{'、'.join(codes)}" if is_zh else f"{en}: {', '.join(codes)}")
    if outcome.assignments:
        count = len(outcome.assignments)
        told.append(f"{count} 处楼栋小区商铺随地面改归" if is_zh else f"{count} premises follow their ground")
    moved = {code: pair for code, pair in outcome.households.items() if pair[0] != pair[1]}
    told += [_households_line(code, pair, is_zh=is_zh) for code, pair in moved.items()]
    return told


def _households_line(code: str, pair: tuple[int | None, int | None], *, is_zh: bool) -> str:
    was, now = ("—" if count is None else str(count) for count in pair)
    return f"{code} 户数 {was} → {now}" if is_zh else f"{code} households {was} → {now}"


def _obstacle_line(obstacle: Obstacle, *, is_zh: bool) -> str:
    finding = obstacle.finding
    size = "" if finding.area_m2 is None else f" {finding.area_m2:.3g} m²"
    width = (
        ""
        if finding.width_m is None
        else f"、宽 {finding.width_m:.2g} m"
        if is_zh
        else f", {finding.width_m:.2g} m wide"
    )
    place = ""
    if finding.geometry is not None:
        x, y = centre(finding.geometry)
        place = f" ({x:.7f}, {y:.7f})"
    grids = "、".join(finding.grids) if is_zh else ", ".join(finding.grids)
    return f"{obstacle.zh if is_zh else obstacle.en}{size}{width}{place} {grids}".rstrip()

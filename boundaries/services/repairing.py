"""Whether a repair may begin, whether it may be written, and what is told of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from boundaries.checks import run
from boundaries.errors import BadInput
from boundaries.exchange.shapes import Form, fault
from boundaries.ground import Ground
from boundaries.model import Area, MicroGrid
from boundaries.repairing import Mended, MendedFace, RepairOrder
from boundaries.rules import Rules
from boundaries.services.auditing import elsewhere, is_proved, summary
from boundaries.snapshot import Snapshot
from geo.errors import Language

# Only what says whether grids fill their areas; premises and people are no matter of a repair.
_CHECKS = ("shapes", "parents", "tiles")
_NAMED = 10
_PROVISIONAL: dict[Language, str] = {"zh": "新增", "en": "NEW"}

Advance = Callable[[int], None]
# Decisions are read in the coordinates of the plan, so the order may have to wait for it.
MakeOrder = Callable[[Snapshot], RepairOrder]


@dataclass(frozen=True)
class Outcome:
    """What came of a repair.

    Attributes
    ----------
    before : Snapshot
        The plan as it was read.
    mended : Mended
    files : tuple of str
        Names of the files written.
    is_written : bool
        Whether the files, or the draft, hold what is proved.
    problem : tuple of (str, str) or None
        Why nothing was written, in Chinese and English.
    """

    before: Snapshot
    mended: Mended
    files: tuple[str, ...] = ()
    is_written: bool = False
    problem: tuple[str, str] | None = None


def provisional(snapshot: Snapshot, stem: str) -> Callable[[int], str]:
    """Codes for grids that are made, none of which is taken: ``新增-1``, ``新增-2`` …."""
    taken = {grid.code for grid in snapshot.grids} | {part.code for grid in snapshot.grids for part in grid.parts}
    last = max((number for code in taken if (number := _number(code, stem)) is not None), default=0)
    return lambda number: f"{stem}-{last + number}"


def file_stem(language: Language) -> str:
    """How provisional codes begin in files."""
    return _PROVISIONAL[language]


def _number(code: str, stem: str) -> int | None:
    rest = code.removeprefix(f"{stem}-")
    return int(rest) if rest != code and rest.isdigit() else None


def require_usable(snapshot: Snapshot) -> None:
    """Refuse a plan that nobody can repair, with every reason.

    Raises
    ------
    BadInput
        If a grid or an area has no usable shape, a grid no area, an area its grids in
        another place, or there are no grids.
    """
    ground = Ground(snapshot, Rules())
    tiles = [grid for grid in snapshot.grids if grid.layer == "tile"]
    if not tiles:
        raise BadInput("没有可修补的平铺网格。", "There are no tile grids to repair.")
    if snapshot.is_parent_derived and len(ground.invalid_grids) == len(tiles):
        raise BadInput("所有网格都没有可用的图形。请检查文件。", "No grid has a usable shape. Check the file.")
    broken = {id(snapshot.grids[index]) for index in ground.invalid_grids}
    wrong = [_shape_fault(grid, "网格", "grid") for grid in tiles if id(grid) in broken]
    concerned = {area.code for filling in ground.fillings if filling.tiles for area in (filling.area, *filling.inner)}
    broken_areas = ground.invalid_areas & (concerned | {area.code for area in snapshot.parents})
    wrong += [_shape_fault(area, "区域", "area") for area in snapshot.areas if area.code in broken_areas]
    known = snapshot.area_by_code
    wrong += [
        (f"网格 {grid.code}:所属区域“{grid.area}”不存在", f'grid {grid.code}: there is no area "{grid.area}"')
        for grid in tiles
        if grid.area not in known
    ]
    strange = elsewhere(snapshot) if not wrong else set()
    wrong += [
        (f"区域 {code}:网格与区域不在同一处,请核对坐标系", f"area {code}: its grids lie in another place")
        for code in sorted(strange)
    ]
    if wrong:
        raise BadInput(
            _told(f"有 {len(wrong)} 处不能修补,什么都没有写:", [zh for zh, _ in wrong], "……另有 {} 处"),
            _told(
                f"{len(wrong)} things cannot be repaired; nothing is written:",
                [en for _, en in wrong],
                "... and {} more",
            ),
        )


def _shape_fault(thing: MicroGrid | Area, noun_zh: str, noun_en: str) -> tuple[str, str]:
    form: Form = "polygon"
    zh, en = fault(thing.polygon, forms=(form,), one_part=False) or ("图形无效", "is not valid")
    return f"{noun_zh} {thing.code}:{zh}", f"{noun_en} {thing.code} {en}"


def _told(head: str, lines: Sequence[str], more: str) -> str:
    rest = [more.format(len(lines) - _NAMED)] if len(lines) > _NAMED else []
    return "\n".join([head, *(f"  {line}" for line in lines[:_NAMED]), *rest])


def refused(mended: Mended) -> tuple[str, str] | None:
    """Why a repair may not be written, as far as it can be told before; None where it may."""
    if mended.left:
        count = len(mended.left)
        zh = f"有 {count} 处须由人决定,什么都没有写。请在修补记录(--log)里填写归属网格,用 --decide 交回。"
        en = f"{count} faces are left to a person; nothing is written. Fill in the winners in the log and --decide it."
        return zh, en
    if mended.cut:
        named = "、".join(mended.cut[:_NAMED])
        zh = f"修补会在区域边界处切开楼栋:{named}。什么都没有写。请先把那里的网格边界画到区域边界的顶点上。"
        en = f"Buildings would be cut at an area's border: {named}. Nothing is written. Draw borders to its vertices."
        return zh, en
    if mended.broken:
        named = "、".join(mended.broken[:_NAMED])
        zh = f"网格 {named} 有极窄处,修补会使其断开、消失或自相交。什么都没有写。请先改画这些网格。"
        en = f"Grids too thin somewhere to be mended without breaking: {named}. Nothing is written. Redraw them first."
        return zh, en
    return still_wrong(mended.snapshot)


def still_wrong(snapshot: Snapshot) -> tuple[str, str] | None:
    """What keeps a plan from being proved, in words; None where it is proved.

    Areas that no grid names ask for nothing here: a repair gives them none.
    """
    named = {upper.code for area in snapshot.parents for upper in snapshot.ancestors(area.code)}
    judged = replace(snapshot, areas=tuple(area for area in snapshot.areas if area.code in named))
    findings = run(judged, Rules(), only=_CHECKS)
    if is_proved(judged, findings):
        return None
    return (
        _told("修补后仍不能证明全覆盖,什么都没有写:", summary(judged, findings, "zh"), "……另有 {} 个区域"),
        _told(
            "The coverage is still not proved; nothing is written:",
            summary(judged, findings, "en"),
            "... and {} more areas",
        ),
    )


def report(outcome: Outcome) -> dict[str, Any]:
    """The report of a repair, ready to be written as JSON; ``docs/contracts.md`` lists every key."""
    before, mended = outcome.before, outcome.mended
    return {
        "proved": outcome.is_written,
        "written": outcome.is_written,
        "files": list(outcome.files),
        "grids": len(before.grids),
        "parents": len(before.parents),
        "faces": len(mended.log),
        "left": len(mended.left),
        "changed": [before.grids[index].code for index in mended.changed],
        "new": [grid.code for grid in mended.new],
        "refined": list(mended.refined),
        "bare": list(mended.bare),
        "not_proved": list(mended.not_proved),
        "tolerance": mended.tolerance,
        "shifted": mended.shifted,
        "max_shift_m": mended.max_shift_m,
        "cut": list(mended.cut),
        "broken": list(mended.broken),
        "problem": None if outcome.problem is None else dict(zip(("zh", "en"), outcome.problem, strict=True)),
        "source": {"zh": before.title("zh"), "en": before.title("en")},
        "crs": before.crs.name,
        "log": [_record(face) for face in mended.log],
    }


def _record(face: MendedFace) -> dict[str, Any]:
    return {
        "face": face.number,
        "parent": face.parent,
        "kind": face.kind,
        "area_m2": face.area_m2,
        "width_m": face.width_m,
        "layers": face.layers,
        "owners": list(face.owners),
        "candidates": [{"grid": code, "border_m": length_m} for code, length_m in face.candidates],
        "rule": face.rule,
        "winner": face.winner,
        "reason": {"zh": face.why("zh"), "en": face.why("en")},
        "buildings": list(face.buildings),
        "geometry": face.geometry.__geo_interface__,
    }

"""The walk of ``demo``: from an office's files to a published division, by the services alone."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from boundaries import checks
from boundaries.assignment import propose
from boundaries.demo.files import LoadFile, TownFiles
from boundaries.exchange.reading import read_table
from boundaries.exchange.wording import layer_name
from boundaries.findings import blocking
from boundaries.rules import Rules
from boundaries.services import drafting, publishing, reviewing, showcase
from boundaries.services.intake import DRAFTED, apply_load, plan_load
from boundaries.services.proposing import accept
from boundaries.services.reading import current_generation, snapshot
from boundaries.services.switches import set_public_tier
from boundaries.store.engine import reading, writing

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from boundaries.findings import Finding
    from boundaries.snapshot import Snapshot
    from geo.errors import Language

PLANNER, REVIEWER = "演示规划员", "演示审核员"
RULES = Rules()


@dataclass
class Teller:
    """Says each step in one language, with the seconds so far."""

    note: Callable[[str], None]
    language: "Language"
    started: float = field(default_factory=time.monotonic)

    def say(self, zh: str, en: str) -> None:
        """Say a step."""
        seconds = time.monotonic() - self.started
        self.note(f"[{seconds:5.1f} s] {zh if self.language == 'zh' else en}")


@dataclass(frozen=True)
class Stage:
    """Where the walk takes place."""

    engine: "Engine"
    teller: Teller
    today: date
    now: datetime
    metric_plane: str


@dataclass(frozen=True)
class Walked:
    """What the walk did, as far as the published generation."""

    loaded: dict[str, int]
    checked: "Snapshot"
    found: "tuple[Finding, ...]"
    left: "tuple[Finding, ...]"
    assigned: dict[str, int]
    generation: int


def seen_before(stage: Stage, drawing: "Snapshot", generation: int) -> Walked:
    """The result where the town was loaded by an earlier run: nothing is written.

    Parameters
    ----------
    stage : Stage
    drawing : Snapshot
        The old drawing, checked again to be shown.
    generation : int
    """
    stage.teller.say(
        f"演示小镇已在库中(区划第 {generation} 版),不再导入,只检查、打印",
        f"the town is in the database already (generation {generation}): checking and printing only",
    )
    with reading(stage.engine) as session:
        plan = snapshot(session, generation=generation, today=stage.today, metric_plane=stage.metric_plane)
    assigned = Counter[str](assignment.premises_kind for assignment in plan.assignments)
    return Walked({}, drawing, checks.run(drawing, RULES), checks.run(plan, RULES), dict(assigned), generation)


def published(stage: Stage) -> int | None:
    """Take the database for the demo, and say which generation of the town it holds already.

    Raises
    ------
    Conflict
        If it holds data that are not the demo's.
    """
    with writing(stage.engine) as session:
        showcase.claim(session, actor=PLANNER, now=stage.now)
        return current_generation(session)


def walk(stage: Stage, files: TownFiles) -> Walked:
    """Load the old drawing, check it, load the corrected one, assign, publish.

    Parameters
    ----------
    stage : Stage
        A database that holds no generation.
    files : TownFiles

    Returns
    -------
    Walked

    Raises
    ------
    RefusedRows
        If a row of the files cannot be loaded.
    Blocked
        If blocking findings stand after the correction.
    """
    draft = _open(stage)
    loaded = {file.layer: _load(stage, file, draft) for file in files.first}
    checked, found = _check(stage, draft)
    stand = len(blocking(found))
    stage.teller.say(
        f"检查原图:{len(found)} 个问题,其中 {stand} 个必须处理,现在不能发布",
        f"checked the old drawing: {len(found)} findings, {stand} of them blocking; it cannot be published",
    )
    stage.teller.say(
        "修正:像办公室送来新图一样,导入校正图(自动修补和沿街划分以后提供)",
        "mending: a corrected drawing is loaded, as an office's new drawing would be (repair and frontage come later)",
    )
    for file in files.correction:
        loaded[file.layer] = loaded.get(file.layer, 0) + _load(stage, file, draft)
    corrected, left = _check(stage, draft)
    stage.teller.say(f"检查校正图:{len(left)} 个问题", f"checked the corrected drawing: {len(left)} findings")
    assigned = _assign(stage, draft, corrected)
    return Walked(loaded, checked, found, left, assigned, _publish(stage, draft))


def _open(stage: Stage) -> int:
    """A draft of its own; what an interrupted run left behind is given up."""
    with writing(stage.engine) as session:
        for old in drafting.list_drafts(session, statuses=("open", "submitted", "approved")):
            reviewing.abandon(session, old.id, actor=PLANNER, now=stage.now)
        return drafting.open_draft(session, name="演示小镇首版区划", actor=PLANNER, now=stage.now).id


def _check(stage: Stage, draft: int) -> "tuple[Snapshot, tuple[Finding, ...]]":
    with reading(stage.engine) as session:
        plan = snapshot(session, draft=draft, today=stage.today, metric_plane=stage.metric_plane)
    return plan, checks.run(plan, RULES)


def _assign(stage: Stage, draft: int, plan: "Snapshot") -> dict[str, int]:
    proposals = propose(plan, RULES)
    with writing(stage.engine) as session:
        accept(session, draft, proposals, actor=PLANNER, now=stage.now)
    counts = Counter[str](proposal.premises_kind for proposal in proposals if proposal.grid is not None)
    shops, compounds = counts["shop"], counts["compound"]
    stage.teller.say(
        f"划入:{shops} 家商铺、{compounds} 个小区各归一个微网格(其余小区大于一格,按楼栋归格)",
        f"assigned {shops} shops and {compounds} compounds to one micro-grid each (the other compounds are larger "
        "than one, and go house by house)",
    )
    return dict(counts)


def _publish(stage: Stage, draft: int) -> int:
    """Four eyes: the reviewer is not the planner who drew it."""
    with writing(stage.engine) as session:
        reviewing.submit(session, draft, actor=PLANNER, now=stage.now)
        reviewing.approve(session, draft, actor=REVIEWER, four_eyes=True, now=stage.now)
    generation = publishing.publish(
        stage.engine,
        draft,
        check=lambda plan: checks.run(plan, RULES),
        actor=REVIEWER,
        four_eyes=True,
        now=stage.now,
        today=stage.today,
        metric_plane=stage.metric_plane,
        note="演示小镇",
    )
    with writing(stage.engine) as session:
        set_public_tier(session, True, actor=REVIEWER, now=stage.now)
    number = generation.number
    stage.teller.say(
        f"发布:区划第 {number} 版(由{PLANNER}绘制,{REVIEWER}审核并发布);公开查询已打开",
        f"published generation {number} (drawn by {PLANNER}, approved and published by {REVIEWER}); "
        "the public tier is on",
    )
    return number


def _load(stage: Stage, file: LoadFile, draft: int) -> int:
    """Load one file as ``load`` does: all its rows or none."""
    table = read_table(file.path, crs=file.crs, kind=file.layer)
    into = draft if file.layer in DRAFTED else None
    with writing(stage.engine) as session:
        plan = plan_load(session, file.layer, [table], today=stage.today, draft=into)
        report = apply_load(session, plan, actor=PLANNER, today=stage.today, department=file.department, now=stage.now)
    zh, en = layer_name(file.layer, "zh"), layer_name(file.layer, "en")
    counts = (("新", "new", report.new), ("改", "changed", report.changed), ("同", "as before", report.unchanged))
    told_zh = "、".join(f"{word} {count}" for word, _, count in counts if count)
    told_en = ", ".join(f"{count} {word}" for _, word, count in counts if count)
    stage.teller.say(
        f"导入{zh}:{file.path.name}({file.department}),{told_zh}", f"loaded {en}: {file.path.name}, {told_en}"
    )
    return report.new

"""What ``repair`` shows: what was found and done, and what a person has to decide."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from api.cli import context
from api.cli.context import OutputFormat
from api.cli.output import note, table, write_json

if TYPE_CHECKING:
    from boundaries.services.repairing import Outcome

# Faces listed one by one on a terminal; all stand in the log.
_LISTED = 30


def show(outcome: "Outcome", format: OutputFormat) -> None:  # noqa: A002  the option's own name
    """Answer with the outcome: JSON for programs, lines and tables for people; why nothing was written on stderr."""
    from boundaries.services.repairing import report

    language = context.language()
    if format == "json":
        write_json(report(outcome))
    else:
        typer.echo("\n".join(_lines(outcome, zh=language == "zh")))
        _show_log(outcome, zh=language == "zh")
    if outcome.problem is not None:
        note(outcome.problem[0 if language == "zh" else 1])


def _lines(outcome: "Outcome", *, zh: bool) -> list[str]:
    before, mended = outcome.before, outcome.mended
    faces, left = len(mended.log), len(mended.left)
    title, grids, parents = before.title("zh" if zh else "en"), len(before.grids), len(before.parents)
    changed, new, refined = len(mended.changed), len(mended.new), len(mended.refined)
    if zh:
        said = f"{faces} 处问题,可修补 {faces - left} 处,{left} 处须由人决定" if faces else "没有空白、重叠、越界"
        lines = [f"{title}:{grids} 个网格,{parents} 个区域;{said}"]
        if not outcome.is_written:
            return lines
        lines.append(
            f"改动 {changed} 个网格,新建 {new} 个,{refined} 个区域的边界补了顶点"
            if changed or new or refined
            else "没有需要修补的地方"
        )
    else:
        said = f"{faces} faces, {faces - left} can be mended, {left} left to a person" if faces else "no face at fault"
        lines = [f"{title}: {grids} grids, {parents} areas; {said}"]
        if not outcome.is_written:
            return lines
        lines.append(
            f"{changed} grids changed, {new} made, {refined} areas took in vertices"
            if changed or new or refined
            else "nothing to repair"
        )
    if mended.shifted:
        count, way_m = mended.shifted, f"{mended.max_shift_m:.2f}"
        lines.append(
            f"{count} 个边界端点移到区域边界的顶点上,最远 {way_m} 米"
            if zh
            else f"{count} ends of borders moved to vertices of an area's border, at most {way_m} m"
        )
    if mended.bare:
        named = _few(mended.bare, zh=zh)
        lines.append(f"没有网格的区域未处理:{named}" if zh else f"areas without grids are left alone: {named}")
    return [*lines, _written(outcome, zh=zh)]


def _written(outcome: "Outcome", *, zh: bool) -> str:
    draft = outcome.before.draft
    place = "、".join(outcome.files) if zh else ", ".join(outcome.files)
    if draft is not None:
        place = f"调整方案 {draft}" if zh else f"draft {draft}"
    said = f"已证明全覆盖;已写入 {place}" if zh else f"proved to be an exact coverage; written to {place}"
    if outcome.mended.refined:
        said += (
            "(含补了顶点的区域 parents,证明以它为准)" if zh else " (with the areas, parents, that the proof is about)"
        )
    return said


def _show_log(outcome: "Outcome", *, zh: bool) -> None:
    from boundaries.findings import KINDS
    from boundaries.repairing.log import RULES

    log = outcome.mended.log
    if not log:
        return
    number = Counter((face.kind, face.rule) for face in log)
    area_m2: dict[tuple[str, str], float] = {}
    for face in log:
        area_m2[face.kind, face.rule] = area_m2.get((face.kind, face.rule), 0.0) + face.area_m2
    rows = [
        (
            KINDS[kind].name_zh if zh else KINDS[kind].name_en,
            RULES[rule][0 if zh else 1],
            count,
            area_m2[kind, rule],
        )
        for (kind, rule), count in sorted(number.items())
    ]
    typer.echo("")
    table("", ("类别", "处理", "数量", "面积 m²") if zh else ("kind", "what", "count", "area m²"), rows)
    _show_left(outcome, zh=zh)


def _show_left(outcome: "Outcome", *, zh: bool) -> None:
    from boundaries.findings import KINDS
    from geo.metric import centre

    left, areas = outcome.mended.left, outcome.before.area_by_code
    if not left:
        return
    rows = [
        (
            face.number,
            areas[face.parent].name,
            KINDS[face.kind].name_zh if zh else KINDS[face.kind].name_en,
            face.area_m2,
            ", ".join(f"{value:.7g}" if abs(value) < 1000 else f"{value:.1f}" for value in centre(face.geometry)),
            _few([code for code, _ in face.candidates], zh=zh),
            face.why("zh" if zh else "en"),
        )
        for face in left[:_LISTED]
    ]
    columns = (
        ("序号", "区域", "类别", "面积 m²", "位置", "候选网格", "须由人决定的原因")
        if zh
        else ("face", "area", "kind", "area m²", "place", "candidates", "why a person decides")
    )
    typer.echo("")
    table("", columns, rows)
    more = len(left) - _LISTED
    if more > 0:
        typer.echo(f"……还有 {more} 处,用 --log 写入文件查看" if zh else f"... and {more} more: write them with --log")


def _few(codes: "Sequence[str]", *, zh: bool) -> str:
    shown = ("、" if zh else ", ").join(codes[:3])
    return f"{shown} …({len(codes)})" if len(codes) > 3 else shown

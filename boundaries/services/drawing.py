"""A drawing that came back, set beside its draft: what it changes, what stands in the way, how it closes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy.orm import Session

from boundaries.arrival.closing import Closed, close_overlays, close_tiles, neighbourhood, to_stored
from boundaries.arrival.faces import Obstacle
from boundaries.arrival.returning import Comparison, Drawn, Match, Standing, compared, matched
from boundaries.codes import area_and_sequence
from boundaries.edits.counting import Homes, households_of
from boundaries.edits.following import following
from boundaries.errors import RefusedRow, RefusedRows
from boundaries.exchange.qgis.returned import ReturnedFile, lost_m, read_returned
from boundaries.findings import Finding
from boundaries.laying import TOLERANCE_M, unchanged
from boundaries.lifecycle import Draft
from boundaries.model import Assignment, Layer, MicroGrid
from boundaries.snapshot import Snapshot
from boundaries.store import queries
from boundaries.store import round_trip as store
from geo.crs import to_storage
from geo.segments import as_shapes

# Half a step in both directions is what rounding moves a vertex by at most.
_STEP_NOISE = 0.75
_NAMED = 20
FIELD_WORDS = {
    "name": ("名称", "name"),
    "honorary_name": ("荣誉名称", "honorary name"),
    "kind": ("类型", "kind"),
    "layer": ("图层", "layer"),
    "area": ("所属区域", "area"),
    "street_group": ("街道组", "street group"),
    "polygon": ("图形", "shape"),
}

Problem = tuple[str, str]


def read_drawing(session: Session, path: Path, *, crs: str | None = None, encoding: str | None = None) -> ReturnedFile:
    """Read a file of grids that came back; parameters and refusals as of :func:`read_returned`."""
    return read_returned(path, kinds=queries.kinds(session), crs=crs, encoding=encoding)


def noise_m(before: Snapshot, returned: ReturnedFile) -> float:
    """How far a vertex may lie off its place because the file rounds its coordinates."""
    known = shapely.get_coordinates([grid.polygon for grid in before.grids])
    return max(TOLERANCE_M, lost_m(returned, known) * _STEP_NOISE)


def compare_drawing(session: Session, before: Snapshot, returned: ReturnedFile) -> Comparison:
    """Set a drawing beside the draft as it was exported and as it stands.

    Parameters
    ----------
    before : Snapshot
        The draft as it stands.
    returned : ReturnedFile

    Returns
    -------
    Comparison

    Raises
    ------
    CrsProblem
        If a coordinate cannot be converted.
    """
    drawn = as_shapes(row.polygon for row in returned.grids)
    rough = np.asarray(to_storage(drawn, returned.crs), dtype=object)
    matches = matched(returned.grids, rough, returned.exported or before.grids)
    exported = returned.exported or _spoken_for(before, matches)
    now = {grid.id: grid for grid in before.grids}
    found = [index for index, match in enumerate(matches) if match.base is not None]
    bases = [match.base for match in matches if match.base is not None]
    tolerance_m = noise_m(before, returned)
    is_drawn = np.ones(len(matches), dtype=bool)
    is_drawn[found] = ~unchanged(
        drawn[found], returned.crs, as_shapes(grid.polygon for grid in bases), tolerance_m=tolerance_m
    )
    is_now = np.zeros(len(matches), dtype=bool)
    living = [(index, now[grid.id]) for index, grid in zip(found, bases, strict=True) if grid.id in now]
    is_now[[index for index, _ in living]] = unchanged(
        drawn[[index for index, _ in living]],
        returned.crs,
        as_shapes(grid.polygon for _, grid in living),
        tolerance_m=tolerance_m,
    )
    pairs = [(grid, now[grid.id]) for grid in exported if grid.id in now]
    is_still = unchanged(
        as_shapes(grid.polygon for grid, _ in pairs), before.crs, as_shapes(grid.polygon for _, grid in pairs)
    )
    moved = frozenset(grid.id for (grid, _), still in zip(pairs, is_still, strict=True) if not still)
    used = store.codes_given(session, [row.fields.get("code") or "" for row in returned.grids], before.area_by_code)
    comparison = compared(
        matches,
        Standing(now, moved, is_drawn.tolist(), is_now.tolist(), used),
        exported,
        area_at=lambda index: _area_at(before, rough[index]),
        new_code=lambda area, taken: area_and_sequence([one.code for one in before.ancestors(area)] or [area], taken),
    )
    return comparison if returned.exported else comparison.without_stale()


def _spoken_for(before: Snapshot, matches: Sequence[Match]) -> tuple[MicroGrid, ...]:
    """What a file that does not say what was exported speaks for: the areas and layers of its grids."""
    families = {(match.base.area, match.base.layer) for match in matches if match.base is not None}
    return tuple(grid for grid in before.grids if (grid.area, grid.layer) in families)


def _area_at(before: Snapshot, shape: shapely.Polygon) -> str | None:
    """Code of the divided area that a shape lies in."""
    point = shapely.point_on_surface(shape)
    return next((area.code for area in before.parents if shapely.intersects(area.polygon, point)), None)


def require_areas(before: Snapshot, comparison: Comparison) -> None:
    """Refuse rows that name an area which there is not, or lie in none.

    Raises
    ------
    RefusedRows
        Naming every one.
    """
    refused = [
        RefusedRow(
            row.layer_name,
            row.row,
            "area",
            drawn.grid.area,
            "没有这个区域。请填写所属区域的编码,或把网格画在区域之内",
            "is no area. Write the code of the area that it lies in, or draw the grid inside one",
        )
        for drawn in comparison.drawn
        for row in [drawn.match.returned]
        if drawn.grid.area not in before.area_by_code
    ]
    if refused:
        raise RefusedRows(refused)


def refusals(
    session: Session, draft: Draft, returned: ReturnedFile, comparison: Comparison, retire_missing: bool
) -> tuple[tuple[Problem, ...], dict[str, tuple[str, datetime]]]:
    """Why a drawing cannot be taken as it is, before its borders are looked at.

    Returns
    -------
    tuple of (str, str)
        In Chinese and English.
    dict
        For grids that others changed too, the last who did, and when.
    """
    problems: list[Problem] = []
    changed_by: dict[str, tuple[str, datetime]] = {}
    if comparison.collisions:
        revision = returned.marks.revision if returned.marks is not None else 0
        codes = [one.code for one in comparison.collisions]
        changed_by = store.changed_since(session, draft.id, revision, codes)
        problems.append(_collided(comparison, changed_by))
    if comparison.recoded:
        named = [f"{one.base.code} → {one.returned.fields['code']}" for one in comparison.recoded if one.base]
        zh = f"文件改了 {len(named)} 个网格的编码:{_listed(named, '、')}。重新编号须单独办理,请改回原编码。"
        en = f"The file gives {len(named)} grids another code: {_listed(named, ', ')}. Put the old codes back."
        problems.append((zh, f"{en} Renumbering is an act of its own."))
    divided = [f"{grid.code} {grid.name}" for grid in comparison.missing if grid.parts]
    if divided:
        zh = f"{len(divided)} 个有分段的网格在文件里没有了:{_listed(divided, '、')}。请先取消分段,再撤销网格。"
        en = f"The file lacks grids that have parts: {_listed(divided, ', ')}. Take their parts back first."
        problems.append((zh, en))
    elif comparison.missing and not retire_missing:
        named = [f"{grid.code} {grid.name}" for grid in comparison.missing]
        zh = f"文件里少了 {len(named)} 个网格:{_listed(named, '、')}。确要撤销请加 --retire-missing,否则请补回。"
        en = f"The file lacks {len(named)} grids: {_listed(named, ', ')}. Put them back, or add --retire-missing."
        problems.append((zh, en))
    return tuple(problems), changed_by


def _collided(comparison: Comparison, changed_by: dict[str, tuple[str, datetime]]) -> Problem:
    zh, en = [], []
    for one in comparison.collisions:
        who = changed_by.get(one.code)
        by_zh, by_en = (f",由 {who[0]} 修改", f", changed by {who[0]}") if who else ("", "")
        zh.append(f"{one.code}({'、'.join(FIELD_WORDS[name][0] for name in one.fields)}{by_zh})")
        en.append(f"{one.code} ({', '.join(FIELD_WORDS[name][1] for name in one.fields)}{by_en})")
    return (
        f"导出之后,{len(zh)} 个网格在方案里也被改过:{_listed(zh, '、')}。请重新导出,在新文件上改这几个网格。",
        f"Since the export {len(en)} grids were changed in the draft too: {_listed(en, ', ')}. Export and redo these.",
    )


def _listed(names: Sequence[str], comma: str) -> str:
    more = f"{comma}… {len(names) - _NAMED}" if len(names) > _NAMED else ""
    return comma.join(names[:_NAMED]) + more


def touched(comparison: Comparison, layer: Layer | None = None) -> frozenset[str]:
    """Codes of the areas in which the drawing changes grids, of one layer or of both."""
    grids = [drawn.grid for drawn in comparison.drawn]
    grids += [*comparison.missing, *(drawn.match.base for drawn in comparison.changed if drawn.match.base)]
    return frozenset(grid.area for grid in grids if layer is None or grid.layer == layer)


def close_drawing(before: Snapshot, returned: ReturnedFile, comparison: Comparison, *, tolerance_m: float) -> Closed:
    """Close a drawing onto what stands.

    Parameters
    ----------
    before : Snapshot
    returned : ReturnedFile
    comparison : Comparison
    tolerance_m : float
        What is thinner was missed by the pen.

    Returns
    -------
    Closed
        Of the areas that the drawing touches.

    Raises
    ------
    GeometryProblem
        If edges cannot be noded.
    """
    part = neighbourhood(before, touched(comparison))
    drawn = [one for one in comparison.drawn if one.polygon is not None]
    standing = [*(grid.polygon for grid in part.grids), *(area.polygon for area in part.areas)]
    shapes = to_stored(
        [one.polygon for one in drawn if one.polygon], returned.crs, standing, noise_m=noise_m(before, returned)
    )
    broken = _broken(drawn, shapes)
    if broken:
        return Closed(part, obstacles=broken)
    after = _redrawn(before, comparison, {one.grid.code: shape for one, shape in zip(drawn, shapes, strict=True)})
    after = neighbourhood(after, touched(comparison))
    codes = {one.grid.code for one in drawn}
    codes |= {one.grid.code for one in comparison.changed if _is_moved(one)}
    closed = _as_it_stood(close_tiles(after, part, codes, tolerance_m=tolerance_m), part)
    over = {one.grid.code for one in drawn if one.grid.layer == "overlay"}
    return closed if closed.obstacles or not over else close_overlays(closed, over)


def _is_moved(drawn: Drawn) -> bool:
    """Whether a grid fills another area, or the other layer, than before."""
    base = drawn.match.base
    return base is None or (base.area, base.layer) != (drawn.grid.area, drawn.grid.layer)


def _redrawn(before: Snapshot, comparison: Comparison, shapes: dict[str, shapely.Polygon]) -> Snapshot:
    """The draft with what was drawn, retired grids taken out, new ones registered last."""
    gone = {grid.code for grid in comparison.missing}
    changed = {one.grid.code: one.grid for one in comparison.changed}
    grids = [changed.get(grid.code, grid) for grid in before.grids if grid.code not in gone]
    number = max((grid.id for grid in before.grids), default=0)
    rank = max((grid.rank for grid in before.grids), default=0)
    grids += [replace(one.grid, id=number + at, rank=rank + at) for at, one in enumerate(comparison.new, start=1)]
    return replace(before, grids=tuple(replace(grid, polygon=shapes.get(grid.code, grid.polygon)) for grid in grids))


def _broken(drawn: Sequence[Drawn], shapes: Sequence[shapely.Polygon]) -> tuple[Obstacle, ...]:
    """Shapes that are none any more in stored coordinates."""
    return tuple(
        Obstacle(
            Finding("invalid_shape", (one.grid.code,), parent=one.grid.area, geometry=shape),
            f"网格 {one.grid.code} 的图形无效或过窄({shapely.is_valid_reason(shape)})。请改正",
            f"the shape of {one.grid.code} is not valid or too thin ({shapely.is_valid_reason(shape)}): correct it",
        )
        for one, shape in zip(drawn, shapes, strict=True)
        if shape.is_empty or not shapely.is_valid(shape)
    )


def _as_it_stood(closed: Closed, before: Snapshot) -> Closed:
    """The same, every bit of the standing shape kept where the drawing came to the very same vertices."""
    known = before.grid_by_code
    grids = tuple(
        replace(grid, polygon=known[grid.code].polygon)
        if grid.code in known and shapely.equals_exact(grid.polygon, known[grid.code].polygon, 0.0, normalize=True)
        else grid
        for grid in closed.snapshot.grids
    )
    return replace(closed, snapshot=replace(closed.snapshot, grids=grids))


def taken_back(before: Snapshot, comparison: Comparison, closed: Closed) -> tuple[str, ...]:
    """Codes of the grids that were drawn and have the borders that they had, once these were matched."""
    now, was = closed.snapshot.grid_by_code, before.grid_by_code
    codes = [one.grid.code for one in comparison.changed if one.polygon is not None and one.grid.code in now]
    is_same = unchanged(
        as_shapes(now[code].polygon for code in codes), before.crs, as_shapes(was[code].polygon for code in codes)
    )
    return tuple(code for code, same in zip(codes, is_same, strict=True) if same)


def counted(before: Snapshot, after: Snapshot, codes: frozenset[str]) -> dict[str, tuple[int | None, int | None]]:
    """Households of some tile grids before and after, by code; None where there is no such grid or nobody counted."""
    found: list[dict[str, int | None]] = []
    for plan in (before, after):
        grids = [grid for grid in plan.grids if grid.code in codes and grid.layer == "tile"]
        buildings = Homes.near(plan, grids).by_grid(grids, {})
        found.append({grid.code: households_of(grid, buildings[grid.code]) for grid in grids})
    return {code: (found[0].get(code), found[1].get(code)) for code in sorted(found[0].keys() | found[1].keys())}


def moved_assignments(before: Snapshot, comparison: Comparison, closed: Closed) -> tuple[Assignment, ...]:
    """Premises whose ground goes to another grid, as they are assigned from now on."""
    codes = {one.grid.code for one in comparison.drawn}
    old = [grid for grid in before.grids if grid.code in codes]
    return following(
        before, [*old, *comparison.missing], [grid for grid in closed.snapshot.grids if grid.code in codes]
    )

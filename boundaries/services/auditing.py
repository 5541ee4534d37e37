"""What a check found, as a report for programs and as lines for people."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry import mapping

from boundaries.findings import KINDS, Finding, areas_named
from boundaries.ground import Ground
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.errors import Language

# Any of these, and the coverage is not exact; premises of no valid shape do not touch it.
_BREAKING = frozenset({"invalid_shape", "parent_missing", "gap", "overlap", "overshoot", "sliver"})
_MEASURED = ("gap", "overlap", "overshoot", "sliver", "dust", "area_gap", "area_overlap", "area_overshoot")
# What keeps an exact coverage from being proved.
_UNPROVED = ("edge_mismatch", "dust")
_COUNTED = {"building": ("栋", "buildings"), "compound": ("个小区", "compounds"), "shop": ("家商铺", "shops")}
_OWNERS = {"grid": ("个网格", "a grid"), "area": ("个区域", "an area"), "premises": ("处楼栋或小区", "premises")}
_UNITS_ZH = {"building": "栋", "compound": "个"}


def report(snapshot: Snapshot, findings: Sequence[Finding]) -> dict[str, Any]:
    """The report of a check, ready to be written as JSON.

    Parameters
    ----------
    snapshot : Snapshot
        What was checked.
    findings : sequence of Finding
        All that :func:`boundaries.checks.run` gave for it.

    Returns
    -------
    dict
        ``exact``, ``proved``, ``grids``, ``parents``, ``counts`` and ``area_m2`` by kind (only
        kinds that occur), ``blocking``, ``source``, ``crs``, ``summary`` in both
        languages, and ``findings`` with GeoJSON geometry in the snapshot's own
        coordinates. ``docs/contracts.md`` lists every key.
    """
    return {
        "exact": is_exact(snapshot, findings),
        "proved": is_proved(snapshot, findings),
        "grids": len(snapshot.grids),
        "parents": len(_parents(snapshot)),
        "counts": counts(findings),
        "area_m2": areas_m2(findings),
        "blocking": sum(finding.severity == "blocking" for finding in findings),
        "source": {"zh": snapshot.title("zh"), "en": snapshot.title("en")},
        "crs": snapshot.crs.name,
        "summary": {"zh": list(summary(snapshot, findings, "zh")), "en": list(summary(snapshot, findings, "en"))},
        "findings": [_record(finding) for finding in findings],
    }


def is_exact(snapshot: Snapshot, findings: Sequence[Finding]) -> bool:
    """Whether the tile grids fill their areas: every point once, rounding apart."""
    return bool(_parents(snapshot)) and not any(
        finding.kind in _BREAKING and not (finding.kind == "invalid_shape" and _of_shape(finding) == "premises")
        for finding in findings
    )


def is_proved(snapshot: Snapshot, findings: Sequence[Finding]) -> bool:
    """Whether the tile grids fill their areas without rounding, neighbours sharing every vertex.

    The findings tell that nothing is wrong; the coordinates themselves are then added up.
    """
    return is_exact(snapshot, findings) and all(one.is_proved() for one in Ground(snapshot, Rules()).fillings)


def verdict(snapshot: Snapshot, findings: Sequence[Finding], language: Language) -> str:
    """Whether the areas are covered, in one phrase for people."""
    is_zh = language == "zh"
    if not is_exact(snapshot, findings):
        return "未全覆盖" if is_zh else "not an exact coverage"
    if is_proved(snapshot, findings):
        return "全覆盖(已证明)" if is_zh else "exact coverage (proved)"
    numbers = {kind: sum(one.kind == kind and bool(one.grids) for one in findings) for kind in _UNPROVED}
    if is_zh:
        places = "、".join(f"{number} 处{KINDS[kind].name_zh}" for kind, number in numbers.items() if number)
        return f"全覆盖,但有 {places or '边界未逐点对上'}(可用 repair 修补)"
    places = ", ".join(f"{number} × {KINDS[kind].name_en.lower()}" for kind, number in numbers.items() if number)
    return f"exact coverage, but {places or 'borders do not match'} (mend with repair)"


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """Number of findings by kind, in the order of the table of kinds."""
    numbers = {code: sum(finding.kind == code for finding in findings) for code in KINDS}
    return {code: number for code, number in numbers.items() if number}


def areas_m2(findings: Sequence[Finding]) -> dict[str, float]:
    """Ground in square metres by kind, for kinds that are faces."""
    return {
        code: sum(finding.area_m2 or 0.0 for finding in findings if finding.kind == code)
        for code in counts(findings)
        if code in _MEASURED
    }


def summary(snapshot: Snapshot, findings: Sequence[Finding], language: Language) -> tuple[str, ...]:
    """What was found, in one line for each area, as a planner would say it.

    Parameters
    ----------
    snapshot : Snapshot
    findings : sequence of Finding
        Dust is left out.
    language : {"zh", "en"}

    Returns
    -------
    tuple of str
        In the order of the areas; what lies in none comes last.
    """
    lines: list[str] = []
    strange = elsewhere(snapshot)
    said = (
        "网格与区域不在同一处,请核对坐标系" if language == "zh" else "grids lie elsewhere, check the coordinate system"
    )
    counted = [finding for finding in findings if finding.kind != "dust"]
    codes = [area.code for area in snapshot.areas]
    named = {area.code: area.name or area.code for area in snapshot.areas}
    places = [*codes, *sorted({finding.parent or "" for finding in counted} - set(codes))]
    for place in places:
        mine = [finding for finding in counted if (finding.parent or "") == place]
        if not mine:
            continue
        nowhere = "不属于任何区域" if language == "zh" else "in no area"
        head = named.get(place, place) or nowhere
        phrases = [said] if place in strange else []
        phrases += [_phrase(code, [f for f in mine if f.kind == code], language) for code in counts(mine)]
        lines.append(f"{head}:{';'.join(phrases)}" if language == "zh" else f"{head}: {'; '.join(phrases)}")
    return tuple(lines)


def elsewhere(snapshot: Snapshot) -> set[str]:
    """Codes of the areas that none of their own tile grids comes near."""
    found: set[str] = set()
    for filling in Ground(snapshot, Rules()).fillings:
        if filling.is_sound and filling.tiles:
            boxes = shapely.box(*shapely.bounds([grid.polygon for grid in filling.tiles]).T)
            if not shapely.intersects(filling.area.polygon.envelope, boxes).any():
                found.add(filling.area.code)
    return found


def _phrase(kind: str, findings: Sequence[Finding], language: Language) -> str:
    number = len(findings)
    name = findings[0].name(language)
    if kind == "shop_undedicated":
        # One finding is a street of shops; people count the shops.
        shops = sum(int(finding.value or 0) for finding in findings)
        return f"{shops} 家{name}" if language == "zh" else f"{shops} × {name.lower()}"
    if kind == "edge_mismatch":
        length = _number(sum(finding.value or 0.0 for finding in findings))
        return (
            f"{number} 处{name},共长 {length} m"
            if language == "zh"
            else f"{number} × {name.lower()}, {length} m in all"
        )
    if kind == "invalid_shape":
        return _broken(findings, language)
    if kind not in _MEASURED:
        unit = _UNITS_ZH.get(kind.split("_", maxsplit=1)[0], "处")
        return f"{number} {unit}{name}" if language == "zh" else f"{number} × {name.lower()}"
    area_m2 = sum(finding.area_m2 or 0.0 for finding in findings)
    held = _held(findings, language)
    if language == "zh":
        return f"{number} 处{name},共 {_number(area_m2)} m²" + (f",含 {held}" if held else "")
    return f"{number} × {name.lower()}, {_number(area_m2)} m² in all" + (f", holding {held}" if held else "")


def _of_shape(finding: Finding) -> str:
    """Whose shape is not valid: that of a grid, an area, or premises."""
    return "grid" if finding.grids else "area" if areas_named(finding) else "premises"


def _broken(findings: Sequence[Finding], language: Language) -> str:
    """Shapes that are not valid, by what they are the shapes of."""
    name, owners = findings[0].name(language), [_of_shape(finding) for finding in findings]
    words = [(zh if language == "zh" else en, owners.count(owner)) for owner, (zh, en) in _OWNERS.items()]
    if language == "zh":
        return ";".join(f"{number} {word}{name}" for word, number in words if number)
    return "; ".join(f"{number} × {name.lower()} of {word}" for word, number in words if number)


def _held(findings: Sequence[Finding], language: Language) -> str:
    premises = {label for finding in findings for label in finding.premises}
    households = sum(finding.households for finding in findings)
    words: list[str] = []
    for kind, (zh, en) in _COUNTED.items():
        number = sum(label.startswith(f"{kind}:") for label in premises)
        if number:
            words.append(f"{number} {zh}" if language == "zh" else f"{number} {en}")
        if kind == "building" and households:
            words.append(f"{households:,} 户" if language == "zh" else f"{households:,} households")
    return " ".join(words) if language == "zh" else ", ".join(words)


def _number(area_m2: float) -> str:
    return f"{area_m2:,.0f}" if area_m2 >= 10 else f"{area_m2:.3g}"


def _parents(snapshot: Snapshot) -> tuple[object, ...]:
    return Ground(snapshot, Rules()).parents


def _record(finding: Finding) -> Mapping[str, Any]:
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "name": {"zh": finding.name("zh"), "en": finding.name("en")},
        "area_m2": finding.area_m2,
        "width_m": finding.width_m,
        "grids": list(finding.grids),
        "premises": list(finding.premises),
        "parent": finding.parent,
        "value": finding.value,
        "limit": finding.limit,
        "households": finding.households,
        "geometry": mapping(finding.geometry) if finding.geometry is not None else None,
    }

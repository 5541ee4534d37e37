"""What a check found, as a report for programs and as lines for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from shapely.geometry import mapping

from boundaries.findings import KINDS, Finding
from boundaries.ground import Ground
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.errors import Language

# Any of these, and the coverage is not exact; premises of no valid shape do not touch it.
_BREAKING = frozenset({"invalid_shape", "parent_missing", "gap", "overlap", "overshoot", "sliver"})
_MEASURED = ("gap", "overlap", "overshoot", "sliver", "dust")
_COUNTED = {"building": ("栋", "buildings"), "compound": ("个小区", "compounds"), "shop": ("家商铺", "shops")}
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
        ``exact``, ``grids``, ``parents``, ``counts`` and ``area_m2`` by kind (only
        kinds that occur), ``blocking``, ``source``, ``crs``, ``summary`` in both
        languages, and ``findings`` with GeoJSON geometry in the snapshot's own
        coordinates. ``docs/contracts.md`` lists every key.
    """
    return {
        "exact": is_exact(snapshot, findings),
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
        finding.kind in _BREAKING and not (finding.kind == "invalid_shape" and finding.premises) for finding in findings
    )


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
        phrases = [_phrase(code, [f for f in mine if f.kind == code], language) for code in counts(mine)]
        lines.append(f"{head}:{';'.join(phrases)}" if language == "zh" else f"{head}: {'; '.join(phrases)}")
    return tuple(lines)


def _phrase(kind: str, findings: Sequence[Finding], language: Language) -> str:
    number = len(findings)
    name = findings[0].name(language)
    if kind == "shop_undedicated":
        # One finding is a street of shops; people count the shops.
        shops = sum(int(finding.value or 0) for finding in findings)
        return f"{shops} 家{name}" if language == "zh" else f"{shops} × {name.lower()}"
    if kind not in _MEASURED:
        unit = _UNITS_ZH.get(kind.split("_", maxsplit=1)[0], "处")
        return f"{number} {unit}{name}" if language == "zh" else f"{number} × {name.lower()}"
    area_m2 = sum(finding.area_m2 or 0.0 for finding in findings)
    held = _held(findings, language)
    if language == "zh":
        return f"{number} 处{name},共 {_area(area_m2)} m²" + (f",含 {held}" if held else "")
    return f"{number} × {name.lower()}, {_area(area_m2)} m² in all" + (f", holding {held}" if held else "")


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


def _area(area_m2: float) -> str:
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

"""What ``demo`` shows at its end, as rows of tables."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from boundaries.demo.defects import DEFECTS

if TYPE_CHECKING:
    from boundaries.findings import Finding
    from boundaries.snapshot import Snapshot
    from geo.errors import Language

FOUND_COLUMNS = {
    "zh": ("问题", "处数", "说明", "校正后"),
    "en": ("finding", "count", "what", "after the correction"),
}


def found_rows(
    plan: "Snapshot", findings: "Sequence[Finding]", left: "Sequence[Finding]", language: "Language"
) -> list[tuple[str, int, str, int]]:
    """Each defect: its name, how many, what it is about, and how many the corrected drawing leaves.

    Parameters
    ----------
    plan : Snapshot
        What the findings are of.
    findings : sequence of Finding
        Of the old drawing.
    left : sequence of Finding
        Of the corrected one.
    language : {"zh", "en"}
    """
    rows = []
    for defect in DEFECTS:
        kind = defect.kinds[0]
        mine = [finding for finding in findings if finding.kind == kind]
        remaining = sum(finding.kind in defect.kinds for finding in left)
        name = defect.zh if language == "zh" else defect.en
        rows.append((name, len(mine), _DETAILS[kind](plan, mine, language), remaining))
    return rows


def _ground(plan: "Snapshot", findings: "Sequence[Finding]", language: "Language") -> str:  # noqa: ARG001  one shape of all
    area_m2 = sum(finding.area_m2 or 0.0 for finding in findings)
    buildings = {code for finding in findings for code in finding.premises if code.startswith("building:")}
    if not buildings:
        return f"{area_m2:,.0f} m²"
    return f"{area_m2:,.0f} m²" + (
        f",内有 {len(buildings)} 栋楼" if language == "zh" else f", {len(buildings)} buildings"
    )


def _compounds(plan: "Snapshot", findings: "Sequence[Finding]", language: "Language") -> str:
    called = {f"compound:{compound.code}": compound.name for compound in plan.compounds}
    return _joined([called[code] for finding in findings for code in finding.premises if code in called], language)


def _shops(plan: "Snapshot", findings: "Sequence[Finding]", language: "Language") -> str:  # noqa: ARG001
    shops = sum(len(finding.premises) for finding in findings)
    return f"{shops} 家商铺" if language == "zh" else f"{shops} shops"


def _buildings(plan: "Snapshot", findings: "Sequence[Finding]", language: "Language") -> str:
    compounds = {compound.code: compound.name for compound in plan.compounds}
    called = {
        f"building:{building.code}": f"{compounds.get(building.compound or '', '')}{building.number}幢"
        for building in plan.buildings
    }
    return _joined([called[code] for finding in findings for code in finding.premises if code in called], language)


def _grids(plan: "Snapshot", findings: "Sequence[Finding]", language: "Language") -> str:
    return _joined([plan.grid_by_code[code].name for finding in findings for code in finding.grids], language)


def _joined(names: Sequence[str], language: "Language") -> str:
    return ("、" if language == "zh" else ", ").join(names)


_Detail = Callable[["Snapshot", "Sequence[Finding]", "Language"], str]
_DETAILS: dict[str, _Detail] = {
    "gap": _ground,
    "overlap": _ground,
    "compound_uncovered": _compounds,
    "shop_undedicated": _shops,
    "building_cut": _buildings,
    "nobody_in_charge": _grids,
}

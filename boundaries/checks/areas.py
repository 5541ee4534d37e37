"""Whether the areas themselves fill the area above them, and no two claim the same ground."""

from dataclasses import replace

from boundaries.checks.faces import findings_of, with_premises
from boundaries.findings import Finding, areas_named
from boundaries.ground import Ground
from boundaries.model import Area
from geo.coverage import CoverageReport, Face, check_coverage, find_overshoots


def check_areas(ground: Ground) -> tuple[Finding, ...]:
    """Areas against the area above them, where both are here, and against each other.

    An area that cannot be used, or holds one that cannot, gets no verdict. Not every
    area may have been loaded yet, so ground that none holds is told as advice.
    """
    found = _claimed_twice(ground)
    divided = {filling.area.code for filling in ground.fillings}
    children: dict[str, list[Area]] = {}
    for area in ground.snapshot.areas:
        if area.parent:
            children.setdefault(area.parent, []).append(area)
    for upper in ground.snapshot.areas:
        own = children.get(upper.code, [])
        is_usable = ground.invalid_areas.isdisjoint([upper.code, *(area.code for area in own)])
        if own and is_usable and _is_whole(ground, upper):
            report = _below(ground, upper, own, is_divided=upper.code in divided)
            found += findings_of(ground, _not_told(report, own, divided), own, parent=upper.code)
    return with_premises(ground, found)


def _claimed_twice(ground: Ground) -> list[Finding]:
    overlaps, dust = ground.claimed_twice
    areas = [filling.area for filling, _ in ground.judged]
    found = findings_of(ground, CoverageReport(overlaps=overlaps, dust=dust), areas, parent=None)
    return [replace(one, parent=ground.common_area(areas_named(one)) or one.parent) for one in found]


def _is_whole(ground: Ground, upper: Area) -> bool:
    """Whether the areas directly below one are here, as far as any are."""
    scope = ground.snapshot.scope
    if upper.code in ground.snapshot.partly_here:
        return False
    return scope is None or scope in {area.code for area in ground.snapshot.ancestors(upper.code)}


def _below(ground: Ground, upper: Area, own: list[Area], *, is_divided: bool) -> CoverageReport:
    limits = ground.rules.limits(ground.snapshot.crs)
    if not is_divided:
        return check_coverage([area.polygon for area in own], upper.polygon, **limits)
    # Its own grids hold what the areas in it leave.
    shapes = [area.polygon for area in own]
    outer, dust = find_overshoots(shapes, upper.polygon, dust_area=limits["dust_area"], dust_width=limits["dust_width"])
    return CoverageReport(overshoots=outer, dust=dust)


def _not_told(report: CoverageReport, own: list[Area], divided: set[str]) -> CoverageReport:
    """The report without what is told of areas that grids fill: they are compared with all others."""

    def is_new(face: Face) -> bool:
        return sum(own[index].code in divided for index in face.owners) < 2

    return CoverageReport(
        gaps=report.gaps,
        overlaps=tuple(face for face in report.overlaps if is_new(face)),
        overshoots=report.overshoots,
        dust=tuple(face for face in report.dust if is_new(face)),
        mismatches=report.mismatches,
    )

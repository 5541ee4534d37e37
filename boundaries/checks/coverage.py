"""Whether the grids fill their areas: gaps, overlaps, overshoot, slivers, dust."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from boundaries.findings import Finding
from boundaries.ground import Ground
from boundaries.model import Area, MicroGrid
from geo.coverage import CoverageReport, check_coverage, find_overlaps, find_overshoots
from geo.segments import Shapes, as_shapes

_ORDER = ("gap", "overlap", "overshoot", "sliver", "dust")


def check_tiles(ground: Ground) -> tuple[Finding, ...]:
    """Tile grids against each area that they must fill, and across areas.

    An area with a grid that has no usable shape gets no verdict: the broken grid
    is a finding of its own. An area that holds other areas answers for the ground
    that those leave.
    """
    broken = {ground.snapshot.grids[index].area for index in ground.invalid_grids}
    dust_area, dust_width = _dust_limits(ground)
    found: list[Finding] = []
    for area in ground.parents:
        polygon = _own_ground(ground, area)
        grids = [grid for grid in ground.tiles if grid.area == area.code]
        if area.code in broken or polygon is None:
            continue
        report = check_coverage(
            [grid.polygon for grid in grids],
            polygon,
            tolerance=_tolerance(ground),
            dust_area=dust_area,
            dust_width=dust_width,
        )
        found += _told(ground, grids, area.code, report)
    groups = {code: number for number, code in enumerate(sorted({grid.area for grid in ground.tiles}))}
    overlaps, dust = find_overlaps(
        ground.tile_shapes,
        tolerance=_tolerance(ground),
        groups=[groups[grid.area] for grid in ground.tiles],
        dust_area=dust_area,
        dust_width=dust_width,
    )
    found += _told(ground, ground.tiles, None, CoverageReport(overlaps=overlaps, dust=dust))
    return tuple(found)


def check_overlays(ground: Ground) -> tuple[Finding, ...]:
    """Overlay grids, which must not overlap each other nor leave their area."""
    dust_area, dust_width = _dust_limits(ground)
    grids = ground.overlays
    shapes = as_shapes(grid.polygon for grid in grids)
    overlaps, dust = find_overlaps(shapes, tolerance=_tolerance(ground), dust_area=dust_area, dust_width=dust_width)
    found = _told(ground, grids, None, CoverageReport(overlaps=overlaps, dust=dust))
    for area in ground.snapshot.areas:
        own = [grid for grid in grids if grid.area == area.code]
        if own and _is_usable(area.polygon):
            outer, dust = find_overshoots(
                [grid.polygon for grid in own], area.polygon, dust_area=dust_area, dust_width=dust_width
            )
            found += _told(ground, own, area.code, CoverageReport(overshoots=outer, dust=dust))
    return tuple(found)


def _own_ground(ground: Ground, area: Area) -> Polygon | MultiPolygon | None:
    if not _is_usable(area.polygon):
        return None
    inner = [
        other.polygon
        for other in ground.parents
        if _is_usable(other.polygon)
        and area.code in (upper.code for upper in ground.snapshot.ancestors(other.code)[1:])
    ]
    if not inner:
        return area.polygon
    rest = shapely.difference(area.polygon, shapely.union_all(inner))
    return rest if isinstance(rest, Polygon | MultiPolygon) and _is_usable(rest) else None


def _is_usable(polygon: BaseGeometry | None) -> bool:
    return polygon is not None and not polygon.is_empty and bool(polygon.is_valid)


def _dust_limits(ground: Ground) -> tuple[float, float]:
    """Smallest area and width that count, in the unit of the snapshot's coordinates."""
    crs, rules = ground.snapshot.crs, ground.rules
    if crs.is_geographic:
        return 0.0, rules.dust_width_degrees
    return rules.dust_area_m2 / crs.metres_per_unit**2, 0.0


def _tolerance(ground: Ground) -> float:
    return ground.rules.tolerances(ground.snapshot.crs)[0]


def _told(ground: Ground, grids: Sequence[MicroGrid], parent: str | None, report: CoverageReport) -> list[Finding]:
    """Turn faces into findings, those of a kind together, the largest first."""
    tiers = {"gap": report.gaps, "overlap": report.overlaps, "overshoot": report.overshoots, "dust": report.dust}
    found: list[Finding] = []
    for tier, faces in tiers.items():
        if not faces:
            continue
        shapes = as_shapes(face.geometry for face in faces)
        areas_m2, widths_m = ground.snapshot.metric.area_m2(shapes), ground.snapshot.metric.width_m(shapes)
        owners = [face.neighbours if tier == "gap" else face.owners for face in faces]
        for face, near, area_m2, width_m in zip(faces, owners, areas_m2, widths_m, strict=True):
            thin = tier in {"gap", "overlap"} and width_m < ground.rules.sliver_width_m
            found.append(
                Finding(
                    "sliver" if thin else tier,
                    grids=tuple(sorted({grids[index].code for index in near})),
                    parent=parent or ground.area_at(face.geometry),
                    area_m2=float(area_m2),
                    width_m=float(width_m),
                    value=float(len(face.owners)),
                    limit=None if tier == "overshoot" else 1.0,
                    geometry=face.geometry,
                )
            )
    found = _with_premises(ground, found)
    return sorted(found, key=lambda finding: (_ORDER.index(finding.kind), -(finding.area_m2 or 0.0), _place(finding)))


def _place(finding: Finding) -> tuple[float, ...]:
    return finding.geometry.bounds if finding.geometry is not None else ()


def _with_premises(ground: Ground, found: Iterable[Finding]) -> list[Finding]:
    """Name the premises that lie for the most part in each face, and count their households."""
    listed = list(found)
    wide = [index for index, finding in enumerate(listed) if finding.kind in {"gap", "overlap", "overshoot"}]
    if not wide:
        return listed
    faces = as_shapes(listed[index].geometry for index in wide)
    snapshot = ground.snapshot
    held: dict[int, list[str]] = {index: [] for index in wide}
    households = dict.fromkeys(wide, 0)
    for face, building in _mostly_inside(faces, ground.building_shapes):
        held[wide[face]].append(f"building:{snapshot.buildings[building].code}")
        households[wide[face]] += snapshot.buildings[building].households or 0
    for face, compound in _mostly_inside(faces, ground.compound_shapes):
        held[wide[face]].append(f"compound:{snapshot.compounds[compound].code}")
    for face, shop in zip(*STRtree(ground.shop_doors).query(faces, predicate="intersects"), strict=True):
        held[wide[face]].append(f"shop:{snapshot.shops[shop].code}")
    for index in wide:
        if held[index]:
            premises = tuple(sorted(set(held[index])))
            listed[index] = replace(listed[index], premises=premises, households=households[index])
    return listed


def _mostly_inside(faces: Shapes, shapes: Shapes) -> list[tuple[int, int]]:
    """Pairs of face and shape where the face holds at least half of the shape."""
    if not len(shapes):
        return []
    face, shape = STRtree(shapes).query(faces, predicate="intersects")
    share = shapely.area(shapely.intersection(faces[face], shapes[shape]))
    whole = shapely.area(shapes[shape])
    inside = np.where(whole > 0, share * 2 >= whole, True)
    return [(int(f), int(s)) for f, s in zip(face[inside], shape[inside], strict=True)]

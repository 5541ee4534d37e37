"""Faces of a coverage as findings: what kind, how large, who is concerned, what lies in them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from boundaries.findings import Finding, area_labels
from boundaries.ground import Ground, Shapes
from boundaries.model import Area, MicroGrid
from geo.coverage import CoverageReport, Face
from geo.mismatches import Mismatch
from geo.segments import as_shapes

# Faces before edges, gaps before overlaps; a planner works through the list from its top.
_ORDER = (
    "gap",
    "area_gap",
    "overlap",
    "area_overlap",
    "overshoot",
    "area_overshoot",
    "sliver",
    "dust",
    "edge_mismatch",
)
# Vertices are merged within the tolerance, once or twice over.
_NEAR = 10
_TIERS = {"gaps": "gap", "overlaps": "overlap", "overshoots": "overshoot", "dust": "dust"}
# Kinds whose faces are wide enough to hold something.
_HOLDING = frozenset(_ORDER[:6])


def findings_of(
    ground: Ground, report: CoverageReport, members: Sequence[MicroGrid] | Sequence[Area], *, parent: str | None
) -> list[Finding]:
    """Turn a report into findings, those of a kind together, the largest first.

    Parameters
    ----------
    ground : Ground
    report : CoverageReport
    members : sequence of MicroGrid or of Area
        What its numbers stand for.
    parent : str or None
        Code of the area that they should fill; None tells it by place.

    Returns
    -------
    list of Finding
    """
    is_area = any(isinstance(member, Area) for member in members)
    found = [
        finding
        for attribute, tier in _TIERS.items()
        for finding in _of_faces(ground, getattr(report, attribute), members, tier=tier, parent=parent, is_area=is_area)
    ]
    return _ordered([*found, *mismatches_of(ground, report, members, parent=parent)])


def _ordered(found: list[Finding]) -> list[Finding]:
    boxes = shapely.bounds(as_shapes(finding.geometry for finding in found)).tolist()
    keys = [
        (_ORDER.index(finding.kind), -(finding.area_m2 or finding.value or 0.0), box)
        for finding, box in zip(found, boxes, strict=True)
    ]
    return [found[index] for index in sorted(range(len(found)), key=keys.__getitem__)]


def _of_faces(
    ground: Ground,
    faces: Sequence[Face],
    members: Sequence[Any],  # micro-grids or areas: both have a code
    *,
    tier: str,
    parent: str | None,
    is_area: bool,
) -> list[Finding]:
    if not faces:
        return []
    shapes = as_shapes(face.geometry for face in faces)
    areas_m2, widths_m = ground.snapshot.metric.area_m2(shapes), ground.snapshot.metric.width_m(shapes)
    parents = [parent] * len(faces) if parent is not None else ground.areas_at(shapes)
    # Gaps between areas are advice, whatever their width: not every area is always here.
    is_thin = (widths_m < ground.rules.sliver_width_m) & (tier == "overlap" or (tier == "gap" and not is_area))
    wide = f"area_{tier}" if is_area and tier != "dust" else tier
    found = []
    for face, place, area_m2, width_m, thin in zip(
        faces, parents, areas_m2.tolist(), widths_m.tolist(), is_thin.tolist(), strict=True
    ):
        grids, premises = _concerned([members[index] for index in face.owners or face.neighbours])
        found.append(
            Finding(
                "sliver" if thin else wide,
                grids=grids,
                premises=premises,
                parent=place,
                area_m2=area_m2,
                width_m=width_m,
                value=float(len(face.owners)),
                limit=None if tier == "overshoot" else 1.0,
                geometry=face.geometry,
            )
        )
    return found


def _apart(ground: Ground, report: CoverageReport) -> list[Mismatch]:
    """Mismatches away from any face: where ground is wrong, the edges that lead to it are part of that."""
    faces = as_shapes(face.geometry for face in (*report.gaps, *report.overlaps, *report.overshoots))
    lines = as_shapes(mismatch.geometry for mismatch in report.mismatches)
    if not len(faces) or not len(lines):
        return list(report.mismatches)
    reach = _NEAR * ground.rules.limits(ground.snapshot.crs)["tolerance"]
    touching = set(STRtree(faces).query(lines, predicate="dwithin", distance=reach)[0].tolist())
    return [mismatch for index, mismatch in enumerate(report.mismatches) if index not in touching]


def mismatches_of(
    ground: Ground, report: CoverageReport, members: Sequence[MicroGrid | Area], *, parent: str | None
) -> list[Finding]:
    """The edges of a report that do not match and lead to none of its faces, as findings.

    Parameters
    ----------
    ground : Ground
    report : CoverageReport
    members : sequence of MicroGrid or Area
        What its numbers stand for.
    parent : str or None
        Code of the area that they should fill.

    Returns
    -------
    list of Finding
        The longest first.
    """
    mismatches = _apart(ground, report)
    lines = as_shapes(mismatch.geometry for mismatch in mismatches)
    if not len(lines):
        return []
    found = []
    for mismatch, length_m in zip(mismatches, ground.snapshot.metric.length_m(lines).tolist(), strict=True):
        grids, premises = _concerned([members[index] for index in mismatch.owners])
        place = mismatch.geometry
        found.append(
            Finding("edge_mismatch", grids=grids, premises=premises, parent=parent, value=length_m, geometry=place)
        )
    return _ordered(found)


def _concerned(members: Sequence[MicroGrid | Area]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes of the grids concerned, and of the areas where these are what is wrong, or several meet."""
    grids = sorted({member.code for member in members if isinstance(member, MicroGrid)})
    areas = {member.code for member in members if isinstance(member, Area)}
    of_grids = {member.area for member in members if isinstance(member, MicroGrid)}
    if len(of_grids) > 1:
        areas |= of_grids
    return tuple(grids), area_labels(areas)


def with_premises(ground: Ground, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Name the premises that lie for the most part in each wide face, and count their households."""
    listed = list(found)
    wide = [index for index, finding in enumerate(listed) if finding.kind in _HOLDING]
    faces = as_shapes(listed[index].geometry for index in wide)
    snapshot = ground.snapshot
    held: list[list[str]] = [[] for _ in wide]
    households = [0] * len(wide)
    for face, building in mostly_inside(faces, ground.building_shapes):
        held[face].append(f"building:{snapshot.buildings[building].code}")
        households[face] += snapshot.buildings[building].households or 0
    for face, compound in mostly_inside(faces, ground.compound_shapes):
        held[face].append(f"compound:{snapshot.compounds[compound].code}")
    for face, shop in zip(*STRtree(ground.shop_doors).query(faces, predicate="intersects"), strict=True):
        held[face].append(f"shop:{snapshot.shops[shop].code}")
    for index, labels, count in zip(wide, held, households, strict=True):
        if labels:
            premises = tuple(sorted({*listed[index].premises, *labels}))
            listed[index] = replace(listed[index], premises=premises, households=count)
    return tuple(listed)


def mostly_inside(faces: Shapes, shapes: Shapes) -> list[tuple[int, int]]:
    """Pairs of face and shape where the face holds at least half of the shape.

    Parameters
    ----------
    faces : ndarray of Polygon
    shapes : ndarray of shapely geometry
        Valid ones.

    Returns
    -------
    list of (int, int)
        Positions in both, faces ascending.
    """
    if not len(shapes) or not len(faces):
        return []
    face, shape = STRtree(shapes).query(faces, predicate="intersects")
    shapely.prepare(faces)
    inside: NDArray[np.bool_] = shapely.covers(faces[face], shapes[shape])
    # Only what the face's own border runs through has to be cut.
    cut = np.flatnonzero(~inside)
    whole = shapely.area(shapes[shape[cut]])
    share = shapely.area(shapely.intersection(faces[face[cut]], shapes[shape[cut]]))
    inside[cut] = np.where(whole > 0, share * 2 >= whole, True)
    return list(zip(face[inside].tolist(), shape[inside].tolist(), strict=True))

"""What an edit did, as JSON can hold it; ``docs/contracts.md`` lists every key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from boundaries.edits import Remainder
from boundaries.edits.edit import Households
from boundaries.findings import Finding
from boundaries.lifecycle import Draft
from boundaries.model import Area, Assignment, MicroGrid


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a batch.

    Attributes
    ----------
    draft : Draft
        As it is now; in a dry run as it was.
    change : int or None
        Number of the change; None where nothing changed, or in a dry run.
    grids : tuple of MicroGrid
        Changed and new ones, as they are stored.
    refined : tuple of MicroGrid
        Those that only received vertices.
    retired : tuple of str
    areas : tuple of Area
        Changed or refined ones.
    concerned : frozenset of str
        Codes of the areas whose grids or borders changed.
    assignments : tuple of Assignment
        Those that followed.
    households : mapping
        Before and after, by code.
    remainders : tuple of Remainder
    findings : tuple of Finding
        In the neighbourhood of what changed.
    dry_run : bool
    """

    draft: Draft
    change: int | None
    grids: tuple[MicroGrid, ...]
    refined: tuple[MicroGrid, ...]
    retired: tuple[str, ...]
    areas: tuple[Area, ...]
    concerned: frozenset[str]
    assignments: tuple[Assignment, ...]
    households: Households
    remainders: tuple[Remainder, ...]
    findings: tuple[Finding, ...] = ()
    dry_run: bool = False


def report_of(outcome: Outcome) -> dict[str, Any]:
    """The report of an edit, shapes as GeoJSON in storage coordinates."""
    return {
        "draft": outcome.draft.id,
        "revision": outcome.draft.revision,
        "change": outcome.change,
        "dry_run": outcome.dry_run,
        "grids": [grid_record(grid) for grid in outcome.grids],
        "refined": [grid_record(grid) for grid in outcome.refined],
        "retired": list(outcome.retired),
        "areas": [
            {"code": area.code, "name": area.name, "level": area.level, "geometry": geojson(area.polygon)}
            for area in outcome.areas
        ],
        "assignments": [
            {"premises_kind": one.premises_kind, "premises": one.premises, "grid": one.grid, "method": one.method}
            for one in outcome.assignments
        ],
        "households": {
            code: {"before": before, "after": after} for code, (before, after) in outcome.households.items()
        },
        "remainders": [_remainder(one) for one in outcome.remainders],
        "findings": [finding_record(one) for one in outcome.findings],
    }


def grid_record(grid: MicroGrid) -> dict[str, Any]:
    """A micro-grid of a draft."""
    return {
        "code": grid.code,
        "name": grid.name,
        "honorary_name": grid.honorary_name,
        "kind": grid.kind,
        "layer": grid.layer,
        "street_group": grid.street_group,
        "area": grid.area,
        "version": grid.version,
        "parts": [
            {
                "code": part.code,
                "name": part.name,
                "units": list(part.units),
                "floors": list(part.floors) if part.floors is not None else None,
                "households": part.households,
            }
            for part in grid.parts
        ],
        "geometry": geojson(grid.polygon),
    }


def finding_record(finding: Finding) -> dict[str, Any]:
    """A finding in the neighbourhood of an edit."""
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "grids": list(finding.grids),
        "premises": list(finding.premises),
        "parent": finding.parent,
        "area_m2": finding.area_m2,
        "width_m": finding.width_m,
        "value": finding.value,
        "limit": finding.limit,
        "households": finding.households,
        "geometry": geojson(finding.geometry),
    }


def geojson(shape: BaseGeometry | None) -> Mapping[str, Any] | None:
    """A shape with every digit that is stored, in lists as JSON has them."""
    if shape is None:
        return None
    if isinstance(shape, Polygon):
        # The usual case, ring by ring: vertex by vertex it takes ten times as long.
        rings = [shape.exterior, *shape.interiors]
        return {"type": "Polygon", "coordinates": [shapely.get_coordinates(ring).tolist() for ring in rings]}
    found: dict[str, Any] = shapely.geometry.mapping(shape)
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:  # Any: numbers, or sequences of sequences of them
    if isinstance(value, dict):
        return {name: _listed(item) for name, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _remainder(one: Remainder) -> dict[str, Any]:
    return {
        "grid": one.grid,
        "taker": one.taker,
        "alternatives": list(one.alternatives),
        "is_decided": one.is_decided,
        "geometry": geojson(one.shape),
    }

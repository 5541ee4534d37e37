"""Shapes, codes and references that cannot be used as they are."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import MultiLineString
from shapely.geometry.base import BaseGeometry

from boundaries.findings import Finding, area_labels
from boundaries.ground import Ground
from boundaries.model import MicroGrid
from geo.coverage import find_duplicates
from geo.segments import as_shapes
from geo.validity import find_invalid

# Dimensions of what has an area.
_SURFACE = 2


def check_shapes(ground: Ground) -> tuple[Finding, ...]:
    """Shapes that are not valid, and grids in several pieces."""
    snapshot = ground.snapshot
    found: list[Finding] = [
        Finding("invalid_shape", premises=area_labels([area.code]), parent=area.code, geometry=_drawable(area.polygon))
        for area in snapshot.areas
        if area.code in ground.invalid_areas
    ]
    for index, grid in enumerate(snapshot.grids):
        if index in ground.invalid_grids:
            found.append(_on_grids(ground, "invalid_shape", [grid], _drawable(grid.polygon)))
        elif grid.polygon.geom_type != "Polygon" and shapely.get_num_geometries(grid.polygon) > 1:
            parts = float(shapely.get_num_geometries(grid.polygon))
            area_m2 = float(snapshot.metric.area_m2(grid.polygon))
            found.append(_on_grids(ground, "multi_part", [grid], grid.polygon, area_m2=area_m2, value=parts, limit=1.0))
    premises = [(f"building:{building.code}", building.shape) for building in snapshot.buildings]
    premises += [(f"compound:{compound.code}", compound.polygon) for compound in snapshot.compounds]
    shapes = as_shapes(shape for _, shape in premises)
    collections = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for index in sorted({*find_invalid(shapes), *collections.tolist()}):
        label, shape = premises[index]
        found.append(Finding("invalid_shape", premises=(label,), geometry=_drawable(shape)))
    return tuple(found)


def check_codes(ground: Ground) -> tuple[Finding, ...]:
    """Codes that stand twice among the grids and their parts."""
    holders: dict[str, list[MicroGrid]] = defaultdict(list)
    for grid in ground.snapshot.grids:
        holders[grid.code].append(grid)
        for part in grid.parts:
            # A lone part may carry its grid's own code.
            if part.code != grid.code:
                holders[part.code].append(grid)
    return tuple(
        _on_grids(ground, "duplicate_code", grids, _collect(grids), codes=(code,), value=float(len(grids)), limit=1.0)
        for code, grids in holders.items()
        if len(grids) > 1
    )


def check_duplicates(ground: Ground) -> tuple[Finding, ...]:
    """Grids of one layer that are the same ground."""
    found: list[Finding] = []
    for grids in (ground.tiles, ground.overlays):
        for group in find_duplicates(as_shapes(grid.polygon for grid in grids)):
            same = [grids[index] for index in group]
            area_m2 = float(ground.snapshot.metric.area_m2(same[0].polygon))
            count = float(len(same))
            found.append(
                _on_grids(ground, "duplicate_shape", same, same[0].polygon, area_m2=area_m2, value=count, limit=1.0)
            )
    return tuple(found)


def check_parents(ground: Ground) -> tuple[Finding, ...]:
    """Grids whose area does not exist, one finding for each missing area."""
    orphans: dict[str, list[MicroGrid]] = defaultdict(list)
    for grid in ground.snapshot.grids:
        if grid.area not in ground.snapshot.area_by_code:
            orphans[grid.area].append(grid)
    return tuple(
        _on_grids(ground, "parent_missing", grids, _collect(grids), parent=code or None, value=float(len(grids)))
        for code, grids in sorted(orphans.items())
    )


def _on_grids(
    ground: Ground,
    kind: str,
    grids: Sequence[MicroGrid],
    geometry: BaseGeometry | None,
    *,
    codes: tuple[str, ...] | None = None,
    parent: str | None = None,
    area_m2: float | None = None,
    value: float | None = None,
    limit: float | None = None,
) -> Finding:
    named = codes or tuple(sorted({grid.code for grid in grids}))
    areas = {grid.area for grid in grids}
    return Finding(
        kind,
        grids=named,
        premises=area_labels(areas) if len(areas) > 1 else (),
        parent=parent or ground.common_area(sorted(areas)),
        area_m2=area_m2,
        value=value,
        limit=limit,
        geometry=geometry,
    )


def _drawable(shape: BaseGeometry | None) -> BaseGeometry | None:
    """The lines of a broken shape, which every program can draw; points and lines as they are."""
    if shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    if shapely.get_dimensions(shape) < _SURFACE:
        return shape
    rings = shapely.get_rings(shapely.get_parts(shapely.get_parts(shape)))
    return MultiLineString([shapely.get_coordinates(ring) for ring in rings]) if len(rings) else None


def _collect(grids: Sequence[MicroGrid]) -> BaseGeometry | None:
    parts = [
        part
        for grid in grids
        if grid.polygon is not None
        for part in shapely.get_parts(grid.polygon)
        if part.geom_type == "Polygon"
    ]
    return shapely.multipolygons(parts) if parts else None

"""Whether the grids fill their areas: gaps, overlaps, overshoot, slivers, dust, edges that do not match."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from boundaries.checks.faces import findings_of, mismatches_of, with_premises
from boundaries.findings import Finding
from boundaries.ground import Ground
from boundaries.model import Area, MicroGrid
from geo.coverage import CoverageReport, check_coverage, find_overlaps, find_overshoots

# Where more than this share of the grids may reach into another area, all are looked at.
_FEW = 0.1


def check_tiles(ground: Ground) -> tuple[Finding, ...]:
    """Tile grids against each area that they must fill, and across areas.

    An area with a grid that has no usable shape gets no verdict: the broken grid
    is a finding of its own. An area that holds other areas answers for the ground
    that those leave.
    """
    limits = ground.rules.limits(ground.snapshot.crs)
    found: list[Finding] = []
    position = {id(grid): index for index, grid in enumerate(ground.tiles)}
    is_kept = np.zeros(len(position), dtype=bool)
    for filling, own in ground.judged:
        report = check_coverage([grid.polygon for grid in filling.tiles], own, **limits)
        if filling.inner:
            # The ground that the areas inside leave has their vertices; the border of the area may lack them.
            members: list[MicroGrid | Area] = [*filling.tiles, *filling.inner]
            whole = check_coverage([member.polygon for member in members], filling.area.polygon, **limits)
            found += mismatches_of(ground, whole, members, parent=filling.area.code)
            report = replace(report, mismatches=())
        found += findings_of(ground, report, filling.tiles, parent=filling.area.code)
        outside = {owner for face in (*report.overshoots, *report.dust) for owner in face.owners}
        mine = [position[id(grid)] for index, grid in enumerate(filling.tiles) if index not in outside]
        is_kept[mine] = True
    return with_premises(ground, [*found, *_across_areas(ground, np.flatnonzero(~is_kept))])


def check_overlays(ground: Ground) -> tuple[Finding, ...]:
    """Overlay grids, which must not overlap each other nor leave their area."""
    limits = ground.rules.limits(ground.snapshot.crs)
    grids = ground.overlays
    overlaps, dust = find_overlaps((grid.polygon for grid in grids), **limits)
    found = findings_of(ground, CoverageReport(overlaps=overlaps, dust=dust), grids, parent=None)
    for area in ground.snapshot.areas:
        own = [grid for grid in grids if grid.area == area.code]
        if own and area.code not in ground.invalid_areas:
            outer, dust = find_overshoots(
                (grid.polygon for grid in own),
                area.polygon,
                dust_area=limits["dust_area"],
                dust_width=limits["dust_width"],
            )
            found += findings_of(ground, CoverageReport(overshoots=outer, dust=dust), own, parent=area.code)
    return with_premises(ground, found)


def _across_areas(ground: Ground, loose: NDArray[np.int64]) -> list[Finding]:
    """Ground that grids of different areas cover.

    Parameters
    ----------
    ground : Ground
    loose : ndarray of int
        Tile grids that may reach beyond the ground of their own area. What two areas share
        one of both reaches beyond, unless the areas themselves share ground.
    """
    near = _beside(ground, loose)
    if ground.claimed_twice[0] or ground.claimed_twice[1]:
        near = np.arange(len(ground.tiles))
    tiles = [ground.tiles[index] for index in near.tolist()]
    number = {code: at for at, code in enumerate(sorted({grid.area for grid in tiles}))}
    if len(number) < 2:
        return []
    overlaps, dust = find_overlaps(
        ground.tile_shapes[near],
        groups=[number[grid.area] for grid in tiles],
        **ground.rules.limits(ground.snapshot.crs),
    )
    return findings_of(ground, CoverageReport(overlaps=overlaps, dust=dust), tiles, parent=None)


def _beside(ground: Ground, loose: NDArray[np.int64]) -> NDArray[np.int64]:
    """These grids and those whose boxes meet theirs."""
    if len(loose) > _FEW * len(ground.tiles):
        return np.arange(len(ground.tiles))
    return np.unique(ground.tile_tree.query(ground.tile_shapes[loose])[1])

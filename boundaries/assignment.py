"""Proposals for premises that no grid has been given: which grid, and why.

Rules in a fixed order, each with a reason for people and the next best grids.
Nothing is optimised here and nothing is accepted: a planner does that.
"""

from collections.abc import Iterable

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from boundaries.ground import Ground, Placement
from boundaries.model import Alternative, Assignment, Compound, MicroGrid, PremisesKind
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from boundaries.streetside import Along, Streetside
from geo.rings import Shapes

_MOST_ALTERNATIVES = 3
# A border counts as shared within the first of these distances that gives any.
_BORDER_M = (1.0, 5.0, 15.0)


Done = set[tuple[PremisesKind, str]]


def propose(snapshot: Snapshot, rules: Rules) -> tuple[Assignment, ...]:
    """Propose a grid for every compound and open shop that has none.

    Parameters
    ----------
    snapshot : Snapshot
    rules : Rules

    Returns
    -------
    tuple of Assignment
        Compounds, then shops, each in the snapshot's order; ``grid`` is None
        where no rule found one, and the reason says why. A compound too large for
        one grid that lies in several needs no proposal. Equal input gives equal
        output.
    """
    ground = Ground(snapshot, rules)
    done = {
        (item.premises_kind, item.premises)
        for item in snapshot.assignments
        if item.accepted_by is not None and item.grid in snapshot.grid_by_code
    }
    return (*_propose_compounds(ground, done), *_propose_shops(ground, done))


def _propose_compounds(ground: Ground, done: Done) -> list[Assignment]:
    chosen = [index for index, grid in enumerate(ground.tiles) if _holds_households(ground, grid)]
    homes, shapes = [ground.tiles[index] for index in chosen], ground.tile_plane[chosen]
    outlines = ground.snapshot.metric.to_plane(ground.compound_shapes)
    tree = STRtree(shapes)
    proposed: list[Assignment] = []
    for index, (compound, placement) in enumerate(zip(ground.snapshot.compounds, ground.compounds, strict=True)):
        if ("compound", compound.code) in done or _spans_lawfully(ground, index, placement):
            continue
        if placement.pieces:
            proposed.append(_by_share(ground, compound, placement))
        else:
            ranked, within_m = _by_border(outlines[index], shapes, tree, ground.rules.max_compound_to_grid_m)
            proposed.append(_from_border(compound, [(homes[grid], length) for grid, length in ranked], within_m))
    return proposed


def _holds_households(ground: Ground, grid: MicroGrid) -> bool:
    kind = ground.snapshot.kind_by_code.get(grid.kind)
    return kind is None or kind.holds_households


def _spans_lawfully(ground: Ground, index: int, placement: Placement) -> bool:
    """Whether a compound has more households than one grid may hold, and lies in several.

    Its buildings are each somebody's; one that a border cuts is a finding of its own.
    """
    members = ground.buildings_of_compound.get(index, [])
    return len(placement.pieces) > 1 and ground.households_of(members) > ground.rules.max_households


def _by_share(ground: Ground, compound: Compound, placement: Placement) -> Assignment:
    shares = [(ground.tiles[piece.grid], piece.area_m2 / placement.area_m2) for piece in placement.pieces]
    grid, share = shares[0]
    others = tuple(Alternative(other.code, "share", round(part, 4)) for other, part in shares[1:])
    whole = share > 1 - ground.rules.cut_share
    name = _named(grid)
    zh = f"整个位于网格 {name} 内" if whole else f"面积的 {share:.0%} 位于网格 {name} 内,为最大部分"
    en = f"lies wholly in grid {name}" if whole else f"{share:.0%} of it lies in grid {name}, the largest part"
    method = "containment" if whole else "largest_share"
    return _proposal("compound", compound.code, grid, method, (zh, en), alternatives=others)


def _by_border(
    outline: BaseGeometry, shapes: Shapes, tree: STRtree, farthest_m: float
) -> tuple[list[tuple[int, float]], float]:
    """Grids by the length of the outline that runs along them, within the least distance that gives any."""
    border = shapely.boundary(outline)
    for within_m in (*_BORDER_M, farthest_m):
        near = np.sort(tree.query(outline, predicate="dwithin", distance=within_m))
        lengths = shapely.length(shapely.intersection(border, shapely.buffer(shapes[near], within_m)))
        ranked = sorted(zip(near.tolist(), lengths.tolist(), strict=True), key=lambda item: (-item[1], item[0]))
        if ranked and ranked[0][1] > 0:
            return ranked, within_m
    return [], farthest_m


def _from_border(compound: Compound, ranked: list[tuple[MicroGrid, float]], within_m: float) -> Assignment:
    if not ranked:
        return _proposal(
            "compound",
            compound.code,
            None,
            "none",
            (
                f"不在任何网格内,{within_m:.0f} 米内也没有住宅网格,请调整区划",
                f"lies in no grid and no residential grid is within {within_m:.0f} m; redraw the division",
            ),
        )
    (grid, length), others = ranked[0], ranked[1:]
    near_zh = "相邻" if within_m <= _BORDER_M[0] else f"相距 {within_m:.0f} 米以内"
    near_en = "adjoining" if within_m <= _BORDER_M[0] else f"within {within_m:.0f} m"
    return _proposal(
        "compound",
        compound.code,
        grid,
        "longest_border",
        (
            f"不在任何网格内;{near_zh}的网格中与 {_named(grid)} 共边最长({length:.0f} 米)",
            f"lies in no grid; of those {near_en}, {_named(grid)} shares the longest border ({length:.0f} m)",
        ),
        alternatives=tuple(
            Alternative(other.code, "shared_border_m", round(part, 2)) for other, part in others if part > 0
        ),
    )


def _propose_shops(ground: Ground, done: Done) -> list[Assignment]:
    roadside = Streetside(ground)
    return [
        _propose_shop(ground, roadside, index)
        for index in ground.open_shops
        if ("shop", ground.snapshot.shops[index].code) not in done
    ]


def _propose_shop(ground: Ground, roadside: Streetside, index: int) -> Assignment:
    shop, tile = ground.snapshot.shops[index], ground.tile_of_shop[index]
    place = roadside.places[index]
    within_m = ground.rules.max_shop_to_grid_m
    along = roadside.along(place, within_m=within_m) if place is not None else []
    held = ground.dedicated_of_shop[index]
    lying_in = [] if tile is None else [Alternative(ground.tiles[tile].code, "distance_m", 0.0)]
    if held is not None:
        grid = ground.shop_grids[held]
        others = (*_others(ground, along), *lying_in)
        reason = (f"店门位于专属网格 {_named(grid)} 内", f"its door lies in the dedicated grid {_named(grid)}")
        return _proposal("shop", shop.code, grid, "containment", reason, alternatives=others)
    if along and place is not None:
        return _along_street(ground, index, roadside.names[place.piece], along, lying_in)
    if tile is not None:
        return _in_locality(ground, index, ground.tiles[tile])
    return _nearest(ground, index)


def _along_street(ground: Ground, index: int, street: str, along: list[Along], more: list[Alternative]) -> Assignment:
    shop, best = ground.snapshot.shops[index], along[0]
    grid = ground.shop_grids[best.grid]
    side_zh, side_en = ("同侧", "on the same side") if best.same_side else ("对侧", "on the other side")
    return _proposal(
        "shop",
        shop.code,
        grid,
        "street_side" if best.same_side else "along_street",
        (
            f"沿{street}{side_zh}最近的专属网格是 {_named(grid)}(沿街 {best.distance_m:.0f} 米)",
            f"the nearest dedicated grid along {street} {side_en} is {_named(grid)} ({best.distance_m:.0f} m along it)",
        ),
        alternatives=(*_others(ground, along[1:]), *more),
    )


def _in_locality(ground: Ground, index: int, grid: MicroGrid) -> Assignment:
    shop, within_m = ground.snapshot.shops[index], ground.rules.max_shop_to_grid_m
    reason = (
        f"沿街 {within_m:.0f} 米内没有专属网格,暂归所在网格 {_named(grid)},建议划设沿街专属网格",
        f"no dedicated grid within {within_m:.0f} m along its street; for now {_named(grid)}, in which it lies",
    )
    others = _nearest_grids(ground, index, skip=grid.code)
    return _proposal("shop", shop.code, grid, "locality", reason, alternatives=others)


def _nearest(ground: Ground, index: int) -> Assignment:
    shop = ground.snapshot.shops[index]
    near = _nearest_grids(ground, index, skip=None)
    within_m = ground.rules.max_shop_to_grid_m
    if not near:
        reason = (
            f"不在任何网格内,{within_m:.0f} 米内也没有网格,请核对店门位置",
            f"lies in no grid and none is within {within_m:.0f} m; check the place of its door",
        )
        return _proposal("shop", shop.code, None, "none", reason)
    grid = ground.snapshot.grid_by_code[near[0].grid]
    reason = (
        f"店门不在任何网格内,最近的网格是 {_named(grid)}({near[0].value:.0f} 米)",
        f"its door lies in no grid; the nearest is {_named(grid)} ({near[0].value:.0f} m)",
    )
    return _proposal("shop", shop.code, grid, "nearest", reason, alternatives=near[1:])


def _nearest_grids(ground: Ground, index: int, *, skip: str | None) -> tuple[Alternative, ...]:
    door, within_m = ground.door_plane[index], ground.rules.max_shop_to_grid_m
    near = np.sort(ground.tile_plane_tree.query(door, predicate="dwithin", distance=within_m))
    distances = np.round(shapely.distance(door, ground.tile_plane[near]), 2)
    ranked = sorted(zip(distances.tolist(), near.tolist(), strict=True))
    return tuple(
        Alternative(ground.tiles[tile].code, "distance_m", distance)
        for distance, tile in ranked
        if ground.tiles[tile].code != skip
    )


def _others(ground: Ground, along: Iterable[Along]) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(ground.shop_grids[item.grid].code, "along_street_m", round(item.distance_m, 2)) for item in along
    )


def _named(grid: MicroGrid) -> str:
    return f"{grid.code} {grid.name}" if grid.name and grid.name != grid.code else grid.code


def _proposal(
    kind: PremisesKind,
    premises: str,
    grid: MicroGrid | None,
    method: str,
    reason: tuple[str, str],
    *,
    alternatives: Iterable[Alternative] = (),
) -> Assignment:
    chosen = grid.code if grid is not None else None
    seen: dict[str, Alternative] = {}
    for item in alternatives:
        if item.grid != chosen:
            seen.setdefault(item.grid, item)
    return Assignment(
        kind,
        premises,
        chosen,
        method,
        reason[0],
        reason[1],
        tuple(seen.values())[:_MOST_ALTERNATIVES],
    )

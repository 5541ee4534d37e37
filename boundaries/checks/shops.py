"""Shops that no dedicated grid holds, and the residential grids that hold them instead."""

import shapely

from boundaries.findings import Finding
from boundaries.ground import Ground


def check_dedicated(ground: Ground) -> tuple[Finding, ...]:
    """Open shops in no grid of a kind that holds shops: one finding a street, one a shop without street."""
    groups: dict[str, list[int]] = {}
    for index in ground.open_shops:
        if ground.dedicated_of_shop[index] is None:
            shop = ground.snapshot.shops[index]
            groups.setdefault(f"street:{shop.street}" if shop.street else f"shop:{shop.code}", []).append(index)
    return tuple(_on_street(ground, groups[key]) for key in sorted(groups))


def check_mixed(ground: Ground) -> tuple[Finding, ...]:
    """Residential grids that hold many open shops of no dedicated grid."""
    found: list[Finding] = []
    kinds = ground.snapshot.kind_by_code
    for index, shops in sorted(ground.open_shops_of.items()):
        grid = ground.tiles[index]
        kind = kinds.get(grid.kind)
        loose = [shop for shop in shops if ground.dedicated_of_shop[shop] is None]
        if kind is None or kind.is_dedicated or len(loose) < ground.rules.mixed_shops:
            continue
        found.append(
            Finding(
                "mixed_management",
                grids=(grid.code,),
                premises=_labels(ground, loose),
                parent=grid.area,
                value=float(len(loose)),
                limit=float(ground.rules.mixed_shops),
                geometry=grid.polygon,
                households=ground.households_of(ground.buildings_of.get(index, ())),
            )
        )
    return tuple(found)


def _on_street(ground: Ground, shops: list[int]) -> Finding:
    doors = [ground.snapshot.shops[index].door for index in shops]
    tiles = {tile for index in shops if (tile := ground.tile_of_shop[index]) is not None}
    return Finding(
        "shop_undedicated",
        grids=tuple(sorted({ground.tiles[tile].code for tile in tiles})),
        premises=_labels(ground, shops),
        parent=ground.common_area(sorted({ground.tiles[tile].area for tile in tiles})),
        value=float(len(shops)),
        limit=0.0,
        geometry=shapely.multipoints(doors) if len(doors) > 1 else doors[0],
    )


def _labels(ground: Ground, shops: list[int]) -> tuple[str, ...]:
    return tuple(sorted(f"shop:{ground.snapshot.shops[index].code}" for index in shops))

"""Grids and parts whose units lie outside the band."""

from boundaries.findings import Finding
from boundaries.ground import Ground
from boundaries.model import Kind, MicroGrid


def check_band(ground: Ground) -> tuple[Finding, ...]:
    """Grids, or their parts, with too few or too many units.

    Only kinds that hold households have a band. A count that nobody made is not
    zero: with no count at all there is no finding, with some missing only "too
    many" can be said. Shops of such a kind need a factor, else the size is unknown.
    """
    found: list[Finding | None] = []
    for index, grid in enumerate(ground.tiles):
        kind = ground.snapshot.kind_by_code.get(grid.kind)
        if kind is None or not kind.holds_households:
            continue
        if grid.parts:
            found += [
                _outside(ground, grid, part.code, float(part.households), part.households)
                for part in grid.parts
                if part.households is not None
            ]
        else:
            found.append(_check_grid(ground, index, grid, kind))
    return tuple(finding for finding in found if finding is not None)


def _check_grid(ground: Ground, index: int, grid: MicroGrid, kind: Kind) -> Finding | None:
    counts = [ground.snapshot.buildings[number].households for number in ground.buildings_of.get(index, ())]
    known = [count for count in counts if count is not None]
    shops = len(ground.open_shops_of.get(index, ())) if kind.holds_shops else 0
    factor = ground.rules.shop_units.get(grid.kind)
    if not known and (counts or not shops):
        return None
    if shops and factor is None:
        return Finding(
            "size_unknown",
            grids=(grid.code,),
            parent=grid.area,
            value=float(shops),
            geometry=grid.polygon,
            households=sum(known),
        )
    units = sum(known) + shops * (factor or 0.0)
    return _outside(ground, grid, grid.code, units, sum(known), is_complete=len(known) == len(counts))


def _outside(
    ground: Ground, grid: MicroGrid, code: str, units: float, households: int, *, is_complete: bool = True
) -> Finding | None:
    low, high = ground.rules.min_households, ground.rules.max_households
    if low <= units <= high or (units < low and not is_complete):
        return None
    return Finding(
        "outside_band",
        grids=tuple(sorted({grid.code, code})),
        parent=grid.area,
        value=units,
        limit=float(high if units > high else low),
        geometry=grid.polygon,
        households=households,
    )

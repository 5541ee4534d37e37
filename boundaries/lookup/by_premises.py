"""Where premises are that were found by a code or an address: by their assignment, else by their place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from boundaries.lookup.addresses import FoundPremises
from boundaries.lookup.answer import Located, Purpose, Responsible
from boundaries.lookup.directory import Directory


@dataclass(frozen=True, slots=True)
class PlacedPremises:
    """Premises, and where they are; several of one name or in several grids are candidates."""

    premises: FoundPremises
    located: Located


def placed_premises(
    directory: Directory,
    found: Sequence[FoundPremises],
    *,
    for_: Purpose | None = None,
    unit: str | None = None,
    floor: int | None = None,
    within_m: float | None = None,
) -> tuple[PlacedPremises, ...]:
    """Say where premises are.

    Parameters
    ----------
    directory : Directory
    found : sequence of FoundPremises
    for_ : {"household", "shop"}, optional
        By default what the premises are: a shop, or homes.
    unit, floor : str, int, optional
        Go before those that the address names.
    within_m : float, optional
        See :meth:`Directory.locate`.

    Returns
    -------
    tuple of PlacedPremises
        One for each; of a compound one for each grid that its buildings are in.
    """

    def placed(one: FoundPremises) -> PlacedPremises:
        located = directory.locate(
            *one.point,
            for_=for_ or ("shop" if one.kind == "shop" else "household"),
            unit=unit or one.unit,
            floor=one.floor if floor is None else floor,
            within_m=within_m,
        )
        return PlacedPremises(one, _as_assigned(located, one.grid))

    return tuple(placed(one) for each in found for one in _by_grid(directory, each))


def _as_assigned(located: Located, grid: str | None) -> Located:
    """Who was given the premises answers for them, wherever they stand."""
    if grid is None or located.responsible is None:
        return located if grid is None else replace(located, responsible=Responsible(grid, "assigned"))
    own = located.micro_grid
    is_part = own is not None and own.code == grid and located.responsible.code in {part.code for part in own.parts}
    if located.responsible.code == grid or is_part:
        return located
    return replace(located, responsible=Responsible(grid, "assigned"))


def _by_grid(directory: Directory, found: FoundPremises) -> Iterator[FoundPremises]:
    """A compound once for each grid that holds buildings of it; anything else as it is."""
    buildings = directory.book.within(found.code) if found.kind == "compound" and found.grid is None else ()
    chosen: dict[str, FoundPremises] = {}
    for building in buildings:
        tile, _ = directory.tile_at(*building.point)
        grid = building.grid or (directory.plan.tiles.grids[tile].code if tile >= 0 else "")
        chosen.setdefault(grid, replace(found, point=building.point, grid=building.grid))
    yield from chosen.values() or (found,)

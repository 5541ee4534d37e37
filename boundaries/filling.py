"""What must fill each area: its own ground, and the tile grids that are to cover it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import shapely
from shapely import MultiPolygon, Polygon

from boundaries.model import Area, MicroGrid
from boundaries.snapshot import Snapshot
from geo.errors import GeometryProblem
from geo.residual import prove


@dataclass(frozen=True, slots=True)
class Filling:
    """One area that tile grids must fill.

    Attributes
    ----------
    area : Area
    tiles : tuple of MicroGrid
        The usable ones that name it, lowest rank first.
    inner : tuple of Area
        The highest areas inside it that answer for their own ground.
    is_sound : bool
        Every shape that has a part in it can be used; if not, nothing is said of it.
    """

    area: Area
    tiles: tuple[MicroGrid, ...]
    inner: tuple[Area, ...]
    is_sound: bool

    @property
    def ground(self) -> Polygon | MultiPolygon | None:
        """What the areas inside leave; None where that is nothing, or cannot be told."""
        if not self.is_sound:
            return None
        if not self.inner:
            return self.area.polygon
        rest = shapely.difference(self.area.polygon, shapely.union_all([area.polygon for area in self.inner]))
        return rest if isinstance(rest, Polygon | MultiPolygon) and not rest.is_empty else None

    def is_proved(self) -> bool:
        """Whether the boundaries of the tiles and of the areas inside cancel that of the area."""
        if not self.is_sound:
            return False
        cells = [grid.polygon for grid in self.tiles] + [area.polygon for area in self.inner]
        try:
            return prove(cells, self.area.polygon).is_exact
        except GeometryProblem:
            return False


def fillings(
    snapshot: Snapshot,
    parents: Sequence[Area],
    tiles: Sequence[MicroGrid],
    *,
    broken_areas: Collection[str],
    broken_tiles: Collection[MicroGrid],
) -> tuple[Filling, ...]:
    """Each area that tile grids must fill, with what fills it.

    Parameters
    ----------
    snapshot : Snapshot
    parents : sequence of Area
        The areas to fill.
    tiles : sequence of MicroGrid
        Usable ones.
    broken_areas : collection of str
        Codes of the areas whose shapes cannot be used.
    broken_tiles : collection of MicroGrid
        Tile grids whose shapes cannot be used.

    Returns
    -------
    tuple of Filling
        In the order of the parents.
    """
    members: dict[str, list[MicroGrid]] = {}
    for grid in tiles:
        members.setdefault(grid.area, []).append(grid)
    unsound = {*broken_areas, *(grid.area for grid in broken_tiles)}
    wanted = {area.code for area in parents}
    inner: dict[str, list[Area]] = {}
    for area in parents:
        above = (upper.code for upper in snapshot.ancestors(area.code)[1:])
        nearest = next((code for code in above if code in wanted), None)
        if nearest is not None:
            inner.setdefault(nearest, []).append(area)
    return tuple(
        Filling(
            area,
            tuple(members.get(area.code, ())),
            tuple(inner.get(area.code, ())),
            area.code not in unsound and not any(one.code in broken_areas for one in inner.get(area.code, ())),
        )
        for area in parents
    )

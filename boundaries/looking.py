"""Where a new generation was looked at: which findings follow from that look, and which hold on from before."""

from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.findings import Finding
from boundaries.snapshot import Snapshot

# One finding for all shops of a street, which may run through areas that were not looked at.
_OF_SEVERAL = "shop_undedicated"


@dataclass(frozen=True, slots=True)
class Looking:
    """What was looked at.

    Attributes
    ----------
    areas, grids, premises : frozenset of str
        Codes of the areas and of their grids; premises as findings name them.
    shown : frozenset of str
        Codes of these areas and of those above them.
    ground : tuple of BaseGeometry
        Of each of the areas.
    """

    areas: frozenset[str]
    grids: frozenset[str]
    premises: frozenset[str]
    shown: frozenset[str]
    ground: tuple[BaseGeometry, ...]

    def sees(self, finding: Finding) -> bool:
        """Whether a finding is about what was looked at."""
        return (
            finding.parent in self.areas
            or not self.grids.isdisjoint(finding.grids)
            or not self.premises.isdisjoint(finding.premises)
        )

    def rest(self, finding: Finding) -> Finding | None:
        """What holds on of a finding on shops of several areas; None where nothing does."""
        premises = tuple(label for label in finding.premises if label not in self.premises)
        if finding.kind != _OF_SEVERAL or not premises or len(premises) == len(finding.premises):
            return None
        doors = [
            door for door in shapely.get_parts(finding.geometry) if not shapely.intersects(door, self.ground).any()
        ]
        return replace(
            finding,
            premises=premises,
            grids=tuple(code for code in finding.grids if code not in self.grids),
            value=float(len(premises)),
            geometry=shapely.multipoints(doors) if len(doors) > 1 else doors[0] if doors else None,
        )


def looking_at(plan: Snapshot, areas: frozenset[str]) -> Looking:
    """What a look at some of a snapshot's areas sees.

    Parameters
    ----------
    plan : Snapshot
    areas : frozenset of str
        Codes of the areas that are here whole, with the premises on their ground.

    Returns
    -------
    Looking
    """
    premises = [f"building:{building.code}" for building in plan.buildings]
    premises += [f"compound:{compound.code}" for compound in plan.compounds]
    premises += [f"shop:{shop.code}" for shop in plan.shops]
    return Looking(
        areas=areas,
        grids=frozenset(grid.code for grid in plan.grids if grid.area in areas),
        premises=frozenset(premises),
        shown=frozenset(area.code for area in plan.areas) | areas,
        ground=tuple(area.polygon for area in plan.areas if area.code in areas),
    )

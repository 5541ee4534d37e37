"""What a repair is asked to do, by the codes that people know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from boundaries.errors import BadInput
from boundaries.filling import Filling
from boundaries.snapshot import Snapshot
from geo.repair import RepairRules


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word about one face: a place in it, and who gets it.

    Attributes
    ----------
    parent : str
        Code of the area.
    x, y : float
        A point in the face, in the coordinates of the grids.
    winner : str
        Code of the grid that gets it.
    face : int or None
        Its number in the log that was filled in.
    row : str
        Where this stands, for messages.
    """

    parent: str
    x: float
    y: float
    winner: str
    face: int | None = None
    row: str = ""


@dataclass(frozen=True, slots=True)
class RepairOrder:
    """How to repair; the words are those of :class:`geo.repair.RepairRules`.

    Attributes
    ----------
    overlap_rule : {"rank", "share", "border"}
    keep : tuple of str
        Codes of grids that keep every overlap they have part in, the first of them first.
    gap_to : str or None
        Code of the grid that takes every gap along its border.
    new_cell_min_area_m2 : float or None
    max_auto_area_m2 : float
        Larger faces are left to a person.
    contained : {"person", "keep"}
    decisions : tuple of Decision
    """

    overlap_rule: Literal["rank", "share", "border"] = "rank"
    keep: tuple[str, ...] = ()
    gap_to: str | None = None
    new_cell_min_area_m2: float | None = None
    max_auto_area_m2: float = 10_000.0
    contained: Literal["person", "keep"] = "person"
    decisions: tuple[Decision, ...] = ()

    def rules(self, filling: Filling, units_per_m2: float, decisions: Mapping[int, int]) -> RepairRules:
        """The rules for one area, whose grids go by their order.

        Parameters
        ----------
        filling : Filling
        units_per_m2 : float
            Squared units of the coordinates to a square metre.
        decisions : mapping of int to int
            Face -> grid.
        """
        number = {grid.code: index for index, grid in reversed(list(enumerate(filling.tiles)))}
        smallest = self.new_cell_min_area_m2
        return RepairRules(
            overlap_rule=self.overlap_rule,
            keep=tuple(number[code] for code in self.keep if code in number),
            gap_to=number.get(self.gap_to) if self.gap_to is not None else None,
            new_cell_min_area=None if smallest is None else smallest * units_per_m2,
            max_auto_area=self.max_auto_area_m2 * units_per_m2,
            contained=self.contained,
            decisions=decisions,
        )


def require_known(order: RepairOrder, snapshot: Snapshot) -> None:
    """Refuse options that name grids which there are not.

    Raises
    ------
    BadInput
        Naming the option.
    """
    codes = {grid.code for grid in snapshot.grids if grid.layer == "tile"}
    named: Sequence[tuple[str, str]] = [("--keep", code) for code in order.keep]
    if order.gap_to is not None:
        named = [*named, ("--gap-to", order.gap_to)]
    for option, code in named:
        if code not in codes:
            raise BadInput(
                f"{option} {code}:没有编码为 {code} 的平铺网格。请核对编码。",
                f"{option} {code}: there is no tile grid with this code. Check the code.",
            )

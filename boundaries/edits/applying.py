"""The one way in: a command on a snapshot gives an edit, or is refused."""

from collections.abc import Callable, Collection
from typing import Any

from shapely.errors import ShapelyError

from boundaries.codes import Scheme, area_and_sequence
from boundaries.edits.area_borders import area_border_moved
from boundaries.edits.borders import (
    border_moved,
    building_given,
    carved,
    compound_given,
    gap_given,
    grid_split,
    grids_merged,
    ground_given,
    strip_carved,
    vertex_moved,
)
from boundaries.edits.commands import (
    Carve,
    CarveStrip,
    ChangeKind,
    Command,
    GiveBuilding,
    GiveCompound,
    GiveGap,
    GiveGround,
    Merge,
    MoveAreaBorder,
    MoveBorder,
    MoveVertex,
    Rename,
    Renumber,
    Split,
    SplitIntoParts,
)
from boundaries.edits.edit import Edit
from boundaries.edits.naming import change_kind, rename, renumber, split_into_parts
from boundaries.edits.usable import require_usable
from boundaries.errors import BadInput
from boundaries.snapshot import Snapshot
from geo.chain import CannotReshape


def apply(
    snapshot: Snapshot,
    command: Command,
    *,
    used: Collection[str] = (),
    scheme: Scheme = area_and_sequence,
) -> Edit:
    """Work out what a command changes; the snapshot stays as it is.

    Parameters
    ----------
    snapshot : Snapshot
        The areas concerned with all that lies in them.
    command : Command
    used : collection of str
        Codes that were ever given, beside those in the snapshot; none of them is given again.
    scheme : callable
        Makes the codes that the command leaves open.

    Returns
    -------
    Edit

    Raises
    ------
    BadInput
        If the command names what there is not, or asks for what the plan does not allow.
    GeometryProblem
        If it cannot be done exactly; the message tells the nearest that can.
    """
    require_usable(snapshot, command)
    match command:
        case Rename():
            return rename(snapshot, command)
        case ChangeKind():
            return change_kind(snapshot, command)
        case Renumber():
            return renumber(snapshot, command, used)
        case SplitIntoParts():
            return split_into_parts(snapshot, command, used)
    return _reshaping(snapshot, command, used, scheme)


def _reshaping(snapshot: Snapshot, command: Command, used: Collection[str], scheme: Scheme) -> Edit:
    """Commands that change shapes."""
    act = _RESHAPING.get(type(command))
    if act is None:
        raise BadInput(f"不认识的操作 {type(command).__name__}。", f"No such command: {type(command).__name__}.")
    try:
        return act(snapshot, command, used, scheme)
    except ShapelyError as error:
        raise CannotReshape(
            "所画的图形与这里的边界几乎处处重合,无法精确计算。请画得简单一些,或离边界远一些。",
            "The drawing nearly coincides with borders here and cannot be worked out exactly. Draw it simpler, or"
            " further away from them.",
        ) from error


# Each takes its own command; the type is the key.
_RESHAPING: dict[type, Callable[[Snapshot, Any, Collection[str], Scheme], Edit]] = {
    MoveBorder: border_moved,
    MoveVertex: vertex_moved,
    Split: grid_split,
    Merge: grids_merged,
    Carve: carved,
    CarveStrip: strip_carved,
    GiveGround: ground_given,
    GiveGap: gap_given,
    GiveBuilding: building_given,
    GiveCompound: compound_given,
    MoveAreaBorder: area_border_moved,
}

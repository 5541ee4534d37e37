"""The one way in: a command on a snapshot gives an edit, or is refused."""

from collections.abc import Collection

from boundaries.codes import Scheme, area_and_sequence
from boundaries.edits.commands import ChangeKind, Command, Rename, Renumber, SplitIntoParts
from boundaries.edits.edit import Edit
from boundaries.edits.naming import change_kind, rename, renumber, split_into_parts
from boundaries.errors import BadInput
from boundaries.snapshot import Snapshot


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
    match command:
        case Rename():
            return rename(snapshot, command)
        case ChangeKind():
            return change_kind(snapshot, command)
        case Renumber():
            return renumber(snapshot, command, used)
        case SplitIntoParts():
            return split_into_parts(snapshot, command, used)
    raise BadInput(f"不认识的操作 {type(command).__name__}。", f"No such command: {type(command).__name__}.")

"""Edits of a division: a command on a snapshot gives what changes, or is refused; nothing is stored here."""

from boundaries.edits.applied import applied, inverse
from boundaries.edits.applying import apply
from boundaries.edits.commands import Command
from boundaries.edits.edit import Edit, Remainder

__all__ = ["Command", "Edit", "Remainder", "applied", "apply", "inverse"]

"""Refusals that the plan gives, each told in both languages.

::

    Problem (geo.errors)
    └── PlanProblem            the plan refuses
        ├── BadInput           the caller's file, option or value cannot be used
        │   ├── RefusedRows    rows of a table, each with place, value and what to do
        │   └── KeyReused      an idempotency key that stands for something else already
        ├── Blocked            blocking findings stand in the way
        ├── Conflict           somebody else changed the same things first
        │   └── EditConflict   micro-grids of a draft, each with both shapes and who changed it
        ├── NotFound           no such thing
        ├── Forbidden          this actor may not do it
        └── Unavailable        the database or another service cannot be used now

Which exit code and which HTTP status each becomes is one table each, in ``api``.
"""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from geo.errors import Language, Problem

if TYPE_CHECKING:
    from shapely import Polygon


class PlanProblem(Problem):
    """The plan refuses."""


class BadInput(PlanProblem):
    """The caller's file, option or value cannot be used."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that cannot be loaded.

    Attributes
    ----------
    file : str
        Name of the file, with the sheet or layer where it has several.
    row : int or None
        Row as the user's program counts it (a header row is row 1); None for the whole file.
    column : str or None
        Column as headed in the file.
    value : str
        What stands there.
    zh, en : str
        What is wrong and what to do.
    """

    file: str
    row: int | None
    column: str | None
    value: str
    zh: str
    en: str

    def text(self, language: Language) -> str:
        """One line for people."""
        if language == "zh":
            place = self.file + (f" 第 {self.row} 行" if self.row is not None else "")
            column = f"“{self.column}”列" if self.column else ""
            value = f"值“{self.value}”" if self.value else ""
            return f"{place} {column}{value}:{self.zh}"
        place = self.file + (f" row {self.row}" if self.row is not None else "")
        column = f' column "{self.column}"' if self.column else ""
        value = f' value "{self.value}"' if self.value else ""
        return f"{place}{column}{value}: {self.en}"


class RefusedRows(BadInput):
    """Rows that cannot be loaded; nothing of the file was.

    Parameters
    ----------
    rows : sequence of RefusedRow
        Every refused row, in file order.
    """

    def __init__(self, rows: "tuple[RefusedRow, ...] | list[RefusedRow]") -> None:
        self.rows = tuple(rows)
        head_zh = f"{len(self.rows)} 处不能导入,整个文件未导入:"
        head_en = f"{len(self.rows)} places cannot be loaded, nothing of the file was:"
        super().__init__(
            "\n".join([head_zh, *(row.text("zh") for row in self.rows[:50])]),
            "\n".join([head_en, *(row.text("en") for row in self.rows[:50])]),
        )

    def __reduce__(self) -> tuple[type["RefusedRows"], tuple[tuple[RefusedRow, ...]]]:  # type: ignore[override]
        # The rows are the message; the base class would replay the two texts.
        return type(self), (self.rows,)


class KeyReused(BadInput):
    """An idempotency key that stands for another request already."""


class Blocked(PlanProblem):
    """Blocking findings stand in the way."""


class Conflict(PlanProblem):
    """Somebody else changed the same things first."""


@dataclass(frozen=True, slots=True)
class GridConflict:
    """A micro-grid that two people changed.

    Attributes
    ----------
    grid : str
        Its code as it is now.
    by : str
        Who changed it, when, in which change of the draft and of what kind.
    at : datetime
    change : int
    kind : str
    version : int or None
        As it is now; None where it is no more.
    yours, theirs : Polygon or None
        What the refused commands would have made of it, as it was seen, and what it is now;
        None where that is no grid, or cannot be told.
    """

    grid: str
    by: str
    at: datetime
    change: int
    kind: str
    version: int | None
    yours: "Polygon | None"
    theirs: "Polygon | None"


class EditConflict(Conflict):
    """Micro-grids of a draft that somebody else changed since they were seen; nothing is written or lost.

    Parameters
    ----------
    zh, en : str
    revision : int
        Of the draft, as it is now.
    conflicts : sequence of GridConflict
    """

    def __init__(self, zh: str, en: str, revision: int, conflicts: Sequence[GridConflict]) -> None:
        super().__init__(zh, en)
        self.revision = revision
        self.conflicts = tuple(conflicts)

    def __reduce__(self) -> tuple[type["EditConflict"], tuple[str, str, int, tuple[GridConflict, ...]]]:  # type: ignore[override]
        return type(self), (self.zh, self.en, self.revision, self.conflicts)


class NotFound(PlanProblem):
    """No such thing."""


class Forbidden(PlanProblem):
    """The actor may not do it."""


class Unavailable(PlanProblem):
    """The database or another service cannot be used now."""


_SYSTEM = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许",
    errno.EEXIST: "已经存在",
    errno.EISDIR: "这是文件夹",
    errno.ENOTDIR: "上级不是文件夹",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘只读",
    errno.ENAMETOOLONG: "名称太长",
}


def system_reason_zh(error: OSError) -> str:
    """What the operating system refused, in Chinese as far as it is known."""
    return _SYSTEM.get(error.errno or 0, error.strerror or type(error).__name__)

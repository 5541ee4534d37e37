"""A row that arrives: its value, and where in which file it stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from boundaries.errors import RefusedRow, RefusedRows
from boundaries.exchange.rows import Parsed


@dataclass(frozen=True)
class Arrival:
    """One value of the plan with its place.

    ``value`` is of whatever noun the layer holds; ``fields`` says which fields the
    file has columns for. ``key`` stands in for the code of a value that has none.
    """

    value: Any
    file: str
    row: int
    fields: Mapping[str, str]
    key: str | None = None

    def refusal(self, field: str | None, value: object, zh: str, en: str) -> RefusedRow:
        """A refusal of this row."""
        column = self.fields.get(field) if field else None
        return RefusedRow(self.file, self.row, column, "" if value is None else str(value), zh, en)

    def but(self, **changes: object) -> "Arrival":
        """The same row with some of its value's fields changed."""
        return replace(self, value=replace(self.value, **changes))


def arrivals_of(parsed: Iterable[Parsed[Any]]) -> list[Arrival]:
    """All rows of all files, in order."""
    return [
        Arrival(value, one.table.file, row, one.fields)
        for one in parsed
        for value, row in zip(one.values, one.rows, strict=True)
    ]


def refuse(refused: Sequence[RefusedRow]) -> None:
    """Raise all refusals at once.

    Raises
    ------
    RefusedRows
        If there is any.
    """
    if refused:
        raise RefusedRows(list(refused))


def require_distinct(arrivals: Sequence[Arrival], field: str = "code") -> None:
    """Refuse keys that stand twice, in one file or in two.

    Raises
    ------
    RefusedRows
        Naming both rows.
    """
    first: dict[str, Arrival] = {}
    refused = []
    for arrival in arrivals:
        code = arrival.value.code
        other = first.setdefault(code, arrival)
        if other is not arrival:
            refused.append(
                arrival.refusal(
                    field,
                    code,
                    f"与 {other.file} 第 {other.row} 行重复。请改正或删去其中一行",
                    f"is the same as {other.file} row {other.row}. Correct or delete one of the two",
                )
            )
    refuse(refused)

"""Days in a row, and the quarters of a year."""

import re
from dataclasses import dataclass
from datetime import date

from boundaries.errors import BadInput

_QUARTER = re.compile(r"\s*([0-9]{4})\s*-?\s*[Qq]([1-4])\s*")


@dataclass(frozen=True, slots=True)
class Days:
    """Days from ``start`` to the one before ``end``; never empty."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def __len__(self) -> int:
        return (self.end - self.start).days

    def within(self, other: "Days") -> "Days | None":
        """The days that both have, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Days(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """A quarter as people write it.

        Parameters
        ----------
        text : str
            ``2026Q1``.

        Raises
        ------
        BadInput
            If it is not written so.
        """
        found = _QUARTER.fullmatch(text)
        if found is None or not 1 <= int(found[1]) < 9999:
            raise BadInput(
                f"“{text}”不是季度。请写成 2026Q1。",
                f'"{text}" is no quarter. Write 2026Q1.',
            )
        return cls(int(found[1]), int(found[2]))

    @property
    def days(self) -> Days:
        """Its days."""
        last = self.number == 4
        end = date(self.year + last, 1 if last else 3 * self.number + 1, 1)
        return Days(date(self.year, 3 * self.number - 2, 1), end)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

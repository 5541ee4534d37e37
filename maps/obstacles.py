"""What is taken on the page, and where a box of any size still fits.

A raster of small cells stands for the page; sums over any window come from a
summed-area table in four reads, so every position of every size is tried at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maps.display import Points, Rect

CELL_MM = 0.3

Mask = NDArray[np.bool_]
Sums = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """A raster over part of a plane: its corner, and its size in cells."""

    x_mm: float
    y_mm: float
    rows: int
    columns: int

    @classmethod
    def around(cls, bounds: tuple[float, float, float, float]) -> "Window":
        """The cells that cover a box (x_min, y_min, x_max, y_max)."""
        x_min, y_min, x_max, y_max = bounds
        return cls(x_min, y_min, int(np.ceil((y_max - y_min) / CELL_MM)), int(np.ceil((x_max - x_min) / CELL_MM)))

    def filled(self, rings: Sequence[Points]) -> Mask:
        """Cells whose centre lies inside the rings, by winding number.

        Outer rings must turn one way and holes the other; rings of equal turn may overlap.
        """
        turns = np.zeros((self.rows, self.columns + 1), dtype=np.int32)
        if rings and self.rows and self.columns:
            starts = np.concatenate([ring[:-1] for ring in rings])
            ends = np.concatenate([ring[1:] for ring in rings])
            self._cross(turns, starts, ends)
        return np.asarray(np.cumsum(turns, axis=1)[:, : self.columns] != 0)

    def _cross(self, turns: NDArray[np.int32], starts: Points, ends: Points) -> None:
        """Count, for each row of centres, where edges cross it."""
        low = np.minimum(starts[:, 1], ends[:, 1])
        high = np.maximum(starts[:, 1], ends[:, 1])
        first = np.clip(np.ceil((low - self.y_mm) / CELL_MM - 0.5), 0, self.rows).astype(np.int64)
        last = np.clip(np.ceil((high - self.y_mm) / CELL_MM - 0.5), 0, self.rows).astype(np.int64)
        spans = last - first
        edge = np.repeat(np.arange(len(spans)), spans)
        row = np.arange(int(spans.sum())) - np.repeat(np.cumsum(spans) - spans, spans) + first[edge]
        y = self.y_mm + (row + 0.5) * CELL_MM
        share = (y - starts[edge, 1]) / (ends[edge, 1] - starts[edge, 1])
        x = starts[edge, 0] + share * (ends[edge, 0] - starts[edge, 0])
        column = np.clip(np.ceil((x - self.x_mm) / CELL_MM - 0.5), 0, self.columns).astype(np.int64)
        np.add.at(turns, (row, column), np.where(ends[edge, 1] > starts[edge, 1], 1, -1).astype(np.int32))


def summed(mask: NDArray[np.bool_] | NDArray[np.int64]) -> Sums:
    """Summed-area table, with a row and a column of zeros in front."""
    table = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int64)
    table[1:, 1:] = mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    return table


def window_sums(table: Sums, rows: int, columns: int) -> Sums:
    """The sum over the window at every position; empty where it does not fit."""
    if rows >= table.shape[0] or columns >= table.shape[1]:
        return np.empty((0, 0), dtype=np.int64)
    full = table[rows:, columns:] - table[:-rows, columns:] - table[rows:, :-columns] + table[:-rows, :-columns]
    return np.asarray(full)


def quad(
    x_mm: float, y_mm: float, width_mm: float, height_mm: float, *, angle_deg: float = 0.0, grow_mm: float = 0.0
) -> Points:
    """Corners of a box about its centre, turned clockwise on the page, as a closed ring."""
    half_w, half_h = width_mm / 2 + grow_mm, height_mm / 2 + grow_mm
    corners = np.array([[-half_w, -half_h], [half_w, -half_h], [half_w, half_h], [-half_w, half_h], [-half_w, -half_h]])
    turn = np.radians(angle_deg)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(corners @ rotation + np.array([x_mm, y_mm]))


@dataclass
class Taken:
    """Boxes already placed on the page, grown as each is added."""

    page: Window
    quads: list[Points] = field(default_factory=list)
    cells: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.cells = np.zeros((self.page.rows, self.page.columns), dtype=bool)

    def add(self, box: Points) -> None:
        """Take the ground of a closed ring of corners."""
        self.quads.append(box)
        top, bottom, left, right, filled = self._cells_under(box)
        self.cells[top:bottom, left:right] |= filled

    def _cells_under(self, box: Points) -> tuple[int, int, int, int, Mask]:
        """The part of the page under a box, and which of its cells the box touches."""
        corner = np.array([self.page.x_mm, self.page.y_mm])
        low = np.floor((box.min(axis=0) - corner) / CELL_MM).astype(int)
        high = np.ceil((box.max(axis=0) - corner) / CELL_MM).astype(int)
        left, right = (int(each) for each in np.clip([low[0], high[0]], 0, self.page.columns))
        top, bottom = (int(each) for each in np.clip([low[1], high[1]], 0, self.page.rows))
        part = Window(self.page.x_mm + left * CELL_MM, self.page.y_mm + top * CELL_MM, bottom - top, right - left)
        # Half a cell more, so that a thin box between two rows of centres is not lost.
        middle = box[:-1].mean(axis=0)
        grown = middle + (box - middle) * (1 + CELL_MM / np.maximum(np.ptp(box, axis=0), CELL_MM))
        return top, bottom, left, right, part.filled([grown])

    def is_quad_free(self, box: Points) -> bool:
        """Whether a turned box lies on the page and touches nothing taken."""
        low, high = box.min(axis=0), box.max(axis=0)
        x, y = self.page.x_mm, self.page.y_mm
        if low[0] < x or low[1] < y:
            return False
        if high[0] > x + self.page.columns * CELL_MM or high[1] > y + self.page.rows * CELL_MM:
            return False
        top, bottom, left, right, filled = self._cells_under(box)
        return not (self.cells[top:bottom, left:right] & filled).any()

    def near(self, bounds: tuple[float, float, float, float]) -> list[Points]:
        """Boxes whose bounds touch these."""
        x_min, y_min, x_max, y_max = bounds
        return [
            box
            for box in self.quads
            if box[:, 0].min() <= x_max
            and box[:, 0].max() >= x_min
            and box[:, 1].min() <= y_max
            and box[:, 1].max() >= y_min
        ]

    def is_free(self, rect: Rect) -> bool:
        """Whether an upright box lies on the page and touches nothing taken."""
        left = int(np.floor((rect.x - self.page.x_mm) / CELL_MM))
        top = int(np.floor((rect.y - self.page.y_mm) / CELL_MM))
        right = int(np.ceil((rect.right - self.page.x_mm) / CELL_MM))
        bottom = int(np.ceil((rect.bottom - self.page.y_mm) / CELL_MM))
        if left < 0 or top < 0 or right > self.page.columns or bottom > self.page.rows:
            return False
        return not self.cells[top:bottom, left:right].any()

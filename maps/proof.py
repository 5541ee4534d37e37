"""What a finished sheet says of itself: scale, labels, type and everything that found no room."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from maps.labels import Placed


@dataclass(frozen=True, slots=True)
class SheetReport:
    """The report that goes with a sheet.

    Attributes
    ----------
    title, paper : str
    pages : int
    scale : int
        The denominator that is printed.
    scale_measured : float
        The denominator as the page's own coordinates give it: ground length of the
        sheet's diagonal over its length on paper, both computed apart.
    bar_mm, bar_ground_m : float
        The scale bar's length on paper and on the ground.
    grids : int
        Grids on the sheet; each stands in exactly one of the next four.
    named : tuple of str
        Codes of grids that carry number and name inside.
    code_only : tuple of str
        Codes of grids that carry only their number; the table gives the name.
    led : tuple of str
        Codes of grids whose number stands outside, with a line to the grid.
    missing : tuple of str
        Codes of grids without any label on the map; only the table lists them.
    dropped : dict
        What else found no room, by kind (``building``, ``shop``, ``street``, ``neighbour``, ``compound``).
    missing_characters : tuple of str
        Characters the typeface does not have, printed as 〓.
    smallest_type_mm : float
    colours : int
        Fills used; 4 at most unless drawings overlap.
    fonts : tuple of str
        PostScript names of the faces used.
    labels : tuple of Placed
    """

    title: str
    paper: str
    pages: int
    scale: int
    scale_measured: float
    bar_mm: float
    bar_ground_m: float
    grids: int
    named: tuple[str, ...]
    code_only: tuple[str, ...]
    led: tuple[str, ...]
    missing: tuple[str, ...]
    dropped: dict[str, tuple[str, ...]]
    missing_characters: tuple[str, ...]
    smallest_type_mm: float
    colours: int
    fonts: tuple[str, ...]
    labels: tuple[Placed, ...] = field(repr=False, default=())

    @property
    def scale_error(self) -> float:
        """How far the measured scale is off, as a share of it."""
        return abs(self.scale_measured / self.scale - 1)

    @property
    def is_complete(self) -> bool:
        """Whether every grid has its label and every character its glyph."""
        return not self.missing and not self.missing_characters

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON; boxes in millimetres to two decimals."""
        return {
            "title": self.title,
            "paper": self.paper,
            "pages": self.pages,
            "scale": self.scale,
            "scale_measured": round(self.scale_measured, 3),
            "scale_error": round(self.scale_error, 6),
            "scale_bar": {"paper_mm": round(self.bar_mm, 3), "ground_m": self.bar_ground_m},
            "grids": self.grids,
            "named": list(self.named),
            "code_only": list(self.code_only),
            "led": list(self.led),
            "missing": list(self.missing),
            "dropped": {kind: list(codes) for kind, codes in self.dropped.items()},
            "missing_characters": list(self.missing_characters),
            "smallest_type_mm": round(self.smallest_type_mm, 3),
            "colours": self.colours,
            "fonts": list(self.fonts),
            "labels": [
                {
                    "kind": label.kind,
                    "subject": label.subject,
                    "text": label.text,
                    "size_mm": round(label.size_mm, 2),
                    "angle_deg": round(label.angle_deg, 1),
                    "boxes_mm": [np.round(box[:-1], 2).tolist() for box in label.boxes],
                }
                for label in self.labels
            ],
        }

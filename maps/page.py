"""Paper: sizes, frames and scales, in real millimetres.

Type does not shrink with the paper: each paper is laid out anew. A3 and larger
carry the table beside the map; A4 and upright papers give the map the whole
width, and the table the second page.
"""

from dataclasses import dataclass
from typing import Literal

from boundaries.errors import BadInput
from maps.display import Rect

Paper = Literal["A4", "A3", "A2", "A1", "A0"]
Orientation = Literal["landscape", "portrait"]

PAPERS_MM: dict[str, tuple[float, float]] = {
    "A4": (297.0, 210.0),
    "A3": (420.0, 297.0),
    "A2": (594.0, 420.0),
    "A1": (841.0, 594.0),
    "A0": (1189.0, 841.0),
}
SCALES = (
    500, 750, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10_000, 12_500,
    15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 500_000, 1_000_000,
)  # fmt: skip
FRAME_GAP_MM = 3.4
_MARGIN_MM = 8.0
_AIR_X_MM, _AIR_Y_MM = 16.0, 12.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands.

    Attributes
    ----------
    growth : float
        How much larger furniture is than on A3; its type never goes under the floor.
    title, frame, inner : Rect
        The title band; the outer frame; the map itself.
    column : Rect or None
        Beside the map: table, legend, overview, imprint.
    foot : Rect or None
        Under the map, where there is no column: legend and imprint.
    """

    width_mm: float
    height_mm: float
    growth: float
    title: Rect
    frame: Rect
    inner: Rect
    column: Rect | None
    foot: Rect | None

    @property
    def body(self) -> Rect:
        """Everything under the title: what a page of tables may fill."""
        top = self.title.bottom
        return Rect(_MARGIN_MM, top, self.width_mm - 2 * _MARGIN_MM, self.height_mm - _MARGIN_MM - top)


def layout(paper: str, orientation: Orientation = "landscape") -> Layout:
    """Lay a paper out.

    Parameters
    ----------
    paper : str
        ``A4`` to ``A0``, in either case.
    orientation : {"landscape", "portrait"}

    Returns
    -------
    Layout

    Raises
    ------
    BadInput
        If the paper is not one of the list.
    """
    size = PAPERS_MM.get(paper.upper())
    if size is None:
        raise BadInput(
            f"不认识纸张“{paper}”。可用:{'、'.join(PAPERS_MM)}。",
            f'Paper "{paper}" is not known. Use one of {", ".join(PAPERS_MM)}.',
        )
    width, height = size if orientation == "landscape" else size[::-1]
    growth = (max(size) / PAPERS_MM["A3"][0]) ** 0.6
    title = Rect(_MARGIN_MM, _MARGIN_MM - 1, width - 2 * _MARGIN_MM, 19.5 * growth)
    body = Rect(_MARGIN_MM, title.bottom, width - 2 * _MARGIN_MM, height - _MARGIN_MM - title.bottom)
    has_column = orientation == "landscape" and paper.upper() != "A4"
    gap = 3.5 * growth
    if has_column:
        column = Rect(body.right - 97 * growth, body.y, 97 * growth, body.height)
        frame = Rect(body.x, body.y, body.width - column.width - gap, body.height)
        return Layout(width, height, growth, title, frame, frame.inset(FRAME_GAP_MM * growth), column, None)
    foot = Rect(body.x, body.bottom - 33 * growth, body.width, 33 * growth)
    frame = Rect(body.x, body.y, body.width, body.height - foot.height - gap)
    return Layout(width, height, growth, title, frame, frame.inset(FRAME_GAP_MM * growth), None, foot)


def choose_scale(width_m: float, height_m: float, inner: Rect) -> int:
    """The largest of the round scales at which this ground fits the frame with air about it.

    Parameters
    ----------
    width_m, height_m : float
        Extent of the ground.
    inner : Rect
        The map's frame.

    Returns
    -------
    int
        The denominator.

    Raises
    ------
    BadInput
        If the ground fits at no scale of the list.
    """
    for scale in SCALES:
        if width_m * 1000 / scale <= inner.width - _AIR_X_MM and height_m * 1000 / scale <= inner.height - _AIR_Y_MM:
            return scale
    raise BadInput(
        f"范围太大({width_m / 1000:.0f} × {height_m / 1000:.0f} 千米),任何比例尺都放不下。请用 --area 选一个区域。",
        f"The ground is too large ({width_m / 1000:.0f} x {height_m / 1000:.0f} km) for any scale. "
        "Choose one area with --area.",
    )

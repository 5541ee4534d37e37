"""What sheet is wanted."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from geo.errors import Language
from maps.page import Orientation
from maps.style import StyleName
from maps.writer import Format


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """What sheet is wanted.

    Attributes
    ----------
    date : date
        Printed as the day of making; people in charge are those of this day.
    area : str or None
        Code of the area that the sheet is about; None for everything.
    paper : str
        ``A4`` to ``A0``.
    generation : str or None
        Words for the version of the data; None takes them from the snapshot.
    show_unpublished_phones : bool
        Sheets are public: phones that nobody published stay off unless this says so.
    show_totals : bool
        Totals per grid and of the sheet.
    show_shops : bool
        Shops on the map, and their list on a page of its own.
    credit, review_number : str or None
        A line for the source of the data, and for the map review number.
    dpi : int
        Of a PNG.
    font_folder : Path or None
        Where to look for the typeface; None looks where systems keep it.
    """

    date: date
    area: str | None = None
    paper: str = "A3"
    orientation: Orientation = "landscape"
    file_format: Format = "pdf"
    style: StyleName = "colour"
    language: Language = "zh"
    title: str | None = None
    publisher: str | None = None
    generation: str | None = None
    credit: str | None = None
    review_number: str | None = None
    show_unpublished_phones: bool = False
    show_totals: bool = True
    show_shops: bool = True
    dpi: int = 150
    font_folder: Path | None = None

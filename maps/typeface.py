"""The one typeface of every sheet: Noto Sans CJK SC, found by name, measured by its own tables.

Nothing here asks fontconfig, which replaces a missing family without a word. The
collection file holds five regional faces under one name each; the simplified
Chinese one is looked for by its name, whatever its place in the file.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from boundaries.errors import Unavailable

FAMILY = "Noto Sans CJK SC"
SMALLEST_TYPE_MM = 1.8
# Printers' mark for a sort that is missing from the case; reported, unlike an empty box.
MISSING_MARK = "〓"

_FOLDERS = (
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/noto-cjk",
    "/usr/share/fonts/google-noto-cjk",
    "/usr/share/fonts/google-noto-sans-cjk-fonts",
    "/usr/share/fonts/truetype/noto",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "/opt/homebrew/share/fonts",
)
_FILES = {
    "Regular": ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf"),
    "Bold": ("NotoSansCJK-Bold.ttc", "NotoSansCJKsc-Bold.otf"),
}


@dataclass(frozen=True, slots=True)
class Face:
    """One weight: where it lies, and how wide each of its characters is.

    ``glyphs`` maps a character to its glyph number, ``advances`` to its width in em.
    """

    path: Path
    index: int
    postscript_name: str
    glyphs: dict[str, int]
    advances: dict[str, float]


@dataclass(frozen=True, slots=True)
class Typeface:
    """Both weights."""

    regular: Face
    bold: Face

    def face(self, is_bold: bool) -> Face:
        """The face of a weight."""
        return self.bold if is_bold else self.regular

    def width_mm(self, text: str, size_mm: float, *, is_bold: bool = False) -> float:
        """Length of a run of text set at this size."""
        advances = self.face(is_bold).advances
        return size_mm * sum(advances.get(character, 1.0) for character in text)

    def missing(self, text: str) -> set[str]:
        """The characters that no weight can show."""
        return {character for character in text if character not in self.regular.glyphs}

    def shown(self, text: str) -> str:
        """The text with each missing character replaced by the printers' mark."""
        text = plain(text)
        if not self.missing(text):
            return text
        return "".join(c if c in self.regular.glyphs else MISSING_MARK for c in text)

    def fitted(self, text: str, width_mm: float, size_mm: float, *, is_bold: bool = False) -> float:
        """The size, at most the one given and never under the floor, at which the text is narrow enough."""
        natural = self.width_mm(text, size_mm, is_bold=is_bold)
        return size_mm if natural <= width_mm else max(SMALLEST_TYPE_MM, size_mm * width_mm / natural)

    def broken(self, text: str, width_mm: float, size_mm: float, *, is_bold: bool = False) -> list[str]:
        """The text in lines no wider than this, broken before the character that would not fit."""
        lines, line = [], ""
        for character in text:
            if line and self.width_mm(line + character, size_mm, is_bold=is_bold) > width_mm:
                lines.append(line)
                line = ""
            line += character
        return [*lines, line] if line or not lines else lines


def plain(text: str) -> str:
    """The text with Kangxi radicals and compatibility forms as ordinary characters.

    Some input methods and PDF copies give the radical that looks like a character;
    nobody who searches for the name would find it.
    """
    if not any("\u2e80" <= c <= "\u2fdf" or "\uf900" <= c <= "\ufaff" for c in text):
        return text
    return "".join(unicodedata.normalize("NFKC", c) if c >= "\u2e80" else c for c in text)


def load_typeface(folder: Path | None = None) -> Typeface:
    """Find and measure Noto Sans CJK SC.

    Parameters
    ----------
    folder : Path or None
        Look only here; None looks where systems keep the package.

    Returns
    -------
    Typeface

    Raises
    ------
    Unavailable
        If the simplified Chinese face of either weight is not there.
    """
    return _load(folder)


@lru_cache(maxsize=4)
def _load(folder: Path | None) -> Typeface:
    return Typeface(_face("Regular", folder), _face("Bold", folder))


def _face(weight: str, folder: Path | None) -> Face:
    folders = [folder] if folder is not None else [Path(each) for each in _FOLDERS]
    for path in (each / name for each in folders for name in _FILES[weight]):
        index = _index_in(path)
        if index is not None:
            return _measured(path, index)
    where = "、".join(str(each) for each in folders)
    raise Unavailable(
        f"找不到字体 {FAMILY} {weight}(找过:{where})。请安装:apt-get install fonts-noto-cjk。",
        f"The typeface {FAMILY} {weight} was not found (looked in {where.replace('、', ', ')}). "
        "Install it: apt-get install fonts-noto-cjk.",
    )


def _index_in(path: Path) -> int | None:
    """Place of the simplified Chinese face in a font file, or None."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            fonts = TTCollection(file, lazy=True).fonts if path.suffix == ".ttc" else [TTFont(file, lazy=True)]
            families = [font["name"].getBestFamilyName() for font in fonts]
    except (TTLibError, OSError, KeyError):
        return None
    return families.index(FAMILY) if FAMILY in families else None


def _measured(path: Path, index: int) -> Face:
    with path.open("rb") as file:
        font = TTFont(file, fontNumber=index, lazy=True)
        units = font["head"].unitsPerEm
        widths = font["hmtx"].metrics
        names = font.getBestCmap()
        glyphs = {chr(code): font.getGlyphID(name) for code, name in names.items()}
        advances = {chr(code): widths[name][0] / units for code, name in names.items()}
        return Face(path, index, font["name"].getDebugName(6), glyphs, advances)

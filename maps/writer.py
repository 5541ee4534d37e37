"""Draws a display list with cairo: PDF, PNG and SVG from one code path.

The face is opened from its file through FreeType and handed to cairo, past
fontconfig, which would replace a missing family without a word. Each glyph is set
where the face's own advance widths say, so drawn text fills the boxes that
composing reserved. A word set glyph by glyph is one cluster, so a reader of the
PDF finds it whole.
"""

import ctypes
import ctypes.util
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any, Literal

import cairocffi

from boundaries.errors import Unavailable
from maps.display import ClipOp, LineOp, Op, Page, Points, PolygonOp, TextOp
from maps.typeface import FAMILY, Face, Typeface

Format = Literal["pdf", "png", "svg"]

_POINTS_PER_MM = 72 / 25.4
# FreeType faces are not for two threads at once.
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What a PDF says of itself; ``created`` is ISO 8601, so equal input gives equal bytes."""

    title: str
    author: str
    created: str


def draw(
    pages: Sequence[Page], typeface: Typeface, *, file_format: Format, info: DocumentInfo, dpi: int = 150
) -> tuple[bytes, ...]:
    """Draw pages into files.

    Parameters
    ----------
    pages : sequence of Page
    typeface : Typeface
    file_format : {"pdf", "png", "svg"}
        A PDF holds every page; the others give one file a page.
    info : DocumentInfo
    dpi : int
        Dots per inch of a PNG.

    Returns
    -------
    tuple of bytes

    Raises
    ------
    Unavailable
        If FreeType is missing, or a font file holds another face than it did when it was measured.
    """
    with _lock:
        if file_format == "pdf":
            return (_pdf(pages, typeface, info),)
        one = _svg if file_format == "svg" else _png
        return tuple(one(page, typeface, dpi) for page in pages)


def _pdf(pages: Sequence[Page], typeface: Typeface, info: DocumentInfo) -> bytes:
    buffer = BytesIO()
    surface = cairocffi.PDFSurface(buffer, pages[0].width_mm * _POINTS_PER_MM, pages[0].height_mm * _POINTS_PER_MM)
    surface.set_metadata(cairocffi.PDF_METADATA_TITLE, info.title)
    surface.set_metadata(cairocffi.PDF_METADATA_AUTHOR, info.author)
    surface.set_metadata(cairocffi.PDF_METADATA_CREATE_DATE, info.created)
    for page in pages:
        surface.set_size(page.width_mm * _POINTS_PER_MM, page.height_mm * _POINTS_PER_MM)
        context = cairocffi.Context(surface)
        context.scale(_POINTS_PER_MM, _POINTS_PER_MM)
        _draw_all(context, page.ops, typeface)
        surface.show_page()
    surface.finish()
    return buffer.getvalue()


def _svg(page: Page, typeface: Typeface, _dpi: int) -> bytes:
    buffer = BytesIO()
    surface = cairocffi.SVGSurface(buffer, page.width_mm * _POINTS_PER_MM, page.height_mm * _POINTS_PER_MM)
    context = cairocffi.Context(surface)
    context.scale(_POINTS_PER_MM, _POINTS_PER_MM)
    _draw_all(context, page.ops, typeface)
    surface.finish()
    return buffer.getvalue()


def _png(page: Page, typeface: Typeface, dpi: int) -> bytes:
    dots = dpi / 25.4
    surface = cairocffi.ImageSurface(cairocffi.FORMAT_RGB24, round(page.width_mm * dots), round(page.height_mm * dots))
    context = cairocffi.Context(surface)
    context.set_source_rgb(1, 1, 1)
    context.paint()
    context.scale(dots, dots)
    _draw_all(context, page.ops, typeface)
    buffer = BytesIO()
    surface.write_to_png(buffer)
    return buffer.getvalue()


def _draw_all(context: Any, ops: Sequence[Op], typeface: Typeface) -> None:
    options = cairocffi.FontOptions(
        hint_style=cairocffi.HINT_STYLE_NONE,
        hint_metrics=cairocffi.HINT_METRICS_OFF,
        antialias=cairocffi.ANTIALIAS_GRAY,
    )
    context.set_font_options(options)
    context.set_fill_rule(cairocffi.FILL_RULE_EVEN_ODD)
    for op in ops:
        if isinstance(op, PolygonOp):
            _draw_polygon(context, op)
        elif isinstance(op, LineOp):
            _draw_line(context, op)
        elif isinstance(op, TextOp):
            _draw_text(context, op, typeface)
        elif isinstance(op, ClipOp):
            context.save()
            _trace(context, op.rings)
            context.clip()
        else:
            context.restore()


def _trace(context: Any, rings: Sequence[Points]) -> None:
    for ring in rings:
        context.move_to(*ring[0])
        for point in ring[1:-1]:
            context.line_to(*point)
        context.close_path()


def _draw_polygon(context: Any, op: PolygonOp) -> None:
    _trace(context, op.rings)
    if op.fill is not None:
        context.set_source_rgb(*_rgb(op.fill))
        if op.stroke is None:
            context.fill()
        else:
            context.fill_preserve()
    if op.stroke is not None:
        context.set_line_join(cairocffi.LINE_JOIN_MITER)
        context.set_line_cap(cairocffi.LINE_CAP_BUTT)
        _stroke(context, op.stroke, op.width_mm, op.dash_mm)


def _draw_line(context: Any, op: LineOp) -> None:
    context.move_to(*op.points[0])
    for point in op.points[1:]:
        context.line_to(*point)
    # A round cap would close the gaps of a dashed line.
    is_round = op.is_round and not op.dash_mm
    context.set_line_join(cairocffi.LINE_JOIN_ROUND if op.is_round else cairocffi.LINE_JOIN_MITER)
    context.set_line_cap(cairocffi.LINE_CAP_ROUND if is_round else cairocffi.LINE_CAP_BUTT)
    _stroke(context, op.colour, op.width_mm, op.dash_mm)


def _stroke(context: Any, colour: str, width_mm: float, dash_mm: Sequence[float]) -> None:
    context.set_source_rgb(*_rgb(colour))
    context.set_line_width(width_mm)
    context.set_dash(list(dash_mm))
    context.stroke()


def _draw_text(context: Any, op: TextOp, typeface: Typeface) -> None:
    face = typeface.face(op.is_bold)
    text = typeface.shown(op.text)
    if not text:
        return
    context.save()
    context.set_font_face(_cairo_face(face))
    context.set_font_size(op.size_mm)
    if op.spots_mm:
        glyphs = [(face.glyphs[character], x, y) for character, (x, y) in zip(text, op.spots_mm, strict=True)]
        clusters = [(len(text.encode()), len(glyphs))]
    else:
        context.translate(op.x_mm, op.y_mm)
        context.rotate(math.radians(op.angle_deg))
        glyphs, x = [], 0.0
        for character in text:
            glyphs.append((face.glyphs[character], x, 0.0))
            x += op.size_mm * face.advances[character]
        # Readers take a turned run apart letter by letter; one cluster keeps it whole.
        one_word = [(len(text.encode()), len(glyphs))]
        clusters = one_word if op.angle_deg else [(len(character.encode()), 1) for character in text]
    if op.halo is not None:
        context.glyph_path(glyphs)
        context.set_line_join(cairocffi.LINE_JOIN_ROUND)
        _stroke(context, op.halo, 2 * op.halo_mm, ())
    context.set_source_rgb(*_rgb(op.colour))
    context.show_text_glyphs(text, glyphs, clusters)
    context.restore()


@lru_cache(maxsize=256)
def _rgb(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


@lru_cache(maxsize=8)
def _opened(path: str, index: int, postscript_name: str) -> Any:
    """A cairo font face of exactly this face of the file, kept for the life of the process."""
    freetype = _library("freetype", "libfreetype.so.6")
    cairo = _library("cairo", "libcairo.so.2")
    freetype.FT_Get_Postscript_Name.restype = ctypes.c_char_p
    cairo.cairo_ft_font_face_create_for_ft_face.restype = ctypes.c_void_p
    library, face = ctypes.c_void_p(), ctypes.c_void_p()
    freetype.FT_Init_FreeType(ctypes.byref(library))
    failed = freetype.FT_New_Face(library, path.encode(), ctypes.c_long(index), ctypes.byref(face))
    name = b"" if failed else freetype.FT_Get_Postscript_Name(face)
    if failed or name.decode("ascii", "replace") != postscript_name:
        raise Unavailable(
            f"字体文件 {path} 中不是 {FAMILY}。请重新安装字体:apt-get install --reinstall fonts-noto-cjk。",
            f"The font file {path} does not hold {FAMILY}. "
            "Install it again: apt-get install --reinstall fonts-noto-cjk.",
        )
    pointer = cairo.cairo_ft_font_face_create_for_ft_face(face, ctypes.c_int(0))
    return cairocffi.FontFace._from_pointer(cairocffi.ffi.cast("cairo_font_face_t *", pointer), incref=False)


def _cairo_face(face: Face) -> Any:
    return _opened(str(face.path), face.index, face.postscript_name)


def _library(name: str, usual: str) -> ctypes.CDLL:
    found = ctypes.util.find_library(name) or usual
    try:
        return ctypes.CDLL(found)
    except OSError as error:
        raise Unavailable(
            f"找不到系统库 {name}。请安装:apt-get install libcairo2 libfreetype6。",
            f"The system library {name} was not found. Install it: apt-get install libcairo2 libfreetype6.",
        ) from error

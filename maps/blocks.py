"""The shapes a name may take: one line, two, three, or stacked; each a box with its ink.

A block is laid out about its own centre; placing it only adds a position and an angle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maps.display import Op, PolygonOp, TextOp
from maps.obstacles import quad
from maps.style import Style
from maps.typeface import SMALLEST_TYPE_MM, Typeface

NAME_SIZES_MM = (4.4, 4.0, 3.6, 3.2, 2.8, 2.4, 2.1, 1.9)
CODE_SIZES_MM = (3.2, 2.8, 2.4, 2.1, SMALLEST_TYPE_MM)
# From the middle of a line to its baseline, in em: half the height of a capital.
BASELINE_EM = 0.37
_LINE_EM = 1.14
_PER_SIZE = 0.9
_PER_LINE = 0.25


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of a block: the middle of its left edge, relative to the block's centre."""

    x_mm: float
    y_mm: float
    text: str
    size_mm: float


@dataclass(frozen=True, slots=True)
class Block:
    """One way to set a label.

    ``plate`` is the number's dark box as (x, y, width, height) with its text;
    ``penalty`` orders blocks: what is smaller or takes more lines costs more.
    """

    width_mm: float
    height_mm: float
    size_mm: float
    penalty: float
    plate: tuple[float, float, float, float] | None
    plate_text: Piece | None
    pieces: tuple[Piece, ...]
    is_stacked: bool = False


def name_blocks(typeface: Typeface, code: str, name: str, *, largest_mm: float) -> list[Block]:
    """Every way to set a number with a name up to this size, cheapest first."""
    blocks: list[Block] = []
    for size in _sizes(NAME_SIZES_MM, largest_mm):
        base = _PER_SIZE * (largest_mm - size) * NAME_SIZES_MM[0] / largest_mm
        blocks.append(_in_one_line(typeface, code, name, size, base))
        blocks.append(_in_lines(typeface, code, [name], size, base + _PER_LINE))
        if len(name) >= 4:
            at = break_at(name)
            blocks.append(_in_lines(typeface, code, [name[:at], name[at:]], size, base + 2 * _PER_LINE))
        if 2 <= len(name) <= 10 and not any(c.isascii() for c in name):
            blocks.append(_stacked(typeface, code, name, size, base + 4 * _PER_LINE))
    return sorted(blocks, key=lambda block: block.penalty)


def break_at(name: str) -> int:
    """Where to break a name in two: near its middle, rather before a number than within one."""

    def cost(at: int) -> float:
        before, after = name[at - 1], name[at]
        off = abs(at - len(name) / 2)
        if before == " ":
            return off - 2
        if not before.isascii() and after.isdigit():
            return off - 1.5
        return off + (8 if before.isascii() or after in "-幢栋号楼)、," else 0)

    return min(range(1, len(name)), key=cost)


def code_blocks(typeface: Typeface, code: str, *, largest_mm: float) -> list[Block]:
    """The number alone, for where no name fits: the table gives the name.

    The last is without a plate, for the narrowest grids.
    """
    plated = [
        _in_lines(typeface, code, [], size, _PER_SIZE * (largest_mm - size))
        for size in _sizes(CODE_SIZES_MM, largest_mm)
    ]
    size = CODE_SIZES_MM[-1]
    width = typeface.width_mm(code, size, is_bold=True)
    bare = Piece(-width / 2, 0.0, code, size)
    return [*plated, Block(width, size, size, plated[-1].penalty + 1.0, None, None, (bare,))]


def plain_blocks(typeface: Typeface, name: str, sizes: Sequence[float]) -> list[Block]:
    """A name without a number, level or stacked."""
    blocks = []
    for size in sizes:
        width = typeface.width_mm(name, size, is_bold=False)
        base = _PER_SIZE * (sizes[0] - size)
        level = Piece(-width / 2, 0.0, name, size)
        blocks.append(Block(width, size * _LINE_EM, size, base, None, None, (level,)))
        if len(name) > 1 and not name.isascii():
            pieces = _stack(name, size, -size * _LINE_EM * len(name) / 2)
            blocks.append(
                Block(size * 1.05, size * _LINE_EM * len(name), size, base + 0.5, None, None, pieces, is_stacked=True)
            )
    return sorted(blocks, key=lambda block: block.penalty)


def _sizes(sizes: Sequence[float], largest_mm: float) -> list[float]:
    """The list scaled to begin at the largest; its floor stays the last resort."""
    share = largest_mm / sizes[0]
    return sorted({max(size * share, sizes[-1]) for size in (*sizes, sizes[-1] / share)}, reverse=True)


def _code_size(size: float) -> float:
    return max(0.74 * size, SMALLEST_TYPE_MM)


def _plate_size(typeface: Typeface, code: str, size: float) -> tuple[float, float]:
    return typeface.width_mm(code, size, is_bold=True) + 0.7 * size, 1.3 * size


def _in_one_line(typeface: Typeface, code: str, name: str, size: float, penalty: float) -> Block:
    plate_w, plate_h = _plate_size(typeface, code, _code_size(size))
    name_w = typeface.width_mm(name, size, is_bold=True)
    gap = 0.3 * size
    width, height = plate_w + gap + name_w, max(plate_h, size * _LINE_EM)
    left = -width / 2
    code_text = Piece(left + 0.35 * _code_size(size), 0.0, code, _code_size(size))
    name_text = Piece(left + plate_w + gap, 0.0, name, size)
    return Block(width, height, size, penalty, (left, -plate_h / 2, plate_w, plate_h), code_text, (name_text,))


def _in_lines(typeface: Typeface, code: str, lines: Sequence[str], size: float, penalty: float) -> Block:
    code_size = _code_size(size) if lines else size
    plate_w, plate_h = _plate_size(typeface, code, code_size)
    widths = [typeface.width_mm(line, size, is_bold=True) for line in lines]
    width = max([plate_w, *widths])
    gap = 0.14 * size if lines else 0.0
    height = plate_h + gap + len(lines) * size * _LINE_EM
    top = -height / 2
    pieces = tuple(
        Piece(-line_w / 2, top + plate_h + gap + (row + 0.5) * size * _LINE_EM, line, size)
        for row, (line, line_w) in enumerate(zip(lines, widths, strict=True))
    )
    code_text = Piece(-plate_w / 2 + 0.35 * code_size, top + plate_h / 2, code, code_size)
    return Block(width, height, size, penalty, (-plate_w / 2, top, plate_w, plate_h), code_text, pieces)


def _stacked(typeface: Typeface, code: str, name: str, size: float, penalty: float) -> Block:
    code_size = _code_size(size)
    plate_w, plate_h = _plate_size(typeface, code, code_size)
    gap = 0.14 * size
    height = plate_h + gap + len(name) * size * _LINE_EM
    top = -height / 2
    code_text = Piece(-plate_w / 2 + 0.35 * code_size, top + plate_h / 2, code, code_size)
    pieces = _stack(name, size, top + plate_h + gap)
    plate = (-plate_w / 2, top, plate_w, plate_h)
    return Block(max(plate_w, size), height, size, penalty, plate, code_text, pieces, is_stacked=True)


def _stack(name: str, size: float, top: float) -> tuple[Piece, ...]:
    return tuple(Piece(-size / 2, top + (row + 0.5) * size * _LINE_EM, each, size) for row, each in enumerate(name))


def block_ops(
    block: Block,
    x_mm: float,
    y_mm: float,
    angle_deg: float,
    *,
    style: Style,
    ink: str,
    is_bold: bool = True,
    is_outlined: bool = False,
) -> list[Op]:
    """The ink of a block at a place; ``is_outlined`` turns the plate white (a number outside its grid)."""
    turn = np.radians(angle_deg)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))

    def at(dx: float, dy: float) -> tuple[float, float]:
        return x_mm + dx * cos - dy * sin, y_mm + dx * sin + dy * cos

    ops: list[Op] = []
    if block.plate is not None and block.plate_text is not None:
        left, top, width, height = block.plate
        middle = at(left + width / 2, top + height / 2)
        ring = quad(*middle, width, height, angle_deg=angle_deg)
        fill, number = (style.paper, style.accent) if is_outlined else (style.accent, style.paper)
        ops.append(PolygonOp((ring,), fill, style.accent if is_outlined else style.paper, 0.25))
        piece = block.plate_text
        start = at(piece.x_mm, piece.y_mm + BASELINE_EM * piece.size_mm)
        ops.append(TextOp(*start, piece.text, piece.size_mm, number, is_bold=True, angle_deg=angle_deg))
    halo = 0.16 * block.size_mm if is_bold else 0.12 * block.size_mm
    if block.is_stacked:
        spots = tuple(at(p.x_mm, p.y_mm + BASELINE_EM * p.size_mm) for p in block.pieces)
        text = "".join(piece.text for piece in block.pieces)
        ops.append(TextOp(*spots[0], text, block.size_mm, ink, is_bold, 0.0, style.paper, halo, spots))
    else:
        for piece in block.pieces:
            start = at(piece.x_mm, piece.y_mm + BASELINE_EM * piece.size_mm)
            ops.append(TextOp(*start, piece.text, piece.size_mm, ink, is_bold, angle_deg, style.paper, halo))
    return ops

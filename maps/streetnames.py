"""Names along the axes of streets and rivers.

Chinese names run character by character, upright, from the west or from the north;
other names are turned with the street. A street that is also a border carries its
name beside the axis, so that the border stays whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from maps.blocks import BASELINE_EM
from maps.display import Op, Points, Rect, TextOp, lines_of
from maps.labels import Placed
from maps.obstacles import Taken, quad
from maps.typeface import Typeface

SIZES_MM = (1.9, 3.6)
_OF_WIDTH = 0.62
_PITCH_EM = 1.1
_EVERY_MM = 115.0
_APART_MM = 70.0
_STEP_MM = 1.5
_INK_EM = 0.94
_MOST_BEND_DEG = 25.0


@dataclass(frozen=True, slots=True)
class NameStyle:
    """How names of one class of lines look."""

    kind: str
    ink: str
    halo: str
    is_bold: bool


@dataclass(frozen=True, slots=True)
class Path:
    """A line by the distance along it, running the way its name reads."""

    points: Points
    along: Points

    @classmethod
    def of(cls, points: Points) -> "Path":
        """Turn the line so that it runs from the west, or from the north where it runs that way."""
        span = points[-1] - points[0]
        is_level = abs(span[0]) >= abs(span[1])
        if (span[0] if is_level else span[1]) < 0:
            points = points[::-1]
        steps = np.hypot(*np.diff(points, axis=0).T)
        return cls(points, np.concatenate([[0.0], np.cumsum(steps)]))

    @property
    def length_mm(self) -> float:
        """Its length."""
        return float(self.along[-1])

    def at(self, distances: Sequence[float]) -> Points:
        """Points at these distances."""
        x = np.interp(distances, self.along, self.points[:, 0])
        y = np.interp(distances, self.along, self.points[:, 1])
        return np.column_stack([x, y])


@dataclass(frozen=True, slots=True)
class Run:
    """One setting of a name: each character's centre, or one turned line."""

    middles: Points
    angle_deg: float
    boxes: tuple[Points, ...]


def line_names(
    names: Sequence[tuple[str, BaseGeometry, float]],
    *,
    style: NameStyle,
    typeface: Typeface,
    taken: Taken,
    frame: Rect,
    borders: BaseGeometry,
    outline: BaseGeometry,
    growth: float,
) -> tuple[list[Op], list[Placed], list[str]]:
    """Set names along lines, the widest first.

    Parameters
    ----------
    names : sequence of (str, shapely lines, float)
        Name, axis, and width of the band in millimetres.
    style : NameStyle
    typeface : Typeface
    taken : Taken
        What to keep clear of; grows.
    frame : Rect
    borders : shapely lines
        Borders that names should stand beside.
    outline : Polygon or MultiPolygon
        On its own edge names stand outside.
    growth : float
        How much larger the largest type is than on A3.

    Returns
    -------
    ops, placed, dropped : list
        What to draw, what was placed, and names that found no room.
    """
    ops: list[Op] = []
    placed: list[Placed] = []
    dropped: list[str] = []
    near_border = shapely.buffer(borders, 1.0)
    for name, axis, width in sorted(names, key=lambda each: (-each[2], each[0])):
        largest = float(np.clip(_OF_WIDTH * width, SIZES_MM[0], SIZES_MM[1] * growth))
        seen = shapely.intersection(axis, frame.inset(1.5).shape)
        length = float(shapely.length(seen))
        shared = float(shapely.length(shapely.intersection(seen, near_border)))
        is_border = length > 0 and shared > 0.3 * length
        runs: list[Run] = []
        for size in dict.fromkeys((largest, SIZES_MM[0])):
            offsets = _offsets(width, size, is_border=is_border)
            runs = _runs(
                name, _joined(seen), size=size, offsets=offsets, typeface=typeface, taken=taken, outline=outline
            )
            if runs:
                break
        if not runs:
            dropped.append(name)
        for run in runs:
            ops.append(_text(name, run, size, style, typeface))
            placed.append(Placed(style.kind, name, name, size, size, run.angle_deg, run.boxes))
    return ops, placed, dropped


def _offsets(width: float, size: float, *, is_border: bool) -> tuple[float, ...]:
    """Distances from the axis to try, to one side and the other."""
    if not is_border:
        return (0.0,)
    beside = max(width / 4 + 0.1, size * 0.5 + 0.75)
    return (beside, -beside)


def _joined(seen: BaseGeometry) -> list[Path]:
    merged = shapely.line_merge(seen) if not isinstance(seen, shapely.LineString) else seen
    paths = [Path.of(points) for points in lines_of(merged)]
    return sorted(paths, key=lambda path: -path.length_mm)


def _runs(
    name: str,
    paths: Sequence[Path],
    *,
    size: float,
    offsets: Sequence[float],
    typeface: Typeface,
    taken: Taken,
    outline: BaseGeometry,
) -> list[Run]:
    found: list[Run] = []
    centres: list[Points] = []
    need = _length(name, size, typeface)
    for path in paths:
        if path.length_mm < need + 2:
            break
        count = max(1, round(path.length_mm / _EVERY_MM))
        for turn in range(count):
            target = (turn + 0.5) * path.length_mm / count
            run = _nearest_run(
                name,
                path,
                target,
                reach=path.length_mm / count / 2,
                size=size,
                offsets=offsets,
                typeface=typeface,
                taken=taken,
                outline=outline,
                centres=centres,
            )
            if run is not None:
                found.append(run)
                centres.append(run.middles.mean(axis=0))
                for box in run.boxes:
                    taken.add(box)
    return found


def _nearest_run(
    name: str,
    path: Path,
    target: float,
    *,
    reach: float,
    size: float,
    offsets: Sequence[float],
    typeface: Typeface,
    taken: Taken,
    outline: BaseGeometry,
    centres: Sequence[Points],
) -> Run | None:
    """The free setting nearest to where the name should stand."""
    half = _length(name, size, typeface) / 2
    shifts = np.arange(0, max(reach, _STEP_MM), _STEP_MM)
    for shift in (each for amount in shifts for each in ((amount, -amount) if amount else (0.0,))):
        middle = target + shift
        if middle - half < 0.5 or middle + half > path.length_mm - 0.5:
            continue
        here = path.at([middle])[0]
        if any(np.hypot(*(here - other)) < _APART_MM for other in centres):
            continue
        for offset in _outer_first(path, middle, offsets, outline):
            run = _run(name, path, middle, size=size, offset=offset, typeface=typeface)
            if run is not None and all(_is_free(box, taken) for box in run.boxes):
                return run
    return None


def _outer_first(path: Path, middle: float, offsets: Sequence[float], outline: BaseGeometry) -> list[float]:
    """Offsets that lead out of the outline first, where the line runs along its edge."""
    if len(offsets) == 1:
        return list(offsets)
    here, normal = path.at([middle])[0], _normal(path, middle)

    def is_in(offset: float) -> bool:
        return bool(shapely.intersects_xy(outline, *(here + normal * offset)))

    return sorted(offsets, key=is_in)


def _normal(path: Path, middle: float, reach: float = 1.5) -> Points:
    ends = path.at([max(0.0, middle - reach), min(path.length_mm, middle + reach)])
    along = ends[1] - ends[0]
    along = along / max(float(np.hypot(*along)), 1e-9)
    return np.array([along[1], -along[0]])


def _length(name: str, size: float, typeface: Typeface) -> float:
    return typeface.width_mm(name, size) if name.isascii() or _is_latin(name) else _PITCH_EM * size * len(name)


def _is_latin(name: str) -> bool:
    return all(character < "⺀" for character in name)


def _run(name: str, path: Path, middle: float, *, size: float, offset: float, typeface: Typeface) -> Run | None:
    if _is_latin(name):
        return _turned_run(name, path, middle, size=size, offset=offset, typeface=typeface)
    half = _PITCH_EM * size * (len(name) - 1) / 2
    distances = np.linspace(middle - half, middle + half, len(name))
    middles = path.at(list(distances)) + _normal(path, middle, half + size) * offset
    # On a sharp bend, or on a slope near 45 degrees, characters would run into each other.
    gaps = np.abs(np.diff(middles, axis=0)).max(axis=1) if len(name) > 1 else np.array([size])
    if gaps.min() < size * 0.8:
        return None
    boxes = tuple(quad(x, y, size * _INK_EM, size * _INK_EM) for x, y in middles)
    return Run(middles, 0.0, boxes)


def _turned_run(name: str, path: Path, middle: float, *, size: float, offset: float, typeface: Typeface) -> Run | None:
    """A straight turned line, where the street is straight enough under it."""
    width = typeface.width_mm(name, size)
    points = path.at(list(np.linspace(middle - width / 2, middle + width / 2, 9)))
    chord = points[-1] - points[0]
    steps = np.diff(points, axis=0)
    bends = np.degrees(np.arctan2(steps[:, 1], steps[:, 0]) - np.arctan2(chord[1], chord[0]))
    if np.abs((bends + 180) % 360 - 180).max() > _MOST_BEND_DEG:
        return None
    angle = float(np.degrees(np.arctan2(chord[1], chord[0])))
    angle = (angle + 90) % 180 - 90
    centre = points.mean(axis=0) + _normal(path, middle) * offset
    box = quad(centre[0], centre[1], width, size * _INK_EM, angle_deg=angle)
    return Run(centre[None, :], angle, (box,))


def _is_free(box: Points, taken: Taken) -> bool:
    low, high = box.min(axis=0), box.max(axis=0)
    if np.ptp(box[:2, 1]) < 1e-6:
        return taken.is_free(Rect(low[0], low[1], high[0] - low[0], high[1] - low[1]))
    return taken.is_quad_free(box)


def _text(name: str, run: Run, size: float, style: NameStyle, typeface: Typeface) -> TextOp:
    halo = 0.14 * size
    if len(run.middles) == 1 and len(name) > 1:
        turn = np.radians(run.angle_deg)
        half, drop = typeface.width_mm(name, size) / 2, BASELINE_EM * size
        x, y = run.middles[0]
        start = (x - half * np.cos(turn) - drop * np.sin(turn), y - half * np.sin(turn) + drop * np.cos(turn))
        return TextOp(
            float(start[0]), float(start[1]), name, size, style.ink, style.is_bold, run.angle_deg, style.halo, halo
        )
    spots = tuple(
        (float(x - typeface.width_mm(c, size) / 2), float(y + BASELINE_EM * size))
        for c, (x, y) in zip(name, run.middles, strict=True)
    )
    return TextOp(*spots[0], name, size, style.ink, style.is_bold, 0.0, style.halo, halo, spots)

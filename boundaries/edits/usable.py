"""What a command brings along must be usable before anything is worked out with it."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.edits.commands import CarveStrip, Command
from boundaries.errors import BadInput
from boundaries.snapshot import Snapshot

# A person draws some dozens, a file some thousands; what is larger is a mistake or meant to hold others up.
_MOST_VERTICES = 20_000
_WIDEST_M = 500.0


def require_usable(snapshot: Snapshot, command: Command) -> None:
    """Refuse drawings that are empty, not finite, too large or not on the map.

    Raises
    ------
    BadInput
        Naming the field.
    """
    for name, shape in _drawings(command):
        xy = shapely.get_coordinates(shape)
        if not len(xy) or not np.isfinite(xy).all():
            raise BadInput(
                f"操作中的图形 {name} 是空的或坐标不完整。请重画。",
                f"The drawing {name} of the command is empty or has coordinates missing. Draw it again.",
            )
        limits = np.array([180.0, 90.0]) if snapshot.crs.is_geographic else np.array([1e8, 1e8])
        if (np.abs(xy) > limits).any():
            raise BadInput(
                f"操作中的图形 {name} 不在地图范围内。请核对坐标系和坐标的先后(经度在前)。",
                f"The drawing {name} of the command is off the map. Check its system, and that longitude comes first.",
            )
        if len(xy) > _MOST_VERTICES:
            raise BadInput(
                f"操作中的图形 {name} 有 {len(xy)} 个顶点,超过 {_MOST_VERTICES}。请先简化。",
                f"The drawing {name} of the command has {len(xy)} vertices, more than {_MOST_VERTICES}. Simplify it.",
            )
    if isinstance(command, CarveStrip):
        _require_width(command)


def _drawings(command: Command) -> Iterator[tuple[str, BaseGeometry]]:
    for field in fields(command):
        value: Any = getattr(command, field.name)
        if isinstance(value, BaseGeometry):
            yield field.name, value
        elif field.name == "takers":
            yield from (("takers", point) for point, _ in value)


def _require_width(command: CarveStrip) -> None:
    widths = (command.left_m, command.right_m)
    if not all(0 <= width <= _WIDEST_M for width in widths) or not sum(widths):
        raise BadInput(
            f"条带两侧的宽度须在 0 到 {_WIDEST_M:g} 米之间,且不能都为 0。",
            f"The widths of a strip must be from 0 to {_WIDEST_M:g} m on either side, and not both 0.",
        )

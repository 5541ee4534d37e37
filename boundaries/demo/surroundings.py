"""Streets and the river, as lines and a polygon of the map."""

import numpy as np
from shapely import LineString, Polygon

from boundaries.demo import names
from boundaries.demo.ground import (
    COLUMNS,
    LEVEL_STREETS,
    RIVER_HALF_WIDTH_M,
    RIVER_ROAD_M,
    SOUTH_COLUMNS,
    Ground,
    Values,
    vertical_street,
)
from boundaries.model import Street, Water

_STEP_M = 8.0
_RIVER_BEYOND_M = 160.0
_BRIDGE_COLUMN = 4


def streets(ground: Ground) -> tuple[Street, ...]:
    """Centre lines: those from west to east first, then those from south to north."""
    verticals, south = ground.verticals, SOUTH_COLUMNS
    tracks: list[tuple[str, Values]] = []
    offsets = {"river_north": ("river", RIVER_ROAD_M), "river_south": ("river", -RIVER_ROAD_M)}
    for key, name in LEVEL_STREETS.items():
        line, offset = offsets.get(key, (key, 0.0))
        ends = (south[0], south[-1] + 1) if key in {"river_south", "south_middle", "bottom"} else (0, COLUMNS)
        u = np.arange(verticals[ends[0]], verticals[ends[1]] + 0.01, _STEP_M)
        u = np.unique(np.append(u, verticals[ends[1]]))
        tracks.append((name, np.column_stack([u, ground.lines[line](u) + offset])))
    for column, place in enumerate(verticals):
        # The street between the northern communities crosses the river on a bridge.
        foot = ground.at("river", place) + (-RIVER_ROAD_M if column == _BRIDGE_COLUMN else RIVER_ROAD_M)
        tracks.append((vertical_street(column, south=False), _upright(place, foot, ground.at("top", place))))
    for column in (*south, south[-1] + 1):
        place = verticals[column]
        head = ground.at("river", place) - RIVER_ROAD_M
        tracks.append((vertical_street(column, south=True), _upright(place, ground.at("bottom", place), head)))
    return tuple(
        Street(at + 1, f"R{at + 1:02d}", name, LineString(ground.bend(track)))
        for at, (name, track) in enumerate(tracks)
    )


def _upright(u: float, low: float, high: float) -> Values:
    v = np.linspace(low, high, max(int((high - low) / _STEP_M), 2))
    return np.column_stack([np.full(len(v), u), v])


def river(ground: Ground) -> Water:
    """The river, on beyond the town at both ends."""
    u = np.arange(ground.verticals[0] - _RIVER_BEYOND_M, ground.verticals[-1] + _RIVER_BEYOND_M, _STEP_M)
    # Banks are never quite parallel.
    width = RIVER_HALF_WIDTH_M + 2.5 * np.sin(u / 61.0)
    middle = ground.lines["river"](u)
    rim = np.concatenate([np.column_stack([u, middle - width]), np.column_stack([u, middle + width])[::-1]])
    return Water(1, "H1", names.RIVER, Polygon(ground.bend(rim)))

"""Drawings that cannot be used are refused before anything is worked out."""

import math

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from boundaries.edits import apply
from boundaries.edits.commands import (
    Carve,
    CarveStrip,
    Command,
    GiveGround,
    MoveAreaBorder,
    MoveBorder,
    MoveVertex,
    Split,
)
from boundaries.errors import BadInput
from geo.errors import Problem
from tests.boundaries.edits.town import town

TOWN = town(cells=36)
LINE = LineString([(119.3, 39.91), (119.31, 39.92)])
MANY = LineString(np.random.default_rng(0).uniform(39, 40, (20_001, 2)))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (Split("A0015", LineString()), "empty"),
        (MoveVertex(Point(119.3, math.nan), Point(119.3, 39.9)), "empty"),
        (MoveBorder("A0015", "A0016", LineString([(119.3, 39.9), (math.inf, 39.9)])), "coordinates missing"),
        (GiveGround("A0015", box(4e5, 3e6, 5e5, 4e6)), "off the map"),
        (Carve("A0", Polygon(), takers=()), "empty"),
        (Carve("A0", box(119.3, 39.9, 119.4, 40.0), takers=((Point(), "A0015"),)), "takers"),
        (Split("A0015", MANY), "Simplify"),
        (CarveStrip("A0", LINE, 0, 0), "not both 0"),
        (CarveStrip("A0", LINE, -1, 5), "from 0 to 500"),
        (CarveStrip("A0", LINE, math.inf, 5), "from 0 to 500"),
        (CarveStrip("A0", LINE, math.nan, 5), "from 0 to 500"),
    ],
)
def test_what_cannot_be_used_is_refused(command: Command, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        apply(TOWN, command)


@pytest.mark.parametrize(
    "line",
    [
        LineString([(119.3, 39.913), (119.3, 39.913)]),
        LineString([(119.3, 39.913), (119.301, 39.914), (119.3, 39.913)]),
        LineString([(119.29, 39.9), (119.31, 39.93), (119.31, 39.9), (119.29, 39.93), (119.29, 39.9)]),
        TOWN.area_by_code["A0"].polygon.exterior,
        TOWN.grid_by_code["A0015"].polygon.exterior,
        LineString(shapely.get_coordinates(TOWN.grid_by_code["A0015"].polygon) + 1e-9),
        LineString(shapely.get_coordinates(TOWN.area_by_code["A0"].polygon) + 2e-9),
    ],
)
def test_odd_lines_are_done_exactly_or_refused_with_a_reason(line: LineString) -> None:
    ring = LineString(shapely.get_coordinates(line))
    for command in (
        Split("A0015", ring),
        MoveBorder("A0015", "A0016", ring),
        MoveAreaBorder("A0", "A1", ring),
        CarveStrip("A0", ring, 10, 10),
        Carve(
            "A0", Polygon(shapely.get_coordinates(ring)) if len(ring.coords) > 3 else box(119.3, 39.91, 119.31, 39.92)
        ),
    ):
        try:
            edit = apply(TOWN, command)
        except Problem as problem:
            assert problem.zh != problem.en  # noqa: PT017  one of many outcomes
            continue
        assert edit.grids

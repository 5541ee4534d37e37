"""Measures of shapes that are hard to densify."""

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon

from geo.crs import STORAGE_CRS, SourceCrs
from geo.metric import Metric

METRIC = Metric(SourceCrs(STORAGE_CRS, STORAGE_CRS), "EPSG:4549")
# A real piece of ground: its spike of 1.5 km is half a millimetre wide at a new vertex of one side.
SPIKED = Polygon(
    [
        (120.4325965936891, 23.51351949767257),
        (120.432580836, 23.513505496),
        (120.433717188, 23.511401916),
        (120.433780319, 23.509831244),
        (120.43374588412298, 23.509778101046376),
        (120.442104497, 23.497937593),
        (120.433738882, 23.50978802),
        (120.432514646, 23.51347126),
    ]
)
# Square metres of a square degree there.
SCALE = 1.1316e10


def test_a_spike_does_not_cost_the_ground_behind_it() -> None:
    with_hole = Polygon(shapely.box(120, 23, 121, 24).exterior, [SPIKED.exterior])
    assert float(METRIC.area_m2(SPIKED)) == pytest.approx(SPIKED.area * SCALE, rel=1e-3)
    square = shapely.box(120.5, 23.5, 120.501, 23.501)
    shapes = np.array(
        [square, SPIKED, MultiPolygon([SPIKED, square]), shapely.GeometryCollection([SPIKED])], dtype=object
    )
    areas = METRIC.area_m2(shapes)
    assert areas == pytest.approx(shapely.area(shapes) * SCALE, rel=1e-3)
    assert areas[2] == pytest.approx(areas[0] + areas[1])
    whole = float(METRIC.area_m2(shapely.box(120, 23, 121, 24)))
    assert float(METRIC.area_m2(with_hole)) == pytest.approx(whole - areas[1], rel=1e-9)


def test_kinds_of_shapes_are_kept() -> None:
    shapes = np.array(
        [SPIKED, MultiPolygon([SPIKED]), shapely.Point(120, 23), shapely.LineString([(120, 23), (121, 23)])]
    )
    planes = METRIC.to_plane(shapes)
    assert [plane.geom_type for plane in planes] == ["Polygon", "MultiPolygon", "Point", "LineString"]

import numpy as np
import pytest
import shapely

from geo.measure import mean_width


@pytest.mark.parametrize(
    ("shape", "width"),
    [
        (shapely.box(0, 0, 100, 0.25), 0.25),
        (shapely.box(0, 0, 7, 7), 7.0),
        (shapely.Point(0, 0), 0.0),
        (shapely.LineString([(0, 0), (5, 0)]), 0.0),
    ],
)
def test_width_of_a_rectangle_is_its_short_side(shape: shapely.Geometry, width: float) -> None:
    assert mean_width(shape) == pytest.approx(width, rel=1e-12)


def test_a_disc_counts_as_the_square_of_its_area() -> None:
    disc = shapely.Point(0, 0).buffer(10, quad_segs=64)
    # Rounder than a square: quarter perimeter stands in for the side.
    assert mean_width(disc) == pytest.approx(disc.area / (disc.length / 4))


def test_a_bent_strip_has_its_own_width() -> None:
    strip = shapely.LineString([(0, 0), (100, 0), (100, 80)]).buffer(0.05, cap_style="flat", join_style="mitre")
    assert mean_width(strip) == pytest.approx(0.1, rel=2e-3)


def test_widths_come_as_an_array() -> None:
    widths = mean_width(np.array([shapely.box(0, 0, 9, 1), shapely.box(0, 0, 9, 2)]))
    assert widths == pytest.approx([1.0, 2.0])

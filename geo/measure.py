"""Plane measures of shapes, in the unit of their own coordinates."""

from typing import Any

import numpy as np
import shapely


def mean_width(geometry: Any) -> Any:
    """Width of the rectangle that has the shape's area and perimeter.

    The exact width of a rectangle, and for a long thin face of any course its
    mean width; a rounder shape than a square counts as the square of its area.

    Parameters
    ----------
    geometry : shapely geometry or array of them

    Returns
    -------
    float or ndarray of float64
        In the unit of the coordinates; 0 for what has no area.
    """
    area = shapely.area(geometry)
    quarter = shapely.length(geometry) / 4
    half_span = np.sqrt(np.maximum(quarter * quarter - area, 0.0))
    # The smaller root of w² - 2·quarter·w + area, in the form that does not cancel.
    return np.where(quarter + half_span > 0, area / np.maximum(quarter + half_span, 1e-300), 0.0)

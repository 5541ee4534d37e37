"""On which side of an edge a point lies, decided exactly.

The sign of ``dx * (y - y1) - dy * (x - x1)`` is taken from doubles where it is certain;
where rounding could turn it, products are taken apart without loss (Dekker, 1971), and
where even a difference of coordinates is not a double, whole numbers decide.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geo.rings import Floats

Signs = NDArray[np.int8]

# Rounding moves the result by less than this share of both products.
_UNSURE = 4e-16
_TINY = float(np.finfo(float).tiny)
_SPLITTER = float((1 << 27) + 1)
# Below it the error of a product is no double any more.
_SMALL = 1e-290


def side_signs(edges: Floats, x: Floats, y: Floats) -> Signs:
    """Sides of points.

    Parameters
    ----------
    edges : ndarray of float, shape (4, n)
        Both ends of an edge for each point, x before y.
    x, y : ndarray of float, shape (n,)

    Returns
    -------
    ndarray of int8, shape (n,)
        1 to the left of the edge, -1 to its right, 0 exactly on its line.
    """
    x1, y1, x2, y2 = edges
    return _signs(edges, (x2 - x1) * (y - y1), (y2 - y1) * (x - x1), x, y)


def corner_signs(edges: Floats, px: Floats, py: Floats, cx: Floats, cy: Floats) -> tuple[Signs, Signs, Signs]:
    """Sides of a point, of the corner at which its way turns, and of the end of the way.

    Parameters
    ----------
    edges : ndarray of float, shape (4, n)
    px, py : ndarray of float, shape (n,)
        Where a way begins. It goes level to cx, and then upright.
    cx, cy : ndarray of float, shape (n,)
        Where it ends.

    Returns
    -------
    tuple of ndarray of int8, shape (n,)
        As :func:`side_signs` gives them, of (px, py), (cx, py) and (cx, cy).
    """
    x1, y1, x2, y2 = edges
    dx, dy = x2 - x1, y2 - y1
    level, upright = dx * (py - y1), dy * (cx - x1)
    return (
        _signs(edges, level, dy * (px - x1), px, py),
        _signs(edges, level, upright, cx, py),
        _signs(edges, dx * (cy - y1), upright, cx, cy),
    )


def _signs(edges: Floats, one: Floats, other: Floats, x: Floats, y: Floats) -> Signs:
    """Signs of the difference of two products, of which the unsure ones are decided exactly."""
    side = one - other
    signs: Signs = (side > 0).view(np.int8) - (side < 0).view(np.int8)
    # Products this small have lost digits themselves; what is no number is unsure, too.
    unsure = np.flatnonzero(~(np.abs(side) > _UNSURE * (np.abs(one) + np.abs(other)) + _TINY))
    if len(unsure):
        signs[unsure] = _exact(edges[:, unsure], x[unsure], y[unsure])
    return signs


def _exact(edges: Floats, x: Floats, y: Floats) -> Signs:
    x1, y1, x2, y2 = edges
    (dx, has_dx), (dy, has_dy) = _difference(x2, x1), _difference(y2, y1)
    (px, has_px), (py, has_py) = _difference(x, x1), _difference(y, y1)
    (p, e), (q, f) = _product(dx, py), _product(dy, px)
    signs: Signs = np.sign((p - q) + (e - f)).astype(np.int8)
    # A remainder of a difference is lost here, so is the error of a very small product; and a sum that rounds
    # to nothing need not be nothing.
    lost = has_dx | has_dy | has_px | has_py | _vanishes(p, dx, py) | _vanishes(q, dy, px)
    for index in np.flatnonzero(lost | ((signs == 0) & (p != q))):
        signs[index] = exact_side(edges[:, index].tolist(), float(x[index]), float(y[index]))
    return signs


def _vanishes(product: Floats, one: Floats, other: Floats) -> NDArray[np.bool_]:
    return np.asarray((one != 0) & (other != 0) & (np.abs(product) < _SMALL))


def exact_side(edge: Sequence[float], x: float, y: float) -> int:
    """The same for one point, in whole numbers throughout."""
    # A double is a whole number over a power of two; over the largest of them all six are whole.
    ratios = [value.as_integer_ratio() for value in (*edge, x, y)]
    whole = max(below for _, below in ratios)
    x1, y1, x2, y2, px, py = (above * (whole // below) for above, below in ratios)
    left, right = (x2 - x1) * (py - y1), (y2 - y1) * (px - x1)
    return (left > right) - (left < right)


def _difference(one: Floats, other: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """``one - other`` rounded, and whether rounding changed it (Knuth's two-sum)."""
    rounded = one - other
    back = rounded - one
    rest = (one - (rounded - back)) - (other + back)
    return rounded, rest != 0


def _product(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """``one * other`` rounded, and the rounding error (Dekker)."""
    product = one * other
    high, low = _halves(one)
    other_high, other_low = _halves(other)
    rest = ((high * other_high - product) + high * other_low + low * other_high) + low * other_low
    return product, rest


def _halves(values: Floats) -> tuple[Floats, Floats]:
    scaled = values * _SPLITTER
    high = scaled - (scaled - values)
    return high, values - high

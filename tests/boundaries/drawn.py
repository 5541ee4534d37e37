"""Small tables as files would give them, for tests of loading."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from boundaries.exchange.tables import Table
from geo.crs import parse_crs


def table(
    columns: Mapping[str, Sequence[Any]],
    shapes: Sequence[Any] | None = None,
    *,
    crs: str | None = "EPSG:4549",
    file: str = "drawn.gpkg",
) -> Table:
    """A table of text, with a shape for each row where given."""
    frame = pd.DataFrame({name: pd.Series(list(values), dtype=object) for name, values in columns.items()})
    geometry = None
    if shapes is not None:
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = shapes
    system = parse_crs(crs) if crs is not None else None
    return Table(file, tuple(columns), frame, geometry, system, np.arange(2, len(frame) + 2))


def directed_segments_cancel(cells: Sequence[Any], parents: Sequence[Any]) -> bool:
    """Whether the boundaries of cells and the reversed ones of their parents cancel exactly."""
    forward, backward = [], []
    for shape, is_parent in [(cell, False) for cell in cells] + [(parent, True) for parent in parents]:
        for polygon in shapely.get_parts(shape):
            turned = shapely.geometry.polygon.orient(polygon)
            for ring in (turned.exterior, *turned.interiors):
                xy = shapely.get_coordinates(ring) + 0.0
                along, against = np.hstack([xy[:-1], xy[1:]]), np.hstack([xy[1:], xy[:-1]])
                forward.append(against if is_parent else along)
                backward.append(along if is_parent else against)
    first, second = np.vstack(forward), np.vstack(backward)
    return bool(np.array_equal(first[np.lexsort(first.T)], second[np.lexsort(second.T)]))

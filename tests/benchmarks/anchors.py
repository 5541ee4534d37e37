"""The usual exact recipe, as lean as it can be written."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon, STRtree

from geo.coverage import CoverageReport, Face

_SHARES_GROUND = "T********"


def union_and_join(cells: NDArray[np.object_], parent: Polygon) -> tuple[Any, Any, Any]:
    """Gaps by ``parent - union``, overlaps of pairs by a self-join; what lies outside is not asked for.

    Returns
    -------
    tuple of (gaps, pairs, common)
        Parts of the gaps; indices of cells that share ground, shape (2, n); that ground.
    """
    gaps = shapely.get_parts(shapely.difference(parent, shapely.union_all(cells)))
    # Joining by bounds and relating once is faster than a predicate in the query and relating again.
    pairs = STRtree(cells).query(cells)
    pairs = pairs[:, pairs[0] < pairs[1]]
    pairs = pairs[:, shapely.relate_pattern(cells[pairs[0]], cells[pairs[1]], _SHARES_GROUND)]
    return gaps, pairs, shapely.intersection(cells[pairs[0]], cells[pairs[1]])


def as_report(gaps: Any, pairs: Any, common: Any) -> CoverageReport:
    """Gaps and common ground of pairs as a report that can be scored; triple ground is told once a pair."""
    overlaps = [
        Face(part, (int(first), int(second)))
        for first, second, shape in zip(*pairs, common, strict=True)
        for part in shapely.get_parts(shapely.get_parts(shape))
        if isinstance(part, Polygon)
    ]
    return CoverageReport(
        gaps=tuple(Face(part) for part in gaps if isinstance(part, Polygon)), overlaps=tuple(overlaps), is_exact=False
    )

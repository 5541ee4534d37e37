"""Micro-grids made of the street blocks of a real town, for trying the whole chain on.

The extracts of real towns hold no division, so the blocks between their streets
serve as one: noded street lines, polygonized, blocks under a floor joined to the
neighbour with the longest shared border. One rectangle is the community.
"""

from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely
from shapely import Polygon

_STREETS = ("trunk", "primary", "secondary", "tertiary", "residential", "unclassified", "living_street", "pedestrian")
_SMALLEST_M2 = 4_000.0


def write_street_blocks(extract: Path, folder: Path, *, plane: str) -> tuple[Path, Path]:
    """Write grids.gpkg and parents.gpkg for a town's extract, in the metric plane."""
    roads = pyogrio.read_dataframe(extract, layer="roads").to_crs(plane)
    buildings = pyogrio.read_dataframe(extract, layer="buildings").to_crs(plane)
    community = shapely.box(*np.round(buildings.total_bounds, 3))
    lines = roads.geometry[roads["highway"].isin(_STREETS)].intersection(community)
    noded = shapely.union_all([*lines, community.boundary])
    blocks = _join_small(list(shapely.get_parts(shapely.polygonize([noded]))))
    frame = geopandas.GeoDataFrame(
        {
            "网格编码": [f"321081999001{number:03d}" for number in range(1, len(blocks) + 1)],
            "网格名称": [f"街区{number}" for number in range(1, len(blocks) + 1)],
            "社区": ["321081999001"] * len(blocks),
        },
        geometry=blocks,
        crs=plane,
    )
    parent = geopandas.GeoDataFrame(
        {"编码": ["321081999001"], "名称": ["试验社区"], "层级": ["community"]}, geometry=[community], crs=plane
    )
    grids_file, parents_file = folder / "grids.gpkg", folder / "parents.gpkg"
    frame.to_file(grids_file)
    parent.to_file(parents_file)
    return grids_file, parents_file


def _join_small(blocks: list[Polygon]) -> list[Polygon]:
    while True:
        small = min(blocks, key=shapely.area)
        if small.area >= _SMALLEST_M2:
            return blocks
        blocks.remove(small)
        shared = shapely.length(shapely.intersection(small.boundary, shapely.boundary(np.array(blocks))))
        host = blocks[int(np.argmax(shared))]
        blocks[int(np.argmax(shared))] = shapely.union_all([host, small])

"""Micro-grids made of the street blocks of a real town, for trying the whole chain on.

The extracts of real towns hold no division, so the blocks between their streets
serve as one: street lines and the outlines of the buildings that stand across
them are noded together and polygonized; a face goes to its block, a building as a
whole to the block that holds most of it; a block under a floor joins the neighbour
with the longest shared border. One rectangle is the community.
"""

from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely
from shapely import Polygon, STRtree

AREA = "321081999001"
_STREETS = ("trunk", "primary", "secondary", "tertiary", "residential", "unclassified", "living_street", "pedestrian")
_SMALLEST_M2 = 4_000.0


@dataclass(frozen=True)
class Division:
    """Files of a trial division, and how many grids it has."""

    parents: Path
    grids: Path
    count: int


def write_street_blocks(extract: Path, folder: Path, *, plane: str) -> Division:
    """Write grids and their parent for a town's extract, in a metric plane."""
    roads = pyogrio.read_dataframe(extract, layer="roads").to_crs(plane)
    buildings = pyogrio.read_dataframe(extract, layer="buildings").to_crs(plane)
    shops = pyogrio.read_dataframe(extract, layer="shops_poi").to_crs(plane)
    premises = shapely.GeometryCollection([*buildings.geometry, *shops.geometry])
    community = shapely.box(*np.round(premises.buffer(1.0).bounds, 3))
    lines = roads.geometry[roads["highway"].isin(_STREETS)].intersection(community)
    noded = shapely.union_all([*lines, community.boundary])
    blocks = _join_small(list(shapely.get_parts(shapely.polygonize([noded]))))
    blocks = _keep_whole(blocks, np.asarray(buildings.geometry))
    frame = geopandas.GeoDataFrame(
        {
            "网格编码": [f"{AREA}{number:03d}" for number in range(1, len(blocks) + 1)],
            "网格名称": [f"街区{number}" for number in range(1, len(blocks) + 1)],
            "类型": ["商圈"] * len(blocks),
            "社区": [AREA] * len(blocks),
        },
        geometry=blocks,
        crs=plane,
    )
    # The union carries the nodes that the streets left on the rectangle.
    outline = shapely.coverage_union_all(blocks)
    parent = geopandas.GeoDataFrame(
        {"编码": [AREA], "名称": ["试验社区"], "层级": ["社区"]}, geometry=[outline], crs=plane
    )
    division = Division(folder / "parents.gpkg", folder / "grids.gpkg", len(blocks))
    parent.to_file(division.parents)
    frame.to_file(division.grids)
    return division


def _join_small(blocks: list[Polygon]) -> list[Polygon]:
    while True:
        small = min(blocks, key=shapely.area)
        if small.area >= _SMALLEST_M2:
            return blocks
        blocks.remove(small)
        shared = shapely.length(shapely.intersection(small.boundary, shapely.boundary(np.array(blocks))))
        host = int(np.argmax(shared))
        blocks[host] = shapely.union_all([blocks[host], small])


def _keep_whole(blocks: list[Polygon], buildings: np.ndarray) -> list[Polygon]:
    """Give each building that stands across a border to the block with most of it."""
    shapes = np.array(blocks)
    across = shapely.unary_union(buildings[~_inside_one(shapes, buildings)])
    outlines = [part.exterior for part in shapely.get_parts(across)]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([*shapely.boundary(shapes), *outlines])]))
    inner = shapely.point_on_surface(faces)
    owner = np.full(len(faces), -1)
    face, block = STRtree(shapes).query(inner, predicate="within")
    owner[face] = block
    for part in shapely.get_parts(across):
        share = shapely.area(shapely.intersection(shapes, part))
        owner[shapely.contains(part.buffer(1e-6), inner)] = int(np.argmax(share))
    whole = [shapely.union_all(faces[owner == index]) for index in range(len(blocks))]
    # A block that a building falls apart from keeps its largest piece; the rest are blocks of their own.
    return [part for shape in whole for part in shapely.get_parts(shape)]


def _inside_one(blocks: np.ndarray, buildings: np.ndarray) -> np.ndarray:
    inside = np.zeros(len(buildings), dtype=bool)
    building, _ = STRtree(blocks).query(buildings, predicate="covered_by")
    inside[building] = True
    return inside

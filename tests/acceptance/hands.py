"""What hands do to a file of grids: each deed takes the rows of a file and gives them back changed."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely
import shapely.ops
from shapely import LineString, Polygon

# About a metre in degrees of latitude, and of longitude in the demo town.
LAT_M = 1 / 110_900.0
LON_M = 1 / 94_300.0

Frame = geopandas.GeoDataFrame


@dataclass(frozen=True)
class Deed:
    """One thing that hands do.

    Attributes
    ----------
    name : str
    do : callable
        From the rows and a source of chance to the rows as they are given back.
    fit : str
        "exact" where it must come back and be written, "same" where nothing may change,
        "any" where it may be written or refused.
    suffix : str
        Of the file that is given back.
    options : dict
        Of :class:`boundaries.services.round_trip.TakeBack`.
    """

    name: str
    do: Callable[[Frame, np.random.Generator], Frame]
    fit: str = "any"
    suffix: str = ".gpkg"
    options: tuple[tuple[str, object], ...] = ()


def pairs_of(frame: Frame) -> list[tuple[int, int, LineString]]:
    """Neighbours of one area with the line that they share, where it is one and long enough."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="touches")
    found = []
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        if a < b and frame["area"].iloc[a] == frame["area"].iloc[b]:
            shared = shapely.line_merge(shapely.intersection(shapes[a], shapes[b]))
            if shared.geom_type == "LineString" and len(shared.coords) >= 3 and shared.length > 20 * LAT_M:
                found.append((a, b, shared))
    return found


def with_shape(frame: Frame, row: int, shape: Polygon) -> Frame:
    changed = frame.copy()
    shapes = np.asarray(changed.geometry.array, dtype=object).copy()
    shapes[row] = shape
    return changed.set_geometry(geopandas.GeoSeries(shapes, index=changed.index, crs=changed.crs))


def moved(shape: Polygon, at: tuple[float, float], dx: float, dy: float) -> Polygon:
    """A polygon with one vertex, wherever it stands in it, moved."""

    def move(xy: np.ndarray) -> np.ndarray:
        hit = (np.abs(xy - np.array(at)) < 1e-12).all(axis=1)
        return np.where(hit[:, None], xy + np.array([dx, dy]), xy)

    return shapely.transform(shape, move)


def some_pair(frame: Frame, rng: np.random.Generator) -> tuple[int, int, LineString]:
    pairs = pairs_of(frame)
    return pairs[int(rng.integers(len(pairs)))]


def inner_vertex(line: LineString, rng: np.random.Generator) -> tuple[float, float]:
    xy = list(line.coords)
    return xy[int(rng.integers(1, len(xy) - 1))]


def jitter(rng: np.random.Generator, metres: float) -> tuple[float, float]:
    angle, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 1.0) * metres
    return float(np.cos(angle) * size * LON_M), float(np.sin(angle) * size * LAT_M)


def slipped_vertex(frame: Frame, rng: np.random.Generator) -> Frame:
    """One vertex of one grid a little off; its neighbour was not touched."""
    for _ in range(100):
        a, _, line = some_pair(frame, rng)
        shape = moved(frame.geometry.iloc[a], inner_vertex(line, rng), *jitter(rng, 0.45))
        if shape.is_valid:
            return with_shape(frame, a, shape)
    raise AssertionError("no vertex can slip")


def moved_in_both(
    frame: Frame, rng: np.random.Generator, *, by_m: float, off_m: float = 0.0
) -> tuple[Frame, tuple[int, int]]:
    """A vertex of a shared border moved in both grids, which stay valid; and the two rows."""
    for _ in range(100):
        a, b, line = some_pair(frame, rng)
        at, by, off = inner_vertex(line, rng), jitter(rng, by_m), jitter(rng, off_m)
        one = moved(frame.geometry.iloc[a], at, *by)
        other = moved(frame.geometry.iloc[b], at, by[0] + off[0], by[1] + off[1])
        # Hands that go beyond the two grids do something else.
        ground = shapely.buffer(shapely.union(frame.geometry.iloc[a], frame.geometry.iloc[b]), 0.01 * LAT_M)
        if one.is_valid and other.is_valid and ground.contains(one) and ground.contains(other):
            return with_shape(with_shape(frame, a, one), b, other), (a, b)
    raise AssertionError("no vertex can be moved")


def moved_by_both(frame: Frame, rng: np.random.Generator) -> Frame:
    """A vertex of a shared border moved by some metres, in both grids, as topological editing does."""
    return moved_in_both(frame, rng, by_m=3.0)[0]


def moved_apart(frame: Frame, rng: np.random.Generator) -> Frame:
    """The same, but the two hands missed each other by up to 0.4 m."""
    return moved_in_both(frame, rng, by_m=3.0, off_m=0.4)[0]


def moved_on_one_side(frame: Frame, rng: np.random.Generator) -> Frame:
    """A border moved by metres in one grid only."""
    a, _, line = some_pair(frame, rng)
    return with_shape(frame, a, moved(frame.geometry.iloc[a], inner_vertex(line, rng), *jitter(rng, 6.0)))


def vertex_on_one_side(frame: Frame, rng: np.random.Generator) -> Frame:
    """A border moved in both grids, the first with vertices more on the way."""
    frame, (row, _) = moved_in_both(frame, rng, by_m=2.0)
    return with_shape(frame, row, shapely.segmentize(frame.geometry.iloc[row], 7 * LAT_M))


def _halves(shape: Polygon, rng: np.random.Generator) -> list[Polygon]:
    """Two pieces of a polygon, cut through its middle."""
    west, south, east, north = shape.bounds
    at = rng.uniform(0.35, 0.65)
    x, y = west + (east - west) * at, south + (north - south) * at
    upright = LineString([(x, south - 1e-4), (x, north + 1e-4)])
    line = upright if rng.random() < 0.5 else LineString([(west - 1e-4, y), (east + 1e-4, y)])
    return [one for one in shapely.get_parts(shapely.ops.split(shape, line)) if one.area > 0.05 * shape.area]


def split(frame: Frame, rng: np.random.Generator) -> Frame:
    """A grid cut in two as QGIS cuts: both halves have all its attributes, its number too."""
    order = rng.permutation(len(frame))
    for row in order.tolist():
        halves = _halves(frame.geometry.iloc[row], rng)
        if len(halves) == 2:
            extra = frame.iloc[[row]].copy()
            frame = with_shape(frame, row, halves[0])
            extra = extra.set_geometry(geopandas.GeoSeries([halves[1]], index=extra.index, crs=frame.crs))
            return geopandas.GeoDataFrame(joined(frame, extra), crs=frame.crs)
    raise AssertionError("no grid can be cut in two")


def joined(frame: Frame, extra: Frame) -> Frame:
    return pd.concat([frame, extra], ignore_index=True)


def merged(frame: Frame, rng: np.random.Generator) -> Frame:
    """Two grids made one: the first keeps its row, the other is gone."""
    a, b, _ = some_pair(frame, rng)
    frame = with_shape(frame, a, shapely.union(frame.geometry.iloc[a], frame.geometry.iloc[b]))
    return frame.drop(index=frame.index[b]).reset_index(drop=True)


def deleted(frame: Frame, rng: np.random.Generator) -> Frame:
    """A grid deleted; nobody has its ground."""
    return frame.drop(index=frame.index[int(rng.integers(len(frame)))]).reset_index(drop=True)


def drawn_on_top(frame: Frame, rng: np.random.Generator) -> Frame:
    """A new grid drawn over others."""
    extra = frame.iloc[[int(rng.integers(len(frame)))]].copy()
    middle = extra.geometry.iloc[0].representative_point()
    extra["mg_id"] = None
    extra["code"] = None
    shape = shapely.box(middle.x - 20 * LON_M, middle.y - 20 * LAT_M, middle.x + 20 * LON_M, middle.y + 20 * LAT_M)
    extra = extra.set_geometry(geopandas.GeoSeries([shape], index=extra.index, crs=frame.crs))
    return joined(frame, extra)


def carved(frame: Frame, rng: np.random.Generator) -> Frame:
    """A new grid drawn within another, which was cut out for it."""
    row = int(rng.integers(len(frame)))
    whole = frame.geometry.iloc[row]
    middle = whole.representative_point()
    piece = shapely.intersection(whole, shapely.buffer(middle, 12 * LAT_M, quad_segs=4))
    rest = shapely.difference(whole, piece)
    if piece.geom_type != "Polygon" or rest.geom_type != "Polygon":
        return carved(frame, rng)
    extra = frame.iloc[[row]].copy()
    extra["mg_id"] = None
    extra["code"] = None
    extra["name"] = "新画的网格"
    frame = with_shape(frame, row, rest)
    extra = extra.set_geometry(geopandas.GeoSeries([piece], index=extra.index, crs=frame.crs))
    return joined(frame, extra)


def numbers_lost(frame: Frame, rng: np.random.Generator) -> Frame:
    """Every permanent number lost, the codes kept; one border moved."""
    frame = moved_by_both(frame, rng)
    frame["mg_id"] = None
    return frame


def numbers_and_codes_lost(frame: Frame, rng: np.random.Generator) -> Frame:
    """Some rows copied without their attributes."""
    frame = frame.copy()
    rows = frame.index[rng.choice(len(frame), 5, replace=False)]
    for column in ("mg_id", "code", "name"):
        frame[column] = frame[column].astype(object)
        frame.loc[rows, column] = None
    return frame


def number_doubled(frame: Frame, rng: np.random.Generator) -> Frame:
    """A row pasted over another one's attributes."""
    a, b, _ = some_pair(frame, rng)
    frame = frame.copy()
    for column in ("mg_id", "code", "name"):
        frame.loc[frame.index[b], column] = frame[column].iloc[a]
    return frame


def rings_turned(frame: Frame, rng: np.random.Generator) -> Frame:
    """Every ring begins elsewhere and runs the other way."""

    def turned(shape: Polygon) -> Polygon:
        xy = np.asarray(shape.exterior.coords)[:-1]
        start = int(rng.integers(len(xy)))
        ring = np.roll(xy, -start, axis=0)[::-1]
        return Polygon(np.vstack([ring, ring[:1]]), [hole.coords[::-1] for hole in shape.interiors])

    shapes = np.empty(len(frame), dtype=object)
    shapes[:] = [turned(shape) for shape in frame.geometry]
    return frame.set_geometry(geopandas.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def there_and_back(frame: Frame, _rng: np.random.Generator) -> Frame:
    """Re-projected to the office's own system and back, as an export with another system does."""
    return frame.to_crs("EPSG:4549").to_crs("EPSG:4490")


def there_and_back_moved(frame: Frame, rng: np.random.Generator) -> Frame:
    """The same with a border moved in between."""
    return there_and_back(moved_by_both(frame, rng), rng)


def in_metres(frame: Frame, rng: np.random.Generator) -> Frame:
    """Given back in the office's own system."""
    return moved_by_both(frame, rng).to_crs("EPSG:4549")


def untouched(frame: Frame, _rng: np.random.Generator) -> Frame:
    """Opened and saved."""
    return frame


def renamed(frame: Frame, rng: np.random.Generator) -> Frame:
    """A name and a kind changed in the table."""
    frame = frame.copy()
    row = frame.index[int(rng.integers(len(frame)))]
    frame.loc[row, "name"] = "改名后的网格"
    frame.loc[row, "honorary_name"] = "党建示范网格"
    return frame


def simplified(frame: Frame, rng: np.random.Generator) -> Frame:
    """One grid simplified by 0.3 m, its neighbours not."""
    row = int(rng.integers(len(frame)))
    return with_shape(frame, row, shapely.simplify(frame.geometry.iloc[row], 0.3 * LAT_M))


def self_crossing(frame: Frame, rng: np.random.Generator) -> Frame:
    """A vertex dragged across the grid, so that its border crosses itself."""
    row = int(rng.integers(len(frame)))
    shape = frame.geometry.iloc[row]
    west, south, east, north = shape.bounds
    return with_shape(frame, row, moved(shape, shape.exterior.coords[3], (east - west) * 3, (north - south) * -2))


def read_rows(path: object) -> Frame:
    """The tile grids of a package."""
    frame = pyogrio.read_dataframe(path, layer="grids")
    return frame.astype({"mg_id": object})

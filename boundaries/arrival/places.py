"""Where things belong: the parent that a row names, or that lies around it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from boundaries.arrival.rows import Arrival, refuse
from boundaries.errors import BadInput, RefusedRow
from boundaries.exchange.snapshot_files import smallest_around
from boundaries.model import Area
from boundaries.snapshot import Snapshot
from geo.mesh import Shapes
from geo.metric import Metric

# Premises this far outside every area were drawn in another system, or for another town.
MAX_OUTSIDE_M = 5_000.0
# No city is as wide as this.
MAX_APART_M = 500_000.0


def codes_by_word(things: Sequence[Any]) -> dict[str, str]:
    """Codes by code and by name, where one name is one thing."""
    names: dict[str, set[str]] = {}
    for thing in things:
        names.setdefault(thing.name, set()).add(thing.code)
    single = {name: next(iter(codes)) for name, codes in names.items() if len(codes) == 1}
    return {**single, **{thing.code: thing.code for thing in things}}


def with_area_parents(arrivals: Sequence[Arrival], snapshot: Snapshot) -> list[Arrival]:
    """Turn the parents that areas name into codes.

    Raises
    ------
    RefusedRows
        If a parent is neither in the file nor among what stands.
    """
    arriving = {arrival.value.code for arrival in arrivals}
    standing = [area for area in snapshot.areas if area.code not in arriving]
    words = codes_by_word([*standing, *(arrival.value for arrival in arrivals)])
    refused, result = [], []
    for arrival in arrivals:
        parent = arrival.value.parent
        code = words.get(parent) if parent is not None else None
        if parent is not None and code is None:
            refused.append(_no_parent(arrival, parent))
        result.append(arrival.but(parent=code))
    refuse(refused)
    return result


def _no_parent(arrival: Arrival, parent: str) -> RefusedRow:
    return arrival.refusal(
        "parent",
        parent,
        "上级区域不存在。请先导入这个区域,或改正编码",
        "there is no such parent area. Load it first, or correct the code",
    )


def with_grid_areas(arrivals: Sequence[Arrival], shapes: Shapes, areas: Sequence[Area]) -> list[Arrival]:
    """Give each grid the code of its area: the one it names, else the smallest around it.

    Parameters
    ----------
    arrivals : sequence of Arrival
    shapes : ndarray of Polygon
        Their shapes, EPSG:4490.
    areas : sequence of Area
        What stands.

    Raises
    ------
    BadInput
        If there is no area at all.
    RefusedRows
        If an area named does not exist, or a grid lies in none.
    """
    if not areas:
        raise BadInput(
            "还没有任何区域。请先导入区域(load areas 文件 --level 社区);区域若在某个调整方案里,请加 --draft 编号。",
            "There is no area yet. Load the areas first (load areas FILE --level community); "
            "where they are in a draft, add --draft N.",
        )
    words = codes_by_word(areas)
    around = [None if at is None else areas[at].code for at in smallest_around(shapes, areas)]
    refused, result = [], []
    for arrival, inside in zip(arrivals, around, strict=True):
        named = arrival.value.area
        code = words.get(named) if named else inside
        if code is None and named:
            refused.append(_no_parent(arrival, named))
        elif code is None:
            refused.append(
                arrival.refusal(
                    None,
                    arrival.value.code,
                    "不在任何区域之内。请核对坐标系,或在“上级编码”列写明所属区域",
                    "lies in no area. Check the coordinate system, or name its area in a column",
                )
            )
        result.append(arrival.but(area=code or ""))
    refuse(refused)
    return result


def require_touching(
    arrivals: Sequence[Arrival], shapes: Shapes, parents: Mapping[str, Any], parent_of: Sequence[str | None]
) -> None:
    """Refuse shapes that do not even touch their parent.

    Parameters
    ----------
    arrivals : sequence of Arrival
    shapes : ndarray of shapely geometries
        EPSG:4490.
    parents : mapping
        Code -> polygon.
    parent_of : sequence of str or None
        The parent's code of each.

    Raises
    ------
    RefusedRows
        Saying how far away it lies.
    """
    metric = _metric(shapes)
    refused = []
    for arrival, shape, code in zip(arrivals, shapes, parent_of, strict=True):
        parent = parents.get(code) if code is not None else None
        if parent is None or shapely.intersects(shape, parent):
            continue
        far = _distance_m(metric, shape, parent)
        refused.append(
            arrival.refusal(
                None,
                arrival.value.code,
                f"距所属区域 {code} {spoken_m(far)[0]},两者不相接。请核对坐标系和上级编码",
                f"lies {spoken_m(far)[1]} from its area {code}. Check the coordinate system and the parent's code",
            )
        )
    refuse(refused)


def require_near(arrivals: Sequence[Arrival], shapes: Shapes, snapshot: Snapshot) -> None:
    """Refuse premises far outside every area.

    Raises
    ------
    RefusedRows
        Saying how far away they lie.
    """
    if not snapshot.areas or not len(shapes):
        return
    outlines = np.asarray([area.polygon for area in snapshot.areas], dtype=object)
    tree = shapely.STRtree(outlines)
    inside = np.zeros(len(shapes), dtype=bool)
    inside[tree.query(shapes, predicate="intersects")[0]] = True
    metric = _metric(outlines)
    refused = []
    for index in np.flatnonzero(~inside).tolist():
        far = _distance_m(metric, shapes[index], outlines[tree.nearest(shapes[index])])
        if far > MAX_OUTSIDE_M:
            zh, en = spoken_m(far)
            refused.append(
                arrivals[index].refusal(
                    None,
                    arrivals[index].value.code,
                    f"距最近的区域 {zh}。请核对坐标系(--crs)和经纬度",
                    f"lies {en} from the nearest area. Check the coordinate system (--crs) and the coordinates",
                )
            )
    refuse(refused)


def require_together(arrivals: Sequence[Arrival], shapes: Shapes, snapshot: Snapshot) -> None:
    """Refuse areas impossibly far from all the others.

    Raises
    ------
    RefusedRows
        Saying how far away they lie.
    """
    everything = np.concatenate([shapes, np.asarray([area.polygon for area in snapshot.areas], dtype=object)])
    if len(everything) < 2:
        return
    middle = np.median(shapely.get_coordinates(shapely.point_on_surface(everything)), axis=0)
    centre = shapely.Point(middle)
    refused = []
    for arrival, shape in zip(arrivals, shapes, strict=True):
        # Degrees apart first: projecting to the far side of the world may fail.
        far = shapely.distance(shape, centre) * 111_000.0
        if far > MAX_APART_M:
            zh, en = spoken_m(far)
            refused.append(
                arrival.refusal(
                    None,
                    arrival.value.code,
                    f"距其他区域约 {zh}。请核对坐标系和坐标",
                    f"lies about {en} from the other areas. Check the coordinate system and the coordinates",
                )
            )
    refuse(refused)


def _metric(shapes: Shapes) -> Metric:
    return Metric.of(Snapshot.stored_crs(), shapely.GeometryCollection(list(shapes)))


def _distance_m(metric: Metric, one: Any, other: Any) -> float:
    degrees = float(shapely.distance(one, other))
    if degrees > 3.0:
        # A plane meant for one city measures nothing across a continent.
        return degrees * 111_000.0
    return float(shapely.distance(metric.to_plane(one), metric.to_plane(other)))


def spoken_m(metres: float) -> tuple[str, str]:
    """A distance for people, in Chinese and English."""
    if metres >= 1000:
        return f"{metres / 1000:,.0f} 公里", f"{metres / 1000:,.0f} km"
    return f"{metres:.1f} 米", f"{metres:.1f} m"

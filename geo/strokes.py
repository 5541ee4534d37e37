"""Lines that somebody draws to cut cells by, fitted to the ground that they cut.

A stroke keeps only what lies on the ground; where it meets the chain it ends on a vertex
of it, where it stops just short of a border it is drawn on to it. Only the last bit of a
stroke turns aside for that (docs/decisions/0011).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.chain import CannotReshape, Chain, Precision
from geo.rings import Floats, Shapes

# No end goes further than this: stored borders have a vertex at least every two metres.
MAX_SHIFT_M = 1.5
# A pen that comes so near to a vertex means it.
SNAP_M = 5e-3
# On the chain, but for what rounding does.
_HAIR_M = 1e-3
# The last bit of a line turns aside, at most so much of its last edge.
_MOST_OF_AN_EDGE = 1 / 3
_MAX_ROUNDS = 6
_LINE = 1


def fitted(lines: Iterable[Any], ground: Any, chain: Chain, *, vertices: Floats) -> list[Floats]:
    """Fit drawn lines to the ground.

    Parameters
    ----------
    lines : iterable of LineString or MultiLineString
    ground : Polygon or MultiPolygon
        The union of the cells that may be cut.
    chain : Chain
        The parents' border near by.
    vertices : ndarray of float, shape (v, 2)
        Of the cells: what comes near one goes to it.

    Returns
    -------
    list of ndarray of float, shape (n, 2)
        Rounded vertices of each piece, two or more; nothing crosses the chain but in its vertices.

    Raises
    ------
    CannotReshape
        If a line meets the chain too far from its vertices, or cannot be fitted to it.
    """
    precision = chain.precision
    drawn = [shapely.get_coordinates(part) for line in lines for part in shapely.get_parts(line)]
    pieces = [_tidied(_snapped(xy, vertices, precision), precision) for xy in drawn]
    shapely.prepare(ground)
    for _ in range(_MAX_ROUNDS):
        inside = _clipped([xy for xy in pieces if len(xy) > 1], ground)
        pieces = [_tidied(_ended(xy, ground, chain), precision) for xy in inside]
        pieces = [xy for xy in pieces if len(xy) > 1 and not _is_speck(xy, chain)]
        if not _crosses(pieces, chain):
            return pieces
    place = pieces[0][0]
    raise CannotReshape(
        "所画的线与区域边界几乎重合、多次相交,无法落在边界的顶点上。请沿边界顶点画,或离开边界画。",
        "The line runs too close along the border of the area and crosses it again and again. Draw it along the"
        " border's vertices, or away from the border.",
        (float(place[0]), float(place[1])),
    )


def brought_to(line: Any, border: Any, precision: Precision) -> Any:
    """A line whose ends lie on a border, if they come as near as 1.5 m to it.

    Parameters
    ----------
    line : LineString
    border : LineString or MultiLineString
    precision : Precision

    Returns
    -------
    LineString
        An end goes to the nearest vertex of the border, or to the nearest point where no
        vertex is so near.
    """
    vertices = shapely.get_coordinates(border)
    xy = shapely.get_coordinates(line).copy()
    if not len(vertices) or len(xy) < 2:
        return line
    tree = cKDTree(precision.metres(vertices))
    for place in (0, -1):
        way, nearest = tree.query(precision.metres(xy[place]))
        goal = vertices[nearest]
        if way > MAX_SHIFT_M:
            goal = shapely.get_coordinates(shapely.shortest_line(shapely.Point(xy[place]), border))[-1]
            way = float(np.hypot(*precision.metres(goal - xy[place])))
        if way <= MAX_SHIFT_M:
            xy[place] = goal
    return shapely.linestrings(xy)


def strip(line: Any, *, left_m: float, right_m: float, precision: Precision) -> Any:
    """The ground along a line, so many metres wide on either side of it.

    Parameters
    ----------
    line : LineString
    left_m, right_m : float
        Not negative, and not both nothing.
    precision : Precision

    Returns
    -------
    Polygon or MultiPolygon
        In the coordinates of the line.
    """
    scale = np.array(precision.scale)
    plane = shapely.transform(line, lambda xy: xy * scale)
    sides = [
        shapely.buffer(plane, width, cap_style="flat", join_style="mitre", single_sided=True)
        for width in (left_m, -right_m)
        if width
    ]
    return shapely.transform(shapely.union_all(sides), lambda xy: precision.rounded(xy / scale))


def _snapped(xy: Floats, vertices: Floats, precision: Precision) -> Floats:
    """Vertices of a line on those of the cells that they come near."""
    xy = precision.rounded(xy)
    if not len(vertices):
        return xy
    way, nearest = cKDTree(precision.metres(vertices)).query(precision.metres(xy), distance_upper_bound=SNAP_M)
    near = np.isfinite(way)
    xy[near] = vertices[nearest[near]]
    return xy


def _tidied(xy: Floats, precision: Precision) -> Floats:
    """The same without vertices that stand twice, or back on themselves."""
    xy = precision.rounded(xy)
    while len(xy) > 1:
        repeats = np.append(False, (xy[1:] == xy[:-1]).all(axis=1))
        returns = np.zeros(len(xy), dtype=bool)
        returns[1:-1] = (xy[2:] == xy[:-2]).all(axis=1)
        if not (repeats | returns).any():
            break
        xy = xy[~(repeats if repeats.any() else returns)]
    return xy


def _clipped(pieces: Sequence[Floats], ground: Any) -> list[Floats]:
    """What of lines lies on the ground."""
    if not pieces:
        return []
    kept: list[Floats] = []
    for xy in pieces:
        line = shapely.linestrings(xy)
        inside = line if shapely.covers(ground, line) else shapely.intersection(line, ground)
        parts = shapely.get_parts(shapely.line_merge(_lines_of(inside)) if inside is not line else line)
        kept += [shapely.get_coordinates(part) for part in parts if shapely.get_type_id(part) == _LINE]
    return kept


def _lines_of(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    is_line = (shapely.get_type_id(parts) == _LINE) & ~shapely.is_empty(parts)
    return shapely.MultiLineString(list(parts[is_line]))


def _ended(xy: Floats, ground: Any, chain: Chain) -> Floats:
    """A piece whose vertices on the chain are vertices of the chain, and whose ends reach a border."""
    is_closed = bool((xy[0] == xy[-1]).all())
    if not is_closed:
        xy = _drawn_on(_drawn_on(xy, ground, chain)[::-1], ground, chain)[::-1]
    on_chain = np.flatnonzero(chain.distance_m(xy) <= _HAIR_M)
    if not len(on_chain):
        return xy
    vertex, way = chain.nearest(xy[on_chain])
    _require_near(vertex, way)
    ends = [
        (index, place) for index, place in enumerate(on_chain.tolist()) if place in {0, len(xy) - 1} and not is_closed
    ]
    result = xy.copy()
    result[on_chain] = vertex
    stubs = {place: _stub(xy, place, float(way[index]), chain) for index, place in ends}
    first, last = stubs.get(0), stubs.get(len(xy) - 1)
    rows = [result[:1], *([first] if first is not None else []), result[1:-1]]
    return np.vstack([*rows, *([last] if last is not None else []), result[-1:]])


def _stub(xy: Floats, place: int, way_m: float, chain: Chain) -> Floats | None:
    """Where the last edge of a line begins to turn aside."""
    inner = xy[1] if place == 0 else xy[-2]
    length = float(np.hypot(*chain.precision.metres(inner - xy[place])))
    if way_m <= SNAP_M or way_m > length * _MOST_OF_AN_EDGE:
        return None
    stub = np.asarray(xy[place] + (inner - xy[place]) * (way_m / length)).reshape(1, 2)
    # A line that runs along the chain has nowhere to turn.
    return stub if chain.distance_m(stub)[0] > _HAIR_M else None


def _drawn_on(xy: Floats, ground: Any, chain: Chain) -> Floats:
    """A piece whose last end is drawn on to the border, if it stops just short of it."""
    precision = chain.precision
    reach = MAX_SHIFT_M / min(precision.scale)
    border = shapely.boundary(ground)
    end = shapely.Point(xy[-1])
    if shapely.distance(border, end) > reach:
        return xy
    near = shapely.get_coordinates(shapely.shortest_line(end, border))[-1]
    way_m = float(np.hypot(*precision.metres(near - xy[-1])))
    return np.vstack([xy, near]) if _HAIR_M < way_m <= MAX_SHIFT_M else xy


def _require_near(vertex: Floats, way: Floats) -> None:
    far = np.flatnonzero(way > MAX_SHIFT_M)
    if len(far):
        worst = int(far[np.argmax(way[far])])
        x, y = vertex[worst].tolist()
        raise CannotReshape(
            f"线在区域边界上的端点离最近的边界顶点有 {way[worst]:.1f} 米,超过 {MAX_SHIFT_M:g} 米。"
            f"最近的顶点:{x:.9f}, {y:.9f}。",
            f"The line ends {way[worst]:.1f} m from the nearest vertex of the area's border, more than"
            f" {MAX_SHIFT_M:g} m. The nearest vertex is {x:.9f}, {y:.9f}.",
            (x, y),
        )


def _is_speck(xy: Floats, chain: Chain) -> bool:
    """Whether a piece begins and ends on one vertex and never gets away from it."""
    if (xy[0] != xy[-1]).any():
        return False
    metres = chain.precision.metres(xy)
    return bool(np.hypot(*(metres - metres[0]).T).max() <= MAX_SHIFT_M) and bool(
        (chain.distance_m(xy[:1]) <= _HAIR_M).all()
    )


def _crosses(pieces: Sequence[Floats], chain: Chain) -> bool:
    """Whether a piece meets an edge of the chain elsewhere than in a common vertex."""
    if not pieces or not len(chain.edges):
        return False
    ends = np.concatenate([np.stack([xy[:-1], xy[1:]], axis=1) for xy in pieces])
    edges: Shapes = np.asarray(shapely.linestrings(ends), dtype=object)
    mine, of_chain = shapely.STRtree(chain.edges).query(edges, predicate="intersects")
    if not len(mine):
        return False
    one = shapely.get_coordinates(edges[mine]).reshape(-1, 2, 1, 2)
    other = shapely.get_coordinates(chain.edges[of_chain]).reshape(-1, 1, 2, 2)
    shares = (one == other).all(axis=3).any(axis=(1, 2))
    return bool((~shares).any())

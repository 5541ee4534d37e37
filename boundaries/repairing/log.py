"""What a repair did, face by face, in words that people read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from boundaries.checks.faces import mostly_inside
from boundaries.filling import Filling
from boundaries.snapshot import Snapshot
from geo.errors import Language
from geo.metric import Metric
from geo.repair import LogEntry
from geo.segments import as_shapes

# Who could get it is said of so many grids; more lie there by mistake.
_NAMED = 20
# Ten metres or so: a line over which degrees are measured.
_STEP_DEGREES = 1e-4

RULES: dict[str, tuple[str, str]] = {
    "longest_border": ("归共边最长的网格", "to the grid with the longest border along it"),
    "named": ("归指定的网格", "to the grid that was named"),
    "new_cell": ("新建网格", "becomes a grid of its own"),
    "rank": ("归登记在前的网格", "to the grid that was registered first"),
    "share": ("归其中占比较大的网格", "to the grid of whose ground it is the larger share"),
    "border": ("归共边最长的网格", "to the grid with the longest border along it"),
    "contained": ("归套在里面的网格", "to the grid that lies inside the other"),
    "parent": ("超出区域,裁去", "outside the area, taken off"),
    "next_best": ("首选网格不宜,归次选网格", "the first choice would do harm; to the next grid"),
    "decision": ("人工决定", "a person's decision"),
    "standing_border": (
        "以没有改画的边界为准,都改画时以登记在前的为准",
        "the border that was not drawn stays, of two drawn ones that of the grid registered first",
    ),
    "person": ("须由人决定", "left to a person"),
}
REASONS: dict[str, tuple[str, str]] = {
    "duplicate": ("两个网格是同一块地,请删去其中一个", "two grids are the same ground: delete one of them"),
    "contained": (
        "一个网格套在另一个里面;内格要保留可用 --contained keep",
        "one grid lies inside another; --contained keep lets the inner one keep its ground",
    ),
    "crowded": ("几十个网格叠在一处,请先删去多余的", "dozens of grids lie in one place: delete what is too many"),
    "too_large": ("面积超过 --max-auto-area,请填写归属", "larger than --max-auto-area: fill in the winner"),
    "too_large_outside": (
        "区域之外,面积超过 --max-auto-area;要裁去请在归属处填“裁去”",
        "outside the area and larger than --max-auto-area: fill in OFF as the winner to have it taken off",
    ),
    "would_empty": (
        "会使一个网格一点不剩;请删去该网格,或改画图形后再修补",
        "a grid would have nothing left: delete it, or redraw it before the repair",
    ),
    "would_split": ("会使一个网格断成几块", "a grid would fall into pieces"),
    "would_cut_building": ("会切开楼栋", "a building would be cut"),
    "would_shift": (
        "边界端点离区域边界的顶点太远,请先把端点画到区域边界的顶点上",
        "its border ends too far from a vertex of the area's border: draw it to such a vertex first",
    ),
    "no_neighbour": ("旁边没有网格;可用 --new-cell-min-area 新建", "no grid beside it; --new-cell-min-area makes one"),
}


@dataclass(frozen=True, slots=True)
class MendedFace:
    """One face that was at fault, and what became of it.

    Attributes
    ----------
    number : int
        From 1, over all areas.
    parent : str
        Code of the area.
    kind : str
        ``gap``, ``overlap`` or ``overshoot``.
    geometry : Polygon
        In the coordinates of the grids.
    area_m2, width_m : float
    layers : int
        How many grids were over it.
    owners : tuple of str
        Their codes, at most some of them.
    candidates : tuple of (str, float)
        Codes of the grids that could get it, at most some of them, with their border along it in metres.
    rule, reason : str
        Keys of ``RULES`` and, where a person has to decide, of ``REASONS``.
    winner : str or None
        Code of the grid that has it now.
    buildings : tuple of str
        Codes of the buildings that lie for the most part in it.
    """

    number: int
    parent: str
    kind: str
    geometry: Polygon
    area_m2: float
    width_m: float
    layers: int
    owners: tuple[str, ...]
    candidates: tuple[tuple[str, float], ...]
    rule: str
    reason: str
    winner: str | None
    buildings: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether a person has to decide."""
        return self.rule == "person"

    def why(self, language: Language) -> str:
        """The rule, or why there is none, in words; of a second choice also what was wrong with the first."""
        zh, en = RULES[self.rule]
        reason = f"{self.reason}_outside" if self.kind == "overshoot" else self.reason
        why_zh, why_en = REASONS.get(reason, REASONS.get(self.reason, (zh, en)))
        if not self.is_open and self.reason:
            return f"{zh}({why_zh})" if language == "zh" else f"{en} ({why_en})"
        return why_zh if language == "zh" else why_en


def faces_of(
    snapshot: Snapshot, filling: Filling, log: Sequence[LogEntry], codes: Sequence[str], *, first: int
) -> list[MendedFace]:
    """The log of one area with codes, metres and buildings.

    Parameters
    ----------
    snapshot : Snapshot
    filling : Filling
        The area, with its grids as they were.
    log : sequence of LogEntry
    codes : sequence of str
        Of the grids and of those that were made, in the order of their numbers.
    first : int
        Number of the first face.
    """
    shapes = as_shapes(entry.geometry for entry in log)
    if not len(shapes):
        return []
    metric = snapshot.metric
    areas_m2, widths_m = metric.area_m2(shapes).tolist(), metric.width_m(shapes).tolist()
    held: list[list[str]] = [[] for _ in log]
    buildings = as_shapes(building.shape for building in snapshot.buildings)
    for face, building in mostly_inside(shapes, np.asarray(shapely.make_valid(buildings), dtype=object)):
        held[face].append(snapshot.buildings[building].code)
    return [
        MendedFace(
            number=first + index,
            parent=filling.area.code,
            kind=entry.kind,
            geometry=entry.geometry,
            area_m2=area_m2,
            width_m=width_m,
            layers=len(entry.owners),
            owners=tuple(codes[owner] for owner in entry.owners[:_NAMED]),
            candidates=_borders(metric, entry, codes),
            rule=entry.rule,
            reason=entry.reason,
            winner=None if entry.winner is None else codes[entry.winner],
            buildings=tuple(sorted(held[index])),
        )
        for index, (entry, area_m2, width_m) in enumerate(zip(log, areas_m2, widths_m, strict=True))
    ]


def _borders(metric: Metric, entry: LogEntry, codes: Sequence[str]) -> tuple[tuple[str, float], ...]:
    _, y_m = units_m(metric, entry.geometry)
    return tuple((codes[cell], length * y_m) for cell, length in entry.candidates[:_NAMED])


def units_m(metric: Metric, place: BaseGeometry) -> tuple[float, float]:
    """Metres to a unit of x and of y; degrees differ from east to north.

    Parameters
    ----------
    metric : Metric
    place : shapely geometry
        Where, in the coordinates that are measured.

    Returns
    -------
    tuple of float
    """
    if not metric.source.is_geographic:
        return metric.source.metres_per_unit, metric.source.metres_per_unit
    middle = shapely.get_coordinates(shapely.centroid(place))
    steps = np.array([[_STEP_DEGREES, 0.0], [0.0, _STEP_DEGREES]])
    lines = shapely.linestrings([np.vstack([middle - step, middle + step]) for step in steps])
    x_m, y_m = (metric.length_m(lines) / (2 * _STEP_DEGREES)).tolist()
    return x_m, y_m

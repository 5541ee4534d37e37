"""Faces between drawn and standing borders of one area: whose border stays, and what a person must look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from boundaries.filling import Filling
from boundaries.findings import KINDS, Finding
from boundaries.ground import Ground
from boundaries.repairing.log import REASONS, units_m
from geo.claims import NOBODY
from geo.crs import STORAGE_DECIMALS
from geo.repair import LogEntry, Repair, RepairRules, repair
from geo.segments import as_shapes

# The rule by which all these faces are closed, in the log of a repair.
STANDING_BORDER = "standing_border"
# Borders of stored areas have a vertex at least every two metres, so nothing has further to go than one.
_MAX_SHIFT_M = 1.5
_ROUNDS = 3
# Who touches a gap only at its end must not get it: it would grow a thorn.
_ALONG = 0.25
# A building reaches into a face with more than this share of its ground, or it only leans on it.
_LEANS = 1e-6
# So many grids beside a face are named.
_NAMED = 4
# Faces of just the tolerance count as within it.
_SLACK = 1.001


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why drawn grids cannot be taken.

    Attributes
    ----------
    finding : Finding
        Kind, place and size, in stored coordinates.
    zh, en : str
        What is wrong and what to do.
    """

    finding: Finding
    zh: str
    en: str


@dataclass(frozen=True)
class AreaFaces:
    """One area with its tile grids, some of them drawn.

    Attributes
    ----------
    ground : Ground
        Of the neighbourhood with the drawn shapes.
    filling : Filling
    own : Polygon or MultiPolygon
        The ground that its tile grids must fill.
    drawn : frozenset of str
        Codes of the grids that were drawn; all others keep their borders.
    whole : frozenset of str
        Codes of the buildings that stood in one grid alone.
    tolerance_m : float
        What is thinner was missed by the pen.
    """

    ground: Ground
    filling: Filling
    own: Polygon | MultiPolygon
    drawn: frozenset[str]
    whole: frozenset[str]
    tolerance_m: float

    def closed(self) -> tuple[Repair, list[LogEntry], tuple[Obstacle, ...]]:
        """Close every face that the pen missed.

        Returns
        -------
        Repair
        list of LogEntry
            Every face, by the rule of this module or left to a person.
        tuple of Obstacle
            What only a person can judge; with any, nothing is to be written.

        Raises
        ------
        GeometryProblem
            If edges cannot be noded.
        """
        result = self._run({}, self.ground.rules.tolerances(self.ground.snapshot.crs))
        if not result.log:
            return result, [], self._unproved(result)
        told = self._for_a_person(result.log)
        if told:
            left = [replace(entry, rule="person", reason="", winner=None) for entry in result.log if entry.face in told]
            return result, left, tuple(told.values())
        winners = {entry.face: self._winner(entry) for entry in result.log}
        for _ in range(_ROUNDS):
            result = self._run(winners, (result.tolerance,))
            better = self._sparing_buildings(result, winners)
            if better == winners:
                break
            winners = better
        log = [replace(entry, rule=STANDING_BORDER) if entry.rule == "decision" else entry for entry in result.log]
        return result, log, (*self._unproved(result), *self._cut(result))

    def _run(self, decisions: Mapping[int, int], tolerances: Sequence[float]) -> Repair:
        snapshot = self.ground.snapshot
        x_m, y_m = units_m(snapshot.metric, self.own)
        return repair(
            [grid.polygon for grid in self.filling.tiles],
            self.own,
            tolerances=tolerances,
            rules=RepairRules(contained="keep", decisions=decisions),
            buildings=[shape for _, shape in self._buildings],
            decimals=STORAGE_DECIMALS,
            is_parent_fixed=True,
            max_shift=_MAX_SHIFT_M / y_m,
            aspect=x_m / y_m,
        )

    @cached_property
    def _buildings(self) -> list[tuple[str, Polygon]]:
        """Code and outline of the buildings here that stood in one grid alone."""
        near = np.unique(shapely.STRtree(self.ground.building_shapes).query(self.own, predicate="intersects"))
        named = [(self.ground.snapshot.buildings[at].code, self.ground.building_shapes[at]) for at in near.tolist()]
        return [(code, shape) for code, shape in named if code in self.whole and shape.area > 0]

    def _is_drawn(self, cell: int) -> bool:
        return self.filling.tiles[cell].code in self.drawn

    def _order(self, cell: int) -> tuple[bool, int]:
        """Whose border stays: that of a grid that was not drawn, then that of the one registered first."""
        return self._is_drawn(cell), self.filling.tiles[cell].rank

    def _for_a_person(self, log: Sequence[LogEntry]) -> dict[int, Obstacle]:
        """Faces that no rule may close, with the reason."""
        plane = np.asarray(
            self.ground.snapshot.metric.to_plane(as_shapes(entry.geometry for entry in log)), dtype=object
        )
        is_wide = ~shapely.is_empty(shapely.buffer(plane, -self.tolerance_m * _SLACK / 2))
        found: dict[int, Obstacle] = {}
        for entry, wide in zip(log, is_wide.tolist(), strict=True):
            cells = {*entry.owners, *(cell for cell, _ in entry.candidates)}
            standing = [cell for cell in entry.owners if not self._is_drawn(cell)]
            was_there = not any(map(self._is_drawn, cells)) or len(standing) > 1
            if wide and (entry.kind == "gap" or not was_there):
                zh = f"宽于容差 {self.tolerance_m:g} m,不会自动处理。请把两侧边界画到一处,或核对是否漏画、漏删"
                en = f"is wider than the tolerance of {self.tolerance_m:g} m: draw both borders to one line"
                found[entry.face] = self._obstacle(entry, zh, en)
            elif was_there:
                zh = "方案中原来就有,与这次改画无关。请先用 repair --draft 修补"
                found[entry.face] = self._obstacle(entry, zh, "was there before: repair the draft first")
        return found

    def _winner(self, entry: LogEntry) -> int:
        if entry.kind == "overshoot":
            return NOBODY
        if entry.kind == "overlap":
            return min(entry.owners, key=self._order)
        takers = [(cell, length) for cell, length in entry.candidates if self._is_drawn(cell)]
        longest = max(length for _, length in takers)
        return max((cell for cell, length in takers if length >= _ALONG * longest), key=self._order)

    def _may_take(self, entry: LogEntry, cell: int) -> bool:
        """Whether a face can go to a cell without moving a border that nobody drew."""
        if entry.kind == "gap":
            return self._is_drawn(cell) and any(cell == one for one, _ in entry.candidates)
        others = [owner for owner in entry.owners if owner != cell]
        return cell in entry.owners and all(map(self._is_drawn, others))

    def _sparing_buildings(self, result: Repair, winners: Mapping[int, int]) -> dict[int, int]:
        """The decisions with all ground under a building that would be cut given to one grid, where that can be."""
        better = dict(winners)
        for _, building, faces in self._cut_buildings(result):
            in_gaps = sum(
                shapely.area(shapely.intersection(building, entry.geometry)) for entry in faces if entry.kind == "gap"
            )
            for cell, grid in enumerate(self.filling.tiles):
                held = shapely.area(shapely.intersection(building, grid.polygon)) + in_gaps
                if held >= building.area * (1 - _LEANS) and all(self._may_take(entry, cell) for entry in faces):
                    better |= {entry.face: cell for entry in faces}
                    break
        return better

    def _cut_buildings(self, result: Repair) -> list[tuple[str, Polygon, list[LogEntry]]]:
        """Buildings that no cell holds whole any more, with the faces that lie under them."""
        faces = as_shapes(entry.geometry for entry in result.log)
        cells = as_shapes(result.cells)
        found = []
        for code, building in self._buildings:
            shared = shapely.area(shapely.intersection(faces, building))
            under = np.flatnonzero(shared > _LEANS * building.area).tolist()
            if not under:
                continue
            held = shapely.area(shapely.intersection(cells, building)).max()
            if held < building.area * (1 - _LEANS):
                found.append((code, building, [result.log[index] for index in under]))
        return found

    def _cut(self, result: Repair) -> tuple[Obstacle, ...]:
        return tuple(
            Obstacle(
                Finding(
                    "building_cut", premises=(f"building:{code}",), parent=self.filling.area.code, geometry=building
                ),
                f"对齐边界会切开楼栋 {code}。请把这里的边界从楼旁画过",
                f"building {code} would be cut where borders are matched: draw the border beside it",
            )
            for code, building, _ in self._cut_buildings(result)
        )

    def _unproved(self, result: Repair) -> tuple[Obstacle, ...]:
        """Why the area is not filled exactly; nothing where it is."""
        if result.is_proved:
            return ()
        found = [
            self._obstacle(entry, *REASONS.get(entry.reason, ("须由人决定", "is left to a person")))
            for entry in result.log
            if entry.rule == "person"
        ]
        found += [
            Obstacle(
                Finding("invalid_shape", (grid.code,), parent=grid.area, geometry=grid.polygon),
                f"网格 {grid.code} 有极窄处,对齐边界会使其断开或自相交。请改画",
                f"{grid.code} is so thin somewhere that it would fall apart: redraw it",
            )
            for grid in (self.filling.tiles[cell] for cell in result.broken)
        ]
        area = self.filling.area
        return tuple(found) or (
            Obstacle(
                Finding("edge_mismatch", parent=area.code, geometry=area.polygon),
                f"区域 {area.code} 的网格对齐后仍不能证明全覆盖",
                f"the grids of {area.code} are not proved to fill it even when matched",
            ),
        )

    def _obstacle(self, entry: LogEntry, zh: str, en: str) -> Obstacle:
        metric = self.ground.snapshot.metric
        owners = {
            self.filling.tiles[cell].code for cell in (*entry.owners, *(cell for cell, _ in entry.candidates[:4]))
        }
        finding = Finding(
            kind=entry.kind,
            grids=tuple(sorted(owners)),
            parent=self.filling.area.code,
            area_m2=float(metric.area_m2(entry.geometry)),
            width_m=float(metric.width_m(entry.geometry)),
            geometry=entry.geometry,
        )
        kind = KINDS[entry.kind]
        return Obstacle(finding, f"{kind.name_zh}{zh}", f"{kind.name_en.lower()} {en}")

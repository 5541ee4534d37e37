"""A draft is repaired in one transaction, and only when PostGIS gives back what is proved."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import Polygon
from sqlalchemy import Engine

from boundaries.checks import run
from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.model import MicroGrid
from boundaries.repairing import RepairOrder
from boundaries.rules import Rules
from boundaries.services import draft_repair, drafting, journal, reading, reviewing
from boundaries.services.auditing import is_proved
from boundaries.services.draft_repair import repair_draft
from boundaries.services.repairing import Outcome
from boundaries.snapshot import Snapshot
from boundaries.store import states
from boundaries.store.engine import reading as reading_session
from boundaries.store.engine import writing
from geo.crs import round_to_storage
from tests.boundaries.plans import AREAS, GRIDS, NOW, TODAY, at, open_draft


def square(x: float, y: float, width: float = 1.0, height: float = 1.0) -> Polygon:
    """A rectangle of squares with a vertex at every tenth of a square, as loading makes the chain."""
    xs, ys = _steps(x, width), _steps(y, height)
    south, north = [at(one, y) for one in xs], [at(one, y + height) for one in xs]
    west, east = [at(x, one) for one in ys], [at(x + width, one) for one in ys]
    return Polygon([*south, *east[1:], *north[-2::-1], *west[-2:0:-1]])


def _steps(start: float, length: float) -> list[float]:
    inner = (n / 10 for n in range(1, 40) if start + 1e-9 < n / 10 < start + length - 1e-9)
    return [start, *inner, start + length]


def changed(engine: Engine, **shapes: Polygon) -> int:
    """A draft with a fine chain in which some grids have other shapes."""
    draft = open_draft(engine)
    areas = [replace(AREAS[0], polygon=square(0, 0, 4)), replace(AREAS[1], polygon=square(0, 0, 2))]
    areas.append(replace(AREAS[2], polygon=square(2, 0, 2)))
    shapes = {one.code: square(number, 0) for number, one in enumerate(GRIDS)} | shapes
    with writing(engine) as session:
        states.put_areas(session, draft.id, areas, source_id=None)
        rows = [replace(one, polygon=shapes[one.code]) for one in GRIDS]
        states.put_grids(session, draft.id, rows, source_id=None)
    return draft.id


def repaired(engine: Engine, draft: int, *, area: str | None = None, **order: object) -> Outcome:
    with writing(engine) as session:
        return repair_draft(
            session,
            draft,
            lambda _: RepairOrder(**order),  # type: ignore[arg-type]
            actor="周平",
            today=TODAY,
            area=area,
            now=NOW,
        )


def state(engine: Engine, draft: int) -> Snapshot:
    with reading_session(engine) as session:
        return reading.snapshot(session, draft=draft, today=TODAY)


def grid(plan: Snapshot, code: str) -> MicroGrid:
    return plan.grid_by_code[code]


def is_exact(plan: Snapshot) -> bool:
    return is_proved(plan, run(plan, Rules(), only=["shapes", "parents", "tiles"]))


def test_a_gap_goes_to_a_neighbour_and_postgis_gives_back_what_is_proved(planned: Engine) -> None:
    draft = changed(planned, G1=square(0, 0, 0.95))
    assert not is_exact(state(planned, draft))
    outcome = repaired(planned, draft)
    assert (outcome.is_written, outcome.problem) == (True, None)
    assert [(face.kind, face.rule, face.winner) for face in outcome.mended.log] == [("gap", "longest_border", "G1")]
    plan = state(planned, draft)
    assert is_exact(plan)
    assert grid(plan, "G1").polygon.equals(square(0, 0))
    xy = shapely.get_coordinates([one.polygon for one in plan.grids])
    assert np.array_equal(xy, round_to_storage(xy))
    assert outcome.mended.refined == ()


def test_parts_stay_and_the_deed_is_on_record(planned: Engine) -> None:
    draft = changed(planned, G2=square(0.9, 0, 1.1))
    outcome = repaired(planned, draft, keep=("G2",))
    assert [(face.kind, face.rule, face.winner) for face in outcome.mended.log] == [("overlap", "named", "G2")]
    plan = state(planned, draft)
    assert grid(plan, "G1").polygon.equals(square(0, 0, 0.9))
    assert {part.code for part in grid(plan, "G2").parts} == {"G2-1", "G2-2"}
    with reading_session(planned) as session:
        entry = journal.entries(session)[0]
    assert (entry.actor, entry.action, entry.subject) == ("周平", "draft.repair", f"draft:{draft}")
    assert entry.detail == {"faces": 1, "changed": 1, "new": []}


def test_nothing_to_repair_writes_nothing(planned: Engine) -> None:
    draft = changed(planned)
    with reading_session(planned) as session:
        revision = drafting.get_draft(session, draft).revision
    outcome = repaired(planned, draft)
    assert (outcome.is_written, outcome.mended.log, outcome.mended.changed) == (True, (), ())
    with reading_session(planned) as session:
        assert drafting.get_draft(session, draft).revision == revision
        assert journal.entries(session)[0].action != "draft.repair"


def test_what_a_person_decides_leaves_the_draft_as_it_was(planned: Engine) -> None:
    draft = changed(planned, G1=square(1, 0))
    before = state(planned, draft)
    outcome = repaired(planned, draft, max_auto_area_m2=1.0)
    assert not outcome.is_written
    assert outcome.problem is not None
    assert "须由人决定" in outcome.problem[0]
    assert {face.reason for face in outcome.mended.left} == {"duplicate", "too_large"}
    assert state(planned, draft).grids == before.grids


def test_a_gap_becomes_a_grid_with_a_provisional_code(planned: Engine) -> None:
    draft = changed(planned, G1=square(0, 0, 0.5))
    outcome = repaired(planned, draft, new_cell_min_area_m2=100.0)
    code = f"新增-{draft}-1"
    assert [one.code for one in outcome.mended.new] == [code]
    plan = state(planned, draft)
    assert is_exact(plan)
    made = grid(plan, code)
    assert (made.area, made.kind, made.layer) == (GRIDS[0].area, "residential", "tile")
    assert made.polygon.equals(square(0.5, 0, 0.5))
    assert made.rank > grid(plan, "G4").rank


def test_one_area_can_be_repaired_alone(planned: Engine) -> None:
    draft = changed(planned, G1=square(0, 0, 0.95), G4=square(2, 0, 2))
    assert not repaired(planned, draft).is_written
    assert repaired(planned, draft, area=GRIDS[0].area).is_written
    plan = state(planned, draft)
    assert grid(plan, "G1").polygon.equals(square(0, 0))
    assert not is_exact(plan)


def test_what_is_not_proved_as_read_back_is_taken_back(planned: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = changed(planned, G1=square(0, 0, 0.95))
    before = state(planned, draft)
    put_grids = states.put_grids

    def lossy(session: object, number: int, rows: list[MicroGrid], **options: object) -> object:
        # As if the database gave back another shape than it was given.
        rows = [replace(row, polygon=square(0, 0, 0.96)) for row in rows]
        return put_grids(session, number, rows, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(draft_repair.states, "put_grids", lossy)
    outcome = repaired(planned, draft)
    assert not outcome.is_written
    assert outcome.problem is not None
    assert "仍不能证明" in outcome.problem[0]
    assert "处空白" in outcome.problem[0]
    after = state(planned, draft)
    assert after.grids == before.grids
    with reading_session(planned) as session:
        assert journal.entries(session)[0].action != "draft.repair"


def test_a_draft_that_is_not_open_or_not_there_is_refused(planned: Engine) -> None:
    draft = changed(planned, G1=square(0, 0, 0.95))
    with writing(planned) as session:
        reviewing.submit(session, draft, actor="陈晨", now=NOW)
    with pytest.raises(Conflict):
        repaired(planned, draft)
    with pytest.raises(NotFound):
        repaired(planned, 99)


def test_an_unknown_grid_in_an_option_is_refused(planned: Engine) -> None:
    draft = changed(planned, G1=square(0, 0, 0.95))
    with pytest.raises(BadInput, match="--gap-to G9"):
        repaired(planned, draft, gap_to="G9")

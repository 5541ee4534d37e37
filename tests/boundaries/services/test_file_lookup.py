"""Points of files, by the index over a whole plan."""

import pickle

import numpy as np
import pytest
from sqlalchemy import Engine

from boundaries.errors import BadInput, NotFound
from boundaries.lookup.plan_index import PlanIndex
from boundaries.services.file_lookup import answer_points, placed_points, plan_of_generation
from boundaries.services.lookup import locate_many
from boundaries.services.reading import division, snapshot
from boundaries.snapshot import Snapshot
from boundaries.store.engine import reading
from geo.crs import parse_crs
from geo.errors import CrsProblem
from tests.boundaries import plans

DEGREES, PLANE = parse_crs("EPSG:4490"), parse_crs("EPSG:4549")


@pytest.fixture
def plan(kept_plan: Engine) -> PlanIndex:
    with reading(kept_plan) as session:
        return plan_of_generation(session)


def _places() -> np.ndarray:
    rng = np.random.default_rng(5)
    nodes = [plans.at(x / 4, y / 4) for x in range(-2, 19) for y in range(-2, 7)]
    return np.array([*nodes, *(plans.at(x, y) for x, y in rng.uniform((-0.5, -0.5), (4.5, 1.5), (300, 2)))])


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "GCJ-02"])
def test_the_index_answers_as_postgis_does(kept_plan: Engine, plan: PlanIndex, crs: str) -> None:
    xy = _places()
    with reading(kept_plan) as session:
        truth = locate_many(session, xy=xy, crs=crs)
    found = answer_points(plan, xy, parse_crs(crs))
    assert found.columns["micro_grid"].to_pylist() == list(truth.micro_grid)
    assert found.columns["area"].to_pylist() == list(truth.area)
    assert found.columns["on_border"].to_pylist() == truth.on_border.tolist()
    assert found.columns["in_gap"].to_pylist() == truth.in_gap.tolist()
    assert found.in_grid + found.in_gap + found.outside == len(xy)


def test_only_areas_and_grids_are_read(kept_plan: Engine) -> None:
    with reading(kept_plan) as session:
        part, whole = division(session), snapshot(session, today=plans.TODAY)
    assert [(grid.code, grid.polygon) for grid in part.grids] == [(grid.code, grid.polygon) for grid in whole.grids]
    assert (part.areas, part.kinds, part.levels, part.generation) == (
        whole.areas,
        whole.kinds,
        whole.levels,
        whole.generation,
    )
    assert (part.buildings, part.shops, part.people) == ((), (), ())


def test_an_index_can_be_sent(plan: PlanIndex) -> None:
    sent = pickle.loads(pickle.dumps(plan))  # noqa: S301  our own
    given, found = (answer_points(one, _places(), DEGREES, for_="shop").columns for one in (plan, sent))
    assert given == found


def test_rows_that_cannot_be_meant_are_told(plan: PlanIndex) -> None:
    x, y = plans.at(0.5, 0.5)
    xy = np.array([[x, y], [np.nan, y], [x, np.inf], [181.0, y], [x, -91.0], [x + 1, y]])
    found = answer_points(plan, xy, DEGREES)
    assert found.unusable.tolist() == [1, 2, 3, 4]
    assert (found.in_grid, found.in_gap, found.outside) == (1, 0, 1)
    assert found.columns["on_border"].to_pylist() == [False, None, None, None, None, False]


def test_one_row_without_a_place_does_not_stop_the_others(plan: PlanIndex) -> None:
    x, y = 422_000.0, 3_572_000.0
    placed = placed_points(plan, np.array([[x, y], [1e30, y], [x, y]]), PLANE)
    assert np.isfinite(placed).all(axis=1).tolist() == [True, False, True]
    assert (placed[0] == placed[2]).all()


def test_axes_of_all_points_the_other_way_round(plan: PlanIndex) -> None:
    xy = np.array([plans.at(0.5, 0.5)])[:, ::-1]
    with pytest.raises(BadInput, match="axes are swapped"):
        answer_points(plan, np.vstack([xy, [[np.nan, 1.0]]]), DEGREES)


def test_nothing_is_converted_into_shifted_coordinates() -> None:
    plan = PlanIndex.of(Snapshot(parse_crs("GCJ-02", any_datum=True), areas=plans.AREAS, grids=plans.GRIDS))
    with pytest.raises(CrsProblem, match="shifted"):
        answer_points(plan, _places(), DEGREES)


def test_before_the_first_generation_nothing_is_answered(database: Engine, kept_plan: Engine) -> None:
    with reading(database) as session, pytest.raises(NotFound, match="No generation"):
        plan_of_generation(session)
    with reading(kept_plan) as session, pytest.raises(NotFound):
        plan_of_generation(session, 9)

"""What a generation changed, on a real database: outside the ground that is told, no look-up answers otherwise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from sqlalchemy import Engine

from boundaries.diff import AreaChanges, Delta, GridChanges
from boundaries.errors import BadInput, NotFound
from boundaries.model import Area, MicroGrid
from boundaries.services.comparing import changes_between
from boundaries.services.lookup import Located, locate, locate_many
from boundaries.store import states
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import AREAS, GRIDS, at, open_draft, publish, square

TOWN, EAST, WEST = AREAS


def fine(x: float, width: float) -> shapely.Polygon:
    """A square or more of the row, with a node at every tenth of a square, where borders may end."""
    tenths = range(round(x * 10), round((x + width) * 10) + 1)
    return shapely.Polygon([*(at(n / 10, 0) for n in tenths), *(at(n / 10, 1) for n in reversed(tenths))])


REFINED = [replace(one, polygon=fine(n, 1)) for n, one in enumerate(GRIDS)]
REFINED_AREAS = [
    replace(area, polygon=fine(*place)) for area, place in zip(AREAS, ((0, 4), (0, 2), (2, 2)), strict=True)
]
STRIP = MicroGrid(0, 0, "S1", "文化路沿街", EAST.code, square(0, 0, 2, 0.2), "street_front", "overlay")


def publish_with(
    engine: Engine,
    *grids: MicroGrid,
    areas: Sequence[Area] = (),
    retired: Sequence[str] = (),
    parts_retired: Sequence[str] = (),
) -> int:
    """The next generation, with these things in place of those of the same code."""
    draft = open_draft(engine)
    with writing(engine) as session:
        if areas:
            states.put_areas(session, draft.id, areas, source_id=None)
        states.put_grids(session, draft.id, grids, source_id=None)
        if retired:
            states.retire(session, draft.id, "grids", retired)
        if parts_retired:
            states.retire(session, draft.id, "parts", parts_retired)
    return publish(engine, draft).number


def told(engine: Engine, older: int, newer: int) -> Delta:
    with reading(engine) as session:
        return changes_between(session, older, newer)


def codes(found: Delta) -> dict[str, list[str | None]]:
    return {code: [share.code for share in shares] for code, shares in found.codes.items()}


@pytest.fixture
def history(planned: Engine) -> Engine:
    """Generations 2 to 7: nodes alone; a border and a strip; a split; another area; a name and parts; no strip."""
    assert publish_with(planned, *REFINED, areas=REFINED_AREAS) == 2
    narrow, wide = replace(REFINED[0], polygon=fine(0, 0.7)), replace(REFINED[1], polygon=fine(0.7, 1.3))
    assert publish_with(planned, narrow, wide, STRIP) == 3
    halves = [replace(REFINED[2], code=f"G3{half}", polygon=fine(2 + half / 2, 0.5)) for half in (0, 1)]
    assert publish_with(planned, *halves, retired=["G3"]) == 4
    composite = Area(0, "320000000002001", "综合网格", "composite", WEST.code, fine(2, 2))
    below = [replace(one, area=composite.code) for one in (*halves, REFINED[3])]
    assert publish_with(planned, *below, areas=[composite]) == 5
    assert publish_with(planned, replace(narrow, name="改名"), parts_retired=["G2-1"]) == 6
    assert publish_with(planned, retired=["S1"]) == 7
    return planned


def test_what_changed_is_listed(history: Engine) -> None:
    found = told(history, 1, 2)
    assert (found.grids, found.areas, found.codes) == (GridChanges(), AreaChanges(), {})
    assert found.ground.is_empty
    found = told(history, 2, 3)
    assert (found.grids, found.areas) == (GridChanges(added=("S1",), reshaped=("G1", "G2")), AreaChanges())
    assert codes(found) == {"G1": ["G1", "G2", "G2-1", "G2-2", "S1"], "G2": ["G2", "S1"], **_parts("G2", "S1")}
    found = told(history, 3, 4)
    assert (found.grids, found.areas) == (GridChanges(added=("G30", "G31"), retired=("G3",)), AreaChanges())
    assert codes(found) == {"G3": ["G30", "G31"]}
    found = told(history, 4, 5)
    assert (found.grids, found.areas) == (
        GridChanges(area_changed=("G4", "G30", "G31")),
        AreaChanges(added=("320000000002001",)),
    )
    assert found.codes == {}
    found = told(history, 5, 6)
    assert found.grids == GridChanges(renamed=("G1",), parts_changed=("G2",))
    assert codes(found) == {"G2": ["G2", "G2-2"], "G2-1": ["G2", "G2-2"]}
    found = told(history, 6, 7)
    assert found.grids == GridChanges(retired=("S1",))
    assert codes(found) == {"S1": ["G2", "G2-2", "G1"]}


def _parts(grid: str, *more: str) -> dict[str, list[str]]:
    """What follows parts that may have lost some ground: all that may be the one to store."""
    both = [f"{grid}-1", f"{grid}-2"]
    return {part: [grid, *both, *more] for part in both}


def test_shares_are_those_of_the_ground(history: Engine) -> None:
    shares = dict(told(history, 1, 4).codes["G1"])
    whole = shares["G1"] + shares["G2"]
    assert (shares["G1"] / whole, shares["S1"] / whole) == pytest.approx((0.7, 0.2), rel=1e-5)
    assert 10_300 < whole < 10_500  # 0.001 degree squared at 32 degrees north


def test_several_generations_at_once_and_one_twice(history: Engine) -> None:
    found = told(history, 1, 7)
    assert (found.grids.added, found.grids.retired) == (("G30", "G31"), ("G3",))
    assert (found.grids.reshaped, found.grids.renamed, found.grids.area_changed) == (("G1", "G2"), ("G1",), ("G4",))
    assert "S1" not in str(codes(found))  # it came and went meanwhile
    nothing = told(history, 4, 4)
    assert (nothing.grids, nothing.areas, nothing.codes) == (GridChanges(), AreaChanges(), {})
    assert nothing.ground.is_empty


def test_a_grid_that_changed_and_changed_back_is_as_it_was(planned: Engine) -> None:
    publish_with(planned, replace(GRIDS[0], kind="market"))
    publish_with(planned, GRIDS[0])
    assert told(planned, 1, 2).grids.kind_changed == ("G1",)
    found = told(planned, 1, 3)
    assert (found.grids, found.codes, found.ground.is_empty) == (GridChanges(), {}, True)


def test_a_grid_that_is_taken_over_by_another_community(planned: Engine) -> None:
    east, west = replace(EAST, polygon=square(0, 0, 3)), replace(WEST, polygon=square(3, 0))
    publish_with(planned, replace(GRIDS[2], area=EAST.code), areas=[east, west])
    found = told(planned, 1, 2)
    assert found.grids == GridChanges(area_changed=("G3",))
    assert found.areas == AreaChanges(reshaped=(EAST.code, WEST.code))
    assert found.codes == {}
    assert shapely.buffer(square(2, 0), 2e-7, join_style="mitre").covers(found.ground)
    _agree(planned, found, 1, 2)


def test_an_area_that_goes_below_another_takes_its_grids_along(planned: Engine) -> None:
    county = Area(0, "320000", "县", "county", None, square(0, 0, 4))
    publish_with(planned, areas=[county, replace(TOWN, parent=county.code)])
    found = told(planned, 1, 2)
    assert found.grids == GridChanges(area_changed=("G1", "G2", "G3", "G4"))
    assert found.areas == AreaChanges(added=("320000",), reparented=(TOWN.code, EAST.code, WEST.code))
    assert found.ground.covers(TOWN.polygon)


def test_outside_the_ground_nothing_is_answered_otherwise(history: Engine) -> None:
    for older, newer in ((1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (1, 7), (2, 5)):
        _agree(history, told(history, older, newer), older, newer)


def _agree(engine: Engine, found: Delta, older: int, newer: int) -> None:
    """Points at random, on every border and in the ground: one by one and many at once."""
    rng = np.random.default_rng(older * 10 + newer)
    inside = np.array([at(x, y) for x, y in rng.uniform((-0.5, -0.5), (4.5, 1.5), (40, 2))])
    nodes = np.array([at(x / 10, y / 5) for x in range(41) for y in range(6)])
    xy = np.vstack([inside, nodes, rng.uniform(nodes.min(axis=0), nodes.max(axis=0), (400, 2))])
    is_changed = shapely.intersects_xy(found.ground, xy[:, 0], xy[:, 1])
    with reading(engine) as session:
        was, now = (locate_many(session, xy=xy, crs="EPSG:4490", generation=number) for number in (older, newer))
        for index, changed in enumerate(is_changed):
            before, after = was.micro_grid[index], now.micro_grid[index]
            if not changed:
                assert (before, was.area[index]) == (after, now.area[index])
            elif before is not None and not was.on_border[index] and not now.on_border[index]:
                told_codes = codes(found).get(before, [before])
                assert after in told_codes
        for index in range(0, len(xy), 37):
            point = {"x": float(xy[index, 0]), "y": float(xy[index, 1]), "crs": "EPSG:4490"}
            first, second = (_stored(session, number, point) for number in (older, newer))
            assert is_changed[index] or first == second


def _stored(session: object, generation: int, point: dict[str, object]) -> list[object]:
    """Whatever a service might have stored of an answer."""
    kept: list[object] = []
    for asked in ({}, {"for_": "shop"}, {"unit": "1"}, {"floor": 12}):
        found: Located = locate(session, generation=generation, **point, **asked)  # type: ignore[arg-type]
        kept.append((found.responsible, [area.code for area in found.areas]))
        kept.append([(one.code, one.kind) for one in found.dedicated])
    return kept


def test_unknown_generations_and_the_wrong_order_are_refused(planned: Engine) -> None:
    publish_with(planned, replace(GRIDS[0], name="改名"))
    for pair in ((1, 7), (7, 1), (0, 2)):
        with reading(planned) as session, pytest.raises(NotFound, match=r"no generation [70]"):
            changes_between(session, *pair)
    with reading(planned) as session, pytest.raises(BadInput, match="Swap the two"):
        changes_between(session, 2, 1)


def test_before_the_first_there_is_none(database: Engine) -> None:
    with reading(database) as session, pytest.raises(NotFound, match="None is published yet"):
        changes_between(session, 1, 1)

"""What differs between two states, on boxes of 0.001 degree; the database has no part in it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.diff import Delta, GridChanges, Side, compare
from boundaries.model import Area, MicroGrid, Part
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP
from geo.metric import Metric
from tests.boundaries.plans import at, square

METRIC = Metric(Snapshot.stored_crs(), "EPSG:4549")
TOWER = (Part(1, "B-1", "一单元", units=("1",)), Part(2, "B-2", "二单元", units=("2",)))


def grid(number: int, code: str, polygon: shapely.Polygon, **more: object) -> MicroGrid:
    return MicroGrid(number, number, code, f"第{code}网格", "C", polygon, **more)  # type: ignore[arg-type]


A, B = grid(1, "A", square(0, 0)), grid(2, "B", square(1, 0))
STRIP = grid(3, "S", square(0, 0, 1, 0.2), kind="street_front", layer="overlay")


def delta(old: list[MicroGrid], new: list[MicroGrid]) -> Delta:
    return compare(Side(old), Side(new), metric=METRIC)


def codes(found: Delta) -> dict[str, list[str | None]]:
    return {code: [share.code for share in shares] for code, shares in found.codes.items()}


def covers(found: Delta, polygon: shapely.Polygon) -> bool:
    """Whether the changed ground is this one and a margin of a centimetre or so, no more."""
    return bool(found.ground.covers(polygon) and shapely.buffer(polygon, 2e-7, join_style="mitre").covers(found.ground))


def test_nothing_changed() -> None:
    for grids in ([], [A, B, STRIP]):
        found = delta(grids, grids)
        assert (found.grids, found.codes, found.ground.is_empty) == (GridChanges(), {}, True)


def test_another_start_of_a_ring_is_no_change() -> None:
    xy = shapely.get_coordinates(A.polygon)[:-1]
    turned = replace(A, polygon=shapely.Polygon(np.roll(xy, 2, axis=0)), version=2)
    found = delta([A], [turned])
    assert (found.grids, found.codes, found.ground.is_empty) == (GridChanges(), {}, True)


@pytest.mark.parametrize("off", [0, 1])
def test_a_grid_that_only_received_vertices_is_not_listed(off: int) -> None:
    corner, (x, y) = shapely.get_coordinates(A.polygon), at(0.5, 0)
    node = (x, round(y + off * STORAGE_STEP, 9))
    refined = replace(A, polygon=shapely.Polygon([corner[0], node, *corner[1:]]), version=2)
    found = delta([A, B], [refined, B])
    assert (found.grids, found.codes) == (GridChanges(), {})
    # A node beside the line moved the border by 0.1 mm: a point on it may be answered otherwise.
    assert found.ground.is_empty == (off == 0)
    assert found.ground.covers(shapely.Point(node)) == (off == 1)


def test_names_change_no_ground() -> None:
    found = delta([A, B], [replace(A, name="甲", street_group="文化路"), replace(B, honorary_name="红旗")])
    assert found.grids == GridChanges(renamed=("A", "B"), street_changed=("A",))
    assert (found.codes, found.ground.is_empty) == ({}, True)


def test_another_code_follows_one_to_one() -> None:
    found = delta([A, B], [replace(A, code="A9"), B])
    assert found.grids == GridChanges(recoded=(("A", "A9"),))
    assert codes(found) == {"A": ["A9"]}
    assert found.codes["A"][0].area_m2 == pytest.approx(float(METRIC.area_m2(A.polygon)))
    assert covers(found, A.polygon)


def test_a_border_that_moves() -> None:
    narrow, wide = replace(A, polygon=square(0, 0, 0.7)), replace(B, polygon=square(0.7, 0, 1.3))
    found = delta([A, B], [narrow, wide])
    assert found.grids == GridChanges(reshaped=("A", "B"))
    assert codes(found) == {"A": ["A", "B"]}  # B still answers for all that it had
    whole = float(METRIC.area_m2(A.polygon))
    assert [share.area_m2 / whole for share in found.codes["A"]] == pytest.approx([0.7, 0.3], rel=1e-6)
    assert covers(found, square(0.7, 0, 0.3))


def test_a_grid_that_is_split_and_one_that_is_merged() -> None:
    halves = [grid(4, "A1", square(0, 0, 0.6)), grid(5, "A2", square(0.6, 0, 0.4))]
    found = delta([A, B], [B, *halves])
    assert found.grids == GridChanges(added=("A1", "A2"), retired=("A",))
    assert codes(found) == {"A": ["A1", "A2"]}
    found = delta([B, *halves], [A, B])
    assert codes(found) == {"A1": ["A"], "A2": ["A"]}
    assert covers(found, A.polygon)


def test_ground_that_nobody_has_any_more() -> None:
    found = delta([A, B], [replace(A, polygon=square(0, 0, 0.6))])
    assert codes(found) == {"A": ["A", None], "B": [None]}
    assert covers(found, square(0.6, 0, 1.4))


def test_kind_and_layer() -> None:
    found = delta([A, B], [replace(A, kind="market"), B])
    assert (found.grids, found.codes) == (GridChanges(kind_changed=("A",)), {})
    assert covers(found, A.polygon)
    found = delta([A, B], [replace(A, layer="overlay"), replace(B, polygon=square(0, 0, 2))])
    assert (found.grids.layer_changed, found.grids.reshaped) == (("A",), ("B",))
    assert sorted(map(str, codes(found)["A"])) == ["A", "B"]


def test_a_strip_that_comes_and_goes() -> None:
    # A household in A stays, a shop in A may be the strip's: whoever holds only the code must ask.
    found = delta([A, B], [A, B, STRIP])
    assert (found.grids, codes(found)) == (GridChanges(added=("S",)), {"A": ["A", "S"]})
    assert covers(found, STRIP.polygon)
    found = delta([A, B, STRIP], [A, B])
    assert (found.grids, codes(found)) == (GridChanges(retired=("S",)), {"S": ["A"]})
    assert codes(delta([A, STRIP], [A, replace(STRIP, code="S9")])) == {"S": ["S9"]}
    short = replace(STRIP, polygon=square(0, 0, 0.6, 0.2))
    assert codes(delta([A, B, STRIP], [A, B, short])) == {"S": ["S", "A"]}
    assert codes(delta([A, B, short], [A, B, STRIP])) == {"A": ["A", "S"]}
    school = replace(STRIP, kind="school")
    assert codes(delta([A, STRIP], [A, school])) == {"A": ["A", "S"], "S": ["S", "A"]}
    # A shop on the ground of a school was the tile's; now it is the strip's.
    assert codes(delta([A, school], [A, STRIP]))["A"] == ["A", "S"]


def test_parts_are_answers_too() -> None:
    tower = replace(B, parts=TOWER)
    renamed = replace(tower, parts=tuple(replace(part, name="改名", households=9) for part in TOWER))
    assert delta([A, tower], [A, renamed]).grids == GridChanges()
    found = delta([A, B], [A, tower])
    assert (found.grids, codes(found)) == (GridChanges(parts_changed=("B",)), {"B": ["B", "B-1", "B-2"]})
    assert covers(found, B.polygon)
    # Parts that are given up are all the grid's; parts that are drawn otherwise must be asked for by unit.
    assert codes(delta([A, tower], [A, B])) == {"B-1": ["B"], "B-2": ["B"]}
    other = replace(B, parts=(TOWER[0], replace(TOWER[1], units=("2", "3"))))
    assert codes(delta([tower], [other])) == {"B": ["B", "B-1", "B-2"], "B-2": ["B", "B-1", "B-2"]}
    assert codes(delta([tower], [replace(tower, code="B9")])) == {"B": ["B9"]}
    assert codes(delta([tower], [replace(tower, polygon=square(1, 0, 0.5)), A])) == {
        "B": ["B", None],
        "B-1": ["B", "B-1", "B-2", None],
        "B-2": ["B", "B-1", "B-2", None],
    }


def test_areas() -> None:
    town, other = (Area(1, "T", "镇", "town", None, square(0, 0, 4)), Area(2, "U", "乡", "town", None, square(9, 9)))
    was = Area(3, "C", "社区", "community", "T", square(0, 0, 2))
    now = replace(was, name="新社区", parent="U", level="composite")
    found = compare(
        Side([A], [town, was], {"C": ("C", "T"), "T": ("T",)}),
        Side([A], [replace(town, name="街道"), now, other], {"C": ("C", "U"), "T": ("T",), "U": ("U",)}),
        metric=METRIC,
    )
    assert found.grids == GridChanges(area_changed=("A",))
    assert (found.areas.added, found.areas.retired, found.areas.reshaped) == (("U",), (), ())
    assert (found.areas.renamed, found.areas.relevelled, found.areas.reparented) == (("T", "C"), ("C",), ("C",))
    assert found.codes == {}
    assert found.ground.covers(was.polygon)
    assert found.ground.covers(other.polygon)
    assert found.ground.disjoint(square(3, 0, 0.5))


Cuts = st.lists(st.integers(1, 19), min_size=0, max_size=4, unique=True).map(sorted)


@st.composite
def divisions(draw: st.DrawFn) -> list[MicroGrid]:
    """Rows of boxes over the same two by two squares; numbers, codes and kinds fall as they may."""
    grids: list[MicroGrid] = []
    numbers = iter(draw(st.permutations(range(1, 40))))
    rows = [0, *draw(Cuts), 20]
    for south, north in pairwise(rows):
        columns = [0, *draw(Cuts), 20]
        for west, east in pairwise(columns):
            number = next(numbers)
            code = f"{number}{draw(st.sampled_from(['', 'x']))}"
            kind = draw(st.sampled_from(["residential", "market"]))
            box = square(west / 10, south / 10, (east - west) / 10, (north - south) / 10)
            grids.append(grid(number, code, box, kind=kind))
    return sorted(grids, key=lambda one: one.rank)


def answer(grids: list[MicroGrid], point: shapely.Point) -> tuple[str, str, int] | None:
    """The lowest rank that touches a point, the plain way."""
    return next(((one.code, one.kind, one.id) for one in grids if one.polygon.intersects(point)), None)


@settings(max_examples=60, deadline=None)
@given(divisions(), divisions(), st.integers(0, 2**32))
def test_redraws_at_random(old: list[MicroGrid], new: list[MicroGrid], seed: int) -> None:
    found = delta(old, new)
    rng = np.random.default_rng(seed)
    places = np.vstack([rng.uniform(-0.1, 2.1, (80, 2)), rng.integers(0, 21, (40, 2)) / 10])
    after = {one.id: one for one in new}
    for x, y in places:
        point = shapely.Point(at(x, y))
        was, now = answer(old, point), answer(new, point)
        if not found.ground.intersects(point):
            assert was == now
        elif was != now:
            assert found.ground.contains(point)
        if was is None or any(one.polygon.touches(point) for one in (*old, *new)):
            continue
        told = found.codes.get(was[0])
        assert now is not None
        assert now[0] in ([share.code for share in told] if told else [was[0]])
    for one in old:
        shares = found.codes.get(one.code)
        if shares is None:
            assert after[one.id].polygon.buffer(1e-8).covers(one.polygon)
        else:
            assert sum(share.area_m2 for share in shares) == pytest.approx(float(METRIC.area_m2(one.polygon)))

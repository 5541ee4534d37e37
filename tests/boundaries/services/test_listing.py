"""Lists go by pages that neither miss nor repeat a row."""

from dataclasses import replace
from datetime import timedelta

import pytest

from boundaries.errors import BadInput, NotFound
from boundaries.services import listing
from boundaries.store import registers, states
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import AREAS, BUILDINGS, GRIDS, SHOPS, TODAY, at, open_draft, publish


def _pages(call, **more):
    rows, cursor = [], None
    while True:
        page = call(after=cursor, **more)
        rows.append([row.value.code if isinstance(row, listing.Premises) else row.code for row in page.rows])
        cursor = page.cursor
        if cursor is None:
            return rows


def test_pages_neither_miss_nor_repeat(kept_plan):
    with reading(kept_plan) as session:
        assert _pages(lambda **more: listing.list_micro_grids(session, today=TODAY, **more), limit=3) == [
            ["G1", "G2", "G3"],
            ["G4"],
        ]
        assert _pages(lambda **more: listing.list_micro_grids(session, today=TODAY, **more), limit=4) == [
            ["G1", "G2", "G3", "G4"]
        ]
        assert _pages(lambda **more: listing.list_areas(session, **more), limit=1) == [[area.code] for area in AREAS]
        every = [
            code
            for page in _pages(lambda **more: listing.list_premises(session, today=TODAY, **more), limit=1)
            for code in page
        ]
        assert every == ["B1", "B2", "K1", "S1", "S2"]
        two = _pages(lambda **more: listing.list_premises(session, today=TODAY, **more), limit=2)
        assert [code for page in two for code in page] == every
        assert max(len(page) for page in two) == 2
        assert _pages(lambda **more: listing.list_premises(session, today=TODAY, **more)) == [every]


def test_grids_are_chosen_by_area_kind_layer_box_and_code(kept_plan):
    with reading(kept_plan) as session:

        def codes(**more):
            return [grid.code for grid in listing.list_micro_grids(session, today=TODAY, **more).rows]

        assert codes(within="320000000002") == ["G3", "G4"]
        assert codes(within="320000000000") == ["G1", "G2", "G3", "G4"]
        assert codes(kind="street_front") == []
        assert codes(kind="residential", layer="tile") == ["G1", "G2", "G3", "G4"]
        assert codes(layer="overlay") == []
        assert codes(bbox=(*at(1.2, 0.2), *at(1.4, 0.4))) == ["G2"]
        assert codes(bbox=(*at(0.5, 0.2), *at(1, 0.4))) == ["G1", "G2"]
        assert codes(codes=["G4", "G9"]) == ["G4"]
        page = listing.list_micro_grids(session, today=TODAY, codes=["G2"])
        assert [part.households for part in page.rows[0].parts] == [40, 36]
        assert (page.generation, page.cursor) == (1, None)


def test_areas_are_chosen_by_level_and_place(kept_plan):
    with reading(kept_plan) as session:
        assert [area.code for area in listing.list_areas(session, level="town").rows] == ["320000000000"]
        assert [area.code for area in listing.list_areas(session, within="320000000001").rows] == ["320000000001"]
        assert [area.parent for area in listing.list_areas(session, codes=["320000000001"]).rows] == ["320000000000"]
        box = (*at(3.5, 0.2), *at(3.6, 0.4))
        assert [area.code for area in listing.list_areas(session, bbox=box).rows] == ["320000000000", "320000000002"]


def test_premises_come_with_the_grid_they_are_given_to(kept_plan):
    with reading(kept_plan) as session:
        rows = listing.list_premises(session, today=TODAY).rows
        assert [(row.kind, row.value.code, row.grid) for row in rows] == [
            ("building", "B1", None),
            ("building", "B2", None),
            ("compound", "K1", "G1"),
            ("shop", "S1", "G2"),
            ("shop", "S2", None),
        ]
        assert rows[0].value.households == 36
        assert rows[0].value.compound == "K1"

        def codes(**more):
            return [row.value.code for row in listing.list_premises(session, today=TODAY, **more).rows]

        assert codes(kinds=["shop"]) == ["S1", "S2"]
        assert codes(within="320000000002") == ["B2", "S2"]
        assert codes(bbox=(*at(1.4, 0), *at(1.6, 0.2))) == ["S1"]
        assert codes(codes=["B2", "S1"]) == ["B2", "S1"]


def test_an_older_generation_and_a_draft_can_be_listed(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        states.put_grids(session, draft.id, [replace(GRIDS[0], name="改名")], source_id=None)
        states.put_buildings(session, draft.id, [replace(BUILDINGS[1], number="2A")], source_id=None)
        registers.put_shops(session, [replace(SHOPS[0], name="面馆")], source_id=None, today=TODAY + timedelta(days=1))

    def names(**which):
        with reading(planned) as session:
            rows = listing.list_micro_grids(session, today=TODAY, codes=["G1"], **which).rows
            more = listing.list_premises(session, today=TODAY, codes=["B2", "S1"], **which).rows
        return rows[0].name, more[0].value.number, more[1].value.name

    assert names() == ("第1网格", "2幢", "早点铺")
    assert names(draft=draft.id) == ("改名", "2A", "早点铺")
    publish(planned, draft)
    assert names() == ("改名", "2A", "早点铺")
    assert names(generation=1) == ("第1网格", "2幢", "早点铺")


def test_lists_before_the_first_generation_are_empty(database):
    with reading(database) as session:
        assert listing.list_areas(session) == listing.Page((), None, None)
        assert listing.list_micro_grids(session, today=TODAY).rows == ()
        assert listing.list_premises(session, today=TODAY).rows == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 1001},
        {"after": "x"},
        {"after": "-1"},
        {"bbox": (2.0, 0.0, 1.0, 1.0)},
        {"bbox": (0.0, 0.0, 1.0, 91.0)},
    ],
)
def test_what_makes_no_sense_is_refused(kept_plan, wrong):
    with reading(kept_plan) as session:
        for call in (
            listing.list_areas,
            lambda *a, **k: listing.list_micro_grids(*a, today=TODAY, **k),
            lambda *a, **k: listing.list_premises(*a, today=TODAY, **k),
        ):
            with pytest.raises(BadInput):
                call(session, **wrong)


def test_what_there_is_not(kept_plan):
    with reading(kept_plan) as session:
        for which in ({"generation": 9}, {"draft": 999_999}, {"within": "nowhere"}):
            with pytest.raises(NotFound):
                listing.list_areas(session, **which)
        with pytest.raises(NotFound):
            listing.list_premises(session, today=TODAY, within="nowhere")

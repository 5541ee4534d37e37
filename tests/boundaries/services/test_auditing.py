import json
from dataclasses import replace

import pytest

from boundaries.checks import run
from boundaries.services.auditing import areas_m2, counts, is_exact, report, summary
from boundaries.snapshot import Snapshot
from tests.boundaries.boxes import AREAS, GRIDS, METRES, PLAN, RULES, building, compound, plan, shop, square, with_grid

NAMED = (AREAS[0], replace(AREAS[1], name="文昌社区"), replace(AREAS[2], name="茶坊社区"))


def test_a_plan_in_order_is_exact_and_says_nothing() -> None:
    told = report(PLAN, run(PLAN, RULES))
    assert told["exact"] is True
    assert (told["grids"], told["parents"], told["blocking"]) == (4, 2, 0)
    assert (told["counts"], told["area_m2"], told["findings"]) == ({}, {}, [])
    assert (told["source"]["en"], told["crs"]) == ("a plan", "EPSG:4549")
    assert told["summary"] == {"zh": [], "en": []}


def test_a_gap_as_a_planner_would_say_it() -> None:
    homes = (building("B1", square(120, 20, 40, 12), 60), building("B2", square(120, 50, 40, 12), 36))
    broken = plan(
        areas=NAMED,
        grids=(GRIDS[0], GRIDS[2], replace(GRIDS[3], polygon=square(300, 0, 90, 100))),
        buildings=homes,
        shops=(shop("S", 395, 5),),
    )
    findings = run(broken, RULES, only=["tiles"])
    assert summary(broken, findings, "zh") == (
        "文昌社区:1 处空白,共 10,000 m²,含 2 栋 96 户",
        "茶坊社区:1 处空白,共 1,000 m²,含 1 家商铺",
    )
    assert (
        summary(broken, findings, "en")[0] == "文昌社区: 1 × gap, 10,000 m² in all, holding 2 buildings, 96 households"
    )


def test_kinds_without_ground_are_counted() -> None:
    broken = plan(
        areas=NAMED,
        buildings=(building("B", square(90, 20, 40, 12), 60), building("far", square(900, 900, 40, 12), 60)),
        compounds=(compound("K", square(900, 0)),),
        shops=(shop("S", 50, 5, street="E"), shop("T", 60, 5, street="E")),
    )
    assert summary(broken, run(broken, RULES), "zh") == (
        "文昌社区:1 栋楼栋被边界切割;2 家商铺无专属网格",
        "不属于任何区域:1 栋楼栋未划入网格;1 个小区未划入网格",
    )
    assert "in no area: 1 × building in no grid" in summary(broken, run(broken, RULES), "en")[1]


def test_counts_and_areas_by_kind_in_the_order_of_the_table() -> None:
    broken = plan(grids=with_grid(0, polygon=square(1, 0)), buildings=(building("B", square(90, 20, 40, 12)),))
    findings = run(broken, RULES)
    assert counts(findings) == {"gap": 1, "overlap": 1, "building_doubled": 1}
    assert areas_m2(findings) == {"gap": pytest.approx(100), "overlap": pytest.approx(100)}


def test_a_record_holds_every_key_and_geojson() -> None:
    broken = plan(grids=with_grid(0, polygon=square(0, 0, 90)), buildings=())
    told = json.loads(json.dumps(report(broken, run(broken, RULES))))
    (gap,) = told["findings"]
    assert gap["kind"] == "gap"
    assert gap["severity"] == "blocking"
    assert gap["name"] == {"zh": "空白", "en": "Gap"}
    assert gap["area_m2"] == pytest.approx(1000)
    assert gap["width_m"] == pytest.approx(10)
    assert (gap["grids"], gap["premises"], gap["parent"]) == (["G1", "G2"], [], "C1")
    assert gap["geometry"]["type"] == "Polygon"
    assert told["blocking"] == 1
    assert told["exact"] is False


def test_what_breaks_exactness() -> None:
    assert not is_exact(Snapshot(METRES), ())
    dusty = plan(grids=with_grid(0, polygon=square(0, 0, 100 - 5e-9)))
    assert is_exact(dusty, run(dusty, RULES))
    crossed = square(0, 0).boundary.coords
    bowtie = type(square(0, 0))([crossed[0], crossed[2], crossed[1], crossed[3]])
    premises = plan(compounds=(compound("K", bowtie),))
    assert is_exact(premises, run(premises, RULES))
    grids = plan(grids=with_grid(0, polygon=bowtie))
    assert not is_exact(grids, run(grids, RULES))


def test_undivided_ground_with_homes_on_it_is_not_exact() -> None:
    # No grid borders the gap, and premises lie in it.
    home = building("B", square(220, 20, 40, 12), 60)
    bare = plan(grids=tuple(grid for grid in GRIDS if grid.area == AREAS[1].code), buildings=(home,))
    findings = run(bare, RULES, only=["tiles"])
    assert [(one.kind, one.grids, one.premises) for one in findings] == [("gap", (), ("building:B",))]
    assert not is_exact(bare, findings)

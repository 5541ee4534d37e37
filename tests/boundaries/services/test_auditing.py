import json
from dataclasses import replace

import pytest
from shapely import Polygon

from boundaries.checks import run
from boundaries.services.auditing import areas_m2, counts, is_exact, is_proved, report, summary, verdict
from boundaries.snapshot import Snapshot
from tests.boundaries.boxes import (
    AREAS,
    GRIDS,
    METRES,
    PLAN,
    RULES,
    X,
    Y,
    building,
    compound,
    plan,
    shop,
    square,
    with_grid,
)

NAMED = (AREAS[0], replace(AREAS[1], name="文昌社区"), replace(AREAS[2], name="茶坊社区"))


def test_a_plan_in_order_is_exact_and_says_nothing() -> None:
    told = report(PLAN, run(PLAN, RULES))
    assert (told["exact"], told["proved"]) == (True, True)
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
    areas = plan(areas=(NAMED[0], replace(NAMED[1], polygon=bowtie), NAMED[2]))
    assert not is_exact(areas, run(areas, RULES))


def test_the_summary_says_whose_shape_is_broken() -> None:
    bowtie = Polygon([(X, Y), (X + 100, Y), (X, Y + 100), (X + 100, Y + 100)])
    areas = (NAMED[0], replace(NAMED[1], polygon=bowtie), NAMED[2])
    broken = plan(areas=areas, grids=with_grid(0, polygon=bowtie), compounds=(compound("K", bowtie),), buildings=())
    findings = run(broken, RULES, only=["shapes"])
    assert summary(broken, findings, "zh") == (
        "文昌社区:1 个网格图形无效;1 个区域图形无效",
        "不属于任何区域:1 处楼栋或小区图形无效",
    )
    assert summary(broken, findings, "en") == (
        "文昌社区: 1 × invalid shape of a grid; 1 × invalid shape of an area",
        "in no area: 1 × invalid shape of premises",
    )


def test_undivided_ground_with_homes_on_it_is_not_exact() -> None:
    # No grid borders the gap, and premises lie in it.
    home = building("B", square(220, 20, 40, 12), 60)
    bare = plan(grids=tuple(grid for grid in GRIDS if grid.area == AREAS[1].code), buildings=(home,))
    findings = run(bare, RULES, only=["tiles"])
    assert [(one.kind, one.grids, one.premises) for one in findings] == [("gap", (), ("building:B",))]
    assert not is_exact(bare, findings)


def test_exact_without_proof_says_what_keeps_it_from_one() -> None:
    corners = [(0, 0), (100, 0), (100, 50), (100, 100), (0, 100)]
    bent = Polygon([(X + x, Y + y) for x, y in corners])
    broken = plan(grids=with_grid(0, polygon=bent))
    findings = run(broken, RULES)
    assert (is_exact(broken, findings), is_proved(broken, findings)) == (True, False)
    assert verdict(broken, findings, "zh") == "全覆盖,但有 1 处边界顶点不一致(可用 repair 修补)"
    assert verdict(broken, findings, "en") == "exact coverage, but 1 × edges do not match (mend with repair)"
    assert summary(broken, findings, "zh") == ("community 1:1 处边界顶点不一致,共长 100 m",)
    assert summary(broken, findings, "en") == ("community 1: 1 × edges do not match, 100 m in all",)
    assert (report(broken, findings)["exact"], report(broken, findings)["proved"]) == (True, False)


def test_dust_keeps_a_coverage_from_being_proved() -> None:
    dusty = plan(grids=with_grid(0, polygon=square(0, 0, 100 - 5e-9)))
    findings = run(dusty, RULES)
    assert "1 处舍入残差" in verdict(dusty, findings, "zh")
    assert not is_proved(dusty, findings)


def test_the_verdict_on_what_is_proved_and_on_what_is_not_exact() -> None:
    assert verdict(PLAN, run(PLAN, RULES), "zh") == "全覆盖(已证明)"
    assert verdict(PLAN, run(PLAN, RULES), "en") == "exact coverage (proved)"
    broken = plan(grids=GRIDS[1:])
    assert verdict(broken, run(broken, RULES), "zh") == "未全覆盖"
    assert verdict(broken, run(broken, RULES), "en") == "not an exact coverage"


def test_ground_in_no_community_leaves_the_communities_proved() -> None:
    apart = plan(areas=(NAMED[0], NAMED[1], replace(NAMED[2], polygon=square(300, 0))), grids=(*GRIDS[:2], GRIDS[3]))
    findings = run(apart, RULES)
    assert is_proved(apart, findings)
    assert summary(apart, findings, "zh")[0] == "town:1 处区域空白,共 10,000 m²,含 1 栋 40 户"


def test_grids_in_another_place_are_told_in_words() -> None:
    elsewhere = plan(areas=(NAMED[0], replace(NAMED[1], polygon=square(5000, 0, 200)), NAMED[2]))
    findings = run(elsewhere, RULES, only=["tiles"])
    assert summary(elsewhere, findings, "zh") == (
        "文昌社区:网格与区域不在同一处,请核对坐标系;1 处空白,共 20,000 m²;2 处越界,共 20,000 m²,含 2 栋 80 户",
    )
    assert "check the coordinate system" in summary(elsewhere, findings, "en")[0]

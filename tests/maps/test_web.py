import re
from dataclasses import replace

import pytest
import shapely

from boundaries.findings import Finding
from boundaries.model import MicroGrid
from maps.web import web_map
from tests.maps.community import COMMUNITY, DAY, community

GAP = Finding(
    "gap", grids=(f"{COMMUNITY}001",), area_m2=12.5, geometry=shapely.box(450_100, 3_570_100, 450_110, 3_570_101)
)
NOBODY = Finding("nobody_in_charge", grids=(f"{COMMUNITY}002",))
LOST = Finding("parent_missing", grids=("unknown",))


def _map(snapshot=None, findings=(GAP, NOBODY, LOST), **more):
    return web_map(snapshot or community(), findings, **{"day": DAY, **more})


def _unescaped(page):
    """The page with the escapes of its scripts undone."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), page)


def test_no_address_of_any_host_is_in_the_page():
    page = _map()
    assert re.findall(r"https?://", page) == []
    tags = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert re.findall(r"(?:src|href)\s*=\s*[\"'](?!data:)", tags) == []
    assert "<script src" not in page
    assert re.findall(r"url\((?!data:|#)", page) == []
    assert "sourceMappingURL" not in page


def test_the_policy_in_the_page_forbids_every_request():
    assert re.search(r'Content-Security-Policy" content="default-src \'none\'; script-src \'unsafe-inline\'', _map())


def test_leaflet_comes_with_its_licence():
    page = _map()
    assert "BSD 2-Clause License" in page
    assert 'version="1.9.4"' in page


def test_everything_has_its_layer():
    page = _unescaped(_map())
    for layer in (
        "区域",
        "水域",
        "微网格",
        "道路",
        "楼栋",
        "商铺",
        "问题:空白(1 处)",
        "问题:无人负责(1 处)",
        "问题:所属区域不存在(1 处)",
    ):
        assert f'"{layer}"' in page


def test_grids_say_who_is_in_charge_and_nothing_private():
    page = _unescaped(_map())
    for said in ("滨河新村", "赵小明", "13800000001", "第一综合网格", f"{COMMUNITY}001", "春禾面馆"):
        assert said in page
    assert "13800000000" not in page
    assert "13900000000" not in page
    assert "13800000000" in _map(show_unpublished_phones=True)
    assert '"household_count"' in page
    assert '"household_count"' not in _map(show_totals=False)


def test_findings_carry_their_measures():
    page = _unescaped(_map())
    assert "12.50" in page
    assert "必须处理 2" in page
    assert "建议处理 1" in page


def test_english_is_english():
    page = _unescaped(_map(language="en", title="Division of Wenchang"))
    for said in ("Micro-grids", "Finding: Gap (1)", "Division of Wenchang", "no evidence of ownership"):
        assert said in page


def test_names_are_shown_and_never_run():
    grids = (replace(community().grids[0], name='<img src=x onerror="alert(1)">'), *community().grids[1:])
    page = _map(community(grids=grids))
    assert "<img" not in page
    assert "\\u003cimg" not in page


def test_coordinates_are_degrees_to_a_tenth_of_a_metre():
    page = _map()
    places = re.findall(r"\[(1\d\d\.\d+), (\d+\.\d+)\]", page)
    assert len(places) > 500
    assert all(118 < float(lon) < 121 and 31 < float(lat) < 33 for lon, lat in places)
    assert max(len(each.split(".")[1]) for place in places for each in place) <= 6


def test_the_same_plan_gives_the_same_page():
    assert _map() == _map()


def test_a_plan_of_grids_alone_is_enough():
    bare = community(areas=(), buildings=(), compounds=(), shops=(), streets=(), waters=(), people=())
    page = _unescaped(_map(bare, ()))
    assert '"微网格"' in page
    assert "问题" not in page


def test_overlays_are_outlined_on_top_of_the_tiles():
    overlay = replace(community().grids[0], id=50, code="OVER", name="底商", layer="overlay", kind="commercial")
    page = _unescaped(_map(community(grids=(*community().grids, overlay))))
    assert "底商" in page
    assert '"dashArray": "6 4"' in page


@pytest.mark.parametrize("count", [3200])
def test_many_grids_are_drawn_on_a_canvas(count):
    x, y = 450_000.0, 3_570_000.0
    grids = tuple(
        MicroGrid(n, n, f"G{n}", f"第{n}格", "A", shapely.box(x + n % 80 * 50, y + n // 80 * 50,
                                                             x + n % 80 * 50 + 50, y + n // 80 * 50 + 50))
        for n in range(count)
    )  # fmt: skip
    page = _map(community(areas=(), buildings=(), compounds=(), shops=(), streets=(), waters=(), grids=grids), ())
    assert '"preferCanvas": true' in page
    assert len(page) / count < 800

"""The web map in a real browser, from a file, with no network to help it."""

import shutil
from pathlib import Path

import pytest

from boundaries.findings import Finding
from maps.web import web_map
from tests.maps.community import COMMUNITY, DAY, community

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PATHS = "path.leaflet-interactive"
FILLS = {"#FFF4C2", "#BFE0F0", "#F3B68A", "#9DA6D6"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("web") / "map.html"
    findings = [
        Finding("gap", area_m2=9.0, geometry=community().grids[3].polygon.buffer(-30)),
        Finding("nobody_in_charge", grids=(f"{COMMUNITY}002",)),
    ]
    path.write_text(web_map(community(), findings, day=DAY), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def visited(browser, written):
    """The page, what it asked for, and what it complained of."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(Path(written).as_uri())
    page.wait_for_selector(PATHS, state="attached")
    yield page, asked, complaints
    page.close()


def _layer(page, name):
    return page.locator(".leaflet-control-layers-overlays label", has_text=name).locator("input")


def test_not_one_request_leaves_the_file(visited, written):
    page, asked, complaints = visited
    _layer(page, "无人负责").check()
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(400)
    assert [url for url in asked if not url.startswith("data:")] == [Path(written).as_uri()]
    assert complaints == []


def test_grids_are_drawn_in_four_fills(visited):
    page, _, _ = visited
    fills = page.eval_on_selector_all(PATHS, "all => all.map(each => each.getAttribute('fill'))")
    assert set(fills) >= FILLS
    assert sum(fill in FILLS for fill in fills) == 11


def test_layers_are_switched_off_and_on(visited):
    page, _, _ = visited
    before = page.locator(PATHS).count()
    _layer(page, "商铺").uncheck()
    assert page.locator(PATHS).count() == before - 36
    _layer(page, "商铺").check()
    assert page.locator(PATHS).count() == before
    assert _layer(page, "空白").is_checked()
    assert not _layer(page, "无人负责").is_checked()


def test_a_click_says_who_is_in_charge(visited):
    page, _, _ = visited
    for name in ("楼栋", "商铺", "道路", "空白", "区域"):
        _layer(page, name).uncheck()
    grid = page.locator(f"{PATHS}[fill='#F3B68A']").first
    grid.click(force=True)
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "联络员" in popup.inner_text()
    assert COMMUNITY in popup.inner_text()


def test_nothing_lies_under_the_heading_when_the_map_opens(visited):
    page, _, _ = visited
    heading = page.locator(".mg-heading").bounding_box()
    grids = page.locator(", ".join(f"{PATHS}[fill='{fill}']" for fill in FILLS)).all()
    assert len(grids) == 11
    assert min(grid.bounding_box()["y"] for grid in grids) >= heading["y"] + heading["height"]

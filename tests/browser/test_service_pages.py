"""The service's own pages in a real browser: they work under their policies and leave the machine for nothing."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine

from tests.api.cli.test_serve import running_service
from tests.api.conftest import key, open_public_tier, plan_template, shared_plan  # noqa: F401  fixtures

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium here")]


@dataclass
class Seen:
    """What a page asked for, and what its console complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def url(shared_plan: Engine) -> Iterator[str]:  # noqa: F811  the fixture
    open_public_tier(shared_plan)
    with running_service(shared_plan) as (_, address):
        yield address


def _watched(browser: Browser) -> tuple[Page, Seen]:
    page, seen = browser.new_page(locale="en-GB"), Seen()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    return page, seen


def _outside(seen: Seen, url: str) -> list[str]:
    return [address for address in seen.requests if not address.startswith((url, "data:", "blob:"))]


def test_the_first_page_looks_a_point_up(browser: Browser, url: str) -> None:
    page, seen = _watched(browser)
    page.goto(url)
    page.fill("input[name=x]", "119.1805")
    page.fill("input[name=y]", "32.2705")
    page.click("button")
    assert page.url.startswith(f"{url}/v1/locate?")
    assert "C1-01" in page.content()
    assert _outside(seen, url) == []
    assert seen.complaints == []


def test_the_documents_try_a_request_with_a_key(browser: Browser, url: str, shared_plan: Engine) -> None:  # noqa: F811
    page, seen = _watched(browser)
    page.goto(f"{url}/docs")
    form = page.locator("form[data-path='/v1/micro-grids/{code}']")
    form.locator("input[name=code]").fill("C1-02")
    form.locator("button").click()
    answer = form.locator("xpath=following-sibling::pre[1]")
    expect(answer).to_contain_text("第二微网格")
    expect(answer).to_contain_text("200 application/geo+json")

    page.fill("#key", key(shared_plan, "premises:read", tier="internal")["X-API-Key"])
    premises = page.locator("form[data-path='/v1/premises']")
    premises.locator("input[name=kind]").fill("shop")
    premises.locator("button").click()
    expect(premises.locator("xpath=following-sibling::pre[1]")).to_contain_text("shop:S1")
    assert _outside(seen, url) == []
    assert seen.complaints == []


def test_the_map_works_under_its_policy(browser: Browser, url: str) -> None:
    page, seen = _watched(browser)
    page.goto(f"{url}/map")
    expect(page.locator(".leaflet-container")).to_be_visible()
    assert page.locator("path.leaflet-interactive").count() > 5
    assert _outside(seen, url) == []
    assert seen.complaints == []

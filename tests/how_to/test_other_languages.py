"""The Java and JavaScript of the how-to against a running service, and its two languages against each other."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine

from tests.how_to.conftest import HOW_TO, Service, serving

QUESTIONS = {
    ("119.1805", "32.2705", "EPSG:4490"): "C1-01 contains 1",
    ("119.181", "32.2705", "EPSG:4490"): "C1-01 contains 1",
    ("119.1805", "32.2715", "EPSG:4490", "household"): "C1-03 parts_undecided 1",
    ("119.1805", "32.2705", "EPSG:4490", "shop"): "C1-01 no_dedicated 1",
    ("119.3", "32.27", "EPSG:4490"): "- - 1",
}


@pytest.fixture(params=[("java", "Locate.java"), ("node", "locate.mjs")], ids=["java", "node"])
def program(request: pytest.FixtureRequest) -> list[str]:
    tool, file = request.param
    found = shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not installed")
    return [found, str(HOW_TO / file)]


def run(
    program: Sequence[str], service: Service, *asked: str, key: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MICROGRID_KEY": service.key if key is None else key}
    return subprocess.run(
        [*program, service.url, *asked], capture_output=True, check=False, env=environment, text=True, timeout=120
    )


def test_points(program: list[str], service: Service) -> None:
    assert {asked: run(program, service, *asked).stdout.strip() for asked in QUESTIONS} == QUESTIONS


@pytest.mark.parametrize(("crs", "key", "status"), [("EPSG:9", None, "400"), ("EPSG:4490", "mg_1_wrong", "401")])
def test_refusals(program: list[str], service: Service, crs: str, key: str | None, status: str) -> None:
    refused = run(program, service, "119.1805", "32.2705", crs, key=key)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(status)


def test_who_asks_too_often_waits_and_is_answered(program: list[str], own_plan: Engine) -> None:
    with serving(own_plan, MICROGRID_KEY_PER_SECOND="0.2") as slow:
        first, second = (run(program, slow, "119.1805", "32.2705", "EPSG:4490") for _ in range(2))
    assert (first.stdout.strip(), second.stdout.strip()) == ("C1-01 contains 1",) * 2


def test_both_languages_show_the_same() -> None:
    english, chinese = (
        re.findall(r"```\w+\n.*?```", (HOW_TO / name).read_text(encoding="utf-8"), re.DOTALL)
        for name in ("README.md", "README.zh.md")
    )
    assert len(english) > 10
    assert english == chinese

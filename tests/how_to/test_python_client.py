"""The Python client of the how-to against a running service."""

import importlib.util
import json
import socket
import subprocess
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.api.test_delta import change
from tests.how_to.conftest import HOW_TO, Service, serving

FILE = HOW_TO / "microgrid_client.py"
CENTRES = {
    "C1-01": (119.1805, 32.2705),
    "C1-02": (119.1815, 32.2705),
    "C1-03": (119.1805, 32.2715),
    "C1-04": (119.1815, 32.2715),
    "C2-01": (119.183, 32.2705),
    "C2-02": (119.183, 32.2715),
}
OUTSIDE = (119.3, 32.27)
ON_BORDER = (119.181, 32.2705)


@pytest.fixture(scope="module")
def library() -> ModuleType:
    spec = importlib.util.spec_from_file_location("microgrid_client", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(library: ModuleType, service: Service) -> Any:
    return library.MicrogridClient(service.url, service.key)


def test_one_point(client: Any) -> None:
    for code, (x, y) in CENTRES.items():
        found = client.locate(x, y, "EPSG:4490")
        assert (found["micro_grid"]["code"], found["generation"]) == (code, 1)
    assert client.locate(*OUTSIDE, "EPSG:4490")["responsible"] is None
    border = client.locate(*ON_BORDER, "EPSG:4490")
    assert (border["responsible"]["code"], border["on_border"]) == ("C1-01", True)


def test_what_is_to_be_stored(client: Any) -> None:
    x, y = CENTRES["C1-03"]
    assert client.locate(x, y, "EPSG:4490")["responsible"] == {"code": "C1-03", "reason": "parts_undecided"}
    part = client.locate(x, y, "EPSG:4490", for_="household", unit="2")
    assert part["responsible"] == {"code": "C1-03-2", "reason": "part"}
    near = client.locate(x, y, "EPSG:4490", within_m=200)["near"]
    assert near[0] == {"code": "C1-03", "name": "第三微网格", "distance_m": 0.0}
    assert {grid["code"] for grid in near} > {"C1-01", "C1-04"}
    x, y = CENTRES["C1-01"]
    assert client.locate(x, y, "EPSG:4490", for_="shop")["responsible"]["reason"] == "no_dedicated"


def test_by_premises(client: Any) -> None:
    assert client.find(place="锦绣花园1幢", for_="household")["responsible"]["code"] == "C1-01"
    assert client.find(building="B1")["responsible"]["code"] == "C1-01"
    assert client.find(place="人民路12号", for_="shop")["micro_grid"]["code"] == "C1-02"


def test_many_points_as_json_and_packed(client: Any, library: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    points = [*CENTRES.values(), OUTSIDE, ON_BORDER] * 5
    expected = [*CENTRES, None, "C1-01"] * 5
    assert client.locate_many(points, "EPSG:4490") == library.Many(1, expected)
    for_shops = client.locate_many(points, "EPSG:4490", for_="shop")
    monkeypatch.setattr(library, "MAX_JSON_POINTS", 3)
    monkeypatch.setattr(library, "PORTION_POINTS", 7)
    assert client.locate_many(points, "EPSG:4490") == library.Many(1, expected)
    assert client.locate_many(points, "EPSG:4490", for_="shop") == for_shops
    assert client.locate_many([], "EPSG:4490").codes == []
    for bad in ([(119.18, float("nan"))], [(119.18,)]):
        with pytest.raises(ValueError, match="pair of finite numbers"):
            client.locate_many(bad, "EPSG:4490")


def test_refusals_carry_the_problem(client: Any, library: ModuleType, service: Service) -> None:
    with pytest.raises(library.MicrogridError) as refusal:
        client.locate(119.18, 32.27, "EPSG:9")
    assert (refusal.value.status, refusal.value.problem["type"]) == (400, "/problems/coordinate-system")
    assert "EPSG:9" in str(refusal.value)
    with pytest.raises(library.MicrogridError, match="401") as refusal:
        library.MicrogridClient(service.url, "mg_1_wrong").current_generation()
    assert refusal.value.problem["type"] == "/problems/key-needed"
    with pytest.raises(library.MicrogridError) as refusal:
        client.find(place="没有这个小区3幢")
    assert refusal.value.status == 404
    with pytest.raises(library.MicrogridError) as refusal:
        client.locate_many([CENTRES["C1-01"]], "")
    assert refusal.value.status == 400


def test_a_service_that_is_not_there(library: ModuleType) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(library.MicrogridError, match="cannot be reached") as refusal:
        library.MicrogridClient(url, retries=1).current_generation()
    assert refusal.value.status is None


def test_who_asks_too_often_waits_and_is_answered(own_plan: Engine, library: ModuleType) -> None:
    with serving(own_plan, MICROGRID_KEY_PER_SECOND="1") as slow:
        x, y = CENTRES["C1-01"]
        impatient = library.MicrogridClient(slow.url, slow.key, retries=0)
        with pytest.raises(library.MicrogridError, match="429"):
            all(impatient.locate(x, y, "EPSG:4490") for _ in range(100))
        patient = library.MicrogridClient(slow.url, slow.key)
        assert patient.locate(x, y, "EPSG:4490")["micro_grid"]["code"] == "C1-01"


def test_stored_codes_follow_a_new_generation(own_plan: Engine, library: ModuleType) -> None:
    with serving(own_plan) as changing:
        client = library.MicrogridClient(changing.url, changing.key)
        stored = [library.Stored(code, x, y) for code, (x, y) in CENTRES.items()]
        stored += [
            library.Stored("C1-04"),
            library.Stored("C2-01"),
            library.Stored("C1-03-1", *CENTRES["C1-03"], unit="1"),
        ]
        stored += [library.Stored(None, *OUTSIDE)]
        assert client.refresh(stored, "EPSG:4490", 1) == library.Refreshed(1, stored, [])
        assert [client.current_generation() for _ in range(2)] == [1, 1]
        change(own_plan)
        assert client.changes_since(1)["codes"].keys() == {"C1-04"}
        fresh = client.refresh(stored, "EPSG:4490", 1)
        expected = [replace(one, code="C1-05") if one.code == "C1-04" else one for one in stored]
        assert fresh == library.Refreshed(2, expected, [])
        assert client.refresh(fresh.stored, "EPSG:4490", fresh.generation) == fresh


def test_shifted_points_are_refreshed_too(own_plan: Engine, library: ModuleType) -> None:
    with serving(own_plan) as changing:
        client = library.MicrogridClient(changing.url, changing.key)
        # Somewhere in C1-04 as Amap would write it, found by asking on a raster.
        points = [(119.1845 + i * 2e-4, 32.268 + j * 2e-4) for i in range(20) for j in range(20)]
        before = client.locate_many(points, "GCJ-02")
        assert "C1-04" in before.codes
        stored = [library.Stored(code, x, y) for code, (x, y) in zip(before.codes, points, strict=True)]
        change(own_plan)
        fresh = client.refresh(stored, "GCJ-02", 1)
        assert [one.code for one in fresh.stored] == ["C1-05" if c == "C1-04" else c for c in before.codes]
        with pytest.raises(ValueError, match="write EPSG:n"):
            client.refresh(stored, "gcj02", 1)


def test_from_a_shell(service: Service) -> None:
    asked = [sys.executable, str(FILE), service.url, "119.1805", "32.2715", "EPSG:4490", "--unit", "1"]
    told = subprocess.run([*asked, "--key", service.key], capture_output=True, check=True, timeout=60)
    assert json.loads(told.stdout)["responsible"] == {"code": "C1-03-1", "reason": "part"}
    refused = subprocess.run(asked, capture_output=True, check=False, timeout=60, text=True)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("401: ")
    assert "Traceback" not in refused.stderr

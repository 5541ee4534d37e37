"""Many points in JSON."""

from typing import Any

import numpy as np
import orjson
import pytest

from api.locating.bulk import JSON
from api.locating.json_points import MAX_POINTS
from api.problems import TooLarge
from api.schemas import bulk as schemas
from boundaries.errors import BadInput
from geo.errors import CrsProblem, Problem
from tests.api.locating.bulk_cases import IN_A, IN_O, PLAN, POINTS, ask, cut, mixed, question

CRS = "EPSG:4490"


def told(body: Any, *, crs: str | None = None, for_: str | None = None) -> dict[str, Any]:
    text = body if isinstance(body, bytes) else orjson.dumps(body)
    found = ask(question(f"{JSON}; charset=utf-8", crs, for_=for_), cut(text, 1000))
    assert found.headers == {"content-type": JSON, "content-length": str(len(found.body))}
    return orjson.loads(found.body)  # type: ignore[no-any-return]


def refusal(body: Any, kind: type[Problem] = BadInput, **query: Any) -> str:
    with pytest.raises(kind) as caught:
        told(body, **query)
    assert type(caught.value) is kind
    return caught.value.en


def test_columns_of_codes() -> None:
    answer = told({"crs": CRS, "points": POINTS.tolist()})
    assert answer == {
        "generation": 3,
        "micro_grid": ["A", "B", "A", "A", None, None],
        "area": ["C1", "C1", "C1", "C1", "C1", None],
        "on_border": [False, False, False, True, False, False],
        "in_gap": [False, False, False, False, True, False],
    }
    schemas.LocatedMany.model_validate(answer)


@pytest.mark.parametrize(
    "way", [{"body": {"for": "shop"}}, {"query": "shop"}, {"body": {"for": "shop"}, "query": "shop"}]
)
def test_what_to_store_for_a_shop(way: dict[str, Any]) -> None:
    body = {"crs": CRS, "points": POINTS.tolist(), **way.get("body", {})}
    schemas.ManyPoints.model_validate(body)
    answer = told(body, for_=way.get("query"))
    assert answer["responsible"] == ["A", "B", "O", "A", None, None]
    schemas.LocatedMany.model_validate(answer)


def test_what_to_store_for_a_household() -> None:
    answer = told({"crs": CRS, "points": POINTS.tolist(), "for": "household"})
    assert answer["responsible"] == answer["micro_grid"]


def test_many_points_in_a_thread_as_few() -> None:
    xy = np.nan_to_num(mixed(30_000), nan=0.0)
    answer = told({"crs": CRS, "points": xy.tolist()})
    found = PLAN.plan.locate(xy)
    assert answer["micro_grid"] == PLAN.codes[found.grid].tolist()
    assert answer["on_border"] == found.on_border.tolist()
    assert 1_000 < sum(answer["on_border"]) < 2_000


def test_whole_numbers_and_no_points() -> None:
    assert told({"crs": "EPSG:4549", "points": [[1, 2.5], [3, 12345678901234567890]]})["micro_grid"] == [None, None]
    assert told({"crs": CRS, "points": []})["micro_grid"] == []


def test_crs_is_converted_and_must_be_given_once_and_be_known() -> None:
    shifted = told({"crs": "GCJ-02", "points": [[IN_A[0] + 0.0053, IN_A[1] - 0.0019]]})
    assert shifted["area"] == ["C1"]
    assert told({"points": [IN_A]}, crs=CRS)["micro_grid"] == ["A"]
    assert "EPSG:4490" in refusal({"points": [IN_A]}, CrsProblem)
    assert "not known" in refusal({"crs": "EPSG:99999999", "points": [IN_A]}, CrsProblem)
    assert "2000 characters" in refusal({"crs": "x" * 3000, "points": [IN_A]}, CrsProblem)
    assert "crs differs" in refusal({"crs": CRS, "points": [IN_A]}, crs="GCJ-02")
    assert "crs in the body must be a text" in refusal({"crs": 4490, "points": [IN_A]})


@pytest.mark.parametrize(
    ("points", "named"),
    [
        ([IN_A, IN_O, [1.0]], "points[2] has 1 values"),
        ([IN_A, [1.0, 2.0, 3.0]], "points[1] has 3 values"),
        ([IN_A, [None, 2.0]], "points[1][0] is not a number"),
        ([IN_A, [1.0, "32.2"]], "points[1][1] is not a number"),
        ([[1.0, True]], "points[0][1] is not a number"),
        ([[1.0, [2.0]]], "points[0][1] is not a number"),
        ([IN_A, None], "points[1] is no pair"),
        ([IN_A, 119.0, 32.0], "points[1] is no pair"),
        (["ab"], "points[0] is no pair"),
        ([{"x": 1, "y": 2}], "points[0] is no pair"),
        # As many numbers as two to a point, but not so.
        ([[1.0, 2.0, 3.0], [4.0]], "points[0] has 3 values"),
        ({"0": IN_A}, "points is missing"),
        (None, "points is missing"),
    ],
)
def test_points_that_are_none_are_named(points: Any, named: str) -> None:
    assert named in refusal({"crs": CRS, "points": points})


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "not JSON"),
        (b'{"crs": "EPSG:4490", "points": [[NaN, 1]]}', "not JSON at character 34 (NaN"),
        (b'{"crs": "EPSG:4490", "points": [[1e999, 1]]}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[[1, 2]]", "must be"),
        ({"crs": CRS, "points": [IN_A], "generation": 2}, 'no member "generation"'),
        ({"crs": CRS, "points": [IN_A], "for": "dog"}, "household or shop"),
        ({"crs": CRS, "points": [IN_A], "for": 1}, "for in the body must be a text"),
    ],
)
def test_bodies_of_another_form(body: Any, named: str) -> None:
    assert named in refusal(body)


def test_swapped_axes() -> None:
    assert "axes are swapped" in refusal({"crs": CRS, "points": [IN_A[::-1], IN_O[::-1]]})


def test_the_limit_counts_points_and_points_elsewhere() -> None:
    assert len(told({"crs": CRS, "points": [[1, 2]] * MAX_POINTS})["micro_grid"]) == MAX_POINTS
    for_one_more = refusal({"crs": CRS, "points": [[1, 2]] * (MAX_POINTS + 1)}, TooLarge)
    assert "100000 points and 8 MB" in for_one_more
    assert "application/vnd.apache.arrow.stream" in for_one_more
    assert "application/octet-stream" in for_one_more


@pytest.mark.parametrize(
    "body",
    [
        b'{"points": [' + b"[]," * 2_000_000 + b"[]]}",
        b'{"points": [' + b"1000," * 1_500_000 + b"1]}",
        b'{"points": []' + b" " * 8_000_000 + b"}",
    ],
)
def test_bodies_that_would_fill_the_memory(body: bytes) -> None:
    refusal(body, TooLarge)


def test_a_declared_length_is_refused_unread() -> None:
    async_read: list[bytes] = []

    def pieces() -> Any:
        async_read.append(b"")
        yield b"{}"

    with pytest.raises(TooLarge):
        ask(question(JSON, content_length=8_000_001), pieces())
    assert async_read == []

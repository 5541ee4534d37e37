"""Many points as packed float64."""

import asyncio

import numpy as np
import orjson
import pytest
from starlette.types import Message

from api.locating.bodies import BrokenOff
from api.locating.bulk import PACKED, answer_many
from api.locating.bulk_plan import POINTS_AT_ONCE
from api.schemas.bulk import GridTable
from boundaries.errors import BadInput
from boundaries.lookup.plan_index import IN_GAP, OUTSIDE
from geo.errors import CrsProblem
from tests.api.locating.bulk_cases import PLAN, POINTS, ask, cut, mixed, question
from tests.benchmarks.measure import peak_mb, reset_peak

CRS = "EPSG:4490"
ASKED = question(PACKED, CRS)


def positions(body: bytes) -> list[int]:
    return np.frombuffer(body, "<i4").tolist()  # type: ignore[no-any-return]


def test_positions_in_the_table_of_the_generation() -> None:
    table = GridTable.model_validate(orjson.loads(PLAN.table))
    assert (table.generation, table.codes) == (3, ["A", "B", "O"])
    found = ask(ASKED, [POINTS.tobytes()])
    assert positions(found.body) == [0, 1, 0, 0, IN_GAP, OUTSIDE]
    assert found.headers == {"content-type": PACKED}
    assert found.points == len(POINTS)


def test_with_a_purpose_the_grid_to_store() -> None:
    assert positions(ask(question(PACKED, CRS, for_="shop"), [POINTS.tobytes()]).body) == [0, 1, 2, 0, -1, -2]
    assert positions(ask(question(PACKED, CRS, for_="household"), [POINTS.tobytes()]).body) == [0, 1, 0, 0, -1, -2]


@pytest.mark.parametrize("size", [7, 16, 1000, 1 << 20])
def test_pieces_of_any_size(size: int) -> None:
    xy = mixed(20_000)
    found = ask(ASKED, cut(xy.tobytes(), size))
    assert positions(found.body) == PLAN.plan.locate(xy).grid.tolist()


@pytest.mark.parametrize("count", [0, POINTS_AT_ONCE, POINTS_AT_ONCE + 1, 3 * POINTS_AT_ONCE])
def test_portions_join_without_seams(count: int) -> None:
    xy = mixed(count)
    length = xy.nbytes
    found = ask(question(PACKED, CRS, content_length=length), cut(xy.tobytes(), 100_000))
    assert positions(found.body) == PLAN.plan.locate(xy).grid.tolist()
    assert found.headers["content-length"] == str(4 * count)
    assert found.points == count


def test_a_broken_pair_is_bad_input_before_the_answer_begins() -> None:
    for asked in (ASKED, question(PACKED, CRS, content_length=41)):
        with pytest.raises(BadInput, match="9 bytes are left over"):
            ask(asked, [bytes(41)])


def test_a_broken_pair_breaks_an_answer_that_has_begun() -> None:
    with pytest.raises(BrokenOff, match=r"^the answer broke off: BadInput$"):
        ask(ASKED, [mixed(POINTS_AT_ONCE).tobytes(), bytes(41)])


def test_axes_are_judged_before_the_answer_begins_only() -> None:
    swapped = POINTS[:3, ::-1]
    with pytest.raises(BadInput, match="axes are swapped"):
        ask(ASKED, [swapped.tobytes()])
    later = np.concatenate([mixed(POINTS_AT_ONCE), swapped])
    assert positions(ask(ASKED, [later.tobytes()]).body)[-3:] == [OUTSIDE] * 3


def test_a_system_is_needed() -> None:
    with pytest.raises(CrsProblem, match="No coordinate system"):
        ask(question(PACKED), [POINTS.tobytes()])
    with pytest.raises(BadInput, match="household or shop"):
        ask(question(PACKED, CRS, for_="household,shop"), [POINTS.tobytes()])


def test_a_long_body_takes_no_more_memory_than_a_short_one() -> None:
    count, piece = 2_000_000, mixed(4_000).tobytes()

    async def answered(points: int) -> int:
        left = points // 4_000

        async def receive() -> Message:
            nonlocal left
            left -= 1
            return {"type": "http.request", "body": piece, "more_body": left > 0}

        async def send(message: Message) -> None:
            """A client that takes everything and keeps nothing."""

        return await answer_many(ASKED, PLAN, receive, send)

    asyncio.run(answered(80_000))
    before = reset_peak()
    assert asyncio.run(answered(count)) == count
    assert peak_mb() - before < 60

"""What passes between a bulk look-up and the server: how much is read, when it ends, who waits."""

import asyncio
import threading
from collections.abc import Callable

import numpy as np
import pytest
from starlette.types import Message

from api.locating import bodies
from api.locating.bodies import BrokenOff
from api.locating.bulk import ARROW, JSON, PACKED, BulkQuestion, answer_many
from api.locating.bulk_plan import POINTS_AT_ONCE, crunch
from api.problems import UnsupportedMedia
from boundaries.errors import BadInput
from tests.api.locating.bulk_cases import IN_A, PLAN, batch, driven, mixed, question, stream

CRS = "EPSG:4490"
PIECE = np.tile(IN_A, (4_096, 1)).tobytes()
PORTION = POINTS_AT_ONCE * 16
DISCONNECT: Message = {"type": "http.disconnect"}


class Server:
    """One end of a connection, with what has passed."""

    def __init__(self, last: Message, pieces: int, piece: bytes = PIECE) -> None:
        self.messages: list[Message] = [{"type": "http.request", "body": piece, "more_body": True}] * pieces + [last]
        self.received = 0
        self.sent: list[Message] = []
        self.takes = asyncio.Event()
        self.takes.set()

    async def receive(self) -> Message:
        if self.received == len(self.messages):
            await asyncio.Event().wait()
        self.received += 1
        return self.messages[self.received - 1]

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        await self.takes.wait()

    async def answer(self, asked: BulkQuestion) -> int:
        return await answer_many(asked, PLAN, self.receive, self.send)


async def settled(count: Callable[[], int]) -> int:
    """A count that has stopped to grow."""
    before = -1
    while before != count():
        before = count()
        await asyncio.sleep(0.1)
    return before


def test_no_more_is_read_than_the_client_takes_answers_for() -> None:
    async def run() -> None:
        server = Server({"type": "http.request"}, 200)
        server.takes.clear()
        task = asyncio.create_task(server.answer(question(PACKED, CRS)))
        read = await settled(lambda: server.received)
        # The portion that waits to be taken, and the piece that tells whether it is the last.
        assert read * len(PIECE) <= PORTION + len(PIECE)
        assert len(server.sent) == 1
        server.takes.set()
        assert await task == 200 * 4_096

    asyncio.run(run())


@pytest.mark.parametrize(
    ("media_type", "piece"), [(JSON, b"[[1,"), (PACKED, PIECE), (ARROW, stream(batch(mixed(9)))[:50])]
)
def test_a_client_that_goes_before_an_answer_gets_none(media_type: str, piece: bytes) -> None:
    async def run() -> None:
        server = Server(DISCONNECT, 3, piece)
        assert await server.answer(question(media_type, CRS)) == 0
        assert server.sent == []

    asyncio.run(run())


def test_a_client_that_goes_in_the_middle_ends_the_work_quietly() -> None:
    async def run() -> None:
        server = Server(DISCONNECT, 40)
        assert await server.answer(question(PACKED, CRS)) == 2 * POINTS_AT_ONCE
        assert server.sent[-1]["more_body"]

    asyncio.run(run())


def test_a_server_that_says_so_when_sending_ends_the_work_quietly() -> None:
    async def run() -> None:
        server = Server({"type": "http.request"}, 40)

        async def send(message: Message) -> None:
            raise BrokenPipeError

        assert await answer_many(question(PACKED, CRS), PLAN, server.receive, send) == 0

    asyncio.run(run())


def test_work_that_is_cancelled_lets_go_of_the_connection() -> None:
    async def run() -> None:
        server = Server({"type": "http.request"}, 200)
        server.takes.clear()
        task = asyncio.create_task(server.answer(question(PACKED, CRS)))
        await settled(lambda: server.received)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_a_body_that_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STALL_S", 0.05)
    waits: Message = {"type": "http.request", "body": b"", "more_body": True}

    async def run(pieces: int) -> None:
        await Server(waits, pieces).answer(question(PACKED, CRS))

    with pytest.raises(BadInput, match="did not go on"):
        asyncio.run(run(1))
    with pytest.raises(BrokenOff, match="BadInput"):
        asyncio.run(run(40))


def test_an_answer_that_nobody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STALL_S", 0.05)

    async def run() -> None:
        server = Server({"type": "http.request"}, 40)
        server.takes.clear()
        await server.answer(question(PACKED, CRS))

    with pytest.raises(BrokenOff, match="TimeoutError"):
        asyncio.run(run())


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "GZIP"])
def test_packed_bodies_are_refused_unread(encoding: str) -> None:
    async def run() -> None:
        server = Server(DISCONNECT, 0)
        with pytest.raises(UnsupportedMedia, match="Content-Encoding"):
            await server.answer(question(PACKED, CRS, content_encoding=encoding))
        assert server.received == 0

    asyncio.run(run())


@pytest.mark.parametrize("media_type", [None, "", "text/csv", "application/vnd.apache.arrow.file", "application/jsonx"])
def test_other_forms_are_refused_unread(media_type: str | None) -> None:
    async def run() -> None:
        server = Server(DISCONNECT, 0)
        with pytest.raises(UnsupportedMedia, match=r"application/vnd\.apache\.arrow\.stream"):
            await server.answer(question(media_type, CRS))
        assert server.received == 0

    asyncio.run(run())


def test_a_form_may_have_parameters_and_capitals() -> None:
    found = asyncio.run(driven(question("Application/Octet-Stream; q=1", CRS, content_encoding="Identity"), [PIECE]))
    assert found.points == 4_096


def test_many_points_are_done_in_another_thread_and_few_are_not() -> None:
    async def run() -> None:
        here = threading.get_ident()
        assert await crunch(threading.get_ident, points=100) == here
        assert await crunch(threading.get_ident, points=100, for_="household") == here
        assert await crunch(threading.get_ident, points=100, for_="shop") != here
        assert await crunch(threading.get_ident, points=POINTS_AT_ONCE) != here

    asyncio.run(run())


def test_others_get_their_turn_between_small_batches() -> None:
    turns: list[int] = []

    async def other() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def run() -> None:
        task = asyncio.create_task(other())
        await driven(question(ARROW, CRS), [stream(*[batch(mixed(3))] * 50)])
        task.cancel()

    asyncio.run(run())
    assert len(turns) >= 50

"""Bulk look-ups through a real server and a socket."""

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import orjson
import pyarrow as pa
import pytest
import uvicorn
from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive, Scope, Send

from api.locating.bulk import ARROW, JSON, PACKED, BulkQuestion, answer_many
from api.locating.bulk_plan import POINTS_AT_ONCE
from api.problems import kind_of, problem_response
from geo.errors import Problem
from tests.api.locating.bulk_cases import PLAN, POINTS, batch, cut, mixed, stream

CRS = "EPSG:4490"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The least that stands before a bulk look-up: its headers, and what becomes of a refusal."""
    headers, query = Headers(scope=scope), QueryParams(scope["query_string"])
    length = headers.get("content-length")
    asked = BulkQuestion(
        headers.get("content-type"),
        headers.get("content-encoding"),
        None if length is None else int(length),
        query.get("crs"),
        query.get("for"),
    )
    try:
        await answer_many(asked, PLAN, receive, send)
    except Problem as problem:
        answer = problem_response(kind_of(problem), language="en", detail=problem.en)
        await answer(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    config = uvicorn.Config(application, port=0, lifespan="off", ws="none", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def client(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    yield connection
    connection.close()


def post(client: http.client.HTTPConnection, media_type: str, body: object) -> http.client.HTTPResponse:
    client.request("POST", f"/?crs={CRS}", body=body, headers={"Content-Type": media_type})  # type: ignore[arg-type]
    return client.getresponse()


def test_all_forms_on_one_connection(client: http.client.HTTPConnection) -> None:
    xy = mixed(10_000)
    expected = PLAN.plan.locate(xy).grid
    packed = post(client, PACKED, xy.tobytes())
    assert packed.headers["content-length"] == "40000"
    assert np.array_equal(np.frombuffer(packed.read(), "<i4"), expected)
    with pa.ipc.open_stream(post(client, ARROW, stream(batch(xy))).read()) as reader:
        answer = reader.read_all()
    assert answer.column("micro_grid").to_pylist() == PLAN.codes[expected].tolist()
    told = orjson.loads(post(client, JSON, orjson.dumps({"points": np.nan_to_num(xy).tolist()})).read())
    assert told["micro_grid"] == answer.column("micro_grid").to_pylist()


def test_a_body_without_a_length_is_answered_in_chunks(client: http.client.HTTPConnection) -> None:
    xy = mixed(3 * POINTS_AT_ONCE)
    found = post(client, PACKED, iter(cut(xy.tobytes(), 50_001)))
    assert found.headers["transfer-encoding"] == "chunked"
    assert np.array_equal(np.frombuffer(found.read(), "<i4"), PLAN.plan.locate(xy).grid)


def test_a_refusal_leaves_the_connection_usable(client: http.client.HTTPConnection) -> None:
    for media_type, status in ((PACKED, 400), ("text/csv", 415), (JSON, 400), (ARROW, 400)):
        refused = post(client, media_type, bytes(100_001))
        assert refused.status == status
        assert orjson.loads(refused.read())["status"] == status
    assert post(client, PACKED, POINTS.tobytes()).status == 200


def test_a_stream_that_breaks_is_seen_to_be_broken(client: http.client.HTTPConnection) -> None:
    whole = stream(*[batch(mixed(5_000))] * 3)
    found = post(client, ARROW, iter([whole[:-100]]))
    assert found.status == 200
    with pytest.raises(http.client.IncompleteRead) as caught:
        found.read()
    reader = pa.ipc.open_stream(caught.value.partial)
    assert [reader.read_next_batch().num_rows for _ in range(2)] == [5_000] * 2


def test_a_client_that_hangs_up_disturbs_nobody(port: int, client: http.client.HTTPConnection) -> None:
    with socket.create_connection(("127.0.0.1", port)) as rude:
        head = f"POST /?crs={CRS} HTTP/1.1\r\nHost: x\r\nContent-Type: {PACKED}\r\nContent-Length: 99999984\r\n\r\n"
        rude.sendall(head.encode() + mixed(POINTS_AT_ONCE * 2).tobytes())
    assert post(client, PACKED, POINTS.tobytes()).read() == PLAN.plan.locate(POINTS).grid.astype("<i4").tobytes()


def test_a_client_that_writes_and_reads_at_once_is_answered_as_it_goes(port: int) -> None:
    async def run() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 10 * POINTS_AT_ONCE
        head = f"POST /?crs={CRS} HTTP/1.1\r\nHost: x\r\nContent-Type: {PACKED}\r\nContent-Length: {16 * count}\r\n\r\n"
        part = mixed(POINTS_AT_ONCE)
        writer.write(head.encode() + part.tobytes() + bytes(16))
        assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
        # The first portion is answered while the others are still to come.
        first = await reader.readexactly(4 * POINTS_AT_ONCE)
        assert np.array_equal(np.frombuffer(first, "<i4"), PLAN.plan.locate(part).grid)
        writer.close()
        await writer.wait_closed()

    asyncio.run(run())

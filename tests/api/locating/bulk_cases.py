"""A plan with a gap and an overlay, and bodies sent to it in pieces, as a server hands them on.

::

    y 2 +--------+--------+
        |  gap            |       area C1 holds all; each square 0.001 degree
    y 1 +--------+--------+
        |  A  [O]|   B    |       O, of a kind that holds shops, lies over a part of A
    y 0 +--------+--------+
       x 0       1        2
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from starlette.types import Message

from api.locating.bulk import BulkQuestion, answer_many
from api.locating.bulk_plan import BulkPlan
from boundaries.lookup.plan_index import PlanIndex
from boundaries.model import Area, MicroGrid
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_STEP
from tests.boundaries.plans import at, square

SNAPSHOT = Snapshot(
    Snapshot.stored_crs(),
    step=STORAGE_STEP,
    generation=3,
    areas=(Area(0, "C1", "东社区", "community", None, square(0, 0, 2, 2)),),
    grids=(
        MicroGrid(0, 0, "A", "一", "C1", square(0, 0)),
        MicroGrid(1, 1, "B", "二", "C1", square(1, 0)),
        MicroGrid(2, 2, "O", "三", "C1", square(0.5, 0.2, 0.4, 0.4), kind="street_front", layer="overlay"),
    ),
)
PLAN = BulkPlan.of(PlanIndex.of(SNAPSHOT))

IN_A, IN_B, IN_O, ON_BORDER, GAP, OUT = (
    at(x, y) for x, y in ((0.2, 0.8), (1.5, 0.5), (0.7, 0.4), (1, 0.5), (0.5, 1.5), (7, 7))
)
POINTS = np.array([IN_A, IN_B, IN_O, ON_BORDER, GAP, OUT])


@dataclass(frozen=True)
class Answered:
    headers: dict[str, str]
    body: bytes
    points: int


def question(media_type: str | None, crs: str | None = None, **more: object) -> BulkQuestion:
    return BulkQuestion(media_type, crs=crs, **more)  # type: ignore[arg-type]


def ask(asked: BulkQuestion, pieces: Iterable[bytes], plan: BulkPlan = PLAN) -> Answered:
    return asyncio.run(driven(asked, pieces, plan))


async def driven(asked: BulkQuestion, pieces: Iterable[bytes], plan: BulkPlan = PLAN) -> Answered:
    """Send pieces, the last of them known as the last only by an empty one behind it."""
    coming, sent = iter(pieces), list[Message]()

    async def receive() -> Message:
        piece = next(coming, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        sent.append(message)

    points = await answer_many(asked, plan, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"] + ["http.response.body"] * (len(sent) - 1)
    assert [message["more_body"] for message in sent[1:]] == [True] * (len(sent) - 2) + [False]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answered(headers, b"".join(message["body"] for message in sent[1:]), points)


def cut(body: bytes, size: int) -> list[bytes]:
    """A body in pieces of a size."""
    return [body[place : place + size] for place in range(0, len(body), size)]


def mixed(count: int, seed: int = 1) -> NDArray[np.float64]:
    """Points in and around the plan, some of them on borders and some nowhere."""
    rng = np.random.default_rng(seed)
    west, south = at(-0.5, -0.5)
    xy = rng.uniform((west, south), at(2.5, 2.5), (count, 2))
    xy[::7, 0] = ON_BORDER[0]
    xy[::11] = np.nan
    return xy


def batch(xy: NDArray[np.float64]) -> pa.RecordBatch:
    return pa.record_batch({"x": pa.array(xy[:, 0]), "y": pa.array(xy[:, 1])})


def stream(*batches: pa.RecordBatch, crs: str | None = None, options: pa.ipc.IpcWriteOptions | None = None) -> bytes:
    """An Arrow stream as a client writes it."""
    sink = pa.BufferOutputStream()
    schema = batches[0].schema
    schema = schema if crs is None else schema.with_metadata({"crs": crs})
    with pa.ipc.new_stream(sink, schema, options=options) as writer:
        for each in batches:
            writer.write_batch(each.cast(schema))
    return bytes(sink.getvalue())

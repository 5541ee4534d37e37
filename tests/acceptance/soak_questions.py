"""The questions of a soak in every form, each with the answer that a division must give."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import numpy as np
import orjson
import pyarrow as pa
from numpy.random import Generator as Random
from numpy.typing import NDArray

from api.locating.bulk import ARROW, JSON, PACKED
from tests.acceptance.soak_plan import PREMISES, STREET, Division
from tests.benchmarks.served_plan import CRS

PATH = "/v1/locate"
_BULK_POINTS = 2_000

Kind = Literal["get", "post", "building", "place", "json", "packed", "arrow", "behind"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and between which instants it was waited for."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    asked: float


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent, and how the answer is compared.

    Attributes
    ----------
    read : callable
        The generation and the answer that a body holds.
    right : callable
        The answer that a division must give.
    """

    method: str
    path: str
    body: bytes | None
    media_type: str | None
    read: Callable[[Reply, Division], tuple[int, Any]]
    right: Callable[[Division], Any]


def _one(reply: Reply, _: Division) -> tuple[int, Any]:
    told = orjson.loads(reply.body)
    grid = told["micro_grid"]
    return told["generation"], None if grid is None else grid["code"]


def _by_get(division: Division, rng: Random) -> Question:
    probe = int(rng.integers(len(division.probes)))
    x, y = division.probes[probe].tolist()
    return Question("GET", f"{PATH}?x={x!r}&y={y!r}&crs={CRS}", None, None, _one, lambda there: there.codes[probe])


def _by_post(division: Division, rng: Random) -> Question:
    probe = int(rng.integers(len(division.probes)))
    x, y = division.probes[probe].tolist()
    body = orjson.dumps({"x": x, "y": y, "crs": CRS})
    return Question("POST", PATH, body, JSON, _one, lambda there: there.codes[probe])


def _by_building(_: Division, rng: Random) -> Question:
    probe = int(rng.integers(PREMISES))
    return Question("GET", f"{PATH}?building=B{probe}", None, None, _one, lambda there: there.codes[probe])


def _by_place(_: Division, rng: Random) -> Question:
    probe = int(rng.integers(PREMISES))
    path = f"{PATH}?place={quote(f'{STREET}{probe + 1}号')}"
    return Question("GET", path, None, None, _one, lambda there: there.codes[probe])


def _some(division: Division, rng: Random) -> NDArray[np.int64]:
    return rng.integers(len(division.probes), size=_BULK_POINTS)


def _by_json(division: Division, rng: Random) -> Question:
    chosen = _some(division, rng)
    body = orjson.dumps({"crs": CRS, "points": division.probes[chosen].tolist()})

    def read(reply: Reply, _: Division) -> tuple[int, Any]:
        told = orjson.loads(reply.body)
        return told["generation"], told["micro_grid"]

    return Question("POST", PATH, body, JSON, read, lambda there: [there.codes[probe] for probe in chosen.tolist()])


def _by_packed(division: Division, rng: Random) -> Question:
    chosen = _some(division, rng)

    def read(reply: Reply, there: Division) -> tuple[int, Any]:
        # The body has positions alone; its generation is that of the header.
        return there.number, np.frombuffer(reply.body, "<i4").tolist()

    body = division.probes[chosen].tobytes()
    return Question("POST", f"{PATH}?crs={CRS}", body, PACKED, read, lambda there: there.positions[chosen].tolist())


def _by_arrow(division: Division, rng: Random) -> Question:
    chosen = _some(division, rng)
    x, y = division.probes[chosen].T.copy()
    batch = pa.record_batch({"x": x, "y": y})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        for start in range(0, _BULK_POINTS, _BULK_POINTS // 4):
            writer.write_batch(batch.slice(start, _BULK_POINTS // 4))

    def read(reply: Reply, _: Division) -> tuple[int, Any]:
        with pa.ipc.open_stream(reply.body) as reader:
            told = reader.read_all()
        return int(told.schema.metadata[b"generation"]), told.column("micro_grid").to_pylist()

    body = sink.getvalue().to_pybytes()
    path = f"{PATH}?crs={CRS}"
    return Question("POST", path, body, ARROW, read, lambda there: [there.codes[probe] for probe in chosen.tolist()])


QUESTIONS: dict[Kind, Callable[[Division, Random], Question]] = {
    "get": _by_get,
    "post": _by_post,
    "building": _by_building,
    "place": _by_place,
    "json": _by_json,
    "packed": _by_packed,
    "arrow": _by_arrow,
}
# Something that only the database can answer.
BEHIND = Question("GET", "/v1/generations", None, None, lambda *_: (0, None), lambda _: None)

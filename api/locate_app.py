"""Look-ups, answered in front of the framework from the index in memory.

A plain ASGI callable: it answers ``/v1/locate``, its table of codes and ``/metrics`` itself,
with its own headers, limits, counters and key check, and passes everything else on. What the
index cannot answer, old generations above all, goes on to the framework and to PostGIS.
Nothing that was asked for is logged or kept.
"""

import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import Caller
from api.guard import failure_response, log_failure
from api.locating.bodies import BrokenOff
from api.locating.bulk import ARROW, JSON, PACKED, BulkQuestion, answer_many
from api.locating.counters import Counters, Kind
from api.locating.gate import Pace
from api.locating.question import quick, read_body, read_query
from api.locating.served import Served
from api.locating.watching import Live, Watch
from api.locating.wire import (
    COMMON,
    JSON_TYPE,
    Headers,
    Pair,
    again,
    declared_length,
    is_many,
    query_values,
    read_whole,
    send_response,
    send_whole,
)
from api.pace import address_of
from api.problems import TooMany, invalid_response, reader_language, refusal_response
from api.schemas.query import LocateQuery
from api.settings import Settings
from boundaries.errors import BadInput
from geo.crs import SourceCrs, parse_crs
from geo.errors import Language, Problem

PATH, TABLE_PATH, METRICS_PATH, READY_PATH = "/v1/locate", "/v1/locate/table", "/metrics", "/readyz"

# A question about one place is no longer than this.
_ONE_BYTES = 4_096
_BULK_AT_ONCE = 4
_MOST_SYSTEMS = 64

_KINDS: dict[str, Kind] = {JSON: "json", ARROW: "arrow", PACKED: "packed"}


class _Asked(NamedTuple):
    """One request, and who sends it to what."""

    scope: Scope
    headers: Headers
    caller: Caller
    served: Served
    stale_since: datetime | None


_Door = Callable[[_Asked, Receive, Send], Awaitable[None]]


class LocateApp:
    """The service: look-ups in front, everything else behind.

    Parameters
    ----------
    app : ASGI callable
        Answers everything else.
    watch : Watch
        Keeps what is served.
    settings : Settings
    counters : Counters
    """

    def __init__(self, app: ASGIApp, *, watch: Watch, settings: Settings, counters: Counters) -> None:
        self.app = app
        self.watch = watch
        self.counters = counters
        self._language = settings.lang
        self._proxies = frozenset(settings.proxies)
        self._pace = Pace(key_per_second=settings.key_per_second, public_per_second=settings.public_per_second)
        self._systems: dict[bytes, SourceCrs] = {}
        self._bulk_now = 0
        self._doors: dict[tuple[str, str], _Door] = {
            ("GET", PATH): self._get,
            ("POST", PATH): self._post,
            ("GET", TABLE_PATH): self._table,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "http":
            live = self.watch.live
            door = self._doors.get((scope["method"], scope["path"]))
            if door is not None:
                await self._through(door, live, scope, receive, send)
                return
            if scope["method"] == "GET" and live.access is not None:
                if scope["path"] == METRICS_PATH:
                    await self._metrics(live, scope, receive, send)
                    return
                if scope["path"] == READY_PATH and live.stale_since is not None:
                    await self._ready(live, scope, receive, send)
                    return
        await self.app(scope, receive, send)

    async def _through(self, door: _Door, live: Live, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a caller in and answer; every refusal leaves as a problem document."""
        served, access = live.served, live.access
        if served is None or access is None:
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if door == self._get and access.leaves_to_sessions(headers):
            await self.app(scope, receive, send)
            return
        try:
            caller = access.caller(headers, scope["method"], scope="locate")
            self._pace.take(caller, self._address(scope, headers))
            await door(_Asked(scope, headers, caller, served, live.stale_since), receive, send)
        except Problem as refusal:
            answer = refusal_response(refusal, self._reader(headers))
        except RequestValidationError as faults:
            answer = invalid_response(faults, self._reader(headers))
        except BrokenOff:
            self.counters.count(_kind_of(scope, headers), 499)
            raise
        except Exception as error:  # the edge: nothing below may reach the reader as it is
            request_id = secrets.token_hex(8)
            log_failure(error, request_id)
            answer = failure_response(self._reader(headers), request_id)
        else:
            return
        self.counters.count(_kind_of(scope, headers), answer.status_code, points=0)
        await send_response(answer, scope, receive, send)

    def _address(self, scope: Scope, headers: Headers) -> str:
        client = scope["client"][0] if scope["client"] else ""
        if client not in self._proxies:
            return client
        return address_of(client, headers.get(b"x-forwarded-for", b"").decode("latin-1"), self._proxies)

    async def _get(self, asked: _Asked, receive: Receive, send: Send) -> None:
        begin = time.perf_counter()
        query = asked.scope["query_string"]
        usual = quick(query)
        body, kind = (None if usual is None else self._quick_answer(usual, asked)), None
        if body is None:
            question = read_query(query)
            if _is_history(question, asked.served):
                await self.app(asked.scope, receive, send)
                return
            body, kind = orjson.dumps(asked.served.answer(question, asked.caller.tier)), _kind_asked(question)
        tag = asked.served.tags[asked.caller.tier]
        if asked.headers.get(b"if-none-match") == tag:
            self.counters.count(kind or "point", 304)
            await send_whole(send, 304, _heads(asked, tag), b"")
            return
        self.watch.shown.count(asked.caller, body)
        await send_whole(send, 200, [*_heads(asked, tag), JSON_TYPE], body)
        if kind is None:
            self.counters.count_quick(time.perf_counter() - begin)
        else:
            self.counters.count(kind, 200)

    def _quick_answer(self, usual: tuple[float, float, bytes, bool], asked: _Asked) -> bytes | None:
        x, y, crs, is_shop = usual
        source = self._systems.get(crs) or self._system(crs)
        return asked.served.quick_answer(x, y, source, is_shop=is_shop, tier=asked.caller.tier)

    def _system(self, crs: bytes) -> SourceCrs:
        source = parse_crs(unquote_to_bytes(crs.replace(b"+", b" ")).decode("utf-8", "replace"))
        if len(self._systems) >= _MOST_SYSTEMS:
            self._systems.clear()
        self._systems[crs] = source
        return source

    async def _post(self, asked: _Asked, receive: Receive, send: Send) -> None:
        length = declared_length(asked.headers)
        is_json = asked.headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == JSON.encode()
        if is_json and b"content-encoding" not in asked.headers and length is not None and length <= _ONE_BYTES:
            body = await read_whole(receive, limit=_ONE_BYTES)
            if not is_many(body):
                await self._post_one(asked, body, send)
                return
            receive = again(body, receive)
        await self._post_many(asked, length, receive, send)

    async def _post_one(self, asked: _Asked, body: bytes, send: Send) -> None:
        question = read_body(body)
        if _is_history(question, asked.served):
            raise BadInput("历史版本请用 GET 查询。", "Ask old generations by GET.")
        told = orjson.dumps(asked.served.answer(question, asked.caller.tier))
        self.counters.count(_kind_asked(question), 200)
        self.watch.shown.count(asked.caller, told)
        await send_whole(send, 200, [*_heads(asked, None), JSON_TYPE], told)

    async def _post_many(self, asked: _Asked, length: int | None, receive: Receive, send: Send) -> None:
        if self._bulk_now >= _BULK_AT_ONCE:
            raise TooMany(
                f"正在进行的批量查询已有 {_BULK_AT_ONCE} 个。请稍后再试。",
                f"There are {_BULK_AT_ONCE} bulk look-ups under way already. Try again in a moment.",
            )
        query = query_values(asked.scope["query_string"])
        text = {name.decode("latin-1"): value.decode("latin-1") for name, value in asked.headers.items()}
        question = BulkQuestion(
            text.get("content-type"), text.get("content-encoding"), length, query.get("crs"), query.get("for")
        )

        has_begun = False

        async def send_dressed(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message = {**message, "headers": [*_heads(asked, None), *message["headers"]]}
            await send(message)

        self._bulk_now += 1
        try:
            points = await answer_many(question, asked.served.bulk, receive, send_dressed)
        except Exception as error:
            if not has_begun or isinstance(error, BrokenOff):
                raise
            log_failure(error, secrets.token_hex(8))
            raise BrokenOff(type(error).__name__) from None
        finally:
            self._bulk_now -= 1
        self.counters.count(_kind_of(asked.scope, asked.headers), 200, points=points)

    async def _table(self, asked: _Asked, _receive: Receive, send: Send) -> None:
        tag = f'"{asked.served.generation}"'.encode()
        is_known = asked.headers.get(b"if-none-match") == tag
        self.counters.count("table", 304 if is_known else 200, points=0)
        if is_known:
            await send_whole(send, 304, _heads(asked, tag), b"")
            return
        await send_whole(send, 200, [*_heads(asked, tag), JSON_TYPE], asked.served.bulk.table)

    async def _metrics(self, live: Live, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._for_anybody_known(live, scope)
        if answer is None:
            text = self.counters.text(generation=_generation(live), is_stale=live.stale_since is not None)
            answer = Response(text, media_type="text/plain; version=0.0.4")
        await send_response(answer, scope, receive, send)

    async def _ready(self, live: Live, scope: Scope, receive: Receive, send: Send) -> None:
        """The database is gone: look-ups go on from memory, everything else does not."""
        told: dict[str, Any] = {
            "status": "stale" if live.served is not None else "unavailable",
            "generation": _generation(live),
            "served": _generation(live),
            "stale_since": live.stale_since,
        }
        answer = self._for_anybody_known(live, scope) or Response(
            orjson.dumps(told), status_code=200 if live.served is not None else 503, media_type="application/json"
        )
        await send_response(answer, scope, receive, send)

    def _for_anybody_known(self, live: Live, scope: Scope) -> Response | None:
        """The refusal of somebody who is not known, None for others."""
        headers = dict(scope["headers"])
        try:
            if live.access is not None:
                live.access.caller(headers, scope["method"], scope=None)
        except Problem as refusal:
            return refusal_response(refusal, self._reader(headers))
        return None

    def _reader(self, headers: Headers) -> Language:
        return reader_language(headers.get(b"accept-language", b"").decode("latin-1"), self._language)


def _heads(asked: _Asked, tag: bytes | None) -> list[Pair]:
    heads = [*COMMON, (b"microgrid-generation", b"%d" % asked.served.generation)]
    if tag is not None:
        heads.append((b"etag", tag))
    if asked.stale_since is not None:
        heads.append((b"microgrid-stale-since", asked.stale_since.isoformat(timespec="seconds").encode()))
    return heads


def _is_history(question: LocateQuery, served: Served) -> bool:
    return question.date is not None or question.generation not in (None, served.generation)


def _kind_asked(question: LocateQuery) -> Kind:
    return "point" if question.x is not None else "premises"


def _kind_of(scope: Scope, headers: Headers) -> Kind:
    if scope["path"] == TABLE_PATH:
        return "table"
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
    return _KINDS.get(media_type, "json") if scope["method"] == "POST" else "point"


def _generation(live: Live) -> int | None:
    return live.served.generation if live.served is not None else None

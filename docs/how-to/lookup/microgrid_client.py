"""A small client of the micro-grid look-up: one file, the standard library only, Python 3.9 or newer.

Copy it into your project, or ask for one point from a shell::

    MICROGRID_KEY=mg_… python microgrid_client.py https://grid.example.gov.cn 119.18 32.27 EPSG:4490 --for household
"""

# ruff: noqa: B905, S310, S311, T201  Python 3.9 has no zip(strict=); the jitter is no secret; the shell sees what is printed
from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import random
import ssl
import sys
import time
import urllib.error
import urllib.request
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import Message
from itertools import chain
from typing import Any
from urllib.parse import urlencode

JSON, PACKED = "application/json", "application/octet-stream"
MAX_JSON_POINTS = 1_000
PORTION_POINTS = 100_000
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
# Amap's and Baidu's points lie less far than this from where they are.
SHIFTED, SHIFT_DEGREES = ("GCJ-02", "BD-09"), 0.02
_AGAIN = (429, 503)
_DROPPED = (OSError, http.client.HTTPException)
_ROUNDS = 5


class MicrogridError(Exception):
    """The service refused, or could not be reached.

    Attributes
    ----------
    status : int or None
        Of the answer; None where there was none.
    problem : dict
        The problem document: ``type``, ``title``, ``detail`` and more; empty where there was none.
    """

    def __init__(self, message: str, status: int | None = None, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem = dict(problem or {})


@dataclass(frozen=True)
class Many:
    """Where many points are: the code to store for each, None in gaps and outside, and the generation that says so."""

    generation: int
    codes: list[str | None]


@dataclass(frozen=True)
class Stored:
    """What you keep of an address: its code, and the point it was asked for with, where there is one."""

    code: str | None
    x: float | None = None
    y: float | None = None
    for_: str | None = None
    unit: str | None = None
    floor: int | None = None


@dataclass(frozen=True)
class Refreshed:
    """All addresses by a newer generation; ``undecided`` are the places of those that a person must look at."""

    generation: int
    stored: list[Stored]
    undecided: list[int]


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Message
    body: bytes


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


class MicrogridClient:
    """Asks one service, again where that helps: after 429, 503 and lost connections.

    Parameters
    ----------
    base_url : str
        Such as ``https://grid.example.gov.cn``; certificates are verified.
    key : str, optional
        With the scopes ``locate`` and ``grids:read``.
    timeout_s : float
        For each try.
    retries : int
        How often to try again.
    """

    def __init__(self, base_url: str, key: str | None = None, timeout_s: float = 10, retries: int = 4) -> None:
        self._base = base_url.rstrip("/")
        self._key, self._timeout_s, self._retries = key, timeout_s, retries
        self._opener = urllib.request.build_opener(_StayHere)
        self._current: tuple[str, int] | None = None
        self._table: tuple[int, list[str]] = (0, [])

    def locate(
        self,
        x: float,
        y: float,
        crs: str,
        *,
        for_: str | None = None,
        unit: str | None = None,
        floor: int | None = None,
        within_m: float | None = None,
    ) -> dict[str, Any]:
        """Ask where one point is, by POST: its whereabouts stay out of logs of addresses.

        Parameters
        ----------
        x, y : float
            Longitude and latitude, or easting and northing.
        crs : str
            ``EPSG:4490``, ``GCJ-02`` (Amap, Tencent), ``BD-09`` (Baidu) and so on.
        for_ : {"household", "shop"}, optional
            What is to be stored.
        unit, floor : str, int, optional
            Entrance and floor, for a tower in parts.
        within_m : float, optional
            How far off the point may be; list the micro-grids that near, too.

        Returns
        -------
        dict
            The answer as it is documented; store ``responsible["code"]`` and ``generation``.

        Raises
        ------
        MicrogridError
        """
        return self._one({"x": x, "y": y, "crs": crs, "unit": unit, "floor": floor, "within_m": within_m}, for_)

    def find(
        self,
        *,
        place: str | None = None,
        building: str | None = None,
        shop: str | None = None,
        for_: str | None = None,
        unit: str | None = None,
        floor: int | None = None,
    ) -> dict[str, Any]:
        """Ask by exactly one of place, code of a building, and code of a shop.

        Returns
        -------
        dict
            One answer; or ``responsible`` null and ``candidates``, among which somebody must choose.

        Raises
        ------
        MicrogridError
            If nothing is called so (status 404), too.
        """
        return self._one({"place": place, "building": building, "shop": shop, "unit": unit, "floor": floor}, for_)

    def locate_many(self, points: Iterable[Sequence[float]], crs: str, *, for_: str | None = None) -> Many:
        """Ask for many points, all by one generation: few as JSON, more packed, in portions.

        Parameters
        ----------
        points : iterable of (x, y)
        crs : str
        for_ : {"household", "shop"}, optional

        Returns
        -------
        Many
            For a tower in parts the code of the whole grid: parts are told one by one.

        Raises
        ------
        MicrogridError
        ValueError
            If a coordinate is no finite number.
        """
        flat = array("d", chain.from_iterable(points))
        if len(flat) % 2 or not all(map(math.isfinite, flat)):
            raise ValueError("every point must be a pair of finite numbers")
        query = {"crs": crs} if for_ is None else {"crs": crs, "for": for_}
        if len(flat) <= 2 * MAX_JSON_POINTS:
            told = self._json("POST", "/v1/locate", {"points": list(zip(flat[::2], flat[1::2])), **query})
            return Many(told["generation"], told["micro_grid" if for_ is None else "responsible"])
        path = f"/v1/locate?{urlencode(query)}"
        for wait_s in range(_ROUNDS):
            # A generation may be published between two portions.
            time.sleep(wait_s)
            portions = [self._packed(path, flat[at : at + 2 * PORTION_POINTS]) for at in _starts(flat)]
            generation, codes = self._codes()
            if {number for number, _ in portions} == {generation}:
                places = chain.from_iterable(portion for _, portion in portions)
                return Many(generation, [None if place < 0 else codes[place] for place in places])
        raise MicrogridError("generations follow each other too fast; ask again later")

    def current_generation(self) -> int:
        """The number of the newest generation; asked with the last ETag, so mostly an empty 304.

        Raises
        ------
        MicrogridError
        """
        heads = {} if self._current is None else {"If-None-Match": self._current[0]}
        answer = self._ask("GET", "/v1/generations/current", heads=heads)
        if answer.status != 304 or self._current is None:
            self._current = str(answer.headers["ETag"]), int(json.loads(answer.body)["number"])
        return self._current[1]

    def changes_since(self, generation: int, *, until: int | None = None, crs: str | None = None) -> dict[str, Any]:
        """What differs between a generation and a newer one, the newest by default.

        Returns
        -------
        dict
            ``codes``: old codes and what follows each; ``changed``: GeoJSON in ``crs`` (EPSG:4326
            by default) outside which nothing changed; and lists of what changed how.

        Raises
        ------
        MicrogridError
        """
        until = self.current_generation() if until is None else until
        query = urlencode({"from": generation, **({} if crs is None else {"crs": crs})})
        return self._json("GET", f"/v1/generations/{until}/delta?{query}")

    def refresh(self, stored: Sequence[Stored], crs: str, since: int) -> Refreshed:
        """Bring stored codes up to date; run it daily.

        An address with a point is asked for again if it lies where something changed. One
        without takes the only follower of its code, or is undecided.

        Parameters
        ----------
        stored : sequence of Stored
        crs : str
            Of their points: ``EPSG:n``, ``GCJ-02`` or ``BD-09``.
        since : int
            The generation that their codes are of.

        Returns
        -------
        Refreshed

        Raises
        ------
        MicrogridError
        ValueError
            If ``crs`` is written in another way.
        """
        is_shifted = crs in SHIFTED
        if not is_shifted and not crs.startswith("EPSG:"):
            raise ValueError(f"write EPSG:n, GCJ-02 or BD-09, not {crs}")
        for wait_s in range(_ROUNDS):
            time.sleep(wait_s)
            newest = self.current_generation()
            if newest <= since:
                return Refreshed(since, list(stored), [])
            # Shapes are not given out shifted: ask for more addresses again than needed.
            delta = self.changes_since(since, until=newest, crs=None if is_shifted else crs)
            boxes = list(_boxes(delta["changed"], SHIFT_DEGREES if is_shifted else 0.0))
            again = [place for place, one in enumerate(stored) if _is_in(one, boxes)]
            told = self._told([stored[place] for place in again], crs)
            # Answers of another generation do not go together with this delta.
            if {generation for generation, _ in told} <= {newest}:
                codes = {place: code for place, (_, code) in zip(again, told)}
                return _refreshed(stored, codes, delta["codes"], newest)
        raise MicrogridError("generations follow each other too fast; refresh again later")

    def _told(self, stored: Sequence[Stored], crs: str) -> list[tuple[int, str | None]]:
        """Generation and code of each, in bulk where neither unit nor floor matters."""
        told: dict[int, tuple[int, str | None]] = {}
        groups: dict[str | None, list[int]] = {}
        for place, one in enumerate(stored):
            if one.unit is None and one.floor is None:
                groups.setdefault(one.for_, []).append(place)
            else:
                asked = {"x": one.x, "y": one.y, "crs": crs, "unit": one.unit, "floor": one.floor}
                answer = self._one(asked, one.for_)
                told[place] = answer["generation"], (answer["responsible"] or {}).get("code")
        for for_, places in groups.items():
            many = self.locate_many([_point(stored[place]) for place in places], crs, for_=for_)
            told.update((place, (many.generation, code)) for place, code in zip(places, many.codes))
        return [told[place] for place in range(len(stored))]

    def _one(self, asked: Mapping[str, Any], for_: str | None) -> dict[str, Any]:
        given = {name: value for name, value in {**asked, "for": for_}.items() if value is not None}
        return self._json("POST", "/v1/locate", given)

    def _packed(self, path: str, flat: array[float]) -> tuple[int, array[int]]:
        answer = self._ask("POST", path, _little(flat).tobytes(), {"Content-Type": PACKED})
        places = array("i")
        places.frombytes(answer.body)
        return int(str(answer.headers["Microgrid-Generation"])), _little(places)

    def _codes(self) -> tuple[int, list[str]]:
        """The codes that packed answers point into, kept until there are others."""
        answer = self._ask("GET", "/v1/locate/table", heads={"If-None-Match": f'"{self._table[0]}"'})
        if answer.status != 304:
            told = json.loads(answer.body)
            self._table = told["generation"], told["codes"]
        return self._table

    def _json(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        body = None if content is None else json.dumps(content).encode()
        told: dict[str, Any] = json.loads(self._ask(method, path, body, {"Content-Type": JSON} if body else {}).body)
        return told

    def _ask(
        self, method: str, path: str, body: bytes | None = None, heads: Mapping[str, str] | None = None
    ) -> _Answer:
        headers = {**(heads or {}), **({"X-API-Key": self._key} if self._key else {})}
        request = urllib.request.Request(self._base + path, body, headers, method=method)
        for attempt in range(self._retries + 1):
            failure, wait_s = self._try(request)
            if isinstance(failure, _Answer):
                return failure
            backoff_s = random.uniform(0, FIRST_WAIT_S * 2**attempt)
            if wait_s is None or wait_s > LONGEST_WAIT_S or attempt == self._retries:
                raise failure
            time.sleep(min(wait_s + backoff_s, LONGEST_WAIT_S))
        raise AssertionError("the last try returns or raises")

    def _try(self, request: urllib.request.Request) -> tuple[_Answer | MicrogridError, float | None]:
        """An answer, or what went wrong and how long to wait at least; None where asking again is no use."""
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return _Answer(answer.status, answer.headers, answer.read()), None
        except urllib.error.HTTPError as refusal:
            with refusal:
                if refusal.code == 304:
                    return _Answer(304, refusal.headers, b""), None
                wait_s = refusal.headers.get("Retry-After", "")
                known = float(wait_s) if wait_s.isdigit() else 0.0
                return _refused(refusal), known if refusal.code in _AGAIN else None
        except _DROPPED as error:
            reason = getattr(error, "reason", error)
            is_hopeless = isinstance(reason, ssl.SSLCertVerificationError)
            return MicrogridError(f"{self._base} cannot be reached: {reason}"), None if is_hopeless else 0.0


def _refused(refusal: urllib.error.HTTPError) -> MicrogridError:
    try:
        problem = json.loads(refusal.read())
    except (ValueError, *_DROPPED):
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    return MicrogridError(f"{refusal.code}: {problem.get('detail') or refusal.reason}", refusal.code, problem)


def _starts(flat: array[float]) -> range:
    return range(0, len(flat), 2 * PORTION_POINTS)


def _little(values: array[Any]) -> array[Any]:
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _boxes(changed: Mapping[str, Any] | None, margin: float) -> Iterator[tuple[float, float, float, float]]:
    """The box around each polygon of what changed."""
    if changed is None:
        return
    polygons = [changed["coordinates"]] if changed["type"] == "Polygon" else changed["coordinates"]
    for outer, *_ in polygons:
        xs, ys = [point[0] for point in outer], [point[1] for point in outer]
        yield min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


def _is_in(one: Stored, boxes: Sequence[tuple[float, float, float, float]]) -> bool:
    x, y = one.x, one.y
    if x is None or y is None:
        return False
    return any(west <= x <= east and south <= y <= north for west, south, east, north in boxes)


def _point(one: Stored) -> tuple[float, float]:
    if one.x is None or one.y is None:
        raise ValueError("only addresses with a point are asked for again")
    return one.x, one.y


def _refreshed(
    stored: Sequence[Stored], again: Mapping[int, str | None], codes: Mapping[str, Any], generation: int
) -> Refreshed:
    fresh, undecided = [], []
    for place, one in enumerate(stored):
        code = again.get(place, one.code)
        if one.x is None and one.code is not None and one.code in codes:
            followers = [share["code"] for share in codes[one.code]]
            if len(followers) == 1 and followers[0] is not None:
                code = followers[0]
            else:
                undecided.append(place)
        fresh.append(replace(one, code=code))
    return Refreshed(generation, fresh, undecided)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask for one point and print the answer."""
    parser = argparse.ArgumentParser(description="Which micro-grid is a point in?")
    parser.add_argument("url")
    parser.add_argument("x", type=float)
    parser.add_argument("y", type=float)
    parser.add_argument("crs", help="EPSG:4490, GCJ-02, BD-09, ...")
    parser.add_argument("--key", default=os.environ.get("MICROGRID_KEY"), help="default: MICROGRID_KEY")
    parser.add_argument("--for", dest="for_", choices=("household", "shop"))
    parser.add_argument("--unit")
    parser.add_argument("--floor", type=int)
    given = parser.parse_args(arguments)
    client = MicrogridClient(given.url, given.key)
    try:
        told = client.locate(given.x, given.y, given.crs, for_=given.for_, unit=given.unit, floor=given.floor)
    except MicrogridError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(told, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

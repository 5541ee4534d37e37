"""Keeps what is served up to date: hears what is written, builds apart, and switches whole."""

import gc
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.guard import log_failure
from api.locating.gate import Access
from api.locating.served import Served
from api.locating.shown import Shown
from api.logs import logger
from api.settings import Settings
from boundaries.errors import Unavailable
from boundaries.services.keys import note_key_use, read_ring
from boundaries.services.reading import snapshot, with_registers
from boundaries.services.switches import public_tier
from boundaries.snapshot import Snapshot
from boundaries.store.bulletins import Bulletin, Mark, Marks, listening, read_marks, read_register_marks
from boundaries.store.engine import reading, writing
from geo.errors import Problem

# How long a lost notice goes unnoticed; registers take longer to look through.
_POLL_S = 1.0
_POLLS_TO_REGISTERS = 10
_POLLS_TO_RECORD = 60
_RETRY_S = 1.0
_RETRY_FAILED_S = 30.0


@dataclass(frozen=True, slots=True)
class Live:
    """What answers at this moment; replaced whole, so no answer mixes two states.

    Attributes
    ----------
    served : Served or None
        None before the first generation, and where its grids are doubtful.
    access : Access or None
        None until the database was seen.
    stale_since : datetime or None
        When the database was lost, while it is.
    refusal : Problem or None
        Why a published generation is not served from memory.
    """

    served: Served | None = None
    access: Access | None = None
    stale_since: datetime | None = None
    refusal: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    generation: int | None
    registers: tuple[Mark, ...]
    day: date


class Watch:
    """Two threads: one hears and polls, the other builds, so a revoked key never waits for an index.

    Parameters
    ----------
    engine : Engine
    settings : Settings
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.live = Live()
        self.shown = Shown()
        self._engine, self._settings = engine, settings
        self._zone = ZoneInfo(settings.timezone)
        self._guard = threading.Lock()
        self._end = threading.Event()
        self._due = threading.Event()
        self._marks: Marks | None = None
        self._wanted: _Wanted | None = None
        self._built: _Wanted | None = None
        self._base: Snapshot | None = None
        self._threads = [
            threading.Thread(target=work, name=f"locate-{name}", daemon=True)
            for name, work in (("watch", self._listen), ("build", self._keep_building))
        ]

    def begin(self) -> None:
        """Serve what is published, if the database can be reached, and watch from then on."""
        try:
            self._look(with_registers_too=True)
            self._build()
        except Unavailable:
            self._lose()
        except Exception as error:  # the service starts; the threads try again
            log_failure(error, "start")
            self._due.set()
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop watching."""
        self._end.set()
        self._due.set()
        for thread in self._threads:
            thread.join()
        with suppress(Unavailable):
            self.shown.put_on_record(self._engine)

    def _change(self, **values: object) -> None:
        with self._guard:
            self.live = replace(self.live, **values)  # type: ignore[arg-type]  # the callers name fields of Live

    def _lose(self) -> None:
        if self.live.stale_since is None:
            self._change(stale_since=datetime.now(UTC))
            logger().warning("database_lost", generation=self.live.served and self.live.served.generation)

    def _listen(self) -> None:
        while not self._end.is_set():
            try:
                with listening(self._engine) as hear:
                    # What was written before anybody listened is found by its marks.
                    self._look(with_registers_too=True)
                    self._follow(hear)
            except Unavailable:
                self._lose()
                self._end.wait(_RETRY_S)
            except Exception as error:  # the thread must live: without it nothing new is ever served
                log_failure(error, "watch")
                self._end.wait(_RETRY_S)

    def _follow(self, hear: Callable[[float], frozenset[Bulletin]]) -> None:
        polls = 0
        while not self._end.is_set():
            heard = hear(_POLL_S)
            polls += 1
            is_turn = polls % _POLLS_TO_REGISTERS == 0
            self._look(with_registers_too="register" in heard or is_turn, is_access_new="access" in heard)
            self._note_used_keys()
            if polls % _POLLS_TO_RECORD == 0:
                self.shown.put_on_record(self._engine)

    def _note_used_keys(self) -> None:
        used = self.live.access.take_used() if self.live.access is not None else frozenset()
        if used:
            with writing(self._engine) as session:
                for key_id in sorted(used):
                    note_key_use(session, key_id, datetime.now(self._zone).date())

    def _look(self, *, with_registers_too: bool, is_access_new: bool = False) -> None:
        """Compare what stands with what was seen last, and act on what differs."""
        with reading(self._engine) as session:
            marks = read_marks(session)
            registers = self._wanted.registers if self._wanted is not None else ()
            if with_registers_too:
                registers = read_register_marks(session)
            is_access_new |= self._marks is None or marks.access != self._marks.access
            if is_access_new or self.live.access is None:
                self._change(access=_read_access(session))
        self._marks = marks
        if self.live.stale_since is not None:
            self._change(stale_since=None)
            logger().info("database_back")
        wanted = _Wanted(marks.generation, registers, datetime.now(self._zone).date())
        if wanted != self._wanted:
            self._wanted = wanted
            self._due.set()

    def _keep_building(self) -> None:
        while True:
            self._due.wait()
            if self._end.is_set():
                return
            self._due.clear()
            try:
                self._build()
            except Unavailable:
                # The other thread sees it too; what is wanted stays wanted.
                self._end.wait(_RETRY_S)
                self._due.set()
            except Exception as error:  # a fault of ours must not end the service of what comes later
                log_failure(error, "build")
                self._end.wait(_RETRY_FAILED_S)
                self._due.set()

    def _build(self) -> None:
        wanted, built = self._wanted, self._built
        if wanted is None or wanted == built or wanted.generation is None:
            return
        if self._base is not None and built is not None and wanted.generation == built.generation:
            self._renew_registers(self._base, wanted.day)
        else:
            self._renew(wanted.day)
        self._built = wanted

    def _renew(self, day: date) -> None:
        began = datetime.now(UTC)
        with reading(self._engine) as session:
            whole = snapshot(session, today=day, metric_plane=self._settings.metric_crs)
        try:
            served = Served.of(whole, day)
        except Problem as refusal:
            self._base = None
            self._change(served=None, refusal=refusal)
            logger().error("generation_not_served", generation=whole.generation, reason=refusal.en)
            return
        # The shapes of the grids are in the index; what is left renews the registers.
        self._base = replace(whole, grids=(), streets=(), waters=(), walls=())
        self._change(served=served, refusal=None)
        # What is served stays: the collector need not look through it again, which would stop every answer.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        took_s = (datetime.now(UTC) - began).total_seconds()
        logger().info("generation_served", generation=served.generation, seconds=round(took_s, 2))

    def _renew_registers(self, base: Snapshot, day: date) -> None:
        with reading(self._engine) as session:
            renewed = with_registers(session, base, today=day)
        served = self.live.served
        if served is not None:
            self._base = renewed
            self._change(served=served.with_registers(renewed, day))


def _read_access(session: Session) -> Access:
    return Access(read_ring(session), public_tier(session))

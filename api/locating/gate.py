"""Who may ask, and how often, decided in memory."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.auth import PUBLIC, Caller, basic_password, judge, let_through
from api.problems import TooMany
from api.sessions import COOKIE
from boundaries.services.keys import KeyRing

Headers = Mapping[bytes, bytes]

_SESSION = f"{COOKIE}=".encode()
# After so long a key is looked at anew, and noted as used.
_REMEMBERED_S = 3_600.0
# Callers that are remembered at once: their keys, or the addresses of the public.
_MOST_CALLERS = 20_000
# So many seconds' worth of requests may come at once.
_BURST_S = 5.0


@dataclass(frozen=True)
class Access:
    """Keys and the public switch as they stood when they were read; replaced whole when they change."""

    ring: KeyRing
    is_public: bool
    _known: dict[bytes, tuple[Caller, float]] = field(default_factory=dict, repr=False)
    _used: set[int] = field(default_factory=set, repr=False)

    def leaves_to_sessions(self, headers: Headers) -> bool:
        """Whether the framework must say who asks: nobody shows a key, but a browser its session."""
        return (
            not self.is_public
            and b"x-api-key" not in headers
            and b"authorization" not in headers
            and _SESSION in headers.get(b"cookie", b"")
        )

    def take_used(self) -> frozenset[int]:
        """The numbers of the keys that were used since this was asked last."""
        used = frozenset(self._used)
        self._used.difference_update(used)
        return used

    def caller(self, headers: Headers, method: str, *, scope: str | None) -> Caller:
        """Who asks, if they may.

        Parameters
        ----------
        headers : mapping of bytes to bytes
        method : str
        scope : str or None
            What must be open to them; None lets everybody in who is known.

        Returns
        -------
        Caller

        Raises
        ------
        KeyNeeded
            If there is no key and the public tier is off, or the key is not good.
        Forbidden
            If the key lacks the scope.
        """
        shown = headers.get(b"x-api-key")
        # A digest, so that no secret stays in memory longer than its request.
        digest = hashlib.sha256(shown or b"").digest()
        known = self._known.get(digest)
        is_good = shown is not None and known is not None and time.time() < known[1]
        if is_good and known is not None and (scope is None or known[0].may(scope)):
            return known[0]
        text = None if shown is None else shown.decode("latin-1")
        if text is None:
            text = basic_password(headers.get(b"authorization", b"").decode("latin-1"), method)
        caller = self._judged(text)
        if scope is not None:
            let_through(caller, scope)
        if shown is not None and len(self._known) < _MOST_CALLERS:
            self._known[digest] = caller, self._good_until(text)
        return caller

    def _judged(self, text: str | None) -> Caller:
        return judge(text, lambda shown: self.ring.find(shown, datetime.now(UTC)), lambda: self.is_public)

    def _good_until(self, text: str | None) -> float:
        key = None if text is None else self.ring.find(text, datetime.now(UTC))
        if key is None:
            return 0.0
        self._used.add(key.id)
        again = time.time() + _REMEMBERED_S
        return again if key.expires_at is None else min(again, key.expires_at.timestamp())


class Pace:
    """How often each caller may ask: so many requests a second, and some seconds' worth at once.

    Parameters
    ----------
    key_per_second, public_per_second : float
        For a key, and for an address without one; 0 for no limit.
    """

    def __init__(self, *, key_per_second: float, public_per_second: float) -> None:
        self._per_second = {False: key_per_second, True: public_per_second}
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, caller: Caller, address: str) -> None:
        """Count one request.

        Raises
        ------
        TooMany
            If the caller must wait.
        """
        per_second = self._per_second[caller is PUBLIC]
        if per_second <= 0:
            return
        who = address if caller is PUBLIC else f"key {caller.name}"
        now, most = time.monotonic(), max(1.0, per_second * _BURST_S)
        left, since = self._left.get(who, (most, now))
        left = min(most, left + (now - since) * per_second)
        if left < 1.0:
            wait_s = max(1, round((1.0 - left) / per_second))
            raise TooMany(
                f"请求过于频繁:每秒最多 {per_second:g} 次。请 {wait_s} 秒后再试,或用 POST 批量查询。",
                f"Too many requests: at most {per_second:g} a second. Wait {wait_s} s, or send many points by POST.",
                wait_s,
            )
        if len(self._left) >= _MOST_CALLERS:
            self._left.clear()
        self._left[who] = left - 1.0, now

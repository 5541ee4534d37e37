"""How often each caller may ask, for everything other than look-ups."""

import math
import time

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.problems import TooMany


def address_of(client: str, forwarded: str, proxies: frozenset[str]) -> str:
    """The address that a request comes from.

    Parameters
    ----------
    client : str
        Address of the other end of the connection.
    forwarded : str
        The header ``X-Forwarded-For``: each proxy adds at its end whom it was asked by.
    proxies : frozenset of str
        Those that are believed.

    Returns
    -------
    str
    """
    came_by = [part.strip() for part in forwarded.split(",") if part.strip()]
    while client in proxies and came_by:
        client = came_by.pop()
    return client


class Paces:
    """Requests a minute: of one account or key, of one address without either, and of attempts to sign in.

    Parameters
    ----------
    per_caller, per_address, sign_ins : int
        0 for no limit.
    proxies : frozenset of str
        Addresses that are believed in what they say of others.
    """

    def __init__(
        self, *, per_caller: int, per_address: int, sign_ins: int, proxies: frozenset[str] = frozenset()
    ) -> None:
        self._proxies = proxies
        self._most = {"caller": per_caller, "address": per_address, "sign-in": sign_ins}
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def of_caller(self, account: str) -> None:
        """Count a request of an account or key.

        Raises
        ------
        TooMany
            If it must wait; here and below.
        """
        self._count("caller", account)

    def of_address(self, request: Request) -> None:
        """Count a request of nobody that is known."""
        self._count("address", self._address(request))

    def of_sign_in(self, request: Request) -> None:
        """Count an attempt to sign in."""
        self._count("sign-in", self._address(request))

    def _address(self, request: Request) -> str:
        client = request.client.host if request.client is not None else ""
        return address_of(client, request.headers.get("x-forwarded-for", ""), self._proxies)

    def _count(self, kind: str, who: str) -> None:
        most = self._most[kind]
        if most == 0:
            return
        limit = RateLimitItemPerMinute(most)
        if self._limiter.hit(limit, kind, who):
            return
        wait_s = max(1, math.ceil(self._limiter.get_window_stats(limit, kind, who).reset_time - time.time()))
        raise TooMany(
            f"请求过于频繁:每分钟最多 {most} 次。请 {wait_s} 秒后再试。",
            f"Too many requests: at most {most} a minute. Wait {wait_s} s.",
            wait_s,
        )

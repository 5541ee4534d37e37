"""How often each caller may ask, for everything other than look-ups."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.problems import TooMany


class Paces:
    """Requests a minute: of one account or key, of one address without either, and of attempts to sign in.

    Parameters
    ----------
    per_caller, per_address, sign_ins : int
        0 for no limit.
    """

    def __init__(self, *, per_caller: int, per_address: int, sign_ins: int) -> None:
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

    def of_address(self, address: str) -> None:
        """Count a request of nobody that is known."""
        self._count("address", address)

    def of_sign_in(self, address: str) -> None:
        """Count an attempt to sign in."""
        self._count("sign-in", address)

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

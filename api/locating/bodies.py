"""The two ends of a bulk look-up: a body that is read as it is needed, an answer that begins with its first piece."""

import asyncio
from collections.abc import Sequence

from starlette.types import Receive, Send

from boundaries.errors import BadInput

# The longest that the next piece of a body, or room for the next piece of an answer, is waited for.
STALL_S = 30.0


class ClientGone(Exception):
    """The client has closed the connection: nobody waits for an answer."""


class BrokenOff(RuntimeError):
    """An answer that has begun cannot be finished; the connection must be closed, so that nobody takes it for whole.

    Its text names the kind of fault only, since servers log it.
    """


class Body:
    """The body of a request; no more of it is taken from the server than was asked for.

    Parameters
    ----------
    receive : ASGI callable
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._held = bytearray()
        self._has_ended = False

    async def look(self, count: int) -> bytes:
        """The next bytes, left where they are; fewer than ``count`` at the end only."""
        await self._hold(count)
        return bytes(memoryview(self._held)[:count])

    async def read(self, count: int) -> bytes | bytearray:
        """The next bytes; fewer than ``count`` at the end only."""
        await self._hold(count)
        if len(self._held) <= count:
            taken, self._held = self._held, bytearray()
            return taken
        part = bytes(memoryview(self._held)[:count])
        del self._held[:count]
        return part

    async def is_at_end(self) -> bool:
        """Whether nothing follows."""
        await self._hold(1)
        return not self._held

    async def _hold(self, count: int) -> None:
        while len(self._held) < count and not self._has_ended:
            try:
                async with asyncio.timeout(STALL_S):
                    message = await self._receive()
            except TimeoutError as error:
                raise BadInput(
                    f"等了 {STALL_S:.0f} 秒,正文没有继续到达。请检查网络后重新发送。",
                    f"The body did not go on for {STALL_S:.0f} seconds. Check the network and send it again.",
                ) from error
            if message["type"] != "http.request":
                raise ClientGone
            self._held += message.get("body", b"")
            self._has_ended = not message.get("more_body", False)


class Answer:
    """An answer of status 200, which begins with its first piece.

    Parameters
    ----------
    send : ASGI callable
    headers : sequence of pairs of bytes
        Names in lower case.

    Attributes
    ----------
    has_begun : bool
        Whether a part of it has left, so that no problem can be told any more.
    points : int
        How many points the pieces have answered so far.
    """

    def __init__(self, send: Send, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = list(headers)
        self.has_begun = False
        self.points = 0

    def declare_length(self, length: int) -> None:
        """Tell with the first piece how many bytes all of them will have."""
        self._headers.append((b"content-length", str(length).encode()))

    async def send(self, piece: bytes, *, points: int, is_last: bool) -> None:
        """Send a piece as soon as the client takes it.

        Raises
        ------
        TimeoutError
            If it does not take it.
        ClientGone
            If the server says so.
        """
        try:
            async with asyncio.timeout(STALL_S):
                if not self.has_begun:
                    self.has_begun = True
                    await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})
                await self._send({"type": "http.response.body", "body": piece, "more_body": not is_last})
        except TimeoutError:
            raise
        except OSError as error:
            raise ClientGone from error
        self.points += points

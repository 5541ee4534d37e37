"""Points as packed pairs of float64; answers as int32 positions in the table of the generation."""

from functools import partial

import numpy as np

from api.locating.bodies import Answer, Body
from api.locating.bulk_plan import POINTS_AT_ONCE, Ask, BulkPlan, crunch
from boundaries.errors import BadInput

_PAIR_BYTES = 16
_POSITION_BYTES = 4


async def answer_packed(plan: BulkPlan, ask: Ask, body: Body, answer: Answer, *, declared: int | None) -> None:
    """Answer as the points come, a portion at a time.

    Parameters
    ----------
    plan : BulkPlan
    ask : Ask
    body : Body
    answer : Answer
    declared : int or None
        Bytes of the body, where the client has said so.

    Raises
    ------
    BadInput
        If the body is no whole number of pairs, or axes are swapped.
    CrsProblem
        If a point has no place in its system.
    """
    if declared is not None:
        _refuse_broken_pair(declared)
        answer.declare_length(declared // _PAIR_BYTES * _POSITION_BYTES)
    is_last = False
    while not is_last:
        data = await body.read(POINTS_AT_ONCE * _PAIR_BYTES)
        is_last = await body.is_at_end()
        _refuse_broken_pair(len(data))
        points = len(data) // _PAIR_BYTES
        work = partial(_positions, plan, ask, data, is_first=not answer.has_begun)
        piece = await crunch(work, points=points, for_=ask.for_)
        await answer.send(piece, points=points, is_last=is_last)


def _positions(plan: BulkPlan, ask: Ask, data: bytes | bytearray, *, is_first: bool) -> bytes:
    found = plan.locate(np.frombuffer(data, "<f8").reshape(-1, 2), ask, is_first=is_first)
    chosen = found.grid if found.responsible is None else found.responsible
    return chosen.astype("<i4", copy=False).tobytes()


def _refuse_broken_pair(length: int) -> None:
    if length % _PAIR_BYTES:
        raise BadInput(
            f"正文应为若干对 float64(每点 {_PAIR_BYTES} 字节,x 在前),末尾多出 {length % _PAIR_BYTES} 字节。"
            "请检查是否缺了坐标。",
            f"The body must be pairs of float64 ({_PAIR_BYTES} bytes a point, x first); "
            f"{length % _PAIR_BYTES} bytes are left over. See whether a coordinate is missing.",
        )

"""A plan made ready to answer for many points at once, and the threads that do it."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, get_args

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from boundaries.errors import BadInput
from boundaries.lookup.answer import Purpose
from boundaries.lookup.coordinates import Points
from boundaries.lookup.plan_index import OUTSIDE, Columns, PlanIndex
from geo.crs import SourceCrs, parse_crs
from geo.errors import CrsProblem

# Points in work at once for one request.
POINTS_AT_ONCE = 1 << 16
# Fewer take less time than to hand them to a thread; on borders a shop takes some 30 µs a point.
_FEW = {None: 16_384, "household": 16_384, "shop": 50}
_LONGEST_CRS = 2_000

# Few, so that single look-ups get their turn however many bulk ones there are.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="bulk-locate")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """What holds for all points of a request: their system, and what they are to be stored for."""

    source: SourceCrs
    for_: Purpose | None


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """The index of one generation, and its codes in the forms that answers need.

    Attributes
    ----------
    plan : PlanIndex
    codes, areas : ndarray of object
        Codes by position, with None at the end for what has none.
    code_dictionary, area_dictionary : pyarrow.Array of utf8
        The same without the end.
    table : bytes
        JSON of ``generation`` and ``codes``, by which packed answers are read.
    """

    plan: PlanIndex
    codes: NDArray[np.object_]
    areas: NDArray[np.object_]
    code_dictionary: pa.Array
    area_dictionary: pa.Array
    table: bytes

    @classmethod
    def of(cls, plan: PlanIndex) -> "BulkPlan":
        """Make a plan ready; once a generation.

        Parameters
        ----------
        plan : PlanIndex

        Returns
        -------
        BulkPlan
        """
        codes, areas = [grid.code for grid in plan.grids], plan.area_codes
        return cls(
            plan,
            # Negative positions stand for nothing and count from the end.
            np.array([*codes, None, None], dtype=object),
            np.array([*areas, None], dtype=object),
            pa.array(codes, pa.utf8()),
            pa.array(areas, pa.utf8()),
            orjson.dumps({"generation": plan.generation, "codes": codes}),
        )

    def locate(self, xy: Points, ask: Ask, *, is_first: bool) -> Columns:
        """Say where points are.

        Parameters
        ----------
        xy : ndarray of float64, shape (n, 2)
            As they were given; what is not finite lies nowhere.
        ask : Ask
        is_first : bool
            Whether no answer has left yet, so that swapped axes can still be told.

        Returns
        -------
        Columns

        Raises
        ------
        BadInput
            If the axes are swapped.
        CrsProblem
            If a point has no place in its system.
        """
        found = self.plan.locate(self.plan.placement.placed(xy, ask.source), for_=ask.for_)
        if is_first and (found.grid == OUTSIDE).all():
            self.plan.placement.refuse_swapped(xy, ask.source)
        return found


async def crunch(work: Callable[[], T], *, points: int, for_: Purpose | None = None) -> T:
    """Do work on points where single look-ups do not wait for it.

    Parameters
    ----------
    work : callable
    points : int
        How many there are to do.
    for_ : {"household", "shop"}, optional
        What they are to be stored for.

    Returns
    -------
    Any
        What the work returns.
    """
    if points < _FEW[for_]:
        done = work()
        # A stream of small batches lets others in between them.
        await asyncio.sleep(0)
        return done
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


def slices(count: int) -> Iterator[slice]:
    """Points in portions of what is in work at once; one empty portion for none."""
    for begin in range(0, max(count, 1), POINTS_AT_ONCE):
        yield slice(begin, begin + POINTS_AT_ONCE)


def ask_of(crs: str | None, for_: str | None) -> Ask:
    """Read what holds for all points of a request.

    Parameters
    ----------
    crs, for_ : str or None

    Returns
    -------
    Ask

    Raises
    ------
    CrsProblem
        If the coordinate system is missing, unknown or unsafe.
    BadInput
        If points are for nothing that is known.
    """
    if crs is not None and len(crs) > _LONGEST_CRS:
        raise CrsProblem(
            f"坐标系的写法超过 {_LONGEST_CRS} 个字符。请写 EPSG 编号(如 EPSG:4490)、GCJ-02 或 BD-09。",
            f"The coordinate system takes more than {_LONGEST_CRS} characters. "
            "Give an EPSG number (such as EPSG:4490), GCJ-02 or BD-09.",
        )
    purpose = next((known for known in get_args(Purpose) if known == for_), None)
    if for_ is not None and purpose is None:
        raise BadInput(
            "for 只能是 household(住户)或 shop(商铺)。请改正,或不写。",
            "for must be household or shop. Correct it or leave it out.",
        )
    return Ask(_source(crs), purpose)


# Reading a name takes as long as some thousand points.
_source = lru_cache(maxsize=64)(parse_crs)


def agreed(name: str, in_query: str | None, in_body: Any) -> str | None:
    """What query and body say, where they say the same.

    Parameters
    ----------
    name : str
        Of the option.
    in_query : str or None
    in_body : Any
        A text or None; anything else is refused.

    Returns
    -------
    str or None

    Raises
    ------
    BadInput
        If they differ, or the body gives no text.
    """
    if in_body is not None and not isinstance(in_body, str):
        raise BadInput(f"正文里的 {name} 应为文字。请改正。", f"{name} in the body must be a text. Correct it.")
    if in_query is not None and in_body is not None and in_query != in_body:
        raise BadInput(
            f"网址和正文里的 {name} 不一致。请只在一处写明。",
            f"{name} differs between the address and the body. Give it in one place only.",
        )
    return in_query if in_body is None else in_body

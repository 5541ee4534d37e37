"""Points in an Arrow stream; the same batches, with columns of codes, as the answer."""

import io
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from api.locating.arrow_frames import batch_in, next_batch, read_schema
from api.locating.bodies import Answer, Body
from api.locating.bulk_plan import Ask, BulkPlan, agreed, ask_of, crunch, slices
from boundaries.errors import BadInput
from boundaries.lookup.plan_index import IN_GAP, Columns

_COLUMNS = ("x", "y")
_CODES = pa.dictionary(pa.int32(), pa.utf8())
_NAMED = 10


async def answer_arrow(plan: BulkPlan, crs: str | None, for_: str | None, body: Body, answer: Answer) -> None:
    """Answer batch by batch.

    Parameters
    ----------
    plan : BulkPlan
    crs, for_ : str or None
        From the query; the metadata of the schema may name the same ``crs``.
    body : Body
    answer : Answer

    Raises
    ------
    BadInput
        If the body is no stream of x and y, or axes are swapped.
    TooLarge
        If a batch is larger than is read.
    CrsProblem
        If the coordinate system is missing or unsafe, or a point has no place in it.
    """
    schema = await read_schema(body)
    _refuse_columns(schema)
    ask = ask_of(agreed("crs", crs, _named_crs(schema)), for_)
    written = _Written(plan, ask)
    while (found := await next_batch(body)) is not None:
        rows, frame = found
        work = partial(_answered, written, batch_in(frame, schema, rows), is_first=not answer.has_begun)
        await answer.send(await crunch(work, points=rows, for_=ask.for_), points=rows, is_last=False)
    await answer.send(written.end(), points=0, is_last=True)


class _Written:
    """The answer as it is written: the dictionaries with its first batch, its end only where it is whole."""

    def __init__(self, plan: BulkPlan, ask: Ask) -> None:
        self.plan = plan
        self.ask = ask
        fields = [("micro_grid", _CODES), ("area", _CODES), ("on_border", pa.bool_()), ("in_gap", pa.bool_())]
        number = plan.plan.generation
        self.schema = pa.schema(
            [*fields, *([("responsible", _CODES)] if ask.for_ else [])],
            metadata=None if number is None else {"generation": str(number)},
        )
        self._sink = io.BytesIO()
        self._writer = pa.ipc.new_stream(self._sink, self.schema)

    def batch(self, columns: Sequence[pa.Array]) -> bytes:
        self._writer.write_batch(pa.record_batch(columns, schema=self.schema))
        return self._taken()

    def end(self) -> bytes:
        self._writer.close()
        return self._taken()

    def _taken(self) -> bytes:
        piece = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return piece


def _answered(written: _Written, batch: pa.RecordBatch, *, is_first: bool) -> bytes:
    plan = written.plan
    # What is null lies nowhere, as what is not a number does.
    x, y = (batch.column(name).to_numpy(zero_copy_only=False) for name in _COLUMNS)
    found = [
        plan.locate(np.column_stack([x[part], y[part]]), written.ask, is_first=is_first and part.start == 0)
        for part in slices(len(x))
    ]
    grid = _joined(found, "grid")
    columns = [
        _coded(grid, plan.code_dictionary),
        _coded(_joined(found, "area"), plan.area_dictionary),
        pa.array(_joined(found, "on_border")),
        pa.array(grid == IN_GAP),
    ]
    if written.ask.for_ is not None:
        columns.append(_coded(_joined(found, "responsible"), plan.code_dictionary))
    return written.batch(columns)


def _joined(found: Sequence[Columns], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(part, name) for part in found])


def _coded(positions: NDArray[np.int32], dictionary: pa.Array) -> pa.DictionaryArray:
    # Positions are the index's own: they need no look at whether the dictionary has them.
    return pa.DictionaryArray.from_arrays(pa.array(positions, mask=positions < 0), dictionary, safe=False)


def _refuse_columns(schema: pa.Schema) -> None:
    if sorted(schema.names) == list(_COLUMNS) and all(field.type == pa.float64() for field in schema):
        return
    named = [f"{field.name[:40]} {str(field.type)[:40]}" for field in list(schema)[:_NAMED]]
    more = ["…"] if len(schema) > _NAMED else []
    raise BadInput(
        f"Arrow 流的列是 {'、'.join([*named, *more]) or '(无)'};应只有 float64 的 x 和 y。请只发这两列。",
        f"The columns of the Arrow stream are {', '.join([*named, *more]) or 'none'}; they must be x and y, both "
        "float64 (double). Send only these two.",
    )


def _named_crs(schema: pa.Schema) -> str | None:
    named: bytes | None = (schema.metadata or {}).get(b"crs")
    try:
        return None if named is None else named.decode()
    except UnicodeDecodeError as error:
        raise BadInput(
            "schema 元数据里的 crs 不是 UTF-8 文字。请改正。",
            "crs in the metadata of the schema is no UTF-8. Correct it.",
        ) from error

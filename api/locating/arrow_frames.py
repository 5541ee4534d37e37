"""Frames of an Arrow stream from a stranger, looked at before anything is made of them.

A frame is a marker, the length of its metadata, the metadata (a flatbuffer), and a body
whose length the metadata tells. What a frame announces is checked against limits here;
only then is it gathered and handed to the library, which checks the rest.
"""

import struct
from dataclasses import dataclass

import pyarrow as pa

from api.locating.bodies import Body
from api.problems import TooLarge
from boundaries.errors import BadInput

MAX_METADATA_BYTES = 1 << 16
MAX_ROWS = 1_000_000
MAX_BODY_BYTES = 64_000_000

_PREFIX = struct.Struct("<iI")
_CONTINUES = -1
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_EXTENSION = b"ARROW:extension:name"


@dataclass(frozen=True, slots=True)
class Announced:
    """What the metadata of a frame says.

    Attributes
    ----------
    kind : int
        1 for a schema, 3 for a batch.
    body_bytes : int
    rows : int
        Of a batch.
    """

    kind: int
    body_bytes: int
    rows: int


async def read_schema(body: Body) -> pa.Schema:
    """Read the schema that a stream begins with.

    Parameters
    ----------
    body : Body

    Returns
    -------
    pyarrow.Schema

    Raises
    ------
    BadInput
        If the body does not begin with one.
    TooLarge
        If it is too long.
    """
    found = await _next_frame(body)
    if found is None or found[0].kind != _SCHEMA:
        raise _no_stream()
    return schema_in(found[1])


async def next_batch(body: Body) -> tuple[int, bytes | bytearray] | None:
    """Gather the frame of the next batch.

    Parameters
    ----------
    body : Body

    Returns
    -------
    tuple of int and bytes, or None
        Its rows and the frame for :func:`batch_in`; None where the stream ends.

    Raises
    ------
    BadInput
        If the stream is cut short, or is none.
    TooLarge
        If the batch is larger than is read.
    """
    found = await _next_frame(body)
    if found is None:
        return None
    if found[0].kind != _BATCH:
        raise _no_stream()
    return found[0].rows, found[1]


def schema_in(frame: bytes | bytearray) -> pa.Schema:
    """The schema in a frame.

    Raises
    ------
    BadInput
        If it is damaged, or has types of other libraries.
    """
    # Whatever library has registered such a type would be run on what a stranger wrote.
    if _EXTENSION in frame:
        raise BadInput(
            "Arrow 流的列带有扩展类型。请只发普通 float64 的 x、y 两列。",
            "The Arrow stream has an extension type. Send only the columns x and y as plain float64.",
        )
    try:
        schema = pa.ipc.read_schema(pa.py_buffer(frame))
        schema.names  # noqa: B018  read here, where a name that is no UTF-8 is a refusal
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _no_stream() from error
    return schema


def batch_in(frame: bytes | bytearray, schema: pa.Schema, rows: int) -> pa.RecordBatch:
    """The batch in a frame, every buffer of it long enough.

    Parameters
    ----------
    frame : bytes
    schema : pyarrow.Schema
    rows : int
        As announced.

    Returns
    -------
    pyarrow.RecordBatch

    Raises
    ------
    BadInput
        If it is damaged.
    """
    try:
        batch = pa.ipc.read_record_batch(pa.py_buffer(frame), schema)
        batch.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise _no_stream() from error
    if batch.num_rows != rows:
        raise _no_stream()
    return batch


def announced(metadata: bytes) -> Announced:
    """Read what a frame announces, and refuse what is not to be gathered.

    Parameters
    ----------
    metadata : bytes
        The flatbuffer of the frame.

    Returns
    -------
    Announced

    Raises
    ------
    BadInput
        If it is damaged, or of a kind that is not read here.
    TooLarge
        If it announces more than is read at once.
    """
    try:
        message = _Table.root(metadata)
        kind, body_bytes = message.number(1, "<B"), message.number(3, "<q")
        header = message.table(2)
        if kind == _SCHEMA and header is not None:
            if header.number(0, "<h") or body_bytes:
                raise _no_stream()
            return Announced(kind, 0, 0)
        if kind == _DICTIONARY:
            raise BadInput(
                "Arrow 流里有字典列。请只发 float64 的 x、y 两列。",
                "The Arrow stream has dictionaries. Send only the columns x and y as float64.",
            )
        if kind != _BATCH or header is None:
            raise _no_stream()
        rows = header.number(0, "<q")
        if header.has(3):
            raise BadInput(
                "Arrow 批是压缩的。请不压缩再发。", "The Arrow batches are compressed. Send them without compression."
            )
    except struct.error as error:
        raise _no_stream() from error
    _refuse_size(body_bytes, rows)
    return Announced(kind, body_bytes, rows)


class _Table:
    """A table of a flatbuffer: fields by number, absent ones are 0; ``struct.error`` for whatever lies outside."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place
        self._slots = place - self._at("<i", place)
        self._slots_end = self._slots + self._at("<H", self._slots)

    @classmethod
    def root(cls, data: bytes) -> "_Table":
        return cls(data, *struct.unpack_from("<I", data, 0))

    def number(self, field: int, form: str) -> int:
        shift = self._shift(field)
        return self._at(form, self._place + shift) if shift else 0

    def table(self, field: int) -> "_Table | None":
        shift = self._shift(field)
        if not shift:
            return None
        return _Table(self._data, self._place + shift + self._at("<I", self._place + shift))

    def has(self, field: int) -> bool:
        return bool(self._shift(field))

    def _shift(self, field: int) -> int:
        slot = self._slots + 4 + 2 * field
        return self._at("<H", slot) if slot + 2 <= self._slots_end else 0

    def _at(self, form: str, place: int) -> int:
        # A negative place would count from the end.
        if place < 0:
            raise struct.error
        number: int = struct.unpack_from(form, self._data, place)[0]
        return number


async def _next_frame(body: Body) -> tuple[Announced, bytes | bytearray] | None:
    prefix = await body.look(_PREFIX.size)
    if len(prefix) < _PREFIX.size:
        raise _cut_short()
    marker, length = _PREFIX.unpack(prefix)
    if marker != _CONTINUES or length % 8:
        raise _no_stream()
    if length == 0:
        await body.read(_PREFIX.size)
        if not await body.is_at_end():
            raise _no_stream()
        return None
    if length > MAX_METADATA_BYTES:
        raise TooLarge(
            f"Arrow 流里一段元数据超过 {MAX_METADATA_BYTES // 1024} KB。请去掉 schema 里多余的元数据。",
            f"Metadata in the Arrow stream takes more than {MAX_METADATA_BYTES // 1024} KB. "
            "Take needless metadata out of the schema.",
        )
    head = await body.look(_PREFIX.size + length)
    if len(head) < _PREFIX.size + length:
        raise _cut_short()
    said = announced(head[_PREFIX.size :])
    frame = await body.read(len(head) + said.body_bytes)
    if len(frame) < len(head) + said.body_bytes:
        raise _cut_short()
    return said, frame


def _refuse_size(body_bytes: int, rows: int) -> None:
    if body_bytes < 0 or rows < 0:
        raise _no_stream()
    if body_bytes > MAX_BODY_BYTES or rows > MAX_ROWS:
        raise TooLarge(
            f"一个 Arrow 批最多 {MAX_ROWS} 行、{MAX_BODY_BYTES // 1_000_000} MB。请分成较小的批(批数不限)。",
            f"An Arrow batch takes at most {MAX_ROWS} rows and {MAX_BODY_BYTES // 1_000_000} MB. "
            "Write smaller batches, as many as you like.",
        )


def _cut_short() -> BadInput:
    return BadInput(
        "Arrow 流不完整:在结束标记之前中断。请检查写入端是否正常结束。",
        "The Arrow stream is cut short: it stops before its end marker. See whether its writer was closed.",
    )


def _no_stream() -> BadInput:
    return BadInput(
        "正文不是可用的 Arrow IPC 流(小端、格式 V5、没有损坏)。请用 Arrow 库的流写入器写 x、y 两列。",
        "The body is no Arrow IPC stream that can be used (little-endian, not damaged). "
        "Write the columns x and y with the stream writer of an Arrow library.",
    )

"""Arrow streams of clients that mean ill: never anything but a refusal."""

import random
import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.locating.arrow_frames import announced, batch_in, schema_in
from api.locating.bodies import BrokenOff
from api.locating.bulk import ARROW
from api.problems import TooLarge
from boundaries.errors import BadInput
from geo.errors import Problem
from tests.api.locating.bulk_cases import POINTS, ask, batch, cut, mixed, question, stream

# A number that stands for nothing else in the metadata.
ROWS = 23
WHOLE = stream(batch(mixed(ROWS)), batch(POINTS), crs="EPSG:4490")
ASKED = question(ARROW)


def frame(number: int) -> bytes:
    """A frame of the whole stream: its schema, then its batches."""
    return bytes(list(pa.ipc.MessageReader.open_stream(WHOLE))[number].serialize())


def metadata(whole: bytes) -> bytes:
    (length,) = struct.unpack_from("<I", whole, 4)
    return whole[8 : 8 + length]


def spoilt(body: bytes, chance: random.Random) -> bytes:
    """A body with some bytes changed, taken out or doubled."""
    changed = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        place = chance.randrange(len(changed))
        match chance.randrange(8):
            case 0:
                del changed[place : place + chance.randrange(1, 9)]
            case 1:
                changed[place:place] = changed[place : place + 8]
            case 2:
                changed[place : place + 4] = struct.pack("<i", chance.choice((-1, 0, 1, 2**31 - 1, -(2**31), 65_536)))
            case 3:
                changed[place : place + 8] = struct.pack("<q", chance.choice((-1, 10**9, 2**62, -(2**63), 999_999)))
            case _:
                changed[place] = chance.randrange(256)
    return bytes(changed)


def answers_or_refuses(body: bytes) -> None:
    try:
        found = ask(ASKED, cut(body, 500))
    except (Problem, BrokenOff):
        return
    with pa.ipc.open_stream(found.body) as reader:
        assert sum(each.num_rows for each in reader) == found.points


def test_what_a_frame_announces() -> None:
    assert announced(metadata(frame(0))).kind == 1
    said = announced(metadata(frame(1)))
    assert (said.kind, said.rows) == (3, ROWS)
    assert said.body_bytes == len(frame(1)) - 8 - len(metadata(frame(1)))


def test_a_thousand_million_points_are_refused_by_what_is_announced() -> None:
    whole = metadata(frame(1))
    rows = struct.pack("<q", ROWS)
    for forged in (whole.replace(rows, struct.pack("<q", 10**9)), whole.replace(rows, struct.pack("<q", 1_000_001))):
        assert forged != whole
        with pytest.raises(TooLarge, match="1000000 rows"):
            announced(forged)
    with pytest.raises(BadInput):
        announced(whole.replace(rows, struct.pack("<q", -ROWS)))


def test_a_body_that_is_announced_too_long_is_not_waited_for() -> None:
    whole = metadata(frame(1))
    length = struct.pack("<q", announced(whole).body_bytes)
    assert whole.count(length) == 1
    with pytest.raises(TooLarge, match="64 MB"):
        announced(whole.replace(length, struct.pack("<q", 64_000_001)))


def test_rows_that_the_body_does_not_hold() -> None:
    schema, whole = schema_in(frame(0)), frame(1)
    assert batch_in(whole, schema, ROWS).num_rows == ROWS
    more = whole.replace(struct.pack("<q", ROWS), struct.pack("<q", 900_000))
    with pytest.raises(BadInput):
        batch_in(more, schema, 900_000)
    with pytest.raises(BadInput):
        batch_in(whole, schema, ROWS + 1)


def test_numbers_the_other_way_round_are_refused() -> None:
    def schema_with(endianness: int) -> bytes:
        """A message with a schema that says nothing else: tables behind their lists of fields."""
        form = "<I HH4H iB3xI HHH2x ih2x"
        return struct.pack(form, 16, 12, 12, 0, 4, 8, 0, 12, 1, 12, 6, 8, 4, 8, endianness)

    assert announced(schema_with(0)).kind == 1
    with pytest.raises(BadInput, match="little-endian"):
        announced(schema_with(1))


@given(st.binary(max_size=400))
def test_random_metadata(data: bytes) -> None:
    try:
        said = announced(data)
    except Problem:
        return
    assert 0 <= said.body_bytes <= 64_000_000
    assert 0 <= said.rows <= 1_000_000


@given(st.binary(max_size=400))
def test_random_bodies(data: bytes) -> None:
    answers_or_refuses(data)
    answers_or_refuses(struct.pack("<iI", -1, len(data) // 8 * 8) + data)
    answers_or_refuses(frame(0) + struct.pack("<iI", -1, len(data) // 8 * 8) + data)


@pytest.mark.parametrize("seed", range(10))
def test_spoilt_streams(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  nothing secret
    for _ in range(150):
        answers_or_refuses(spoilt(WHOLE, chance))


def test_every_bit_of_the_metadata() -> None:
    schema = schema_in(frame(0))
    whole = frame(1)
    for bit in range(8 * (8 + len(metadata(whole)))):
        forged = bytearray(whole)
        forged[bit // 8] ^= 1 << bit % 8
        try:
            said = announced(metadata(bytes(forged)))
            found = batch_in(bytes(forged), schema, said.rows)
        except (Problem, struct.error):
            continue
        for name in ("x", "y"):
            assert np.asarray(found.column(name).to_numpy(zero_copy_only=False)).shape == (said.rows,)

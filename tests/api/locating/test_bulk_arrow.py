"""Many points in Arrow streams, of clients that mean well."""

import numpy as np
import pyarrow as pa
import pytest

from api.locating.bodies import BrokenOff
from api.locating.bulk import ARROW
from api.locating.bulk_plan import POINTS_AT_ONCE
from api.problems import TooLarge
from boundaries.errors import BadInput
from geo.errors import CrsProblem
from tests.api.locating.bulk_cases import IN_A, PLAN, POINTS, Answered, ask, batch, cut, mixed, question, stream

CRS = "EPSG:4490"
ASKED = question(ARROW, CRS)


def read(found: Answered) -> list[pa.RecordBatch]:
    with pa.ipc.open_stream(found.body) as reader:
        batches = list(reader)
    for each in batches:
        each.validate(full=True)
    return batches


def test_columns_of_codes() -> None:
    found = ask(ASKED, [stream(batch(POINTS))])
    (answer,) = read(found)
    assert answer.to_pydict() == {
        "micro_grid": ["A", "B", "A", "A", None, None],
        "area": ["C1", "C1", "C1", "C1", "C1", None],
        "on_border": [False, False, False, True, False, False],
        "in_gap": [False, False, False, False, True, False],
    }
    assert answer.schema.metadata == {b"generation": b"3"}
    assert answer.schema.field("micro_grid").type == pa.dictionary(pa.int32(), pa.utf8())
    assert found.headers == {"content-type": ARROW}


def test_what_to_store_for_a_shop() -> None:
    (answer,) = read(ask(question(ARROW, CRS, for_="shop"), [stream(batch(POINTS))]))
    assert answer.column("responsible").to_pylist() == ["A", "B", "O", "A", None, None]


@pytest.mark.parametrize("size", [5, 1000, 1 << 20])
def test_the_same_batches_in_the_same_order(size: int) -> None:
    parts = [mixed(count, seed=count) for count in (3_000, 0, 1, 500, 2 * POINTS_AT_ONCE + 5 if size > 5 else 2_500)]
    found = ask(ASKED, cut(stream(*map(batch, parts)), size))
    answers = read(found)
    assert [answer.num_rows for answer in answers] == [len(part) for part in parts]
    for part, answer in zip(parts, answers, strict=True):
        codes = PLAN.codes[PLAN.plan.locate(part).grid].tolist()
        assert answer.column("micro_grid").to_pylist() == codes
    assert found.points == sum(len(part) for part in parts)


def test_dictionaries_are_sent_once() -> None:
    found = ask(ASKED, [stream(*[batch(mixed(100))] * 5)])
    kinds = [message.type for message in pa.ipc.MessageReader.open_stream(found.body)]
    assert kinds == ["schema", "dictionary", "dictionary", *["record batch"] * 5]


def test_no_batches() -> None:
    sink = pa.BufferOutputStream()
    pa.ipc.new_stream(sink, batch(POINTS).schema).close()
    found = ask(ASKED, [bytes(sink.getvalue())])
    assert read(found) == []
    assert found.points == 0


def test_columns_in_the_other_order_and_nulls() -> None:
    sent = pa.record_batch({"y": pa.array([IN_A[1], None, IN_A[1]]), "x": pa.array([IN_A[0], IN_A[0], np.nan])})
    (answer,) = read(ask(ASKED, [stream(sent)]))
    assert answer.column("micro_grid").to_pylist() == ["A", None, None]
    assert answer.column("in_gap").to_pylist() == [False] * 3


def test_a_slice_of_a_batch() -> None:
    (answer,) = read(ask(ASKED, [stream(batch(POINTS).slice(1, 2))]))
    assert answer.column("micro_grid").to_pylist() == ["B", "A"]


def test_the_schema_may_name_the_system() -> None:
    named = stream(batch(POINTS), crs=CRS)
    for asked in (question(ARROW), ASKED):
        assert read(ask(asked, [named]))[0].column("micro_grid").to_pylist()[:2] == ["A", "B"]
    with pytest.raises(BadInput, match="crs differs"):
        ask(question(ARROW, "GCJ-02"), [named])
    with pytest.raises(BadInput, match="no UTF-8"):
        ask(question(ARROW), [named.replace(b"EPSG:4490", b"\xff\xfeSG:4490")])
    with pytest.raises(CrsProblem, match="No coordinate system"):
        ask(question(ARROW), [stream(batch(POINTS))])


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"lon": pa.array([1.0]), "lat": pa.array([2.0])}, "are lon double, lat double; they must be x and y"),
        ({"x": pa.array([1.0], pa.float32()), "y": pa.array([2.0])}, "are x float, y double"),
        ({"x": pa.array([1]), "y": pa.array([2])}, "are x int64, y int64"),
        ({"x": pa.array([1.0]), "y": pa.array([2.0]), "id": pa.array(["a"])}, "x double, y double, id string"),
        ({"x": pa.array([1.0])}, "are x double;"),
        ({f"c{n}": pa.array([1.0]) for n in range(50)}, "c9 double, …;"),
    ],
)
def test_other_columns_are_named(columns: dict[str, pa.Array], named: str) -> None:
    with pytest.raises(BadInput) as caught:
        ask(ASKED, [stream(pa.record_batch(columns))])
    assert named in caught.value.en
    assert "Send only these two" in caught.value.en


def test_compressed_batches_are_refused() -> None:
    packed = stream(batch(mixed(1000)), options=pa.ipc.IpcWriteOptions(compression="zstd"))
    with pytest.raises(BadInput, match="without compression"):
        ask(ASKED, [packed])


def test_dictionaries_are_refused() -> None:
    coded = pa.record_batch({"x": pa.array([1.0]).dictionary_encode(), "y": pa.array([1.0])})
    with pytest.raises(BadInput, match="are x dictionary"):
        ask(ASKED, [stream(coded)])
    # The schema says float64, and a dictionary comes all the same.
    messages = list(pa.ipc.MessageReader.open_stream(stream(coded)))
    plain = stream(batch(POINTS))
    schema = pa.ipc.read_schema(pa.py_buffer(plain))
    forged = bytes(schema.serialize()) + bytes(messages[1].serialize()) + plain[-8:]
    with pytest.raises(BadInput, match="has dictionaries"):
        ask(ASKED, [forged])


def test_types_of_other_libraries_are_refused() -> None:
    told = {"ARROW:extension:name": "pandas.period", "ARROW:extension:metadata": "{}"}
    schema = pa.schema([pa.field("x", pa.float64(), metadata=told), ("y", pa.float64())])
    with pytest.raises(BadInput, match="extension type"):
        ask(ASKED, [bytes(schema.serialize())])


def test_names_that_are_no_text_are_refused() -> None:
    named = stream(pa.record_batch({"xname": pa.array([1.0]), "y": pa.array([1.0])}))
    with pytest.raises(BadInput, match="no Arrow IPC stream"):
        ask(ASKED, [named.replace(b"xname", b"\xca\xff\xfe\x80\xff")])


def test_large_batches_are_refused_before_they_are_gathered() -> None:
    with pytest.raises(TooLarge, match="Write smaller batches"):
        ask(ASKED, cut(stream(batch(np.zeros((1_000_001, 2)))), 5_000))


def test_large_metadata_is_refused() -> None:
    with pytest.raises(TooLarge, match="64 KB"):
        ask(question(ARROW), [stream(batch(POINTS), crs="x" * 70_000)])


@pytest.mark.parametrize("left", [0, 3, 8, 30, 200, -200, -30, -8, -3])
def test_a_stream_cut_short(left: int) -> None:
    whole = stream(batch(mixed(1_000)))
    # Of one batch, the frame and the end are one piece to a client: what is whole may have been answered.
    kind = BadInput if left == 0 or left > 0 or left < -8 else BrokenOff
    with pytest.raises(kind, match="cut short" if kind is BadInput else "broke off"):
        ask(ASKED, [whole[:left]])


def test_what_follows_the_end_is_not_answered_in_silence() -> None:
    whole = stream(batch(POINTS))
    with pytest.raises(BrokenOff):
        ask(ASKED, [whole, whole])


def test_swapped_axes() -> None:
    with pytest.raises(BadInput, match="axes are swapped"):
        ask(ASKED, [stream(batch(POINTS[:3, ::-1]))])


def test_a_point_without_a_place_breaks_a_stream_that_has_begun() -> None:
    lost = batch(np.array([[1e300, 1e300]]))
    asked = question(ARROW, "EPSG:4549")
    with pytest.raises(CrsProblem):
        ask(asked, [stream(lost)])
    with pytest.raises(BrokenOff, match=r"^the answer broke off: CrsProblem$"):
        ask(asked, [stream(batch(np.array([[422_000.0, 3_572_000.0]])), lost)])

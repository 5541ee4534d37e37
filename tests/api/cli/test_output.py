"""Tables for people, JSON for programs."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest
from shapely import Point

from api.cli import output


def test_a_table_is_aligned_by_what_a_terminal_shows(capsys: pytest.CaptureFixture[str]) -> None:
    output.table("网格", ["编码", "户数"], [["0101", 65], ["锦绣花园", 120], ["a", None]])
    assert capsys.readouterr().out.splitlines() == ["网格", "编码      户数", "0101        65", "锦绣花园   120", "a"]


def test_records_and_rows_become_tables(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit([{"code": "1", "area_m2": 2.5}, {"code": "2", "area_m2": 10.0}], title="t")
    output.emit({"exact": True, "grids": 12})
    assert capsys.readouterr().out.splitlines() == [
        "t",
        "code  area_m2",
        "1         2.5",
        "2          10",
        "exact   ✓",
        "grids  12",
    ]


def test_an_empty_answer_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit([])
    output.table("", ["a"], [])
    output.emit([], format="json")
    assert capsys.readouterr().out.split() == ["a", "[]"]


def test_json_knows_shapes_arrays_paths_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    value = {
        "shape": Point(119.123456789, 32.5),
        "array": np.array([1.5, 2.0]),
        "path": Path("a") / "b",
        "day": date(2026, 1, 31),
        "at": datetime(2026, 1, 31, 12, tzinfo=UTC),
        "set": {"b", "a"},
    }
    output.emit(value, format="json")
    assert orjson.loads(capsys.readouterr().out) == {
        "shape": {"type": "Point", "coordinates": [119.123456789, 32.5]},
        "array": [1.5, 2.0],
        "path": "a/b",
        "day": "2026-01-31",
        "at": "2026-01-31T12:00:00+00:00",
        "set": ["a", "b"],
    }


def test_json_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TypeError):
        output.write_json({"x": object()})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "✓"),
        (False, "-"),
        (1.23456, "1.235"),
        (100.0, "100"),
        (0.0, "0"),
        (("a", "b"), "a、b"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 12, 5, 6, 789, tzinfo=UTC), "2026-01-31 12:05:06+00:00"),
    ],
)
def test_cells(value: object, text: str) -> None:
    assert output.cell_text(value) == text


def test_a_terminal_gets_a_framed_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    output.table("网格", ["编码", "户数"], [["[0101]", 65]])
    text = capsys.readouterr().out
    assert "[0101]" in text
    assert "65" in text


def test_progress_is_silent_for_short_work_and_off_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    with output.progress("导入", 10) as advance:
        for _ in range(10):
            advance(1)
    assert capsys.readouterr().err == ""


def test_progress_shows_after_two_seconds(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    moments = iter([0.0, 1.0, 3.0])
    monkeypatch.setattr("api.cli.output.time.monotonic", lambda: next(moments))
    with output.progress("导入", 4) as advance:
        advance(1)
        advance(1)
    assert "导入 50 %" in capsys.readouterr().err

"""The log of a repair goes out as a table, and comes back with a person's word in it."""

from pathlib import Path

import openpyxl
import pytest
from shapely import box

from boundaries.errors import BadInput
from boundaries.exchange.reading import read_table
from boundaries.exchange.repair_log import HEADERS, log_columns, read_decisions, write_log
from boundaries.repairing import MendedFace
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs

PLANE = Snapshot(parse_crs("EPSG:4549"))
DEGREES = Snapshot(parse_crs("EPSG:4490"))


def face(number: int, x: float, **changes: object) -> MendedFace:
    values: dict[str, object] = {
        "number": number,
        "parent": "C1",
        "kind": "gap",
        "geometry": box(422_000 + x, 3_572_000, 422_010 + x, 3_572_100),
        "area_m2": 1000.0,
        "width_m": 10.0,
        "layers": 0,
        "owners": (),
        "candidates": (("G1", 100.0), ("G2", 12.345)),
        "rule": "person",
        "reason": "too_large",
        "winner": None,
        "buildings": ("B1", "B2"),
    }
    return MendedFace(**(values | changes))  # type: ignore[arg-type]


LOG = (
    face(1, 0),
    face(2, 50, rule="longest_border", reason="", winner="G1"),
    face(3, 90, kind="overshoot", rule="parent", reason="", owners=("G4",), layers=1, candidates=(), buildings=()),
    face(4, 200, kind="overlap", reason="duplicate", owners=("G1", "G2"), layers=2),
)


def test_a_row_for_each_face_in_words() -> None:
    values = log_columns(LOG, PLANE.crs).values
    assert values["类别"] == ["空白", "空白", "越界", "重叠"]
    assert values["候选网格"][0] == "G1 100.00 m、G2 12.35 m"
    assert values["归属网格"] == [None, "G1", None, None]
    assert values["规则"] == ["person", "longest_border", "parent", "person"]
    assert values["理由"][1:3] == ["归共边最长的网格", "超出区域,裁去"]
    assert (values["层数"], values["涉及网格"][3], values["楼栋"][0]) == ([0, 0, 1, 2], "G1、G2", "B1、B2")
    assert (values["x"][0], values["y"][0]) == (422_005, 3_572_050)
    assert 118.0 < values["经度"][0] < 120.0
    english = log_columns(LOG, PLANE.crs, language="en").values
    assert english["kind"] == ["gap", "gap", "overshoot", "overlap"]
    assert english["reason"][3] == "two grids are the same ground: delete one of them"
    assert tuple(english)[: len(HEADERS["en"])] == HEADERS["en"]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "gpkg", "geojson", "shp"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_comes_back_with_the_winners_that_stand_in_it(tmp_path: Path, suffix: str, language: str) -> None:
    path = tmp_path / f"log.{suffix}"
    write_log(path, LOG, PLANE.crs, language)  # type: ignore[arg-type]
    (word,) = read_decisions(path, PLANE)
    assert (word.parent, word.winner, word.face) == ("C1", "G1", 2)
    assert (word.x, word.y) == (422_055, 3_572_050)
    assert word.row.startswith(f"log.{suffix}")


def test_a_person_fills_in_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "记录.xlsx"
    write_log(path, LOG, PLANE.crs)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(row=2, column=columns["归属网格"], value="G2")
    sheet.cell(row=4, column=columns["归属网格"], value="G9")
    book.save(path)
    words = read_decisions(path, PLANE)
    # What is written beside ground outside an area is a word like any other.
    assert [(word.winner, word.face, word.row) for word in words] == [
        ("G2", 1, "记录.xlsx:2"),
        ("G1", 2, "记录.xlsx:3"),
        ("G9", 3, "记录.xlsx:4"),
    ]


def test_places_in_degrees_come_back_in_degrees(tmp_path: Path) -> None:
    here = box(119.18, 32.27, 119.181, 32.271)
    write_log(tmp_path / "a.csv", [face(1, 0, geometry=here, winner="G1")], DEGREES.crs)
    (word,) = read_decisions(tmp_path / "a.csv", DEGREES)
    assert (word.x, word.y) == pytest.approx((119.1805, 32.2705), abs=1e-7)
    shifted = Snapshot(parse_crs("GCJ-02"))
    write_log(tmp_path / "b.csv", [face(1, 0, geometry=here, winner="G1")], shifted.crs)
    (word,) = read_decisions(tmp_path / "b.csv", shifted)
    assert (word.x, word.y) == pytest.approx((119.1805, 32.2705), abs=1e-7)


def test_an_empty_log_can_be_written(tmp_path: Path) -> None:
    write_log(tmp_path / "a.xlsx", (), PLANE.crs)
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]["A1"].value == "序号"
    write_log(tmp_path / "a.gpkg", (), PLANE.crs)


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("编码,名称\n1,a\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no log of a repair"):
        read_decisions(tmp_path / "a.csv", PLANE)
    write_log(tmp_path / "b.csv", [face(1, 0, winner="G1")], PLANE.crs)
    text = (tmp_path / "b.csv").read_text(encoding="utf-8-sig").replace("422005.0", "这里")
    (tmp_path / "b.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="row 2"):
        read_decisions(tmp_path / "b.csv", PLANE)
    assert read_table(tmp_path / "b.csv").values("x") == ["这里"]

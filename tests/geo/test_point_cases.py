"""Every point case: its answers by fractions, and what the index and GEOS say to it."""

from collections import Counter

import numpy as np
import pytest
import shapely
from shapely import STRtree

from geo.locate import CellIndex
from geo.locate_one import locator
from geo.touching import lowest_touching
from tests.point_cases import FOLDER, FORMAT, coordinates_of, names, read, shapes_of
from tests.point_cases.exact import touching
from tests.point_cases.layers import POINT_LAYERS
from tests.point_cases.make import NEAR_ZERO

CASES = names()
TOLERANCE = 1e-9


def test_there_is_a_file_of_each_layer_and_a_line_about_it() -> None:
    assert set(CASES) == set(POINT_LAYERS)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in CASES:
        raw = read(name)
        counts = f"{len(raw['cells'])} | {len(raw['points'])}"
        assert f"| `{name}` | {raw['title']['zh']} | {raw['title']['en']} | {counts} |" in readme
    kinds = {row["kind"] for name in CASES for row in read(name)["points"]}
    assert {kind for kind in kinds if f"| {kind} |" not in readme} == set()


@pytest.mark.parametrize("name", CASES)
def test_the_file_says_all_and_agrees_with_itself(name: str) -> None:
    raw = read(name)
    assert (raw["format"], raw["name"]) == (FORMAT, name)
    for row in raw["points"]:
        assert row["cell"] == (row["touching"][0] if row["touching"] else -1)
        assert row["touching"] == sorted(set(row["touching"]))
        assert row["on_border"] or len(row["touching"]) <= 1
    # Each file holds what it is for: points in cells, on borders, and nowhere.
    told = Counter((row["cell"] >= 0, row["on_border"]) for row in raw["points"])
    assert all(told[answer] > 10 for answer in ((True, True), (True, False), (False, False)))


@pytest.mark.parametrize("name", CASES)
def test_fractions_give_the_answers_of_the_file(name: str) -> None:
    raw = read(name)
    cells = [coordinates_of(cell) for cell in shapes_of(raw)]
    for row in raw["points"][::5]:
        assert touching(cells, row["x"], row["y"]) == (row["touching"], row["on_border"])


@pytest.mark.parametrize("name", CASES)
def test_the_index_gives_the_answers_of_the_file(name: str) -> None:
    raw = read(name)
    index = CellIndex.of(shapes_of(raw), tolerance=TOLERANCE)
    assert index.table is not None
    one, rows = locator(index.table), raw["points"]
    expected = [(row["cell"], row["on_border"]) for row in rows]
    assert [one(row["x"], row["y"]) for row in rows] == expected
    x, y = np.array([(row["x"], row["y"]) for row in rows]).T.copy()
    answers = index.locate(x, y)
    assert list(zip(answers.cell.tolist(), answers.on_border.tolist(), strict=True)) == expected


@pytest.mark.parametrize("name", CASES)
def test_geos_gives_the_answers_of_the_file(name: str) -> None:
    raw = read(name)
    # Nearer to zero GEOS takes points beside a border for points on it.
    rows = [row for row in raw["points"] if row["kind"] != NEAR_ZERO]
    cells = shapes_of(raw)
    x, y = np.array([(row["x"], row["y"]) for row in rows]).T.copy()
    answers = lowest_touching(cells, x, y)
    assert answers.cell.tolist() == [row["cell"] for row in rows]
    assert answers.on_border.tolist() == [row["on_border"] for row in rows]
    point, cell = STRtree(cells).query(shapely.points(x, y), predicate="intersects")
    pairs = {(number, cell) for number, row in enumerate(rows) for cell in row["touching"]}
    assert set(zip(point.tolist(), cell.tolist(), strict=True)) == pairs

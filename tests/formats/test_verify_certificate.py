"""The second verifier: another program, other arithmetic, the same verdict."""

import ast
import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shapely import LineString, MultiPolygon, Polygon, is_valid_reason

from boundaries.exchange.certificate_file import write_certificate
from boundaries.exchange.formats import write_columns
from boundaries.exchange.writing import in_crs, layer_columns
from boundaries.model import Area
from boundaries.snapshot import Snapshot
from geo.errors import Language
from tests.boundaries.certified import PLAN, certificate, nudged, with_shape
from tests.boundaries.plans import at, square
from tests.hard_cases import HardCase, load, names

PROGRAM = Path(__file__).resolve().parents[2] / "docs" / "formats" / "verify_certificate.py"
MAIN = runpy.run_path(str(PROGRAM))["main"]
EAST = PLAN.areas[1].code


def files(folder: Path, plan: Snapshot = PLAN, language: Language = "zh") -> list[Path]:
    """A certificate and two exports, of the plan as it is."""
    made = [folder / "证明.json", folder / "网格.geojson", folder / "区域.geojson"]
    write_certificate(made[0], certificate(plan))
    for path, layer in zip(made[1:], ("grids", "areas"), strict=True):
        write_columns(path, layer_columns(layer, plan, tier="public", language=language))
    return made


def verify(*arguments: Path | str) -> tuple[int, list[str]]:
    """Exit code and lines; isolated, so that nothing of the project can be reached."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", PROGRAM, *arguments], capture_output=True, text=True, encoding="utf-8", check=False
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_it_stands_alone() -> None:
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert found <= sys.stdlib_module_names


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_division_in_order(tmp_path: Path, language: Language) -> None:
    code, lines = verify(*files(tmp_path, language=language))
    assert code == 0
    assert lines[:3] == [f"{area.code} 成立 / exact" for area in certificate().areas]
    assert lines[3] == f"generation 3 成立 / exact {certificate().digest}"


def test_it_agrees_with_the_service_on_everything_that_it_counts(tmp_path: Path) -> None:
    made = files(tmp_path)
    for key in ("grids", "segments", "boundary_segments", "grids_digest", "boundary_digest"):
        changed(made[0], lambda record, key=key: record["areas"][0].update({key: "0"}))
        code, lines = verify(*made)
        assert code == 1
        assert f"{key} differs" in lines[0]


def test_a_step_of_one_vertex(tmp_path: Path) -> None:
    for shape, name in ((square(0, 0), "G1"), (square(0, 0, 2), EAST)):
        moved = nudged(shape)
        plan = replace(
            with_shape(name, moved),
            areas=tuple(replace(area, polygon=moved) if area.code == name else area for area in PLAN.areas),
        )
        made = files(tmp_path, plan)
        write_certificate(made[0], certificate())
        code, lines = verify(*made)
        assert code == 1
        assert lines[0].startswith(f"{EAST} 不成立 / NOT exact: ")
        assert "the grids do not fill it" in lines[0]
        assert lines[1].endswith("成立 / exact")


def test_what_is_not_exact_is_not_called_so_whatever_the_certificate_says(tmp_path: Path) -> None:
    made = files(tmp_path, with_shape("G1", square(0, 0, 0.5)))
    for said in (False, True):
        changed(made[0], lambda record, said=said: record["areas"][0].update({"exact": said}))
        code, lines = verify(*made)
        assert (code, lines[0]) == (1, f"{EAST} 不成立 / NOT exact: the grids do not fill it")


# Shapes whose signed sum is right although some point is covered twice or minus once.
CROSSED = Polygon([at(0, 0), at(1, 0), at(1, 1), at(0, 1), at(0.4, 0.4), at(0.6, 0.4), at(0.4, 0.6)])
HOLE = [at(0.2, 0.2), at(0.8, 0.2), at(0.8, 0.8), at(0.2, 0.8)]
FAULTS = {
    "ring crosses itself": CROSSED,
    "bow-tie at a vertex": Polygon([at(0, 0), at(0.5, 0.5), at(1, 0), at(1, 1), at(0.5, 0.5), at(0, 1)]),
    "spike": Polygon([at(0, 0), at(1, 0), at(2, 0), at(1, 0), at(1, 1), at(0, 1)]),
    "spike back along itself": Polygon([at(0, 0), at(1, 0), at(0.5, 0), at(1, 1), at(0, 1)]),
    "hole outside": Polygon(square(0, 0).exterior, [square(3, 0).exterior]),
    "hole across the shell": Polygon(square(0, 0).exterior, [square(0.5, 0.2, 1, 0.2).exterior]),
    "hole twice": Polygon(square(0, 0).exterior, [HOLE, HOLE]),
    "hole in a hole": Polygon(square(0, 0).exterior, [HOLE, square(0.4, 0.4, 0.2, 0.2).exterior]),
    "hole along the shell": Polygon(square(0, 0).exterior, [[at(0, 0), at(1, 0), at(0.5, 0.5)]]),
    "hole through two vertices of the shell": Polygon(
        [at(0, 0), at(1, 0), at(1, 0.5), at(1, 1), at(0, 1), at(0, 0.5)],
        [[at(0, 0.5), at(0.5, 0.2), at(1, 0.5), at(1.5, 2), at(-0.5, 2)]],
    ),
    "hole through the middle of two edges": Polygon(
        square(0, 0).exterior, [[at(0, 0.5), at(0.5, 0.2), at(1, 0.5), at(1.5, 2), at(-0.5, 2)]]
    ),
    "ring touches its own edge": Polygon([at(0, 0), at(1, 0), at(1, 1), at(0.6, 1), at(0.5, 0), at(0.4, 1), at(0, 1)]),
    "hole of another part": MultiPolygon(
        [Polygon(square(0, 0).exterior, [square(2.2, 0.2, 0.2, 0.2).exterior]), square(2, 0)]
    ),
    "parts along each other": MultiPolygon([square(0, 0), square(1, 0)]),
    "hole parts the inside at two edges": Polygon(
        square(0, 0).exterior, [[at(0, 0.5), at(0.5, 0.2), at(1, 0.5), at(0.5, 0.8)]]
    ),
    "holes part the inside together": Polygon(
        square(0, 0).exterior,
        [[at(0, 0.5), at(0.5, 0.2), at(0.5, 0.8)], [at(0.5, 0.5), at(1, 0.5), at(0.7, 0.8)]],
    ),
}


@pytest.mark.parametrize("shape", FAULTS.values(), ids=FAULTS)
def test_polygons_that_are_none(tmp_path: Path, shape: Polygon) -> None:
    assert not shape.is_valid
    made = files(tmp_path, with_shape("G1", shape))
    code, lines = verify(*made)
    assert code == 1
    assert "G1: " in lines[0]


IN_THE_MIDDLE = [at(1, 0.5), at(0.5, 0.3), at(0.5, 0.7)]
TOUCHING = {
    "hole touches the middle of an edge of the shell": Polygon(square(0, 0).exterior, [IN_THE_MIDDLE]),
    "hole touches the middle of an edge of a hole": Polygon(
        square(0, 0).exterior,
        [square(0.2, 0.2, 0.2, 0.2).exterior, [at(0.4, 0.3), at(0.7, 0.2), at(0.7, 0.4)]],
    ),
    "holes meet in one point of the shell": Polygon(
        square(0, 0).exterior, [IN_THE_MIDDLE, [at(1, 0.5), at(0.7, 0.1), at(0.6, 0.2)]]
    ),
    "parts touch twice": MultiPolygon(
        [square(0, 0), Polygon([at(1, 0.2), at(2, 0), at(2, 1), at(1, 0.8), at(1.5, 0.5)])]
    ),
    "hole touches the shell": Polygon(square(0, 0).exterior, [[at(0, 0), at(0.5, 0.2), at(0.2, 0.5)]]),
    "two holes touch": Polygon(
        square(0, 0).exterior, [square(0.2, 0.2, 0.2, 0.2).exterior, square(0.4, 0.4, 0.2, 0.2).exterior]
    ),
    "two parts touch": MultiPolygon([square(0, 0), square(1, 1)]),
    "part in the hole of another": MultiPolygon(
        [Polygon(square(0, 0).exterior, [HOLE]), square(0.4, 0.4, 0.2, 0.2)],
    ),
}


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if "inside" in kind])
def test_rings_that_part_the_inside_are_told(tmp_path: Path, kind: str) -> None:
    shape = FAULTS[kind]
    assert "Interior is disconnected" in is_valid_reason(shape)
    assert "rings that touch part its inside" in verify(*files(tmp_path, with_shape("G1", shape)))[1][0]


@pytest.mark.parametrize("shape", TOUCHING.values(), ids=TOUCHING)
def test_rings_may_touch_in_points(tmp_path: Path, shape: Polygon) -> None:
    assert shape.is_valid
    _, lines = verify(*files(tmp_path, with_shape("G1", shape)))
    assert lines[0] == f"{EAST} 不成立 / NOT exact: the grids do not fill it"


def test_a_grid_whose_hole_touches_its_shell_in_the_middle_of_an_edge_is_exact(tmp_path: Path) -> None:
    whole = with_shape("G1", Polygon(square(0, 0).exterior, [IN_THE_MIDDLE]))
    inside = replace(PLAN.grids[0], code="G6", polygon=Polygon(IN_THE_MIDDLE))
    plan = replace(whole, grids=(*whole.grids, inside))
    assert [area.is_exact for area in certificate(plan).areas] == [True, True, True]
    code, lines = verify(*files(tmp_path, plan))
    assert (code, lines[0]) == (0, f"{EAST} 成立 / exact")


HARD = {name: load(name) for name in names()}


def hard_plan(case: HardCase) -> Snapshot:
    """A hard case as a division in degrees."""
    grids = tuple(
        replace(PLAN.grids[0], code=code, area="P", polygon=cell)
        for code, cell in zip(case.codes, case.cells, strict=True)
    )
    return replace(PLAN, areas=(Area(0, "P", case.name, "community", None, case.parent),), grids=grids)


@pytest.mark.parametrize("case", HARD.values(), ids=HARD)
def test_both_verifiers_judge_hard_cases_alike(
    tmp_path: Path, case: HardCase, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = hard_plan(case)
    is_proved = case.detection["proved"]
    assert [area.is_exact for area in certificate(plan).areas] == [is_proved]
    made = files(tmp_path, plan)
    # That the other one calls it exact must not help.
    changed(made[0], lambda record: record["areas"][0].update({"exact": True}))
    try:
        code = MAIN(*made)
    except (ValueError, KeyError, TypeError, ArithmeticError):
        code = 2
    assert (code == 0) == is_proved, capsys.readouterr().out


def test_grids_and_areas_that_the_certificate_does_not_know(tmp_path: Path) -> None:
    made = files(tmp_path)
    fewer = tmp_path / "少.geojson"
    write_columns(fewer, layer_columns("areas", replace(PLAN, areas=PLAN.areas[:2]), tier="public"))
    code, lines = verify(*made[:2], fewer)
    assert (code, [line.split(" ", 1)[1] for line in lines[1:3]]) == (1, ["不成立 / NOT exact: area missing"] * 2)
    changed(made[0], lambda record: record["areas"].pop())
    code, lines = verify(*made)
    assert code == 1
    assert "P 不成立 / NOT exact: not in the certificate" in lines
    # The park is not proved any more, so the community round it is not either.
    assert lines[1].endswith("area missing")


def test_an_empty_certificate_proves_nothing(tmp_path: Path) -> None:
    made = files(tmp_path, replace(PLAN, areas=(), grids=()))
    assert verify(*made)[0] == 1


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    made = files(tmp_path)
    metric = tmp_path / "metric.geojson"
    write_columns(metric, in_crs(layer_columns("grids", PLAN, tier="public"), "EPSG:4549"))
    points = tmp_path / "line.geojson"
    write_columns(points, layer_columns("grids", with_shape("G1", LineString([at(0, 0), at(1, 1)])), tier="public"))
    for wrong in (
        (),
        made[:2],
        [tmp_path / "absent.json", *made[1:]],
        [made[1], *made[1:]],
        [made[0], metric, made[2]],
        [made[0], points, made[2]],
        [made[0], made[2], made[1]],
    ):
        code, lines = verify(*wrong)
        assert code == 2, lines
        assert lines[-1].startswith("不能核对 / cannot verify")

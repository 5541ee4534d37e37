"""A drawing comes back into its draft whole, or with every reason why not; nothing is lost of what others did."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import Polygon
from sqlalchemy import Engine

from boundaries.errors import BadInput, Conflict, Forbidden, RefusedRows
from boundaries.model import MicroGrid
from boundaries.rules import Rules
from boundaries.services import drafting, editing, journal, reviewing
from boundaries.services.draft_package import DraftPlan, plan_of, require_cleared, write_draft_package
from boundaries.services.drawing import read_drawing
from boundaries.services.drawing_report import lines, report
from boundaries.services.round_trip import Outcome, TakeBack, take_back
from boundaries.store import states
from boundaries.store.engine import reading as reading_session
from boundaries.store.engine import writing
from tests.boundaries.plans import AREAS, NOW, TODAY, at
from tests.boundaries.services.test_draft_repair import changed, grid, is_exact, square, state

Redraw = Callable[[geopandas.GeoDataFrame], geopandas.GeoDataFrame]


def fresh(engine: Engine) -> int:
    """A draft whose borders are a chain with a vertex at every tenth of a square."""
    return changed(engine, **{f"G{number + 1}": square(number, 0) for number in range(4)})


def exported(engine: Engine, draft: int, folder: Path) -> Path:
    with reading_session(engine) as session:
        plan = plan_of(session, draft, Rules(), today=TODAY)
    path = folder / "draft.gpkg"
    write_draft_package(path, plan, tier="internal", actor="陈晨", language="zh", now=NOW)
    return path


def redrawn(path: Path, redraw: Redraw, name: str = "back.gpkg") -> Path:
    """A copy of a package with its grids drawn anew."""
    back = path.with_name(name)
    shutil.copy(path, back)
    frame = redraw(pyogrio.read_dataframe(path, layer="grids"))
    pyogrio.write_dataframe(frame, back, layer="grids", driver="GPKG", geometry_type="Polygon")
    return back


def shapes(**drawn: Polygon) -> Redraw:
    """Some grids with other shapes, by code."""

    def redraw(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        found = np.empty(len(frame), dtype=object)
        found[:] = [drawn.get(code, shape) for code, shape in zip(frame["code"], frame.geometry, strict=True)]
        return frame.set_geometry(geopandas.GeoSeries(found, index=frame.index, crs=frame.crs))

    return redraw


def given_back(engine: Engine, draft: int, path: Path, **order: Any) -> Outcome:
    with writing(engine) as session:
        returned = read_drawing(session, path)
        return take_back(session, draft, returned, TakeBack(**order), actor="周平", today=TODAY, now=NOW)


# The border between G1 and G2 moved a tenth of a square to the west, some 9 m.
MOVED = {"G1": square(0, 0, 0.9), "G2": square(0.9, 0, 1.1)}


def test_a_moved_border_is_one_change_that_can_be_undone(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    before = state(planned, draft)
    outcome = given_back(planned, draft, redrawn(exported(planned, draft, tmp_path), shapes(**MOVED)))
    assert (outcome.problems, outcome.is_written) == ((), True)
    plan = state(planned, draft)
    assert is_exact(plan)
    assert grid(plan, "G1").polygon.equals(MOVED["G1"])
    assert {part.code for part in grid(plan, "G2").parts} == {"G2-1", "G2-2"}
    assert [grid(plan, code) for code in ("G3", "G4")] == [grid(before, code) for code in ("G3", "G4")]
    assert outcome.delta is not None
    assert outcome.delta.grids.reshaped == ("G1", "G2")
    with reading_session(planned) as session:
        entry = journal.entries(session)[0]
        change = editing.history(session, draft)[0]
    assert (entry.actor, entry.action, entry.detail["changed"]) == ("周平", "draft.file", ["G1", "G2"])
    assert (change.kind, change.actor) == ("file", "周平")
    with writing(planned) as session:
        editing.undo(session, draft, actor="周平", now=NOW)
    assert state(planned, draft).grids == before.grids


def test_nothing_drawn_leaves_no_trace(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    path = exported(planned, draft, tmp_path)
    with reading_session(planned) as session:
        revision = drafting.get_draft(session, draft).revision
    outcome = given_back(planned, draft, path)
    assert (outcome.is_written, outcome.delta, outcome.comparison.unchanged) == (True, None, 4)
    with reading_session(planned) as session:
        assert drafting.get_draft(session, draft).revision == revision
        assert journal.entries(session)[0].action != "draft.file"


def test_a_dry_run_shows_the_delta_and_leaves_nothing(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    before = state(planned, draft)
    back = redrawn(exported(planned, draft, tmp_path), shapes(**MOVED))
    outcome = given_back(planned, draft, back, is_dry_run=True)
    assert (outcome.problems, outcome.is_written) == ((), False)
    assert outcome.delta is not None
    assert outcome.delta.grids.reshaped == ("G1", "G2")
    assert state(planned, draft).grids == before.grids
    with reading_session(planned) as session:
        assert [one.kind for one in editing.history(session, draft)][:1] != ["file"]


def test_a_border_that_the_pen_missed_stays_and_is_told(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    before = state(planned, draft)
    # 0.3 m to the east, into a neighbour that was not drawn.
    back = redrawn(exported(planned, draft, tmp_path), shapes(G1=square(0, 0, 1.003)))
    outcome = given_back(planned, draft, back)
    assert (outcome.is_written, outcome.taken_back) == (True, ("G1",))
    assert outcome.closed is not None
    assert [(face.kind, face.rule, face.winner) for face in outcome.closed.log] == [
        ("overlap", "standing_border", "G2")
    ]
    assert state(planned, draft).grids == before.grids
    assert any("未作改动:G1" in line for line in lines(outcome, "zh"))


def test_what_is_wider_than_the_tolerance_is_refused_with_its_place(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    before = state(planned, draft)
    back = redrawn(exported(planned, draft, tmp_path), shapes(G1=square(0, 0, 0.95)))
    outcome = given_back(planned, draft, back)
    assert not outcome.is_written
    (obstacle,) = report(outcome)["obstacles"]
    assert (obstacle["kind"], obstacle["grids"]) == ("gap", ["G1", "G2"])
    assert obstacle["width_m"] == pytest.approx(4.7, abs=0.1)
    assert obstacle["place"] == pytest.approx(at(0.975, 0.5), abs=1e-4)
    assert state(planned, draft).grids == before.grids
    assert given_back(planned, draft, back, tolerance_m=5.0).taken_back == ("G1",)


def test_a_missing_grid_is_retired_only_when_told_to(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    drawn = shapes(G2=square(0, 0, 2))
    back = redrawn(exported(planned, draft, tmp_path), lambda frame: drawn(frame[frame["code"] != "G1"]))
    refused = given_back(planned, draft, back)
    assert not refused.is_written
    assert "少了 1 个网格:G1" in refused.problems[0][0]
    assert "--retire-missing" in refused.problems[0][0]
    outcome = given_back(planned, draft, back, retire_missing=True)
    assert outcome.is_written
    plan = state(planned, draft)
    assert [one.code for one in plan.grids] == ["G2", "G3", "G4"]
    assert is_exact(plan)
    assert outcome.delta is not None
    assert outcome.delta.grids.retired == ("G1",)
    # The compound that stood in it goes with its ground, as do its households.
    assert [(one.premises, one.grid, one.method) for one in outcome.assignments] == [("K1", "G2", "edit")]
    assert {one.premises: one.grid for one in plan.assignments} == {"K1": "G2", "S1": "G2"}
    assert outcome.households["G1"] == (36, None)


def test_a_grid_with_parts_is_not_retired_by_leaving_it_out(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    drawn = shapes(G1=square(0, 0, 2))
    back = redrawn(exported(planned, draft, tmp_path), lambda frame: drawn(frame[frame["code"] != "G2"]))
    outcome = given_back(planned, draft, back, retire_missing=True)
    assert not outcome.is_written
    assert "有分段" in outcome.problems[0][0]


def test_layers_in_different_systems_are_brought_together(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    path = exported(planned, draft, tmp_path)
    columns = {"code": ["F1"], "kind": ["street_front"], "area": [AREAS[1].code]}
    frame = geopandas.GeoDataFrame(columns, geometry=[square(0, 0.2, 1, 0.2)], crs="EPSG:4490").to_crs("EPSG:4549")
    pyogrio.write_dataframe(frame, path, layer="overlay_grids", driver="GPKG", geometry_type="Polygon")
    assert given_back(planned, draft, path).is_written
    found = grid(state(planned, draft), "F1").polygon
    assert shapely.hausdorff_distance(found, square(0, 0.2, 1, 0.2)) < 1e-8


def test_a_split_keeps_the_number_for_the_larger_half(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)

    def cut(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        extra = frame[frame["code"] == "G4"].set_geometry([square(3.6, 0, 0.4)])
        kept = shapes(G4=square(3, 0, 0.6))(frame)
        return geopandas.GeoDataFrame(pd.concat([extra, kept], ignore_index=True), crs=frame.crs)

    outcome = given_back(planned, draft, redrawn(exported(planned, draft, tmp_path), cut))
    assert outcome.is_written
    plan = state(planned, draft)
    assert is_exact(plan)
    assert grid(plan, "G4").polygon.equals(square(3, 0, 0.6))
    (new,) = outcome.comparison.new
    assert new.grid.code == f"{AREAS[2].code}001"
    assert grid(plan, new.grid.code).name == new.grid.code
    assert any("原填 G4,已被占用" in line for line in lines(outcome, "zh"))


def test_numbers_that_were_lost_are_made_up_for_by_code_and_ground(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)

    def lose(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        frame = shapes(**MOVED)(frame).astype({"mg_id": object})
        frame["mg_id"] = None
        frame.loc[frame["code"] == "G2", ["code", "name"]] = None
        return frame

    outcome = given_back(planned, draft, redrawn(exported(planned, draft, tmp_path), lose))
    assert outcome.is_written
    assert {match.base.code: match.how for match in outcome.comparison.matches if match.base} == {
        "G1": "code",
        "G2": "ground",
        "G3": "code",
        "G4": "code",
    }
    plan = state(planned, draft)
    assert (grid(plan, "G2").name, len(plan.grids)) == ("第2网格", 4)
    assert is_exact(plan)


def test_another_code_is_refused_for_it_is_an_act_of_its_own(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    back = redrawn(exported(planned, draft, tmp_path), lambda frame: frame.replace({"code": {"G3": "G33"}}))
    outcome = given_back(planned, draft, back)
    assert not outcome.is_written
    assert "G3 → G33" in outcome.problems[0][0]


def test_attributes_change_without_a_border(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)

    def rename(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        frame.loc[frame["code"] == "G3", ["name", "kind", "honorary_name"]] = ["菜场网格", "market", "示范网格"]
        return frame

    before = state(planned, draft)
    outcome = given_back(planned, draft, redrawn(exported(planned, draft, tmp_path), rename))
    assert outcome.is_written
    found = grid(state(planned, draft), "G3")
    assert (found.name, found.kind, found.honorary_name) == ("菜场网格", "market", "示范网格")
    assert shapely.equals_exact(found.polygon, grid(before, "G3").polygon, 0.0)


def test_what_others_changed_elsewhere_is_kept(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    back = redrawn(exported(planned, draft, tmp_path), shapes(**MOVED))
    with writing(planned) as session, editing.changing(session, draft, actor="王宁", kind="edit", now=NOW):
        rows = [MicroGrid(0, 0, "G3", "改了名", AREAS[2].code, square(2, 0))]
        states.put_grids(session, draft, rows, source_id=None)
    assert given_back(planned, draft, back).is_written
    plan = state(planned, draft)
    assert (grid(plan, "G3").name, grid(plan, "G1").polygon.equals(MOVED["G1"])) == ("改了名", True)
    assert is_exact(plan)


def test_who_changed_the_same_is_named(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    back = redrawn(exported(planned, draft, tmp_path), shapes(**MOVED))
    other = [square(0, 0, 1.1), square(1.1, 0, 0.9)]
    with writing(planned) as session, editing.changing(session, draft, actor="王宁", kind="edit", now=NOW):
        rows = [MicroGrid(0, 0, f"G{n}", f"第{n}网格", AREAS[1].code, shape) for n, shape in enumerate(other, start=1)]
        states.put_grids(session, draft, rows, source_id=None)
    before = state(planned, draft)
    outcome = given_back(planned, draft, back)
    assert not outcome.is_written
    assert [(one["code"], one["fields"], one["changed_by"]) for one in report(outcome)["conflicts"]] == [
        ("G1", ["shape"], "王宁"),
        ("G2", ["shape"], "王宁"),
    ]
    assert "G1(图形,由 王宁 修改)" in outcome.problems[0][0]
    assert state(planned, draft).grids == before.grids


def test_a_file_without_marks_is_told_by_how_often_a_grid_was_changed(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    frame = shapes(**MOVED)(pyogrio.read_dataframe(exported(planned, draft, tmp_path), layer="grids"))
    plain = tmp_path / "plain.geojson"
    pyogrio.write_dataframe(frame, plain, driver="GeoJSON", layer_options={"RFC7946": "YES"})
    stale = tmp_path / "stale.geojson"
    frame["version"] -= 1
    pyogrio.write_dataframe(frame, stale, driver="GeoJSON", layer_options={"RFC7946": "YES"})
    refused = given_back(planned, draft, stale)
    assert [one.code for one in refused.comparison.collisions] == ["G1", "G2"]
    assert given_back(planned, draft, plain).is_written
    assert is_exact(state(planned, draft))


def test_an_overlay_is_laid_onto_the_borders_below_it(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    path = exported(planned, draft, tmp_path)
    # Drawn a hair off the southern border of the community, with vertices of its own.
    strip = Polygon([at(0.05, 0), at(1.95, 0), at(1.95, 0.15), at(0.05, 0.15)])
    row = {"mg_id": [None], "code": ["F1"], "name": ["沿街"], "kind": ["street_front"], "layer": ["overlay"]}
    frame = geopandas.GeoDataFrame({**row, "area": [AREAS[1].code]}, geometry=[strip], crs="EPSG:4490")
    pyogrio.write_dataframe(frame, path, layer="overlay_grids", driver="GPKG", geometry_type="Polygon")
    outcome = given_back(planned, draft, path)
    assert outcome.is_written, outcome.problems
    plan = state(planned, draft)
    assert is_exact(plan)
    found = grid(plan, "F1")
    assert (found.layer, found.kind) == ("overlay", "street_front")
    chain = {tuple(xy) for xy in shapely.get_coordinates(plan.area_by_code[AREAS[1].code].polygon)}
    south = {tuple(xy) for xy in shapely.get_coordinates(found.polygon) if xy[1] == at(0, 0)[1]}
    assert south <= chain


def test_overlays_that_overlap_are_refused(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    path = exported(planned, draft, tmp_path)
    columns = {"code": ["F1", "F2"], "kind": ["street_front"] * 2, "area": [AREAS[1].code] * 2}
    strips = [square(0, 0, 1, 0.2), square(0.5, 0, 1, 0.2)]
    frame = geopandas.GeoDataFrame(columns, geometry=strips, crs="EPSG:4490")
    pyogrio.write_dataframe(frame, path, layer="overlay_grids", driver="GPKG", geometry_type="Polygon")
    outcome = given_back(planned, draft, path)
    assert not outcome.is_written
    assert [one.finding.kind for one in outcome.obstacles] == ["overlap"]


def test_the_wrong_draft_a_coarse_file_and_an_unknown_area_are_refused(planned: Engine, tmp_path: Path) -> None:
    draft, other = fresh(planned), fresh(planned)
    path = exported(planned, draft, tmp_path)
    with pytest.raises(BadInput, match=f"exported from draft {draft}"):
        given_back(planned, other, path)

    def coarse(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: np.round(xy, 3)))

    with pytest.raises(BadInput, match="rounded"):
        given_back(planned, draft, redrawn(path, coarse, "coarse.gpkg"))
    elsewhere = redrawn(path, lambda frame: frame.replace({"area": {AREAS[2].code: "999"}}), "elsewhere.gpkg")
    with pytest.raises(RefusedRows, match="999"):
        given_back(planned, draft, elsewhere)
    with writing(planned) as session:
        reviewing.abandon(session, draft, actor="陈晨", now=NOW)
    with pytest.raises(Conflict):
        given_back(planned, draft, path)


def test_a_package_that_is_open_elsewhere_is_not_replaced(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    path = exported(planned, draft, tmp_path)
    path.with_name("draft.gpkg-wal").touch()
    with pytest.raises(BadInput, match="open in QGIS"):
        exported(planned, draft, tmp_path)


def test_much_ground_in_one_file_needs_the_restricted_tier(planned: Engine) -> None:
    draft = fresh(planned)
    with reading_session(planned) as session:
        plan: DraftPlan = plan_of(session, draft, Rules(), today=TODAY)
    require_cleared(plan.snapshot, "internal")
    wide = MicroGrid(9, 9, "W", "很大", AREAS[0].code, square(0, 0, 60, 60))
    large = replace(plan.snapshot, grids=(wide,))
    require_cleared(large, "restricted")
    with pytest.raises(Forbidden, match="25 km²"):
        require_cleared(large, "internal")


def test_the_report_is_as_contracts_say(planned: Engine, tmp_path: Path) -> None:
    draft = fresh(planned)
    told = report(given_back(planned, draft, exported(planned, draft, tmp_path)))
    text = (Path(__file__).parents[3] / "docs" / "contracts.md").read_text(encoding="utf-8")
    section = text.split("## Report of a drawing that comes back")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == list(told)

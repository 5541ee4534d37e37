"""A draft as a package: what GDAL reads of it, and the project by the form that QGIS documents."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pyogrio
import pytest
import shapely

from boundaries.errors import BadInput
from boundaries.exchange.qgis.layers import project_layers
from boundaries.exchange.qgis.package import Marks, read_marks, write_package
from boundaries.exchange.reading import read_table
from boundaries.findings import Finding
from boundaries.model import MicroGrid
from boundaries.snapshot import Snapshot
from boundaries.tiers import Tier
from geo.crs import STORAGE_STEP
from tests.boundaries import plans

MARKS = Marks(7, 12, "调整方案 7 沿街", None, "2026-03-01T02:00:00+00:00", "陈晨")
GRIDS = tuple(replace(grid, id=100 + at, rank=at, version=at) for at, grid in enumerate(plans.GRIDS, start=1))
FRONT = MicroGrid(
    200, 9, "S1", "沿街", plans.AREAS[1].code, plans.square(0, 0, 1, 0.2), "street_front", "overlay", version=1
)
PLAN = Snapshot(
    Snapshot.stored_crs(),
    step=STORAGE_STEP,
    draft=7,
    areas=plans.AREAS,
    grids=(*GRIDS, FRONT),
    buildings=plans.BUILDINGS,
    compounds=plans.COMPOUNDS,
    shops=plans.SHOPS,
    streets=plans.STREETS,
    waters=plans.WATERS,
    walls=plans.WALLS,
)
FINDINGS = (
    Finding("gap", ("G1",), parent=plans.AREAS[1].code, area_m2=3.0, geometry=plans.square(0, 0, 0.1, 0.1)),
    Finding("shop_undedicated", premises=("shop:S1",), geometry=plans.SHOPS[0].door),
)


def package(folder: Path, *, tier: Tier = "internal", findings: Sequence[Finding] = FINDINGS) -> Path:
    path = folder / "方案 7.gpkg"
    write_package(path, project_layers(PLAN, findings, tier=tier, language="zh"), PLAN.grids, MARKS)
    return path


def project(path: Path) -> ET.Element:
    """The project as QGIS finds it in the package."""
    with closing(sqlite3.connect(path)) as file:
        name, told, content = file.execute("SELECT name, metadata, content FROM qgis_projects").fetchone()
    assert name == MARKS.title
    assert set(json.loads(told)) == {"last_modified_time", "last_modified_user"}
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        (inner,) = archive.namelist()
        assert inner.endswith(".qgs")
        found = archive.read(inner)
    assert found == path.with_suffix(".qgs").read_bytes()
    return ET.fromstring(found)  # noqa: S314  our own


def map_layer(root: ET.Element, table: str) -> ET.Element:
    return next(one for one in root.iter("maplayer") if one.findtext("id") == f"microgrid_{table}")


def test_gdal_reads_every_layer_with_its_kind_of_shape(tmp_path: Path) -> None:
    path = package(tmp_path)
    kinds = dict(pyogrio.list_layers(path).tolist())
    assert kinds.pop("layer_styles") is None
    assert kinds == {
        "findings": "MultiPolygon",
        "findings_points": "Point",
        "overlay_grids": "Polygon",
        "grids": "Polygon",
        "areas": "MultiPolygon",
        "compounds": "MultiPolygon",
        "buildings": "MultiPolygon",
        "buildings_points": "Point",
        "shops": "Point",
        "streets": "MultiLineString",
        "waters": "MultiPolygon",
        "walls": "MultiLineString",
    }
    assert {pyogrio.read_info(path, layer=name)["crs"] for name in kinds} == {"EPSG:4490"}


def test_grids_carry_their_permanent_number_and_every_bit(tmp_path: Path) -> None:
    path = package(tmp_path)
    frame = pyogrio.read_dataframe(path, layer="grids")
    assert list(frame.columns) == [
        "mg_id", "code", "name", "kind", "layer", "area", "honorary_name", "street_group", "version", "geometry",
    ]  # fmt: skip
    assert frame["mg_id"].tolist() == [grid.id for grid in GRIDS]
    assert frame["area"].tolist() == [grid.area for grid in GRIDS]
    assert shapely.equals_exact(frame.geometry.to_numpy(), [grid.polygon for grid in GRIDS], 0.0).all()
    over = pyogrio.read_dataframe(path, layer="overlay_grids")
    assert over["code"].tolist() == ["S1"]


def test_fields_above_the_tier_are_left_out(tmp_path: Path) -> None:
    fields = {}
    tiers: tuple[Tier, ...] = ("public", "internal", "restricted")
    for tier in tiers:
        folder = tmp_path / tier
        folder.mkdir()
        fields[tier] = set(pyogrio.read_info(package(folder, tier=tier), layer="shops")["fields"])
    assert "contact" not in fields["internal"]
    assert "contact" in fields["restricted"]
    assert {"trade", "code"} & fields["public"] == set()


def test_every_layer_has_its_style_as_the_default(tmp_path: Path) -> None:
    path = package(tmp_path)
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        geometry = dict(file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
    assert {row[0] for row in rows} == set(geometry)
    assert all(row[3] == 1 and row[1] == geometry[row[0]] for row in rows)
    styles = {row[0]: ET.fromstring(row[2].split("\n", 1)[1]) for row in rows}  # noqa: S314  our own
    grids = styles["grids"].find("renderer-v2")
    assert grids is not None
    assert (grids.get("type"), grids.get("attr")) == ("categorizedSymbol", "kind")
    assert {one.get("value") for one in grids.iter("category")} == {kind.code for kind in PLAN.kinds}
    assert {one.get("symbol") for one in grids.iter("category")} == {one.get("name") for one in grids.iter("symbol")}
    assert "214,0,147,255" in {one.get("value") for one in styles["areas"].iter("Option")}
    assert "220,20,20,255" in {one.get("value") for one in styles["findings"].iter("Option")}
    assert [one.get("name") for one in styles["grids"].iter("alias")][:3] == ["永久编号", "网格编码", "网格名称"]


def test_the_project_snaps_and_edits_topologically(tmp_path: Path) -> None:
    root = project(package(tmp_path))
    snapping = root.find("snapping-settings")
    assert snapping is not None
    wanted = {"enabled": "1", "mode": "2", "unit": "1", "type": "3", "tolerance": "12"}
    assert {name: snapping.get(name) for name in wanted} == wanted
    each = {one.get("id"): one.get("enabled") for one in snapping.iter("layer-setting")}
    assert each["microgrid_grids"] == each["microgrid_areas"] == "1"
    assert each["microgrid_findings"] == "0"
    digitizing = root.find("properties/Digitizing")
    assert digitizing is not None
    assert digitizing.findtext("TopologicalEditing") == "1"
    assert digitizing.findtext("AvoidIntersectionsMode") == "1"
    assert root.findtext("projectCrs/spatialrefsys/authid") == "EPSG:4490"
    assert root.findtext("properties/Paths/Absolute") == "false"


def test_only_micro_grids_may_be_edited_and_their_numbers_not(tmp_path: Path) -> None:
    path = package(tmp_path)
    root = project(path)
    free = {one.findtext("id") for one in root.iter("maplayer") if one.get("readOnly") == "0"}
    assert free == {"microgrid_grids", "microgrid_overlay_grids"}
    grids = map_layer(root, "grids")
    editable = {one.get("name"): one.get("editable") for one in grids.findall("editable/field")}
    assert {name for name, value in editable.items() if value == "0"} == {"mg_id", "version"}
    defaults = {one.get("field"): one.get("expression") for one in grids.findall("defaults/default")}
    assert defaults == {"layer": "'tile'", "kind": "'residential'"}
    assert {one.findtext("datasource") for one in root.iter("maplayer")} == {
        f"./{path.name}|layername={name}" for name in dict(pyogrio.list_layers(path).tolist()) if name != "layer_styles"
    }
    names = [one.get("name") for one in root.iter("layer-tree-layer")]
    assert names[:4] == ["检查出的问题", "检查出的问题(点)", "微网格(叠加)", "微网格"]


def test_what_was_exported_is_read_back_bit_for_bit(tmp_path: Path) -> None:
    kept = read_marks(package(tmp_path))
    assert kept is not None
    marks, grids = kept
    assert marks == MARKS
    assert grids == tuple(replace(grid, parts=()) for grid in PLAN.grids)


def test_files_of_others_have_no_marks_and_those_of_the_future_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.gpkg"
    pyogrio.write_dataframe(pyogrio.read_dataframe(package(tmp_path), layer="grids"), other, layer="grids")
    assert read_marks(other) is None
    assert read_marks(tmp_path / "nothing.gpkg") is None
    path = tmp_path / "方案 7.gpkg"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE microgrid_marks SET value = '2' WHERE key = 'format'")
    with pytest.raises(BadInput, match="later version"):
        read_marks(path)


def test_the_tables_of_the_project_are_no_layers_to_load(tmp_path: Path) -> None:
    assert read_table(package(tmp_path), kind="grids").values("code") == [grid.code for grid in GRIDS]

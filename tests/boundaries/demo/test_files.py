"""The files of the demo town read back as the town."""

import numpy as np
import openpyxl
import pytest
import shapely

from boundaries.demo.files import SHOPS_CRS, TownFiles, write_town
from boundaries.demo.town import Town
from boundaries.exchange.premises import parse_shops
from boundaries.exchange.reading import read_table
from boundaries.exchange.records import parse_parts
from boundaries.exchange.snapshot_files import snapshot_from_files
from geo.crs import project


@pytest.fixture(scope="module")
def files(town: Town, tmp_path_factory: pytest.TempPathFactory) -> TownFiles:
    return write_town(town, tmp_path_factory.mktemp("town") / "数据")


def test_every_layer_reads_back_as_it_was(town: Town, files: TownFiles) -> None:
    folder = files.folder
    snapshot = snapshot_from_files(
        grids=folder / "微网格_校正图.gpkg",
        parents=folder / "区域.gpkg",
        buildings=folder / "楼栋.shp",
        compounds=folder / "小区.gpkg",
        streets=folder / "道路.gpkg",
        water=folder / "水系.gpkg",
        walls=folder / "围墙.gpkg",
        people=folder / "网格人员.xlsx",
    )
    for layer in ("areas", "compounds", "streets", "waters", "walls"):
        assert getattr(snapshot, layer) == getattr(town.correct, layer)
    for read, made in zip(snapshot.grids, town.correct.grids, strict=True):
        assert (read.code, read.name, read.area, read.kind) == (made.code, made.name, made.area, made.kind)
        assert (read.layer, read.street_group, read.polygon) == (made.layer, made.street_group, made.polygon)
    for read, made in zip(snapshot.buildings, town.correct.buildings, strict=True):
        assert (read.code, read.number, read.households) == (made.code, made.number, made.households)
        assert read.shape.equals(made.shape)
    assert [person.name for person in snapshot.people] == [person.name for person in town.defective.people]


def test_shops_come_as_gcj_points_of_a_workbook(town: Town, files: TownFiles) -> None:
    file = next(file for file in files.first if file.layer == "shops")
    assert file.crs == SHOPS_CRS
    table = read_table(file.path, crs=file.crs)
    shops = parse_shops(table).values
    assert [shop.code for shop in shops] == [shop.code for shop in town.correct.shops]
    assert [shop.side for shop in shops] == [shop.side for shop in town.correct.shops]
    assert table.crs is not None
    places = project(shapely.get_coordinates([shop.door for shop in shops]), table.crs, "EPSG:4549")
    doors = shapely.get_coordinates([shop.door for shop in town.correct.shops])
    assert np.abs(places - doors).max() < 0.01


def test_parts_read_back(town: Town, files: TownFiles) -> None:
    file = next(file for file in files.first if file.layer == "parts")
    read = parse_parts(read_table(file.path, crs=None)).values
    made = [(grid.code, part) for grid in town.correct.grids for part in grid.parts]
    assert [(grid, part.code, part.units, part.floors, part.households) for grid, part in read] == [
        (grid, part.code, part.units, part.floors, part.households) for grid, part in made
    ]


def test_table_is_one_an_office_would_have(town: Town, files: TownFiles) -> None:
    sheet = openpyxl.load_workbook(files.table).worksheets[0]
    assert sheet["A1"].value == "青禾镇楼栋与微网格对照表"
    assert len(sheet.merged_cells.ranges) > 20
    assert sheet.cell(sheet.max_row, 1).value == "合计"
    assert sheet.cell(sheet.max_row, 7).value == sum(row.households for row in town.table)
    assert {type(sheet.cell(row, 8).value) for row in range(4, sheet.max_row)} == {str}
    table = read_table(files.table)
    assert len(table) == len(town.table)
    assert table.values("社区")[5] == town.table[5].community


def test_corrections_bring_what_the_old_files_lack(town: Town, files: TownFiles) -> None:
    assert [file.layer for file in files.correction] == ["grids", "people"]
    added = read_table(files.correction[1].path)
    assert len(added) == len(town.correct.people) - len(town.defective.people)


def test_readme_names_every_file_and_system(files: TownFiles) -> None:
    text = files.readme.read_text(encoding="utf-8-sig")
    for file in (*files.first, *files.correction):
        assert file.path.name in text
    assert "--crs GCJ-02" in text

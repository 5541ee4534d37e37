"""The files an office would have of the demo town, as its departments keep them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import shapely
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from boundaries.demo import names
from boundaries.demo.grids import TableRow
from boundaries.demo.ground import CRS
from boundaries.demo.town import Town
from boundaries.exchange.formats import Columns, write_columns
from boundaries.exchange.placing import write_whole
from boundaries.exchange.writing import layer_columns
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_CRS, project
from geo.datum import wgs84_to_gcj02

SHOPS_CRS = "GCJ-02"

_THIN = Side(style="thin")
_FRAME = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


@dataclass(frozen=True, slots=True)
class LoadFile:
    """A file with what ``load`` must be told about it."""

    layer: str
    path: Path
    crs: str | None
    department: str


@dataclass(frozen=True)
class TownFiles:
    """Files of a town, in the order in which they are loaded.

    ``first`` holds everything with the old drawing, ``correction`` what mends it.
    """

    folder: Path
    first: tuple[LoadFile, ...]
    correction: tuple[LoadFile, ...]
    table: Path
    readme: Path


_DEPARTMENTS = {
    "areas": "民政办",
    "buildings": "房管所",
    "compounds": "房管所",
    "streets": "城建办",
    "waters": "水务站",
    "walls": "城建办",
    "shops": "市场监管分局",
    "people": "社会工作办公室",
    "grids": "社会治理办公室",
    "parts": "社会治理办公室",
}


def write_town(town: Town, folder: Path) -> TownFiles:
    """Write the town as files, with a README that says what each is and in which system.

    Parameters
    ----------
    town : Town
    folder : Path
        Made where it does not exist; files of the same names are replaced.

    Returns
    -------
    TownFiles

    Raises
    ------
    BadInput
        If the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    old, new = town.defective, town.correct
    first = (
        _layer(folder, "areas", "区域.gpkg", new),
        _layer(folder, "compounds", "小区.gpkg", new),
        _layer(folder, "buildings", "楼栋.shp", new),
        _layer(folder, "streets", "道路.gpkg", new),
        _layer(folder, "waters", "水系.gpkg", new),
        _layer(folder, "walls", "围墙.gpkg", new),
        _shops(folder, new),
        _layer(folder, "grids", "微网格_原图.gpkg", old),
        _parts(folder, new),
        _layer(folder, "people", "网格人员.xlsx", old),
    )
    known = {person.id for person in old.people}
    added = replace(new, people=tuple(person for person in new.people if person.id not in known))
    correction = (
        _layer(folder, "grids", "微网格_校正图.gpkg", new),
        _layer(folder, "people", "网格人员_补充.xlsx", added),
    )
    table = folder / "楼栋与微网格对照表.xlsx"
    write_whole(table, lambda path: _table(path, town.table))
    readme = folder / "README.txt"
    write_whole(readme, _explain)
    return TownFiles(folder, first, correction, table, readme)


def _layer(folder: Path, layer: str, file: str, snapshot: Snapshot) -> LoadFile:
    """One layer in the office's own system, in a clerk's words."""
    columns = layer_columns(layer, snapshot, tier="restricted")
    values = {header: found for header, found in columns.values.items() if any(value is not None for value in found)}
    path = folder / file
    write_columns(path, replace(columns, values=values))
    return LoadFile(layer, path, None if columns.geometry is None else CRS, _DEPARTMENTS[layer])


def _shops(folder: Path, snapshot: Snapshot) -> LoadFile:
    """Shops as a phone's map gives them: longitude and latitude under GCJ-02, in a workbook."""
    columns = layer_columns("shops", snapshot, tier="restricted")
    places = shapely.get_coordinates(columns.geometry)
    degrees = project(places, snapshot.crs, STORAGE_CRS)
    lon, lat = wgs84_to_gcj02(degrees[:, 0], degrees[:, 1])
    values = {header: found for header, found in columns.values.items() if header != "商铺编码"}
    values["统一社会信用代码"] = values.pop("信用代码")
    # Eight decimals are a millimetre: what such a phone writes down at best.
    values |= {"经度": np.round(lon, 8).tolist(), "纬度": np.round(lat, 8).tolist()}
    path = folder / "沿街商铺.xlsx"
    write_columns(path, Columns(values))
    return LoadFile("shops", path, SHOPS_CRS, _DEPARTMENTS["shops"])


def _parts(folder: Path, snapshot: Snapshot) -> LoadFile:
    columns = layer_columns("parts", snapshot, tier="restricted")
    path = folder / "高层分段.xlsx"
    write_columns(path, Columns(columns.values))
    return LoadFile("parts", path, None, _DEPARTMENTS["parts"])


_HEADERS = ("序号", "社区", "综合网格", "小区名称", "幢", "单元", "户数", "微网格编码", "微网格名称")
_WIDTHS = (6, 14, 18, 18, 10, 10, 8, 22, 24)


def _table(path: Path, rows: Sequence[TableRow]) -> None:
    """The list as offices keep it: a title, merged cells, a total at the foot, codes as text."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "对照表"
    last = get_column_letter(len(_HEADERS))
    sheet.merge_cells(f"A1:{last}1")
    sheet["A1"] = f"{names.TOWN}楼栋与微网格对照表"
    sheet["A1"].font = Font(bold=True, size=16)
    sheet["A1"].alignment = Alignment(horizontal="center")
    sheet.merge_cells(f"A2:{last}2")
    sheet["A2"] = "填报单位:青禾镇社会治理办公室      填报日期:2026年1月"
    for place, (header, width) in enumerate(zip(_HEADERS, _WIDTHS, strict=True), start=1):
        cell = sheet.cell(3, place, header)
        cell.font, cell.border = Font(bold=True), _FRAME
        cell.alignment = Alignment(horizontal="center")
        sheet.column_dimensions[get_column_letter(place)].width = width
    for at, row in enumerate(rows):
        values = (at + 1, row.community, row.composite, row.compound, row.houses, row.units or None)
        for place, value in enumerate((*values, row.households, row.grid_code, row.grid_name), start=1):
            cell = sheet.cell(4 + at, place, value)
            cell.border, cell.alignment = _FRAME, Alignment(horizontal="center", vertical="center")
            if place == 8:
                cell.number_format = "@"
    for place, key in ((2, "community"), (3, "composite"), (4, "compound")):
        _merge_runs(sheet, place, [(row.community, getattr(row, key)) for row in rows])
    foot = 4 + len(rows)
    sheet.merge_cells(start_row=foot, start_column=1, end_row=foot, end_column=6)
    sheet.cell(foot, 1, "合计").alignment = Alignment(horizontal="center")
    sheet.cell(foot, 7, sum(row.households for row in rows))
    sheet.freeze_panes = "A4"
    book.save(path)


def _merge_runs(sheet: Any, place: int, values: Sequence[object]) -> None:
    start = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] != values[start]:
            if at - start > 1:
                sheet.merge_cells(start_row=4 + start, start_column=place, end_row=3 + at, end_column=place)
            start = at


def _explain(path: Path) -> None:
    path.write_text(_README, encoding="utf-8-sig", newline="\r\n")


_README = f"""{names.TOWN}演示数据(人名、电话、地名、代码均为虚构)

文件                        内容                      --crs
区域.gpkg                   镇、社区、综合网格        EPSG:4549(文件已注明)
楼栋.shp(GBK)               450 栋楼                  EPSG:4549(文件已注明)
小区.gpkg                   25 个小区                 EPSG:4549(文件已注明)
道路.gpkg 水系.gpkg 围墙.gpkg                         EPSG:4549(文件已注明)
沿街商铺.xlsx               300 家商铺,手机采点      GCJ-02(必须写 --crs GCJ-02)
微网格_原图.gpkg            旧图,有空白、重叠等问题   EPSG:4549(文件已注明)
微网格_校正图.gpkg          校正后的图                EPSG:4549(文件已注明)
高层分段.xlsx               高层楼按单元或楼层分段    无坐标
网格人员.xlsx               网格长、网格员、联络员    无坐标
网格人员_补充.xlsx          校正后补充的人员          无坐标
楼栋与微网格对照表.xlsx     办公室原有的表格          无坐标

导入举例:
microgrid load areas 区域.gpkg --crs EPSG:4549
microgrid load shops 沿街商铺.xlsx --crs GCJ-02

Demo data of an invented town. Every name, phone number and code is made up.
Everything is in EPSG:4549 except the shops, whose points are GCJ-02.
"""

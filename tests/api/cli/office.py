"""Files that an office would hand in, for the verbs that work on plain files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
from shapely.geometry.base import BaseGeometry

from tests.boundaries.boxes import AREAS, GRIDS, building, compound, point, shop, square, street

CRS = "EPSG:4549"


def write(path: Path, columns: Mapping[str, Sequence[Any]], shapes: Sequence[BaseGeometry], crs: str = CRS) -> Path:
    geopandas.GeoDataFrame(dict(columns), geometry=list(shapes), crs=crs).to_file(path)
    return path


def grids_file(folder: Path, shapes: Mapping[str, BaseGeometry] | None = None) -> Path:
    """The four grids of the boxes, some with other shapes, None to leave one out."""
    chosen = {grid.code: grid.polygon for grid in GRIDS} | dict(shapes or {})
    kept = [grid for grid in GRIDS if chosen[grid.code] is not None]
    columns = {
        "网格编码": [grid.code for grid in kept],
        "网格名称": [grid.name for grid in kept],
        "社区": [grid.area for grid in kept],
    }
    return write(folder / "grids.gpkg", columns, [chosen[grid.code] for grid in kept])


def parents_file(folder: Path) -> Path:
    areas = AREAS[1:]
    columns = {
        "编码": [area.code for area in areas],
        "名称": ["文昌社区", "茶坊社区"],
        "层级": [area.level for area in areas],
    }
    return write(folder / "parents.gpkg", columns, [area.polygon for area in areas])


def buildings_file(folder: Path) -> Path:
    homes = [building("B1", square(120, 20, 40, 12), 60), building("B2", square(120, 50, 40, 12), 36)]
    columns = {"楼栋号": [home.code for home in homes], "户数": [home.households for home in homes]}
    return write(folder / "buildings.gpkg", columns, [home.shape for home in homes])


def compounds_file(folder: Path) -> Path:
    found = compound("K1", square(110, 10, 60, 60))
    return write(folder / "compounds.gpkg", {"小区编码": ["K1"], "小区名称": ["锦绣花园"]}, [found.polygon])


def shops_file(folder: Path) -> Path:
    shops = [shop("1", 10, 5), shop("2", 20, 5)]
    columns = {"店名": ["早点铺", "五金店"], "门牌号": ["1号", "2号"], "所在街道": ["文化路", "文化路"]}
    return write(folder / "shops.gpkg", columns, [one.door for one in shops])


def streets_file(folder: Path) -> Path:
    road = street("文化路", (0, 0), (400, 0))
    return write(folder / "streets.gpkg", {"名称": ["文化路"]}, [road.line])


def points_csv(folder: Path) -> Path:
    inside, border, gap, outside = point(50, 50), point(200, 50), point(150, 50), point(900, 50)
    rows = [f"00{n},{p.x},{p.y}" for n, p in enumerate((inside, border, gap, outside), 1)]
    path = folder / "points.csv"
    path.write_text("\n".join(["编号,东坐标,北坐标", *rows, "005,,"]) + "\n", encoding="utf-8")
    return path

"""Read any file that an office has into a :class:`~boundaries.exchange.tables.Table`."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import BadInput
from boundaries.exchange.charsets import refuse_garbled
from boundaries.exchange.spreadsheets import read_csv, read_xlsx
from boundaries.exchange.tables import Note, Table, table_of
from boundaries.exchange.vectors import RawLayer, read_parquet, read_vector
from geo.crs import STORAGE_CRS, SourceCrs, parse_crs, project
from geo.errors import CrsProblem

_REFUSED = {
    ".xls": ("用 WPS 或 Excel 打开,另存为 .xlsx", "open it in WPS or Excel and save as .xlsx"),
    ".et": ("用 WPS 表格打开,另存为 .xlsx", "open it in WPS and save as .xlsx"),
    ".ett": ("用 WPS 表格打开,另存为 .xlsx", "open it in WPS and save as .xlsx"),
    ".dwg": (
        "在 CAD 里另存为 .dxf 后用 QGIS 转成 GeoPackage,或请测绘部门导出 Shapefile",
        "save as .dxf and convert to GeoPackage in QGIS, or ask the surveying office for a shapefile",
    ),
    ".dxf": (
        "用 QGIS 打开,把闭合线转成面后导出为 GeoPackage",
        "open it in QGIS, turn closed lines into polygons and export as GeoPackage",
    ),
    ".ovkml": ("在奥维地图里导出为 .kml 或 .shp", "export as .kml or .shp from Ovital Map"),
    ".ovobj": ("在奥维地图里导出为 .kml 或 .shp", "export as .kml or .shp from Ovital Map"),
    ".doc": ("把表格复制到 WPS 表格,存为 .xlsx", "copy the table into a spreadsheet and save as .xlsx"),
    ".docx": ("把表格复制到 WPS 表格,存为 .xlsx", "copy the table into a spreadsheet and save as .xlsx"),
    ".pdf": ("请索要原始的表格或图形文件", "ask for the table or drawing it was made from"),
}
VECTOR = {
    ".gpkg",
    ".geojson",
    ".json",
    ".shp",
    ".gdb",
    ".kml",
    ".kmz",
    ".zip",
    ".fgb",
    ".gml",
    ".tab",
    ".mif",
    ".sqlite",
}
PARQUET = {".parquet", ".geoparquet"}
TEXT = {".csv", ".txt", ".tsv"}
# Two namings of one system place a point within 0.1 mm of each other.
_SAME_SYSTEM_DEGREES = 1e-9


def read_table(
    path: Path,
    *,
    crs: str | None = None,
    encoding: str | None = None,
    layer: str | None = None,
    kind: str | None = None,
    headers: Collection[str] = (),
    any_datum: bool = False,
    is_fallback: bool = False,
) -> Table:
    """Read one file, or one layer or sheet of it.

    Parameters
    ----------
    path : Path
        May name the layer too, as QGIS writes it: ``file.gpkg|layername=roads``.
    crs : str or None
        What the caller says the coordinates are; it may add to what the file says
        (GCJ-02 under a file of degrees) but not contradict it.
    encoding : str or None
        Of a text file or a shapefile's table; None believes the file, else detects.
    layer : str or None
        Layer or sheet in a file of several.
    kind : str or None
        The layer of the plan that is wanted, to choose among several.
    headers : collection of str
        Headers that the caller expects besides the known ones.
    any_datum : bool
        Let every datum in, for file mode, which converts nothing.
    is_fallback : bool
        ``crs`` is meant only for files that do not say their own.

    Returns
    -------
    Table
        ``crs`` is None where nobody said, which only tables without shapes may keep.

    Raises
    ------
    BadInput
        If the file is missing, empty, damaged, garbled or of a format that is not read.
    CrsProblem
        If the system is unknown or unsafe, or the caller and the file contradict each other.
    """
    path, layer = split_layer(path, layer)
    require_file(path)
    suffix = path.suffix.lower()
    if suffix in _REFUSED:
        zh, en = _REFUSED[suffix]
        raise BadInput(
            f"{path.name}:不能直接读取 {suffix} 文件。请{zh}。", f"{path.name}: {suffix} files are not read: {en}."
        )
    if suffix in TEXT or suffix in {".xlsx", ".xlsm"}:
        sheet, notes = read_csv(path, encoding=encoding) if suffix in TEXT else read_xlsx(path, sheet=layer)
        table = table_of(sheet, headers=headers)
        refuse_garbled([*table.columns, *_texts(table.rows)], file=table.file)
        return replace(table, notes=(*notes, *table.notes), crs=parse_crs(crs, any_datum=any_datum) if crs else None)
    if suffix in PARQUET:
        return table_of_layer(read_parquet(path), crs=crs, any_datum=any_datum, is_fallback=is_fallback)
    if suffix not in VECTOR:
        raise BadInput(
            f"{path.name}:不认识的文件格式 {suffix or '(无后缀)'}。请用 GeoPackage、Shapefile、GeoJSON、XLSX 或 CSV。",
            f"{path.name}: files of this kind ({suffix or 'no suffix'}) are not read. "
            "Use GeoPackage, Shapefile, GeoJSON, XLSX or CSV.",
        )
    raw = read_vector(path, encoding=encoding, layer=layer, kind=kind)
    return table_of_layer(raw, crs=crs, any_datum=any_datum, is_fallback=is_fallback)


def split_layer(path: Path, layer: str | None) -> tuple[Path, str | None]:
    """A path as QGIS writes it, ``file.gpkg|layername=roads``, as file and layer."""
    text = str(path)
    if "|" not in text:
        return path, layer
    file, _, name = text.partition("|")
    return Path(file), layer or name.removeprefix("layername=")


def require_file(path: Path) -> None:
    """Refuse a path that is no file, or a file of no bytes.

    Raises
    ------
    BadInput
        Naming it.
    """
    if not path.exists():
        raise BadInput(f"找不到文件 {path}。请检查路径。", f"There is no file {path}. Check the path.")
    if path.is_file() and path.stat().st_size == 0:
        raise BadInput(
            f"{path.name}:文件是空的(0 字节)。请重新拷贝或导出。",
            f"{path.name}: the file is empty (0 bytes). Copy or export it again.",
        )
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise BadInput(f"{path} 是文件夹,请指明其中的文件。", f"{path} is a folder; name a file in it.")


def _texts(rows: pd.DataFrame) -> list[str | None]:
    return [value for column in rows.columns for value in rows[column]]


def table_of_layer(raw: RawLayer, *, crs: str | None, any_datum: bool = False, is_fallback: bool = False) -> Table:
    """A layer as a table, its coordinate system settled from what the file and the caller say.

    Parameters
    ----------
    raw : RawLayer
    crs, any_datum, is_fallback
        As for :func:`read_table`.

    Returns
    -------
    Table

    Raises
    ------
    BadInput
        If it holds no record or its text is garbled.
    CrsProblem
        If the system is unknown or unsafe, or the caller and the file contradict each other.
    """
    count = (
        len(next(iter(raw.columns.values()))) if raw.columns else len(raw.geometry if raw.geometry is not None else ())
    )
    if count == 0:
        raise BadInput(f"{raw.name}:没有任何记录。请换一个有数据的文件或图层。", f"{raw.name}: holds no record at all.")
    refuse_garbled([*raw.columns, *(value for values in raw.columns.values() for value in values)], file=raw.name)
    notes = list(raw.notes)
    geometry = raw.geometry
    if geometry is not None and shapely.has_z(geometry).any():
        geometry = shapely.force_2d(geometry)
        notes.append(Note(f"{raw.name}:图形带高程,已忽略高程", f"{raw.name}: shapes have heights, which were dropped"))
    system = None
    if geometry is not None:
        told = None if is_fallback and raw.declared and raw.is_certain else crs
        system = _settle(raw, geometry, crs=told, any_datum=any_datum)
    elif crs is not None:
        system = parse_crs(crs, any_datum=any_datum)
    frame = pd.DataFrame(
        {name: pd.Series(values, dtype=object) for name, values in raw.columns.items()}, index=range(count)
    )
    numbers = np.arange(1, count + 1, dtype=np.int64)
    return Table(raw.name, tuple(raw.columns), frame, geometry, system, numbers, {}, tuple(notes))


def _settle(raw: RawLayer, geometry: NDArray[np.object_], *, crs: str | None, any_datum: bool) -> SourceCrs | None:
    """What the coordinates are, from what the file and the caller say."""
    if crs is None:
        return parse_crs(raw.declared, any_datum=any_datum) if raw.declared else None
    given = parse_crs(crs, any_datum=any_datum)
    if raw.declared is None or (not raw.is_certain and given.shift is None):
        return given
    declared = parse_crs(raw.declared, any_datum=any_datum)
    if given.shift is not None:
        # Exports of shifted data say EPSG:4326, since no file format has a name for the shift.
        if declared.is_geographic:
            return given
    elif _place_alike(declared, given, geometry):
        return given
    raise CrsProblem(
        f"{raw.name}:文件自己写明坐标系是 {declared.name},与 --crs {given.name} 矛盾。"
        "请去掉 --crs;如果文件写错了,请先在 QGIS 里更正文件的坐标系。",
        f"{raw.name}: the file says its coordinates are {declared.name}, which contradicts --crs {given.name}. "
        "Leave --crs out; if the file is wrong, correct its coordinate system in QGIS first.",
    )


def _place_alike(one: SourceCrs, other: SourceCrs, geometry: NDArray[np.object_]) -> bool:
    """Whether two namings put the corners of the data in the same places."""
    if one.base == other.base:
        return True
    x_min, y_min, x_max, y_max = shapely.total_bounds(geometry)
    corners = np.array([[x_min, y_min], [x_max, y_max], [x_min, y_max], [x_max, y_min]])
    if not np.isfinite(corners).all():
        return False
    try:
        places = [project(corners, system, STORAGE_CRS) for system in (one, other)]
    except CrsProblem:
        return False
    return bool(np.abs(places[0] - places[1]).max() <= _SAME_SYSTEM_DEGREES)

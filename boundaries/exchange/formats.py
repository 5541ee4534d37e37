"""Write tables and layers as files that WPS, QGIS and ArcGIS open."""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from shapely.geometry import mapping

from boundaries.errors import BadInput
from boundaries.exchange.placing import Write, write_whole
from geo.crs import STORAGE_DECIMALS, SourceCrs

SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".parquet", ".csv", ".xlsx")
# A shapefile's field names are cut at ten bytes: five Chinese characters in GBK.
_SHP_NAME_BYTES = 10
_SHP_TEXT_BYTES = 254
_FORM_ENDINGS = {"polygon": "", "line": "_line", "point": "_point"}


@dataclass(frozen=True)
class Columns:
    """What is written: columns of equal length, with a shape for each row or none.

    Attributes
    ----------
    values : mapping
        Header -> values: text, int, float, bool, date or None.
    geometry : ndarray of shapely geometries or None
    crs : SourceCrs or None
        System of the shapes.
    """

    values: Mapping[str, Sequence[Any]]
    geometry: NDArray[np.object_] | None = None
    crs: SourceCrs | None = None

    def __len__(self) -> int:
        first = next(iter(self.values.values()), ())
        return len(first)


def write_columns(path: Path, columns: Columns, *, encoding: str | None = None) -> tuple[Path, ...]:
    """Write a table in the format that the suffix names.

    Text stays text in every format, so codes keep their zeros and digits.

    Parameters
    ----------
    path : Path
        ``.gpkg .geojson .json .shp .parquet .csv .xlsx``.
    columns : Columns
    encoding : str, optional
        Of CSV (default UTF-8 with a byte-order mark) and shapefile (default GBK).

    Returns
    -------
    tuple of Path
        The files written; a shapefile is several, and one set for each form of shape.

    Raises
    ------
    BadInput
        If the suffix is not one of these, a text cannot be written in the encoding,
        a format needs shapes and there are none, or the folder cannot be written to.
    """
    return write_whole(path, columns_writer(path, columns, encoding=encoding))


def columns_writer(path: Path, columns: Columns, *, encoding: str | None = None) -> Write:
    """How :func:`write_columns` writes, for :func:`boundaries.exchange.placing.write_together`.

    Raises
    ------
    BadInput
        If the suffix is not one of these, or the format needs shapes and there are none.
    """
    suffix = path.suffix.lower()
    writers: dict[str, Callable[[Path, Columns, str | None], None]] = {
        ".gpkg": _write_gpkg,
        ".geojson": _write_geojson,
        ".json": _write_geojson,
        ".shp": _write_shp,
        ".parquet": _write_parquet,
        ".csv": _write_csv,
        ".xlsx": _write_xlsx,
    }
    if suffix not in writers:
        raise BadInput(
            f"不会写 {suffix or '没有后缀'} 的文件。可用:{' '.join(SUFFIXES)}。",
            f"Files of kind {suffix or 'no suffix'} are not written. Use one of {' '.join(SUFFIXES)}.",
        )
    if columns.geometry is None and suffix in {".shp", ".geojson", ".json"}:
        raise BadInput(
            f"这个图层没有图形,不能写成 {suffix}。请用 .xlsx 或 .csv。",
            f"This layer has no shapes and cannot be written as {suffix}. Use .xlsx or .csv.",
        )
    return lambda place: writers[suffix](place, columns, encoding)


def _frame(columns: Columns) -> Any:
    """A data frame in which a column of nothing is text, and whole counts stay whole."""
    data: dict[str, Any] = {}
    for name, values in columns.values.items():
        known = [value for value in values if value is not None]
        if known and all(isinstance(value, bool) for value in known):
            data[name] = pd.array(values, dtype="boolean")
        elif known and all(isinstance(value, int) for value in known):
            data[name] = pd.array(values, dtype="Int64")
        elif known and all(isinstance(value, int | float) for value in known):
            data[name] = pd.array(values, dtype="Float64")
        else:
            data[name] = pd.Series([None if value is None else str(value) for value in values], dtype=object)
    frame = pd.DataFrame(data, index=range(len(columns)))
    if columns.geometry is None:
        return frame
    base = columns.crs.base if columns.crs is not None else None
    return geopandas.GeoDataFrame(frame, geometry=geopandas.GeoSeries(columns.geometry, index=frame.index, crs=base))


def _pyogrio(path: Path, frame: Any, **options: Any) -> None:
    with warnings.catch_warnings():
        # GDAL remarks on the choice of field widths; what is lost is checked before.
        warnings.simplefilter("ignore", RuntimeWarning)
        pyogrio.write_dataframe(frame, path, **options)


def _write_gpkg(path: Path, columns: Columns, _encoding: str | None) -> None:
    _pyogrio(path, _frame(columns), driver="GPKG", layer=path.stem)


def geopackage_writer(layers: Mapping[str, Columns]) -> Write:
    """How several layers are written into one GeoPackage, for :func:`boundaries.exchange.placing.write_whole`.

    Parameters
    ----------
    layers : mapping
        Name -> columns; those without shapes become plain tables.
    """

    def write(place: Path) -> None:
        for name, columns in layers.items():
            # Without a row there is no shape to tell the form by.
            form = {"geometry_type": "Unknown"} if columns.geometry is not None and not len(columns) else {}
            _pyogrio(place, _frame(columns), driver="GPKG", layer=name, append=place.exists(), **form)

    return write


def _write_geojson(path: Path, columns: Columns, _encoding: str | None) -> None:
    # GDAL's writer drops vertices when it rounds; a coverage must keep every one.
    if columns.geometry is None:
        return
    rounded = shapely.transform(columns.geometry, lambda xy: np.round(xy, STORAGE_DECIMALS))
    frame = _frame(columns).drop(columns="geometry")
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    features = [
        {"type": "Feature", "properties": row, "geometry": None if shape is None else mapping(shape)}
        for row, shape in zip(rows, rounded, strict=True)
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "name": path.stem}
    base = columns.crs.base if columns.crs is not None else "EPSG:4326"
    if base != "EPSG:4326":
        name = f"urn:ogc:def:crs:EPSG::{base.removeprefix('EPSG:')}" if base.startswith("EPSG:") else base
        collection["crs"] = {"type": "name", "properties": {"name": name}}
    collection["features"] = features
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


def _write_parquet(path: Path, columns: Columns, _encoding: str | None) -> None:
    _frame(columns).to_parquet(path, index=False)


def _write_shp(path: Path, columns: Columns, encoding: str | None) -> None:
    code = encoding or "GBK"
    frame = _frame(columns).rename(columns=short_names(list(columns.values), code))
    for name in frame.columns[:-1]:
        require_encodable(frame[name].tolist(), code)
    # A table of no rows is a file of no polygons, not no file.
    forms = np.array([_form(shape) for shape in frame.geometry], dtype=object)
    present = [form for form in _FORM_ENDINGS if (forms == form).any()] or ["polygon"]
    for form in present:
        file = path.with_name(path.stem + _FORM_ENDINGS[form] + path.suffix) if len(present) > 1 else path
        options = {} if len(frame) else {"geometry_type": "Polygon"}
        _pyogrio(file, frame[forms == form], driver="ESRI Shapefile", encoding=code, **options)
        file.with_suffix(".cpg").write_text(code, encoding="ascii")


def _form(shape: Any) -> str:
    kind = "polygon" if shape is None else shape.geom_type.lower()
    return "polygon" if "polygon" in kind else "line" if "line" in kind else "point"


def short_names(names: Sequence[str], encoding: str) -> dict[str, str]:
    """Header -> header cut to what a shapefile holds, all different."""
    short: dict[str, str] = {}
    for name in names:
        for number in range(100):
            ending = str(number) if number else ""
            room = _SHP_NAME_BYTES - len(ending)
            cut = name.encode(encoding, "ignore")[:room].decode(encoding, "ignore") + ending
            if cut not in short.values():
                break
        short[name] = cut
    return short


def require_encodable(values: Sequence[Any], encoding: str) -> None:
    """Refuse texts that a shapefile in this encoding cannot hold.

    Raises
    ------
    BadInput
        Naming the text.
    """
    for value in values:
        if not isinstance(value, str):
            continue
        try:
            size = len(value.encode(encoding))
        except (UnicodeEncodeError, LookupError) as error:
            raise BadInput(
                f"“{value}”不能用 {encoding} 编码写出。请导出为 .gpkg 或 .xlsx,或用 --encoding gb18030。",
                f'"{value}" cannot be written in {encoding}. Export as .gpkg or .xlsx, or use --encoding gb18030.',
            ) from error
        if size > _SHP_TEXT_BYTES:
            raise BadInput(
                f"“{value[:20]}…”超过 Shapefile 的 254 字节。请导出为 .gpkg。",
                f'"{value[:20]}…" is longer than a shapefile holds (254 bytes). Export as .gpkg.',
            )


def _flat(columns: Columns, *, with_wkt: bool) -> dict[str, Sequence[Any]]:
    """Columns of a plain table: points as coordinates, other shapes as text or by their centre."""
    flat: dict[str, Sequence[Any]] = dict(columns.values)
    shapes = columns.geometry
    if shapes is None or not len(shapes):
        return flat
    is_degrees = columns.crs is None or columns.crs.is_geographic
    x, y = ("经度", "纬度") if is_degrees else ("x", "y")
    if (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all():
        flat |= {x: shapely.get_x(shapes).tolist(), y: shapely.get_y(shapes).tolist()}
    elif with_wkt:
        flat["WKT"] = shapely.to_wkt(shapes, rounding_precision=STORAGE_DECIMALS, trim=True).tolist()
    else:
        inner = shapely.point_on_surface(shapes)
        flat |= {f"中心{x}": shapely.get_x(inner).tolist(), f"中心{y}": shapely.get_y(inner).tolist()}
    return flat


def _write_csv(path: Path, columns: Columns, encoding: str | None) -> None:
    frame = pd.DataFrame(
        {name: pd.Series(list(values), dtype=object) for name, values in _flat(columns, with_wkt=True).items()}
    )
    code = encoding or "utf-8-sig"
    try:
        frame.to_csv(path, index=False, encoding=code, lineterminator="\r\n")
    except (UnicodeEncodeError, LookupError) as error:
        raise BadInput(
            f"有文字不能用 {code} 编码写出。请去掉 --encoding。",
            f"Some text cannot be written in {code}. Leave --encoding out.",
        ) from error


def _write_xlsx(path: Path, columns: Columns, _encoding: str | None) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for index, (name, values) in enumerate(_flat(columns, with_wkt=False).items(), start=1):
        head = sheet.cell(row=1, column=index, value=name)
        head.font = Font(bold=True)
        width = len(name) * 2
        for row, value in enumerate(values, start=2):
            if value is None or (isinstance(value, float) and np.isnan(value)):
                continue
            cell: Any = sheet.cell(row=row, column=index)
            if isinstance(value, int | float):
                cell.value = value
            else:
                # Written as text whatever it looks like: codes keep zeros, "=" starts no formula.
                cell.value, cell.data_type = str(value), "s"
                cell.number_format = "@"
                width = max(width, sum(1 if char.isascii() else 2 for char in str(value)))
        sheet.column_dimensions[get_column_letter(index)].width = min(width + 2, 60)
    sheet.freeze_panes = "A2"
    book.save(path)

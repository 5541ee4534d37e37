"""Layers of polygons into files: every column, its type and order are kept, every bit of a coordinate too."""

import csv
import json
import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from math import isinf, isnan
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry import mapping

from boundaries.errors import BadInput
from boundaries.exchange.formats import require_encodable, short_names
from boundaries.exchange.layer_files import Layer

SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet", ".csv")
_MULTI = int(shapely.GeometryType.MULTIPOLYGON)
_SINGLE = int(shapely.GeometryType.POLYGON)
_DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}


def write_layers(path: Path, layers: Mapping[str, Layer], *, encoding: str | None = None) -> None:
    """Write layers: all into one GeoPackage, else the further ones beside the first.

    Parameters
    ----------
    path : Path
        The suffix names the format; the second layer of ``a.shp`` goes to ``a_NAME.shp``.
    layers : mapping
        Name -> layer.
    encoding : str, optional
        Of shapefiles (default that of the layer, else GBK) and text files (UTF-8 with a
        byte-order mark).

    Raises
    ------
    BadInput
        If the suffix is not one of ``SUFFIXES``, or a text cannot be written.
    """
    _require_writable(path)
    suffix = path.suffix.lower()
    for number, (name, layer) in enumerate(layers.items()):
        own = name if len(layers) > 1 else path.stem
        place = path if number == 0 or suffix == ".gpkg" else beside(path, name)
        if suffix in {".geojson", ".json"}:
            _write_geojson(place, layer)
        elif suffix == ".parquet":
            _write_parquet(place, layer)
        elif suffix == ".csv":
            _write_csv(place, layer, encoding or "utf-8-sig")
        else:
            _write_vector(place, layer, name=own, encoding=encoding or layer.encoding or "GBK")


def _require_writable(path: Path) -> None:
    """Refuse a suffix that is not written.

    Raises
    ------
    BadInput
        Naming those that are.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(
            f"不会把网格写成 {path.suffix or '没有后缀'} 的文件。可用:{' '.join(SUFFIXES)}。",
            f"Grids are not written as {path.suffix or 'a file without suffix'}. Use one of {' '.join(SUFFIXES)}.",
        )


def beside(path: Path, name: str) -> Path:
    """Where the further layer of a format goes that holds one layer a file."""
    return path.with_name(f"{path.stem}_{name}{path.suffix}")


def _shapes(layer: Layer) -> tuple[NDArray[np.object_], str]:
    """The shapes in one form, and its name."""
    kinds = shapely.get_type_id(layer.geometry)
    if not layer.is_multi and not (kinds == _MULTI).any():
        return layer.geometry, "Polygon" if np.isin(kinds, (_SINGLE, -1)).all() else "Unknown"
    shapes = layer.geometry.copy()
    single = np.flatnonzero(kinds == _SINGLE)
    shapes[single] = [shapely.MultiPolygon([shape]) for shape in shapes[single]]
    return shapes, "MultiPolygon" if np.isin(kinds, (_SINGLE, _MULTI, -1)).all() else "Unknown"


def _write_vector(path: Path, layer: Layer, *, name: str, encoding: str) -> None:
    table, suffix = layer.columns, path.suffix.lower()
    options: dict[str, Any] = {}
    if suffix == ".shp":
        for column in table.column_names:
            values = table.column(column).to_pylist()
            _require_no_bytes(column, values)
            require_encodable(values, encoding)
        short = short_names(table.column_names, encoding)
        table = table.rename_columns([short[column] for column in table.column_names])
        options = {"encoding": encoding}
    elif suffix == ".fgb":
        # Its index would put the rows into another order.
        options = {"layer_options": {"SPATIAL_INDEX": "NO"}}
    shapes, form = _shapes(layer)
    column = next(name for name in ("geom", "geometry", "wkb_geometry") if name not in table.column_names)
    table = table.append_column(column, pa.array(shapely.to_wkb(shapes).tolist(), pa.binary()))
    with warnings.catch_warnings():
        # GDAL remarks on the choice of field widths; what is lost is checked before.
        warnings.simplefilter("ignore", RuntimeWarning)
        pyogrio.write_arrow(
            table,
            path,
            layer=name,
            driver=_DRIVERS[suffix],
            geometry_name=column,
            geometry_type=form,
            crs=layer.crs,
            **options,
        )


def _write_geojson(path: Path, layer: Layer) -> None:
    shapes, _ = _shapes(layer)
    features = [
        {
            "type": "Feature",
            "properties": row,
            "geometry": None if shape is None else mapping(shape),
        }
        for row, shape in zip(_json_rows(layer), shapes, strict=True)
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "name": path.stem}
    authority = CRS.from_user_input(layer.crs).to_authority()
    if authority != ("EPSG", "4326"):
        name = f"urn:ogc:def:crs:{authority[0]}::{authority[1]}" if authority else layer.crs
        collection["crs"] = {"type": "name", "properties": {"name": name}}
    collection["features"] = features
    path.write_text(json.dumps(collection, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _rows(layer: Layer) -> list[dict[str, Any]]:
    return layer.columns.to_pylist() if layer.columns.num_columns else [{} for _ in layer.geometry]


def _json_rows(layer: Layer) -> list[dict[str, Any]]:
    """The rows with nothing in them but what JSON has."""
    columns = {name: _json_values(name, layer.columns.column(name).to_pylist()) for name in layer.columns.column_names}
    return [{name: values[row] for name, values in columns.items()} for row in range(len(layer.geometry))]


def _json_values(name: str, values: list[Any]) -> list[Any]:
    """A column as JSON takes it: decimal numbers as numbers where all keep their digits, else as text.

    Raises
    ------
    BadInput
        If it holds bytes, or a number that is infinite.
    """
    decimals = [value for value in values if isinstance(value, Decimal)]
    has_digits = all(value.is_finite() and Decimal(repr(float(value))) == value for value in decimals)
    return [_json_value(name, value, has_digits=has_digits) for value in values]


def _json_value(name: str, value: Any, *, has_digits: bool) -> Any:
    if isinstance(value, dict):
        return {str(key): _json_value(name, each, has_digits=has_digits) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(name, each, has_digits=has_digits) for each in value]
    if isinstance(value, Decimal):
        return float(value) if has_digits else str(value)
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, float) and isinf(value):
        raise _unfit(name, "无穷大的数", "an infinite number")
    return str(value) if isinstance(value, timedelta) else _plain(name, value)


def _require_no_bytes(name: str, values: Sequence[Any]) -> None:
    if any(isinstance(value, bytes) for value in values):
        raise _unfit(name, "二进制数据", "binary data")


def _plain(name: str, value: Any) -> Any:
    _require_no_bytes(name, [value])
    return value.isoformat() if hasattr(value, "isoformat") else value


def _unfit(name: str, zh: str, en: str) -> BadInput:
    return BadInput(
        f"“{name}”列有{zh},这种格式写不下。请写成 .gpkg 或 .parquet,或去掉这一列。",
        f'Column "{name}" holds {en}, which this format cannot. Write .gpkg or .parquet, or leave the column out.',
    )


def _write_parquet(path: Path, layer: Layer) -> None:
    shapes, form = _shapes(layer)
    column = next(name for name in ("geometry", "geom", "wkb_geometry") if name not in layer.columns.column_names)
    about = {
        "encoding": "WKB",
        "geometry_types": [] if form == "Unknown" else [form],
        "crs": CRS.from_user_input(layer.crs).to_json_dict(),
    }
    told = {"version": "1.0.0", "primary_column": column, "columns": {column: about}}
    table = layer.columns.append_column(column, pa.array(shapely.to_wkb(shapes).tolist(), pa.binary()))
    table = table.replace_schema_metadata({"geo": json.dumps(told)})
    pyarrow.parquet.write_table(table, path)


def _write_csv(path: Path, layer: Layer, encoding: str) -> None:
    # The shortest digits that give back every bit.
    texts = shapely.to_wkt(layer.geometry, rounding_precision=17, trim=True)
    with path.open("w", newline="", encoding=encoding) as file:
        try:
            writer = csv.writer(file)
            writer.writerow([*layer.columns.column_names, "WKT"])
            for row, text in zip(_rows(layer), texts.tolist(), strict=True):
                writer.writerow([*(_plain(name, value) for name, value in row.items()), text])
        except UnicodeEncodeError as error:
            raise BadInput(
                f"有文字不能用 {encoding} 编码写出。请去掉 --encoding。",
                f"Some text cannot be written in {encoding}. Leave --encoding out.",
            ) from error

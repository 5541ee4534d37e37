"""Write tables of points with what was found for them; columns keep their types."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from boundaries.exchange.formats import SUFFIXES, Columns, columns_writer
from boundaries.exchange.placing import Write, require_place, write_whole
from boundaries.exchange.point_tables import PointTable, with_columns
from geo.crs import parse_crs

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DRAWN = {".gpkg", ".shp", ".geojson", ".json"}


def write_points(path: Path, table: PointTable, added: Mapping[str, Any], xy: NDArray[np.float64]) -> tuple[Path, ...]:
    """Write every column as it came, and others beside them.

    Parameters
    ----------
    path : Path
        The suffix names the format.
    table : PointTable
    added : mapping of str to pyarrow.Array
        Columns of texts, numbers and flags.
    xy : ndarray of float64, shape (n, 2)
        For the points of a format that needs shapes, in the system of the table.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    BadInput
        If the format, the place or a text cannot be written.
    """
    require_place(path, suffixes=SUFFIXES, option="--out")
    return write_whole(path, _writer(path, table, with_columns(table, added), xy))


def _writer(path: Path, table: PointTable, data: Any, xy: NDArray[np.float64]) -> Write:
    suffix = path.suffix.lower()
    if suffix == ".parquet" and (table.geometry is None or table.shape_column is not None):
        return lambda place: parquet.write_table(data, place)
    # A table of coordinates stays a table; only a format that needs shapes gets them.
    shapes = _shapes(xy) if table.geometry is not None or suffix in _DRAWN else None
    flat = data.drop_columns([table.shape_column]) if table.shape_column is not None else data
    if suffix == ".csv":
        return lambda place: _write_csv(place, _with_coordinates(flat, table, xy))
    if suffix == ".gpkg" and shapes is not None:
        return lambda place: _write_gpkg(place, flat, shapes, table)
    values = {name: flat[name].to_pylist() for name in flat.column_names}
    return columns_writer(path, Columns(values, shapes, table.crs or parse_crs("EPSG:4490")))


def _shapes(xy: NDArray[np.float64]) -> NDArray[np.object_]:
    shapes = np.asarray(shapely.points(xy), dtype=object)
    shapes[~np.isfinite(xy).all(axis=1)] = None
    return shapes


def _with_coordinates(data: Any, table: PointTable, xy: NDArray[np.float64]) -> Any:
    """Points of a layer as two columns, where a plain table has no other place for them."""
    if table.geometry is None:
        return data
    is_degrees = table.crs is None or table.crs.is_geographic
    for name, numbers in zip(("经度", "纬度") if is_degrees else ("x", "y"), xy.T, strict=True):
        if name not in data.column_names:
            data = data.append_column(name, pa.array(numbers, from_pandas=True))
    return data


def _write_csv(path: Path, data: Any) -> None:
    columns = [_spoken(column) for column in data.columns]
    table = pa.table(columns, names=data.column_names)
    for style in ("none", "needed"):
        with path.open("wb") as file:
            file.write(_BYTE_ORDER_MARK)
            options = arrow_csv.WriteOptions(quoting_style=style, quoting_header="none", eol="\r\n")
            if style == "needed":
                options.quoting_header = style
            try:
                arrow_csv.write_csv(table, file, options)
            except pa.ArrowInvalid:
                # A text holds a comma or a quotation mark.
                if style == "needed":
                    raise
                continue
        return


def _spoken(column: Any) -> Any:
    """Flags in the words that spreadsheets know; what a text file has no form for as text."""
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "True", "False")
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], type=pa.string())
    return column


def _write_gpkg(path: Path, data: Any, shapes: NDArray[np.object_], table: PointTable) -> None:
    drawn = data.append_column("geom", pa.array(shapely.to_wkb(shapes), type=pa.binary()))
    crs = table.crs.base if table.crs is not None else None
    pyogrio.write_arrow(
        drawn, path, layer=path.stem, driver="GPKG", geometry_name="geom", geometry_type="Point", crs=crs
    )

"""Tables of points by column, every column in its own type, and their coordinates with what is amiss in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from boundaries.errors import BadInput
from boundaries.exchange.headers import recognise
from boundaries.exchange.tables import Note, Table
from geo.crs import SourceCrs

_SHOWN_CHARACTERS = 30


@dataclass(frozen=True)
class PointTable:
    """Rows of a file of points.

    Attributes
    ----------
    file : str
    data : pyarrow.Table
        Every column as the file holds it; shapes are beside it, save in GeoParquet.
    row_numbers : ndarray of int64, shape (n,)
        Row of each record as the user's program counts it.
    geometry : ndarray of shapely geometries or None
    crs : SourceCrs or None
        None where nobody said.
    shape_column : str or None
        The column of ``data`` that holds the shapes of a GeoParquet file.
    notes : tuple of Note
    """

    file: str
    data: Any  # pyarrow has no types
    row_numbers: NDArray[np.int64]
    geometry: NDArray[np.object_] | None = None
    crs: SourceCrs | None = None
    shape_column: str | None = None
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.row_numbers)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that hold no shapes."""
        return tuple(name for name in self.data.column_names if name != self.shape_column)


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Coordinates of every row.

    Attributes
    ----------
    xy : ndarray of float64, shape (n, 2)
        NaN where a row has no usable numbers.
    columns : tuple of str
        The columns of x and y; none where the file has shapes.
    """

    xy: NDArray[np.float64]
    columns: tuple[str, ...]


def point_table(table: Table) -> PointTable:
    """A table of texts by column; what were numbers in a spreadsheet are numbers again."""
    data = pa.table({name: _restored(table, name) for name in table.columns})
    return PointTable(table.file, data, table.row_numbers, table.geometry, table.crs, notes=table.notes)


def _restored(table: Table, name: str) -> Any:
    texts = pa.array(table.rows[name], type=pa.string(), from_pandas=True)
    marks = table.numeric.get(name)
    if marks is None or not bool(np.all(marks | table.rows[name].isna().to_numpy())):
        return texts
    for kind in (pa.int64(), pa.float64()):
        try:
            return texts.cast(kind)
        except pa.ArrowInvalid:
            continue
    return texts


def coordinates_of(table: PointTable, named: Mapping[str, str]) -> Coordinates:
    """Find the coordinates of every row.

    Parameters
    ----------
    table : PointTable
    named : mapping of str to str
        ``x`` and ``y`` to headers, where the caller names them.

    Returns
    -------
    Coordinates

    Raises
    ------
    BadInput
        If shapes are no points, or no columns of coordinates are found.
    """
    if table.geometry is not None:
        types = shapely.get_type_id(table.geometry)
        if not np.isin(types, (shapely.GeometryType.POINT, shapely.GeometryType.MISSING)).all():
            raise BadInput(
                f"{table.file}:图形不是点。请给点图层,或先在 QGIS 里取面的中心点。",
                f"{table.file}: shapes are not points. Give points, or take the centres of polygons in QGIS first.",
            )
        return Coordinates(np.column_stack([shapely.get_x(table.geometry), shapely.get_y(table.geometry)]), ())
    columns = coordinate_columns(table.file, table.columns, named)
    return Coordinates(np.column_stack([numbers_of(table.data[name]) for name in columns]), columns)


def coordinate_columns(file: str, columns: tuple[str, ...], named: Mapping[str, str]) -> tuple[str, str]:
    """Names of the columns of x and y.

    Raises
    ------
    BadInput
        If there are none, or a named one does not exist.
    """
    fields = recognise("shops", columns, named=named)
    if "x" not in fields or "y" not in fields:
        raise BadInput(
            f"{file}:找不到坐标列(经度、纬度或 x、y)。请用 --column x=表头 --column y=表头 指明。",
            f"{file}: no coordinate columns (经度 纬度, x y). Name them: --column x=HEADER --column y=HEADER.",
        )
    return fields["x"], fields["y"]


def numbers_of(column: Any) -> NDArray[np.float64]:
    """A column as numbers; NaN for what is none, or not finite."""
    try:
        numbers = column.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        numbers = pa.array([_number(value) for value in column.to_pylist()], type=pa.float64())
    found: NDArray[np.float64] = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def shown(table: PointTable, names: tuple[str, ...], row: int) -> str:
    """What stands in some cells of a row, for a message."""
    cells = [table.data[name][row].as_py() for name in names]
    return ", ".join("" if cell is None else str(cell)[:_SHOWN_CHARACTERS] for cell in cells).strip(", ")


def with_columns(table: PointTable, added: Mapping[str, Any]) -> Any:
    """The data with columns put at its end."""
    data = table.data
    for name, values in added.items():
        data = data.append_column(name, values)
    return data

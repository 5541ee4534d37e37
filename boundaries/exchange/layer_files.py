"""Layers of polygons as they stand in a file: every column, its type and order are kept.

What :mod:`boundaries.exchange.reading` gives is text to be understood; here nothing is
understood, so that a file comes back as it was, with other shapes
(:mod:`boundaries.exchange.layer_writing`).
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import shapely
from numpy.typing import NDArray

from boundaries.errors import BadInput
from boundaries.exchange.headers import recognise
from boundaries.exchange.reading import read_table, split_layer
from boundaries.exchange.vectors import choose_layer, table_encoding, unreadable

_PARQUET = {".parquet", ".geoparquet"}
_TABLES = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm"}
_MULTI = int(shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Layer:
    """One layer of a file.

    Attributes
    ----------
    columns : pyarrow.Table
        All columns but the shapes.
    geometry : ndarray of shapely geometry or None
        One for each row, without heights.
    crs : str
        Any name that PROJ knows.
    encoding : str or None
        Of a shapefile or a text file, where it is known.
    is_multi : bool
        Whether the layer's shapes are of several pieces, be it one.
    """

    columns: Any
    geometry: NDArray[np.object_]
    crs: str
    encoding: str | None = None
    is_multi: bool = False

    def with_shapes(self, shapes: Mapping[int, Any]) -> "Layer":
        """The layer with other shapes in some rows."""
        geometry = self.geometry.copy()
        for row, shape in shapes.items():
            geometry[row] = shape
        return replace(self, geometry=geometry)

    def with_rows(self, rows: Sequence[Mapping[str, Any]], shapes: Sequence[Any]) -> "Layer":
        """The layer with more rows at its end.

        Parameters
        ----------
        rows : sequence of mapping
            Column -> value; a text is left out where the column holds no text, as is what is
            not named.
        shapes : sequence of shapely geometry
        """
        if not rows:
            return self
        schema = self.columns.schema
        texts = {name for name in schema.names if _is_text(schema.field(name).type)}
        fitting = [
            {name: value for name, value in row.items() if name in texts or not isinstance(value, str)} for row in rows
        ]
        blank = dict.fromkeys(schema.names)
        added = pa.Table.from_pylist([blank | row for row in fitting], schema=schema)
        more = np.empty(len(shapes), dtype=object)
        more[:] = shapes
        columns = pa.concat_tables([self.columns, added])
        return replace(self, columns=columns, geometry=np.concatenate([self.geometry, more]))

    def value(self, row: int, column: str) -> Any:
        """What stands in one cell."""
        return self.columns.column(column)[row].as_py()


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def read_layer(path: Path, *, kind: str, crs: str, encoding: str | None = None) -> Layer:
    """Read a layer as it stands.

    Parameters
    ----------
    path : Path
        One that :func:`boundaries.exchange.reading.read_table` has read: its rows are in the
        same order.
    kind : {"grids", "areas"}
        The layer of the plan that it is.
    crs : str
        Its system, for formats that do not say one.
    encoding : str, optional
        Of a shapefile or a text file.

    Returns
    -------
    Layer

    Raises
    ------
    BadInput
        If the file is damaged, or holds no shapes.
    """
    file, layer = split_layer(path, None)
    suffix = file.suffix.lower()
    if suffix in _TABLES:
        return _of_table(path, kind=kind, crs=crs, encoding=encoding)
    if suffix in _PARQUET:
        return _of_parquet(file, crs)
    name, _ = choose_layer(file, layer, kind)
    used, _ = table_encoding(file, encoding)
    try:
        with warnings.catch_warnings():
            # GDAL remarks on what it repairs in passing; the shapes were checked when they were read.
            warnings.simplefilter("ignore", RuntimeWarning)
            meta, table = pyogrio.read_arrow(file, layer=name, encoding=used)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError) as error:
        raise unreadable(file, error) from error
    shapes = meta["geometry_name"] or "wkb_geometry"
    geometry = shapely.from_wkb(table.column(shapes).to_pylist(), on_invalid="ignore")
    is_multi = str(meta["geometry_type"]).startswith("Multi") and suffix not in {".shp", ".zip"}
    says = suffix not in {".geojson", ".json", ".kml", ".kmz"} and meta["crs"]
    return Layer(
        table.drop_columns([shapes]), _flat(geometry), meta["crs"] if says else crs, used or _cpg(file), is_multi
    )


def _cpg(path: Path) -> str | None:
    """The encoding that a shapefile names beside it."""
    file = path.with_suffix(".cpg")
    return (file.read_text(encoding="ascii", errors="ignore").strip() or None) if file.is_file() else None


def _flat(geometry: Any) -> NDArray[np.object_]:
    return np.asarray(shapely.force_2d(np.asarray(geometry, dtype=object)), dtype=object)


def _of_parquet(path: Path, crs: str) -> Layer:
    try:
        frame = geopandas.read_parquet(path)
        table = pyarrow.parquet.read_table(path)
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(path, error) from error
    shapes = frame.geometry.name
    geometry = _flat(frame.geometry.array)
    is_multi = bool((shapely.get_type_id(geometry) == _MULTI).all()) and len(geometry) > 0
    declared = frame.crs.to_wkt() if frame.crs is not None else crs
    # What pandas noted there speaks of the rows as they were.
    return Layer(table.drop_columns([shapes]).replace_schema_metadata(None), geometry, declared, None, is_multi)


def _of_table(path: Path, *, kind: str, crs: str, encoding: str | None) -> Layer:
    table = read_table(path, crs=crs, encoding=encoding, kind=kind, any_datum=True)
    column = recognise(kind, table.columns).get("wkt")
    if column is None:
        raise BadInput(
            f"{table.file}:没有图形列(WKT)。请给出有图形的文件。",
            f"{table.file}: has no column of shapes (WKT). Name a file that has shapes.",
        )
    names = [name for name in table.columns if name != column]
    columns = pa.table({name: pa.array(table.values(name), pa.string()) for name in names})
    geometry = shapely.from_wkt(table.values(column), on_invalid="ignore")
    return Layer(columns, _flat(geometry), crs, encoding)

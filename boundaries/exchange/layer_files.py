"""Layers of polygons as they stand in a file: every column, its type and order are kept.

What :mod:`boundaries.exchange.reading` gives is text to be understood; here nothing is
understood, so that a file comes back as it was, with other shapes. Coordinates are
written bit for bit.
"""

import csv
import json
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
from pyproj import CRS
from shapely.geometry import mapping

from boundaries.errors import BadInput
from boundaries.exchange.formats import require_encodable, short_names
from boundaries.exchange.headers import recognise
from boundaries.exchange.reading import read_table, split_layer
from boundaries.exchange.vectors import choose_layer, table_encoding, unreadable

SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet", ".csv")
_PARQUET = {".parquet", ".geoparquet"}
_TABLES = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm"}
_MULTI = int(shapely.GeometryType.MULTIPOLYGON)
_SINGLE = int(shapely.GeometryType.POLYGON)
_DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}


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
    require_writable(path)
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


def require_writable(path: Path) -> None:
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
            require_encodable(table.column(column).to_pylist(), encoding)
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
            "properties": {name: _plain(value) for name, value in row.items()},
            "geometry": None if shape is None else mapping(shape),
        }
        for row, shape in zip(_rows(layer), shapes, strict=True)
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "name": path.stem}
    authority = CRS.from_user_input(layer.crs).to_authority()
    if authority != ("EPSG", "4326"):
        name = f"urn:ogc:def:crs:{authority[0]}::{authority[1]}" if authority else layer.crs
        collection["crs"] = {"type": "name", "properties": {"name": name}}
    collection["features"] = features
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


def _rows(layer: Layer) -> list[dict[str, Any]]:
    return layer.columns.to_pylist() if layer.columns.num_columns else [{} for _ in layer.geometry]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


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
                writer.writerow([*map(_plain, row.values()), text])
        except UnicodeEncodeError as error:
            raise BadInput(
                f"有文字不能用 {encoding} 编码写出。请去掉 --encoding。",
                f"Some text cannot be written in {encoding}. Leave --encoding out.",
            ) from error

"""Read files of points by column: a million rows in a second or two."""

import csv
import io
import itertools
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from boundaries.errors import BadInput
from boundaries.exchange.charsets import decode, refuse_garbled
from boundaries.exchange.point_tables import PointTable, point_table
from boundaries.exchange.reading import PARQUET, TEXT, VECTOR, read_table, require_file, split_layer, table_of_layer
from boundaries.exchange.spreadsheets import encoding_notes, separator_of
from boundaries.exchange.tables import Sheet, as_text, table_of
from boundaries.exchange.vectors import (
    RawLayer,
    choose_layer,
    is_certain,
    require_whole_shapefile,
    table_encoding,
    unreadable,
)
from geo.crs import parse_crs

_HEAD_CHARACTERS = 100_000
_HEAD_ROWS = 40
# What may be a total or a foot note, on the safe side: a file that holds one is read row by row.
_ASIDE = (
    r"(?i)^\s*((合\s*计|总\s*计|小\s*计|共\s*计|总\s*数|汇\s*总|grand\s*total|sub\s*total|total|sum)\s*[::]?\s*$"
    r"|(填\s*表|制\s*表|填\s*报|审\s*核|备\s*注|注|说\s*明|单\s*位|日\s*期|联\s*系\s*人)[^,,]*[::])"
)


def read_points(path: Path, *, crs: str | None, encoding: str | None, headers: Collection[str] = ()) -> PointTable:
    """Read a file of points.

    Parameters
    ----------
    path : Path
        May name its layer or sheet: ``file.gpkg|layername=points``.
    crs, encoding, headers
        As for :func:`boundaries.exchange.reading.read_table`.

    Returns
    -------
    PointTable

    Raises
    ------
    BadInput
        If the file cannot be read, or holds no record.
    CrsProblem
        If the system is unknown or unsafe, or the caller and the file contradict each other.
    """
    file, layer = split_layer(path, None)
    require_file(file)
    suffix = file.suffix.lower()
    if suffix in PARQUET:
        return _read_parquet(file, crs)
    if suffix in VECTOR:
        return _read_layer(file, layer, crs, encoding)
    plain = _read_plain(file, crs, encoding, headers) if suffix in TEXT else None
    return plain or point_table(read_table(path, crs=crs, encoding=encoding, headers=headers))


def _read_parquet(path: Path, crs: str | None) -> PointTable:
    try:
        with parquet.ParquetFile(path) as file:
            data = file.read()
        told = (data.schema.metadata or {}).get(b"geo")
        primary = None if told is None else str(orjson.loads(told)["primary_column"])
        frame: Any = None if primary is None else geopandas.read_parquet(path, columns=[primary])
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(path, error) from error
    if frame is None:
        return _of_data(path.name, data, crs)
    declared = frame.crs.to_wkt() if frame.crs is not None else None
    layer = RawLayer(path.name, {}, np.asarray(frame.geometry.array, dtype=object), declared, True, ())
    return _of_layer(layer, data, crs, primary)


def _read_layer(path: Path, layer: str | None, crs: str | None, encoding: str | None) -> PointTable:
    if path.suffix.lower() == ".shp":
        require_whole_shapefile(path)
    name, notes = choose_layer(path, layer, None)
    raw, encoding_told = table_encoding(path, encoding)
    try:
        with warnings.catch_warnings():
            # GDAL remarks on what it repairs in passing.
            warnings.simplefilter("ignore", RuntimeWarning)
            meta, data = pyogrio.raw.read_arrow(path, layer=name, encoding=raw, datetime_as_string=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError, RuntimeError) as error:
        raise unreadable(path, error) from error
    title = path.name if name is None else f"{path.name}[{name}]"
    kept = data.select([str(field) for field in meta["fields"]])
    _refuse_garbled(kept, title)
    drawn = meta["geometry_name"] or "wkb_geometry"
    if drawn not in data.column_names:
        return _of_data(title, kept, crs)
    with np.errstate(invalid="ignore"):
        # Coordinates that are no numbers lie nowhere.
        shapes = shapely.from_wkb(data[drawn].to_numpy(), on_invalid="ignore")
    found = RawLayer(title, {}, shapes, meta["crs"], is_certain(path), (*notes, *encoding_told))
    return _of_layer(found, kept, crs, None)


def _of_layer(layer: RawLayer, data: Any, crs: str | None, shape_column: str | None) -> PointTable:
    table = table_of_layer(layer, crs=crs)
    return PointTable(layer.name, data, table.row_numbers, table.geometry, table.crs, shape_column, table.notes)


def _of_data(file: str, data: Any, crs: str | None) -> PointTable:
    if not len(data):
        raise BadInput(f"{file}:没有任何记录。请换一个有数据的文件。", f"{file}: holds no record at all.")
    return PointTable(file, data, np.arange(1, len(data) + 1, dtype=np.int64), crs=parse_crs(crs) if crs else None)


def _read_plain(path: Path, crs: str | None, encoding: str | None, headers: Collection[str]) -> PointTable | None:
    """A text file of one header and records below it; None where titles, totals or blank rows stand in it."""
    text, used = decode(path.read_bytes(), encoding=encoding, file=path.name)
    columns = _plain_header(path.name, text, headers)
    if columns is None:
        return None
    types = arrow_csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True)
    types.null_values = [""]
    try:
        data = arrow_csv.read_csv(
            pa.BufferReader(text.rstrip("\r\n").encode()),
            read_options=arrow_csv.ReadOptions(column_names=columns, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator_of(text), newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=types,
        )
    except pa.ArrowInvalid:
        return None
    if _has_asides(data):
        return None
    _refuse_garbled(data, path.name)
    numbers = np.arange(2, len(data) + 2, dtype=np.int64)
    notes = encoding_notes(path, used, encoding)
    return PointTable(path.name, data, numbers, crs=parse_crs(crs) if crs else None, notes=notes)


def _plain_header(file: str, text: str, headers: Collection[str]) -> list[str] | None:
    head = io.StringIO(text[:_HEAD_CHARACTERS])
    rows = list(itertools.islice(csv.reader(head, delimiter=separator_of(text)), _HEAD_ROWS))
    if len(text) > _HEAD_CHARACTERS:
        # The last row may be cut.
        rows = rows[:-1]
    if len(rows) < 2 or any("\n" in cell for cell in rows[0]):
        return None
    table = table_of(Sheet(file, [[as_text(cell) for cell in row] for row in rows]), headers=headers)
    is_plain = not table.notes and table.row_numbers[0] == 2 and list(table.columns) == rows[0]
    return rows[0] if is_plain else None


def _has_asides(data: Any) -> bool:
    """Whether a row may be blank, a total, a foot note or the title of a section."""
    first = pc.coalesce(*data.columns)
    if first.null_count:
        return True
    is_one = pa.scalar(True)
    for column in data.columns:
        if pc.any(pc.match_substring_regex(column, _ASIDE)).as_py():
            return True
        is_one = pc.and_(is_one, pc.fill_null(pc.equal(column, first), True))
    return data.num_columns > 2 and bool(pc.any(is_one).as_py())


def _refuse_garbled(data: Any, file: str) -> None:
    texts = [*data.column_names]
    for column in data.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            wide = column.filter(pc.invert(pc.string_is_ascii(column)))
            texts += wide.unique().to_pylist()
    refuse_garbled(texts, file=file)

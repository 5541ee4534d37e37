"""The GeoPackage of a draft: layers, styles, the project, and what the draft was when it was written.

Besides its layers the file keeps the grids as they were exported. What a planner changed
is told from them, even when the draft has been changed by others since.
"""

import json
import sqlite3
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import geopandas
import pandas as pd
import pyogrio
import shapely

from boundaries.errors import BadInput
from boundaries.exchange.qgis.layers import ProjectLayer
from boundaries.exchange.qgis.project import project_file, zipped
from boundaries.exchange.qgis.styles import style_file
from boundaries.model import Layer, MicroGrid

PROJECT_SUFFIX = ".qgs"
_FORMAT = 1
_STYLE_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
    ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
_STYLE_CONTENTS = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', strftime('%Y-%m-%dT%H:%M:%fZ','now'), 0)"""
_PROJECT_TABLE = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
_MARK_TABLE = "CREATE TABLE microgrid_marks (key TEXT PRIMARY KEY, value TEXT)"
_KEPT = ("id", "rank", "code", "name", "area", "kind", "layer", "honorary_name", "street_group", "version")
_KEPT_TABLE = """
CREATE TABLE microgrid_exported (
    id INTEGER, rank INTEGER, code TEXT, name TEXT, area TEXT, kind TEXT, layer TEXT, honorary_name TEXT,
    street_group TEXT, version INTEGER, shape BLOB
)"""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the draft was when its file was written.

    Attributes
    ----------
    draft, revision : int
    title : str
        What people call the draft.
    area : str or None
        Code of the area that was exported; None for all of the draft.
    exported_at : str
        ISO 8601, UTC.
    exported_by : str
    """

    draft: int
    revision: int
    title: str
    area: str | None
    exported_at: str
    exported_by: str


def write_package(path: Path, layers: Sequence[ProjectLayer], grids: Sequence[MicroGrid], marks: Marks) -> None:
    """Write the GeoPackage, and the project beside it too, for those who open files with two clicks.

    Parameters
    ----------
    path : Path
        ``.gpkg``; the project is of the same name.
    layers : sequence of ProjectLayer
        The uppermost first.
    grids : sequence of MicroGrid
        As they stand in the draft.
    marks : Marks
    """
    for layer in layers:
        _write_layer(path, layer)
    project = project_file(layers, title=marks.title, package=path.name)
    path.with_suffix(PROJECT_SUFFIX).write_bytes(project)
    told = json.dumps({"last_modified_time": marks.exported_at[:19], "last_modified_user": marks.exported_by})
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_STYLE_TABLE)
        file.execute(_STYLE_CONTENTS)
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '')",
            [(layer.table, layer.table, style_file(layer), layer.title) for layer in layers],
        )
        file.execute(_PROJECT_TABLE)
        # QGIS keeps the zipped project as hexadecimal digits.
        content = zipped(project, path.stem).hex()
        file.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", (marks.title, told, content))
        file.execute(_MARK_TABLE)
        rows = {"format": _FORMAT, **asdict(marks)}
        file.executemany("INSERT INTO microgrid_marks VALUES (?, ?)", [(k, json.dumps(v)) for k, v in rows.items()])
        file.execute(_KEPT_TABLE)
        kept = [(*(getattr(grid, name) for name in _KEPT), shapely.to_wkb(grid.polygon)) for grid in grids]
        file.executemany("INSERT INTO microgrid_exported VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kept)


def _write_layer(path: Path, layer: ProjectLayer) -> None:
    columns = layer.columns
    data = {name: _series(values) for name, values in columns.values.items()}
    frame = pd.DataFrame(data, index=range(len(columns)))
    base = columns.crs.base if columns.crs is not None else None
    shaped = geopandas.GeoDataFrame(
        frame, geometry=geopandas.GeoSeries(columns.geometry, index=frame.index, crs=base), crs=base
    )
    with warnings.catch_warnings():
        # GDAL remarks on the choice of field widths.
        warnings.simplefilter("ignore", RuntimeWarning)
        pyogrio.write_dataframe(
            shaped, path, driver="GPKG", layer=layer.table, geometry_type=layer.geometry_type, append=path.exists()
        )


def _series(values: Sequence[Any]) -> Any:  # Any: a column of whatever type
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return pd.array(values, dtype="boolean")
    if known and all(isinstance(value, int) for value in known):
        return pd.array(values, dtype="Int64")
    if known and all(isinstance(value, int | float) for value in known):
        return pd.array(values, dtype="Float64")
    return pd.Series([None if value is None else str(value) for value in values], dtype=object)


def read_marks(path: Path) -> tuple[Marks, tuple[MicroGrid, ...]] | None:
    """What the draft was when a package was written; None for a file that is none of ours.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    Marks
    tuple of MicroGrid
        The grids as they were exported, bit for bit, without parts.

    Raises
    ------
    BadInput
        If a later version of this program wrote it.
    """
    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(path)) as file:
            marks = {key: json.loads(value) for key, value in file.execute("SELECT key, value FROM microgrid_marks")}
            rows = file.execute("SELECT * FROM microgrid_exported").fetchall()
    except sqlite3.DatabaseError:
        # Somebody else's GeoPackage, or none at all: whoever reads its layers says so.
        return None
    if marks.pop("format", None) != _FORMAT:
        raise BadInput(
            f"{path.name}:由更新版本的程序导出。请升级后再交回。",
            f"{path.name}: written by a later version of this program. Upgrade before giving it back.",
        )
    return Marks(**marks), tuple(_grid(dict(zip((*_KEPT, "shape"), row, strict=True))) for row in rows)


def _grid(row: Mapping[str, Any]) -> MicroGrid:
    return MicroGrid(
        id=row["id"],
        rank=row["rank"],
        code=row["code"],
        name=row["name"],
        area=row["area"],
        polygon=cast("shapely.Polygon", shapely.from_wkb(row["shape"])),
        kind=row["kind"],
        layer=cast("Layer", row["layer"]),
        honorary_name=row["honorary_name"],
        street_group=row["street_group"],
        version=row["version"],
    )

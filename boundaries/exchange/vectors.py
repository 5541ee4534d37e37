"""Files with shapes: shapefile, GeoPackage, GeoJSON, FileGDB, KML, GeoParquet."""

import json
import re
import struct
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet
import pyogrio
import shapely
from numpy.typing import NDArray

from boundaries.errors import BadInput
from boundaries.exchange.charsets import check_choice, detect, is_wide
from boundaries.exchange.tables import Note, as_text

# What people call a layer inside a file of many, per layer of the plan.
_LAYER_NAMES: dict[str, tuple[str, ...]] = {
    "areas": ("areas", "parents", "区域", "社区"),
    "grids": ("grids", "micro_grids", "网格", "微网格"),
    "buildings": ("buildings", "building", "楼栋", "建筑"),
    "compounds": ("compounds", "小区", "landuse"),
    "shops": ("shops", "shops_poi", "商铺"),
    "streets": ("streets", "roads", "道路"),
    "waters": ("waters", "water", "water_areas", "水系"),
    "walls": ("walls", "围墙"),
    "people": ("people", "人员"),
    "parts": ("parts", "分段"),
}
# Language bytes of a .dbf that name a code page of the region; 0x57 and 0x03 (Windows
# Latin) stand in Chinese tables too, whatever the text is in, and say nothing.
_REGIONAL_LANGUAGES = {0x13, 0x4D, 0x4E, 0x4F, 0x78, 0x79, 0x7A, 0x7B}
_LATIN_NAMES = {"", "1252", "88591", "iso88591", "cp1252", "ansi1252", "windows1252", "latin1", "ansi"}


@dataclass(frozen=True)
class RawLayer:
    """One layer of a vector file before it is a table.

    ``declared`` is the system that the file names; ``is_certain`` is False where the
    format alone implies it (GeoJSON, KML).
    """

    name: str
    columns: dict[str, list[str | None]]
    geometry: NDArray[np.object_] | None
    declared: str | None
    is_certain: bool
    notes: tuple[Note, ...]


def read_vector(path: Path, *, encoding: str | None, layer: str | None, kind: str | None) -> RawLayer:
    """Read one layer of a vector file.

    Parameters
    ----------
    path : Path
    encoding : str or None
        Encoding of a shapefile's table; None believes the file, else detects.
    layer : str or None
        Name of the layer in a file of several.
    kind : str or None
        The layer of the plan that is wanted, to choose among several.

    Returns
    -------
    RawLayer

    Raises
    ------
    BadInput
        If the file is incomplete, damaged or in another encoding, or the layer cannot be chosen.
    """
    if path.suffix.lower() == ".shp":
        require_whole_shapefile(path)
    name, notes = choose_layer(path, layer, kind)
    raw, encoding_notes = table_encoding(path, encoding)
    try:
        with warnings.catch_warnings():
            # GDAL remarks on what it repairs in passing; what matters is checked on the shapes.
            warnings.simplefilter("ignore", RuntimeWarning)
            meta, _, wkb, fields = pyogrio.raw.read(path, layer=name, encoding=raw, datetime_as_string=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeDecodeError, RuntimeError) as error:
        raise unreadable(path, error) from error
    with np.errstate(invalid="ignore"):
        # Coordinates that are no numbers are for the checks to tell.
        geometry = None if wkb is None else shapely.from_wkb(wkb, on_invalid="ignore")
    columns = {
        str(column): [as_text(v) for v in values.tolist()]
        for column, values in zip(meta["fields"], fields, strict=True)
    }
    return RawLayer(
        path.name if name is None else f"{path.name}[{name}]",
        columns,
        geometry,
        meta["crs"],
        is_certain(path),
        (*notes, *encoding_notes),
    )


def read_parquet(path: Path) -> RawLayer:
    """Read a GeoParquet file, or a Parquet file without shapes.

    Raises
    ------
    BadInput
        If the file is damaged.
    """
    try:
        frame: Any
        has_shapes = b"geo" in (pyarrow.parquet.read_schema(path).metadata or {})
        with np.errstate(invalid="ignore"):
            frame = geopandas.read_parquet(path) if has_shapes else pd.read_parquet(path)
    except (OSError, ValueError, KeyError) as error:
        raise unreadable(path, error) from error
    shapes = frame.geometry.name if has_shapes else None
    columns = {str(c): [as_text(v) for v in frame[c].tolist()] for c in frame.columns if c != shapes}
    geometry = np.asarray(frame.geometry.array, dtype=object) if has_shapes else None
    crs = frame.crs.to_wkt() if has_shapes and frame.crs is not None else None
    return RawLayer(path.name, columns, geometry, crs, True, ())


def unreadable(path: Path, error: Exception) -> BadInput:
    """What to say of a file that cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return BadInput(
            f"{path.name}:文字编码不对,读不出来。请写明 --encoding(常见为 gbk)。",
            f"{path.name}: the text is in another encoding. Name it with --encoding (often gbk).",
        )
    return BadInput(
        f"{path.name}:打不开,可能已损坏、不完整,或格式与后缀不符。请从原软件重新导出。",
        f"{path.name}: cannot be read; it is damaged, incomplete or not what its suffix says. "
        f"Export it again. ({error})",
    )


def require_whole_shapefile(path: Path) -> None:
    """Refuse a shapefile that lacks a part or was cut off.

    Parameters
    ----------
    path : Path
        The ``.shp``.

    Raises
    ------
    BadInput
        If ``.shx`` or ``.dbf`` is missing, or a file is shorter than its header says.
    """
    siblings = {file.suffix.lower(): file for file in path.parent.iterdir() if file.stem == path.stem}
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in siblings]
    if missing:
        lacking = "、".join(missing)
        raise BadInput(
            f"{path.name}:缺少同名的 {lacking} 文件。Shapefile 由 .shp .shx .dbf(.prj .cpg)组成,请一起拷贝。",
            f"{path.name}: {', '.join(missing)} is missing beside it. "
            "A shapefile is .shp, .shx, .dbf (.prj, .cpg): copy all.",
        )
    shp, dbf = siblings[".shp"].read_bytes()[:100], siblings[".dbf"].read_bytes()[:32]
    promised = struct.unpack(">i", shp[24:28])[0] * 2 if len(shp) == 100 else 100
    short = path.stat().st_size < promised or len(shp) < 100
    if len(dbf) == 32:
        records, header, width = struct.unpack("<IHH", dbf[4:12])
        short = short or siblings[".dbf"].stat().st_size < header + records * width
        short = short or (siblings[".shx"].stat().st_size - 100) // 8 < records
    else:
        short = True
    if short:
        raise BadInput(
            f"{path.name}:文件不完整(被截断),比文件头写明的短。请重新拷贝或重新导出。",
            f"{path.name}: the file was cut off: it is shorter than its header says. Copy or export it again.",
        )


def choose_layer(path: Path, layer: str | None, kind: str | None) -> tuple[str | None, tuple[Note, ...]]:
    """The layer to read of a file that may have several.

    Parameters
    ----------
    path : Path
    layer : str or None
        The one that the caller names.
    kind : str or None
        The layer of the plan that is wanted.

    Returns
    -------
    str or None
        None where the file has but one.
    tuple of Note

    Raises
    ------
    BadInput
        If there is no such layer, none can be chosen, or the file is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            names = [str(row[0]) for row in pyogrio.list_layers(path)]
    except (pyogrio.errors.DataSourceError, RuntimeError) as error:
        raise unreadable(path, error) from error
    if layer is not None and layer in names:
        return layer, ()
    listed = "、".join(names)
    if layer is not None or not names:
        raise BadInput(
            f"{path.name}:没有图层“{layer}”。现有:{listed}。",
            f'{path.name}: no layer "{layer}". It has: {", ".join(names)}.',
        )
    if len(names) == 1:
        return None, ()
    lowered = {name.casefold(): name for name in reversed(names)}
    for candidate in _LAYER_NAMES.get(kind or "", ()):
        if candidate in lowered:
            chosen = lowered[candidate]
            return chosen, (Note(f"{path.name}:读图层“{chosen}”", f'{path.name}: read layer "{chosen}"'),)
    raise BadInput(
        f"{path.name}:有 {len(names)} 个图层,请用 --layer-name 指明一个:{listed}。",
        f"{path.name}: has {len(names)} layers; choose one with --layer-name: {', '.join(names)}.",
    )


@dataclass(frozen=True)
class _Dbf:
    """A shapefile's table as bytes: the text in it, and what is said of its encoding."""

    text: bytes
    language: int
    cpg: str

    @property
    def is_declared(self) -> bool:
        """Whether something beside the text says its encoding, and can be believed."""
        name = re.sub(r"[^a-z0-9]", "", self.cpg.casefold())
        return name not in _LATIN_NAMES or (not self.cpg and self.language in _REGIONAL_LANGUAGES)


def table_encoding(path: Path, encoding: str | None) -> tuple[str | None, tuple[Note, ...]]:
    """The encoding to hand to GDAL for a shapefile's table; None for other formats.

    Raises
    ------
    BadInput
        If it is none of those that can be told, or not the given one.
    """
    table = _dbf(path)
    if table is None:
        return None, ()
    if encoding is not None:
        check_choice(table.text, encoding, path.name)
        return encoding, ()
    if table.is_declared or table.text.isascii() or not is_wide(table.text):
        return None, ()
    found = detect(table.text)
    if found is None:
        raise BadInput(
            f"{path.name}:属性表没有写明编码,也判断不出。请写明 --encoding(常见为 gbk)。",
            f"{path.name}: its table names no encoding and none can be told. Name it with --encoding (often gbk).",
        )
    return found, (Note(f"{path.name}:属性表按 {found} 编码读取", f"{path.name}: its table was read as {found}"),)


def _dbf(path: Path) -> _Dbf | None:
    """The table of a shapefile, zipped or not; None for other formats."""
    if path.suffix.lower() == ".zip":
        if not zipfile.is_zipfile(path):
            return None
        with zipfile.ZipFile(path) as archive:
            names = {suffix: _members(archive, suffix) for suffix in (".dbf", ".cpg")}
            if len(names[".dbf"]) != 1:
                return None
            cpg = archive.read(names[".cpg"][0]) if names[".cpg"] else b""
            return _dbf_of(archive.read(names[".dbf"][0]), cpg)
    if path.suffix.lower() != ".shp":
        return None
    siblings = {file.suffix.lower(): file for file in path.parent.iterdir() if file.stem == path.stem}
    return _dbf_of(siblings[".dbf"].read_bytes(), siblings[".cpg"].read_bytes() if ".cpg" in siblings else b"")


def _members(archive: zipfile.ZipFile, suffix: str) -> list[str]:
    return [name for name in archive.namelist() if name.lower().endswith(suffix) and "__MACOSX" not in name]


def _dbf_of(data: bytes, cpg: bytes) -> _Dbf:
    """Field names and records, without the binary bytes of the header."""
    header = struct.unpack("<H", data[8:10])[0] if len(data) > 29 else 0
    names = b" ".join(data[at : at + 11].split(b"\0")[0] for at in range(32, max(header - 1, 32), 32))
    language = data[29] if len(data) > 29 else 0
    return _Dbf(names + b" " + data[header:].rstrip(b"\x1a"), language, cpg.decode("ascii", "ignore").strip())


def is_certain(path: Path) -> bool:
    """Whether a file says its own system; some formats only imply one."""
    if path.suffix.lower() in {".kml", ".kmz"}:
        return False
    if path.suffix.lower() in {".geojson", ".json"}:
        # RFC 7946 took the member away; only older files still say their system.
        head = path.read_bytes()[:4096]
        return b'"crs"' in head and b"FeatureCollection" in head and _names_crs(path)
    return True


def _names_crs(path: Path) -> bool:
    """Whether a GeoJSON names a system other than the one that it may only imply."""
    try:
        name = str(json.loads(path.read_bytes()).get("crs", {}).get("properties", {}).get("name", ""))
    except (ValueError, AttributeError):
        return False
    return bool(name) and not name.endswith(("CRS84", ":4326"))

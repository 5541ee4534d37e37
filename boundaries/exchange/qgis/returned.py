"""The grids of a draft as they come back from QGIS, ArcGIS or any other drawing program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from shapely import Polygon

from boundaries.exchange.qgis.layers import GRIDS, ID_FIELD, OVERLAYS, VERSION_FIELD
from boundaries.exchange.qgis.package import Marks, read_marks
from boundaries.exchange.reading import read_table, require_file, split_layer
from boundaries.exchange.rows import Rows
from boundaries.exchange.tables import Note, Table
from boundaries.exchange.values import LAYER_WORDS, kind_words, word
from boundaries.model import Kind, MicroGrid
from geo.crs import STORAGE_CRS, SourceCrs, project

# Ours first, then what the project shows of it.
_OURS = {ID_FIELD: (ID_FIELD, "永久编号"), VERSION_FIELD: (VERSION_FIELD, "改动次数")}
# A shapefile cuts names at ten bytes.
_SHORT_BYTES = 10
_TEXT_FIELDS = ("code", "name", "honorary_name", "street_group")
_DEGREE_M = 111_320.0
_DECIMALS = range(1, 9)


@dataclass(frozen=True, slots=True)
class ReturnedGrid:
    """One row of a returned file.

    Attributes
    ----------
    row : int
        As the user's program counts it.
    layer_name : str
        File and layer in which it stands.
    number : int or None
        Permanent number of the grid that it says it is.
    version : int or None
        How often that grid had been changed when the file was written.
    fields : mapping
        Field -> value, of the fields that the file has a column for; a code or name may be blank.
    polygon : Polygon
        In the coordinates of the file.
    """

    row: int
    layer_name: str
    number: int | None
    version: int | None
    fields: Mapping[str, str | None]
    polygon: Polygon


@dataclass(frozen=True)
class ReturnedFile:
    """A file of grids that came back.

    Attributes
    ----------
    name : str
    crs : SourceCrs
        System of its coordinates.
    grids : tuple of ReturnedGrid
    marks : Marks or None
        What the draft was when the file was written; None for a file that does not say.
    exported : tuple of MicroGrid
        The grids as they were exported; empty where the file does not say.
    decimals : int or None
        To how many its coordinates are rounded; None for those of full length.
    notes : tuple of Note
    """

    name: str
    crs: SourceCrs
    grids: tuple[ReturnedGrid, ...]
    marks: Marks | None
    exported: tuple[MicroGrid, ...]
    decimals: int | None
    notes: tuple[Note, ...] = ()


def read_returned(
    path: Path, *, kinds: tuple[Kind, ...], crs: str | None = None, encoding: str | None = None
) -> ReturnedFile:
    """Read grids that came back.

    Parameters
    ----------
    path : Path
        A GeoPackage, shapefile, GeoJSON or any other file with shapes.
    kinds : tuple of Kind
        The kinds there are.
    crs : str, optional
        System of the coordinates, where the file does not say.
    encoding : str, optional
        Of a shapefile's table.

    Returns
    -------
    ReturnedFile

    Raises
    ------
    RefusedRows
        If a shape cannot be used, or a kind or layer is not known.
    BadInput
        If the file is missing, damaged or holds no grids.
    CrsProblem
        If nobody said which system the coordinates are in.
    """
    place, _ = split_layer(path, None)
    require_file(place)
    kept = read_marks(place)
    tables = [read_table(path, crs=crs, encoding=encoding, layer=None if kept is None else GRIDS, kind=GRIDS)]
    if kept is not None and _count(place, OVERLAYS):
        tables.append(read_table(place, crs=crs, layer=OVERLAYS, kind=GRIDS))
    # Of a package the table says what is drawn in it; another file leaves its grids in the layer they have.
    layers = (None,) if kept is None else ("tile", "overlay")
    grids = [grid for table, layer in zip(tables, layers, strict=False) for grid in _rows(table, layer, kinds)]
    grids, system = _in_one_system(grids, [table.crs for table in tables for _ in range(len(table))])
    decimals = _decimals(shapely.get_coordinates([grid.polygon for grid in grids]))
    notes = tuple(note for table in tables for note in table.notes)
    marks, exported = kept if kept is not None else (None, ())
    return ReturnedFile(place.name, system, tuple(grids), marks, exported, decimals, notes)


def _in_one_system(
    grids: list[ReturnedGrid], systems: Sequence[SourceCrs | None]
) -> tuple[list[ReturnedGrid], SourceCrs]:
    """Rows of layers of which one was saved in another system, all in stored degrees, unrounded."""
    named = {system for system in systems if system is not None}
    if len(named) == 1:
        return grids, named.pop()
    stored = SourceCrs(STORAGE_CRS, STORAGE_CRS)
    moved = [
        replace(grid, polygon=shapely.transform(grid.polygon, partial(project, source=system, target=STORAGE_CRS)))
        for grid, system in zip(grids, systems, strict=True)
        if system is not None
    ]
    return moved, stored


def _count(path: Path, layer: str) -> int:
    """Rows of a layer; 0 where somebody has dropped it."""
    names = {str(row[0]) for row in pyogrio.list_layers(path)}
    return int(pyogrio.read_info(path, layer=layer)["features"]) if layer in names else 0


def _rows(table: Table, layer: str | None, kinds: tuple[Kind, ...]) -> list[ReturnedGrid]:
    rows = Rows.of(table, GRIDS, columns=_short_names(table))
    rows.check_code("code")
    shapes = rows.shapes("polygon", one_part=True)
    words = kind_words(kinds)
    known_zh, known_en = "、".join(kind.name_zh for kind in kinds), ", ".join(kind.code for kind in kinds)
    found = []
    for index in range(len(rows)):
        fields = {name: rows.text(index, name) for name in _TEXT_FIELDS if name in rows.fields}
        if "parent" in rows.fields:
            fields["area"] = rows.text(index, "parent")
        kind = rows.read(
            index,
            "kind",
            lambda text: word(text, words),
            f"没有这种网格类型。可用:{known_zh}",
            f"is no kind: {known_en}",
        )
        told = rows.read(
            index, "layer", lambda text: word(text, LAYER_WORDS), "请写“平铺”或“叠加”", "write tile or overlay"
        )
        fields |= {"kind": kind} if "kind" in rows.fields else {}
        fields["layer"] = told or layer
        found.append(
            ReturnedGrid(
                row=int(table.row_numbers[index]),
                layer_name=table.file,
                number=_whole(rows, index, ID_FIELD),
                version=_whole(rows, index, VERSION_FIELD),
                fields=fields,
                polygon=shapes[index],
            )
        )
    rows.finish()
    return found


def _short_names(table: Table) -> dict[str, str]:
    """Our own names of fields, whole or as a shapefile cuts them, before anything else that they may be called."""
    wanted = {"honorary_name": "honorary_name", "street_group": "street_group", "parent": "area"}
    found = {}
    for field, name in wanted.items():
        column = next((one for one in (name, name[:_SHORT_BYTES]) if one in table.columns), None)
        if column is not None:
            found[field] = column
    return found


def _whole(rows: Rows, index: int, field: str) -> int | None:
    """A whole number of ours; None where it is blank or was spoilt, which the match by code or shape makes up for."""
    column = next((one for one in _OURS[field] if one in rows.table.columns), None)
    text = rows.cell(index, column) if column is not None else None
    return int(text) if text is not None and text.isdigit() and len(text) < 19 else None


def _decimals(xy: np.ndarray) -> int | None:
    """To how many decimals coordinates are rounded; None where they have all their digits."""
    return next((decimals for decimals in _DECIMALS if np.array_equal(np.round(xy, decimals), xy)), None)


def lost_m(returned: ReturnedFile, standing: np.ndarray) -> float:
    """To how many metres a file has rounded what it was given; 0 where it kept every digit.

    Parameters
    ----------
    returned : ReturnedFile
    standing : ndarray of float, shape (n, 2)
        The coordinates that it was given, in stored degrees.
    """
    crs, decimals = returned.crs, returned.decimals
    if decimals is None or (crs.is_geographic and np.array_equal(np.round(standing, decimals), standing)):
        return 0.0
    return (_DEGREE_M if crs.is_geographic else crs.metres_per_unit) * 10.0**-decimals

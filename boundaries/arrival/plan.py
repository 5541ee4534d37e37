"""What comes in, set in its place: one function from files and what stands to what to write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from boundaries.arrival.borders import lay_areas, lay_grids
from boundaries.arrival.comparing import Comparison, carried, compared, in_extent
from boundaries.arrival.matching import matched
from boundaries.arrival.places import require_near
from boundaries.arrival.rosters import place_parts, place_people
from boundaries.arrival.rows import Arrival, arrivals_of, refuse, require_distinct
from boundaries.errors import RefusedRow, RefusedRows
from boundaries.exchange.headers import Synonyms
from boundaries.exchange.people import parse_people
from boundaries.exchange.premises import (
    parse_buildings,
    parse_compounds,
    parse_shops,
    parse_streets,
    parse_walls,
    parse_waters,
)
from boundaries.exchange.records import parse_areas, parse_grids, parse_parts
from boundaries.exchange.rows import Parsed
from boundaries.exchange.shapes import shapes_of, with_shapes
from boundaries.exchange.tables import Note, Table
from boundaries.model import Area, MicroGrid
from boundaries.snapshot import Snapshot
from geo.crs import SourceCrs, parse_crs, to_storage
from geo.errors import CrsProblem

_PREMISES = ("buildings", "compounds", "shops")


@dataclass(frozen=True)
class Arriving:
    """What is to be loaded, and how its columns are to be read."""

    layer: str
    tables: tuple[Table, ...]
    columns: Mapping[str, str]
    synonyms: Synonyms | None = None
    level: str | None = None


@dataclass(frozen=True)
class Placed:
    """What to write, and how it differs from what stands.

    ``to_write`` holds new and changed rows; ``missing_ids`` the charges of people who
    are not in the files any more.
    """

    to_write: tuple[Arrival, ...]
    comparison: Comparison
    refined_areas: tuple[Area, ...] = ()
    refined_grids: tuple[MicroGrid, ...] = ()
    missing_ids: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()


def place(arriving: Arriving, standing: Snapshot) -> Placed:
    """Read the files' rows and set them beside what stands.

    Parameters
    ----------
    arriving : Arriving
    standing : Snapshot
        From the database.

    Returns
    -------
    Placed

    Raises
    ------
    RefusedRows
        If any row of any file cannot be loaded.
    BadInput
        If a file lacks what the layer needs.
    CrsProblem
        If nobody said which system the coordinates are in, or border files disagree.
    """
    layer = arriving.layer
    parsed = _parsed(arriving, standing)
    notes = tuple(note for table in arriving.tables for note in table.notes)
    if layer in {"parts", "people"}:
        placer = place_parts if layer == "parts" else place_people
        rows, comparison, missing_ids = placer(parsed, standing)
        return Placed(_said(rows, comparison), comparison, missing_ids=missing_ids, notes=notes)
    if layer in {"areas", "grids"}:
        arrivals = arrivals_of(parsed)
        require_distinct(arrivals)
        source = _one_system(arriving.tables)
        if layer == "areas":
            given = ("level",) if arriving.level else ()
            laid = lay_areas(arrivals, source, standing, given=given)
        else:
            laid = lay_grids(arrivals, source, standing)
        to_write = _said(laid.arrivals, laid.comparison)
        return Placed(to_write, laid.comparison, laid.refined_areas, laid.refined_grids, notes=notes)
    arrivals = arrivals_of([_in_storage(one) for one in parsed])
    rows, comparison, more = _place_premises(layer, arrivals, standing)
    return Placed(_said(rows, comparison), comparison, notes=(*notes, *more))


def _said(rows: Sequence[Arrival], comparison: Comparison) -> tuple[Arrival, ...]:
    wanted = comparison.to_write
    return tuple(row for row in rows if getattr(row.value, "code", None) in wanted or row.key in wanted)


def _parsed(arriving: Arriving, standing: Snapshot) -> list[Parsed[Any]]:
    """Every file read; refusals of all files are told together."""
    words: dict[str, Any] = {"columns": arriving.columns, "synonyms": arriving.synonyms}
    readers: dict[str, Callable[[Table], Parsed[Any]]] = {
        "areas": lambda table: parse_areas(table, **words, levels=standing.levels, level=arriving.level),
        "grids": lambda table: parse_grids(table, **words, kinds=standing.kinds),
        "parts": lambda table: parse_parts(table, **words),
        "people": lambda table: parse_people(table, **words, roles=standing.roles),
        "buildings": lambda table: parse_buildings(table, **words, may_lack_shapes=True),
        "compounds": lambda table: parse_compounds(table, **words, may_lack_shapes=True),
        "shops": lambda table: parse_shops(table, **words, may_lack_shapes=True),
        "streets": lambda table: parse_streets(table, **words),
        "waters": lambda table: parse_waters(table, **words),
        "walls": lambda table: parse_walls(table, **words),
    }
    parsed, refused = [], list[RefusedRow]()
    for table in arriving.tables:
        try:
            parsed.append(readers[arriving.layer](table))
        except RefusedRows as error:
            refused += error.rows
    refuse(refused)
    return parsed


def _one_system(tables: Sequence[Table]) -> SourceCrs:
    systems = {table.crs: table.file for table in tables if table.crs is not None}
    if len(systems) > 1:
        said = "、".join(f"{file}:{system.name}" for system, file in systems.items() if system is not None)
        raise CrsProblem(
            f"这些文件的坐标系不同({said}),不能一次导入:边界要在同一坐标系里对齐。请分次导入。",
            f"The files are in different systems ({said}): borders are matched in one. Load them one by one.",
        )
    return next(iter(systems)) or parse_crs(None)


def _in_storage(parsed: Parsed[Any]) -> Parsed[Any]:
    shapes = shapes_of(parsed.values)
    if parsed.table.crs is None or not len(shapes):
        return parsed
    stored = np.asarray(to_storage(shapes, parsed.table.crs), dtype=object)
    return Parsed(with_shapes(parsed.values, stored), parsed.rows, parsed.table, parsed.fields)


def _place_premises(
    layer: str, arrivals: Sequence[Arrival], standing: Snapshot
) -> tuple[list[Arrival], Comparison, tuple[Note, ...]]:
    """Premises, and the lines around them, in storage coordinates."""
    known = {thing.code: thing for thing in getattr(standing, layer)}
    arrivals = matched(layer, arrivals, standing)
    require_distinct(arrivals, "credit_code" if layer == "shops" else "code")
    arrivals = [carried(layer, arrival, known.get(arrival.value.code)) for arrival in arrivals]
    arrivals = _with_standing_shapes(layer, arrivals, known)
    arrivals, notes = _without_unknown_compounds(arrivals, standing) if layer == "buildings" else (arrivals, ())
    shapes = shapes_of([arrival.value for arrival in arrivals])
    _require_whole(arrivals, shapes)
    if layer in _PREMISES:
        require_near(arrivals, shapes, standing)
    scope = in_extent(known, shapes)
    rows, comparison = compared(layer, arrivals, known, scope=scope)
    return rows, comparison, notes


def _with_standing_shapes(layer: str, arrivals: Sequence[Arrival], known: Mapping[str, Any]) -> list[Arrival]:
    """Rows of a table without shapes take those that stand; a new thing needs one."""
    name = {"buildings": "shape", "compounds": "polygon", "shops": "door"}.get(layer)
    result, refused = [], []
    for arrival in arrivals:
        if name is None or not shapely.is_empty(getattr(arrival.value, name)):
            result.append(arrival)
            continue
        base = known.get(arrival.value.code)
        if base is None:
            refused.append(
                arrival.refusal(
                    None,
                    arrival.value.code,
                    "库里没有这一条,表里也没有图形或坐标。请先导入带图形的文件,或补上经度、纬度列",
                    "is not known yet, and the table has neither shapes nor coordinates. "
                    "Load a file with shapes first, or add columns of coordinates",
                )
            )
            continue
        result.append(arrival.but(**{name: getattr(base, name)}))
    refuse(refused)
    return result


def _without_unknown_compounds(
    arrivals: Sequence[Arrival], standing: Snapshot
) -> tuple[list[Arrival], tuple[Note, ...]]:
    """Buildings of a compound that nobody has drawn yet stand alone until it is loaded."""
    known = {compound.code for compound in standing.compounds}
    unknown = sorted({a.value.compound for a in arrivals if a.value.compound is not None} - known)
    if not unknown:
        return list(arrivals), ()
    named = "、".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
    note = Note(
        f"{len(unknown)} 个小区尚未导入({named}),这些楼栋暂不挂小区;导入小区后请再导入一次楼栋",
        f"{len(unknown)} compounds are not loaded ({named}): their buildings stand alone until you load the "
        "compounds, and the buildings once more",
    )
    return [a.but(compound=None) if a.value.compound not in known else a for a in arrivals], (note,)


def _require_whole(arrivals: Sequence[Arrival], shapes: Any) -> None:
    """Refuse what rounding to the storage grid has broken."""
    broken = ~shapely.is_valid(shapes) | shapely.is_empty(shapes)
    refuse(
        [
            arrivals[index].refusal(
                None,
                arrivals[index].value.code,
                f"图形在存储精度(0.1 毫米)下无效({shapely.is_valid_reason(shapes[index])})。请修正边界",
                f"is not valid at storage precision ({shapely.is_valid_reason(shapes[index])}). Correct the shape",
            )
            for index in np.flatnonzero(broken).tolist()
        ]
    )

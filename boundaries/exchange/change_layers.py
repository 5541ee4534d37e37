"""What changed between two states as layers of a GeoPackage, and as a record for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from boundaries.diff import Delta, Side
from boundaries.exchange.formats import Columns
from boundaries.model import MicroGrid, Person
from boundaries.moves import Move
from boundaries.tiers import Tier, sees
from geo.crs import SourceCrs
from geo.errors import Language
from geo.segments import as_shapes

LAYERS: dict[str, tuple[str, str]] = {
    "reshaped_old": ("调整前", "reshaped_old"),
    "reshaped_new": ("调整后", "reshaped_new"),
    "moved": ("划转", "moved"),
    "added": ("新设", "added"),
    "retired": ("撤销", "retired"),
}
_GRID = {"code": "网格编码", "name": "网格名称", "area": "区域编码", "kind": "网格类型"}
_MOVED = {
    "old": "原网格",
    "new": "现网格",
    "area_m2": "面积m2",
    "households": "户数",
    "buildings": "楼栋数",
    "compounds": "小区数",
    "shops": "商铺数",
    "people_old": "原责任人",
    "people_new": "现责任人",
}
_INTERNAL = frozenset({"households"})


def change_layers(
    delta: Delta, old: Side, new: Side, moves: Sequence[Move], *, crs: SourceCrs, tier: Tier, language: Language = "zh"
) -> dict[str, Columns]:
    """Five layers: reshaped grids as they were and as they are, ground that moved, grids added and retired.

    Parameters
    ----------
    delta : Delta
    old, new : Side
        That it compares.
    moves : sequence of Move
    crs : SourceCrs
        Of all shapes.
    tier : Tier
        Households are internal.
    language : {"zh", "en"}
        Of the names of layers and columns.

    Returns
    -------
    dict
        Name of the layer -> its columns.
    """
    now, before = {grid.code: grid for grid in new.grids}, {grid.id: grid for grid in old.grids}
    reshaped = [now[code] for code in delta.grids.reshaped]
    was = {grid.code: grid for grid in old.grids}
    found = {
        "reshaped_old": _grids([before[grid.id] for grid in reshaped], crs, language),
        "reshaped_new": _grids(reshaped, crs, language),
        "moved": _moved([move for move in moves if not move.ground.is_empty], crs, tier, language),
        "added": _grids([now[code] for code in delta.grids.added], crs, language),
        "retired": _grids([was[code] for code in delta.grids.retired], crs, language),
    }
    return {LAYERS[name][0 if language == "zh" else 1]: columns for name, columns in found.items()}


def move_records(moves: Sequence[Move], tier: Tier) -> list[dict[str, Any]]:
    """Moves as JSON holds them, without their ground; households from the internal tier on."""
    return [
        {
            "old": move.old,
            "new": move.new,
            "area_m2": round(move.area_m2, 2),
            **({"households": move.households} if sees(tier, "internal") else {}),
            "buildings": list(move.buildings),
            "compounds": list(move.compounds),
            "shops": len(move.shops),
            "people_old": [_person(one) for one in move.people_old],
            "people_new": [_person(one) for one in move.people_new],
        }
        for move in moves
    ]


def delta_record(delta: Delta) -> dict[str, Any]:
    """A delta as JSON holds it, without its ground."""
    return {
        "grids": {**asdict(delta.grids), "recoded": [{"old": old, "new": new} for old, new in delta.grids.recoded]},
        "areas": asdict(delta.areas),
        "codes": {
            code: [{"code": share.code, "area_m2": round(share.area_m2, 2)} for share in shares]
            for code, shares in delta.codes.items()
        },
    }


def _person(person: Person) -> dict[str, str]:
    return {"name": person.name, "role": person.role, "target": person.target}


def _grids(grids: Sequence[MicroGrid], crs: SourceCrs, language: Language) -> Columns:
    values = {_header(_GRID, name, language): [getattr(grid, name) for grid in grids] for name in _GRID}
    return Columns(values, as_shapes(grid.polygon for grid in grids), crs)


def _moved(moves: Sequence[Move], crs: SourceCrs, tier: Tier, language: Language) -> Columns:
    seen = [name for name in _MOVED if name not in _INTERNAL or sees(tier, "internal")]
    values = {_header(_MOVED, name, language): [_value(move, name) for move in moves] for name in seen}
    return Columns(values, as_shapes(move.ground for move in moves), crs)


def _value(move: Move, name: str) -> Any:  # Any: whatever a column may hold
    value = getattr(move, name)
    if name in {"people_old", "people_new"}:
        return "、".join(person.name for person in value) or None
    if isinstance(value, tuple):
        return len(value)
    return round(value, 2) if isinstance(value, float) else value


def _header(headers: Mapping[str, str], name: str, language: Language) -> str:
    return headers[name] if language == "zh" else name

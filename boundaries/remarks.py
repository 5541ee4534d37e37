"""What changed about each micro-grid between two states, in one line for people."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from boundaries.diff import Delta, Side
from boundaries.model import MicroGrid
from boundaries.moves import Move
from geo.errors import Language

_WORDS: dict[str, tuple[str, str]] = {
    "added": ("新设", "added"),
    "retired": ("撤销", "retired"),
    "from": ("由 {0} 划入 {1}", "{1} from {0}"),
    "to": ("划给 {0} {1}", "{1} to {0}"),
    "outside": ("网格外", "no grid"),
    "ground": ("{0:,.0f} m²", "{0:,.0f} m²"),
    "households": ("{0} 户", "{0} households"),
    "buildings": ("{0} 栋", "{0} buildings"),
    "shops": ("{0} 家商铺", "{0} shops"),
    "renamed": ("更名，原名“{0}”", 'renamed, was "{0}"'),
    "recoded": ("编码变更，原编码 {0}", "another code, was {0}"),
    "kind": ("类别变更，原为 {0}", "another kind, was {0}"),
    "layer": ("图层变更", "another layer"),
    "area": ("所属区域变更，原属 {0}", "another area, was in {0}"),
    "parts": ("分段变更", "other parts"),
    "street": ("沿街组变更", "another street group"),
}
# Less ground than this says nothing to people.
_WORTH_M2 = 0.5


def remarks(
    delta: Delta,
    old: Side,
    new: Side,
    moves: Sequence[Move],
    *,
    names: Mapping[str, str] | None = None,
    language: Language = "zh",
) -> dict[str, str]:
    """Word what changed.

    Parameters
    ----------
    delta : Delta
    old, new : Side
        That it compares.
    moves : sequence of Move
    names : mapping, optional
        Code of a kind or an area -> what people call it.
    language : {"zh", "en"}

    Returns
    -------
    dict
        Code of a grid, of a retired one the older code -> what changed about it.
    """
    now = {grid.id: grid for grid in new.grids}
    was = {now[grid.id].code: grid for grid in old.grids if grid.id in now}
    lines = [(code, _word("added", language)) for code in delta.grids.added]
    lines += [(code, _word("retired", language)) for code in delta.grids.retired]
    for word, codes, former in _attributes(delta):
        lines += [
            (code, _word(word, language, (names or {}).get(former(was[code]), former(was[code]))))
            for code in codes
            if code in was
        ]
    lines += _given(moves, {grid.code: code for code, grid in was.items()}, language)
    told: dict[str, list[str]] = {}
    for code, line in lines:
        told.setdefault(code, []).append(line)
    return {code: ("；" if language == "zh" else "; ").join(found) for code, found in told.items()}


def _attributes(delta: Delta) -> Iterable[tuple[str, Sequence[str], Callable[[MicroGrid], str]]]:
    grids = delta.grids
    yield "recoded", [new for _, new in grids.recoded], lambda was: was.code
    yield "renamed", grids.renamed, lambda was: was.name
    yield "kind", grids.kind_changed, lambda was: was.kind
    yield "layer", grids.layer_changed, lambda was: was.layer
    yield "area", grids.area_changed, lambda was: was.area
    yield "parts", grids.parts_changed, lambda _: ""
    yield "street", grids.street_changed, lambda was: was.street_group or ""


def _given(moves: Sequence[Move], current: Mapping[str, str], language: Language) -> list[tuple[str, str]]:
    """What each grid got from which, and gave to which."""
    lines = []
    for move in moves:
        amount, other = _amount(move, language), _word("outside", language)
        if amount and move.new is not None:
            lines.append((move.new, _word("from", language, move.old or other, amount)))
        if amount and move.old is not None:
            lines.append((current.get(move.old, move.old), _word("to", language, move.new or other, amount)))
    return lines


def _amount(move: Move, language: Language) -> str:
    """Ground, households and premises of a move; empty where it is nothing to people."""
    counts = (
        ("ground", move.area_m2 if move.area_m2 >= _WORTH_M2 else 0),
        ("buildings", len(move.buildings)),
        ("households", move.households),
        ("shops", len(move.shops)),
    )
    return ("、" if language == "zh" else ", ").join(_word(word, language, count) for word, count in counts if count)


def _word(key: str, language: Language, *values: object) -> str:
    return _WORDS[key][0 if language == "zh" else 1].format(*values)

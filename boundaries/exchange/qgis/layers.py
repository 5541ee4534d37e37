"""The layers of a draft as QGIS shows them: which columns, which words, what may be edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.exchange.formats import Columns
from boundaries.exchange.shapes import Form, form_of
from boundaries.exchange.wording import layer_name, words_of
from boundaries.exchange.writing import finding_columns, layer_columns
from boundaries.findings import Finding
from boundaries.model import Layer
from boundaries.snapshot import Snapshot
from boundaries.tiers import Tier, header
from geo.errors import Language
from geo.segments import as_shapes

# Permanent number of a micro-grid in a file: it finds the grid again whatever becomes of its code.
ID_FIELD = "mg_id"
VERSION_FIELD = "version"
# Tiles and overlays are two layers: what is drawn in one is cut where it would overlap another of the same.
GRIDS, OVERLAYS = "grids", "overlay_grids"
# What a planner may change about a grid, in the order of the form.
GRID_FIELDS = ("code", "name", "kind", "layer", "area", "honorary_name", "street_group")

_CONTEXT = ("areas", "compounds", "buildings", "shops", "streets", "waters", "walls")
_MAIN_FORM: dict[str, Form] = {"shops": "point", "streets": "line", "walls": "line"}
_ENDINGS: dict[Form, str] = {"polygon": "_outlines", "line": "_lines", "point": "_points"}
_FORM_WORDS: dict[Form, tuple[str, str]] = {
    "polygon": ("面", "outlines"),
    "line": ("线", "lines"),
    "point": ("点", "points"),
}
GEOMETRY_TYPES: dict[Form, str] = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}
_OUR_WORDS = {
    ID_FIELD: ("永久编号", ID_FIELD),
    VERSION_FIELD: ("改动次数", VERSION_FIELD),
    "area": ("所属区域", "area"),
}


@dataclass(frozen=True)
class ProjectLayer:
    """One layer of the package.

    Attributes
    ----------
    table : str
        Its name in the GeoPackage.
    noun : str
        What it holds: a layer of the plan, or ``findings``; the style goes by it.
    title : str
        Its name in the project, in the language of the office.
    form : {"polygon", "line", "point"}
    columns : Columns
        Under the names of fields, in stored coordinates.
    aliases : mapping
        Field -> what people call it.
    choices : mapping
        Field -> code -> word, where only these may be chosen.
    defaults : mapping
        Field -> code that something new begins with.
    is_editable : bool
    locked : frozenset of str
        Fields that are ours, though the layer may be edited.
    """

    table: str
    noun: str
    title: str
    form: Form
    columns: Columns
    aliases: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    is_editable: bool = False
    locked: frozenset[str] = frozenset()

    @property
    def geometry_type(self) -> str:
        """As a GeoPackage names it; a micro-grid is of one piece."""
        return "Polygon" if self.noun == GRIDS else GEOMETRY_TYPES[self.form]


def project_layers(
    snapshot: Snapshot, findings: Sequence[Finding], *, tier: Tier, language: Language
) -> tuple[ProjectLayer, ...]:
    """Every layer of a draft that QGIS is to show, the uppermost first.

    Parameters
    ----------
    snapshot : Snapshot
        Stored, of the draft.
    findings : sequence of Finding
        Of its check.
    tier : Tier
        Fields above it are left out.
    language : {"zh", "en"}

    Returns
    -------
    tuple of ProjectLayer
        Without those that hold nothing, save the grids.
    """
    layers = _finding_layers(snapshot, findings, language)
    layers += [_grid_layer(snapshot, "overlay", language), _grid_layer(snapshot, "tile", language)]
    for noun in _CONTEXT:
        columns = layer_columns(noun, snapshot, tier=tier, language="en")
        words = {name: header(noun, name, language) for name in columns.values}
        spoken = {name: dict(words_of(noun, name, snapshot)) for name in columns.values if language == "zh"}
        choices = {name: known for name, known in spoken.items() if known}
        layers += _parted(noun, layer_name(noun, language), columns, aliases=words, choices=choices, language=language)
    return tuple(layers)


def _grid_layer(snapshot: Snapshot, layer: Layer, language: Language) -> ProjectLayer:
    grids = tuple(grid for grid in snapshot.grids if grid.layer == layer)
    shown = layer_columns(GRIDS, replace(snapshot, grids=grids), tier="public", language="en")
    columns = {("area" if name == "parent" else name): values for name, values in shown.values.items()}
    values: dict[str, Sequence[Any]] = {ID_FIELD: [grid.id for grid in grids]}
    values |= {name: columns[name] for name in GRID_FIELDS}
    values |= {VERSION_FIELD: [grid.version for grid in grids]}
    aliases = {
        name: _OUR_WORDS[name][language == "en"] if name in _OUR_WORDS else header(GRIDS, name, language)
        for name in values
    }
    is_zh, is_tile = language == "zh", layer == "tile"
    choices = {
        "kind": {kind.code: kind.name_zh if is_zh else kind.name_en for kind in snapshot.kinds},
        "layer": dict(words_of(GRIDS, "layer", snapshot)) if is_zh else {"tile": "tile", "overlay": "overlay"},
        "area": {area.code: f"{area.name} {area.code}" for area in snapshot.areas},
    }
    over = "(叠加)" if is_zh else " (overlay)"
    return ProjectLayer(
        GRIDS if is_tile else OVERLAYS,
        GRIDS,
        layer_name(GRIDS, language) + ("" if is_tile else over),
        "polygon",
        replace(shown, values=values, geometry=as_shapes(grid.polygon for grid in grids)),
        aliases,
        choices,
        defaults={"layer": layer, "kind": "residential" if is_tile else "street_front"},
        is_editable=True,
        locked=frozenset({ID_FIELD, VERSION_FIELD}),
    )


def _finding_layers(snapshot: Snapshot, findings: Sequence[Finding], language: Language) -> list[ProjectLayer]:
    columns = finding_columns(findings, snapshot.crs, language=language)
    title = "检查出的问题" if language == "zh" else "findings"
    return _parted(
        "findings", title, columns, aliases={name: name for name in columns.values}, choices={}, language=language
    )


def _parted(
    noun: str,
    title: str,
    columns: Columns,
    *,
    aliases: Mapping[str, str],
    choices: Mapping[str, Mapping[str, str]],
    language: Language,
) -> list[ProjectLayer]:
    """One layer for each form of shape: QGIS shows no mixed ones."""
    shapes = columns.geometry if columns.geometry is not None else np.empty(0, dtype=object)
    main = _MAIN_FORM.get(noun, "polygon")
    forms = [form_of(shape) or main if shape is not None else main for shape in shapes.tolist()]
    found: list[ProjectLayer] = []
    for form in sorted(set(forms), key=lambda one: (one != main, one)):
        chosen = [index for index, own in enumerate(forms) if own == form]
        values = {name: [column[index] for index in chosen] for name, column in columns.values.items()}
        table = noun if form == main else noun + _ENDINGS[form]
        word = _FORM_WORDS[form][language == "en"]
        name = title if form == main else f"{title}({word})" if language == "zh" else f"{title} ({word})"
        part = Columns(values, _of_one_type(shapes[chosen], form), columns.crs)
        found.append(ProjectLayer(table, noun, name, form, part, aliases, choices))
    return found


def _of_one_type(shapes: NDArray[np.object_], form: Form) -> NDArray[np.object_]:
    """Outlines and lines in the form of several pieces, as the layer is declared."""
    makers: dict[Form, Any] = {"polygon": shapely.MultiPolygon, "line": shapely.MultiLineString}
    if form not in makers:
        return shapes
    result = shapes.copy()
    for index, shape in enumerate(shapes):
        if shape is not None and not shape.geom_type.startswith("Multi"):
            result[index] = makers[form]([shape])
    return result

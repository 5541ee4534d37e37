"""How the layers look in QGIS: symbols and labels as elements of its own style files."""

from collections.abc import Mapping, Sequence
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from boundaries.exchange.qgis.layers import GRIDS, OVERLAYS, ProjectLayer
from boundaries.exchange.shapes import Form

QGIS_VERSION = "3.22.0-Białowieża"

_SymbolType = Literal["fill", "line", "marker"]
_SYMBOL_TYPES: dict[Form, _SymbolType] = {"polygon": "fill", "line": "line", "point": "marker"}
_CLASSES: dict[_SymbolType, str] = {"fill": "SimpleFill", "line": "SimpleLine", "marker": "SimpleMarker"}

_MAGENTA, _RED, _GREY, _BLUE, _WALL, _DARK = (
    "214,0,147,255",
    "220,20,20,255",
    "120,120,120,255",
    "90,150,220,255",
    "130,90,60,255",
    "60,60,60,255",
)
_KIND_FILLS = {
    "residential": "255,242,204,150",
    "street_front": "244,177,131,170",
    "commercial": "248,203,173,170",
    "market": "255,217,102,170",
    "park": "198,224,180,170",
    "school": "189,215,238,170",
}
_OTHER_FILLS = ("217,210,233,170", "208,224,227,170", "234,209,220,170", "221,221,221,170")


def style_elements(layer: ProjectLayer) -> list[Element]:
    """Renderer and labels of a layer, as they stand in a project and in a style file."""
    labels = _labels(layer)
    return [_renderer(layer), *([labels] if labels is not None else [])]


def style_file(layer: ProjectLayer) -> str:
    """The style of a layer as a QML file."""
    root = Element("qgis", version=QGIS_VERSION, styleCategories="Symbology|Labeling|Fields|Forms")
    root.set("labelsEnabled", str(int(_labels(layer) is not None)))
    root.extend([*style_elements(layer), *field_elements(layer)])
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + tostring(root, encoding="unicode")


def has_labels(layer: ProjectLayer) -> bool:
    """Whether names are written on a layer."""
    return _labels(layer) is not None


def field_elements(layer: ProjectLayer) -> list[Element]:
    """What people call the fields, which words they choose from, what new rows begin with, what is ours."""
    widgets, aliases, editable = Element("fieldConfiguration"), Element("aliases"), Element("editable")
    defaults = Element("defaults")
    for index, name in enumerate(layer.columns.values):
        field = SubElement(widgets, "field", name=name, configurationFlags="None")
        words = layer.choices.get(name)
        widget = SubElement(field, "editWidget", type="ValueMap" if words else "TextEdit")
        config = SubElement(widget, "config")
        if words:
            # QGIS takes a list of single pairs, word before code, so that the order stays.
            outer = SubElement(config, "Option", type="Map")
            pairs = SubElement(outer, "Option", name="map", type="List")
            for code, word in words.items():
                pair = SubElement(pairs, "Option", type="Map")
                SubElement(pair, "Option", name=word, value=code, type="QString")
        else:
            SubElement(config, "Option")
        # The first column of the table is the key, which is not one of ours.
        SubElement(aliases, "alias", field=name, index=str(index + 1), name=layer.aliases.get(name, name))
        if name in layer.defaults:
            expression = f"'{layer.defaults[name]}'"
            SubElement(defaults, "default", field=name, expression=expression, applyOnUpdate="0")
        free = layer.is_editable and name not in layer.locked
        SubElement(editable, "field", name=name, editable=str(int(free)))
    return [widgets, aliases, defaults, editable]


def _renderer(layer: ProjectLayer) -> Element:
    if layer.noun == GRIDS:
        return _grid_renderer(layer)
    renderer = Element("renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0", forceraster="0")
    symbols = SubElement(renderer, "symbols")
    symbols.append(_symbol("0", _SYMBOL_TYPES[layer.form], _look(layer)))
    return renderer


def _look(layer: ProjectLayer) -> Mapping[str, str]:
    looks: dict[tuple[str, Form], Mapping[str, str]] = {
        ("areas", "polygon"): _outline(_MAGENTA, "0.8"),
        ("findings", "polygon"): _fill("220,20,20,110", _RED, "0.5"),
        ("findings", "line"): _line(_RED, "0.8"),
        ("findings", "point"): _marker(_RED, "3"),
        ("compounds", "polygon"): _outline("90,160,90,255", "0.4", dash="dash"),
        ("buildings", "polygon"): _fill("205,205,205,255", _GREY, "0.15"),
        ("buildings", "point"): _marker("150,150,150,255", "2"),
        ("shops", "point"): _marker("235,120,30,255", "1.6"),
        ("streets", "line"): _line("170,170,170,255", "0.7"),
        ("waters", "polygon"): _fill("190,220,245,255", _BLUE, "0.2"),
        ("waters", "line"): _line(_BLUE, "0.6"),
        ("walls", "line"): _line(_WALL, "0.4", dash="dash"),
    }
    defaults: dict[Form, Mapping[str, str]] = {
        "polygon": _outline(_GREY, "0.3"),
        "line": _line(_GREY, "0.3"),
        "point": _marker(_GREY, "1.6"),
    }
    return looks.get((layer.noun, layer.form), defaults[layer.form])


def _grid_renderer(layer: ProjectLayer) -> Element:
    renderer = Element("renderer-v2", type="categorizedSymbol", attr="kind", symbollevels="0", enableorderby="0")
    renderer.set("forceraster", "0")
    categories, symbols = SubElement(renderer, "categories"), SubElement(renderer, "symbols")
    others = iter(_OTHER_FILLS * (1 + len(layer.choices["kind"])))
    fills = {kind: _KIND_FILLS.get(kind) or next(others) for kind in layer.choices["kind"]}
    # Overlays lie on top of tiles, which must be seen through them.
    hatch = {"style": "b_diagonal"} if layer.table == OVERLAYS else {}
    words = layer.choices["kind"]
    for number, (value, fill) in enumerate(fills.items()):
        attributes = {"render": "true", "symbol": str(number), "value": value, "label": words[value], "type": "string"}
        SubElement(categories, "category", attributes)
        symbols.append(_symbol(str(number), "fill", _fill(fill, _DARK, "0.35") | hatch))
    return renderer


def _symbol(name: str, kind: _SymbolType, look: Mapping[str, str]) -> Element:
    symbol = Element("symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = SubElement(symbol, "layer", {"class": _CLASSES[kind], "enabled": "1", "locked": "0", "pass": "0"})
    options = SubElement(layer, "Option", type="Map")
    for key, value in look.items():
        SubElement(options, "Option", name=key, value=value, type="QString")
    # Versions before 3.24 read these.
    for key, value in look.items():
        SubElement(layer, "prop", k=key, v=value)
    return symbol


def _fill(fill: str, outline: str, width_mm: str) -> dict[str, str]:
    return {
        "color": fill,
        "style": "solid",
        "outline_color": outline,
        "outline_style": "solid",
        "outline_width": width_mm,
        "outline_width_unit": "MM",
        "joinstyle": "miter",
    }


def _outline(color: str, width_mm: str, *, dash: str = "solid") -> dict[str, str]:
    return {**_fill("255,255,255,0", color, width_mm), "style": "no", "outline_style": dash}


def _line(color: str, width_mm: str, *, dash: str = "solid") -> dict[str, str]:
    return {
        "line_color": color,
        "line_style": dash,
        "line_width": width_mm,
        "line_width_unit": "MM",
        "capstyle": "flat",
    }


def _marker(color: str, size_mm: str) -> dict[str, str]:
    return {"name": "circle", "color": color, "outline_color": "255,255,255,255", "size": size_mm, "size_unit": "MM"}


_LABELS: Sequence[tuple[str, str, str, str]] = (
    # noun, expression, size in points, colour
    (GRIDS, 'coalesce("honorary_name", "name") || \'\\n\' || "code"', "9", _DARK),
    ("areas", '"name"', "11", _MAGENTA),
    ("buildings", '"number"', "7", _GREY),
    ("streets", '"name"', "8", _GREY),
)


def _labels(layer: ProjectLayer) -> Element | None:
    found = next((row for row in _LABELS if row[0] == layer.noun), None)
    if found is None:
        return None
    _, expression, size, color = found
    labeling = Element("labeling", type="simple")
    settings = SubElement(labeling, "settings", calloutType="simple")
    style = {"fieldName": expression, "isExpression": "1", "fontSize": size, "fontSizeUnit": "Point"}
    style |= {"textColor": color, "textOpacity": "1", "namedStyle": "Regular"}
    text = SubElement(settings, "text-style", style)
    buffer = {"bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM", "bufferColor": "255,255,255,255"}
    SubElement(text, "text-buffer", {**buffer, "bufferOpacity": "0.8"})
    placement = "2" if layer.form == "line" else "1" if layer.form == "polygon" else "0"
    SubElement(settings, "placement", placement=placement, centroidInside="1", centroidWhole="0")
    # Small buildings wait for a scale at which their numbers can be read.
    is_small = layer.noun in {"buildings", "streets"}
    scale = {"scaleVisibility": "1", "scaleMin": "1", "scaleMax": "3000"} if is_small else {"scaleVisibility": "0"}
    SubElement(settings, "rendering", {"drawLabels": "1", **scale})
    return labeling

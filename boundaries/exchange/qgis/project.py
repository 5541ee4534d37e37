"""The project that QGIS opens: layers in order, snapping and topological editing on, context locked."""

import io
import zipfile
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import shapely
from pyproj import CRS

from boundaries.exchange.qgis.layers import GRIDS, ProjectLayer
from boundaries.exchange.qgis.styles import QGIS_VERSION, field_elements, has_labels, style_elements
from boundaries.exchange.shapes import Form
from geo.crs import STORAGE_CRS
from geo.segments import as_shapes

# Pixels on the screen, whatever the scale.
SNAP_TOLERANCE_PX = 12
_ALL_LAYERS, _VERTEX_AND_SEGMENT, _PIXELS = "2", "3", "1"
# On every listed layer overlays would be cut by the tiles below them.
_AVOID_IN_THE_SAME_LAYER = "1"
_GEOMETRY: dict[Form, str] = {"polygon": "Polygon", "line": "Line", "point": "Point"}
# What new borders are drawn onto; findings are looked at only.
_SNAPPED = frozenset({GRIDS, "areas", "buildings", "compounds", "streets", "waters", "walls"})
_MARGIN = 0.05


def project_file(layers: Sequence[ProjectLayer], *, title: str, package: str) -> bytes:
    """The project as a ``.qgs`` file.

    Parameters
    ----------
    layers : sequence of ProjectLayer
        The uppermost first.
    title : str
    package : str
        Name of the GeoPackage, which lies in the same folder.

    Returns
    -------
    bytes
        XML in UTF-8.
    """
    root = Element("qgis", version=QGIS_VERSION, projectname=title)
    SubElement(root, "homePath", path="")
    SubElement(root, "title").text = title
    SubElement(root, "projectCrs").append(_crs())
    root.append(_tree(layers, package))
    root.append(_snapping(layers))
    root.append(_canvas(layers))
    listed = SubElement(root, "projectlayers")
    listed.extend(_map_layer(layer, package) for layer in layers)
    order = SubElement(root, "layerorder")
    for layer in layers:
        SubElement(order, "layer", id=_id(layer))
    root.append(_properties(layers))
    head = b"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    text: bytes = tostring(root, encoding="utf-8")
    return head + text


def zipped(project: bytes, name: str) -> bytes:
    """The project as a ``.qgz``: what QGIS keeps of it in a GeoPackage."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        # A fixed date: the same draft gives the same bytes.
        archive.writestr(zipfile.ZipInfo(f"{name}.qgs", (1980, 1, 1, 0, 0, 0)), project, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _id(layer: ProjectLayer) -> str:
    return f"microgrid_{layer.table}"


def _source(layer: ProjectLayer, package: str) -> str:
    return f"./{package}|layername={layer.table}"


def _tree(layers: Sequence[ProjectLayer], package: str) -> Element:
    tree = Element("layer-tree-group")
    SubElement(SubElement(tree, "customproperties"), "Option")
    for layer in layers:
        node = {"id": _id(layer), "name": layer.title, "source": _source(layer, package), "providerKey": "ogr"}
        expanded = str(int(layer.noun == GRIDS))
        entry = SubElement(tree, "layer-tree-layer", {**node, "checked": "Qt::Checked", "expanded": expanded})
        SubElement(SubElement(entry, "customproperties"), "Option")
    order = SubElement(tree, "custom-order", enabled="0")
    for layer in layers:
        SubElement(order, "item").text = _id(layer)
    return tree


def _snapping(layers: Sequence[ProjectLayer]) -> Element:
    limits = {"minScale": "0", "maxScale": "0"}
    tolerance = {"tolerance": str(SNAP_TOLERANCE_PX), "type": _VERTEX_AND_SEGMENT}
    whole = {"enabled": "1", "mode": _ALL_LAYERS, "unit": _PIXELS, "intersection-snapping": "1", "self-snapping": "0"}
    settings = Element("snapping-settings", {**whole, **tolerance, **limits, "scaleDependencyMode": "0"})
    each = SubElement(settings, "individual-layer-settings")
    for layer in layers:
        enabled = str(int(layer.noun in _SNAPPED))
        SubElement(
            each, "layer-setting", {"id": _id(layer), "enabled": enabled, "units": _PIXELS, **tolerance, **limits}
        )
    return settings


def _canvas(layers: Sequence[ProjectLayer]) -> Element:
    canvas = Element("mapcanvas", name="theMapCanvas", annotationsVisible="1")
    SubElement(canvas, "units").text = "degrees"
    extent = SubElement(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), _extent(layers), strict=True):
        SubElement(extent, name).text = repr(value)
    SubElement(canvas, "rotation").text = "0"
    SubElement(canvas, "destinationsrs").append(_crs())
    return canvas


def _extent(layers: Sequence[ProjectLayer]) -> tuple[float, float, float, float]:
    """What the map shows at first: all grids, or the areas where there are none."""
    for noun in (GRIDS, "areas"):
        shapes = as_shapes(shape for layer in layers if layer.noun == noun for shape in _shapes(layer))
        if len(shapes):
            west, south, east, north = shapely.total_bounds(shapes).tolist()
            pad_x, pad_y = (east - west) * _MARGIN, (north - south) * _MARGIN
            return west - pad_x, south - pad_y, east + pad_x, north + pad_y
    return -180.0, -90.0, 180.0, 90.0


def _shapes(layer: ProjectLayer) -> np.ndarray:
    return np.empty(0, dtype=object) if layer.columns.geometry is None else layer.columns.geometry


def _map_layer(layer: ProjectLayer, package: str) -> Element:
    attributes = {
        "type": "vector",
        "geometry": _GEOMETRY[layer.form],
        "wkbType": layer.geometry_type,
        "readOnly": str(int(not layer.is_editable)),
        "labelsEnabled": str(int(has_labels(layer))),
        "simplifyDrawingHints": "1",
        "simplifyLocal": "1",
        "simplifyMaxScale": "1",
        "hasScaleBasedVisibilityFlag": "0",
        "minScale": "100000000",
        "maxScale": "0",
    }
    element = Element("maplayer", attributes)
    SubElement(element, "id").text = _id(layer)
    SubElement(element, "datasource").text = _source(layer, package)
    SubElement(element, "layername").text = layer.title
    SubElement(element, "srs").append(_crs())
    SubElement(element, "provider", encoding="UTF-8").text = "ogr"
    flags = SubElement(element, "flags")
    for name, value in (("Identifiable", "1"), ("Removable", "1"), ("Searchable", "1"), ("Private", "0")):
        SubElement(flags, name).text = value
    element.extend([*style_elements(layer), *field_elements(layer)])
    SubElement(element, "layerOpacity").text = "1"
    return element


def _properties(layers: Sequence[ProjectLayer]) -> Element:
    properties = Element("properties")
    digitizing = SubElement(properties, "Digitizing")
    SubElement(digitizing, "TopologicalEditing", type="int").text = "1"
    SubElement(digitizing, "AvoidIntersectionsMode", type="int").text = _AVOID_IN_THE_SAME_LAYER
    avoided = SubElement(digitizing, "AvoidIntersectionsList", type="QStringList")
    for layer in layers:
        if layer.is_editable:
            SubElement(avoided, "value").text = _id(layer)
    paths = SubElement(properties, "Paths")
    SubElement(paths, "Absolute", type="bool").text = "false"
    reference = SubElement(properties, "SpatialRefSys")
    SubElement(reference, "ProjectionsEnabled", type="int").text = "1"
    measure = SubElement(properties, "Measurement")
    SubElement(measure, "DistanceUnits", type="QString").text = "meters"
    SubElement(measure, "AreaUnits", type="QString").text = "m2"
    return properties


def _crs() -> Element:
    found = CRS.from_user_input(STORAGE_CRS)
    element = Element("spatialrefsys", nativeFormat="Wkt")
    rows = {
        "wkt": found.to_wkt("WKT2_2019"),
        "proj4": "+proj=longlat +ellps=GRS80 +no_defs",
        "srid": STORAGE_CRS.removeprefix("EPSG:"),
        "authid": STORAGE_CRS,
        "description": found.name,
        "projectionacronym": "longlat",
        "ellipsoidacronym": "EPSG:1024",
        "geographicflag": "true",
    }
    for name, value in rows.items():
        SubElement(element, name).text = value
    return element

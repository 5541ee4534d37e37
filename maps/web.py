"""The web map: one HTML file with everything in it, which asks no other host for anything.

folium writes the page; Leaflet's script and style stand inside it, from the copy
beside this module. There is no background map and no link out, and a content
security policy in the page forbids requests anyway.
"""

import base64
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

import folium
import numpy as np
import shapely
from branca.element import Element
from shapely.geometry.base import BaseGeometry

from boundaries.findings import KINDS, Finding
from boundaries.snapshot import Snapshot
from geo.crs import Coordinates, project
from geo.errors import Language
from maps.colors import four_colours, shared_edges
from maps.roster import facts_by_grid, leading, people_by_target, phone_text
from maps.style import STYLES
from maps.wording import word

_DISPLAY_CRS = "EPSG:4326"
# A tenth of a metre: enough for a screen, and half the size of stored coordinates.
_DECIMALS = 6
_CANVAS_FROM = 3000
_HEADING_PX = 110
_FINDING_COLOURS = {"blocking": "#D50000", "advisory": "#F57C00"}
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_FONTS = "'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif"

Properties = Mapping[str, str]


class _OfflineMap(folium.Map):
    """A folium map that links no script and no style: the page carries them itself."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium's own way
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


def web_map(
    snapshot: Snapshot,
    findings: Sequence[Finding] = (),
    *,
    day: date,
    language: Language = "zh",
    title: str | None = None,
    show_unpublished_phones: bool = False,
    show_totals: bool = True,
) -> str:
    """Write the web map of a snapshot with the findings of its checks.

    Parameters
    ----------
    snapshot : Snapshot
        In any coordinate system; shown in longitude and latitude of WGS 84.
    findings : sequence of Finding
        One layer a kind.
    day : date
        People in charge are those of this day.
    language : {"zh", "en"}
    title : str or None
        None makes one from the snapshot's title.
    show_unpublished_phones : bool
        The map is public: phones that nobody published stay off unless this says so.
    show_totals : bool
        Totals per grid in its popup.

    Returns
    -------
    str
        A whole HTML document; equal input gives equal text.

    Raises
    ------
    CrsProblem
        If a coordinate cannot be shown in longitude and latitude.
    """
    page = _empty_map(snapshot)
    _add_waters(page, snapshot, language)
    _add_grids(
        page, snapshot, day=day, language=language, show_unpublished_phones=show_unpublished_phones,
        show_totals=show_totals,
    )  # fmt: skip
    _add_streets(page, snapshot, language)
    _add_areas(page, snapshot, language)
    _add_premises(page, snapshot, language)
    _add_findings(page, snapshot, findings, language)
    folium.LayerControl(collapsed=False).add_to(page)
    _fit(page, snapshot)
    heading = title or " · ".join(filter(None, [word("map_title", language), snapshot.title(language)]))
    _dress(page, heading, snapshot, findings, language)
    _number(page.get_root())
    return str(page.get_root().render())


def _empty_map(snapshot: Snapshot) -> _OfflineMap:
    count = len(snapshot.grids) + len(snapshot.buildings) + len(snapshot.shops)
    return _OfflineMap(
        tiles=None,
        control_scale=True,
        prefer_canvas=count > _CANVAS_FROM,
        attribution_control=False,
        max_zoom=21,
        zoom_snap=0.25,
    )


def _shown(snapshot: Snapshot, shapes: Iterable[BaseGeometry]) -> Any:
    """Shapes in longitude and latitude, rounded for display."""
    values = shapely.force_2d(np.array(list(shapes), dtype=object))
    return shapely.transform(values, lambda xy: _rounded(project(xy, snapshot.crs, _DISPLAY_CRS)))


def _rounded(degrees: Coordinates) -> Coordinates:
    return np.round(degrees, _DECIMALS)


def _collection(shapes: Iterable[BaseGeometry], rows: Iterable[Properties]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": _escaped(row)}
            for shape, row in zip(shapes, rows, strict=True)
            if not shape.is_empty
        ],
    }


def _escaped(row: Properties) -> dict[str, str]:
    """Values as text that a popup shows and never runs."""
    return {key: html.escape(str(value)) for key, value in row.items()}


def _layer(
    group: folium.FeatureGroup, shapes: Sequence[BaseGeometry], rows: Sequence[Properties], style: dict[str, Any],
    labels: Mapping[str, str], *, marker: Any = None,
) -> None:  # fmt: skip
    """Add shapes of one style, with a popup of the labelled fields; fields without a label stay out of the page."""
    data = _collection(shapes, [{key: row[key] for key in labels} for row in rows])
    if not data["features"]:
        return
    hover = [key for key in ("code", "name", "number") if key in labels]
    tooltip = folium.GeoJsonTooltip(fields=hover, labels=False, localize=False, sticky=True) if hover else None
    popup = folium.GeoJsonPopup(fields=list(labels), aliases=list(labels.values()), localize=False) if labels else None
    folium.GeoJson(
        data, style_function=lambda _feature: style, popup=popup, tooltip=tooltip, marker=marker, smooth_factor=0.5
    ).add_to(group)  # fmt: skip


def _group(page: folium.Map, name: str, *, is_shown: bool = True) -> folium.FeatureGroup:
    group = folium.FeatureGroup(name=html.escape(name), show=is_shown)
    group.add_to(page)
    return group


def _add_areas(page: folium.Map, snapshot: Snapshot, language: Language) -> None:
    if not snapshot.areas:
        return
    group = _group(page, word("layer_areas", language))
    levels = {level.code: level for level in snapshot.levels}
    # Smaller areas last, so that their lines lie on top.
    areas = sorted(snapshot.areas, key=lambda area: levels[area.level].depth if area.level in levels else 99)
    rows = [
        {"name": area.name, "code": area.code, "level": _name_of(levels.get(area.level), language, area.level)}
        for area in areas
    ]
    labels = {
        "name": word("area", language),
        "level": word("kind", language),
        "code": word("full_code", language),
    }
    style = {"color": "#7A1033", "weight": 3, "opacity": 0.85}
    # Lines, not faces: a face would take every click from the grids in it.
    lines = list(_shown(snapshot, shapely.boundary([area.polygon for area in areas])))
    _layer(group, lines, rows, style, labels)


def _name_of(entry: Any, language: Language, fallback: str) -> str:
    if entry is None:
        return fallback
    return str(entry.name_zh if language == "zh" else entry.name_en)


def _add_waters(page: folium.Map, snapshot: Snapshot, language: Language) -> None:
    if snapshot.waters:
        label = word("layer_waters", language)
        shapes = list(_shown(snapshot, (each.shape for each in snapshot.waters)))
        look = {"color": "#7FB3D0", "weight": 1, "fillColor": "#CFE6F2", "fillOpacity": 0.9}
        rows = [{"name": each.name} for each in snapshot.waters]
        _layer(_group(page, label), shapes, rows, look, {"name": label})


def _add_streets(page: folium.Map, snapshot: Snapshot, language: Language) -> None:
    if snapshot.streets:
        label = word("layer_streets", language)
        shapes = list(_shown(snapshot, (each.line for each in snapshot.streets)))
        look = {"color": "#FFFFFF", "weight": 4, "opacity": 0.85}
        rows = [{"name": each.name} for each in snapshot.streets]
        _layer(_group(page, label), shapes, rows, look, {"name": label})


def _add_grids(
    page: folium.Map, snapshot: Snapshot, *, day: date, language: Language, show_unpublished_phones: bool,
    show_totals: bool,
) -> None:  # fmt: skip
    """Grids in their four colours; those on top of others only by an outline."""
    group = _group(page, word("layer_grids", language))
    shapes = list(_shown(snapshot, (grid.polygon for grid in snapshot.grids)))
    plane = snapshot.metric.to_plane(np.array([grid.polygon for grid in snapshot.grids], dtype=object))
    tiles = [index for index, grid in enumerate(snapshot.grids) if grid.layer == "tile"]
    colours = four_colours(len(tiles), shared_edges([plane[index] for index in tiles]))
    facts = facts_by_grid(snapshot, snapshot.grids)
    people = people_by_target(snapshot, day=day)
    rows = []
    for grid, fact in zip(snapshot.grids, facts, strict=True):
        chosen = leading(people.get(grid.code, ()))
        phones = [phone_text(person, show_unpublished=show_unpublished_phones) for person in chosen]
        area = snapshot.area_by_code.get(grid.area)
        rows.append(
            {
                "code": grid.code,
                "name": grid.name,
                "kind": _name_of(snapshot.kind_by_code.get(grid.kind), language, grid.kind),
                "area": area.name if area is not None else grid.area,
                "person": word("list_separator", language).join(person.name for person in chosen) or "—",
                "phone": " ".join(filter(None, phones)) or "—",
                "building_count": str(fact.buildings),
                "household_count": "—" if fact.households is None else str(fact.households),
            }
        )
    keys = ["code", "name", "kind", "area", "person", "phone"]
    keys += ["building_count", "household_count"] if show_totals else []
    labels = {key: word("full_code" if key == "code" else key, language) for key in keys}
    style = STYLES["colour"]
    weight = 1.2 if len(snapshot.grids) < _CANVAS_FROM else 0.4
    for colour in sorted(set(colours)):
        chosen_tiles = [index for index, own in zip(tiles, colours, strict=True) if own == colour]
        look = {"color": style.border, "weight": weight, "fillColor": style.fill(colour), "fillOpacity": 0.75}
        _layer(group, [shapes[i] for i in chosen_tiles], [rows[i] for i in chosen_tiles], look, labels)
    overlays = [index for index, grid in enumerate(snapshot.grids) if grid.layer == "overlay"]
    look = {"color": style.shop, "weight": 2.5, "dashArray": "6 4", "fillColor": style.shop, "fillOpacity": 0.08}
    _layer(group, [shapes[i] for i in overlays], [rows[i] for i in overlays], look, labels)


def _add_premises(page: folium.Map, snapshot: Snapshot, language: Language) -> None:
    if snapshot.buildings:
        group = _group(page, word("layer_buildings", language))
        rows = [{"number": each.number} for each in snapshot.buildings]
        look = {"color": "#6F675C", "weight": 0.8, "fillColor": "#FFFDF6", "fillOpacity": 0.9, "radius": 4}
        _layer(
            group, list(_shown(snapshot, (each.shape for each in snapshot.buildings))), rows, look,
            {"number": word("number", language)}, marker=folium.CircleMarker(radius=4),
        )  # fmt: skip
    open_shops = [shop for shop in snapshot.shops if shop.state != "closed"]
    if open_shops:
        group = _group(page, word("layer_shops", language))
        rows = [{"name": shop.name, "street": shop.street or "", "door": shop.door_number or ""} for shop in open_shops]
        labels = {key: word(f"shop_{key}", language) for key in ("name", "street", "door")}
        look = {"color": "#C2185B", "weight": 1, "fillColor": "#C2185B", "fillOpacity": 0.9, "radius": 2.5}
        shapes = list(_shown(snapshot, (shop.door for shop in open_shops)))
        _layer(group, shapes, rows, look, labels, marker=folium.CircleMarker(radius=2.5))


def _add_findings(page: folium.Map, snapshot: Snapshot, findings: Sequence[Finding], language: Language) -> None:
    """A layer for each kind of finding: its face, and a ring round it that is seen from afar."""
    by_kind: dict[str, list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    for kind in (each for each in KINDS if each in by_kind):
        found = [(finding, _place(finding, snapshot)) for finding in by_kind[kind]]
        located = [(finding, shape) for finding, shape in found if shape is not None]
        name = found[0][0].name(language)
        severity = KINDS[kind].severity
        title = word("layer_finding", language, name, len(found))
        group = _group(page, title, is_shown=severity == "blocking")
        rows = [
            {
                "kind": name,
                "severity": word(severity, language),
                "concerns": word("list_separator", language).join([*finding.grids, *finding.premises]) or "—",
                "area": "—" if finding.area_m2 is None else f"{finding.area_m2:.2f}",
            }
            for finding, _ in located
        ]
        labels = {"kind": word("kind", language), "severity": word("severity", language),
                  "concerns": word("concerns", language), "area": word("area_m2", language)}  # fmt: skip
        colour = _FINDING_COLOURS[severity]
        look = {"color": colour, "weight": 3, "fillColor": colour, "fillOpacity": 0.5, "radius": 9}
        shapes = list(_shown(snapshot, (shape for _, shape in located)))
        _layer(group, shapes, rows, look, labels, marker=folium.CircleMarker(radius=9))
        rings = [shapely.transform(shapely.point_on_surface(shape), _rounded) for shape in shapes]
        ring = {"color": colour, "weight": 2, "fillOpacity": 0.0, "radius": 12}
        _layer(group, rings, rows, ring, labels, marker=folium.CircleMarker(radius=12))


def _place(finding: Finding, snapshot: Snapshot) -> BaseGeometry | None:
    """Where a finding is shown: its own shape, else the first grid that it concerns."""
    if finding.geometry is not None and not finding.geometry.is_empty:
        return finding.geometry
    grid = next((snapshot.grid_by_code[code] for code in finding.grids if code in snapshot.grid_by_code), None)
    return None if grid is None else grid.polygon


def _fit(page: folium.Map, snapshot: Snapshot) -> None:
    shapes: list[BaseGeometry] = [grid.polygon for grid in snapshot.grids]
    shapes = shapes or [area.polygon for area in snapshot.areas] or [each.shape for each in snapshot.buildings]
    if shapes:
        west, south, east, north = shapely.total_bounds(_shown(snapshot, shapes))
        # Nothing lies under the heading when the map opens.
        page.fit_bounds(
            [[south, west], [north, east]], padding_top_left=(20, _HEADING_PX), padding_bottom_right=(20, 20)
        )


def _dress(page: folium.Map, heading: str, snapshot: Snapshot, findings: Sequence[Finding], language: Language) -> None:
    """Put the script, the style, the heading and the disclaimer into the page."""
    root: Any = page.get_root()
    script, style, licence = _leaflet()
    head = root.header
    head.add_child(Element(f"<!-- Leaflet\n{licence}\n-->"), name="licence")
    head.add_child(Element(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>'), name="policy")
    head.add_child(Element('<link rel="icon" href="data:,"/>'), name="icon")
    head.add_child(Element(f"<title>{html.escape(heading)}</title>"), name="title")
    head.add_child(Element(f"<style>{style}\n{_page_style()}</style>"), name="style")
    head.add_child(Element(f"<script>{script}</script>"), name="script")
    said = [word("grids", language, len(snapshot.grids))]
    if findings:
        blocking = sum(finding.severity == "blocking" for finding in findings)
        said.append(f"{word('blocking', language)} {blocking}")
        said.append(f"{word('advisory', language)} {len(findings) - blocking}")
    root.html.add_child(
        Element(
            f'<div class="mg-heading"><b>{html.escape(heading)}</b><br/>{html.escape(" · ".join(said))}'
            f"<br/><small>{html.escape(word('disclaimer', language))}</small></div>"
        ),
        name="heading",
    )


def _page_style() -> str:
    return (
        f".leaflet-container{{background:#F3F1EA;font-family:{_FONTS}}}"
        ".mg-heading{position:absolute;z-index:1000;left:56px;top:10px;max-width:60%;padding:8px 12px;"
        f"background:rgba(255,255,255,.92);border-left:5px solid #8C1139;font:14px/1.5 {_FONTS};color:#1c1c1c}}"
        ".mg-heading b{font-size:17px}.leaflet-popup-content table{border-collapse:collapse}"
        ".leaflet-popup-content th{text-align:left;padding-right:10px;font-weight:600;white-space:nowrap}"
        # Ground here is measured in metres alone.
        ".leaflet-control-scale-line:not(:first-child){display:none}"
        "@media print{.leaflet-control-container{display:none}}"
    )


@lru_cache(maxsize=1)
def _leaflet() -> tuple[str, str, str]:
    """Leaflet's script, style and licence, with nothing in them that a browser could fetch."""
    folder = files("maps") / "assets" / "leaflet"
    script = (folder / "leaflet.js").read_text("utf-8")
    style = (folder / "leaflet.css").read_text("utf-8")
    script = re.sub(r"//# sourceMappingURL=.*", "", script)
    # The namespace of SVG is a name, not an address; split, it is not taken for one.
    script = script.replace('"http://www.w3.org', '"http:"+"//www.w3.org').replace("https://leafletjs", "leafletjs")
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    picture = base64.b64encode((folder / "images" / "layers.png").read_bytes()).decode("ascii")
    style = style.replace("url(images/layers.png)", f"url(data:image/png;base64,{picture})")
    style = re.sub(r"url\(images/[^)]*\)", "none", style)
    licence = (folder / "LICENSE").read_text("utf-8")
    return script, style, licence


def _number(root: Element) -> None:
    """Name elements in order: folium draws names by lot, and equal input should give equal text."""
    waiting, number = [root], 0
    while waiting:
        element = waiting.pop()
        element._id = f"{number:x}"
        number += 1
        waiting.extend(reversed(list(element._children.values())))

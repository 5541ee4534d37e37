"""Sheets of real places: irregular blocks, thousands of buildings and names in other scripts."""

import geopandas
import pytest
import shapely

from boundaries.model import Area, Building, MicroGrid, Shop, Street
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs
from maps.colors import four_colours, shared_edges
from maps.sheet import SheetSpec, sheet
from maps.web import web_map
from tests.maps.community import DAY
from tests.maps.reading import overlaps, text_of

STREETS = ["primary", "secondary", "tertiary", "residential", "unclassified", "living_street", "pedestrian"]
PLACES = [
    ("osm_cn/beijing_wudaokou.gpkg", "EPSG:4548", "五道口", 32),
    ("osm_dense_city/helsinki_centre.gpkg", "EPSG:3879", "Helsinki", 49),
]


def _text(row, column):
    value = row.get(column)
    return value if isinstance(value, str) else ""


def _layer(path, name, plane):
    table = geopandas.read_file(path, layer=name)
    return table[table.geometry.notna()].to_crs(plane)


def _blocks(path, plane, name):
    """A community of the street blocks of an extract."""
    buildings, roads = _layer(path, "buildings", plane), _layer(path, "roads", plane)
    shops = _layer(path, "shops_poi", plane)
    frame = shapely.box(*buildings.total_bounds)
    main = roads[roads["highway"].isin(STREETS)]
    lines = shapely.intersection(main.geometry.to_numpy(), frame)
    cells = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.node(shapely.union_all([*lines, frame.exterior]))))
    )
    cells = [cell for cell in cells if cell.area > 2500]
    return Snapshot(
        crs=parse_crs(plane),
        label=name,
        areas=(Area(1, "A", name, "community", None, shapely.union_all(cells)),),
        grids=tuple(MicroGrid(n, n, f"G{n:03d}", f"{name}{n}", "A", cell) for n, cell in enumerate(cells, start=1)),
        buildings=tuple(
            Building(n, f"B{n}", _text(row, "addr:housenumber"), row.geometry)
            for n, (_, row) in enumerate(buildings.iterrows())
        ),
        streets=tuple(
            Street(n, f"R{n}", _text(row, "name"), row.geometry)
            for n, (_, row) in enumerate(roads.iterrows())
            if row.geometry.geom_type.endswith("LineString")
        ),
        shops=tuple(
            Shop(n, f"S{n}", _text(row, "name"), shapely.point_on_surface(row.geometry))
            for n, (_, row) in enumerate(shops.iterrows())
        ),
    )


@pytest.mark.parametrize("place", PLACES, ids=["wudaokou", "helsinki"])
def test_street_blocks_print_with_every_grid_told(real_data, tmp_path, place):
    file, plane, name, grids = place
    snapshot = _blocks(real_data / file, plane, name)
    made = sheet(snapshot, SheetSpec(date=DAY, area="A", credit="© OpenStreetMap contributors, ODbL 1.0"))
    report = made.report
    assert report.grids == len(snapshot.grids) == grids
    assert len(report.named) + len(report.code_only) + len(report.led) + len(report.missing) == report.grids
    assert len(report.missing) <= 0.02 * report.grids
    assert report.missing_characters == ()
    assert report.smallest_type_mm >= 1.8
    assert report.scale_error < 1e-3
    assert overlaps(report.labels) == []
    (tmp_path / "sheet.pdf").write_bytes(made.data)
    text = text_of(tmp_path / "sheet.pdf")
    assert all(grid.name in text for grid in snapshot.grids)


def test_eleven_thousand_cells_are_told_apart_and_make_one_page(real_data):
    table = geopandas.read_parquet(real_data / "tw_microgrid" / "taipei_base.parquet")
    cells = list(table.to_crs(3826).geometry)
    edges = shared_edges(cells)
    colours = four_colours(len(cells), edges)
    assert len(cells) == 11_490
    assert max(colours) == 3
    assert all(colours[a] != colours[b] for a, b in edges)
    grids = tuple(MicroGrid(n, n, f"G{n}", f"第{n}格", "A", cell) for n, cell in enumerate(table.geometry, start=1))
    page = web_map(Snapshot(crs=parse_crs("EPSG:4326"), label="", grids=grids), day=DAY)
    assert len(page) < 10_000_000
    assert "http" + "://" not in page

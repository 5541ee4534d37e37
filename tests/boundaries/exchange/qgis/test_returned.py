"""Grids come back from files of any kind; names that a shapefile cuts are known, rounding is told."""

from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from shapely import Polygon, box

from boundaries.errors import RefusedRows
from boundaries.exchange.qgis.returned import ReturnedFile, lost_m, read_returned
from boundaries.snapshot import DEFAULT_KINDS

SHAPE = box(119.180000001, 32.27, 119.181234567, 32.28)


def written(path: Path, shape: Polygon = SHAPE, crs: str = "EPSG:4490", **columns: object) -> ReturnedFile:
    frame = geopandas.GeoDataFrame({name: [value] for name, value in columns.items()}, geometry=[shape], crs=crs)
    options = {"encoding": "GBK"} if path.suffix == ".shp" else {}
    pyogrio.write_dataframe(frame, path, **options)
    return read_returned(path, kinds=DEFAULT_KINDS)


def test_names_that_a_shapefile_cuts_are_known(tmp_path: Path) -> None:
    columns = {"mg_id": 12, "code": "G1", "name": "第一网格", "kind": "沿街商铺", "area": "A1", "version": 3}
    found = written(tmp_path / "grids.shp", **columns, honorary_n="示范", street_gro="S")
    (grid,) = found.grids
    assert (grid.number, grid.version, found.marks, found.exported) == (12, 3, None, ())
    assert grid.fields == {
        "code": "G1",
        "name": "第一网格",
        "honorary_name": "示范",
        "street_group": "S",
        "area": "A1",
        "kind": "street_front",
        "layer": None,
    }


def test_headers_that_people_see_are_known_too(tmp_path: Path) -> None:
    columns = {"永久编号": 12, "网格编码": "G1", "网格名称": "甲", "图层": "叠加", "荣誉名称": None}
    (grid,) = written(tmp_path / "grids.gpkg", **columns).grids
    assert (grid.number, grid.fields["layer"], grid.fields["honorary_name"]) == (12, "overlay", None)


def test_a_number_that_was_spoilt_is_none(tmp_path: Path) -> None:
    (grid,) = written(tmp_path / "grids.gpkg", mg_id="1.5e3", code="G1").grids
    assert grid.number is None


def test_an_unknown_kind_and_a_grid_in_pieces_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedRows, match="is no kind"):
        written(tmp_path / "kind.gpkg", code="G1", kind="乱写")
    pieces = shapely.MultiPolygon([SHAPE, box(119.2, 32.27, 119.21, 32.28)])
    with pytest.raises(RefusedRows, match="2 pieces"):
        written(tmp_path / "pieces.gpkg", pieces, code="G1")


def test_rounding_is_told_from_coordinates_that_were_always_short(tmp_path: Path) -> None:
    given = shapely.get_coordinates(SHAPE)
    exact = written(tmp_path / "exact.gpkg", code="G1")
    assert (exact.decimals, lost_m(exact, given)) == (None, 0.0)
    rounded = written(tmp_path / "rounded.gpkg", shapely.transform(SHAPE, lambda xy: np.round(xy, 7)), code="G1")
    assert (rounded.decimals, lost_m(rounded, given)) == (7, pytest.approx(0.0111, abs=1e-3))
    short = written(tmp_path / "short.gpkg", box(119.18, 32.27, 119.19, 32.28), code="G1")
    assert lost_m(short, shapely.get_coordinates(box(119.18, 32.27, 119.19, 32.28))) == 0.0
    metres = written(tmp_path / "metres.gpkg", box(400000.12, 3570000, 400100, 3570100.5), "EPSG:4549", code="G1")
    assert (metres.decimals, lost_m(metres, given)) == (2, pytest.approx(0.01))

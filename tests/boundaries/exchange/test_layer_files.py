"""A layer comes back as it was: columns, types, order, every bit of a coordinate."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from boundaries.errors import BadInput
from boundaries.exchange.layer_files import Layer, read_layer
from boundaries.exchange.layer_writing import SUFFIXES, beside, write_layers
from boundaries.exchange.reading import read_table

RNG = np.random.default_rng(7)
EAST, NORTH = 422_000.123456789, 3_572_000.987654321


def blob() -> Polygon:
    angles = np.sort(RNG.uniform(0, 2 * np.pi, 40))
    return Polygon(np.column_stack([EAST + 50 * np.cos(angles), NORTH + 50 * np.sin(angles)]))


SHAPES = [blob() for _ in range(3)]
COLUMNS = {
    "编码": ["001", "002", None],
    "户数": pd.array([1, None, 3], dtype="Int32"),
    "人数": pd.array([1, 2, 2**40], dtype="Int64"),
    "比率": [1.5, None, 0.1],
    "日期": pd.to_datetime(["2020-01-01", "2021-06-30", None]),
    "启用": [True, False, True],
}


def frame() -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(COLUMNS, geometry=SHAPES, crs="EPSG:4549")


def written(folder: Path, suffix: str) -> Path:
    path = folder / f"in.{suffix}"
    if suffix == "parquet":
        frame().to_parquet(path)
    elif suffix == "shp":
        frame().drop(columns="日期").to_file(path, encoding="GBK")
    elif suffix == "fgb":
        frame().to_file(path, SPATIAL_INDEX="NO")
    else:
        frame().to_file(path, **({"COORDINATE_PRECISION": 17} if suffix == "geojson" else {}))
    return path


def same_bits(one: object, other: object) -> bool:
    """Whether shapes have the same vertices; a shapefile turns rings round."""
    pairs = zip(one, other, strict=True)  # type: ignore[call-overload]
    return all(_vertices(first) == _vertices(second) for first, second in pairs)


def _vertices(shape: Polygon) -> list[bytes]:
    return sorted(xy.tobytes() for xy in shapely.get_coordinates(shape))


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson", "fgb", "parquet"])
def test_a_layer_comes_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    first = read_layer(written(tmp_path, suffix), kind="grids", crs="EPSG:4549")
    assert [name for name in first.columns.column_names if name != "日期"] == [n for n in COLUMNS if n != "日期"]
    assert first.columns.column("编码").to_pylist() == ["001", "002", None]
    assert first.columns.column("户数").to_pylist() == [1, None, 3]
    if suffix != "geojson":
        assert first.columns.schema.field("户数").type == pa.int32()
    out = tmp_path / f"out.{suffix}"
    write_layers(out, {"grids": first})
    again = read_layer(out, kind="grids", crs="EPSG:4549")
    assert again.columns.schema.equals(first.columns.schema)
    assert again.columns.equals(first.columns)
    assert same_bits(again.geometry, first.geometry)
    if suffix != "geojson":
        assert same_bits(again.geometry, SHAPES)
    # The reader that every verb uses finds the same.
    table = read_table(out)
    assert table.crs is not None
    assert table.crs.name == "EPSG:4549"
    assert same_bits(table.geometry, first.geometry)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_layer_goes_into_any_format_with_every_bit(tmp_path: Path, suffix: str) -> None:
    layer = read_layer(written(tmp_path, "gpkg"), kind="grids", crs="EPSG:4549")
    out = tmp_path / f"out{suffix}"
    write_layers(out, {"grids": layer})
    again = read_layer(out, kind="grids", crs="EPSG:4549")
    assert same_bits(again.geometry, SHAPES)
    codes = again.columns.column("编码").to_pylist()
    assert codes[:2] == ["001", "002"]
    assert [str(value or "") for value in again.columns.column("户数").to_pylist()] == ["1", "", "3"]


def test_csv_keeps_its_columns_and_shows_dates_as_iso(tmp_path: Path) -> None:
    layer = read_layer(written(tmp_path, "gpkg"), kind="grids", crs="EPSG:4549")
    write_layers(tmp_path / "a.csv", {"grids": layer})
    head, first, *_ = (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()
    assert head == "编码,户数,人数,比率,日期,启用,WKT"
    assert first.startswith("001,1,1,1.5,2020-01-01")
    again = read_layer(tmp_path / "a.csv", kind="grids", crs="EPSG:4549")
    assert again.columns.column_names == list(COLUMNS)
    write_layers(tmp_path / "gbk.csv", {"grids": again}, encoding="gbk")
    assert (tmp_path / "gbk.csv").read_bytes().decode("gbk").startswith("编码")


def test_other_shapes_and_more_rows(tmp_path: Path) -> None:
    layer = read_layer(written(tmp_path, "gpkg"), kind="grids", crs="EPSG:4549")
    new = box(EAST, NORTH, EAST + 1, NORTH + 1)
    more = layer.with_shapes({1: new}).with_rows([{"编码": "新增-1", "户数": "新增-1"}], [new])
    assert (len(layer.geometry), len(more.geometry)) == (3, 4)
    assert layer.geometry[1].equals(SHAPES[1])
    write_layers(tmp_path / "b.gpkg", {"grids": more})
    again = read_layer(tmp_path / "b.gpkg", kind="grids", crs="EPSG:4549")
    # A column of numbers takes no text.
    assert again.columns.slice(3).to_pylist() == [{**dict.fromkeys(COLUMNS), "编码": "新增-1"}]
    assert again.columns.schema.equals(layer.columns.schema)
    assert [again.geometry[index].equals(new) for index in range(4)] == [False, True, False, True]
    assert more.value(3, "编码") == "新增-1"
    assert layer.with_rows([], []) is layer


def test_two_layers_in_one_geopackage_and_beside_each_other(tmp_path: Path) -> None:
    grids = read_layer(written(tmp_path, "gpkg"), kind="grids", crs="EPSG:4549")
    parents = Layer(pa.table({"编码": ["C1"]}), np.array([SHAPES[0]], dtype=object), "EPSG:4549")
    write_layers(tmp_path / "a.gpkg", {"grids": grids, "parents": parents})
    assert len(read_table(tmp_path / "a.gpkg", kind="grids")) == 3
    assert len(read_table(tmp_path / "a.gpkg", kind="areas")) == 1
    write_layers(tmp_path / "a.shp", {"grids": grids, "parents": parents})
    assert len(read_table(beside(tmp_path / "a.shp", "parents"))) == 1


def test_pieces_stay_pieces(tmp_path: Path) -> None:
    several = MultiPolygon([SHAPES[0], shapely.affinity.translate(SHAPES[0], 500)])
    for shapes in ([MultiPolygon([SHAPES[0]]), MultiPolygon([SHAPES[1]])], [SHAPES[0], several]):
        path = tmp_path / "m.gpkg"
        geopandas.GeoDataFrame({"编码": ["1", "2"]}, geometry=shapes, crs="EPSG:4549").to_file(path)
        layer = read_layer(path, kind="grids", crs="EPSG:4549").with_shapes({0: SHAPES[2]})
        write_layers(tmp_path / "n.gpkg", {"grids": layer})
        kinds = geopandas.read_file(tmp_path / "n.gpkg").geom_type
        assert set(kinds) == {"MultiPolygon"}


def test_heights_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "z.gpkg"
    lifted = [shapely.force_3d(shape, 5.0) for shape in SHAPES]
    geopandas.GeoDataFrame({"编码": ["1", "2", "3"]}, geometry=lifted, crs="EPSG:4549").to_file(path)
    assert not shapely.has_z(read_layer(path, kind="grids", crs="EPSG:4549").geometry).any()


def test_columns_that_a_shapefile_cannot_hold_are_shortened_apart(tmp_path: Path) -> None:
    table = pa.table({"所属社区编码一": ["a"], "所属社区编码二": ["b"]})
    layer = Layer(table, np.array([SHAPES[0]], dtype=object), "EPSG:4549")
    write_layers(tmp_path / "s.shp", {"grids": layer})
    found = read_table(tmp_path / "s.shp")
    assert len(set(found.columns)) == 2
    assert [found.values(name)[0] for name in found.columns] == ["a", "b"]
    odd = Layer(pa.table({"名": ["😀"]}), layer.geometry, "EPSG:4549")
    with pytest.raises(BadInput, match="GBK"):
        write_layers(tmp_path / "t.shp", {"grids": odd})


def test_a_layer_of_a_file_is_picked_as_readers_pick_it(tmp_path: Path) -> None:
    for name, count in (("其他", 1), ("网格", 3)):
        frame().iloc[:count].to_file(tmp_path / "two.gpkg", layer=name)
    assert len(read_layer(tmp_path / "two.gpkg", kind="grids", crs="EPSG:4549").geometry) == 3
    other = read_layer(Path(f"{tmp_path / 'two.gpkg'}|layername=其他"), kind="grids", crs="EPSG:4549")
    assert len(other.geometry) == 1


def test_what_is_not_written_and_what_cannot_be_read(tmp_path: Path) -> None:
    layer = Layer(pa.table({"名": ["a"]}), np.array([SHAPES[0]], dtype=object), "EPSG:4549")
    with pytest.raises(BadInput, match=r"\.fgb"):
        write_layers(tmp_path / "a.xlsx", {"grids": layer})
    (tmp_path / "bad.gpkg").write_bytes(b"not a database at all")
    with pytest.raises(BadInput):
        read_layer(tmp_path / "bad.gpkg", kind="grids", crs="EPSG:4549")
    (tmp_path / "bad.parquet").write_bytes(b"not a table at all")
    with pytest.raises(BadInput):
        read_layer(tmp_path / "bad.parquet", kind="grids", crs="EPSG:4549")
    (tmp_path / "flat.csv").write_text("编码,名称\n1,a\n", encoding="utf-8")
    with pytest.raises(BadInput, match="WKT"):
        read_layer(tmp_path / "flat.csv", kind="grids", crs="EPSG:4549")


def test_days_and_instants_in_geojson(tmp_path: Path) -> None:
    table = pa.table({"日": pa.array([dt.date(2026, 3, 1)]), "时": pa.array([dt.datetime(2026, 3, 1, 8)])})  # noqa: DTZ001  a wall clock
    write_layers(tmp_path / "d.geojson", {"grids": Layer(table, np.array([SHAPES[0]], dtype=object), "EPSG:4326")})
    text = (tmp_path / "d.geojson").read_text(encoding="utf-8")
    assert '"日": "2026-03-01"' in text
    assert '"时": "2026-03-01T08:00:00"' in text
    assert '"crs"' not in text


def geojson_of(folder: Path, name: str, values: pa.Array) -> list[object]:
    shapes = np.array([SHAPES[0]] * len(values), dtype=object)
    write_layers(folder / "v.geojson", {"grids": Layer(pa.table({name: values}), shapes, "EPSG:4326")})

    def refuse(word: str) -> None:
        raise AssertionError(f"not JSON: {word}")

    told = json.loads((folder / "v.geojson").read_text(encoding="utf-8"), parse_constant=refuse)
    return [feature["properties"][name] for feature in told["features"]]


def test_geojson_is_json_whatever_a_column_holds(tmp_path: Path) -> None:
    prices = pa.array([Decimal("12.30"), None, Decimal("0.10")], pa.decimal128(9, 2))
    assert geojson_of(tmp_path, "价", prices) == [12.3, None, 0.1]
    # One number that no float holds, and the column is text.
    long = pa.array([Decimal("12345678901234567890.5"), Decimal("1.5")], pa.decimal128(38, 1))
    assert geojson_of(tmp_path, "价", long) == ["12345678901234567890.5", "1.5"]
    assert geojson_of(tmp_path, "比率", pa.array([1.5, float("nan"), None])) == [1.5, None, None]
    nested = pa.array([[float("nan"), 1.0], None], pa.list_(pa.float64()))
    assert geojson_of(tmp_path, "列", nested) == [[None, 1.0], None]
    parts = pa.array(
        [{"a": Decimal("1.5"), "b": dt.date(2026, 3, 1)}], pa.struct([("a", pa.decimal128(4, 1)), ("b", pa.date32())])
    )
    assert geojson_of(tmp_path, "项", parts) == [{"a": 1.5, "b": "2026-03-01"}]
    assert geojson_of(tmp_path, "时长", pa.array([dt.timedelta(seconds=90)])) == ["0:01:30"]


@pytest.mark.parametrize("suffix", ["geojson", "csv", "shp"])
def test_bytes_are_refused_by_column_in_formats_of_text(tmp_path: Path, suffix: str) -> None:
    layer = Layer(pa.table({"照片": [b"\x00\xff"]}), np.array([SHAPES[0]], dtype=object), "EPSG:4326")
    with pytest.raises(BadInput, match='Column "照片" holds binary'):
        write_layers(tmp_path / f"a.{suffix}", {"grids": layer})


def test_an_infinite_number_is_refused_by_column(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match='Column "比率" holds an infinite'):
        geojson_of(tmp_path, "比率", pa.array([float("inf")]))

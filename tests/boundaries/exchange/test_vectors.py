"""Files with shapes, whole and broken."""

import zipfile

import geopandas
import numpy as np
import pytest
import shapely
from shapely import box

from boundaries.errors import BadInput
from boundaries.exchange.vectors import read_parquet, read_vector

CELLS = [box(119.18, 32.27, 119.19, 32.28), box(119.19, 32.27, 119.2, 32.28)]


def frame(**columns):
    values = columns or {"编码": ["001", "002"], "名称": ["锦绣", "河西"]}
    return geopandas.GeoDataFrame(values, geometry=CELLS, crs="EPSG:4490")


def shapefile(folder, *, encoding="gbk", cpg=None):
    path = folder / "网格.shp"
    frame().to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    return path


def mark_language(path, byte):
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    data[29] = byte
    path.with_suffix(".dbf").write_bytes(data)


def test_a_gbk_shapefile_without_a_word_of_it_is_recognised(tmp_path):
    path = shapefile(tmp_path)
    mark_language(path, 0x57)
    raw = read_vector(path, encoding=None, layer=None, kind=None)
    assert raw.columns == {"编码": ["001", "002"], "名称": ["锦绣", "河西"]}
    assert "gb18030" in raw.notes[0].zh
    assert raw.declared == "EPSG:4490"


@pytest.mark.parametrize("cpg", ["GBK", "gbk", "CP936"])
def test_a_shapefile_that_says_its_encoding_is_believed(tmp_path, cpg):
    raw = read_vector(shapefile(tmp_path, cpg=cpg), encoding=None, layer=None, kind=None)
    assert raw.columns["名称"] == ["锦绣", "河西"]
    assert raw.notes == ()


def test_an_encoding_told_by_hand_wins(tmp_path):
    path = shapefile(tmp_path, cpg="UTF-8")
    assert read_vector(path, encoding="gbk", layer=None, kind=None).columns["名称"] == ["锦绣", "河西"]


def test_a_wrong_encoding_told_by_the_file_is_refused(tmp_path):
    with pytest.raises(BadInput) as refusal:
        read_vector(shapefile(tmp_path, cpg="UTF-8"), encoding=None, layer=None, kind=None)
    assert "--encoding" in refusal.value.zh


def test_a_wrong_encoding_told_by_hand_is_refused(tmp_path):
    with pytest.raises(BadInput, match="--encoding gbk"):
        read_vector(shapefile(tmp_path), encoding="utf-8", layer=None, kind=None)


@pytest.mark.parametrize("lacking", [".shx", ".dbf"])
def test_a_shapefile_without_its_siblings_is_refused(tmp_path, lacking):
    path = shapefile(tmp_path)
    path.with_suffix(lacking).unlink()
    with pytest.raises(BadInput) as refusal:
        read_vector(path, encoding=None, layer=None, kind=None)
    assert lacking in refusal.value.zh
    assert "一起拷贝" in refusal.value.zh


@pytest.mark.parametrize("cut", [".shp", ".dbf", ".shx"])
@pytest.mark.parametrize("left", [0.7, 0.05])
def test_a_truncated_shapefile_is_refused(tmp_path, cut, left):
    path = shapefile(tmp_path)
    file = path.with_suffix(cut)
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * left)])
    with pytest.raises(BadInput) as refusal:
        read_vector(path, encoding=None, layer=None, kind=None)
    assert "被截断" in refusal.value.zh


def test_a_zipped_shapefile_is_read_and_its_encoding_found(tmp_path):
    path = shapefile(tmp_path)
    mark_language(path, 0)
    with zipfile.ZipFile(tmp_path / "网格.zip", "w") as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(path.with_suffix(suffix), f"网格{suffix}")
    raw = read_vector(tmp_path / "网格.zip", encoding=None, layer=None, kind=None)
    assert raw.columns["名称"] == ["锦绣", "河西"]


def test_a_layer_is_chosen_by_name_by_what_is_wanted_or_asked_for(tmp_path):
    path = tmp_path / "town.gpkg"
    for layer in ("roads", "grids", "notes"):
        frame(层=[layer] * 2).to_file(path, layer=layer)
    assert read_vector(path, encoding=None, layer="roads", kind=None).name == "town.gpkg[roads]"
    assert read_vector(path, encoding=None, layer=None, kind="streets").columns["层"] == ["roads", "roads"]
    for layer, kind in (("水系", None), (None, "waters")):
        with pytest.raises(BadInput, match="roads, grids, notes"):
            read_vector(path, encoding=None, layer=layer, kind=kind)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".zip", ".kml"])
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"not a map at all" * 20)
    if suffix == ".shp":
        for sibling in (".shx", ".dbf"):
            path.with_suffix(sibling).write_bytes(b"x" * 200)
    with pytest.raises(BadInput):
        read_vector(path, encoding=None, layer=None, kind=None)


def test_only_a_geojson_that_names_its_system_is_certain(tmp_path):
    path = tmp_path / "a.geojson"
    frame().to_file(path, driver="GeoJSON")
    assert read_vector(path, encoding=None, layer=None, kind=None).is_certain
    frame().to_crs("EPSG:4326").to_file(path, driver="GeoJSON", RFC7946="YES")
    raw = read_vector(path, encoding=None, layer=None, kind=None)
    assert (raw.declared, raw.is_certain) == ("EPSG:4326", False)
    frame().to_crs("EPSG:4326").to_file(path, driver="GeoJSON")
    assert b"CRS84" in path.read_bytes()
    assert not read_vector(path, encoding=None, layer=None, kind=None).is_certain


def test_kml_and_filegdb_are_read(tmp_path):
    frame().to_file(tmp_path / "a.kml", driver="KML")
    frame().to_file(tmp_path / "a.gdb", driver="OpenFileGDB")
    for name, certain in (("a.kml", False), ("a.gdb", True)):
        raw = read_vector(tmp_path / name, encoding=None, layer=None, kind=None)
        assert len(raw.geometry) == 2
        assert raw.is_certain is certain


def test_geoparquet_and_plain_parquet(tmp_path):
    frame().to_parquet(tmp_path / "a.parquet")
    raw = read_parquet(tmp_path / "a.parquet")
    assert raw.columns["编码"] == ["001", "002"]
    assert shapely.equals(raw.geometry, np.asarray(CELLS, dtype=object)).all()
    frame().drop(columns="geometry").to_parquet(tmp_path / "b.parquet")
    assert read_parquet(tmp_path / "b.parquet").geometry is None
    (tmp_path / "c.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput):
        read_parquet(tmp_path / "c.parquet")


def test_a_broken_ring_is_a_missing_shape_not_a_broken_file(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"编码":"1"},'
        '"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}}]}'
    )
    raw = read_vector(path, encoding=None, layer=None, kind=None)
    assert raw.geometry[0] is None

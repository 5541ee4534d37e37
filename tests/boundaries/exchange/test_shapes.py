"""Shapes of rows: simplified, explained, and kept where they belong."""

import numpy as np
import pytest
import shapely
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from boundaries.errors import BadInput
from boundaries.exchange.shapes import fault, form_of, implausible, shapes_of, simplest, with_shapes
from boundaries.model import Shop, Street
from geo.crs import parse_crs

BOW_TIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def array(*shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def test_collections_of_one_are_that_one():
    assert simplest(MultiPolygon([box(0, 0, 1, 1)])).geom_type == "Polygon"
    assert simplest(MultiPoint([(1, 2)])).equals(Point(1, 2))
    crumbs = GeometryCollection([box(0, 0, 1, 1), Point(5, 5)])
    assert simplest(crumbs).equals(box(0, 0, 1, 1))
    assert simplest(GeometryCollection([Point(5, 5)])).geom_type == "GeometryCollection"


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (None, ("没有图形", "no shape")),
        (Polygon(), ("没有图形", "no shape")),
        (LineString([(0, 0), (1, 1)]), ("图形是线,这里需要面", "LineString")),
        (MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]), ("由 2 块组成", "2 pieces")),
        (BOW_TIE, ("边界自相交,位置 [1 1]", "Self-intersection[1 1]")),
    ],
)
def test_faults_say_what_and_where(shape, words):
    zh, en = fault(shape, forms=("polygon",), one_part=True)
    assert words[0] in zh
    assert words[1] in en


def test_what_is_fine_has_no_fault():
    assert fault(box(0, 0, 1, 1), forms=("polygon",), one_part=True) is None
    assert fault(MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]), forms=("polygon",), one_part=False) is None
    assert fault(BOW_TIE.boundary, forms=("line", "polygon"), one_part=False) is None
    assert form_of(GeometryCollection()) is None


@pytest.mark.parametrize(
    ("crs", "shape"),
    [
        ("EPSG:4490", box(119.18, 32.27, 119.2, 32.28)),
        ("EPSG:4326", box(24.9, 60.1, 24.95, 60.2)),
        ("EPSG:4326", box(-72.5, 44, -72, 45)),
        ("EPSG:4549", box(422_000, 3_572_000, 423_000, 3_573_000)),
        ("EPSG:4528", box(40_422_000, 3_572_000, 40_423_000, 3_573_000)),
        ("GCJ-02", box(119.18, 32.27, 119.2, 32.28)),
        ("EPSG:2232", box(3_100_000, 1_690_000, 3_101_000, 1_691_000)),
    ],
)
def test_places_where_a_system_is_used(crs, shape):
    assert implausible(array(shape, None, Polygon()), parse_crs(crs), file="a") == {}


@pytest.mark.parametrize(
    ("crs", "shape"),
    [
        ("EPSG:4490", box(32.27, 119.18, 32.28, 119.2)),
        ("EPSG:4326", box(39.9, 116.3, 40, 116.4)),
        ("EPSG:4326", box(22.5, 88.0, 22.6, 88.9)),
        ("EPSG:4549", box(3_572_000, 422_000, 3_573_000, 423_000)),
    ],
)
def test_swapped_axes_are_recognised(crs, shape):
    with pytest.raises(BadInput) as refusal:
        implausible(array(shape), parse_crs(crs), file="网格.gpkg")
    assert "横纵坐标颠倒" in refusal.value.zh
    assert "axes are swapped" in refusal.value.en


@pytest.mark.parametrize(
    ("crs", "shape"),
    [
        ("EPSG:4490", box(422_000, 3_572_000, 423_000, 3_573_000)),
        ("EPSG:4549", box(119.18, 32.27, 119.2, 32.28)),
        ("EPSG:4528", box(422_000, 3_572_000, 423_000, 3_573_000)),
        ("EPSG:4547", box(40_422_000, 3_572_000, 40_423_000, 3_573_000)),
    ],
)
def test_a_wrong_system_is_recognised(crs, shape):
    with pytest.raises(BadInput, match="the system named is wrong"):
        implausible(array(shape), parse_crs(crs), file="网格.gpkg")


def test_a_stray_shape_is_told_from_a_wrong_system():
    cells = [box(422_000 + i, 3_572_000, 422_001 + i, 3_572_001) for i in range(3)]
    far = box(422_000, 4_572_000, 422_001, 4_572_001), box(8e6, 3_572_000, 8e6 + 1, 3_572_001)
    stray = implausible(array(*cells, *far), parse_crs("EPSG:4549"), file="a")
    assert list(stray) == [4]
    assert stray[4] == pytest.approx(7_578_000, abs=1000)
    nowhere = implausible(array(*cells, box(1e30, 0, 2e30, 1)), parse_crs("EPSG:4549"), file="a")
    assert list(nowhere) == [3]


def test_shapes_of_values_and_back():
    shops = (Shop(1, "a", "甲", Point(0, 0)), Shop(2, "b", "乙", Point(1, 1)))
    moved = with_shapes(shops, shapely.transform(shapes_of(shops), lambda xy: xy + 1))
    assert [shop.door.x for shop in moved] == [1, 2]
    assert with_shapes((), shapes_of(())) == ()
    assert shapes_of((Street(1, "s", "", LineString([(0, 0), (1, 1)])),))[0].length == pytest.approx(2**0.5)

import numpy as np
import pytest
import shapely
from shapely import box

from maps.blocks import break_at, code_blocks, name_blocks, plain_blocks
from maps.display import Rect
from maps.labels import Ground, best_spot, outside_spot
from maps.obstacles import Taken, Window, quad
from maps.typeface import SMALLEST_TYPE_MM, load_typeface

FRAME = Rect(0, 0, 300, 200)


@pytest.fixture(scope="module")
def typeface():
    return load_typeface()


@pytest.fixture
def taken():
    return Taken(Window.around((0, 0, 300, 200)))


def _spot(shape, blocks, taken, ground=(), **more):
    return best_spot(
        shapely.orient_polygons(shape), blocks, frame=FRAME, taken=taken, ground=Ground.of(list(ground)), **more
    )


def _names(typeface, name="锦绣花园北区"):
    return name_blocks(typeface, "012", name, largest_mm=4.4)


def test_a_name_with_room_is_large_whole_and_in_the_middle(typeface, taken):
    shape = box(50, 50, 130, 110)
    spot = _spot(shape, _names(typeface), taken)
    assert spot.block.size_mm == 4.4
    assert spot.angle_deg == 0
    assert shape.contains(shapely.Polygon(spot.box))
    assert np.hypot(spot.x_mm - 90, spot.y_mm - 80) < 6


def test_a_name_keeps_clear_of_what_is_taken_and_off_buildings(typeface, taken):
    shape = box(50, 50, 130, 110)
    taken.add(quad(90, 80, 40, 12))
    buildings = [box(52, 52, 128, 72)]
    spot = _spot(shape, _names(typeface), taken, buildings)
    placed = shapely.Polygon(spot.box)
    assert placed.distance(shapely.Polygon(taken.quads[0])) >= 0.3
    assert placed.intersection(buildings[0]).area < 0.1 * placed.area


def test_a_small_polygon_gets_smaller_type_and_two_lines(typeface, taken):
    shape = box(50, 50, 66, 62)
    spot = _spot(shape, _names(typeface), taken)
    assert 1.9 <= spot.block.size_mm < 4.4
    assert shape.contains(shapely.Polygon(spot.box))


def test_a_long_aslant_strip_is_lettered_along_its_axis(typeface, taken):
    strip = shapely.affinity.rotate(box(60, 90, 200, 97), 25)
    spot = _spot(strip, _names(typeface, "人民路沿街商铺"), taken)
    assert spot.angle_deg == pytest.approx(25, abs=1)
    assert strip.contains(shapely.Polygon(spot.box))
    level = _spot(strip, _names(typeface, "人民路沿街商铺"), taken, may_turn=False)
    assert level is None or level.block.size_mm < spot.block.size_mm


def test_an_upright_strip_is_read_from_below(typeface, taken):
    spot = _spot(box(60, 40, 67, 160), _names(typeface, "A座一号楼至九号楼"), taken)
    assert spot.angle_deg in (0.0, -90.0)
    assert box(60, 40, 67, 160).contains(shapely.Polygon(spot.box))


def test_where_nothing_fits_there_is_no_spot(typeface, taken):
    assert _spot(box(50, 50, 53, 52), _names(typeface), taken) is None
    assert _spot(box(50, 50, 50.5, 50.5), _names(typeface), taken) is None
    assert _spot(box(400, 400, 450, 450), _names(typeface), taken) is None


def test_numbers_go_outside_with_a_point_to_lead_to(typeface, taken):
    shape = box(50, 50, 52, 51)
    block = code_blocks(typeface, "012", largest_mm=3)[-2]
    keep_off = taken.page.filled([np.asarray(box(40, 40, 70, 70).exterior.reverse().coords)])
    spot, anchor = outside_spot(shape, block, taken=taken, keep_off=keep_off)
    assert shape.contains(shapely.Point(anchor))
    assert not box(40.3, 40.3, 69.7, 69.7).intersects(shapely.Polygon(spot.box))
    everywhere = np.ones_like(keep_off)
    inside, _ = outside_spot(shape, block, taken=taken, keep_off=everywhere)
    assert np.hypot(inside.x_mm - anchor[0], inside.y_mm - anchor[1]) < 5


def test_a_full_page_takes_no_number(typeface, taken):
    taken.cells[:] = True
    block = code_blocks(typeface, "012", largest_mm=3)[0]
    assert outside_spot(box(50, 50, 52, 51), block, taken=taken, keep_off=taken.cells) is None


def test_no_type_is_below_the_floor(typeface):
    for block in [
        *_names(typeface),
        *code_blocks(typeface, "012", largest_mm=3),
        *plain_blocks(typeface, "河", (2.3,)),
    ]:
        sizes = [piece.size_mm for piece in block.pieces]
        sizes += [block.plate_text.size_mm] if block.plate_text else []
        assert min(sizes) >= SMALLEST_TYPE_MM


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("翠棠小区12-14幢", ("翠棠小区", "12-14幢")),
        ("锦绣花园北区", ("锦绣花", "园北区")),
        ("North Harbour", ("North ", "Harbour")),
        ("A1234567", ("A", "1234567")),
    ],
)
def test_names_break_before_numbers_and_not_within(name, lines):
    at = break_at(name)
    assert (name[:at], name[at:]) == lines or name.isascii()
    assert name[:at] + name[at:] == name

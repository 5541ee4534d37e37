"""Premises by code and by address, in a small plan, in drawn plans and in the demo town."""

from dataclasses import fields, replace

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box

from boundaries.demo.town import build_town
from boundaries.lookup.addresses import AddressBook, FoundPremises
from boundaries.model import Area, Assignment, Building, Compound, Shop
from boundaries.snapshot import Snapshot

AREAS = (
    Area(1, "T", "真州镇", "town", None, box(0, 0, 200, 100)),
    Area(2, "C1", "天宁社区", "community", "T", box(0, 0, 100, 100)),
    Area(3, "C2", "王庄村", "community", "T", box(100, 0, 200, 100)),
)
COMPOUNDS = (
    Compound(1, "K1", "锦绣花园", box(0, 0, 30, 30)),
    Compound(2, "K2", "都市水乡-水秀苑", box(40, 0, 60, 30)),
    Compound(3, "K3", "万家花城", box(0, 40, 30, 60)),
    Compound(4, "K4", "滨江•万家花城", box(40, 40, 60, 60)),
    Compound(5, "K5", "人民新村", box(0, 70, 30, 90)),
    Compound(6, "K6", "人民新村", box(110, 70, 140, 90)),
    Compound(7, "K7", "青禾新苑一区", box(110, 0, 140, 30)),
    Compound(8, "K8", "幸福里", box(150, 0, 160, 30)),
    Compound(9, "K9", "幸福里8号", box(170, 0, 180, 30)),
)


def house(code, number, compound=None, *, x=1.0, y=1.0):
    return Building(0, code, number, box(x, y, x + 2, y + 1), compound)


BUILDINGS = (
    house("B1", "1", "K1"),
    house("B3", "03幢", "K1"),
    house("B3-1", "3-1", "K1"),
    house("B12", "十二栋", "K1"),
    house("BA", "A座", "K1"),
    house("BG", "门卫", "K1"),
    house("BE2", "东区2号楼", "K1"),
    house("BN5", "锦绣花园5幢", "K1"),
    house("W3", "3栋", "都市水乡·水秀苑", x=41),
    house("P7", "7", "K3", y=41),
    house("Q3", "3号楼", "K4", x=41, y=41),
    house("R1", "1幢", "K5", y=71),
    house("R2", "2幢", "人民新村", y=71),  # one of two: the one that it stands in
    house("S1", "1幢", "K6", x=111, y=71),
    house("Y3", "3幢", "K7", x=111),
    house("X8", "8", "K8", x=151),
    house("Z2", "2", None, x=171),  # stands in 幸福里8号
    house("V5", "5号", x=120, y=50),
    house("V6", "三组6号", x=125, y=50),
    house("L2", "文昌路商铺2号楼", x=70, y=50),
)


def shop(code, name, door, street="文昌路", *, credit=None, state="open", x=70.0):
    return Shop(0, code, name, Point(x, 50), door, credit, street, state=state, contact="13800000000")


SHOPS = (
    shop("S12", "老槐面馆", "12号", credit="92321081ya0000011x"),
    shop("S12B", "顺和超市", "１２号", credit="92321081YA0000022Y"),
    shop("S12-1", "四季理发店", "12-1号"),
    shop("S12-3", "蔬菜店", "12号附3", credit="92321081YA0000022Y"),
    shop("S14", "旧茶室", "14号", state="closed"),
    shop("S16", "一品·鲜果行", "文昌路16号", None),
    shop("S18", "", "18号"),
    shop("J1", "好邻居", "1号", "锦绣花园"),
    shop("D7", "老槐面馆", "7号", "解放街", x=130.0),
)
PLAN = Snapshot(
    crs=Snapshot.stored_crs(),
    areas=AREAS,
    compounds=COMPOUNDS,
    buildings=BUILDINGS,
    shops=SHOPS,
    assignments=(
        Assignment("building", "B3", "G1", "containment", "在网格内", "inside"),
        Assignment("compound", "K1", "G2", "containment", "在网格内", "inside"),
        Assignment("shop", "S12", "G3", "containment", "在网格内", "inside"),
        Assignment("shop", "S18", None, "none", "没有网格", "no grid"),
    ),
)
BOOK = AddressBook.of(PLAN)

# One building, written in many ways.
SAME = (
    "锦绣花园3幢", "锦绣花园3栋", "锦绣花园3号楼", "锦绣花园3座", "锦绣花园3#", "锦绣花园#3", "锦绣花园#3楼",
    "锦绣花园03幢", "锦绣花园三幢", "锦绣花园第三幢", "锦绣花园３幢", "锦绣花园 3 幢", "锦绣花园,3幢", "锦绣花园3楼",
    "锦绣花园3", "锦绣花园3号", "锦绣花园3幢2单元", "锦绣花园3幢二单元501室", "锦绣花园3#2-501", "锦绣花园3-2-501",
    "锦绣花园 3 2 501", "锦绣花园3-501", "锦绣花园3幢5楼501", "锦绣花园(3幢)", "真州镇锦绣花园3幢",
    "天宁社区锦绣花园3幢", "天宁社区居委会锦绣花园3幢", "天宁锦绣花园3幢", "真州街道锦绣花园3幢",
    "江苏省扬州市仪征市真州镇天宁社区锦绣花园3幢2单元501室", "仪征 锦绣花园3幢", "文昌路12号锦绣花园3幢",
    "江苏省镇江市锦绣花园3幢",
)  # fmt: skip
# Nothing fits, so nothing is said.
UNKNOWN = (
    "锦绣花园99幢", "锦绣花园99幢2单元501室", "锦绣花园99", "滨江万家花城7幢", "王庄村锦绣花园3幢",
    "新集镇锦绣花园3幢", "真州镇城北社区锦绣花园3幢", "新锦绣花园3幢", "锦绣花园3幢对面", "锦绣花园三期3幢",
    "文昌路", "文昌路13号", "文昌路14号", "旧茶室", "北文昌路12号", "文昌路12号四季理发店", "解放街12号老槐面馆",
    "明远蔬菜店", "3幢", "真州镇", "天宁社区5号", "", "   ", "12号",
)  # fmt: skip
FOUND: dict[str, list[str]] = {
    **{text: ["B3"] for text in SAME},
    # The numbers that registers have.
    "锦绣花园3-1幢": ["B3-1"], "锦绣花园3-1号楼": ["B3-1"], "锦绣花园12幢": ["B12"], "锦绣花园十二号楼": ["B12"],
    "锦绣花园a座": ["BA"], "锦绣花园Ａ幢": ["BA"], "锦绣花园门卫": ["BG"], "锦绣花园东区2幢": ["BE2"],
    "锦绣花园5幢": ["BN5"],
    # Left open: all candidates.
    "锦绣花园3-1": ["B3-1", "B3"], "锦绣花园3-1-501": ["B3-1", "B3"], "锦绣花园1号": ["B1", "J1"],
    "幸福里8号": ["K9", "X8"], "人民新村1幢": ["R1", "S1"], "人民新村": ["K5", "K6"],
    # Told apart by what stands before.
    "天宁社区人民新村1幢": ["R1"], "王庄村人民新村1幢": ["S1"], "王庄社区人民新村1幢": ["S1"],
    "王庄人民新村": ["K6"],
    "锦绣花园1幢": ["B1"],
    # Names.
    "锦绣花园": ["K1"], "真州镇锦绣花园": ["K1"], "锦绣花园2单元": ["K1"], "都市水乡•水秀苑3幢": ["W3"],
    "都市水乡—水秀苑三号楼": ["W3"], "都市水乡水秀苑": ["K2"], "滨江万家花城3幢": ["Q3"], "滨江·万家花城": ["K4"],
    "万家花城7幢": ["P7"], "青禾新苑1区3幢": ["Y3"], "青禾新苑一区三幢": ["Y3"], "人民新村2幢": ["R2"],
    "幸福里8号2幢": ["Z2"],
    # Without a compound.
    "王庄村5号": ["V5"], "真州镇王庄村5号": ["V5"], "王庄村三组6号": ["V6"], "王庄村3组6号": ["V6"],
    "文昌路商铺2号楼": ["L2"],
    # Doors and shops.
    "文昌路12号": ["S12", "S12B"], "文昌路十二号": ["S12", "S12B"], "真州镇文昌路12号": ["S12", "S12B"],
    "文昌路12-1号": ["S12-1"], "文昌路12-1": ["S12-1"], "文昌路12号之1": ["S12-1"], "文昌路12号附3号": ["S12-3"],
    "文昌路12号老槐面馆": ["S12"], "老槐面馆(文昌路12号)": ["S12"], "文昌路12号2楼顺和超市": ["S12B"],
    "文昌路16号": ["S16"], "文昌路18号": ["S18"], "一品鲜果行": ["S16"], "1品-鲜果行": ["S16"],
    "老槐面馆": ["S12", "D7"], "解放街老槐面馆": ["D7"], "王庄村老槐面馆": ["D7"],
    **{text: [] for text in UNKNOWN},
}  # fmt: skip


@pytest.mark.parametrize("text", FOUND)
def test_what_an_address_names(text):
    assert [found.code for found in BOOK.place(text)] == FOUND[text]


def test_what_is_found_says_all_that_is_known_of_it():
    (found,) = BOOK.place("天宁社区锦绣花园3幢二单元5楼501室")
    assert found == FoundPremises("building", "B3", "锦绣花园03幢", found.point, "K1", "C1", "G1", "2", 5)
    assert BUILDINGS[1].shape.contains(Point(found.point))
    (found,) = BOOK.place("锦绣花园")
    assert (found.kind, found.label, found.compound, found.grid) == ("compound", "锦绣花园", "K1", "G2")
    (found,) = BOOK.place("文昌路12号2楼老槐面馆")
    assert found == FoundPremises("shop", "S12", "老槐面馆(文昌路12号)", (70.0, 50.0), None, "C1", "G3", None, 2)
    assert [found.grid for found in BOOK.shop("S18")] == [None]


def test_a_storey_is_never_guessed_from_a_room():
    assert [(found.unit, found.floor) for found in BOOK.place("锦绣花园3-2-501")] == [("2", None)]


def test_codes_are_found_whatever_their_case_and_width():
    assert [found.code for found in BOOK.building(" b3-1 ")] == ["B3-1"]
    assert [found.code for found in BOOK.building("B3")] == ["B3"]
    assert [found.code for found in BOOK.shop("s12")] == ["S12"]
    assert [found.code for found in BOOK.shop("92321081YA0000011X")] == ["S12"]
    assert [found.code for found in BOOK.shop("92321081ya0000022y")] == ["S12B", "S12-3"]
    assert BOOK.building("S12") == BOOK.shop("B3") == BOOK.building("") == BOOK.shop("K1") == ()


def test_a_closed_shop_is_found_by_its_code_alone():
    assert [found.code for found in BOOK.shop("S14")] == ["S14"]
    assert BOOK.place("文昌路14号") == BOOK.place("旧茶室") == ()


def test_no_contact_and_no_count_enters_what_is_found():
    assert {field.name for field in fields(FoundPremises)} == {
        "kind", "code", "label", "point", "compound", "area", "grid", "unit", "floor",
    }  # fmt: skip
    assert "13800000000" not in repr(BOOK.shop("S12"))


def test_premises_without_a_usable_shape_are_no_obstacle():
    bowtie = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    plan = replace(
        PLAN,
        areas=(*AREAS, Area(4, "C3", "歪社区", "community", "T", bowtie)),
        compounds=(*COMPOUNDS, Compound(10, "K10", "歪园", bowtie), Compound(11, "K11", "空园", Polygon())),
        buildings=(*BUILDINGS, Building(0, "E1", "1幢", Polygon(), "K10"), Building(0, "E2", "2幢", bowtie, "K10")),
    )
    book = AddressBook.of(plan)
    assert [found.code for found in book.place("歪园2幢")] == ["E2"]
    assert book.place("歪园1幢") == book.building("E1") == book.place("空园") == ()
    assert [found.code for found in book.place("锦绣花园3幢")] == ["B3"]


def test_a_plan_from_files_without_areas_or_compounds_answers_too():
    book = AddressBook.of(replace(PLAN, areas=(), compounds=()))
    assert [found.code for found in book.place("江苏省仪征市真州镇都市水乡水秀苑3幢")] == ["W3"]
    assert book.place("都市水乡水秀苑") == ()
    derived = AddressBook.of(replace(PLAN, is_parent_derived=True))
    assert [found.area for found in derived.place("锦绣花园3幢")] == [None]


def test_an_empty_plan_finds_nothing():
    book = AddressBook.of(Snapshot(crs=Snapshot.stored_crs()))
    assert book.place("锦绣花园3幢") == book.building("B1") == book.shop("S1") == ()


@given(
    st.text(st.sampled_from("真州镇天宁社区锦绣花园文昌路12附之3-号幢楼单元层室A# ,(老槐面馆")) | st.text(max_size=300)
)
def test_odd_text_is_never_refused(text):
    for found in (*BOOK.place(text), *BOOK.building(text), *BOOK.shop(text)):
        assert found.kind in ("building", "compound", "shop")


def test_a_text_of_more_than_200_characters_names_nothing():
    assert BOOK.place("锦绣花园3幢".rjust(201)) == BOOK.place("老槐面馆".rjust(201)) == ()


NUMBERS = st.integers(1, 130).flatmap(
    lambda number: st.sampled_from(
        (f"{number}", f"{number}幢", f"{number:03d}", f"{number}号楼", f"{number}#", f"A{number}", f"{number}-2", "B座")
    )
) | st.sampled_from(("甲幢", "三幢", "十二栋", "门卫", "东区2幢", "一百零五号楼"))
CALLED = st.sampled_from(
    ("锦绣", "锦绣3", "锦绣花园", "新村一", "新村1", "SOHO", "万家·花城", "滨江万家花城", "二十里铺", "三期")
)


@st.composite
def plans(draw):
    """Compounds in a row, each with buildings, some of them twice of one name."""
    compounds, buildings = [], []
    for at, name in enumerate(draw(st.lists(CALLED, min_size=1, max_size=5))):
        compounds.append(Compound(at, f"K{at}", name, box(10 * at, 0, 10 * at + 9, 9)))
        for number in draw(st.lists(NUMBERS, max_size=4)):
            code = f"B{len(buildings)}"
            given_as = draw(st.sampled_from((f"K{at}", name, None)))
            buildings.append(Building(0, code, number, box(10 * at + 1, 1, 10 * at + 2, 2), given_as))
    return Snapshot(crs=Snapshot.stored_crs(), compounds=tuple(compounds), buildings=tuple(buildings))


@settings(max_examples=200, deadline=None)
@given(plans())
def test_every_building_of_a_drawn_plan_is_found_by_its_address(plan):
    book = AddressBook.of(plan)
    for building in plan.buildings:
        (known,) = book.building(building.code)
        found = book.place(known.label)
        assert known in found
        # Another one only where its address is the same, or can be read so.
        assert all(other.kind == "building" for other in found)
        assert len({other.code for other in found}) == len(found)


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(140, 999))
def test_a_number_that_no_building_has_finds_nothing(plan, number):
    book = AddressBook.of(plan)
    assert all(book.place(f"{compound.name} {number}幢") == () for compound in plan.compounds)


@pytest.fixture(scope="module")
def town():
    return build_town().correct


def test_the_demo_town_is_found_by_its_addresses(town):
    book = AddressBook.of(town)
    named = {compound.code: compound.name for compound in town.compounds}
    homes = [building for building in town.buildings if building.compound]
    for building in homes:
        assert [found.code for found in book.place(f"{named[building.compound]}{building.number}")] == [building.code]
    for building in town.buildings:
        (known,) = book.building(building.code)
        assert shapely.intersects(building.shape, Point(known.point))
        assert known in book.place(known.label)
    for one in town.shops:
        assert [found.code for found in book.place(f"青禾镇{one.street}{one.door_number}")] == [one.code]
        assert [found.code for found in book.place(one.name)] == [one.code]
        (known,) = book.shop(one.credit_code)
        assert [found.code for found in book.place(known.label)] == [one.code]
    for compound in town.compounds:
        assert [found.code for found in book.place(compound.name)] == [compound.code]

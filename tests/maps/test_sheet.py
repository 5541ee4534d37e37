import hashlib
from dataclasses import replace
from datetime import date

import numpy as np
import pikepdf
import pytest
import shapely
from shapely import Point, box

from boundaries.errors import BadInput, NotFound
from boundaries.model import Area, Building, MicroGrid, Person, Shop, Street
from boundaries.snapshot import Snapshot
from geo.crs import parse_crs, project
from maps.page import PAPERS_MM, layout
from maps.scene import build_scene
from maps.sheet import SheetSpec, sheet
from tests.maps.community import COMMUNITY, DAY, NAMES, community
from tests.maps.reading import fonts_of, overlaps, pages_of, polygons_of, sides, text_of

RADICALS = [chr(code) for code in (*range(0x2E80, 0x2FE0), *range(0xF900, 0xFB00))]


def _spec(**more):
    return SheetSpec(**{"date": DAY, "area": COMMUNITY, **more})


def _scene(snapshot, area=COMMUNITY, paper="A3"):
    return build_scene(snapshot, area=area, frame=layout(paper).inner)


def _saved(made, tmp_path):
    path = tmp_path / "sheet.pdf"
    path.write_bytes(made.data)
    return path


def _rows(columns, rows, side=100.0, first=(450_000.0, 3_570_000.0)):
    """A community cut into equal squares, each with a name of its own."""
    x, y = first
    cells = [
        box(x + c * side, y + r * side, x + (c + 1) * side, y + (r + 1) * side)
        for r in range(rows)
        for c in range(columns)
    ]
    grids = tuple(
        MicroGrid(n, n, f"32108110400{5000 + n}", f"第{n}微网格", "A", cell) for n, cell in enumerate(cells, start=1)
    )
    whole = box(x, y, x + columns * side, y + rows * side)
    return Snapshot(
        crs=parse_crs("EPSG:4549"),
        label="方格",
        areas=(Area(1, "A", "方格社区", "community", None, whole),),
        grids=grids,
    )


def test_every_grid_is_named_inside_its_own_polygon(printed):
    report, _ = printed
    scene = _scene(community())
    shapes = {drawn.grid.code: drawn.shape for drawn in scene.grids}
    labels = [label for label in report.labels if label.kind == "grid"]
    assert sorted(label.subject for label in labels) == sorted(shapes)
    assert sorted(report.named) == sorted(shapes)
    for label in labels:
        assert shapes[label.subject].contains(shapely.Polygon(label.boxes[0]))


def test_no_label_lies_over_another(printed):
    report, _ = printed
    kinds = {label.kind for label in report.labels}
    assert kinds >= {"grid", "street", "building", "shop", "neighbour", "water", "compound"}
    assert overlaps(report.labels) == []


def test_building_numbers_stand_inside_their_outlines(printed):
    report, _ = printed
    shapes = {drawn.building.code: drawn.shape for drawn in _scene(community()).buildings}
    numbers = [label for label in report.labels if label.kind == "building"]
    assert len(numbers) == len([code for code in shapes if code != "OUT1"])
    assert all(shapes[label.subject].contains(shapely.Polygon(label.boxes[0])) for label in numbers)


def test_a_reader_finds_every_name_number_and_published_phone(printed):
    _, path = printed
    text = text_of(path)
    for said in (
        *NAMES, "人民路沿街商铺", "清水镇文昌社区微网格划分区域图", "人民路", "建设路", "文化巷", "清水河", "北门社区",
        "赵小明", "褚小明", "周建国", "13800000001", "051480000020", "锦绣花园北区1单元",
        "比例尺 1:2 500", "区划第 3 版",
        "2026年11月24日", "本图界线为基层治理管理范围,不作权属划界依据", "CGCS2000", "321081104005", "春禾面馆", "北",
    ):  # fmt: skip
        assert said in text
    assert not any(character in text for character in RADICALS)


def test_what_is_not_public_is_not_on_the_sheet(printed, tmp_path):
    _, path = printed
    text = text_of(path)
    assert "13800000000" not in text  # unpublished phone
    assert "13900000000" not in text  # contact of a shop
    shown = text_of(_saved(sheet(community(), _spec(show_unpublished_phones=True)), tmp_path))
    assert "13800000000" in shown
    assert "13900000000" not in shown


def test_totals_can_be_left_out(tmp_path):
    text = text_of(_saved(sheet(community(), _spec(show_totals=False, show_shops=False)), tmp_path))
    assert "住户" not in text
    assert "户数" not in text
    assert "面馆" not in text


def test_only_noto_sans_cjk_sc_is_embedded(printed):
    _, path = printed
    fonts = fonts_of(path)
    assert {row[0].split("+")[1] for row in fonts} == {"NotoSansCJKsc-Regular", "NotoSansCJKsc-Bold"}
    assert all("Type" in row and "3" not in row[1:4] and row[5:8] == ["yes", "yes", "yes"] for row in fonts)
    with pikepdf.open(path) as document:
        assert all(not page.get_images() for page in document.pages)


def test_the_scale_holds_in_the_paths_of_the_file(printed):
    """The outline and two buildings, measured in the PDF against their size on the ground."""
    report, path = printed
    found = polygons_of(path)
    ratio = 620 / 480
    outline = next(
        p for p in found if len(p) == 4 and sides(p).max() / sides(p).min() == pytest.approx(ratio, rel=1e-4)
    )
    assert sides(outline).max() * 2500 / 1000 == pytest.approx(620, rel=1e-3)
    assert sides(outline).min() * 2500 / 1000 == pytest.approx(480, rel=1e-3)
    slabs = [p for p in found if len(p) == 4 and np.allclose(sorted(sides(p)), [4.8, 4.8, 14.4, 14.4], rtol=1e-3)]
    assert len(slabs) == 100
    assert report.scale == 2500
    assert report.scale_error < 1e-3
    assert report.bar_ground_m / report.bar_mm * 1000 == pytest.approx(2500, rel=1e-3)


def test_the_scale_bar_in_the_file_has_the_length_that_it_says(printed):
    report, path = printed
    part = report.bar_mm / 4
    parts = [p for p in polygons_of(path) if len(p) == 4 and np.allclose(sorted(sides(p))[2:], part, atol=1e-3)]
    assert len(parts) == 4
    assert report.bar_ground_m == 100


@pytest.mark.parametrize("paper", ["A4", "A3", "A2", "A1", "A0"])
def test_each_paper_is_laid_out_anew_in_real_millimetres(paper, tmp_path):
    made = sheet(community(), _spec(paper=paper))
    path = _saved(made, tmp_path)
    assert np.allclose(pages_of(path), [PAPERS_MM[paper]] * made.report.pages, atol=0.1)
    assert made.report.scale == {"A4": 5000, "A3": 2500, "A2": 2000, "A1": 1250, "A0": 750}[paper]
    assert made.report.smallest_type_mm >= 1.8
    assert len(made.report.named) + len(made.report.code_only) == 11
    assert overlaps(made.report.labels) == []


def test_upright_paper_has_its_table_on_a_page_of_its_own(tmp_path):
    made = sheet(community(), _spec(orientation="portrait"))
    path = _saved(made, tmp_path)
    assert np.allclose(pages_of(path)[0], (297, 420), atol=0.1)
    assert "赵小明" not in text_of(path, "-l", "1")
    assert "赵小明" in text_of(path, "-f", "2")


def test_neighbours_get_different_fills_of_at_most_four(printed):
    report, _ = printed
    scene = _scene(community())
    assert report.colours <= 4
    for index, one in enumerate(scene.grids):
        for other in scene.grids[index + 1 :]:
            shared = shapely.length(shapely.intersection(shapely.boundary(one.shape), shapely.boundary(other.shape)))
            if shared > 1:
                assert one.colour != other.colour


def test_the_same_sheet_twice_is_the_same_file(printed):
    _, path = printed
    again = sheet(community(), _spec())
    assert hashlib.sha256(again.data).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert len(again.data) < 500_000


def test_black_and_white_paints_only_greys(tmp_path):
    path = _saved(sheet(community(), _spec(style="bw")), tmp_path)
    with pikepdf.open(path) as document:
        for page in document.pages:
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) in {"rg", "RG"}:
                    red, green, blue = map(float, operands)
                    assert red == green == blue


def test_a_sheet_in_english_says_so_throughout(tmp_path):
    text = text_of(_saved(sheet(community(), _spec(language="en")), tmp_path))
    for said in ("Micro-grid division", "Legend", "Liaison", "Scale 1:2 500", "no evidence of ownership"):
        assert said in text


def test_title_publisher_credit_and_review_number_are_printed(tmp_path):
    spec = _spec(title="文昌社区网格图", publisher="文昌社区居民委员会", credit="© 数据来源", review_number="内部使用",
                 generation="试行版")  # fmt: skip
    text = text_of(_saved(sheet(community(), spec), tmp_path))
    for said in ("文昌社区网格图", "编制单位:文昌社区居民委员会", "© 数据来源", "审图号:内部使用", "数据版本:试行版"):
        assert said in text


def test_sixty_grids_and_more_run_on_to_a_second_page_and_none_is_lost(tmp_path):
    snapshot = _rows(12, 9)
    made = sheet(snapshot, SheetSpec(date=DAY, area="A"))
    report = made.report
    assert report.pages >= 2
    assert len(report.named) + len(report.code_only) + len(report.led) == report.grids == 108
    text = text_of(_saved(made, tmp_path))
    assert "微网格一览表(续表见第 2 页)" in text
    assert all(grid.name in text for grid in snapshot.grids)
    assert overlaps(report.labels) == []
    in_english = text_of(_saved(sheet(snapshot, SheetSpec(date=DAY, area="A", language="en")), tmp_path))
    assert "Micro-grids and people in charge (continued on page 2)" in in_english


def test_grids_of_no_composite_grid_stand_under_a_heading_of_their_own(tmp_path):
    plan = community()
    assert "其他微网格" not in text_of(_saved(sheet(plan, _spec()), tmp_path))
    front = replace(plan.grids[10], area=plan.area_by_code[plan.grids[10].area].parent)
    text = text_of(_saved(sheet(replace(plan, grids=(*plan.grids[:10], front)), _spec()), tmp_path))
    assert text.count("其他微网格") == 1


def test_grids_too_small_for_a_name_keep_their_number_inside_or_outside(tmp_path):
    snapshot = _rows(3, 2, side=200)
    x, y = 450_000.0, 3_570_000.0
    slim = box(x, y, x + 4, y + 200)
    slip = box(x, y + 398, x + 4, y + 400)
    first = replace(snapshot.grids[0], polygon=box(x + 4, y, x + 200, y + 200))
    last = replace(snapshot.grids[3], polygon=box(x, y + 200, x + 200, y + 400).difference(slip))
    grids = (
        first, *snapshot.grids[1:3], last, *snapshot.grids[4:],
        replace(first, id=90, rank=90, code="321081104005901", name="很窄的一条网格", polygon=slim),
        replace(first, id=91, rank=91, code="321081104005902", name="很小的一块网格", polygon=slip),
    )  # fmt: skip
    made = sheet(replace(snapshot, grids=grids), SheetSpec(date=DAY, area="A"))
    assert "321081104005902" in made.report.led
    assert len(made.report.named) == 6 + ("321081104005901" in made.report.named)
    assert made.report.missing == ()
    text = text_of(_saved(made, tmp_path))
    assert "很小的一块网格" in text


def test_a_character_without_a_glyph_is_reported_and_marked(tmp_path):
    grids = (replace(community().grids[0], name="滨河\U0001f600新村"), *community().grids[1:])
    made = sheet(community(grids=grids), _spec())
    assert made.report.missing_characters == ("\U0001f600",)
    assert not made.report.is_complete
    assert "滨河〓新村" in text_of(_saved(made, tmp_path))


def test_the_report_is_plain_values(printed):
    report, _ = printed
    told = report.to_dict()
    assert told["grids"] == 11
    assert told["scale"] == 2500
    assert told["fonts"] == ["NotoSansCJKsc-Regular", "NotoSansCJKsc-Bold"]
    assert {label["kind"] for label in told["labels"]} >= {"grid", "street"}
    assert all(len(box_mm) == 4 for label in told["labels"] for box_mm in label["boxes_mm"])


def test_people_on_the_sheet_are_those_of_its_day(tmp_path):
    people = (
        Person(1, "旧联络员", "liaison", f"{COMMUNITY}001", until=date(2026, 11, 1)),
        Person(2, "新联络员", "liaison", f"{COMMUNITY}001", since=date(2026, 11, 1)),
    )
    text = text_of(_saved(sheet(community(people=people), _spec()), tmp_path))
    assert "新联络员" in text
    assert "旧联络员" not in text


def test_degrees_are_drawn_in_the_metric_plane():
    flat = community()
    degrees = parse_crs("EPSG:4490")

    def turned(shape):
        return shapely.transform(shape, lambda xy: project(xy, flat.crs, "EPSG:4490"))

    snapshot = replace(
        flat, crs=degrees, metric_plane="EPSG:4549", shops=(), waters=(), walls=(), compounds=(), streets=(),
        areas=tuple(replace(area, polygon=turned(area.polygon)) for area in flat.areas),
        grids=tuple(replace(grid, polygon=turned(grid.polygon)) for grid in flat.grids),
        buildings=tuple(replace(building, shape=turned(building.shape)) for building in flat.buildings),
    )  # fmt: skip
    one, other = _scene(flat), _scene(snapshot)
    assert other.scale == one.scale
    for a, b in zip(one.grids, other.grids, strict=True):
        assert shapely.hausdorff_distance(a.shape, b.shape) < 0.01
    assert sheet(snapshot, _spec()).report.scale_error < 1e-3


def test_broken_and_empty_grids_do_not_stop_a_sheet():
    x, y = 450_000.0, 3_570_000.0
    bow = shapely.Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    grids = (*_rows(3, 2).grids[1:], MicroGrid(80, 80, "321081104005880", "打结", "A", bow),
             MicroGrid(81, 81, "321081104005881", "无图形", "A", shapely.Polygon()))  # fmt: skip
    made = sheet(replace(_rows(3, 2), grids=grids), SheetSpec(date=DAY, area="A"))
    assert made.report.missing == ("321081104005881",)
    assert len(made.report.labels) == 6


def test_buildings_by_point_and_streets_in_latin_letters_are_drawn():
    x, y = 450_000.0, 3_570_000.0
    snapshot = replace(
        _rows(3, 2),
        buildings=(Building(1, "B1", "7", Point(x + 50, y + 50)),),
        streets=(
            Street(1, "R1", "Harbour Street", shapely.LineString([(x - 50, y + 100), (x + 350, y + 130)])),
            Street(2, "R2", "", shapely.LineString([(x + 20, y + 20), (x + 90, y + 30)])),
            Street(3, "R3", "短", shapely.LineString([(x + 150, y + 20), (x + 151, y + 20)])),
        ),
        shops=(
            Shop(1, "S1", "甲店", Point(x + 20, y + 40)),
            Shop(2, "S2", "关了", Point(x + 22, y + 40), state="closed"),
        ),
    )
    report = sheet(snapshot, SheetSpec(date=DAY, area="A", language="en")).report
    street = next(label for label in report.labels if label.kind == "street")
    assert street.text == "Harbour Street"
    assert street.angle_deg == pytest.approx(-4.3, abs=0.5)
    assert [label.text for label in report.labels if label.kind == "shop"] == ["1"]
    assert report.dropped.get("street") == ("短",)
    assert [label.text for label in report.labels if label.kind == "building"] == ["7"]


def test_without_an_area_everything_is_on_the_sheet():
    made = sheet(community(), _spec(area=None))
    assert made.report.grids == 11
    assert made.report.title == "清水镇文昌社区微网格划分区域图"
    bare = replace(_rows(2, 2), areas=(), grids=tuple(replace(g, area="?") for g in _rows(2, 2).grids))
    assert sheet(bare, SheetSpec(date=DAY)).report.title == "全域微网格划分区域图"
    stand_in = sheet(replace(_rows(2, 2), is_parent_derived=True), SheetSpec(date=DAY)).report
    assert stand_in.title == "全域微网格划分区域图"


def test_refusals_name_the_thing_and_the_way_out():
    with pytest.raises(NotFound, match="321999"):
        sheet(community(), _spec(area="321999"))
    with pytest.raises(NotFound, match="holds no micro-grid"):
        sheet(community(), _spec(area="321081104006"))
    with pytest.raises(BadInput, match="no micro-grid to draw"):
        sheet(community(grids=()), _spec())
    with pytest.raises(BadInput, match="colour, bw"):
        sheet(community(), _spec(style="sepia"))
    with pytest.raises(BadInput, match="A4"):
        sheet(community(), _spec(paper="letter"))


def test_pictures_and_drawings_come_a_file_a_page():
    png = sheet(community(), _spec(file_format="png", dpi=60))
    assert len(png.files) == png.report.pages == 2
    assert all(data.startswith(b"\x89PNG") for data in png.files)
    svg = sheet(community(), _spec(file_format="svg"))
    assert len(svg.files) == 2

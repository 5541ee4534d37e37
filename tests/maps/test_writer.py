import subprocess
import sys
from dataclasses import replace

import cairocffi
import numpy as np
import pytest

from boundaries.errors import Unavailable
from maps import writer
from maps.display import ClipOp, LineOp, Page, PolygonOp, Rect, TextOp, UnclipOp, box_op
from maps.typeface import Typeface, load_typeface
from maps.writer import DocumentInfo, draw
from tests.maps.reading import fonts_of, pages_of, polygons_of, sides, text_of

INFO = DocumentInfo("图名", "文昌社区", "2026-11-24T00:00:00")


def _page():
    square = np.array([[20, 20], [60, 20], [60, 45], [20, 45], [20, 20]], dtype=float)
    return Page(
        100,
        60,
        [
            PolygonOp((square,), "#F3B68A", "#7A1033", 0.4, (2.0, 1.0)),
            ClipOp((square,)),
            LineOp(np.array([[10.0, 10.0], [70.0, 50.0]]), "#333333", 0.5),
            UnclipOp(),
            box_op(Rect(70, 10, 20, 5), fill="#8C1139"),
            TextOp(22, 30, "锦绣花园 1-12幢", 3, "#000000", is_bold=True, halo="#FFFFFF", halo_mm=0.3),
            TextOp(0, 0, "建设路", 2.5, "#000000", spots_mm=((80, 20), (80, 28), (80, 36))),
            TextOp(30, 55, "人民路沿街商铺", 3, "#000000", angle_deg=-35),
            TextOp(5, 5, "", 3, "#000000"),
        ],
    )


@pytest.fixture(scope="module")
def pdf(tmp_path_factory):
    path = tmp_path_factory.mktemp("writer") / "page.pdf"
    path.write_bytes(draw([_page(), _page()], load_typeface(), file_format="pdf", info=INFO)[0])
    return path


def test_every_run_is_found_whole_however_it_is_set(pdf):
    text = text_of(pdf)
    for said in ("锦绣花园 1-12幢", "建设路", "人民路沿街商铺"):
        assert said in text


def test_only_the_simplified_chinese_faces_are_embedded(pdf):
    fonts = fonts_of(pdf)
    assert {name.split("+")[1] for name, *_ in fonts} == {"NotoSansCJKsc-Regular", "NotoSansCJKsc-Bold"}
    # name, "CID Type 0C", encoding, embedded, subset, has unicode
    assert all(row[5:8] == ["yes", "yes", "yes"] for row in fonts)


def test_pages_and_paths_have_their_size_in_millimetres(pdf):
    assert np.allclose(pages_of(pdf), [(100, 60), (100, 60)], atol=0.01)
    assert any(len(p) == 4 and np.allclose(sorted(sides(p)), [25, 25, 40, 40], atol=0.01) for p in polygons_of(pdf))


def test_the_same_page_gives_the_same_bytes():
    first = draw([_page()], load_typeface(), file_format="pdf", info=INFO)
    assert first == draw([_page()], load_typeface(), file_format="pdf", info=INFO)
    assert first != draw(
        [_page()], load_typeface(), file_format="pdf", info=replace(INFO, created="2026-11-25T00:00:00")
    )


def test_pictures_come_one_a_page(tmp_path):
    made = draw([_page(), _page()], load_typeface(), file_format="png", info=INFO, dpi=254)
    assert len(made) == 2
    (tmp_path / "page.png").write_bytes(made[0])
    surface = cairocffi.ImageSurface.create_from_png(str(tmp_path / "page.png"))
    assert (surface.get_width(), surface.get_height()) == (1000, 600)
    pixels = np.frombuffer(surface.get_data(), np.uint8).reshape(600, surface.get_stride() // 4, 4)
    assert pixels[120, 800, :3].tolist() == [0x39, 0x11, 0x8C]  # the box, as blue, green, red


def test_svg_is_drawn_by_the_same_code():
    made = draw([_page()], load_typeface(), file_format="svg", info=INFO)[0]
    assert made.startswith(b"<?xml")
    assert b"283.46" in made  # 100 mm in points


def test_a_changed_font_file_is_refused():
    typeface = load_typeface()
    other = replace(typeface.regular, postscript_name="WenQuanYiMicroHei")
    with pytest.raises(Unavailable, match="does not hold Noto Sans CJK SC"):
        draw([_page()], Typeface(other, other), file_format="pdf", info=INFO)


def test_a_font_file_that_is_gone_is_refused(tmp_path):
    face = replace(load_typeface().regular, path=tmp_path / "gone.ttc")
    with pytest.raises(Unavailable, match=r"gone\.ttc"):
        draw([_page()], Typeface(face, face), file_format="pdf", info=INFO)


def test_a_missing_library_is_refused_with_the_way_out():
    with pytest.raises(Unavailable, match="apt-get install libcairo2"):
        writer._library("no-such-library-here", "libno-such-library-here.so.9")


def test_fontconfig_is_not_asked(tmp_path):
    """With a configuration that knows no font at all, the same faces are embedded."""
    config = tmp_path / "fonts.conf"
    config.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>')
    code = (
        "import sys; from maps.display import Page, TextOp; from maps.typeface import load_typeface;"
        "from maps.writer import DocumentInfo, draw;"
        "page = Page(50, 20, [TextOp(5, 10, '微网格', 4, '#000000')]);"
        "sys.stdout.buffer.write(draw([page], load_typeface(), file_format='pdf',"
        "info=DocumentInfo('t', 'a', '2026-01-01T00:00:00'))[0])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={"FONTCONFIG_FILE": str(config)}
    )
    path = tmp_path / "page.pdf"
    path.write_bytes(run.stdout)
    assert [row[0].split("+")[1] for row in fonts_of(path)] == ["NotoSansCJKsc-Regular"]

import pytest

from boundaries.errors import BadInput
from maps.page import PAPERS_MM, SCALES, choose_scale, layout


@pytest.mark.parametrize("paper", PAPERS_MM)
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_everything_stands_on_the_paper_and_nothing_on_anything(paper, orientation):
    laid = layout(paper, orientation)
    size = PAPERS_MM[paper] if orientation == "landscape" else PAPERS_MM[paper][::-1]
    assert (laid.width_mm, laid.height_mm) == size
    rects = [rect for rect in (laid.title, laid.frame, laid.column, laid.foot) if rect is not None]
    for index, rect in enumerate(rects):
        assert rect.x >= 5
        assert rect.y >= 5
        assert rect.right <= laid.width_mm - 5
        assert rect.bottom <= laid.height_mm - 5
        assert all(rect.shape.intersection(other.shape).area < 1e-6 for other in rects[index + 1 :])
    assert laid.frame.shape.contains(laid.inner.shape)


def test_only_landscape_from_a3_up_has_a_column():
    assert layout("a3").column is not None
    assert layout("A4").column is None
    assert layout("A2", "portrait").column is None
    assert layout("A2", "portrait").foot is not None


def test_larger_paper_gives_the_map_more_and_type_grows_less_than_paper():
    a3, a0 = layout("A3"), layout("A0")
    assert a0.inner.width / a3.inner.width > a0.growth / a3.growth > 1.5


def test_an_unknown_paper_is_refused():
    with pytest.raises(BadInput, match="A4, A3, A2, A1, A0"):
        layout("B5")


def test_the_scale_is_the_largest_round_one_that_fits():
    inner = layout("A3").inner
    assert choose_scale(620, 480, inner) == 2500
    width_m = (inner.width - 16) * 2.0
    assert choose_scale(width_m, 10, inner) == 2000
    assert choose_scale(width_m + 0.1, 10, inner) == 2500
    assert choose_scale(1, 1, inner) == SCALES[0]


def test_ground_that_fits_no_scale_is_refused():
    with pytest.raises(BadInput, match="--area"):
        choose_scale(1_000_000, 1_000, layout("A3").inner)

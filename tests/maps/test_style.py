from itertools import pairwise

import pytest

from maps.style import STYLES


def _linear(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _lightness(colour):
    r, g, b = _linear(colour)
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return 116 * y ** (1 / 3) - 16


@pytest.mark.parametrize("name", STYLES)
def test_the_four_fills_stay_apart_in_grey(name):
    lights = sorted(_lightness(fill) for fill in STYLES[name].fills)
    assert len(lights) == 4
    assert min(b - a for a, b in pairwise(lights)) >= 8


def test_black_and_white_carries_no_colour():
    style = STYLES["bw"]
    for field in style.__dataclass_fields__:
        value = getattr(style, field)
        for colour in value if isinstance(value, tuple) else (value,):
            if colour.startswith("#"):
                assert colour[1:3] == colour[3:5] == colour[5:7], field


def test_a_fifth_colour_is_a_spare_one():
    style = STYLES["colour"]
    assert [style.fill(n) for n in range(6)] == [*style.fills, *style.spare_fills]

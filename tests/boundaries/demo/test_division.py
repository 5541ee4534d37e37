import numpy as np
import pytest

from boundaries.demo.division import cuts, share_out, thin_out
from boundaries.demo.estates import lay_estates
from boundaries.demo.ground import lay_ground


def test_cuts_keep_to_the_band_and_to_the_order_of_rows() -> None:
    options = cuts((24, 24, 24, 36, 36))
    assert sorted(options) == [2, 3]
    assert options[2] == ((0, 1, 2), (3, 4))
    assert options[3] == ((0, 1), (2, 3), (4,))


def test_towers_are_grids_of_their_own() -> None:
    assert cuts((132, 144)) == {2: ((0,), (1,))}


def test_no_cut_where_the_band_cannot_hold() -> None:
    assert cuts((20,)) == {}


def test_too_many_grids_are_refused() -> None:
    estates = lay_estates(lay_ground(np.random.default_rng(1)), np.random.default_rng(2))
    with pytest.raises(ValueError, match="cannot be cut into 1000 grids"):
        share_out(estates, 1000)


def test_thinning_takes_out_as_many_as_asked() -> None:
    estates = lay_estates(lay_ground(np.random.default_rng(1)), np.random.default_rng(2))
    before = sum(len(column.houses) for estate in estates for column in estate.columns)
    thinned = thin_out(estates, 20, np.random.default_rng(3))
    assert before - sum(len(column.houses) for estate in thinned for column in estate.columns) == 20

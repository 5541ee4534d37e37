"""Numbers of identity cards are found however they are written; phones and codes are none."""

import pytest

from boundaries.errors import BadInput
from boundaries.identity_numbers import has_identity_number, refuse_identity_numbers


@pytest.mark.parametrize(
    "text",
    [
        "321081196803074512",
        "32108119680307451X",
        "身份证:32108119680307451x,请核对",
        "321081 19680307 4512",
        "321081-19680307-4512",
        "３２１０８１１９６８０３０７４５１２",
        "321081680307451",
    ],
)
def test_found(text):
    assert has_identity_number(text)
    with pytest.raises(BadInput) as refusal:
        refuse_identity_numbers("G1", (None, "李安", text))
    assert "G1" in refusal.value.zh
    assert "身份证" in refusal.value.zh
    assert "196803" not in refusal.value.zh + refusal.value.en


@pytest.mark.parametrize(
    "text",
    [
        "13800000001",
        "0514-83456789-8012",
        "13800000001 13900000002",
        "13800000001、13900000002",
        "91321081MA1X000000",
        "321081009901001",
        "321081196813074512",
        "321081196802304512",
        "991081196803074512",
        "网格 321081001",
        "",
    ],
)
def test_no_such_number(text):
    assert not has_identity_number(text)
    refuse_identity_numbers("G1", (text,))

"""One table says who may see which field."""

import pytest

from boundaries.tiers import FIELDS, header, phone_for, sees, visible_fields


def test_a_tier_sees_all_below_it():
    assert sees("restricted", "public")
    assert sees("internal", "internal")
    assert not sees("public", "internal")
    for layer in FIELDS:
        public, internal, restricted = (
            set(visible_fields(layer, tier)) for tier in ("public", "internal", "restricted")
        )
        assert public <= internal <= restricted == set(FIELDS[layer])


def test_what_must_stay_inside_does():
    assert "households" not in visible_fields("buildings", "public")
    assert "resettlement" not in visible_fields("compounds", "public")
    assert "contact" not in visible_fields("shops", "internal")


@pytest.mark.parametrize(
    ("tier", "published", "phone"),
    [("public", True, "1"), ("public", False, None), ("internal", False, None), ("restricted", False, "1")],
)
def test_phones(tier, published, phone):
    assert phone_for(tier, "1", is_published=published) == phone


def test_headers_fit_a_shapefile():
    for fields in FIELDS.values():
        headers = [field.header for field in fields.values()]
        assert all(len(zh.encode("gbk")) <= 10 for zh in headers)
        assert len(set(headers)) == len(headers)
    assert header("shops", "contact", "zh") == "联系电话"
    assert header("shops", "contact", "en") == "contact"


def test_a_layer_that_does_not_exist():
    with pytest.raises(KeyError):
        visible_fields("trees", "public")

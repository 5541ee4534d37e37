"""A draft takes only the steps of the drawing, and four eyes are two people."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from boundaries.errors import Conflict, Forbidden
from boundaries.lifecycle import STATUS_NAMES, Draft, next_status, require_open

OPEN = Draft(7, "东社区调整", None, None, "open", 0, "陈晨", datetime(2026, 3, 1, tzinfo=UTC))
ACTIONS = ("submit", "approve", "return", "publish", "abandon")
STEPS = {
    ("open", "submit"): "submitted",
    ("submitted", "approve"): "approved",
    ("submitted", "return"): "open",
    ("approved", "return"): "open",
    ("approved", "publish"): "published",
    ("open", "abandon"): "abandoned",
    ("submitted", "abandon"): "abandoned",
    ("approved", "abandon"): "abandoned",
}


@pytest.mark.parametrize(("status", "action"), list(product(STATUS_NAMES, ACTIONS)))
def test_only_the_steps_of_the_drawing(status, action):
    draft = replace(OPEN, status=status)
    if (status, action) in STEPS:
        assert next_status(draft, action, actor="周平", four_eyes=True) == STEPS[status, action]
    else:
        with pytest.raises(Conflict) as refusal:
            next_status(draft, action, actor="周平", four_eyes=True)
        assert "东社区调整" in refusal.value.zh
        assert STATUS_NAMES[status][1] in refusal.value.en


@pytest.mark.parametrize("status", ["open", "submitted", "approved"])
def test_a_small_office_publishes_from_any_living_status(status):
    assert next_status(replace(OPEN, status=status), "publish", actor="陈晨", four_eyes=False) == "published"


@pytest.mark.parametrize(("status", "action"), [("submitted", "approve"), ("approved", "publish")])
@pytest.mark.parametrize("actor", ["陈晨", "吴敏"])
def test_who_drew_it_neither_approves_nor_publishes(status, action, actor):
    draft = replace(OPEN, status=status)
    with pytest.raises(Forbidden, match="four eyes"):
        next_status(draft, action, actor=actor, four_eyes=True, authors={"吴敏"})
    assert next_status(draft, action, actor="周平", four_eyes=True, authors={"吴敏"})


def test_only_an_open_draft_is_edited():
    require_open(OPEN)
    with pytest.raises(Conflict, match="is submitted"):
        require_open(replace(OPEN, status="submitted"))


def test_a_step_too_early_says_what_comes_next():
    with pytest.raises(Conflict) as refusal:
        next_status(OPEN, "publish", actor="周平", four_eyes=True)
    assert "draft submit 7" in refusal.value.zh
    assert "Next: draft submit 7." in refusal.value.en

import pytest

from boundaries.checks import CHECKS, run
from boundaries.errors import BadInput
from boundaries.findings import KINDS
from boundaries.snapshot import Snapshot
from tests.boundaries.boxes import METRES, PLAN, RULES, plan, square, with_grid


def test_a_plan_in_order_has_no_finding() -> None:
    assert run(PLAN, RULES) == ()


def test_an_empty_plan_has_no_finding() -> None:
    assert run(Snapshot(METRES), RULES) == ()


def test_checks_have_their_own_keys_and_know_every_kind() -> None:
    assert len({check.key for check in CHECKS}) == len(CHECKS)
    assert {kind for check in CHECKS for kind in check.kinds} == set(KINDS)


def test_a_check_can_run_alone() -> None:
    broken = plan(grids=with_grid(0, polygon=square(0, 0, 90), code="G2"))
    assert [finding.kind for finding in run(broken, RULES, only=["codes"])] == ["duplicate_code"]
    kinds = {finding.kind for finding in run(broken, RULES)}
    assert kinds == {"duplicate_code", "gap"}


def test_an_unknown_check_is_refused_with_the_choice() -> None:
    with pytest.raises(BadInput, match=r'no check named "area"\. Choose from band'):
        run(PLAN, RULES, only=["area"])


def test_equal_input_gives_equal_output() -> None:
    broken = plan(grids=with_grid(0, polygon=square(0, 0, 90)))
    assert run(broken, RULES) == run(broken, RULES)

"""What roles open, who may hold which together, names and passwords."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.accounts import (
    APART,
    BOUND_SCOPES,
    ROLES,
    SCOPES,
    Grant,
    HeldRole,
    Lockout,
    PasswordRule,
    account_name,
    grants_of,
    require_password,
    require_roles,
)
from boundaries.errors import BadInput, Conflict
from boundaries.tiers import TIERS


def test_roles_open_scopes_that_there_are_and_none_opens_everything():
    for name, kind in ROLES.items():
        assert set(kind.tiers) <= set(SCOPES), name
        assert set(kind.tiers.values()) <= set(TIERS)
        assert "admin" not in kind.tiers
    assert set(SCOPES) >= BOUND_SCOPES


def test_only_the_auditor_reads_the_trail_and_only_the_registrar_sees_contacts():
    assert [name for name, kind in ROLES.items() if "audit:read" in kind.tiers] == ["auditor"]
    assert [name for name, kind in ROLES.items() if "restricted" in kind.tiers.values()] == ["registrar"]
    assert [name for name, kind in ROLES.items() if "security" in kind.tiers] == ["security_admin"]
    assert [name for name, kind in ROLES.items() if "accounts" in kind.tiers] == ["system_admin"]


def test_an_area_binds_what_changes_something_and_not_what_is_read():
    grants = grants_of([HeldRole("planner", "C1"), HeldRole("planner", "C2")])
    assert grants["drafts:write"] == Grant("internal", frozenset({"C1", "C2"}))
    assert grants["grids:read"] == Grant("internal")
    assert "publish" not in grants


def test_where_roles_meet_the_wider_one_counts():
    grants = grants_of([HeldRole("planner", "C1", "housing"), HeldRole("registrar", "C2"), HeldRole("reviewer")])
    assert grants["registers:read"] == Grant("restricted", frozenset({"C1", "C2"}))
    assert grants["review"] == Grant("internal")
    assert grants["drafts:write"] == Grant("internal", frozenset({"C1"}), frozenset({"housing"}))


@given(st.lists(st.builds(HeldRole, st.sampled_from([*ROLES]), st.sampled_from([None, "C1", "C2"])), max_size=5))
def test_more_roles_never_take_anything_away(roles):
    before, after = grants_of(roles[:-1]), grants_of(roles)
    for scope, grant in before.items():
        more = after[scope]
        assert TIERS.index(more.tier) >= TIERS.index(grant.tier)
        assert more.areas is None or (grant.areas is not None and grant.areas <= more.areas)


@pytest.mark.parametrize(("one", "other"), [(a, b) for a in sorted(APART) for b in sorted(APART) if a < b])
def test_three_administrators_are_three_people_save_in_a_small_office(one, other):
    held = [HeldRole(one), HeldRole(other)]
    with pytest.raises(Conflict) as refusal:
        require_roles(held, is_small_office=False)
    assert "MICROGRID_SMALL_OFFICE" in refusal.value.en
    require_roles(held, is_small_office=True)
    require_roles([HeldRole(one), HeldRole("viewer")], is_small_office=False)


def test_a_planner_has_an_area_and_roles_and_departments_are_known():
    for wrong in (HeldRole("planner"), HeldRole("registrar"), HeldRole("king"), HeldRole("viewer", None, "army")):
        with pytest.raises(BadInput):
            require_roles([wrong], is_small_office=True)
    require_roles([HeldRole("planner", "C1"), HeldRole("publisher")], is_small_office=False)


def test_one_spelling_of_a_name():
    assert account_name(" Wang.Fang ") == account_name("WANG.FANG") == "wang.fang"
    assert account_name("wang") == "wang"
    assert account_name("王芳") == "王芳"
    for wrong in ("", " ", "key:平台", "a b", "-a", "x" * 51, "a/b"):
        with pytest.raises(BadInput):
            account_name(wrong)


def test_passwords():
    rule = PasswordRule(min_length=10, classes=3)
    require_password("Yangtze-2026", name="wang", rule=rule)
    require_password("长江之水天上来-Ab", name="wang", rule=rule)
    for wrong in ("short-A1", "alllowercase", "x" * 201, "WangFang-2026", "1234567890", ""):
        with pytest.raises(BadInput):
            require_password(wrong, name="wangfang", rule=rule)


def test_an_account_is_locked_after_so_many_tries():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rule = Lockout(tries=3, minutes=10)
    assert [rule.until(failed, now) for failed in (1, 2)] == [None, None]
    assert rule.until(3, now) == now + timedelta(minutes=10)

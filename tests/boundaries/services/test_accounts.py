"""Accounts: opened, given roles, closed; where somebody may act."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from boundaries.accounts import HeldRole, PasswordRule
from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.services import accounts
from boundaries.services.journal import entries
from boundaries.services.passwords import matches, new_hash
from boundaries.services.reach import outside
from boundaries.store.engine import reading, writing

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def _open(session, name="wang.fang", password_hash=None):
    return accounts.create_account(
        session, name=name, display_name="王芳", password_hash=password_hash, actor="管理员", now=NOW
    )


def _give(session, name, *roles, is_small_office=False):
    return accounts.set_roles(session, name, roles, is_small_office=is_small_office, actor="保密员", now=NOW)


def test_the_life_of_an_account_stands_in_the_audit_trail_without_a_password(database):
    made = new_hash("Yangtze-2026", name="wang.fang", rule=PasswordRule())
    with writing(database) as session:
        account = _open(session, " Wang.Fang", made)
        assert (account.name, account.must_change, account.roles) == ("wang.fang", True, ())
        assert account.grants() == {}
        _give(session, "WANG.FANG", HeldRole("viewer"), HeldRole("auditor"))
        accounts.set_disabled(session, "wang.fang", True, actor="管理员", now=NOW)
        assert not accounts.get_account(session, "wang.fang").can_sign_in
        accounts.set_disabled(session, "wang.fang", False, actor="管理员", now=NOW)
        accounts.unlock(session, "wang.fang", actor="管理员", now=NOW)
        accounts.link(session, "wang.fang", accounts.Identity("https://sso", "u1"), actor="管理员", now=NOW)
        accounts.set_password(session, "wang.fang", made, actor="wang.fang", now=NOW, must_change=False)
    with reading(database) as session:
        (account,) = accounts.list_accounts(session)
        assert account.roles == (HeldRole("auditor"), HeldRole("viewer"))
        assert account.identity == accounts.Identity("https://sso", "u1")
        assert set(account.grants()) == {"audit:read", "locate", "grids:read", "premises:read"}
        told = entries(session)
    assert {entry.action for entry in told} == {
        f"account.{verb}" for verb in ("create", "roles", "disable", "enable", "unlock", "link", "password")
    }
    assert "Yangtze" not in str(told)
    assert "argon2" not in str(told)


def test_nothing_can_be_undone_twice_or_done_to_nobody(database):
    with writing(database) as session:
        _open(session)
        with pytest.raises(Conflict):
            _open(session, "WANG.FANG")
        for refused in (
            lambda: _give(session, "li", HeldRole("viewer")),
            lambda: _give(session, "wang.fang", HeldRole("planner", "没有")),
            lambda: accounts.set_disabled(session, "li", True, actor="x", now=NOW),
        ):
            with pytest.raises(NotFound):
                refused()


def test_an_identity_belongs_to_one_account(database):
    identity = accounts.Identity("https://sso", "u1")
    with writing(database) as session:
        _open(session)
        _open(session, "li")
        accounts.link(session, "li", identity, actor="x", now=NOW)
        with pytest.raises(Conflict, match="li"):
            accounts.link(session, "wang.fang", identity, actor="x", now=NOW)
        accounts.link(session, "li", None, actor="x", now=NOW)
        accounts.link(session, "wang.fang", identity, actor="x", now=NOW)


def test_roles_replace_those_before_and_the_database_holds_each_once(planned):
    with writing(planned) as session:
        code = session.execute(text("SELECT code FROM microgrid.area ORDER BY id LIMIT 1")).scalar_one()
        _open(session)
        _give(session, "wang.fang", HeldRole("planner", code), HeldRole("planner", code), HeldRole("viewer"))
        account = _give(session, "wang.fang", HeldRole("planner", code, "civil"))
        assert account.roles == (HeldRole("planner", code, "civil"),)
        with pytest.raises(BadInput):
            _give(session, "wang.fang", HeldRole("planner"))
        assert accounts.get_account(session, "wang.fang").roles == account.roles


def test_what_is_missing_for_the_steps_of_a_draft_is_named(database):
    with writing(database) as session:
        assert accounts.missing_roles(session) == ("planner", "reviewer", "publisher")
        _open(session, "li", "hash")
        _give(session, "li", HeldRole("reviewer"), HeldRole("publisher"))
        assert accounts.missing_roles(session) == ("planner",)
        accounts.set_disabled(session, "li", True, actor="x", now=NOW)
        assert accounts.missing_roles(session) == ("planner", "reviewer", "publisher")


def test_a_password_that_is_none_matches_nothing_and_takes_its_time():
    made = new_hash("Yangtze-2026", name="x", rule=PasswordRule())
    assert made != new_hash("Yangtze-2026", name="x", rule=PasswordRule())
    assert matches("Yangtze-2026", made)
    assert not matches("Yangtze-2027", made)
    assert not matches("Yangtze-2026", None)
    assert not matches("Yangtze-2026", "no hash")


def test_an_area_reaches_over_all_below_it(planned):
    with reading(planned) as session:
        tree = dict(
            session.execute(
                text(
                    "SELECT a.code, p.code FROM microgrid.area_state s JOIN microgrid.area a ON a.id = s.area_id "
                    "LEFT JOIN microgrid.area p ON p.id = s.parent_id WHERE s.valid @> 1"
                )
            ).all()
        )
        top = next(code for code, parent in tree.items() if parent is None)
        leaf, other = sorted(code for code, parent in tree.items() if parent is not None and code not in tree.values())[
            :2
        ]
        assert outside(session, [leaf, other, top], [top]) == ()
        assert outside(session, [leaf, other], [leaf]) == (other,)
        assert outside(session, [top, leaf], [leaf]) == (top,)
        assert outside(session, ["没有", leaf], [top]) == ("没有",)
        assert outside(session, [leaf], []) == (leaf,)
        assert outside(session, [], [leaf]) == ()

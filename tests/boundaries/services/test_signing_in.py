"""Sessions, wrong passwords, locks."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from boundaries.accounts import HeldRole, Lockout, SessionLimits
from boundaries.errors import Forbidden
from boundaries.services import accounts
from boundaries.services.journal import entries
from boundaries.services.signing_in import (
    credentials,
    find_session,
    note_session_use,
    sign_in,
    sign_in_by_identity,
    sign_out,
)
from boundaries.store.engine import reading, writing

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
LIMITS = SessionLimits(idle_minutes=30, most_hours=2)
LOCKOUT = Lockout(tries=3, minutes=15)
IDENTITY = accounts.Identity("https://sso.office", "u-1")


@pytest.fixture
def office(database):
    """An office with one account."""
    with writing(database) as session:
        accounts.create_account(session, name="li", display_name="李", password_hash=None, actor="x", now=NOW)
        accounts.set_roles(session, "li", [HeldRole("viewer")], is_small_office=False, actor="x", now=NOW)
        accounts.set_password(session, "li", "hash", actor="x", now=NOW, must_change=False)
        accounts.link(session, "li", IDENTITY, actor="x", now=NOW)
    return database


def _try(engine, *, is_match, now=NOW, name="li"):
    with writing(engine) as session:
        known = credentials(session, name)
        return sign_in(session, known, is_match=is_match, lockout=LOCKOUT, limits=LIMITS, now=now)


def _find(engine, token, now):
    with reading(engine) as session:
        return find_session(session, token, limits=LIMITS, now=now)


def test_a_session_ends_by_itself(office):
    token = _try(office, is_match=True)
    minute = timedelta(minutes=1)
    found = _find(office, token, NOW + minute)
    assert (found.account.name, found.is_due) == ("li", False)
    assert _find(office, token, NOW + 4 * minute).is_due
    assert _find(office, token, NOW + 30 * minute) is None
    for passed in range(25, 120, 25):
        with writing(office) as session:
            assert find_session(session, token, limits=LIMITS, now=NOW + passed * minute) is not None
            note_session_use(session, found.id, NOW + passed * minute)
    # In use all the time, and over nevertheless.
    assert _find(office, token, NOW + timedelta(hours=2)) is None


def test_a_token_that_was_changed_or_given_back_opens_nothing(office):
    token = _try(office, is_match=True)
    for wrong in (token[:-1], token + "A", token.swapcase(), "", "\udcff", "x" * 10_000):
        assert _find(office, wrong, NOW) is None
    with writing(office) as session:
        stored = session.execute(text("SELECT digest FROM microgrid.account_session")).scalar_one()
        assert token.encode() not in bytes(stored)
        account = find_session(session, token, limits=LIMITS, now=NOW).account
        sign_out(session, token, account, now=NOW)
        sign_out(session, token, account, now=NOW)
    assert _find(office, token, NOW) is None
    with reading(office) as session:
        assert [entry.action for entry in entries(session)][:2] == ["account.sign_out", "account.sign_in"]


def test_wrong_passwords_in_a_row_lock_and_time_unlocks(office):
    assert [_try(office, is_match=False) for _ in range(3)] == [None] * 3
    assert _try(office, is_match=True, now=NOW + timedelta(minutes=14)) is None
    assert _try(office, is_match=True, now=NOW + timedelta(minutes=15)) is not None
    with reading(office) as session:
        actions = [entry.action for entry in entries(session)]
    assert actions.count("account.sign_in_refused") == 3
    assert actions.count("account.lock") == 1


def test_a_right_password_forgets_the_wrong_ones_and_an_administrator_unlocks(office):
    for _ in range(4):
        assert _try(office, is_match=False) is None
        assert _try(office, is_match=False) is None
        assert _try(office, is_match=True) is not None
    for _ in range(3):
        _try(office, is_match=False)
    assert _try(office, is_match=True) is None
    with writing(office) as session:
        accounts.unlock(session, "li", actor="x", now=NOW)
    assert _try(office, is_match=True) is not None


def test_who_is_closed_unknown_or_has_another_password_by_now_gets_no_session(office):
    assert _try(office, is_match=True, name="nobody") is None
    with writing(office) as session:
        known = credentials(session, "LI ")
        accounts.set_password(session, "li", "other", actor="x", now=NOW)
        assert sign_in(session, known, is_match=True, lockout=LOCKOUT, limits=LIMITS, now=NOW) is None
    token = _try(office, is_match=True)
    with writing(office) as session:
        accounts.set_disabled(session, "li", True, actor="x", now=NOW)
    assert _find(office, token, NOW) is None
    assert _try(office, is_match=True) is None
    with writing(office) as session, pytest.raises(Forbidden, match="closed"):
        sign_in_by_identity(session, IDENTITY, limits=LIMITS, now=NOW)


def test_an_identity_that_is_linked_signs_in_and_no_other(office):
    with writing(office) as session:
        token = sign_in_by_identity(session, IDENTITY, limits=LIMITS, now=NOW)
        for other in (accounts.Identity("https://elsewhere", "u-1"), accounts.Identity(IDENTITY.issuer, "u-2")):
            with pytest.raises(Forbidden, match="user link"):
                sign_in_by_identity(session, other, limits=LIMITS, now=NOW)
    assert _find(office, token, NOW).account.name == "li"


def test_another_password_ends_the_sessions_before_it(office):
    token = _try(office, is_match=True)
    with writing(office) as session:
        accounts.set_password(session, "li", "new", actor="li", now=NOW)
    assert _find(office, token, NOW) is None


def test_sessions_that_are_over_are_forgotten(office):
    _try(office, is_match=True)
    _try(office, is_match=True, now=NOW + timedelta(hours=3))
    with reading(office) as session:
        assert session.execute(text("SELECT count(*) FROM microgrid.account_session")).scalar_one() == 1

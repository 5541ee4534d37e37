"""Signing in and out: sessions that are known by the digest of their token, and end by themselves."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from boundaries.accounts import Lockout, SessionLimits, spelled
from boundaries.errors import Forbidden
from boundaries.services import journal
from boundaries.services.accounts import Account, Identity, to_account
from boundaries.store.accounts import (
    AccountRow,
    add_session,
    drop_old_sessions,
    drop_session,
    read_account,
    read_account_of,
    read_roles,
    read_session,
    see_session,
    write_account,
)

_TOKEN_BYTES = 32
# A session is noted as used so many times within the time after which it would end unused.
_NOTES = 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is compared with; nothing where nobody of that name may sign in by one."""

    name: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as a request shows it.

    Attributes
    ----------
    id : int
    account : Account
    ends_at : datetime
        When it ends at the latest.
    is_due : bool
        Whether it is to be noted as used, by :func:`note_session_use`.
    """

    id: int
    account: Account
    ends_at: datetime
    is_due: bool


def credentials(session: Session, name: str) -> Credentials:
    """What the password of an account is to be compared with, outside of any transaction: it takes its time."""
    row = read_account(session, spelled(name))
    return Credentials(spelled(name), row.password_hash if row is not None else None)


def sign_in(
    session: Session,
    known: Credentials,
    *,
    is_match: bool,
    lockout: Lockout,
    limits: SessionLimits,
    now: datetime,
) -> str | None:
    """Begin a session, or count a wrong password.

    The caller commits in both cases, and tells nobody why there is no session.

    Parameters
    ----------
    known : Credentials
    is_match : bool
        Whether the password that was given is that of ``known``.
    lockout : Lockout
    limits : SessionLimits
    now : datetime
        With its time zone.

    Returns
    -------
    str or None
        The token of the session, to be given to the browser and kept nowhere.
    """
    row = read_account(session, known.name, lock=True)
    if row is None or row.disabled_at is not None or row.password_hash is None:
        return None
    if row.locked_until is not None and now < row.locked_until:
        return None
    if not is_match or row.password_hash != known.password_hash:
        _count_failure(session, row, lockout, now)
        return None
    write_account(session, row.id, {"failed": 0, "locked_until": None})
    return _begin(session, row, by="password", limits=limits, now=now)


def sign_in_by_identity(session: Session, identity: Identity, *, limits: SessionLimits, now: datetime) -> str:
    """Begin a session of the account that is linked to an identity elsewhere, which has been proved.

    Returns
    -------
    str
        The token of the session.

    Raises
    ------
    Forbidden
        If no account is linked to it, or that account is closed.
    """
    row = read_account_of(session, identity.issuer, identity.subject)
    if row is None:
        raise Forbidden(
            f"统一认证身份“{identity.subject}”没有关联的账号。请系统管理员用 user link 关联。",
            f'No account is linked to the identity "{identity.subject}". Ask the system administrator to link one '
            "with user link.",
        )
    if row.disabled_at is not None:
        raise Forbidden(
            f"账号“{row.name}”已停用。请联系系统管理员。",
            f'The account "{row.name}" is closed. Ask the system administrator.',
        )
    return _begin(session, row, by="oidc", limits=limits, now=now)


def find_session(session: Session, token: str, *, limits: SessionLimits, now: datetime) -> SignedIn | None:
    """The session that a token belongs to, if it still goes on.

    Parameters
    ----------
    token : str
        As the browser shows it.
    limits : SessionLimits
    now : datetime

    Returns
    -------
    SignedIn or None
    """
    row = read_session(session, token_digest(token))
    idle = timedelta(minutes=limits.idle_minutes)
    if row is None or now >= row.ends_at or now - row.seen_at >= idle:
        return None
    holder = read_account(session, row.account_name)
    if holder is None or holder.disabled_at is not None:
        return None
    roles = read_roles(session, [holder.id]).get(holder.id, ())
    return SignedIn(row.id, to_account(holder, roles), row.ends_at, now - row.seen_at >= idle / _NOTES)


def note_session_use(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session was used, so that it goes on."""
    see_session(session, session_id, now)


def sign_out(session: Session, token: str, account: Account, *, now: datetime) -> None:
    """End the session of a token."""
    if drop_session(session, token_digest(token)):
        _record(session, account.id, account.name, "sign_out", now=now)


def token_digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _begin(session: Session, row: AccountRow, *, by: str, limits: SessionLimits, now: datetime) -> str:
    drop_old_sessions(session, unseen_since=now - timedelta(minutes=limits.idle_minutes), now=now)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    values = {
        "account_id": row.id,
        "digest": token_digest(token),
        "created_at": now,
        "seen_at": now,
        "ends_at": now + timedelta(hours=limits.most_hours),
    }
    add_session(session, values)
    _record(session, row.id, row.name, "sign_in", now=now, by=by)
    return token


def _count_failure(session: Session, row: AccountRow, lockout: Lockout, now: datetime) -> None:
    failed = row.failed + 1
    until = lockout.until(failed, now)
    write_account(session, row.id, {"failed": 0 if until is not None else failed, "locked_until": until})
    _record(session, row.id, row.name, "sign_in_refused", now=now, failed=failed)
    if until is not None:
        _record(session, row.id, row.name, "lock", now=now, until=until.isoformat())


def _record(session: Session, account_id: int, name: str, verb: str, *, now: datetime, **detail: object) -> None:
    journal.record(
        session,
        actor=name,
        action=f"account.{verb}",
        subject=f"account:{account_id}",
        detail={"name": name, **detail},
        now=now,
    )

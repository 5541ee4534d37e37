"""Accounts: opened, given roles, locked and closed. Every act is in the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from boundaries.accounts import Grant, HeldRole, account_name, grants_of, require_roles, spelled
from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.services import journal
from boundaries.store.accounts import (
    AccountRow,
    add_account,
    drop_sessions,
    read_account,
    read_account_of,
    read_accounts,
    read_roles,
    replace_roles,
    write_account,
)

# Without these nobody can take the steps of a draft.
_NEEDED = ("planner", "reviewer", "publisher")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at the office's own sign-in service: its address, and their name there."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it may be shown: without anything secret."""

    id: int
    name: str
    display_name: str
    roles: tuple[HeldRole, ...]
    has_password: bool
    must_change: bool
    created_by: str
    created_at: datetime
    identity: Identity | None = None
    locked_until: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def can_sign_in(self) -> bool:
        """Whether there is a way in at all."""
        return self.disabled_at is None and (self.has_password or self.identity is not None)

    def grants(self) -> dict[str, Grant]:
        """How far each scope of the account reaches; nothing is open until a new password is set where one is due."""
        return {} if self.must_change else grants_of(self.roles)


def create_account(
    session: Session,
    *,
    name: str,
    display_name: str,
    password_hash: str | None,
    actor: str,
    now: datetime,
) -> Account:
    """Open an account; it has no role yet.

    Parameters
    ----------
    name : str
        By which its holder signs in.
    display_name : str
        What others call them.
    password_hash : str or None
        Of a first password, which must be changed at once; None for who signs in elsewhere.
    actor : str
        Who opens it.
    now : datetime
        With its time zone.

    Returns
    -------
    Account

    Raises
    ------
    BadInput
        If a name is not usable.
    Conflict
        If there is such an account.
    """
    kept = account_name(name)
    if not display_name.strip():
        raise BadInput("请写明姓名或称呼。", "Say what the holder of the account is called.")
    if read_account(session, kept) is not None:
        raise Conflict(
            f"已有账号“{kept}”。请另取一个名称。", f'There is an account "{kept}" already. Choose another name.'
        )
    values = {
        "name": kept,
        "display_name": display_name.strip(),
        "password_hash": password_hash,
        "must_change": password_hash is not None,
        "created_by": actor,
        "created_at": now,
    }
    row = add_account(session, values)
    _record(session, row, "create", {"display_name": row.display_name}, actor=actor, now=now)
    return to_account(row, ())


def list_accounts(session: Session) -> tuple[Account, ...]:
    """Every account, by name."""
    rows = read_accounts(session)
    roles = read_roles(session, [row.id for row in rows])
    return tuple(to_account(row, roles.get(row.id, ())) for row in rows)


def get_account(session: Session, name: str) -> Account:
    """One account.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = found_row(session, name)
    return to_account(row, read_roles(session, [row.id]).get(row.id, ()))


def set_roles(
    session: Session, name: str, roles: Sequence[HeldRole], *, is_small_office: bool, actor: str, now: datetime
) -> Account:
    """Let an account hold these roles and no others.

    Parameters
    ----------
    name : str
    roles : sequence of HeldRole
    is_small_office : bool
        Whether one account may be several of the three administrators who watch each other.
    actor : str
        Who gives the roles.
    now : datetime

    Returns
    -------
    Account

    Raises
    ------
    NotFound
        If there is no such account or area.
    BadInput
        If a role is not known, or lacks its area.
    Conflict
        If two of the roles are kept apart.
    """
    wanted = tuple(dict.fromkeys(roles))
    require_roles(wanted, is_small_office=is_small_office)
    row = found_row(session, name, lock=True)
    before = read_roles(session, [row.id]).get(row.id, ())
    replace_roles(session, row.id, wanted, actor=actor, now=now)
    detail = {"before": [_spoken(held) for held in before], "after": [_spoken(held) for held in wanted]}
    _record(session, row, "roles", detail, actor=actor, now=now)
    return get_account(session, row.name)


def set_password(
    session: Session,
    name: str,
    password_hash: str,
    *,
    actor: str,
    now: datetime,
    must_change: bool = True,
    kept_session: bytes | None = None,
) -> None:
    """Give an account another password, unlock it, and end its sessions.

    Parameters
    ----------
    password_hash : str
        From :func:`boundaries.services.passwords.new_hash`.
    must_change : bool
        Whether its holder must choose another one first of all: somebody else knows this one.
    kept_session : bytes, optional
        Digest of the session that goes on.

    Raises
    ------
    NotFound
        If there is no such account.
    """
    row = found_row(session, name, lock=True)
    values = {"password_hash": password_hash, "must_change": must_change, "failed": 0, "locked_until": None}
    write_account(session, row.id, values)
    drop_sessions(session, row.id, but=kept_session)
    _record(session, row, "password", {"must_change": must_change}, actor=actor, now=now)


def set_disabled(session: Session, name: str, is_disabled: bool, *, actor: str, now: datetime) -> None:
    """Close an account and end its sessions at once, or open it again.

    Raises
    ------
    NotFound
        If there is no such account.
    """
    row = found_row(session, name, lock=True)
    write_account(session, row.id, {"disabled_at": now if is_disabled else None})
    if is_disabled:
        drop_sessions(session, row.id)
    _record(session, row, "disable" if is_disabled else "enable", {}, actor=actor, now=now)


def unlock(session: Session, name: str, *, actor: str, now: datetime) -> None:
    """Let somebody try again who has given wrong passwords.

    Raises
    ------
    NotFound
        If there is no such account.
    """
    row = found_row(session, name, lock=True)
    write_account(session, row.id, {"failed": 0, "locked_until": None})
    _record(session, row, "unlock", {}, actor=actor, now=now)


def link(session: Session, name: str, identity: Identity | None, *, actor: str, now: datetime) -> None:
    """Let an account be entered by an identity elsewhere, or no longer.

    Raises
    ------
    NotFound
        If there is no such account.
    Conflict
        If the identity belongs to another account.
    """
    row = found_row(session, name, lock=True)
    other = read_account_of(session, identity.issuer, identity.subject) if identity is not None else None
    if other is not None and other.id != row.id:
        raise Conflict(
            f"该身份已关联账号“{other.name}”。请先解除关联。",
            f'That identity belongs to the account "{other.name}". Unlink it first.',
        )
    issuer, subject = (identity.issuer, identity.subject) if identity is not None else (None, None)
    write_account(session, row.id, {"issuer": issuer, "subject": subject})
    drop_sessions(session, row.id)
    _record(session, row, "link" if identity is not None else "unlink", {"issuer": issuer}, actor=actor, now=now)


def missing_roles(session: Session) -> tuple[str, ...]:
    """The roles that the steps of a draft need and that nobody holds who can sign in.

    Returns
    -------
    tuple of str
        Keys of :data:`boundaries.accounts.ROLES`, in the order of the steps.
    """
    held = {role.role for account in list_accounts(session) if account.can_sign_in for role in account.roles}
    return tuple(role for role in _NEEDED if role not in held)


def found_row(session: Session, name: str, *, lock: bool = False) -> AccountRow:
    """The row of an account.

    Raises
    ------
    NotFound
        If there is no such account.
    """
    row = read_account(session, spelled(name), lock=lock)
    if row is None:
        raise NotFound(
            f"没有账号“{name}”。请用 user list 查看。", f'There is no account "{name}". See them with user list.'
        )
    return row


def to_account(row: AccountRow, roles: tuple[HeldRole, ...]) -> Account:
    """A row as it may be shown."""
    return Account(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        roles=roles,
        has_password=row.password_hash is not None,
        must_change=row.must_change,
        created_by=row.created_by,
        created_at=row.created_at,
        identity=Identity(row.issuer, row.subject) if row.issuer is not None else None,
        locked_until=row.locked_until,
        disabled_at=row.disabled_at,
    )


def _record(
    session: Session, row: AccountRow, verb: str, detail: Mapping[str, object], *, actor: str, now: datetime
) -> None:
    journal.record(
        session,
        actor=actor,
        action=f"account.{verb}",
        subject=f"account:{row.id}",
        detail={"name": row.name, **detail},
        now=now,
    )


def _spoken(held: HeldRole) -> dict[str, str | None]:
    return {"role": held.role, "area": held.area, "department": held.department}

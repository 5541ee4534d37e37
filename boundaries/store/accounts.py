"""Accounts, the roles they hold and their sessions as rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from boundaries.accounts import HeldRole
from boundaries.store import tables
from boundaries.store.drafts import area_number
from boundaries.store.overlay import AREA, Moment, effective

_account, _role, _session = tables.account, tables.account_role, tables.account_session

AccountRow = Row[Any]  # Any: the columns are those of the table
SessionRow = Row[Any]


def add_account(session: Session, values: Mapping[str, object]) -> AccountRow:
    """Write an account and give it back with its number."""
    return session.execute(insert(_account).values(values).returning(_account)).one()


def read_account(session: Session, name: str, *, lock: bool = False) -> AccountRow | None:
    """The account of this name; ``lock`` holds it until the transaction ends."""
    query = select(_account).where(_account.c.name == name)
    return session.execute(query.with_for_update() if lock else query).first()


def read_account_of(session: Session, issuer: str, subject: str) -> AccountRow | None:
    """The account that is linked to an identity elsewhere."""
    return session.execute(select(_account).where(_account.c.issuer == issuer, _account.c.subject == subject)).first()


def read_accounts(session: Session) -> Sequence[AccountRow]:
    """Every account, by name."""
    return session.execute(select(_account).order_by(_account.c.name)).all()


def write_account(session: Session, account_id: int, values: Mapping[str, object]) -> None:
    """Change columns of an account."""
    session.execute(update(_account).where(_account.c.id == account_id).values(values))


def read_roles(session: Session, account_ids: Collection[int]) -> Mapping[int, tuple[HeldRole, ...]]:
    """The roles of accounts by their numbers; who has none is not there."""
    area = tables.area
    query = (
        select(_role.c.account_id, _role.c.role, area.c.code, _role.c.department)
        .outerjoin(area, area.c.id == _role.c.area_id)
        .where(_role.c.account_id.in_(account_ids))
        .order_by(_role.c.account_id, _role.c.role, area.c.code)
    )
    found: dict[int, tuple[HeldRole, ...]] = {}
    for row in session.execute(query):
        found[row.account_id] = (*found.get(row.account_id, ()), HeldRole(row.role, row.code, row.department))
    return found


def replace_roles(session: Session, account_id: int, roles: Iterable[HeldRole], *, actor: str, now: datetime) -> None:
    """Let an account hold these roles and no others.

    Raises
    ------
    NotFound
        If there is no such area.
    """
    session.execute(delete(_role).where(_role.c.account_id == account_id))
    for held in roles:
        area_id = area_number(session, held.area) if held.area is not None else None
        values = {
            "account_id": account_id,
            "role": held.role,
            "area_id": area_id,
            "department": held.department,
            "granted_by": actor,
            "granted_at": now,
        }
        session.execute(insert(_role).values(values))


def add_session(session: Session, values: Mapping[str, object]) -> None:
    """Write a session of an account."""
    session.execute(insert(_session).values(values))


def read_session(session: Session, digest: bytes) -> SessionRow | None:
    """The session with this digest: its own columns, and ``account_name``."""
    query = select(_session, _account.c.name.label("account_name")).join(
        _account, _account.c.id == _session.c.account_id
    )
    return session.execute(query.where(_session.c.digest == digest)).first()


def see_session(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(update(_session).where(_session.c.id == session_id).values(seen_at=now))


def drop_session(session: Session, digest: bytes) -> bool:
    """End the session with this digest; False where there is none."""
    return (
        session.execute(delete(_session).where(_session.c.digest == digest).returning(_session.c.id)).first()
        is not None
    )


def drop_sessions(session: Session, account_id: int, *, but: bytes | None = None) -> None:
    """End the sessions of an account, save the one with the digest ``but``."""
    ended = delete(_session).where(_session.c.account_id == account_id)
    session.execute(ended if but is None else ended.where(_session.c.digest != but))


def drop_old_sessions(session: Session, *, unseen_since: datetime, now: datetime) -> None:
    """Forget every session that is over."""
    session.execute(delete(_session).where(or_(_session.c.ends_at <= now, _session.c.seen_at <= unseen_since)))


def parents_of(session: Session, codes: Collection[str], moment: Moment) -> Mapping[str, str | None]:
    """Code of the area above each of these, for those that hold."""
    states = effective(AREA, moment)
    above = tables.area.alias()
    query = (
        select(tables.area.c.code, above.c.code.label("parent"))
        .join(states, states.c.area_id == tables.area.c.id)
        .outerjoin(above, above.c.id == states.c.parent_id)
        .where(tables.area.c.code.in_(codes))
    )
    return {row.code: row.parent for row in session.execute(query)}

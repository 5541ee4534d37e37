"""Settings that are kept in the database, and whether it holds anything yet."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from boundaries.store import tables
from boundaries.store.bulletins import announce

_setting = tables.setting
_HELD = (tables.draft, tables.generation, tables.area, tables.source, tables.shop, tables.person)


def read_setting(session: Session, key: str) -> object:
    """The value under a key, None where nobody set it."""
    return session.execute(select(_setting.c.value).where(_setting.c.key == key)).scalar_one_or_none()


def write_setting(session: Session, key: str, value: object) -> None:
    """Set the value under a key; it must be one that JSON can hold."""
    announce(session, "access", key)
    statement = insert(_setting).values(key=key, value=value)
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value}))


def holds_data(session: Session) -> bool:
    """Whether anything of an office stands in the tables."""
    return any(session.execute(select(func.count()).select_from(table)).scalar_one() for table in _HELD)

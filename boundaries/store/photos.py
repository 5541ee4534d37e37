"""Photos of people in charge: one each, as small as a badge."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from boundaries.store import tables

_charge = tables.charge


def put_photo(session: Session, charge: int, *, media_type: str, photo: bytes) -> None:
    """Keep a photo of the person who holds a charge, in place of an earlier one."""
    person = select(_charge.c.person_id).where(_charge.c.id == charge).scalar_subquery()
    statement = insert(tables.person_photo).values(person_id=person, media_type=media_type, photo=photo)
    fresh = {"media_type": statement.excluded.media_type, "photo": statement.excluded.photo}
    session.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=fresh))


def read_photo(session: Session, charge: int) -> tuple[str, bytes] | None:
    """Media type and bytes of the photo of the person who holds a charge."""
    photo = tables.person_photo
    query = select(photo.c.media_type, photo.c.photo).join(_charge, _charge.c.person_id == photo.c.person_id)
    row = session.execute(query.where(_charge.c.id == charge)).first()
    return None if row is None else (str(row[0]), bytes(row[1]))

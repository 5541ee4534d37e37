"""Where rows came from."""

from sqlalchemy import insert
from sqlalchemy.orm import Session

from boundaries.store import tables


def add_source(session: Session, *, department: str | None, file: str, actor: str) -> int:
    """Note a file that is being loaded; the instant is the database's.

    Parameters
    ----------
    department : str or None
        Who keeps the data.
    file : str
        Name of the file, or what the rows were made by.
    actor : str
        Who loads it.

    Returns
    -------
    int
        Number to hand to the functions that write rows.
    """
    values = {"department": department, "file": file, "actor": actor}
    return int(session.execute(insert(tables.source).values(values).returning(tables.source.c.id)).scalar_one())

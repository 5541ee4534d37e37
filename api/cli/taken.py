"""Who took what only few may see out of the database is on record, before it is out."""

from typing import TYPE_CHECKING

from api.cli import context

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from boundaries.services.journal import Way


def record_taken(engine: "Engine", *, way: "Way", subject: str, file: str, actor: str) -> None:
    """Put it into the audit trail that contacts or unpublished phones leave for a file.

    Parameters
    ----------
    engine : Engine
    way : {"export", "print"}
    subject : str
        The layer, or the sheet and its area.
    file : str
        Name of the file, without its folder.
    actor : str
    """
    from boundaries.services import journal
    from boundaries.store.engine import writing

    with writing(engine) as session:
        journal.record_read(session, actor=actor, way=way, subject=subject, detail={"file": file}, now=context.now())

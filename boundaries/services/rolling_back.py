"""Bring an older generation back: a draft that says what it said, published like any other."""

from datetime import datetime

from sqlalchemy.orm import Session

from boundaries.errors import BadInput
from boundaries.lifecycle import Draft
from boundaries.services import journal
from boundaries.services.drafting import open_draft
from boundaries.services.editing import changing
from boundaries.services.reading import current_generation, get_generation
from boundaries.store.drafts import read_draft
from boundaries.store.reverting import bring_back


def revert(session: Session, number: int, *, actor: str, name: str | None = None, now: datetime | None = None) -> Draft:
    """Open a draft that brings back the state of a generation exactly.

    Micro-grids that were retired since live again with their numbers, ranks and codes; what came
    since is retired. Registers (people, shops, counts) are of their days and stay as they are.

    Parameters
    ----------
    number : int
        Of the generation to bring back.
    actor : str
        Who opens the draft.
    name : str, optional
        What people call it.
    now : datetime, optional
        By default the database's clock.

    Returns
    -------
    Draft

    Raises
    ------
    NotFound
        If there is no such generation.
    BadInput
        If nothing differs from it now.
    """
    get_generation(session, number)
    newest = current_generation(session)
    draft = open_draft(session, name=name or f"恢复第 {number} 版", actor=actor, now=now)
    with changing(session, draft.id, actor=actor, kind="revert", now=now, commands={"generation": number}):
        counts = bring_back(session, draft.id, number)
    if not counts:
        raise BadInput(
            f"现行第 {newest} 版与第 {number} 版相同,无可恢复。请用 generation list 查看各版。",
            f"Generation {newest}, in force now, is the same as {number}: there is nothing to bring back. "
            "See the generations with generation list.",
        )
    journal.record(
        session,
        actor=actor,
        action="draft.revert",
        subject=f"draft:{draft.id}",
        detail={"generation": number, "changes": counts},
        now=now,
    )
    return read_draft(session, draft.id)

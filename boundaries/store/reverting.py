"""The rows of an older generation into a draft: the same identities, ranks and codes."""

from sqlalchemy import BigInteger, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from boundaries.store.comparing import changed_numbers
from boundaries.store.drafts import edit
from boundaries.store.merge import merge_from, retire_ids
from boundaries.store.overlay import ASSIGNMENT, THINGS, Moment, Thing, effective


def bring_back(session: Session, draft_id: int, generation: int) -> dict[str, dict[str, int]]:
    """Let a draft on the newest generation say what an older one said.

    Parameters
    ----------
    draft_id : int
        Just opened.
    generation : int

    Returns
    -------
    dict
        Thing -> how many rows were ``written`` and how many ``retired``; those left alone are not listed.
    """
    moment, then = edit(session, draft_id), Moment(generation)
    found: dict[str, dict[str, int]] = {}
    for thing in THINGS:
        numbers = changed_numbers(session, thing, before=then, after=Moment(moment.generation))
        written, retired = (
            _written(session, thing, moment, then, numbers),
            _retired(session, thing, moment, then, numbers),
        )
        if written or retired:
            found[thing.name] = {"written": written, "retired": retired}
    return found


def _written(session: Session, thing: Thing, moment: Moment, then: Moment, numbers: set[int]) -> int:
    if not numbers:
        return 0
    stood = effective(thing, then, name="stood")
    wanted = bindparam("numbers", sorted(numbers), type_=ARRAY(BigInteger), unique=True)
    arrived = select(stood).where(stood.c[thing.key] == func.any(wanted)).subquery("arrived")
    written = merge_from(session, thing, moment, arrived, source_id=None)
    # Where it came from, and who accepted it when, come back with it.
    kept = ("source_id", "accepted_at") if thing is ASSIGNMENT else ("source_id",)
    state = thing.state
    session.execute(
        update(state)
        .where(state.c.draft_id == moment.draft, ~state.c.retired, state.c[thing.key] == stood.c[thing.key])
        .values({name: stood.c[name] for name in kept})
    )
    return written


def _retired(session: Session, thing: Thing, moment: Moment, then: Moment, numbers: set[int]) -> int:
    """Take out what lives now and did not then."""
    now, stood = (
        effective(thing, one, name=name) for one, name in ((Moment(moment.generation), "now"), (then, "stood"))
    )
    number = now.c[thing.key]
    wanted = bindparam("numbers", sorted(numbers), type_=ARRAY(BigInteger), unique=True)
    query = select(number).where(number == func.any(wanted), number.not_in(select(stood.c[thing.key])))
    return retire_ids(session, thing, moment, list(session.execute(query).scalars()))

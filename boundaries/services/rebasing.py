"""Carry a draft over onto the newest generation; what collides is told with both shapes and left as it is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import shapely
from sqlalchemy.orm import Session

from boundaries.errors import BadInput, Conflict
from boundaries.lifecycle import STATUS_NAMES, Draft
from boundaries.merging import SHAPE, TOLERANCE, Collision, Merged, Stale, merge, refined
from boundaries.services import journal
from boundaries.services.editing import changing
from boundaries.store import rebasing as store
from boundaries.store.drafts import authors, count_revision, mark, newest_generation, read_draft
from boundaries.store.releases import origins
from boundaries.store.steps import set_day
from geo.refined import Added, together, with_vertices
from geo.segments import as_shapes

Side = Literal["mine", "theirs"]
_LIVING = ("open", "submitted", "approved")
_SHARING = ("micro_grid", "area")
# About 0.1 mm: how far beyond a box its neighbours may lie and still touch it.
_MARGIN = 1e-9


@dataclass(frozen=True, slots=True)
class Rebased:
    """What a rebase did.

    Attributes
    ----------
    draft : Draft
        As it is now.
    since : int or None
        The generation that it stood on before.
    carried : tuple of str
        Codes of what was changed on both sides and goes together.
    needless : tuple of str
        Codes of what holds already as the draft has it.
    refined : tuple of str
        Codes of what received vertices from the other side.
    collisions : tuple of Collision
        What both sides changed; it stays as it is until somebody chooses.
    """

    draft: Draft
    since: int | None
    carried: tuple[str, ...] = ()
    needless: tuple[str, ...] = ()
    refined: tuple[str, ...] = ()
    collisions: tuple[Collision, ...] = ()


def rebase(
    session: Session,
    draft_id: int,
    *,
    actor: str,
    keep: Mapping[str, Side] | None = None,
    now: datetime | None = None,
) -> Rebased:
    """Let a draft stand on the newest generation.

    Parameters
    ----------
    draft_id : int
    actor : str
    keep : mapping of str to {"mine", "theirs"}, optional
        What to keep of what collides, by code, or by ``area:CODE``, ``micro_grid:CODE`` … where
        several things have the code. Choosing is an edit: a draft that was handed in is open again.
    now : datetime, optional
        By default the database's clock.

    Returns
    -------
    Rebased

    Raises
    ------
    NotFound
        If there is no such draft.
    Conflict
        If it is published or abandoned.
    BadInput
        If a choice names what does not collide.
    """
    draft = read_draft(session, draft_id, lock=True)
    if draft.status not in _LIVING:
        is_zh, is_en = STATUS_NAMES[draft.status]
        raise Conflict(
            f"调整方案 {draft_id}“{draft.name}”{is_zh},不能更换底稿。请新建调整方案。",
            f'Draft {draft_id} "{draft.name}" is {is_en} and cannot be rebased. Open a new one.',
        )
    newest = newest_generation(session)
    stale = store.stale_rows(session, draft_id)
    if newest == draft.base_generation and not stale:
        return Rebased(draft, draft.base_generation)
    chosen = _choices(draft, stale, keep or {})
    verdicts = [(one, merge(one)) for one in stale]
    # First, so that the change that follows can be undone on the generation that the draft stands on then.
    store.stand_on(session, draft_id, newest)
    with changing(session, draft_id, actor=actor, kind="rebase", now=now):
        if chosen:
            _open_again(session, draft)
        for one, merged in verdicts:
            _settle(session, draft_id, one, merged, chosen.get((one.thing, one.id)))
        refined_codes = _share_vertices(session, draft, stale)
    left = [
        (one, merged) for one, merged in verdicts if merged.verdict == "collides" and (one.thing, one.id) not in chosen
    ]
    rebased = Rebased(
        draft=read_draft(session, draft_id),
        since=draft.base_generation,
        carried=tuple(one.code for one, merged in verdicts if merged.verdict == "carried"),
        needless=tuple(one.code for one, merged in verdicts if merged.verdict == "needless"),
        refined=refined_codes,
        collisions=_collisions(session, draft, left),
    )
    kept = {one.code: chosen[one.thing, one.id] for one in stale if (one.thing, one.id) in chosen}
    _record(session, rebased, actor=actor, chosen=kept, now=now)
    return rebased


def _choices(draft: Draft, stale: Collection[Stale], keep: Mapping[str, Side]) -> dict[tuple[str, int], Side]:
    """What was chosen, by thing and permanent number."""
    colliding = [one for one in stale if merge(one).verdict == "collides"]
    found: dict[tuple[str, int], Side] = {}
    for code, side in keep.items():
        named = [one for one in colliding if code in (one.code, f"{one.thing}:{one.code}")]
        if not named:
            raise BadInput(
                f"调整方案 {draft.id} 中 {code} 没有冲突。请用 draft rebase {draft.id} 查看有冲突的内容。",
                f"Nothing named {code} collides in draft {draft.id}. See what does with draft rebase {draft.id}.",
            )
        found |= {(one.thing, one.id): side for one in named}
    return found


def _open_again(session: Session, draft: Draft) -> None:
    """What was reviewed is another draft now."""
    mark(session, draft.id, "open")
    set_day(session, draft.id, None)
    count_revision(session, draft.id)


def _settle(session: Session, draft_id: int, stale: Stale, merged: Merged, side: Side | None) -> None:
    if merged.verdict == "collides":
        if side is None:
            return
        with store.keep(session, draft_id, stale.thing, [stale.id]):
            if side == "theirs":
                store.drop(session, draft_id, stale)
            elif stale.theirs is None:
                store.renew(session, draft_id, stale)
            else:
                store.move(session, draft_id, stale, None)
        return
    with store.keep(session, draft_id, stale.thing, [stale.id]):
        if merged.verdict == "needless":
            store.drop(session, draft_id, stale)
        else:
            store.move(session, draft_id, stale, merged.content)


def _share_vertices(session: Session, draft: Draft, stale: Collection[Stale]) -> tuple[str, ...]:
    """Put vertices of either side into what the other side drew along the same edges."""
    shared = [one for one in stale if one.thing in _SHARING]
    codes: list[str] = []
    theirs = together((refined(one.base, one.theirs) for one in shared), tolerance=TOLERANCE)
    if theirs:
        for thing in _SHARING:
            shapes = store.drawn_shapes(session, draft.id, thing, _box(theirs))
            codes += _redraw(session, draft.id, thing, shapes, theirs)
    mine = together((refined(one.base, one.mine) for one in shared), tolerance=TOLERANCE)
    if mine:
        shapes = store.their_shapes(session, draft.id, since=draft.base_generation or 0, box=_box(mine))
        codes += _redraw(session, draft.id, "micro_grid", shapes, mine)
    return tuple(sorted(set(codes)))


def _redraw(
    session: Session, draft_id: int, thing: str, shapes: Mapping[int, shapely.Polygon], added: Added
) -> list[str]:
    changed = {
        number: wider
        for number, shape in shapes.items()
        if (wider := with_vertices(shape, added, tolerance=TOLERANCE)) is not shape
    }
    if not changed:
        return []
    with store.keep(session, draft_id, thing, changed):
        store.redraw(session, draft_id, thing, changed)
    return list(store.codes(session, thing, list(changed)).values())


def _box(added: Added) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.total_bounds(as_shapes(shapely.LineString(edge) for edge in added)).tolist()
    return west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN


def _collisions(session: Session, draft: Draft, left: Collection[tuple[Stale, Merged]]) -> tuple[Collision, ...]:
    if not left:
        return ()
    came = origins(session, {one.generation for one, _ in left})
    theirs = {
        number: tuple(sorted(authors(session, read_draft(session, origin.draft_id)))) for number, origin in came.items()
    }
    mine = tuple(sorted(authors(session, draft)))
    return tuple(
        Collision(
            thing=one.thing,
            code=one.code,
            columns=merged.columns,
            mine=None if one.mine is None else one.mine.get(SHAPE),
            theirs=None if one.theirs is None else one.theirs.get(SHAPE),
            drawn_by=mine,
            generation=one.generation,
            published_by=came[one.generation].published_by,
            published_at=came[one.generation].published_at,
            their_authors=theirs[one.generation],
        )
        for one, merged in left
    )


def _record(
    session: Session, rebased: Rebased, *, actor: str, chosen: Mapping[str, Side], now: datetime | None
) -> None:
    """Carrying over draws nothing; choosing does."""
    journal.record(
        session,
        actor=actor,
        action="draft.resolve" if chosen else "draft.rebase",
        subject=f"draft:{rebased.draft.id}",
        detail={
            "from": rebased.since,
            "to": rebased.draft.base_generation,
            "carried": list(rebased.carried),
            "needless": list(rebased.needless),
            "refined": list(rebased.refined),
            "collisions": [f"{one.thing}:{one.code}" for one in rebased.collisions],
            "chosen": dict(chosen),
        },
        now=now,
    )

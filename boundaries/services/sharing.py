"""Who works on a draft: share it, hand it over, say that one has it open."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from boundaries.errors import BadInput, Conflict, Forbidden
from boundaries.lifecycle import Draft
from boundaries.services import journal
from boundaries.store import sharing as store
from boundaries.store.drafts import read_draft
from boundaries.store.sharing import Hands, Lease

LONGEST_LEASE = timedelta(hours=8)
_LONGEST_NAME = 100
_MOST_SHARES = 50


def hands_of(session: Session, drafts: Collection[int], *, now: datetime | None = None) -> dict[int, Hands]:
    """Who works on drafts, by their numbers; leases that have run out are none."""
    return store.read_hands(session, drafts, now=now)


def require_hand(draft: Draft, hands: Hands, actor: str) -> None:
    """Make sure that a draft is somebody's to edit.

    Raises
    ------
    Forbidden
        If they neither own it nor have it shared with them.
    """
    if actor != hands.owner and actor not in hands.shared_with:
        raise Forbidden(
            f"调整方案 {draft.id}“{draft.name}”由 {hands.owner} 负责,未与 {actor} 共享。请 {hands.owner} 共享或移交。",
            f'Draft {draft.id} "{draft.name}" is {hands.owner}\'s and not shared with {actor}. '
            f"Ask {hands.owner} to share it or to hand it over.",
        )


def share(
    session: Session, draft_id: int, accounts: Sequence[str], *, actor: str, now: datetime | None = None
) -> Hands:
    """Share a draft with these people, and with nobody else.

    Parameters
    ----------
    draft_id : int
    accounts : sequence of str
        Names as the audit trail has them; none takes all shares back.
    actor : str
    now : datetime, optional
        By default the database's clock, here and below.

    Raises
    ------
    BadInput
        If a name is empty or too long, or there are too many.
    NotFound
        If there is no such draft.
    """
    names = sorted({_name(account) for account in accounts})
    if len(names) > _MOST_SHARES:
        raise BadInput(
            f"一个调整方案最多与 {_MOST_SHARES} 人共享。", f"A draft is shared with {_MOST_SHARES} people at most."
        )
    read_draft(session, draft_id, lock=True)
    store.set_shares(session, draft_id, names, actor=actor, now=now)
    _record(session, draft_id, "draft.share", {"with": names}, actor=actor, now=now)
    return hands_of(session, [draft_id], now=now)[draft_id]


def hand_over(session: Session, draft_id: int, to: str, *, actor: str, now: datetime | None = None) -> Hands:
    """Let somebody else answer for a draft; who did so before keeps working on it.

    Raises
    ------
    BadInput
        If the name is empty or too long.
    NotFound
        If there is no such draft.
    """
    name = _name(to)
    read_draft(session, draft_id, lock=True)
    before = hands_of(session, [draft_id], now=now)[draft_id]
    kept = sorted({before.owner, *before.shared_with} - {name})
    store.set_owner(session, draft_id, name)
    store.set_shares(session, draft_id, kept, actor=actor, now=now)
    _record(session, draft_id, "draft.hand_over", {"from": before.owner, "to": name}, actor=actor, now=now)
    return hands_of(session, [draft_id], now=now)[draft_id]


def take_lease(
    session: Session,
    draft_id: int,
    *,
    actor: str,
    minutes: int,
    take_over: bool = False,
    now: datetime | None = None,
) -> Lease:
    """Say that one has a draft open, for a while; it keeps nobody from editing.

    Parameters
    ----------
    draft_id : int
    actor : str
    minutes : int
        From now on.
    take_over : bool
        Whether somebody else's lease ends with it.
    now : datetime, optional

    Raises
    ------
    Conflict
        If somebody else has it open, and it is not taken over.
    BadInput
        If it is to last longer than a working day, or not at all.
    NotFound
        If there is no such draft.
    """
    if not timedelta(0) < timedelta(minutes=minutes) <= LONGEST_LEASE:
        raise BadInput("占用时间须为 1 至 480 分钟。", "A lease lasts from 1 to 480 minutes.")
    draft = read_draft(session, draft_id, lock=True)
    since = now or datetime.now(UTC)
    held = hands_of(session, [draft_id], now=since)[draft_id].lease
    if held is not None and held.holder != actor and not take_over:
        until = held.until.isoformat(timespec="minutes")
        raise Conflict(
            f"调整方案 {draft.id}“{draft.name}”正由 {held.holder} 编辑,到 {until} 为止。"
            "可以同时编辑,但请先与对方商量;确认后可接管。",
            f'{held.holder} has draft {draft.id} "{draft.name}" open until {until}. '
            "Both can edit, but talk to each other first; then take it over.",
        )
    lease = Lease(actor, since, since + timedelta(minutes=minutes))
    store.set_lease(session, draft_id, holder=lease.holder, since=lease.since, until=lease.until)
    return lease


def give_lease_back(session: Session, draft_id: int, *, actor: str, now: datetime | None = None) -> None:
    """Say that one has a draft open no more; somebody else's lease stays.

    Raises
    ------
    NotFound
        If there is no such draft.
    """
    read_draft(session, draft_id, lock=True)
    held = hands_of(session, [draft_id], now=now)[draft_id].lease
    if held is not None and held.holder == actor:
        store.drop_lease(session, draft_id)


def _name(account: str) -> str:
    name = account.strip()
    if not name or len(name) > _LONGEST_NAME:
        raise BadInput(
            f"账号名须为 1 至 {_LONGEST_NAME} 个字。", f"A name of an account has 1 to {_LONGEST_NAME} characters."
        )
    return name


def _record(
    session: Session, draft_id: int, action: str, detail: dict[str, object], *, actor: str, now: datetime | None
) -> None:
    journal.record(session, actor=actor, action=action, subject=f"draft:{draft_id}", detail=detail, now=now)

"""Who may do what with a draft, decided in this one place for all of its routes."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.auth import Caller, require_within
from boundaries.errors import BadInput
from boundaries.lifecycle import Draft
from boundaries.services.drafting import get_draft
from boundaries.services.sharing import hands_of, require_hand
from boundaries.services.surroundings import touched_codes
from boundaries.store.sharing import Hands


def own_draft(session: Session, caller: Caller, number: int, now: datetime) -> Draft:
    """A draft that is the caller's to edit: theirs or shared with them.

    Raises
    ------
    Forbidden
        If it is not.
    NotFound
        If there is none of this number.
    """
    draft = get_draft(session, number)
    if not caller.may("admin"):
        require_hand(draft, hands_of(session, [number], now=now)[number], caller.account)
    return draft


def require_touched(session: Session, caller: Caller, draft: Draft) -> None:
    """Refuse to whoever is bound to areas what concerns all that a draft touches, where it touches others.

    Raises
    ------
    Forbidden
        If it does.
    """
    if caller.areas is not None:
        require_within(session, caller, touched_codes(session, draft), draft_id=draft.id)


def if_match(header: str | None) -> int | None:
    """The revision that a request asks for with ``If-Match``, None where it asks for none.

    Raises
    ------
    BadInput
        If it is no ETag of ours.
    """
    text = (header or "*").strip()
    if text == "*":
        return None
    number = text.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise BadInput(
            '请求头 If-Match 须为方案的 ETag(修改次数),如 "12"。',
            'The header If-Match must be an ETag of the draft, its revision, such as "12".',
        )
    return int(number)


def etag(revision: int) -> dict[str, str]:
    """The header that names a revision."""
    return {"ETag": f'"{revision}"', "Cache-Control": "no-store"}


def draft_fields(draft: Draft, hands: Hands) -> dict[str, Any]:
    """A draft and who works on it."""
    return {
        "id": draft.id,
        "name": draft.name,
        "area": draft.area,
        "status": draft.status,
        "revision": draft.revision,
        "base_generation": draft.base_generation,
        "created_by": draft.created_by,
        "created_at": draft.created_at,
        "publish_on": draft.publish_on,
        "note": draft.note,
        "owner": hands.owner,
        "shared_with": list(hands.shared_with),
        "lease": None if hands.lease is None else asdict(hands.lease),
    }

"""API keys: shown once, kept only as a digest.

A key reads ``mg_<number>_<secret>``. The secret has 256 bits of chance, so a plain
SHA-256 of it gives nothing away and costs a look-up nothing.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from boundaries.accounts import SCOPES
from boundaries.errors import BadInput, NotFound
from boundaries.services import journal
from boundaries.store.drafts import area_number
from boundaries.store.keys import KeyRow, add_key, mark_ending, mark_revoked, mark_used, read_key, read_keys
from boundaries.tiers import TIERS, Tier, require_department

_SECRET_BYTES = 32
_FORM = re.compile(r"mg_(\d{1,18})_([a-z2-7]{52})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown: without its secret."""

    id: int
    name: str
    scopes: tuple[str, ...]
    tier: Tier
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    areas: tuple[str, ...] | None = None
    department: str | None = None
    last_used: date | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it opens anything at this instant."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def create_key(
    session: Session,
    *,
    name: str,
    scopes: Sequence[str],
    tier: Tier,
    actor: str,
    now: datetime,
    expires: datetime | None = None,
    areas: Sequence[str] = (),
    department: str | None = None,
) -> tuple[ApiKey, str]:
    """Make a key.

    Parameters
    ----------
    name : str
        Whose it is, or what for.
    scopes : sequence of str
        Of ``SCOPES``.
    tier : {"public", "internal", "restricted"}
        The most secret fields that it shows.
    actor : str
        Who makes it.
    now, expires : datetime
        With their time zones.
    areas : sequence of str
        Codes of the areas in which it may change something; none for everywhere.
    department : str, optional
        The department for which it writes; by default all.

    Returns
    -------
    tuple of (ApiKey, str)
        The second is the key itself: show it now, it is kept nowhere.

    Raises
    ------
    BadInput
        If the name is empty, a scope, the tier or the department is not known, or it
        would have expired already.
    NotFound
        If there is no such area.
    """
    _require_sense(name=name, scopes=scopes, tier=tier, now=now, expires=expires)
    require_department(department)
    for area in areas:
        area_number(session, area)
    secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=").lower()
    values = {
        "name": name.strip(),
        "digest": _digest(secret),
        "scopes": sorted(set(scopes)),
        "tier": tier,
        "created_by": actor,
        "created_at": now,
        "expires_at": expires,
        "areas": sorted(set(areas)) or None,
        "department": department,
    }
    key = _to_key(add_key(session, values))
    detail = {"name": key.name, "scopes": list(key.scopes), "tier": tier, "areas": list(key.areas or ())}
    journal.record(session, actor=actor, action="key.create", subject=f"key:{key.id}", detail=detail, now=now)
    return key, f"mg_{key.id}_{secret}"


def rotate_key(session: Session, key_id: int, *, grace: timedelta, actor: str, now: datetime) -> tuple[ApiKey, str]:
    """Make a second key like a living one, which goes on for a while and then opens nothing.

    Parameters
    ----------
    key_id : int
        Of the key to be replaced.
    grace : timedelta
        How long the old key goes on beside the new one.
    actor : str
    now : datetime

    Returns
    -------
    tuple of (ApiKey, str)
        The new key, good for as long as the old one was made for, and its secret.

    Raises
    ------
    NotFound
        If there is no such key, or it opens nothing any more.
    """
    row = read_key(session, key_id, lock=True)
    old = _to_key(row) if row is not None else None
    if old is None or not old.is_good(now):
        raise _no_such_key(key_id)
    lifetime = old.expires_at - old.created_at if old.expires_at is not None else None
    made = create_key(
        session,
        name=old.name,
        scopes=old.scopes,
        tier=old.tier,
        actor=actor,
        now=now,
        expires=now + lifetime if lifetime is not None else None,
        areas=old.areas or (),
        department=old.department,
    )
    end = now + grace if old.expires_at is None else min(old.expires_at, now + grace)
    mark_ending(session, key_id, end)
    detail = {"successor": made[0].id, "until": end.isoformat()}
    journal.record(session, actor=actor, action="key.rotate", subject=f"key:{key_id}", detail=detail, now=now)
    return made


def note_key_use(session: Session, key_id: int, day: date) -> None:
    """Note the day on which a key was used last."""
    mark_used(session, key_id, day)


def verify_key(session: Session, text: str, now: datetime) -> ApiKey | None:
    """The key that this text is, if it is good at this instant."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return None
    row = read_key(session, int(match[1]))
    if row is None or not hmac.compare_digest(bytes(row.digest), _digest(match[2])):
        return None
    key = _to_key(row)
    return key if key.is_good(now) else None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Every key as it stood when the ring was read, to answer without the database.

    Attributes
    ----------
    keys : mapping of int to tuple of (bytes, ApiKey)
        Digest and key by number.
    """

    keys: Mapping[int, tuple[bytes, ApiKey]]

    def find(self, text: str, now: datetime) -> ApiKey | None:
        """The key that this text is, if it is good at this instant."""
        match = _FORM.fullmatch(text.strip())
        known = self.keys.get(int(match[1])) if match is not None else None
        if match is None or known is None or not hmac.compare_digest(known[0], _digest(match[2])):
            return None
        return known[1] if known[1].is_good(now) else None


def read_ring(session: Session) -> KeyRing:
    """All keys, to be held in memory; without their secrets, as they are stored."""
    return KeyRing({row.id: (bytes(row.digest), _to_key(row)) for row in read_keys(session)})


def list_keys(session: Session) -> tuple[ApiKey, ...]:
    """Every key ever made, oldest first."""
    return tuple(_to_key(row) for row in read_keys(session))


def revoke_key(session: Session, key_id: int, *, actor: str, now: datetime) -> None:
    """Make a key good for nothing, at once and for ever.

    Raises
    ------
    NotFound
        If there is no such key, or it is revoked already.
    """
    if not mark_revoked(session, key_id, now):
        raise _no_such_key(key_id)
    journal.record(session, actor=actor, action="key.revoke", subject=f"key:{key_id}", detail={}, now=now)


def _require_sense(*, name: str, scopes: Sequence[str], tier: str, now: datetime, expires: datetime | None) -> None:
    if not name.strip():
        raise BadInput("密钥没有名称。请写明给谁用。", "The key has no name. Say whom it is for.")
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise BadInput(
            f"没有权限“{unknown[0] if unknown else ''}”。可用:{'、'.join(SCOPES)}。",
            f'There is no scope "{unknown[0] if unknown else ""}". Known: {", ".join(SCOPES)}.',
        )
    if tier not in TIERS:
        raise BadInput(
            f"没有级别“{tier}”。可用:{'、'.join(TIERS)}。", f'There is no tier "{tier}". Known: {", ".join(TIERS)}.'
        )
    if expires is not None and expires <= now:
        raise BadInput(
            f"到期时间 {expires:%Y-%m-%d %H:%M} 已过。请写一个以后的时间。",
            f"The key would have expired on {expires:%Y-%m-%d %H:%M} already. Give a later time.",
        )


def _no_such_key(key_id: int) -> NotFound:
    return NotFound(
        f"没有编号为 {key_id} 的有效密钥。请用 key list 查看。",
        f"There is no living key {key_id}. See the keys with key list.",
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _to_key(row: KeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=tuple(row.scopes),
        tier=row.tier,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        areas=tuple(row.areas) if row.areas is not None else None,
        department=row.department,
        last_used=row.last_used,
    )

"""Passwords: kept as argon2 hashes only, a few computed at a time."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from boundaries.accounts import PasswordRule, require_password
from boundaries.errors import Unavailable

_HASHING = PasswordHash.recommended()
# Each takes 64 MB and a good part of a second: a crowd at the door must not take the machine.
_AT_ONCE = BoundedSemaphore(2)
_WAIT_S = 5.0


def new_hash(password: str, *, name: str, rule: PasswordRule) -> str:
    """The hash of a new password.

    Parameters
    ----------
    password : str
    name : str
        Of the account.
    rule : PasswordRule

    Returns
    -------
    str

    Raises
    ------
    BadInput
        If the password breaks the rule.
    Unavailable
        If too many are signing in.
    """
    require_password(password, name=name, rule=rule)
    with _turn():
        return _HASHING.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one; it takes as long where there is none to compare with.

    Raises
    ------
    Unavailable
        If too many are signing in.
    """
    known = password_hash if password_hash is not None else _nobodys_hash()
    with _turn():
        try:
            is_match = _HASHING.verify(password, known)
        except UnknownHashError:
            return False
    return is_match and password_hash is not None


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _HASHING.hash(secrets.token_urlsafe(32))


@contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_WAIT_S):
        raise Unavailable("登录的人太多。请稍后再试。", "Too many are signing in. Try again in a moment.")
    try:
        yield
    finally:
        _AT_ONCE.release()

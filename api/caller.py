"""Whoever sends a request, whether by a key, by a session or as one of the public."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from boundaries.accounts import Grant
from boundaries.services.accounts import Account
from boundaries.services.keys import ApiKey
from boundaries.tiers import TIERS, Tier


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.

    Attributes
    ----------
    name : str
        Name of the key, or ``public``.
    tier : {"public", "internal", "restricted"}
        The most secret fields they may see.
    scopes : frozenset of str
        Keys of ``SCOPES``.
    account : str
        What the audit trail calls them: the name of the account, ``key:NAME`` for a key.
    areas : frozenset of str or None
        Codes of the areas in which they may act, None for everywhere. A route that has
        asked for a scope by :func:`require` is given the areas and the tier of that scope.
    departments : frozenset of str or None
        For which they write, None for all.
    grants : mapping of str to Grant
        How far each scope reaches, where they differ.
    must_change : bool
        Whether a new password is due first of all.
    """

    name: str
    tier: Tier
    scopes: frozenset[str]
    account: str = "public"
    areas: frozenset[str] | None = None
    departments: frozenset[str] | None = None
    grants: Mapping[str, Grant] = field(default_factory=dict)
    must_change: bool = False

    def within(self, scope: str) -> "Caller":
        """The caller as far as one scope reaches."""
        grant = self.grants.get(scope)
        if grant is None:
            return self
        return replace(self, tier=grant.tier, areas=grant.areas, departments=grant.departments)

    def may(self, scope: str) -> bool:
        """Whether a scope is open to this caller."""
        return scope in self.scopes or "admin" in self.scopes


PUBLIC = Caller("public", "public", frozenset({"locate", "grids:read"}))


def of_key(key: ApiKey) -> Caller:
    """Whoever holds a key."""
    return Caller(
        key.name,
        key.tier,
        frozenset(key.scopes),
        account=f"key:{key.name}",
        areas=frozenset(key.areas) if key.areas is not None else None,
        departments=frozenset({key.department}) if key.department is not None else None,
    )


def of_account(account: Account) -> Caller:
    """Whoever has signed in with an account."""
    grants = account.grants()
    tier: Tier = max((grant.tier for grant in grants.values()), key=TIERS.index, default="public")
    return Caller(
        account.name,
        tier,
        frozenset(grants),
        account=account.name,
        # Whoever asks for no scope is nowhere: a route that changes something must ask for one.
        areas=frozenset(),
        departments=frozenset(),
        grants=grants,
        must_change=account.must_change,
    )

"""Accounts: what each role opens, which roles one person may hold, and the rules of signing in."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from boundaries.errors import BadInput, Conflict
from boundaries.tiers import TIERS, Tier, require_department

# Scope -> what it opens, in both languages. An account has the scopes of its roles, a key those it was made with.
SCOPES: dict[str, tuple[str, str]] = {
    "locate": ("查点所在的网格", "which grid a point is in"),
    "grids:read": ("读取区域、网格、版本和网页地图", "areas, micro-grids, generations and the map"),
    "premises:read": ("读取楼栋、小区、商铺", "buildings, compounds and shops"),
    "drafts:read": ("查看调整方案", "drafts and their findings"),
    "drafts:write": ("编辑调整方案", "editing drafts"),
    "review": ("审核调整方案", "approving and returning drafts"),
    "publish": ("发布版本", "publishing generations"),
    "registers:read": ("查看台账", "people in charge, shops and counts"),
    "registers:write": ("登记台账", "changing people in charge, shops and counts"),
    "audit:read": ("查看审计日志", "the audit trail"),
    "accounts": ("管理账号", "accounts: opening, locking, passwords"),
    "security": ("管理权限", "the roles of accounts"),
    "admin": ("全部权限", "everything"),
}

# In these an area of a role or of a key says where it may act; the rest of the plan may be read everywhere.
BOUND_SCOPES = frozenset({"drafts:write", "review", "publish", "registers:read", "registers:write"})


@dataclass(frozen=True, slots=True)
class RoleKind:
    """A role that an account may hold.

    Attributes
    ----------
    zh, en : str
        What people call it.
    tiers : mapping of str to Tier
        Scope -> the most secret fields that it shows there.
    needs_area : bool
        Whether it is held in an area only, never everywhere.
    """

    zh: str
    en: str
    tiers: Mapping[str, Tier]
    needs_area: bool = False


_READ: dict[str, Tier] = {"locate": "internal", "grids:read": "internal", "premises:read": "internal"}

ROLES: dict[str, RoleKind] = {
    "viewer": RoleKind("查看员", "viewer", _READ),
    "registrar": RoleKind(
        "台账员",
        "registrar",
        {**_READ, "registers:read": "restricted", "registers:write": "restricted"},
        needs_area=True,
    ),
    "planner": RoleKind(
        "规划员",
        "planner",
        {**_READ, "drafts:read": "internal", "drafts:write": "internal", "registers:read": "internal"},
        needs_area=True,
    ),
    "reviewer": RoleKind("审核员", "reviewer", {**_READ, "drafts:read": "internal", "review": "internal"}),
    "publisher": RoleKind("发布员", "publisher", {**_READ, "drafts:read": "internal", "publish": "internal"}),
    "system_admin": RoleKind("系统管理员", "system administrator", {"accounts": "public"}),
    "security_admin": RoleKind("安全管理员", "security administrator", {"security": "public"}),
    "auditor": RoleKind("审计员", "auditor", {"audit:read": "public"}),
}

# Three people, unless the office is a small one: who opens accounts, who says what they may, who looks at both.
APART = frozenset({"system_admin", "security_admin", "auditor"})

_NAME = re.compile(r"[^\W_](?:[\w.@-]{0,48}[^\W_])?")
_MOST_PASSWORD = 200


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role as one account holds it.

    Attributes
    ----------
    role : str
        A key of ``ROLES``.
    area : str or None
        Code of the area in which it is held, None for everywhere.
    department : str or None
        The department for which its holder writes, None for all.
    """

    role: str
    area: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """How far one scope reaches: the most secret fields it shows, where, and for which departments.

    ``areas`` and ``departments`` are None where nothing limits them.
    """

    tier: Tier
    areas: frozenset[str] | None = None
    departments: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """What a password must be: so long, and of so many of small, capital, digit, other."""

    min_length: int = 10
    classes: int = 3


@dataclass(frozen=True, slots=True)
class Lockout:
    """After so many wrong passwords in a row an account is locked for so many minutes."""

    tries: int = 5
    minutes: int = 15

    def until(self, failed: int, now: datetime) -> datetime | None:
        """Until when an account is locked that has just failed for this time, None where it is not."""
        return now + timedelta(minutes=self.minutes) if failed >= self.tries else None


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lives: without a request, and at most."""

    idle_minutes: int = 30
    most_hours: int = 12


def grants_of(roles: Iterable[HeldRole]) -> dict[str, Grant]:
    """What an account may do: the scopes of its roles, and how far each of them reaches.

    Parameters
    ----------
    roles : iterable of HeldRole

    Returns
    -------
    dict of str to Grant
        By scope. Where several roles open one scope, their areas add up and the highest tier counts.
    """
    grants: dict[str, Grant] = {}
    for held in roles:
        for scope, tier in ROLES[held.role].tiers.items():
            area = frozenset({held.area}) if held.area is not None and scope in BOUND_SCOPES else None
            department = frozenset({held.department}) if held.department is not None else None
            one = Grant(tier, area, department)
            grants[scope] = one if scope not in grants else _together(grants[scope], one)
    return grants


def _together(one: Grant, other: Grant) -> Grant:
    return Grant(
        max(one.tier, other.tier, key=TIERS.index),
        _union(one.areas, other.areas),
        _union(one.departments, other.departments),
    )


def _union(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def require_roles(roles: Iterable[HeldRole], *, is_small_office: bool) -> None:
    """Refuse roles that one account may not hold.

    Parameters
    ----------
    roles : iterable of HeldRole
    is_small_office : bool
        Whether one person may be several of the three who watch each other.

    Raises
    ------
    BadInput
        If a role or a department is not known, or a role lacks its area.
    Conflict
        If two roles are kept apart.
    """
    held = tuple(roles)
    for one in held:
        if one.role not in ROLES:
            raise BadInput(
                f"没有角色“{one.role}”。可用:{'、'.join(ROLES)}。",
                f'There is no role "{one.role}". Known: {", ".join(ROLES)}.',
            )
        require_department(one.department)
        kind = ROLES[one.role]
        if kind.needs_area and one.area is None:
            raise BadInput(
                f"角色“{kind.zh}”必须限定区域。请写成 {one.role}@区域编码;全市范围请写市的编码。",
                f"The role {one.role} is held in an area. Write {one.role}@CODE; for the whole city, the city's code.",
            )
    if is_small_office:
        return
    for one_name, other_name in combinations(sorted({one.role for one in held} & APART), 2):
        raise Conflict(
            f"“{ROLES[one_name].zh}”和“{ROLES[other_name].zh}”不能由同一账号担任。请另设账号;"
            "人手不足的单位可设 MICROGRID_SMALL_OFFICE=yes。",
            f"One account cannot be {ROLES[one_name].en} and {ROLES[other_name].en}. Use two accounts; a small office "
            "may set MICROGRID_SMALL_OFFICE=yes.",
        )


def account_name(text: str) -> str:
    """The name of an account as it is kept: one spelling for what people take as the same.

    Parameters
    ----------
    text : str
        As it was typed.

    Returns
    -------
    str

    Raises
    ------
    BadInput
        If it is empty, too long, or holds other than letters, digits and ``. _ - @``.
    """
    name = spelled(text)
    if _NAME.fullmatch(name) is None:
        raise BadInput(
            "账号名须为 1 到 50 个字:文字、数字和 . _ - @,首尾为文字或数字。",
            "A name of an account has 1 to 50 letters, digits and . _ - @, with a letter or digit at both ends.",
        )
    return name


def spelled(text: str) -> str:
    """A name in the one spelling that is kept, whether it is a good one or not."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def require_password(password: str, *, name: str, rule: PasswordRule) -> None:
    """Refuse a password that is easily guessed.

    Parameters
    ----------
    password : str
    name : str
        Of the account; a password must not hold it.
    rule : PasswordRule

    Raises
    ------
    BadInput
        If it is too short or too long, of too few classes, or holds the name.
    """
    kinds = (str.islower, str.isupper, str.isdigit)
    classes = sum(any(map(kind, password)) for kind in kinds)
    classes += any(not any(kind(letter) for kind in kinds) for letter in password)
    if not rule.min_length <= len(password) <= _MOST_PASSWORD or classes < rule.classes:
        raise BadInput(
            f"密码须为 {rule.min_length} 到 {_MOST_PASSWORD} 个字符,并含小写字母、大写字母、数字、其他字符中的 "
            f"{rule.classes} 种。",
            f"A password has {rule.min_length} to {_MOST_PASSWORD} characters, of {rule.classes} of these kinds: small "
            "letters, capital letters, digits, others.",
        )
    if name in spelled(password):
        raise BadInput(
            "密码不能包含账号名。请另选一个。", "A password must not hold the account's name. Choose another."
        )

"""Accounts as a table for people and as records for programs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from api.cli import context

if TYPE_CHECKING:
    from boundaries.accounts import HeldRole
    from boundaries.services.accounts import Account

_HEADERS_ZH = {
    "name": "账号",
    "display_name": "姓名",
    "roles": "角色",
    "state": "状态",
    "created_at": "新建时间",
    "created_by": "新建人",
}
_STATES_ZH = {
    "open": "正常",
    "closed": "已停用",
    "locked": "已锁定",
    "no way in": "未设密码",
    "new password due": "待改密码",
}


def shown(accounts: "Iterable[Account]", *, for_people: bool) -> list[dict[str, object]]:
    """Accounts as rows.

    Parameters
    ----------
    accounts : iterable of Account
    for_people : bool
        Whether headers, states and times are in the language and the time of the office.
    """
    rows = [_row(account, for_people=for_people) for account in accounts]
    if for_people and context.language() == "zh":
        return [{_HEADERS_ZH[name]: value for name, value in row.items()} for row in rows]
    return rows


def spoken(held: "HeldRole") -> str:
    """A role as it is written: ``role@area/department``."""
    area = f"@{held.area}" if held.area is not None else ""
    department = f"/{held.department}" if held.department is not None else ""
    return f"{held.role}{area}{department}"


def _row(account: "Account", *, for_people: bool) -> dict[str, object]:
    state = _state(account)
    return {
        "name": account.name,
        "display_name": account.display_name,
        "roles": [spoken(held) for held in account.roles],
        "state": _STATES_ZH[state] if for_people and context.language() == "zh" else state,
        "created_at": context.local_time(account.created_at) if for_people else account.created_at,
        "created_by": account.created_by,
    }


def _state(account: "Account") -> str:
    if account.disabled_at is not None:
        return "closed"
    if account.locked_until is not None and context.now() < account.locked_until:
        return "locked"
    if not account.can_sign_in:
        return "no way in"
    return "new password due" if account.must_change else "open"

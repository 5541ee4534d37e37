"""What the verbs of ``roster`` are given alike: a day, and who acts."""

from datetime import date
from typing import TYPE_CHECKING

from api.cli import context
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.services.registers import Act

# A day beyond these was mistyped.
_FIRST, _LAST = date(1900, 1, 1), date(2200, 1, 1)


def day_of(text: str | None) -> date | None:
    """A day as an option names it.

    Raises
    ------
    BadInput
        If it is no day.
    """
    if text is None:
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if not _FIRST <= day <= _LAST:
        raise BadInput(f"“{text}”不是日期。请写成 2026-01-31。", f'"{text}" is no day. Write it as 2026-01-31.')
    return day


def act_of(as_: str | None, department: str | None = None) -> "Act":
    """Who acts, today.

    Raises
    ------
    BadInput
        If the name is empty or too long.
    """
    from boundaries.services.registers import Act

    return Act(
        actor=context.actor(as_),
        today=context.today(),
        timezone=context.settings().timezone,
        department=department,
        now=context.now(),
    )

"""Whether a database is the demo's own, so that a demo never mixes with an office's data."""

from datetime import datetime

from sqlalchemy.orm import Session

from boundaries.errors import Conflict
from boundaries.services import journal
from boundaries.store.settings import holds_data, read_setting, write_setting

_DEMO = "demo_town"


def is_demo(session: Session) -> bool:
    """Whether the demo town was loaded into this database, or began to be."""
    return read_setting(session, _DEMO) is not None


def claim(session: Session, *, actor: str, now: datetime | None = None) -> bool:
    """Take an empty database for the demo town.

    Parameters
    ----------
    actor : str
        Who runs the demo.
    now : datetime, optional
        By default the database's clock.

    Returns
    -------
    bool
        Whether it is newly taken; False where it was the demo's already.

    Raises
    ------
    Conflict
        If it holds data that are not the demo's.
    """
    if is_demo(session):
        return False
    if holds_data(session):
        raise Conflict(
            "数据库里已有数据,而且不是演示小镇的,演示没有改动任何内容。"
            "请另设数据目录(如 MICROGRID_HOME=/tmp/microgrid-demo)或空数据库再运行 demo。",
            "This database holds data that are not the demo's; the demo changed nothing. Run it with another data "
            "folder (such as MICROGRID_HOME=/tmp/microgrid-demo) or an empty database.",
        )
    write_setting(session, _DEMO, True)
    journal.record(session, actor=actor, action="demo.claim", subject="setting:demo_town", detail={}, now=now)
    return True

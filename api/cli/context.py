"""What every verb needs to act: settings, database, actor, language, day, and the common options.

The database layer is imported only when a verb asks for it.
"""

import getpass
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from api.cli.labels import label_zh
from api.cli.output import Format
from boundaries.errors import BadInput, Unavailable
from geo.errors import Language

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.settings import Settings

_engines: list["Engine"] = []

AsName = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="记录为谁所做,默认当前系统用户 / who acts (default: this user)"),
]
OutputFormat = Annotated[Format, typer.Option("--format", help="输出表格或 JSON / table for people, json for programs")]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="写入文件,格式由后缀决定 / write to a file, format by suffix"),
]
Crs = Annotated[
    str | None,
    typer.Option("--crs", metavar="NAME", help="坐标系:EPSG:n、GCJ-02、BD-09 / coordinate system of what comes in"),
]
DraftNumber = Annotated[
    int | None, typer.Option("--draft", metavar="N", min=1, help="调整方案编号 / number of the draft")
]
GenerationNumber = Annotated[
    int | None, typer.Option("--generation", metavar="N", min=1, help="版本号 / number of the generation")
]
OnDay = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], metavar="DAY", help="某日的版本和台账 / as it stood on that day"),
]
AreaCode = Annotated[str | None, typer.Option("--area", metavar="CODE", help="区域编码 / code of the area")]
CodeColumn = Annotated[
    str | None, typer.Option("--code-column", metavar="NAME", help="编码所在的列 / column of the codes")
]
ParentColumn = Annotated[
    str | None,
    typer.Option("--parent-column", metavar="NAME", help="所属区域编码所在的列 / column of the parents' codes"),
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="文件的文字编码,如 gbk / text encoding of the file")
]
ColumnNames = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="FIELD=HEADER", help="指定某项内容在哪一列,可重复 / which column holds a field"),
]


def settings() -> "Settings":
    """The settings of this process, read once."""
    from api.settings import load_settings

    return load_settings()


def engine() -> "Engine":
    """The database of the service, ready to be used.

    Without a database address the private cluster is started and brought up to date.
    Another database is never changed here: ``microgrid db upgrade`` does that.

    Raises
    ------
    Unavailable
        If the database cannot be reached, is no PostGIS, or its tables are not of this version.
    """
    from boundaries.store.engine import connect, require_postgis

    address = settings().database_url
    if address is None:
        return _kept(connect(private_url()))
    found = _kept(connect(address))
    require_postgis(found)
    _require_current(address)
    return found


def close_engines() -> None:
    """Close every connection that a verb has opened; called when the verb is done."""
    while _engines:
        _engines.pop().dispose()


def _kept(engine: "Engine") -> "Engine":
    _engines.append(engine)
    return engine


def private_url() -> str:
    """Address of the private cluster for the service, started and brought up to date where need be.

    Raises
    ------
    Unavailable
        If the cluster cannot be started, or the backup before an upgrade fails.
    """
    # Imported here: that module stands on this one.
    from api.cli.owner import bring_up_to_date, private_cluster

    cluster = private_cluster()
    bring_up_to_date(cluster.url("microgrid_owner"))
    return cluster.url("microgrid_app")


def _require_current(address: str) -> None:
    from boundaries.store.migrate import current, head

    found = current(address)
    if found is None:
        raise Unavailable(
            "数据库里还没有微网格的表。请先运行 microgrid db upgrade。",
            "The database holds no tables of this service yet. Run: microgrid db upgrade",
        )
    if found != head():
        raise Unavailable(
            f"数据库的表是 {found} 版,程序需要 {head()} 版。请先运行 microgrid db upgrade。",
            f"The tables are of version {found}, this program needs {head()}. Run: microgrid db upgrade",
        )


def actor(as_: str | None = None) -> str:
    """Who acts: the name given with ``--as``, else the user of the machine.

    Raises
    ------
    BadInput
        If the name is empty or longer than 100 characters.
    """
    name = (as_ if as_ is not None else _user()).strip()
    if not name or len(name) > 100:
        raise BadInput(
            "--as 需要 1 到 100 个字的姓名或账号。",
            "--as needs a name of 1 to 100 characters.",
        )
    return name


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return f"uid-{os.getuid()}"


def language() -> Language:
    """The language of pages and messages."""
    return settings().lang


def message_language() -> Language:
    """The language to tell a refusal in, even where the settings themselves are refused."""
    try:
        return language()
    except Exception:  # whatever is wrong with them is what is being told
        from api.settings import named_language

        return named_language()


def label(name: str) -> str:
    """What people call a member of a record, in their language."""
    return label_zh(name) if language() == "zh" else name


def local_time(instant: datetime | None) -> str | None:
    """An instant for people: day, hour and minute in the office's time zone."""
    if instant is None:
        return None
    return f"{instant.astimezone(ZoneInfo(settings().timezone)):%Y-%m-%d %H:%M}"


def today() -> date:
    """The day in the office's time zone."""
    return now_here().date()


def now_here() -> datetime:
    """The present instant in the office's time zone."""
    return datetime.now(ZoneInfo(settings().timezone))


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)

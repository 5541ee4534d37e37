"""``db``: the database's life."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import VERSION
from api.cli import context
from api.cli.output import emit, note
from api.cli.owner import bring_up_to_date, kept_settings, owner_url
from api.settings import load_settings
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from boundaries.cluster import ClusterStatus
    from boundaries.services.backup_file import Manifest

app = typer.Typer(add_completion=False, no_args_is_help=True)

_NOT_RUNNING = 5
BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 / the backup file")]


@app.command(help="启动数据库并升级表结构 / start the database and bring its tables up to date")
def up(*, format: context.OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Start the database and bring its tables up to date."""
    from api.cli.key import offer_first_key

    bring_up_to_date(owner_url())
    offer_first_key()
    status(format=format)


@app.command(help="停止本机的私有数据库 / stop this machine's private database")
def down(*, format: context.OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Stop this machine's private database."""
    from boundaries import cluster

    if load_settings().database_url is not None:
        raise BadInput(
            "MICROGRID_DATABASE_URL 指定的数据库不由本程序启停。请用它自己的方式停止。",
            "The database named in MICROGRID_DATABASE_URL is not ours to stop. Stop it in its own way.",
        )
    emit({"stopped": cluster.stop(load_settings().home)}, format=format, label=context.label)


@app.command(
    help="数据库是否运行、什么版本;没有运行时退出码为 5 / whether it runs and what it holds; exit code 5 where not"
)
def status(*, format: context.OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Whether it runs and what it holds; exit code 5 where not."""
    from boundaries import cluster

    url = load_settings().database_url
    if url is None:
        found = cluster.status(load_settings().home)
        places = _places(found)
        if not found.is_running or found.socket_dir is None or found.port is None:
            emit(places, format=format, label=context.label)
            raise typer.Exit(_NOT_RUNNING)
        url = cluster.cluster_url(found.socket_dir, found.port, cluster.OWNER)
    else:
        places = {}
    emit({**places, **_holdings(url)}, format=format, label=context.label)


@app.command(help="先备份,再升级表结构 / back up, then bring the tables up to date")
def upgrade(*, format: context.OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Back up, then bring the tables up to date."""
    done = bring_up_to_date(owner_url())
    emit({"steps": list(done.steps), "backup": done.backup}, format=format, label=context.label)


@app.command(help="把全部数据写入一个文件 / write everything into one file")
def backup(file: BackupFile, *, format: context.OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """Write everything into one file."""
    from boundaries.services import upkeep

    done = upkeep.backup(owner_url(), file, settings=kept_settings(), service=VERSION, now=context.now())
    rows = sum(done.rows.values())
    emit(
        {"file": file, "bytes": file.stat().st_size, "generation": done.generation, "rows": rows},
        format=format,
        label=context.label,
    )


@app.command(help="把备份恢复到空数据库,并核对 / bring a backup back into an empty database, and verify it")
def restore(
    file: BackupFile,
    *,
    as_: context.AsName = None,
    format: context.OutputFormat = "table",  # noqa: A002  the option's own name
) -> None:
    """Bring a backup back into an empty database, and verify it."""
    from boundaries.services import upkeep

    done = upkeep.restore(owner_url(), file, actor=context.actor(as_), now=context.now())
    differs = {name: kept for name, kept in done.settings.items() if kept_settings().get(name) != kept}
    if differs:
        shown = ", ".join(f"MICROGRID_{name.upper()}={kept}" for name, kept in differs.items())
        zh, en = f"备份时的设置与现在不同:{shown}", f"Settings differ from the backup's: {shown}"
        note(zh if context.language() == "zh" else en)
    result = {
        "file": file,
        "made_at": done.manifest.made_at if format == "json" else _made_at(done.manifest),
        "generation": done.manifest.generation,
        "rows": sum(done.manifest.rows.values()),
        "audit_entries_verified": done.audit_entries,
        "rights_verified": done.has_app_role,
        "areas_proved": done.areas_proved,
        "upgraded": list(done.steps),
    }
    emit(result, format=format, label=context.label)


def _made_at(manifest: "Manifest") -> str | None:
    return context.local_time(datetime.fromisoformat(manifest.made_at))


def _places(found: "ClusterStatus") -> dict[str, object]:
    return {
        "running": found.is_running,
        "home": found.home,
        "data": found.data_dir,
        "data_made_by": f"PostgreSQL {found.major}" if found.major else None,
        "socket": found.socket_dir,
        "pid": found.pid,
    }


def _holdings(url: str) -> dict[str, object]:
    from boundaries.services import upkeep
    from boundaries.store.migrate import head

    state = upkeep.database_state(url)
    return {
        "postgresql": state.postgresql,
        "postgis": state.postgis,
        "tables": state.revision,
        "tables_wanted": head(),
        "generation": state.generation,
        "size_mb": round(state.size_bytes / 1e6, 1),
    }

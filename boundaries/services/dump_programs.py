"""``pg_dump`` and ``pg_restore``, run on a database's address."""

import subprocess
from pathlib import Path

from psycopg.conninfo import make_conninfo

from boundaries.cluster import client_for, program_environment
from boundaries.errors import Unavailable
from boundaries.store.engine import database_address
from boundaries.store.tables import JOBS_SCHEMA, SCHEMA

_SCHEMAS = (SCHEMA, JOBS_SCHEMA)


def write_dump(url: str, dump: Path, *, snapshot: str, major: int) -> None:
    """Dump our schemas as one snapshot saw them.

    Parameters
    ----------
    url : str
        Address of the database.
    dump : Path
        The file to write.
    snapshot : str
        Name of an exported snapshot.
    major : int
        The server's major version.

    Raises
    ------
    Unavailable
        ``pg_dump`` is missing or fails.
    """
    options = ["--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={dump}"]
    options += [f"--schema={schema}" for schema in _SCHEMAS]
    # What waited then is of no use later: whoever brings a backup back begins with an empty queue.
    options += [f"--exclude-table-data={JOBS_SCHEMA}.*"]
    _run("pg_dump", options, url, major=major, zh="备份失败", en="The backup failed")


def load_dump(url: str, dump: Path, *, major: int) -> None:
    """Load a dump in one transaction.

    Parameters
    ----------
    url : str
        Address of the database.
    dump : Path
        What `write_dump` wrote.
    major : int
        The server's major version.

    Raises
    ------
    Unavailable
        ``pg_restore`` is missing or fails; nothing was loaded then.
    """
    # Rights are set afresh by this program, so that a backup cannot bring wider ones along.
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(dump)]
    _run(
        "pg_restore", options, url, major=major, zh="恢复失败,未留下任何内容", en="The restore failed and left nothing"
    )


def _run(program: str, options: list[str], url: str, *, major: int, zh: str, en: str) -> None:
    address = database_address(url)
    query = {name: value for name, value in address.query.items() if isinstance(value, str)}
    where = {"host": address.host, "port": address.port, "user": address.username, "dbname": address.database, **query}
    target = make_conninfo("", **{name: value for name, value in where.items() if value is not None})
    environment = program_environment()
    if address.password is not None:
        # Not among the arguments, which every user of the machine can list.
        environment["PGPASSWORD"] = str(address.password)
    command = [client_for(major).path(program), "--no-password", f"--dbname={target}", *options]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, env=environment)  # noqa: S603 - a program found on this machine; values are arguments of their own
    if done.returncode != 0:
        reason = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise Unavailable(f"{zh}:\n{reason}", f"{en}:\n{reason}")

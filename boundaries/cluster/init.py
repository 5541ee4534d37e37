"""Making the data folder: aside first, renamed when whole."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from boundaries.cluster.account import Account
from boundaries.cluster.folders import Places
from boundaries.cluster.process import program_environment
from boundaries.cluster.programs import Programs
from boundaries.cluster.roles import ALL_ROLES, APP_ROLES, SUPERUSER
from boundaries.errors import Unavailable

_SIDE = "data.new-"

# Modest: an office's machine also runs the service, a browser and WPS. No error of the log quotes a statement,
# a value or a detail line: they may hold a coordinate asked for, a name or a phone.
_SETTINGS = """
# --- set when this cluster was made; edit freely ---
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 256MB
random_page_cost = 1.1
jit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
log_error_verbosity = terse
log_min_error_statement = panic
"""

_ACCESS = f"""# Only the socket, only users of this machine that pg_ident.conf names; nobody is trusted.
local all {SUPERUSER} peer map=microgrid_admin
local all all peer map=microgrid
"""


def clear_rubbish(where: Places) -> None:
    """Remove what a killed ``initdb`` left. The caller holds the lock."""
    for left in where.root.glob(f"{_SIDE}*"):
        shutil.rmtree(left, ignore_errors=True)


def make_data_dir(where: Places, programs: Programs, account: Account, *, lock: int, durable: bool) -> None:
    """Make the data folder with its settings and access rules. The caller holds the lock.

    Parameters
    ----------
    lock : int
        File number of the lock, which ``initdb`` inherits.
    durable : bool
        False for clusters that tests throw away: nothing is forced to the disk.

    Raises
    ------
    Unavailable
        ``initdb`` failed; the message quotes it.
    """
    side = where.root / f"{_SIDE}{os.getpid()}-{secrets.token_hex(4)}"
    command = [programs.path("initdb"), "-D", str(side), "--encoding=UTF8", "--locale=C.UTF-8"]
    command += [f"--username={SUPERUSER}", "--auth-local=peer", "--auth-host=reject", "--no-instructions"]
    command += ["--data-checksums"] if durable else ["--no-sync"]
    try:
        done = subprocess.run(  # noqa: S603 - a program found on this machine; paths are arguments of their own
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=program_environment(),
            pass_fds=(lock,),
            **account.identity(),  # type: ignore[call-overload]  # mypy cannot spread options into the overloads
        )
        if done.returncode != 0:
            raise _failed(where, done.stderr.strip() or done.stdout.strip())
        with (side / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_SETTINGS)
        _replace(side / "pg_hba.conf", _ACCESS, account)
        _replace(side / "pg_ident.conf", _identities(account), account)
        side.rename(where.data_dir)
    except OSError as error:
        raise _failed(where, str(error)) from error
    finally:
        shutil.rmtree(side, ignore_errors=True)


def _failed(where: Places, reason: str) -> Unavailable:
    return Unavailable(
        f"无法在 {where.data_dir} 建立数据库:\n{reason}",
        f"The database cannot be made in {where.data_dir}:\n{reason}",
    )


def _replace(path: Path, text: str, account: Account) -> None:
    path.unlink()
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)
    account.own(path)


def _identities(account: Account) -> str:
    lines = ["# map, user of the machine, role"]
    for user in dict.fromkeys((account.name, "root")):
        lines += [f'microgrid_admin "{user}" {role}' for role in ALL_ROLES]
        lines += [f'microgrid "{user}" {role}' for role in APP_ROLES]
    return "\n".join(lines) + "\n"

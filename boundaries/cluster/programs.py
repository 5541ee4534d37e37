"""The PostgreSQL programs of this machine, and which of them suit a data folder."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from boundaries.errors import Unavailable

MIN_MAJOR = 14

_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql*/bin"),
)
_SERVER = ("initdb", "postgres", "pg_dump", "pg_restore")
_CLIENT = ("pg_dump", "pg_restore")


@dataclass(frozen=True, slots=True)
class Programs:
    """One installed PostgreSQL server.

    Attributes
    ----------
    folder : Path
        Where ``initdb``, ``postgres``, ``pg_dump`` and ``pg_restore`` lie.
    major : int
        Major version, as in ``PG_VERSION``.
    has_postgis : bool
        Whether the PostGIS extension lies beside this version.
    """

    folder: Path
    major: int
    has_postgis: bool

    def path(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)


def find_programs() -> tuple[Programs, ...]:
    """Every PostgreSQL server of this machine, newest first."""
    return _installed(_SERVER)


def client_for(server_major: int) -> Programs:
    """The ``pg_dump`` and ``pg_restore`` that fit a server: its own version's, else the next newer.

    An older one refuses the server; a much newer one writes settings into a restore that it does not know.

    Raises
    ------
    Unavailable
        There is none; the message names the package.
    """
    fit = [one for one in _installed(_CLIENT) if one.major >= server_major]
    if not fit:
        raise Unavailable(
            f"本机没有 PostgreSQL {server_major} 的 pg_dump 和 pg_restore。"
            f"请安装:apt-get install postgresql-client-{server_major}",
            f"This machine has no pg_dump and pg_restore for PostgreSQL {server_major}. "
            f"Install them: apt-get install postgresql-client-{server_major}",
        )
    return fit[-1]


def programs_for(data_dir: Path) -> Programs:
    """The programs that may open a data folder, or make it where there is none.

    Parameters
    ----------
    data_dir : Path
        The data folder; it is only read.

    Raises
    ------
    Unavailable
        The programs of the folder's own major version, or PostGIS for them, are missing;
        the message names the package.
    """
    found = find_programs()
    major = data_major(data_dir)
    if major is None:
        fit = [one for one in found if one.major >= MIN_MAJOR and one.has_postgis]
        if fit:
            return fit[0]
        modern = [one.major for one in found if one.major >= MIN_MAJOR]
        package = f"postgresql-{modern[0]}-postgis-3" if modern else "postgresql-postgis"
        raise Unavailable(
            f"本机没有可用的 PostgreSQL(≥ {MIN_MAJOR})加 PostGIS。"
            f"请安装:apt-get install {package},或用 MICROGRID_DATABASE_URL 指定现有的 PostGIS。",
            f"This machine has no PostgreSQL (>= {MIN_MAJOR}) with PostGIS. "
            f"Install it: apt-get install {package}, or name an existing PostGIS in MICROGRID_DATABASE_URL.",
        )
    same = [one for one in found if one.major == major]
    if not same:
        raise Unavailable(
            f"数据目录 {data_dir} 由 PostgreSQL {major} 建立,本机没有该版本的程序;目录未作任何改动。"
            f"请安装:apt-get install postgresql-{major}-postgis-3;软件源已没有该版本时,请移走该目录并恢复备份。",
            f"The data folder {data_dir} was made by PostgreSQL {major}, whose programs are not on this machine; "
            f"the folder was left untouched. Install them: apt-get install postgresql-{major}-postgis-3; "
            "or, where no package source has them any more, move the folder away and restore a backup.",
        )
    with_postgis = [one for one in same if one.has_postgis]
    if not with_postgis:
        raise Unavailable(
            f"PostgreSQL {major} 缺少 PostGIS;数据目录 {data_dir} 未作任何改动。"
            f"请安装:apt-get install postgresql-{major}-postgis-3",
            f"PostgreSQL {major} has no PostGIS; the data folder {data_dir} was left untouched. "
            f"Install it: apt-get install postgresql-{major}-postgis-3",
        )
    return with_postgis[0]


def data_major(data_dir: Path) -> int | None:
    """The major version that made a data folder; None where there is none yet.

    Raises
    ------
    Unavailable
        The folder holds something else than a cluster.
    """
    try:
        text = (data_dir / "PG_VERSION").read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        if not data_dir.exists() or not any(data_dir.iterdir()):
            return None
        text = ""
    except PermissionError:
        raise _closed(data_dir) from None
    if not text.isdigit():
        raise Unavailable(
            f"{data_dir} 不是 PostgreSQL 数据目录(PG_VERSION 缺失或无法识别);未作任何改动。"
            "请移走它,或改用另一个 MICROGRID_HOME。",
            f"{data_dir} is no PostgreSQL data folder (PG_VERSION is missing or unknown); it was left untouched. "
            "Move it away, or choose another MICROGRID_HOME.",
        )
    return int(text)


def _closed(data_dir: Path) -> Unavailable:
    return Unavailable(
        f"无权读取数据目录 {data_dir}。请以建立它的用户运行,或改用另一个 MICROGRID_HOME。",
        f"The data folder {data_dir} may not be read by this user. "
        "Run as the user who made it, or choose another MICROGRID_HOME.",
    )


def _installed(needed: tuple[str, ...]) -> tuple[Programs, ...]:
    found: dict[Path, Programs] = {}
    for folder in _folders():
        real = folder.resolve()
        if real in found or not all((real / name).is_file() for name in needed):
            continue
        major = _major(real / needed[-1])
        if major is not None:
            found[real] = Programs(real, major, _has_postgis(real, major))
    return tuple(sorted(found.values(), key=lambda one: (one.major, str(one.folder)), reverse=True))


def _folders() -> Iterator[Path]:
    config = shutil.which("pg_config")
    if config:
        folder = _ask(config, "--bindir")
        if folder:
            yield Path(folder)
    for root, pattern in _FOLDERS:
        yield from sorted(Path(root).glob(pattern))


def _major(program: Path) -> int | None:
    match = re.search(r"\(PostgreSQL\) (\d+)", _ask(str(program), "--version"))
    return int(match[1]) if match else None


def _has_postgis(folder: Path, major: int) -> bool:
    shares = [Path(f"/usr/share/postgresql/{major}"), folder.parent / "share" / "postgresql", folder.parent / "share"]
    if (folder / "pg_config").is_file():
        told = _ask(str(folder / "pg_config"), "--sharedir")
        shares = [Path(told)] if told else shares
    return any((share / "extension" / "postgis.control").is_file() for share in shares)


def _ask(program: str, option: str) -> str:
    try:
        done = subprocess.run([program, option], capture_output=True, text=True, timeout=20, check=False, cwd="/")  # noqa: S603 - a program found on this machine, with a fixed option
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

"""``doctor``: what this machine lacks, and which ports, folders and users the service uses. Changes nothing."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import typer

from api.cli import context
from api.cli.output import emit, note, table
from api.settings import Settings, load_settings
from boundaries import cluster
from geo.errors import Language, Problem

_MISSING = 5
_MIN_FREE_BYTES = 1_000_000_000
_MODULES = (
    "numpy",
    "scipy",
    "shapely",
    "pyproj",
    "pandas",
    "geopandas",
    "pyogrio",
    "pyarrow",
    "openpyxl",
    "sqlalchemy",
    "geoalchemy2",
    "psycopg",
    "alembic",
    "fastapi",
    "uvicorn",
    "orjson",
    "structlog",
    "rich",
    "folium",
    "fontTools",
)
_NAMES_ZH = {
    "Python packages": "Python 部件",
    "cluster": "数据库",
    "cluster running": "数据库进程",
    "cluster data": "数据库目录",
    "cluster user": "数据库的系统用户",
    "cluster roles": "数据库角色",
    "user": "当前用户",
    "home": "数据目录 MICROGRID_HOME",
    "backups": "升级前的备份",
    "HTTP": "网页与接口的端口",
}
# Only ``./microgrid test`` needs them.
_TEST_PROGRAMS = {"chromium": "chromium", "ogrinfo": "gdal-bin"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What.
    is_good : bool or None
        None where there is nothing to judge.
    detail : str
        What was found, or what to do.
    package : str or None
        The Debian package that brings it, where it is missing.
    """

    name: str
    is_good: bool | None
    detail: str
    package: str | None = None


def doctor(*, format: context.OutputFormat = "table") -> None:  # noqa: A002  the option's own name
    """List what is missing, and the ports, folders and users in use; exit code 5 where something is missing."""
    settings = load_settings()
    language = context.language()
    lines = [*_parts(language), *_database(settings, language), *_places(settings, language), *_for_tests(language)]
    if format == "json":
        emit([asdict(line) for line in lines], format=format)
    else:
        names = _NAMES_ZH if language == "zh" else {}
        table("", (), [(_mark(line.is_good), names.get(line.name, line.name), line.detail) for line in lines])
        _advise(lines, language)
    if any(line.is_good is False for line in lines):
        raise typer.Exit(_MISSING)


def _mark(is_good: bool | None) -> str:
    return {True: "✓", False: "✗", None: " "}[is_good]


def _advise(lines: list[Line], language: Language) -> None:
    packages = " ".join(dict.fromkeys(line.package for line in lines if line.package))
    if packages:
        sudo = "" if os.geteuid() == 0 else "sudo "
        command = f"{sudo}apt-get install --no-install-recommends {packages}"
        note(f"安装缺少的软件包:{command}" if language == "zh" else f"To install what is missing: {command}")


def _parts(language: Language) -> Iterator[Line]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Line("Python", sys.version_info >= (3, 11), f"{version} ({sys.executable})")
    absent = [name for name in _MODULES if find_spec(name) is None]
    missing = "缺少:" if language == "zh" else "missing: "
    yield Line("Python packages", not absent, missing + ", ".join(absent) if absent else str(Path(sys.prefix)))
    try:
        import cairocffi
    except OSError:
        yield Line("libcairo2", False, missing + "libcairo2", "libcairo2")
    else:
        yield Line("libcairo2", True, cairocffi.cairo_version_string())
    yield _typeface(language)
    found = shutil.which("pdftotext")
    yield Line("poppler-utils", bool(found), found or missing + "pdftotext", None if found else "poppler-utils")


def _typeface(language: Language) -> Line:
    from maps.typeface import FAMILY, load_typeface

    try:
        load_typeface()
    except Problem as problem:
        return Line("fonts-noto-cjk", False, problem.text(language), "fonts-noto-cjk")
    return Line("fonts-noto-cjk", True, FAMILY)


def _database(settings: Settings, language: Language) -> Iterator[Line]:
    if settings.database_url is not None:
        yield _named_database(settings.database_url, language)
        return
    found = cluster.find_programs()
    fit = [f"{one.major} ({one.folder})" for one in found if one.has_postgis]
    package = f"postgresql-{found[0].major}-postgis-3" if found else "postgresql-postgis"
    lack = "没有带 PostGIS 的 PostgreSQL" if language == "zh" else "no PostgreSQL with PostGIS"
    yield Line("PostgreSQL + PostGIS", bool(fit), ", ".join(fit) or lack, None if fit else package)
    try:
        state = cluster.status(settings.home)
        account = cluster.choose_account(state.data_dir, may_make=False)
    except Problem as problem:
        yield Line("cluster", False, problem.text(language))
        return
    running = f"PostgreSQL {state.major}, pid {state.pid}, {state.socket_dir}" if state.is_running else "-"
    yield Line("cluster running", None, running)
    yield Line("cluster data", None, str(state.data_dir) + ("" if state.is_made else " (-)"))
    yield Line("cluster user", None, account.name)
    yield Line("cluster roles", None, f"{cluster.OWNER}, {cluster.APP} (peer; {cluster.SUPERUSER})")


def _named_database(url: str, language: Language) -> Line:
    from boundaries.services.upkeep import database_state

    try:
        state = database_state(url)
    except Problem as problem:
        return Line("MICROGRID_DATABASE_URL", False, problem.text(language))
    return Line(
        "MICROGRID_DATABASE_URL", bool(state.postgis), f"PostgreSQL {state.postgresql}, PostGIS {state.postgis}"
    )


def _places(settings: Settings, language: Language) -> Iterator[Line]:
    yield Line("user", None, context.actor())
    existing = next(folder for folder in (settings.home, *settings.home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    room = f"{free / 1e9:.1f} GB " + ("可用" if language == "zh" else "free")
    can_write = os.access(existing, os.W_OK | os.X_OK)
    yield Line("home", can_write and free > _MIN_FREE_BYTES, f"{settings.home} ({room})")
    yield Line("backups", None, str(settings.home / "backups"))
    in_use = _answers(settings.host, settings.port)
    words = ("已有程序在用", "空闲") if language == "zh" else ("in use", "free")
    yield Line("HTTP", None, f"{settings.host}:{settings.port} ({words[0 if in_use else 1]})")


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _for_tests(language: Language) -> Iterator[Line]:
    only = "只有 ./microgrid test 需要" if language == "zh" else "only ./microgrid test needs it"
    for program, package in _TEST_PROGRAMS.items():
        found = shutil.which(program)
        yield Line(package, True if found else None, found or f"- ({only})")

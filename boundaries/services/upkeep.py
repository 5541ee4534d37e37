"""The database's life: state, upgrade, backup, restore."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from boundaries.errors import BadInput, Conflict, Unavailable
from boundaries.services import journal, sealing
from boundaries.services.backup_file import FORMAT, Manifest, digest_of, read_backup, write_backup
from boundaries.services.certifying import verify_newest
from boundaries.services.dump_programs import load_dump, write_dump
from boundaries.services.trail_check import verify_trail
from boundaries.store import migrate, upkeep
from boundaries.store.engine import connect, require_versions
from boundaries.store.refusals import told


@dataclass(frozen=True, slots=True)
class UpgradeReport:
    """What an upgrade did.

    Attributes
    ----------
    steps : tuple of str
        The migrations that ran.
    backup : Path or None
        The backup made before; None where there was nothing to keep, or nothing to do.
    """

    steps: tuple[str, ...]
    backup: Path | None


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What a restore brought back.

    Attributes
    ----------
    manifest : Manifest
        Of the backup.
    settings : dict
        Settings of the service that made the backup, for comparison; none was changed.
    steps : tuple of str
        Migrations that ran since the backup was older than this program.
    has_app_role : bool
        False where the database has no role of the service, and no right to make it.
    audit_entries : int
        Sealed entries of the audit trail, all verified.
    areas_proved : int or None
        Areas of the newest generation, proved again from the restored coordinates; None
        where it has no certificate.
    """

    manifest: Manifest
    settings: dict[str, str]
    steps: tuple[str, ...]
    has_app_role: bool
    audit_entries: int
    areas_proved: int | None


def database_state(url: str) -> upkeep.DatabaseState:
    """What a database is and holds.

    Raises
    ------
    Unavailable
        It cannot be reached.
    """
    engine = connect(url, pool_size=1)
    try:
        with told(), engine.connect() as connection:
            return upkeep.describe(connection)
    finally:
        engine.dispose()


def upgrade(url: str, *, folder: Path, settings: Mapping[str, str], service: str, now: datetime) -> UpgradeReport:
    """Bring the tables up to date; what they hold is backed up first.

    Parameters
    ----------
    url : str
        Address, as the role that owns the tables.
    folder : Path
        Where the backup goes.
    settings : mapping of str
        Settings without secrets.
    service : str
        Version of the service.
    now : datetime
        Present instant, UTC.

    Raises
    ------
    Unavailable
        The database or ``pg_dump`` is missing, or the backup failed; nothing was changed then.
    """
    revision = migrate.current(url)
    if revision == migrate.head():
        return UpgradeReport((), None)
    kept = None
    if revision is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = folder / f"before-upgrade-{revision}-{now:%Y%m%dT%H%M%SZ}.zip"
        backup(url, kept, settings=settings, service=service, now=now)
    return UpgradeReport(tuple(migrate.upgrade(url)), kept)


def backup(url: str, path: Path, *, settings: Mapping[str, str], service: str, now: datetime) -> Manifest:
    """Write one file with everything that a restore needs; the audit trail is sealed before.

    Parameters
    ----------
    url : str
        Address, as the role that owns the tables.
    path : Path
        The file; it must not exist.
    settings : mapping of str
        Settings without secrets.
    service : str
        Version of the service.
    now : datetime
        Present instant, UTC.

    Raises
    ------
    BadInput
        The file exists, its folder does not, or the database holds nothing of ours.
    Unavailable
        The database or ``pg_dump`` is missing, or the dump failed.
    """
    _require_free(path)
    engine = connect(url, pool_size=1, statement_timeout_s=0)
    try:
        _seal_before(engine, now)
        with told(), engine.connect() as connection, tempfile.TemporaryDirectory(dir=path.parent) as side:
            dump = Path(side) / "database.dump"
            snapshot = upkeep.export_snapshot(connection)
            state = upkeep.describe(connection)
            if state.revision is None:
                raise BadInput(
                    "数据库里还没有微网格的表,没有可备份的内容。", "The database holds no tables of this service yet."
                )
            rows = upkeep.count_rows(connection)
            audit_digest = upkeep.last_audit_digest(connection)
            write_dump(url, dump, snapshot=snapshot, major=upkeep.server_major(connection))
            manifest = Manifest(
                format=FORMAT,
                made_at=now.isoformat(timespec="seconds"),
                service=service,
                postgresql=state.postgresql,
                postgis=state.postgis,
                revision=state.revision,
                generation=state.generation,
                rows=rows,
                audit_digest=audit_digest,
                dump_sha256=digest_of(dump),
            )
            write_backup(path, manifest=manifest, settings=settings, dump=dump)
            return manifest
    finally:
        engine.dispose()


def restore(url: str, path: Path, *, actor: str, now: datetime) -> RestoreReport:
    """Bring a backup back into an empty database, and verify what came.

    Parameters
    ----------
    url : str
        Address, as the role that is to own the tables.
    path : Path
        A file that `backup` wrote.
    actor : str
        Who acts; the audit trail keeps it.
    now : datetime
        Present instant, UTC.

    Raises
    ------
    BadInput
        The file is damaged, from a newer program, or does not hold what its manifest, its
        audit trail or its certificate says.
    Conflict
        The database is not empty.
    Unavailable
        The database or ``pg_restore`` is missing, or the restore failed. Whatever is raised, nothing stays.
    """
    engine = connect(url, pool_size=1, statement_timeout_s=0)
    try:
        with tempfile.TemporaryDirectory() as side, told():
            manifest, settings, dump = read_backup(path, Path(side))
            _require_known(manifest)
            with engine.begin() as connection:
                require_versions(connection)
                _require_blank(connection)
                has_app_role = upkeep.make_app_role(connection)
                upkeep.clear(connection)
                major = upkeep.server_major(connection)
            try:
                load_dump(url, dump, major=major)
                _verify_rows(engine, manifest)
                steps = tuple(migrate.upgrade(url))
                entries = _verify_trail(engine, has_app_role=has_app_role)
                with Session(engine) as session:
                    areas = verify_newest(session, today=now.date())
                _record(engine, manifest, path, actor=actor, now=now)
            except BaseException:
                with engine.begin() as connection:
                    upkeep.clear(connection)
                raise
            return RestoreReport(manifest, settings, steps, has_app_role, entries, areas)
    finally:
        engine.dispose()


def _seal_before(engine: Engine, now: datetime) -> None:
    """Seal what waits, so that the manifest's digest is over all of it; an older service's tables have no seals."""
    with told(), engine.connect() as connection:
        is_ours = upkeep.describe(connection).revision == migrate.head()
    if is_ours:
        with told(), Session(engine) as session, session.begin():
            sealing.seal(session, now=now)


def _require_free(path: Path) -> None:
    if path.exists():
        raise BadInput(f"{path} 已经存在。请换一个文件名。", f"{path} exists already. Choose another name.")
    if not path.parent.is_dir():
        raise BadInput(f"没有文件夹 {path.parent}。请先建立。", f"There is no folder {path.parent}. Make it first.")


def _require_known(manifest: Manifest) -> None:
    if manifest.revision not in _known_revisions():
        raise BadInput(
            f"备份的数据库版本是 {manifest.revision},本程序不认识。请用服务 {manifest.service} 版或更新的版本恢复。",
            f"The backup's tables are of revision {manifest.revision}, which this program does not know. "
            f"Restore it with version {manifest.service} of the service, or a newer one.",
        )


def _require_blank(connection: Connection) -> None:
    if not upkeep.is_blank(connection):
        raise Conflict(
            "数据库不是空的,恢复只能进入空数据库;未作任何改动。"
            "请用 MICROGRID_HOME 或 MICROGRID_DATABASE_URL 指定一个空的。",
            "The database is not empty, and a restore goes into an empty one only; nothing was changed. "
            "Name an empty one with MICROGRID_HOME or MICROGRID_DATABASE_URL.",
        )


def _known_revisions() -> set[str]:
    scripts = ScriptDirectory(str(Path(migrate.__file__).resolve().parents[2] / "migrations"))
    return {step.revision for step in scripts.walk_revisions()}


def _verify_rows(engine: Engine, manifest: Manifest) -> None:
    with engine.connect() as connection:
        found = upkeep.count_rows(connection)
        digest = upkeep.last_audit_digest(connection)
    wrong = sorted(name for name in manifest.rows.keys() | found.keys() if manifest.rows.get(name) != found.get(name))
    if digest != manifest.audit_digest:
        wrong.append("audit")
    if wrong:
        names = ", ".join(wrong)
        raise BadInput(
            f"恢复出的内容与备份清单不符(表:{names}),已全部撤回。请换一份备份。",
            f"What was restored is not what the manifest says (tables: {names}); all of it was taken back. "
            "Take another backup.",
        )


def _verify_trail(engine: Engine, *, has_app_role: bool) -> int:
    with Session(engine) as session, session.begin():
        # Entries of an older service get their first seal here; their own chain is verified with it.
        sealing.seal(session)
        state = verify_trail(session)
        wrong = upkeep.wrong_rights(session.connection()) if has_app_role else []
    if state.fault is not None:
        raise BadInput(
            f"备份的操作日志不完整({state.fault.text('zh')}),恢复已撤回。请换一份备份并查明原因。",
            f"The backup's audit trail is not whole ({state.fault.text('en')}); the restore was taken back. "
            "Take another backup and find out why.",
        )
    if wrong:
        raise Unavailable(
            f"服务角色的权限不对({', '.join(wrong)}),恢复已撤回。请由数据库管理员检查默认权限。",
            f"The rights of the service's role are wrong ({', '.join(wrong)}); the restore was taken back. "
            "Have the database's administrator look at its default privileges.",
        )
    return state.entries


def _record(engine: Engine, manifest: Manifest, path: Path, *, actor: str, now: datetime) -> None:
    with Session(engine) as session, session.begin():
        detail = {"file": path.name, "made_at": manifest.made_at}
        subject = f"backup:{manifest.dump_sha256[:12]}"
        journal.record(session, actor=actor, action="database.restore", subject=subject, detail=detail, now=now)
        sealing.seal(session, now=now)

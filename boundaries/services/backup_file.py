"""The backup file: one zip with a manifest, the settings without secrets, and the database's dump."""

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from boundaries.errors import BadInput

FORMAT = 1
_MANIFEST, _SETTINGS, _DUMP = "manifest.json", "settings.json", "database.dump"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    format : int
        Of this file.
    made_at : str
        Instant, UTC, ISO 8601.
    service : str
        Version of the service that made it.
    postgresql, postgis : str
        Versions of the database.
    revision : str or None
        The migration that it was at.
    generation : int or None
        The newest published one.
    rows : dict
        Rows by table.
    audit_digest : str or None
        The end of the audit chain.
    dump_sha256 : str
        Of the dump.
    """

    format: int
    made_at: str
    service: str
    postgresql: str
    postgis: str
    revision: str | None
    generation: int | None
    rows: dict[str, int]
    audit_digest: str | None
    dump_sha256: str


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_backup(path: Path, *, manifest: Manifest, settings: Mapping[str, str], dump: Path) -> None:
    """Write the file whole or not at all, readable by its owner only (it holds names and phones)."""
    side = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        number = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # The dump is compressed already.
        with os.fdopen(number, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_MANIFEST, _text(asdict(manifest)))
            archive.writestr(_SETTINGS, _text(dict(settings)))
            archive.write(dump, _DUMP)
        side.rename(path)
    finally:
        side.unlink(missing_ok=True)


def read_backup(path: Path, folder: Path) -> tuple[Manifest, dict[str, str], Path]:
    """The manifest, the settings, and the dump taken out into a folder.

    Raises
    ------
    BadInput
        The file is missing, damaged, or none of ours.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = json.loads(archive.read(_MANIFEST))
            settings = json.loads(archive.read(_SETTINGS))
            # A newer program's format may have other fields; its number is read first.
            _require_format(path, found.get("format"))
            manifest = Manifest(**{field.name: found[field.name] for field in fields(Manifest)})
            dump = Path(archive.extract(_DUMP, folder))
    except FileNotFoundError:
        raise BadInput(
            f"找不到备份文件 {path}。请检查路径。", f"There is no backup file {path}. Check the path."
        ) from None
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError) as error:
        raise _damaged(path) from error
    if digest_of(dump) != manifest.dump_sha256:
        raise _damaged(path)
    return manifest, settings, dump


def _require_format(path: Path, number: object) -> None:
    if number != FORMAT:
        raise BadInput(
            f"备份文件 {path} 的格式是 {number},本程序只认 {FORMAT}。请用建立它的版本或更新的版本恢复。",
            f"The backup file {path} is of format {number}, and this program reads {FORMAT}. "
            "Restore it with the version that made it, or a newer one.",
        )


def _damaged(path: Path) -> BadInput:
    return BadInput(
        f"{path} 不是完好的备份文件(缺内容,或校验和不符)。请换一份备份。",
        f"{path} is no sound backup file (parts are missing, or a checksum differs). Take another backup.",
    )


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

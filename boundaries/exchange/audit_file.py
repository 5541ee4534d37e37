"""The audit trail as a file: JSON Lines for programs, CSV for people."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from boundaries.errors import BadInput
from boundaries.exchange.placing import write_whole
from geo.errors import Language

SUFFIXES = (".jsonl", ".csv")

# Member -> Chinese header, in the order of the columns.
COLUMNS: dict[str, str] = {
    "number": "编号",
    "at": "时间",
    "actor": "操作人",
    "action": "操作",
    "subject": "对象",
    "detail": "内容",
    "seal": "封记",
    "digest": "摘要",
}


def write_audit(path: Path, entries: Iterable[Mapping[str, object]], *, language: Language) -> int:
    """Write entries, whole or not at all.

    Parameters
    ----------
    path : Path
        ``.jsonl`` or ``.csv``.
    entries : iterable of mapping
        With the members of ``COLUMNS``; instants as text.
    language : {"zh", "en"}
        Of the headers of a CSV.

    Returns
    -------
    int
        Entries written.

    Raises
    ------
    BadInput
        If the suffix is another, or the folder cannot be written to.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(
            f"操作日志写成 .jsonl 或 .csv,{path.name} 不是。请换一个文件名。",
            f"The audit trail is written as .jsonl or .csv, and {path.name} is neither. Choose another name.",
        )
    count = 0

    def counted() -> Iterable[Mapping[str, object]]:
        nonlocal count
        for entry in entries:
            count += 1
            yield entry

    def write(place: Path) -> None:
        if suffix == ".csv":
            _write_csv(place, counted(), language)
        else:
            _write_lines(place, counted())

    write_whole(path, write)
    return count


def _write_lines(path: Path, entries: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for entry in entries:
            line = {name: entry[name] for name in COLUMNS}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _write_csv(path: Path, entries: Iterable[Mapping[str, object]], language: Language) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.values() if language == "zh" else COLUMNS)
        for entry in entries:
            detail = json.dumps(entry["detail"], ensure_ascii=False, sort_keys=True)
            writer.writerow([detail if name == "detail" else entry[name] for name in COLUMNS])

"""Where files are put: never over what is read, and only when all that belongs together has been made."""

import os
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from boundaries.errors import BadInput, system_reason_zh
from boundaries.exchange.reading import split_layer

_SHAPEFILE, _SHAPEFILE_PARTS = ".shp", frozenset({".shp", ".dbf", ".shx"})
Write = Callable[[Path], None]

# Indexes that programs keep beside a shapefile; they speak of the rows that were.
_INDEXES = frozenset(
    {".qix", ".sbn", ".sbx", ".fbn", ".fbx", ".ain", ".aih", ".atx", ".ixs", ".mxs", ".idm", ".ind", ".qpj"}
)


def require_apart(inputs: Mapping[str, Path | None], outputs: Sequence[tuple[str, Path | None]]) -> None:
    """Refuse to write over what is read, or two things into one file.

    Parameters
    ----------
    inputs : mapping
        Name of the option -> its file, None where it is not given; it may name its layer:
        ``file.gpkg|layername=NAME``.
    outputs : sequence of (str, Path or None)
        Name of the option and a file that is written for it.

    Raises
    ------
    BadInput
        Naming both options and the file.
    """
    read = [(name, split_layer(path, None)[0]) for name, path in inputs.items() if path is not None]
    written: list[tuple[str, Path]] = []
    for name, path in ((name, path) for name, path in outputs if path is not None):
        for other, taken in read:
            if any(_is_same(target, each) for target in _targets(path) for each in (taken, _whole_name(taken))):
                raise BadInput(
                    f"{name} {path} 会覆盖读入的文件({other})。请给 {name} 换一个文件名,核对后再替换。",
                    f"{name} {path} would replace a file that is read ({other}). Choose another name for {name}, and "
                    "replace the file when you have looked at the result.",
                )
        for other, taken in written:
            if _is_same(path, taken) or _key(path) == _key(taken):
                raise BadInput(
                    f"{name} 和 {other} 会写入同一个文件 {path},其中一个会覆盖另一个。请给 {name} 换一个文件名。",
                    f"{name} and {other} would both be written to {path}; one would replace the other. "
                    f"Choose another name for {name}.",
                )
        written.append((name, path))


def _targets(path: Path) -> list[Path]:
    """What may be written for a file: rows of several forms part a shapefile."""
    if path.suffix.lower() != _SHAPEFILE:
        return [path]
    return [path.with_name(f"{path.stem}{form}{_SHAPEFILE}") for form in ("", "_line", "_point")]


def _whole_name(path: Path) -> Path:
    """The shapefile that one of its files belongs to."""
    return path.with_suffix(_SHAPEFILE) if path.suffix.lower() in _SHAPEFILE_PARTS else path


def _is_same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def _key(path: Path) -> str:
    """One for all spellings that some file systems take for one name."""
    return unicodedata.normalize("NFC", str(path.resolve())).casefold()


def require_place(path: Path, *, suffixes: Sequence[str], option: str) -> None:
    """Refuse, before any work, a file that cannot be written.

    Parameters
    ----------
    path : Path
    suffixes : sequence of str
        Those that are written.
    option : str
        Which names the file.

    Raises
    ------
    BadInput
        If the suffix is none of them, there is no such folder, it may not be written to,
        or a folder has the name.
    """
    if path.suffix.lower() not in suffixes:
        raise BadInput(
            f"{option} {path}:不会写 {path.suffix or '没有后缀'} 的文件。可用:{' '.join(suffixes)}。",
            f"{option} {path}: files of kind {path.suffix or 'no suffix'} are not written. "
            f"Use one of {' '.join(suffixes)}.",
        )
    if path.suffix.lower() == _SHAPEFILE != path.suffix:
        # The library that writes it would name it so whatever was asked for.
        raise BadInput(
            f"{option} {path}:后缀请用小写 {_SHAPEFILE}。", f"{option} {path}: write the suffix in small letters, .shp."
        )
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise BadInput(
            f"{option} {path}:不能写入 {path.parent}。请换一个存在且可写的文件夹。",
            f"{option} {path}: cannot write to {path.parent}. Choose a folder that exists and may be written to.",
        )
    if path.is_dir():
        raise BadInput(
            f"{option} {path} 是文件夹。请换一个文件名。", f"{option} {path} is a folder. Choose another file name."
        )


def write_whole(path: Path, write: Write) -> tuple[Path, ...]:
    """Let ``write`` make a file, and put it in its place only when it is whole.

    Parameters
    ----------
    path : Path
        Where the file shall be.
    write : callable
        Given a path of the same name in a folder of its own; may write siblings too.

    Returns
    -------
    tuple of Path
        The files now in place.

    Raises
    ------
    BadInput
        If the folder does not exist or may not be written to.
    """
    return write_together([(path, write)])[0]


def write_together(writes: Sequence[tuple[Path, Write]]) -> tuple[tuple[Path, ...], ...]:
    """Let several files be made, and put them in their places only when all are whole.

    Parameters
    ----------
    writes : sequence of (Path, callable)
        As for :func:`write_whole`.

    Returns
    -------
    tuple of tuple of Path
        For each, the files now in place.

    Raises
    ------
    BadInput
        If a folder does not exist or may not be written to.
    """
    with ExitStack() as held:
        asides = [_aside(path, held) for path, _ in writes]
        moves = [_made(path, write, aside) for (path, write), aside in zip(writes, asides, strict=True)]
        for target in (target for files in moves for _, target in files):
            with _refusing(target):
                _require_free(target)
        placed = []
        for (path, _), files in zip(writes, moves, strict=True):
            with _refusing(path):
                placed.append(tuple(file.replace(target) for file, target in files))
                _drop_indexes(placed[-1])
    return tuple(placed)


def _made(path: Path, write: Write, aside: Path) -> list[tuple[Path, Path]]:
    """What was written aside and where it belongs, the file itself last."""
    with _refusing(path):
        write(aside / path.name)
        files = sorted(aside.iterdir(), key=lambda file: (file.suffix == path.suffix, file.name))
    return [(file, path.parent / file.name) for file in files]


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say in words what the system refuses.

    Raises
    ------
    BadInput
        Naming the file.
    """
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"不能写入 {path}:{system_reason_zh(error)}。请检查磁盘空间、权限,以及文件是否正被打开。",
            f"Cannot write {path}: {error.strerror}. Check disk space, rights, and whether another program holds it.",
        ) from error


def _aside(path: Path, held: ExitStack) -> Path:
    """A folder beside a file, which goes when all is done."""
    try:
        aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=path.parent))
    except OSError as error:
        raise BadInput(
            f"不能写入 {path.parent}:{system_reason_zh(error)}。请换一个存在且可写的文件夹。",
            f"Cannot write to {path.parent}: {error.strerror}. Choose a folder that exists and may be written to.",
        ) from error
    held.callback(shutil.rmtree, aside, ignore_errors=True)
    return aside


def _require_free(path: Path) -> None:
    """Find out, before anything is put in place, what a file that stands there forbids."""
    if path.exists():
        with path.open("r+b"):
            pass


def _drop_indexes(placed: Iterable[Path]) -> None:
    """Indexes of the shapefile that stood there before: programs would find wrong rows by them."""
    files = set(placed)
    for shapefile in (path for path in files if path.suffix.lower() == ".shp"):
        for file in list(shapefile.parent.iterdir()):
            if file.stem == shapefile.stem and file.suffix.lower() in _INDEXES and file not in files:
                file.unlink(missing_ok=True)

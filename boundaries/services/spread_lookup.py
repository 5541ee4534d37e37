"""Which grids the points of many Parquet files are in, answered by the workers of a Dask cluster.

The index travels once to each worker, also to one that joins later. A file is one task:
it is read, answered and written where it is worked on, row group by row group, and what
is written has its name and its columns to the bit.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from distributed import Client, LocalCluster, WorkerPlugin, get_worker
from pyarrow import parquet

from boundaries.errors import BadInput, Unavailable
from boundaries.exchange.point_tables import numbers_of
from boundaries.exchange.vectors import unreadable
from boundaries.lookup.answer import Purpose
from boundaries.lookup.plan_index import PlanIndex
from boundaries.services.file_lookup import FileAnswers, answer_points
from geo.crs import SourceCrs

LOCAL = "local"
_PLUGIN = "microgrid-plan"
_CONNECT_S = 10
# Once a cluster runs, what it has to say of itself is for its own logs.
_QUIET = 50


@dataclass(frozen=True, slots=True)
class SpreadCounts:
    """How many rows were answered how."""

    rows: int
    in_grid: int
    in_gap: int
    outside: int
    unusable: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every partition: columns of the coordinates, their system, the purpose."""

    columns: tuple[str, str]
    system: SourceCrs
    for_: Purpose | None = None


class PlanPlugin(WorkerPlugin):
    """Holds the index on a worker.

    Parameters
    ----------
    plan : PlanIndex
    """

    name = _PLUGIN

    def __init__(self, plan: PlanIndex) -> None:
        self.plan = plan


@contextmanager
def cluster(scheduler: str, *, connect_s: float = _CONNECT_S) -> Iterator[Client]:
    """Connect to a scheduler, or start workers on all cores of this machine.

    Parameters
    ----------
    scheduler : str
        ``local``, or an address such as ``tcp://host:8786``.
    connect_s : float
        How long a scheduler may take to answer.

    Yields
    ------
    Client

    Raises
    ------
    Unavailable
        If no scheduler answers there in that time.
    """
    if scheduler == LOCAL:
        workers = os.cpu_count() or 1
        with (
            LocalCluster(  # type: ignore[no-untyped-call]  # distributed is typed in part
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=_QUIET
            ) as local,
            Client(local) as client,  # type: ignore[no-untyped-call]
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=connect_s)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise Unavailable(
            f"连不上调度器 {scheduler}({connect_s:g} 秒)。请确认地址形如 tcp://主机:8786,且 dask scheduler 已启动。",
            f"No scheduler answers at {scheduler} ({connect_s:g} s). Check that the address reads tcp://HOST:8786 and "
            "that dask scheduler runs there.",
        ) from error
    with client:
        yield client


def answer_parts(
    client: Client, plan: PlanIndex, parts: list[Path], *, folder: Path, out: Path, question: Question
) -> SpreadCounts:
    """Answer every row of Parquet files and write as many to a new folder.

    Parameters
    ----------
    client : Client
    plan : PlanIndex
    parts : list of Path
        Read by the workers: on several machines, under the same path.
    folder : Path
        That they are in; folders below it are kept.
    out : Path
        A folder that does not exist yet; it appears when all of it is written.
    question : Question

    Returns
    -------
    SpreadCounts

    Raises
    ------
    BadInput
        If the axes of a part are swapped, or the folder cannot be written.
    Unavailable
        If the workers do not know this program, or there are none.
    """
    _require_workers(client)
    aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=out.parent))
    try:
        whole = aside / out.name
        targets = [whole / part.relative_to(folder) for part in parts]
        with _plan_on_workers(client, plan):
            tasks = client.map(_answer_part, parts, targets, question=question, pure=False)
            counts = client.gather(tasks)  # type: ignore[no-untyped-call]
        whole.replace(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return SpreadCounts(*np.sum([astuple(one) for one in counts], axis=0).tolist())


def _require_workers(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=_CONNECT_S)
    except TimeoutError as error:
        raise Unavailable(
            "调度器没有工作进程。请在各机器上启动 dask worker 地址。",
            "The scheduler has no workers. Start them on each machine: dask worker ADDRESS.",
        ) from error


@contextmanager
def _plan_on_workers(client: Client, plan: PlanIndex) -> Iterator[None]:
    try:
        client.register_plugin(PlanPlugin(plan))
    except ImportError as error:
        raise Unavailable(
            f"工作进程里没有本程序({error.name})。请在各机器上安装同一版本。",
            f"The workers do not have this program ({error.name}). Install the same version on each machine.",
        ) from error
    try:
        yield
    finally:
        client.unregister_worker_plugin(_PLUGIN)  # type: ignore[no-untyped-call]


def _answer_part(part: Path, target: Path, *, question: Question) -> SpreadCounts:
    """One file; runs on a worker."""
    plan: PlanIndex = get_worker().plugins[_PLUGIN].plan  # type: ignore[attr-defined]  # the plugin is ours
    target.parent.mkdir(parents=True, exist_ok=True)
    counts, writer = np.zeros(5, dtype=np.int64), None
    with ExitStack() as held:
        for rows in _row_groups(part):
            data, found = _answer_rows(plan, rows, question)
            if writer is None:
                writer = held.enter_context(parquet.ParquetWriter(target, data.schema))
            writer.write_table(data)
            counts += (len(data), found.in_grid, found.in_gap, found.outside, len(found.unusable))
    return SpreadCounts(*counts.tolist())


def _row_groups(part: Path) -> Iterator[Any]:
    try:
        with parquet.ParquetFile(part) as file:
            # A file without rows is answered by one.
            numbers = range(file.num_row_groups)
            yield from (file.read_row_group(number) for number in numbers) if numbers else [file.read()]
    except (OSError, pa.ArrowException) as error:
        raise unreadable(part, error) from error


def _answer_rows(plan: PlanIndex, data: Any, question: Question) -> tuple[Any, FileAnswers]:
    missing = [name for name in question.columns if name not in data.column_names]
    if missing:
        raise BadInput(
            f"有的文件没有“{missing[0]}”列。各文件的列须相同。",
            f'A file has no column "{missing[0]}". All files must have the same columns.',
        )
    xy = np.column_stack([numbers_of(data[name]) for name in question.columns])
    found = answer_points(plan, xy, question.system, for_=question.for_)
    for name, values in found.columns.items():
        data = data.append_column(name, values)
    return data, found


def part_files(path: Path) -> tuple[Path, list[Path]]:
    """The Parquet files of a folder, or of a pattern such as ``points/*.parquet``, and the folder that they are in.

    Raises
    ------
    BadInput
        If there are none, or one is no Parquet file.
    """
    found = sorted(path.parent.glob(path.name)) if "*" in path.name else [path]
    parts = sorted(file for one in found for file in (one.rglob("*.parquet") if one.is_dir() else [one]))
    if not parts or not all(part.is_file() for part in parts):
        raise BadInput(
            f"{path}:没有 Parquet 文件。--scheduler 读一个文件夹或 points/*.parquet 这样的一组文件。",
            f"{path}: no Parquet files. --scheduler reads a folder, or files like points/*.parquet.",
        )
    for part in parts:
        with part.open("rb") as file:
            if file.read(4) != b"PAR1":
                raise BadInput(
                    f"{part} 不是 Parquet 文件。--scheduler 只读 Parquet,请先转换,或去掉 --scheduler。",
                    f"{part} is no Parquet file. --scheduler reads Parquet only: convert it, or leave --scheduler out.",
                )
    return path if path.is_dir() else path.parent, parts

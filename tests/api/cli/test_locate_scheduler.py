"""``locate --scheduler`` on real clusters: workers of this machine, and a scheduler of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from distributed import Client
from pyarrow import parquet

from api.cli.main import run
from boundaries.errors import BadInput, Unavailable
from boundaries.exchange.snapshot_files import snapshot_from_files
from boundaries.lookup.plan_index import PlanIndex
from boundaries.services.spread_lookup import Question, answer_parts, cluster, part_files
from geo.crs import parse_crs
from tests.api.cli.office import grids_file, parents_file
from tests.boundaries.boxes import point

PROJECT = Path(__file__).parents[3]
PARTS = 7
arrivals: list[int] = []


class CountedPlan(PlanIndex):
    """A plan that leaves a mark in each process that it is unpacked in."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        arrivals.append(os.getpid())
        self.__dict__.update(state)


def _arrived() -> list[int]:
    return arrivals


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    return ["--grids", str(grids_file(tmp_path, {"G2": None})), "--parents", str(parents_file(tmp_path))]


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A folder of files of three row groups, one of them below another folder, one without rows."""
    folder = tmp_path / "parts"
    (folder / "县=真州").mkdir(parents=True)
    places = [point(50, 50), point(200, 50), point(150, 50), point(900, 50), None]
    columns = {
        "编号": pa.array([f"00{n}" for n in range(5)]),
        "东": pa.array([None if p is None else p.x for p in places]),
        "北": pa.array([None if p is None else p.y for p in places]),
        "户数": pa.array([1, None, 3, 4, 5], type=pa.int16()),
    }
    data = pa.table(columns).replace_schema_metadata({"office": "真州"})
    for number in range(PARTS - 2):
        parquet.write_table(data, folder / f"p{number}.parquet", row_group_size=2)
    parquet.write_table(data, folder / "县=真州" / "p0.parquet")
    parquet.write_table(data.slice(0, 0), folder / "z.parquet")
    return folder


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """Address of a scheduler with two workers, each a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = [sys.executable, "-m", "distributed.cli"]
    port = address.rpartition(":")[2]
    commands = [["dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"]]
    commands += [["dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]] * 2
    with contextlib.ExitStack() as held:
        for name, *rest in commands:
            environment = os.environ | {"PYTHONPATH": str(PROJECT)}
            log = held.enter_context((tmp_path / "dask.log").open("ab"))
            process = held.enter_context(
                subprocess.Popen([*dask[:2], f"{dask[2]}.{name}", *rest], cwd=tmp_path, env=environment, stderr=log)
            )
            held.callback(process.send_signal, signal.SIGTERM)
        _wait_for_workers(address)
        yield address


def _wait_for_workers(address: str) -> None:
    with Client(address, timeout=60) as client:
        client.wait_for_workers(2, timeout=60)


def _check(out: Path, parts: Path) -> None:
    written = sorted(file.relative_to(out) for file in out.rglob("*.parquet"))
    assert written == sorted(file.relative_to(parts) for file in parts.rglob("*.parquet"))
    for name in written:
        given, found = parquet.ParquetFile(parts / name).read(), parquet.ParquetFile(out / name).read()
        assert found.select(given.column_names).equals(given, check_metadata=True)
        assert found["micro_grid"].to_pylist() == ["G1", "G3", None, None, None][: len(given)]
        assert found["area"].to_pylist() == ["C1", "C2", "C1", None, None][: len(given)]
        assert found["on_border"].to_pylist() == [False, True, False, False, None][: len(given)]


def test_workers_of_this_machine(
    tmp_path: Path, files: list[str], parts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["--crs", "EPSG:4549", "--column", "x=东", "--column", "y=北", "--scheduler", "local"]
    assert run(["locate", str(parts), *files, *arguments, "--out", str(out)]) == 0
    _check(out, parts)
    told = capsys.readouterr().err
    assert "30 个点:12 个在网格内,6 个在空白处,6 个在所有区域之外" in told
    assert "6 行坐标不可用" in told
    assert not list(tmp_path.glob(".writing-*"))


def test_a_scheduler_of_its_own_gets_the_plan_once_for_each_worker(
    tmp_path: Path, files: list[str], parts: Path, scheduler: str
) -> None:
    plan = PlanIndex.of(snapshot_from_files(grids=Path(files[1]), parents=Path(files[3])))
    counted = CountedPlan(**{field.name: getattr(plan, field.name) for field in fields(PlanIndex)})
    folder, found = part_files(parts)
    question = Question(("东", "北"), parse_crs("EPSG:4549"))
    with cluster(scheduler) as client:
        counts = answer_parts(client, counted, found, folder=folder, out=tmp_path / "out", question=question)
        unpacked = client.run(_arrived)
    assert (counts.rows, counts.in_grid, counts.in_gap, counts.outside, counts.unusable) == (30, 12, 6, 6, 6)
    _check(tmp_path / "out", parts)
    assert sorted(len(marks) for marks in unpacked.values()) == [1, 1]
    # What the workers refuse comes back as it was said, and nothing is left behind.
    swapped = pa.table({"东": np.array([3572050.0]), "北": np.array([422050.0])})
    parquet.write_table(swapped, parts / "p9.parquet")
    with cluster(scheduler) as client, pytest.raises(BadInput, match="The axes are swapped"):
        answer_parts(client, plan, part_files(parts)[1], folder=folder, out=tmp_path / "again", question=question)
    assert not (tmp_path / "again").exists()
    assert not list(tmp_path.glob(".writing-*"))


@pytest.mark.parametrize(
    "case",
    [
        (["PARTS", "--scheduler", "nowhere", "--out", "OUT"], "连不上调度器 nowhere", 5),
        (["PARTS", "--scheduler", "local", "--out", "PARTS"], "已存在", 2),
        (["PARTS", "--scheduler", "local", "--out", "DEEP"], "没有文件夹", 2),
        (["EMPTY", "--scheduler", "local", "--out", "OUT"], "没有 Parquet 文件", 2),
        (["GRIDS", "--scheduler", "local", "--out", "OUT"], "不是 Parquet 文件", 2),
    ],
)
def test_refusals(
    tmp_path: Path, files: list[str], parts: Path, capsys: pytest.CaptureFixture[str], case: tuple[list[str], str, int]
) -> None:
    arguments, message, code = case
    (tmp_path / "empty").mkdir()
    names = {"PARTS": parts, "OUT": tmp_path / "out", "DEEP": tmp_path / "no" / "out", "EMPTY": tmp_path / "empty"}
    names["GRIDS"] = Path(files[1])
    columns = ["--column", "x=东", "--column", "y=北", "--crs", "EPSG:4549"]
    assert run(["locate", *(str(names.get(text, text)) for text in arguments), *columns, *files]) == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer() -> None:
    with (
        pytest.raises(Unavailable, match="No scheduler answers"),
        cluster("tcp://127.0.0.1:9", connect_s=1),
    ):
        pass

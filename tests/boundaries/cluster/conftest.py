"""Homes of clusters that are thrown away: open to the account that owns the cluster, stopped and removed after."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from boundaries import cluster


@contextmanager
def thrown_away() -> Iterator[Path]:
    # Not pytest's folder, which only its own user may enter.
    folder = Path(tempfile.mkdtemp(prefix="mg-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for data in folder.glob("**/cluster"):
            cluster.stop(data.parent)
        shutil.rmtree(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    with thrown_away() as made:
        yield made


@pytest.fixture(scope="module")
def running() -> Iterator[cluster.Cluster]:
    """One cluster for the tests of a module that leave it running."""
    with thrown_away() as made:
        yield cluster.ensure_running(made / "home", durable=False)

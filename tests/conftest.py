"""What many tests share: a real PostGIS, and real data where it is at hand.

The server is the one named by ``MICROGRID_TEST_DATABASE_URL`` (a role that may create
databases, on a server that has a template ``microgrid_template`` with PostGIS, or as
a superuser), else a private cluster in a temporary folder, shared by all workers and
removed at the end. One template database is migrated once; each test that asks for a
database gets a copy of it, which takes about 50 ms.
"""

import hashlib
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from boundaries.store import migrate
from boundaries.store.engine import connect, database_address

PROJECT = Path(__file__).resolve().parent.parent
_KEPT = ("MICROGRID_TEST_", "MICROGRID_REAL_DATA", "MICROGRID_INSTALL", "MICROGRID_WHEELS")
_HOME = "MICROGRID_TEST_HOME"
_copies = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    """Forget the developer's own settings, and choose a home for a cluster of this run."""
    for name in [name for name in os.environ if name.startswith("MICROGRID_") and not name.startswith(_KEPT)]:
        del os.environ[name]
    # Workers inherit the choice of the process that started them.
    os.environ.setdefault(_HOME, str(Path(tempfile.gettempdir()) / f"microgrid-tests-{os.getpid()}"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop and remove the cluster of this run; the process that chose its home does so."""
    home = Path(os.environ[_HOME])
    if not hasattr(config, "workerinput") and home.name == f"microgrid-tests-{os.getpid()}" and home.exists():
        from boundaries import cluster  # noqa: PLC0415  a run on another server needs none

        cluster.stop(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> URL:
    """Address of a database on the test server, as a role that may create databases."""
    given = os.environ.get("MICROGRID_TEST_DATABASE_URL")
    if given:
        return database_address(given)
    from boundaries import cluster  # noqa: PLC0415  a run on another server needs none

    running = cluster.ensure_running(Path(os.environ[_HOME]))
    _make_careless(running.data_dir)
    return database_address(running.url("microgrid_owner"))


def _make_careless(data_dir: Path) -> None:
    """Let the server keep nothing safe: tests make and drop databases all the time."""
    settings = data_dir / "postgresql.auto.conf"
    if "fsync = off" not in settings.read_text(encoding="utf-8"):
        with settings.open("a", encoding="utf-8") as file:
            file.write("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n")
        pid = int((data_dir / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        os.kill(pid, signal.SIGHUP)


@pytest.fixture(scope="session")
def admin(server: URL) -> Iterator[Engine]:
    """Makes and drops databases."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT", pool_size=1)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def template(admin: Engine, server: URL) -> str:
    """Name of the migrated database that tests copy."""
    digest = hashlib.sha256()
    for path in sorted([*PROJECT.glob("migrations/**/*.py"), *PROJECT.glob("migrations/**/*.sql")]):
        digest.update(path.read_bytes())
    digest.update((PROJECT / "boundaries/store/grants.py").read_bytes())
    name = f"microgrid_tests_{digest.hexdigest()[:12]}"
    with admin.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(7)"))
        try:
            if not connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).first():
                create_database(admin, f"{name}_new")
                migrate.upgrade(server.set(database=f"{name}_new").render_as_string(hide_password=False))
                connection.execute(text(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"'))
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(7)"))
    return name


@pytest.fixture
def empty_database_url(admin: Engine, server: URL) -> Iterator[str]:
    """Address of a database that has the extensions and nothing else."""
    name = _fresh_name()
    create_database(admin, name)
    yield server.set(database=name).render_as_string(hide_password=False)
    drop_database(admin, name)


@pytest.fixture
def database_url(admin: Engine, server: URL, template: str) -> Iterator[str]:
    """Address of a migrated database of this test's own."""
    with copied(admin, server, template) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A migrated database of this test's own."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def plan_template(admin: Engine, server: URL, template: str) -> Iterator[str]:
    """Name of a database whose generation 1 is the plan of ``tests.boundaries.plans``."""
    from tests.boundaries.plans import published  # noqa: PLC0415  it needs all that writes

    with copied(admin, server, template) as url:
        engine = connect(url)
        published(engine)
        engine.dispose()
        yield str(database_address(url).database)


@pytest.fixture(scope="session")
def kept_plan(admin: Engine, server: URL, plan_template: str) -> Iterator[Engine]:
    """The same database for every test of this worker that only reads it, or is refused and leaves nothing."""
    with copied(admin, server, plan_template) as url:
        engine = connect(url)
        yield engine
        engine.dispose()


@pytest.fixture
def planned(admin: Engine, server: URL, plan_template: str) -> Iterator[Engine]:
    """A database of this test's own whose generation 1 is the plan of ``tests.boundaries.plans``."""
    with copied(admin, server, plan_template) as url:
        engine = connect(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real data."""
    folder = os.environ.get("MICROGRID_REAL_DATA")
    if not folder:
        pytest.skip("MICROGRID_REAL_DATA does not name a folder of real data")
    path = Path(folder)
    if not path.is_dir():
        pytest.skip(f"MICROGRID_REAL_DATA names no folder: {path}")
    return path


def create_database(admin: Engine, name: str) -> None:
    """Make a database with the extensions: from the template that has them, or as a superuser."""
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        ready = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = 'microgrid_template'")).first()
        source = "microgrid_template" if ready else "template0"
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'))


@contextmanager
def copied(admin: Engine, server: URL, source: str) -> Iterator[str]:
    """Address of a copy of a database, dropped at the end."""
    name = _fresh_name()
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{source}"'))
    yield server.set(database=name).render_as_string(hide_password=False)
    drop_database(admin, name)


def drop_database(admin: Engine, name: str) -> None:
    """Drop a database, ending those of our own who are still connected."""
    end_connections(admin, name)
    with admin.connect() as connection:
        # Not WITH (FORCE): it would also have to end the server's own vacuum, which only a superuser may.
        connection.execute(text(f'DROP DATABASE "{name}"'))


def end_connections(admin: Engine, name: str) -> None:
    """Break every connection that this role has to a database, as a server that goes away does."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND usename = current_user"
    with admin.connect() as connection:
        connection.execute(text(query), {"name": name})


def _fresh_name() -> str:
    return f"microgrid_test_{os.getpid()}_{next(_copies)}"

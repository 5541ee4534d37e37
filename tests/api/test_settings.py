"""Settings: from the environment, with defaults, refused in both languages."""

import os
from pathlib import Path

import pytest

from api.settings import default_home, load_settings, normalise_database_url
from boundaries.errors import BadInput


@pytest.fixture
def settings(monkeypatch):
    """Reads the settings afresh, with these variables and no others."""
    for name in [*os.environ]:
        if name.startswith("MICROGRID_") or name == "XDG_RUNTIME_DIR":
            monkeypatch.delenv(name)

    def read(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        load_settings.cache_clear()
        return load_settings()

    yield read
    load_settings.cache_clear()


def test_nothing_has_to_be_set(settings):
    found = settings()
    assert (found.lang, found.timezone, found.metric_crs) == ("zh", "Asia/Shanghai", "EPSG:4549")
    assert (found.host, found.port, found.database_url) == ("127.0.0.1", 8712, None)
    assert (found.four_eyes, found.install, found.wheels, found.runtime_dir) == (True, True, None, None)
    assert found.home == default_home()


def test_what_is_set_is_taken_and_an_empty_variable_is_not(settings):
    found = settings(
        MICROGRID_HOME="/srv/微网格 数据",
        MICROGRID_DATABASE_URL="postgres://u:p%40ss@db.office:5433/plan?sslmode=require",
        MICROGRID_LANG="en",
        MICROGRID_FOUR_EYES="no",
        MICROGRID_PORT="",
        MICROGRID_PROXIES="10.0.0.1, 10.0.0.2",
        MICROGRID_PUBLIC_URL="https://Grid.Office/",
        MICROGRID_SMALL_OFFICE="yes",
        XDG_RUNTIME_DIR="/run/user/1000",
    )
    assert found.home == Path("/srv/微网格 数据")
    assert found.database_url == "postgresql+psycopg://u:p%40ss@db.office:5433/plan?sslmode=require"
    assert (found.lang, found.four_eyes, found.port) == ("en", False, 8712)
    assert found.runtime_dir == Path("/run/user/1000")
    assert found.proxies == ("10.0.0.1", "10.0.0.2")
    assert (found.public_url, found.small_office) == ("https://grid.office", True)


def test_they_are_read_once(settings, monkeypatch):
    found = settings()
    monkeypatch.setenv("MICROGRID_LANG", "en")
    assert load_settings() is found


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MICROGRID_LANG", "fr", "只能是 zh 或 en。"),
        ("MICROGRID_PORT", "0", "不能小于 1。"),
        ("MICROGRID_TIMEZONE", "Mars/Olympus", "不是时区,应像 Asia/Shanghai。"),
        ("MICROGRID_TIMEZONE", "../etc/passwd", "不是时区,应像 Asia/Shanghai。"),
        ("MICROGRID_METRIC_CRS", "4549", "应像 EPSG:4549。"),
        ("MICROGRID_DATABASE_URL", "mysql://u@h/d", "应写成 postgresql://user@host:port/database。"),
        ("MICROGRID_DATABASE_URL", "postgresql://u@h/", "应写成 postgresql://user@host:port/database。"),
        ("MICROGRID_FOUR_EYES", "perhaps", "应为 yes 或 no。"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(settings, name, value, reason):
    with pytest.raises(BadInput) as refused:
        settings(**{name: value})
    assert refused.value.zh == f"环境变量不可用:\n{name}: {reason}"
    assert name in refused.value.en


def test_a_refusal_does_not_tell_a_password(settings):
    with pytest.raises(BadInput) as refused:
        settings(MICROGRID_DATABASE_URL="mysql://u:geheim@h/d")
    assert "geheim" not in refused.value.en


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql(scheme):
    assert normalise_database_url(f"{scheme}:///microgrid?host=/run/x") == "postgresql+psycopg:///microgrid?host=/run/x"


def test_home_of_root_and_of_a_user(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_home() == Path("/var/lib/microgrid")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/lin")
    assert default_home() == Path("/home/lin/.local/share/microgrid")

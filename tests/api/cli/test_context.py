"""Who acts, on which day, in which language, on which database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo

import pytest
from sqlalchemy import Engine, text

from api.cli import context
from api.settings import load_settings
from boundaries.errors import BadInput, Unavailable


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()
    context.close_engines()


def test_the_actor_is_the_one_named_else_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    assert context.actor(" 王规划 ") == "王规划"
    monkeypatch.setattr("getpass.getuser", lambda: "clerk")
    assert context.actor() == "clerk"
    for name in ("", "  ", "长" * 101):
        with pytest.raises(BadInput, match="--as"):
            context.actor(name)


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError(77)

    monkeypatch.setattr("getpass.getuser", nameless)
    assert context.actor().startswith("uid-")


def test_the_day_is_that_of_the_office(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Late":
            return cls(2026, 1, 31, 17, 30, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr(context, "datetime", Late)
    assert context.today() == date(2026, 2, 1)  # half past one in Shanghai
    monkeypatch.setenv("MICROGRID_TIMEZONE", "UTC")
    load_settings.cache_clear()
    assert context.today() == date(2026, 1, 31)


def test_people_read_instants_in_the_time_of_the_office(monkeypatch: pytest.MonkeyPatch) -> None:
    instant = datetime(2026, 1, 31, 17, 30, tzinfo=UTC)
    assert context.local_time(instant) == "2026-02-01 01:30"
    assert context.local_time(None) is None
    monkeypatch.setenv("MICROGRID_TIMEZONE", "UTC")
    load_settings.cache_clear()
    assert context.local_time(instant) == "2026-01-31 17:30"


def test_members_of_a_record_have_names_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (context.label("pages"), context.label("unheard_of")) == ("页数", "unheard_of")
    monkeypatch.setenv("MICROGRID_LANG", "en")
    load_settings.cache_clear()
    assert context.label("pages") == "pages"


def test_the_language_falls_back_where_the_settings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROGRID_LANG", "en")
    assert context.message_language() == "en"
    monkeypatch.setenv("MICROGRID_PORT", "none")
    load_settings.cache_clear()
    assert context.message_language() == "en"
    monkeypatch.setenv("MICROGRID_LANG", "fr")
    load_settings.cache_clear()
    assert context.message_language() == "zh"
    with pytest.raises(BadInput, match="MICROGRID_LANG"):
        context.language()


def test_the_named_database_is_used_as_it_is(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROGRID_DATABASE_URL", database_url)
    with context.engine().connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM microgrid.generation")).scalar_one() == 0


def test_a_database_of_another_version_is_refused(
    database: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROGRID_DATABASE_URL", database_url)
    with database.begin() as connection:
        connection.execute(text("UPDATE microgrid.alembic_version SET version_num = '0000'"))
    with pytest.raises(Unavailable, match="db upgrade") as refusal:
        context.engine()
    assert "0000" in refusal.value.zh


def test_a_database_that_cannot_be_reached_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROGRID_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    with pytest.raises(Unavailable) as refusal:
        context.engine()
    assert "secret" not in refusal.value.zh + refusal.value.en

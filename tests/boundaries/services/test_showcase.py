"""The demo takes an empty database or its own, never an office's."""

import pytest
from sqlalchemy import Engine, func, select

from boundaries.errors import Conflict
from boundaries.services import drafting, showcase
from boundaries.store import tables
from boundaries.store.engine import reading, writing


def test_an_empty_database_is_taken_once(database: Engine) -> None:
    with reading(database) as session:
        assert not showcase.is_demo(session)
    with writing(database) as session:
        assert showcase.claim(session, actor="演示规划员")
    with writing(database) as session:
        assert not showcase.claim(session, actor="演示规划员")
        assert showcase.is_demo(session)
        actions = select(func.count()).select_from(tables.audit).where(tables.audit.c.action == "demo.claim")
        assert session.execute(actions).scalar_one() == 1


def test_the_demo_comes_back_to_its_own_data(database: Engine) -> None:
    with writing(database) as session:
        showcase.claim(session, actor="演示规划员")
        drafting.open_draft(session, name="演示", actor="演示规划员")
    with writing(database) as session:
        assert not showcase.claim(session, actor="演示规划员")


def test_an_offices_database_is_left_alone(database: Engine) -> None:
    with writing(database) as session:
        drafting.open_draft(session, name="2026年度网格调整", actor="张三")
    with pytest.raises(Conflict, match="not the demo's") as refusal, writing(database) as session:
        showcase.claim(session, actor="演示规划员")
    assert "MICROGRID_HOME" in refusal.value.zh
    with reading(database) as session:
        assert not showcase.is_demo(session)

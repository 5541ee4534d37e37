"""Every generation is proved on what is read back, and can be proved again from what is kept."""

import re
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import text

from boundaries import checks
from boundaries.certificate import prove_areas
from boundaries.errors import BadInput, Blocked, Conflict, NotFound
from boundaries.model import Area
from boundaries.rules import Rules
from boundaries.services import certifying, drafting, journal, publishing, upkeep
from boundaries.services import reading as plan
from boundaries.store import migrate, states
from boundaries.store.certificates import kept_proofs, recorded_digest
from boundaries.store.engine import connect, reading, writing
from tests.boundaries.certified import nudged
from tests.boundaries.plans import AREAS, GRIDS, NOW, TODAY, open_draft, publish, published, square
from tests.conftest import copied


def publish_checked(engine, draft):
    """Publish with the checks of the service, as the command line does."""
    return publishing.publish(
        engine,
        draft.id,
        check=lambda snapshot: checks.run(snapshot, Rules()),
        actor="周平",
        four_eyes=False,
        now=NOW,
        today=TODAY,
    )


def edit(engine, draft, *grids):
    with writing(engine) as session:
        states.put_grids(session, draft.id, grids, source_id=None)


def test_a_generation_has_its_certificate(kept_plan):
    with reading(kept_plan) as session:
        found = certifying.get_certificate(session, None, service="microgrid test")
        assert (found.service, found.generation, found.published_at) == ("microgrid test", 1, NOW)
        assert [area.code for area in found.areas] == [area.code for area in AREAS[1:]]
        assert [(area.name, area.grids, area.is_exact) for area in found.areas] == [
            ("东社区", 2, True),
            ("西社区", 2, True),
        ]
        assert found.areas == prove_areas(plan.snapshot(session, generation=1, today=TODAY))
        entry = next(entry for entry in journal.entries(session) if "certificate" in entry.detail)
        assert entry.detail["certificate"] == found.digest == recorded_digest(session, 1)
        assert certifying.verify_newest(session, today=TODAY) == 2


def test_each_generation_has_its_own(planned):
    draft = open_draft(planned)
    # A grid inside another: no border of an area gains a vertex.
    inside = square(0.6, 0.6, 0.3, 0.3)
    around = type(inside)(square(0, 0).exterior, [inside.exterior])
    edit(planned, draft, replace(GRIDS[0], polygon=around), replace(GRIDS[0], code="G5", polygon=inside))
    assert publish_checked(planned, draft).number == 2
    with reading(planned) as session:
        first, second = kept_proofs(session, 1), kept_proofs(session, 2)
    assert [area.grids for area in second] == [3, 2]
    assert first[0].grids_digest != second[0].grids_digest
    assert first[0].boundary_digest == second[0].boundary_digest
    assert first[1] == second[1]


def test_a_step_of_one_vertex_is_refused_with_its_place(planned):
    draft = open_draft(planned)
    edit(planned, draft, replace(GRIDS[0], polygon=nudged(GRIDS[0].polygon, vertex=2)))
    with reading(planned) as session:
        found = checks.run(plan.snapshot(session, draft=draft.id, today=TODAY), Rules(), only=["tiles"])
    # The checks call it dust; the proof does not ask how thin it is.
    assert all(finding.severity == "advisory" for finding in found)
    with pytest.raises(Blocked) as refusal:
        publish_checked(planned, draft)
    assert f"repair --draft {draft.id}" in refusal.value.zh
    assert f"repair --draft {draft.id}" in refusal.value.en
    assert re.search(r"东社区 \(320000000001\) 4 段边界无对应 119\.18\d{7},32\.27\d{7}$", refusal.value.zh)
    assert re.search(r"东社区 \(320000000001\) 4 segments match nothing 119\.18\d{7},32\.27\d{7}$", refusal.value.en)
    with reading(planned) as session:
        assert plan.current_generation(session) == 1
        assert kept_proofs(session, 2) == ()
        assert drafting.get_draft(session, draft.id).status == "open"


def test_what_is_read_back_is_proved_not_what_was_checked_before(planned, monkeypatch):
    draft = open_draft(planned)
    edit(planned, draft, replace(GRIDS[0], name="改名"))
    seen = []

    def prove(snapshot):
        seen.append(snapshot.title("en"))
        return prove_areas(snapshot) if len(seen) == 1 else (replace(prove_areas(snapshot)[0], is_exact=False),)

    monkeypatch.setattr(certifying, "prove_areas", prove)
    with pytest.raises(Blocked, match="not proved"):
        publish(planned, draft)
    assert seen == [f"draft {draft.id}"] * 2
    other = open_draft(planned, "别的")
    edit(planned, other, replace(GRIDS[1], name="别名"))
    monkeypatch.undo()
    publish(planned, other)
    monkeypatch.setattr(certifying, "prove_areas", prove)
    # Alone it was proved, so what was published since does not go with it.
    with pytest.raises(Conflict, match="generation 2"):
        publish(planned, draft)


def test_ground_that_nobody_divides_is_refused(planned):
    draft = open_draft(planned)
    with writing(planned) as session:
        child = Area(0, "320000000009", "东园", "composite", None, square(6, 0))
        states.put_areas(session, draft.id, [child], source_id=None)
    with pytest.raises(Blocked, match="东园"):
        publish(planned, draft)


def test_no_generation_and_one_of_an_older_program(database, planned):
    with reading(database) as session:
        assert certifying.verify_newest(session, today=TODAY) is None
        with pytest.raises(NotFound, match="No generation is published yet"):
            certifying.get_certificate(session, None, service="x")
    with planned.begin() as connection:
        forget(connection)
    with reading(planned) as session:
        assert certifying.verify_newest(session, today=TODAY) is None
        with pytest.raises(NotFound, match="an older program published it"):
            certifying.get_certificate(session, 1, service="x")
        with pytest.raises(NotFound, match="no generation 7"):
            certifying.get_certificate(session, 7, service="x")
    draft = open_draft(planned)
    edit(planned, draft, replace(GRIDS[0], name="改名"))
    publish(planned, draft)
    with reading(planned) as session:
        assert certifying.verify_newest(session, today=TODAY) == 2


def forget(connection):
    """Make a generation look as one of a program that made no certificates."""
    connection.execute(text("DELETE FROM microgrid.certificate"))
    connection.execute(text("UPDATE microgrid.audit SET detail = '{}'"))


def move_a_border(connection):
    """A step of 1e-9 degree, which every rule of the tables lets pass."""
    connection.execute(
        text(
            "UPDATE microgrid.micro_grid_state SET geom = ST_GeomFromText(replace(ST_AsText(geom, 9), "
            "'119.181 32.271', '119.181000001 32.271'), 4490) WHERE code = 'G1'"
        )
    )


MEDDLING = {
    "a vertex moved": (move_a_border, "320000000001"),
    "a code changed": (
        lambda connection: connection.execute(
            text(
                "ALTER TABLE microgrid.micro_grid_state DROP CONSTRAINT fk_micro_grid_state_micro_grid_id_code;"
                "UPDATE microgrid.micro_grid_state SET code = 'GX' WHERE code = 'G4'"
            )
        ),
        "320000000002",
    ),
    "a proof changed": (
        lambda connection: connection.execute(text("UPDATE microgrid.certificate SET segments = segments + 1")),
        "320000000001, 320000000002",
    ),
    "a proof taken out": (
        lambda connection: connection.execute(text("DELETE FROM microgrid.certificate")),
        "320000000001, 320000000002",
    ),
}


@pytest.mark.parametrize("kind", MEDDLING)
def test_what_was_changed_since_is_told(planned, kind):
    meddle, places = MEDDLING[kind]
    with planned.begin() as connection:
        meddle(connection)
    with reading(planned) as session, pytest.raises(BadInput) as refusal:
        certifying.verify_newest(session, today=TODAY)
    assert f"Generation 1 does not agree with its certificate ({places})" in refusal.value.en


def test_a_division_and_its_proof_changed_together_do_not_pass_the_audit_trail(planned):
    with planned.begin() as connection:
        connection.execute(text("UPDATE microgrid.area_state SET name = name"))
        connection.execute(text("DELETE FROM microgrid.micro_grid_state WHERE code IN ('G3', 'G4')"))
        connection.execute(text("DELETE FROM microgrid.area_state WHERE name = '西社区'"))
        connection.execute(text("DELETE FROM microgrid.certificate WHERE name = '西社区'"))
    with reading(planned) as session, pytest.raises(BadInput, match=r"\(audit trail\)"):
        certifying.verify_newest(session, today=TODAY)


@pytest.fixture
def empty_url(admin, server):
    with copied(admin, server, "microgrid_template") as url:
        yield url


def test_a_restore_proves_again(planned, tmp_path, empty_url):
    url = planned.url.render_as_string(hide_password=False)
    upkeep.backup(url, tmp_path / "good.zip", settings={}, service="x", now=NOW)
    assert upkeep.restore(empty_url, tmp_path / "good.zip", actor="李强", now=NOW).areas_proved == 2
    engine = connect(empty_url)
    with reading(engine) as session:
        assert certifying.get_certificate(session, 1, service="x").digest == recorded_digest(session, 1)
    engine.dispose()


def test_a_restore_of_what_does_not_agree_is_refused_and_leaves_nothing(planned, tmp_path, empty_url):
    with planned.begin() as connection:
        move_a_border(connection)
    url = planned.url.render_as_string(hide_password=False)
    upkeep.backup(url, tmp_path / "bad.zip", settings={}, service="x", now=NOW)
    with pytest.raises(BadInput) as refusal:
        upkeep.restore(empty_url, tmp_path / "bad.zip", actor="李强", now=NOW)
    assert "与它的全覆盖证明不符(320000000001)" in refusal.value.zh
    assert "换一份备份" in refusal.value.zh
    assert migrate.current(empty_url) is None


def test_a_backup_of_the_first_release_comes_back_without_a_proof(
    database, database_url, tmp_path, empty_url, monkeypatch
):
    record = journal.record

    def record_as_before(session, *, detail, **rest):
        record(session, detail={name: value for name, value in detail.items() if name != "certificate"}, **rest)

    monkeypatch.setattr(publishing, "keep_proofs", lambda *_: None)
    monkeypatch.setattr(journal, "record", record_as_before)
    published(database)
    monkeypatch.undo()
    database.dispose()
    migrate.downgrade(database_url, "2026_11_24_first")
    upkeep.backup(database_url, tmp_path / "old.zip", settings={}, service="x", now=NOW)
    report = upkeep.restore(empty_url, tmp_path / "old.zip", actor="李强", now=NOW)
    assert (report.steps[0], report.areas_proved) == ("2026_11_25_certificates", None)


def test_the_upgrade_of_a_published_plan_keeps_it(planned, tmp_path):
    """From the tables of the first release on: what was published stays, and the next generation is certified."""
    url = planned.url.render_as_string(hide_password=False)
    planned.dispose()
    migrate.downgrade(url, "2026_11_24_first")
    report = upkeep.upgrade(url, folder=tmp_path / "kept", settings={}, service="x", now=NOW)
    assert report.steps[0] == "2026_11_25_certificates"
    shutil.rmtree(tmp_path / "kept")
    draft = open_draft(planned)
    edit(planned, draft, replace(GRIDS[0], name="改名"))
    assert publish(planned, draft).number == 2
    with reading(planned) as session:
        assert certifying.verify_newest(session, today=TODAY) == 2

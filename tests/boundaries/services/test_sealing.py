"""Entries are written without waiting and sealed in order; whatever is done to them afterwards shows."""

import hashlib
import json
import threading
from datetime import UTC, timedelta

import pytest
from sqlalchemy import text

from boundaries.services import journal, sealing
from boundaries.services.trail_check import verify_trail
from boundaries.store.engine import reading, writing
from tests.boundaries.plans import NOW


def add(session, number=1, subject="source"):
    journal.record(
        session, actor="陈晨", action=f"{subject}.load", subject=f"{subject}:{number}", detail={"n": number}, now=NOW
    )


def sealed(database, *counts):
    """A trail with a seal for each count of entries."""
    heads = []
    for count in counts:
        with writing(database) as session:
            for number in range(count):
                add(session, number)
        with writing(database) as session:
            heads.append(sealing.seal(session, now=NOW))
    return heads


def state_of(database, *known):
    with reading(database) as session:
        return verify_trail(session, known=known)


def order_of(database):
    with database.connect() as connection:
        rows = connection.execute(text("SELECT entry FROM microgrid.audit_sealed ORDER BY position"))
        return list(rows.scalars())


def test_an_empty_trail_is_whole_and_has_no_end(database):
    with writing(database) as session:
        assert sealing.seal(session) is None
        assert sealing.head(session) is None
    state = state_of(database)
    assert state.is_whole
    assert (state.entries, state.waiting, state.head) == (0, 0, None)


def test_each_seal_stands_on_the_one_before(database):
    first, second = sealed(database, 3, 2)
    assert (first.seal, first.entries, second.seal, second.entries) == (1, 3, 2, 5)
    assert first.digest != second.digest
    state = state_of(database, first.digest, second.digest)
    assert state.is_whole
    assert (state.entries, state.waiting, state.pruned, state.head) == (5, 0, 0, second)


def test_digests_are_as_they_are_defined(database):
    """By the words of ``docs/formats/audit.md``, without the program."""
    sealed(database, 2, 1)
    with database.connect() as connection:
        seals = connection.execute(text("SELECT * FROM microgrid.audit_seal ORDER BY number")).all()
        entries = connection.execute(
            text(
                "SELECT position, seal, number, at, actor, action, subject, detail::text AS detail"
                " FROM microgrid.audit_sealed JOIN microgrid.audit ON number = entry ORDER BY position"
            )
        ).all()
    before = bytes(32)
    for seal in seals:
        header = [seal.number, written(seal.sealed_at), seal.first_position, seal.entries]
        whole = before + json.dumps(header).encode()
        for row in entries:
            if row.seal == seal.number:
                content = [row.number, written(row.at), row.actor, row.action, row.subject, row.detail]
                whole += hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()
        before = hashlib.sha256(whole).digest()
        assert before == bytes(seal.digest)


def written(instant):
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def test_nothing_to_seal_makes_no_seal(database):
    (first,) = sealed(database, 1)
    with writing(database) as session:
        assert sealing.seal(session, now=NOW) == first


def test_what_waits_is_told_and_is_no_fault(database):
    sealed(database, 1)
    with writing(database) as session:
        add(session)
    state = state_of(database)
    assert (state.is_whole, state.entries, state.waiting) == (True, 1, 1)
    with reading(database) as session:
        assert [entry.seal for entry in journal.entries(session)] == [None, 1]


def test_an_entry_that_commits_late_comes_under_a_later_seal(database):
    with writing(database) as late:
        add(late, 1)
        with writing(database) as early:
            add(early, 2)
        with writing(database) as session:
            assert sealing.seal(session, now=NOW).entries == 1
    with writing(database) as session:
        assert sealing.seal(session, now=NOW).entries == 2
    first, second = order_of(database)
    assert first > second
    assert state_of(database).is_whole


def test_an_entry_that_is_taken_back_leaves_a_hole_in_numbers_only(database):
    def fails(session):
        add(session)
        raise ZeroDivisionError

    sealed(database, 1)
    with pytest.raises(ZeroDivisionError), writing(database) as session:
        fails(session)
    sealed(database, 1)
    assert order_of(database) == [1, 3]
    assert state_of(database).is_whole


def test_writers_do_not_wait_for_one_another_nor_for_who_seals(database):
    with writing(database) as sealer:
        add(sealer, 1)
        sealing.seal(sealer, now=NOW)
        with writing(database) as one:
            add(one, 2)
            with writing(database) as other:
                other.execute(text("SET LOCAL statement_timeout = '2s'"))
                add(other, 3)
    with writing(database) as session:
        assert sealing.seal(session, now=NOW).entries == 3
    assert state_of(database).is_whole


def test_a_storm_of_writers_and_two_who_seal_lose_nothing(database):
    writers, each = 4, 25
    is_over = threading.Event()

    def write(number):
        for _ in range(each):
            with writing(database) as session:
                add(session, number)

    def go_on_sealing():
        while not is_over.is_set():
            with writing(database) as session:
                sealing.seal(session)

    sealers = [threading.Thread(target=go_on_sealing) for _ in range(2)]
    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in [*sealers, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    is_over.set()
    for thread in sealers:
        thread.join()
    with writing(database) as session:
        assert sealing.seal(session).entries == writers * each
    assert sorted(order_of(database)) == list(range(1, writers * each + 1))
    state = state_of(database)
    assert (state.is_whole, state.entries) == (True, writers * each)


@pytest.mark.parametrize(
    ("tampering", "kind", "position"),
    [
        ("UPDATE microgrid.audit SET actor = '别人' WHERE number = 2", "changed", 2),
        ("UPDATE microgrid.audit SET detail = '{}' WHERE number = 5", "changed", 5),
        ("UPDATE microgrid.audit SET at = at + interval '1 second' WHERE number = 1", "changed", 1),
        ("UPDATE microgrid.audit SET digest = sha256('x') WHERE number = 2", "changed", 2),
        ("DELETE FROM microgrid.audit WHERE number = 2", "missing", 2),
        (
            "DELETE FROM microgrid.audit_sealed WHERE entry = 2; DELETE FROM microgrid.audit WHERE number = 2",
            "missing",
            2,
        ),
        ("DELETE FROM microgrid.audit_sealed WHERE position = 6", "seal", 5),
        ("UPDATE microgrid.audit_sealed SET digest = sha256('x') WHERE position = 4", "changed", 4),
        ("UPDATE microgrid.audit_seal SET digest = sha256('x') WHERE number = 1", "seal", 1),
        ("UPDATE microgrid.audit_seal SET sealed_at = now() WHERE number = 2", "seal", 5),
        (
            "DELETE FROM microgrid.audit_sealed WHERE seal = 2; DELETE FROM microgrid.audit_seal WHERE number = 2",
            "outside",
            None,
        ),
        ("INSERT INTO microgrid.audit (actor, action, subject, detail) VALUES ('a', 'b', 'c', '{}')", "outside", None),
    ],
)
def test_tampering_shows(database, tampering, kind, position):
    sealed(database, 4, 2)
    with database.begin() as connection:
        connection.execute(text(tampering))
    state = state_of(database)
    assert not state.is_whole
    assert (state.fault.kind, state.fault.position) == (kind, position)
    assert state.fault.text("zh")
    assert state.fault.text("en")


def test_an_end_that_was_cut_off_shows_to_who_kept_its_digest(database):
    first, second = sealed(database, 3, 2)
    with database.begin() as connection:
        connection.execute(text("DELETE FROM microgrid.audit_sealed WHERE seal = 2"))
        connection.execute(text("DELETE FROM microgrid.audit_seal WHERE number = 2"))
        connection.execute(text("DELETE FROM microgrid.audit WHERE number > 3"))
    assert state_of(database, first.digest).is_whole
    state = state_of(database, second.digest)
    assert (state.fault.kind, state.fault.digest) == ("cut", second.digest)
    assert state_of(database, "no digest").fault.kind == "cut"


def test_a_generation_that_no_entry_tells_of_shows(planned):
    assert state_of(planned).is_whole
    with planned.begin() as connection:
        connection.execute(text("DELETE FROM microgrid.audit_waiting"))
        connection.execute(text("DELETE FROM microgrid.audit_sealed"))
        connection.execute(text("DELETE FROM microgrid.audit_seal"))
        connection.execute(text("DELETE FROM microgrid.audit"))
    state = state_of(planned)
    assert (state.fault.kind, state.fault.generation) == ("publication", 1)


def test_old_entries_are_thrown_away_and_the_seals_still_hold(database):
    sealed(database, 3)
    with writing(database) as session:
        add(session, 9, "draft")
    sealed(database, 2)
    later = NOW + timedelta(days=200)
    with writing(database) as session:
        assert sealing.prune(session, older_than=NOW, actor="周平", now=later) == 0
        assert sealing.prune(session, older_than=NOW + timedelta(seconds=1), actor="周平", now=later) == 5
    state = state_of(database)
    assert (state.is_whole, state.pruned, state.entries, state.waiting) == (True, 5, 2, 0)
    with reading(database) as session:
        kept = journal.entries(session)
    assert [entry.action for entry in kept] == ["audit.prune", "draft.load"]
    assert kept[0].detail["positions"] == [[1, 3], [5, 6]]


def test_what_was_taken_out_beside_the_pruned_shows(database):
    sealed(database, 3)
    later = NOW + timedelta(days=200)
    with writing(database) as session:
        sealing.prune(session, older_than=later, actor="周平", now=later)
    sealed(database, 2)
    with database.begin() as connection:
        connection.execute(text("DELETE FROM microgrid.audit WHERE number = 5"))
    state = state_of(database)
    assert (state.fault.kind, state.fault.entry) == ("missing", 5)


def test_what_waits_is_not_thrown_away(database):
    with writing(database) as session:
        add(session)
    with writing(database) as session:
        assert sealing.prune(session, older_than=NOW + timedelta(days=1), actor="周平", now=NOW) == 0

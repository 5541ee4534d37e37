"""The service's own role can do all that the service does, and cannot rewrite what was done."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from boundaries.services import keys, sealing, switches
from boundaries.services import reading as plan
from boundaries.services.trail_check import verify_trail
from boundaries.store import registers, states
from boundaries.store.engine import connect, database_address, reading, require_postgis, writing
from tests.boundaries.plans import GRIDS, NOW, SHOPS, TODAY, fill, open_draft, publish


@pytest.fixture
def service(database_url):
    """The migrated database, as the service's own role."""
    address = database_address(database_url).set(username="microgrid_app")
    engine = connect(address.render_as_string(hide_password=False))
    try:
        with engine.connect():
            pass
    except OperationalError as error:
        pytest.skip(f"this server lets nobody in as microgrid_app: {error}")
    yield engine
    engine.dispose()


def test_it_can_do_all_that_the_service_does(service):
    require_postgis(service)
    draft = open_draft(service)
    fill(service, draft)
    assert publish(service, draft).number == 1
    second = open_draft(service)
    with writing(service) as session:
        states.put_grids(session, second.id, [replace(GRIDS[0], name="改名")], source_id=None)
        states.retire(session, second.id, "buildings", ["B2"])
        registers.close(session, "shops", [SHOPS[1].code], TODAY)
        switches.set_public_tier(session, True, actor="周平")
        key, _ = keys.create_key(session, name="x", scopes=["admin"], tier="restricted", actor="周平", now=NOW)
        keys.revoke_key(session, key.id, actor="周平", now=NOW)
    assert publish(service, second).number == 2
    with writing(service) as session:
        sealing.seal(session)
    with reading(service) as session:
        assert len(plan.snapshot(session, today=TODAY).grids) == 4
        state = verify_trail(session)
    assert state.is_whole
    assert state.entries > 0


@pytest.mark.parametrize(
    "rewriting",
    [
        "UPDATE microgrid.audit SET actor = 'x'",
        "DELETE FROM microgrid.audit",
        "UPDATE microgrid.generation SET note = 'x'",
        "DELETE FROM microgrid.generation",
        "UPDATE microgrid.certificate SET grids = 0",
        "DELETE FROM microgrid.certificate",
        "TRUNCATE microgrid.audit CASCADE",
        "UPDATE microgrid.audit_seal SET entries = 1",
        "DELETE FROM microgrid.audit_seal",
        "TRUNCATE microgrid.audit_seal CASCADE",
        "UPDATE microgrid.audit_sealed SET entry = 1",
        "DELETE FROM microgrid.audit_sealed",
        "TRUNCATE microgrid.audit_sealed",
        "DROP TABLE microgrid.setting",
        "ALTER TABLE microgrid.audit_seal DROP CONSTRAINT ck_audit_seal_gapless",
    ],
)
def test_it_cannot_rewrite_what_was_done(service, rewriting):
    with service.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(rewriting))

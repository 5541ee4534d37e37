"""The public tier is off until somebody switches it on."""

from boundaries.services import journal, switches
from boundaries.store.engine import reading, writing


def test_the_public_tier(database):
    with reading(database) as session:
        assert switches.public_tier(session) is False
    for is_on in (True, True, False):
        with writing(database) as session:
            switches.set_public_tier(session, is_on, actor="周平")
        with reading(database) as session:
            assert switches.public_tier(session) is is_on
    with reading(database) as session:
        assert [entry.action for entry in journal.entries(session)] == [
            "public_tier.off",
            "public_tier.on",
            "public_tier.on",
        ]

"""Findings kept with a draft are read back as they were; a new check replaces them."""

from dataclasses import replace

from shapely import GeometryCollection, LineString, Point

from boundaries.findings import Finding
from boundaries.store.engine import reading, writing
from boundaries.store.findings import keep_findings, kept_findings
from geo.crs import round_to_storage
from tests.boundaries.plans import at, open_draft, square

FINDINGS = (
    Finding("gap", parent="320000000001", area_m2=12.5, width_m=0.4, geometry=square(0, 0), households=3),
    Finding("shop_undedicated", premises=("shop:S1",), geometry=Point(at(0.5, 0.5))),
    Finding("duplicate_code", grids=("G1", "G1")),
    Finding("outside_band", grids=("G2",), value=12, limit=30),
    Finding("compound_split", geometry=GeometryCollection([Point(at(0, 0)), LineString([at(0, 0), at(1, 1)])])),
)


def test_findings_of_a_draft(database):
    draft, other = open_draft(database), open_draft(database)
    with writing(database) as session:
        assert keep_findings(session, FINDINGS, draft=draft.id) == 5
        assert keep_findings(session, FINDINGS[:1], draft=other.id) == 1
    with reading(database) as session:
        assert kept_findings(session, draft=draft.id) == FINDINGS
    with writing(database) as session:
        assert keep_findings(session, (), draft=draft.id) == 0
    with reading(database) as session:
        assert kept_findings(session, draft=draft.id) == ()
        assert kept_findings(session, draft=other.id) == FINDINGS[:1]
        assert kept_findings(session, generation=1) == ()


def test_faces_are_rounded_to_the_storage_grid(database):
    draft = open_draft(database)
    x, y = 119.1234567891234, 32.27
    with writing(database) as session:
        keep_findings(session, [replace(FINDINGS[1], geometry=Point(x, y))], draft=draft.id)
    with reading(database) as session:
        face = kept_findings(session, draft=draft.id)[0].geometry
    assert face.x == round(x, 9)
    assert round_to_storage(face.x) == face.x

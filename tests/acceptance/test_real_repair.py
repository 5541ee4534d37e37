"""The repair on real layers: proved, or open exactly at the faces listed here with their reasons.

Nothing is emptied, parted or made new, and no cell changes that has no fault along it.
"""

from pathlib import Path

import numpy as np
import pytest
import shapely

from boundaries.rules import Rules
from geo.coverage import CoverageReport, check_coverage
from geo.crs import SourceCrs
from geo.metric import Metric
from geo.repair import LogEntry, Repair
from geo.residual import prove
from geo.segments import as_shapes
from tests.acceptance.real_differences import KINDS
from tests.acceptance.real_layers import LAYERS, Ground, Layer, mended, read

pytestmark = pytest.mark.acceptance

# Ground -> kind, the only owner or candidate, m², reason.
Open = tuple[str, str, int | None, float, str]

# Precincts of 2018 and 2020 reach over the county's border in places where only that strip holds two parts of them
# together: cutting it off would part them.
_OVER_THE_BORDER: dict[str, tuple[Open, ...]] = {
    "Denver 2018 in blocks": (("", "overshoot", 337, 3750, "would_split"),),
    "Denver 2020 in blocks": (
        ("", "overshoot", 89, 3850, "would_split"),
        ("", "overshoot", 95, 1070, "would_split"),
        ("", "overshoot", 130, 5280, "would_split"),
        # Along the part of precinct 95 that hangs on its strip.
        ("", "gap", 95, 1.15e-05, "would_split"),
        ("", "gap", 95, 5.37, "would_split"),
        ("", "gap", 95, 7.98, "would_split"),
    ),
}
# Islets of the county's outline that no village names: nobody lies next to them.
_ISLETS = {
    "澎湖縣": (14_700, 15_800, 18_000, 18_200, 20_000, 20_400, 23_800, 28_700, 29_300, 33_300),
    "連江縣": (21_300,),
    "金門縣": (15_900, 18_800),
}
_NOBODY: tuple[Open, ...] = tuple(
    (county, "gap", None, area, "no_neighbour") for county, areas in _ISLETS.items() for area in areas
)
# These strips hold slivers, which do not come about where borders end on the nearest vertex of the parent.
_OVER_BY_A_VERTEX: dict[str, Open] = {
    "Denver 2018 in blocks": ("", "overshoot", 4, 2750, "would_split"),
    "Denver 2020 in blocks": ("", "overshoot", 70, 83.1, "would_split"),
}
OPEN_WITH_FIXED_PARENT = {**_OVER_THE_BORDER, "Villages 2021 in counties": _NOBODY}
OPEN = OPEN_WITH_FIXED_PARENT | {name: (*_OVER_THE_BORDER[name], one) for name, one in _OVER_BY_A_VERTEX.items()}
# Not more than 3 faces and mismatches to 100 polygons; a repair of them may change no more than 3 polygons in 100.
MOSTLY_CLEAN = frozenset(
    {
        "Seoul 2013", "Denver 2016", "Denver 2018", "Denver blocks", "Hà Nội", "Providence blocks",
        "Providence precincts, new", "Vermont towns", "Taipei", "Taipei by town", "Tainan", "Tainan by town",
        "Villages 2021", "Villages 2021 by county", "Villages 2021 in counties",
    }
)  # fmt: skip
_FEW = 0.03
_GIVEN = tuple(layer for layer in LAYERS if layer.parents != "outline")


@pytest.mark.parametrize("layer", LAYERS, ids=[layer.name for layer in LAYERS])
def test_a_repair_is_proved_or_left_to_a_person(real_data: Path, layer: Layer) -> None:
    reading = read(layer, real_data)
    left: list[Open] = []
    faults = changed = 0
    for ground in reading.grounds:
        found = check_coverage(ground.cells, ground.parent, **Rules().limits(reading.crs))
        result = mended(ground, reading.crs)
        _require_harmless(ground, found, result)
        _require_end(ground, result, reading.crs)
        left.extend(_left(ground, result, reading.crs))
        faults += sum(len(getattr(found, kind)) for kind in (*KINDS, "dust", "mismatches"))
        changed += len(result.changed)
    _require_listed(left, OPEN.get(layer.name, ()))
    assert (faults <= _FEW * reading.polygons) == (layer.name in MOSTLY_CLEAN)
    if layer.name in MOSTLY_CLEAN:
        assert changed <= _FEW * reading.polygons


@pytest.mark.parametrize("layer", _GIVEN, ids=[layer.name for layer in _GIVEN])
def test_a_given_parent_can_be_kept_as_it_is(real_data: Path, layer: Layer) -> None:
    reading = read(layer, real_data)
    left: list[Open] = []
    for ground in reading.grounds:
        found = check_coverage(ground.cells, ground.parent, **Rules().limits(reading.crs))
        result = mended(ground, reading.crs, is_parent_fixed=True)
        assert result.parent is ground.parent
        _require_harmless(ground, found, result)
        _require_end(ground, result, reading.crs)
        left.extend(_left(ground, result, reading.crs))
    _require_listed(left, OPEN_WITH_FIXED_PARENT.get(layer.name, ()))


def _require_harmless(ground: Ground, found: CoverageReport, result: Repair) -> None:
    """No cell is new, empty, parted, or changed though nothing was at fault along it."""
    cells = as_shapes(result.cells)
    assert len(cells) == len(ground.cells)
    assert not shapely.is_empty(cells).any()
    assert (shapely.get_num_geometries(cells) <= shapely.get_num_geometries(ground.cells)).all()
    assert tuple(np.flatnonzero(~shapely.equals_identical(cells, ground.cells))) == result.changed
    faces = [*found.gaps, *found.overlaps, *found.overshoots, *found.dust]
    concerned = {cell for face in faces for cell in (*face.owners, *face.neighbours)}
    assert set(result.changed) <= concerned.union(*(mismatch.owners for mismatch in found.mismatches))


def _require_end(ground: Ground, result: Repair, crs: SourceCrs) -> None:
    """The proof; of a coverage with open faces, that nothing else is wrong with it."""
    assert result.tolerance in {0.0, Rules().tolerances(crs)[0]}
    moved = abs(result.parent.area - ground.parent.area)
    assert moved <= result.tolerance * ground.parent.length + 1e-12 * ground.parent.area
    is_open = [entry for entry in result.log if entry.rule == "person"]
    assert len(is_open) == result.open_faces
    assert result.is_proved == prove(result.cells, result.parent, is_strict=True).is_exact == (not is_open)
    area = {kind: sum(entry.area for entry in is_open if entry.kind == kind) for kind in ("gap", "overshoot")}
    expected = result.parent.area - area["gap"] + area["overshoot"]
    assert shapely.area(as_shapes(result.cells)).sum() == pytest.approx(expected, rel=1e-12)
    if is_open:
        after = check_coverage(result.cells, result.parent, **Rules().limits(crs))
        assert not after.overlaps
        faces = as_shapes(face.geometry for face in (*after.gaps, *after.overshoots, *after.dust))
        assert len(faces) == len(is_open)
        assert np.sort(shapely.area(faces)) == pytest.approx(sorted(entry.area for entry in is_open), rel=1e-9)


def _left(ground: Ground, result: Repair, crs: SourceCrs) -> list[Open]:
    metric = Metric.of(crs, ground.cells)
    rows: list[Open] = []
    for entry in result.log:
        if entry.rule == "person":
            cells = entry.owners or tuple(cell for cell, _ in entry.candidates)
            assert _is_so(result, entry)
            area_m2 = float(metric.area_m2(entry.geometry))
            rows.append((ground.name, entry.kind, cells[0] if len(cells) == 1 else None, area_m2, entry.reason))
    return rows


def _is_so(result: Repair, entry: LogEntry) -> bool:
    """Whether the reason that a face was left for is true of what stands there now."""
    if entry.reason == "no_neighbour":
        return not bool(shapely.intersects(as_shapes(result.cells), entry.geometry).any())
    (cell,) = entry.owners or [one for one, _ in entry.candidates]
    strips = [one.geometry for one in result.log if one.rule == "person" and one.owners == (cell,)]
    cut = strips if entry.kind == "gap" else [entry.geometry]
    parts = shapely.get_parts(shapely.difference(result.cells[cell], shapely.union_all(cut)))
    if entry.kind == "overshoot":
        return bool(len(parts) > shapely.get_num_geometries(result.cells[cell]))
    # It would belong to the part that a cut strip leaves behind, not to the main one.
    return not bool(shapely.intersects(max(parts, key=shapely.area), entry.geometry))


def _require_listed(left: list[Open], listed: tuple[Open, ...]) -> None:
    rows, wanted = sorted(left, key=str), sorted(listed, key=str)
    assert [row[:3] + row[4:] for row in rows] == [row[:3] + row[4:] for row in wanted]
    assert [row[3] for row in rows] == pytest.approx([row[3] for row in wanted], rel=5e-3)

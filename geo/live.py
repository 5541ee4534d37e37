"""A coverage while it is edited: a changed cell costs its own segments, not everybody's.

What is left over falls into *sites*, groups of segments whose boxes lie apart: no face of
one can touch or hold another. A site that an edit does not come near keeps its faults.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import MultiPolygon, Polygon

from geo.coverage import CoverageReport, Face, in_order, report_of
from geo.faults import read_faults
from geo.residual import left_over, require_valid_parent
from geo.rings import Floats, Ints, Shapes
from geo.segments import Segments, as_shapes, joined, segments_of
from geo.validity import find_invalid

_NONE = segments_of(as_shapes([]), np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of :func:`geo.coverage.check_coverage`, in the unit of the coordinates."""

    tolerance: float
    dust_area: float = 0.0
    dust_width: float = 0.0


@dataclass(frozen=True, slots=True)
class _Site:
    """Segments left over that lie apart from all others, and what is wrong there."""

    segments: Segments
    box: Floats
    report: CoverageReport


@dataclass(frozen=True, slots=True)
class LiveCoverage:
    """A coverage whose faults are known and stay known when cells change.

    Attributes
    ----------
    shapes : ndarray of Polygon, MultiPolygon or None
        None where a cell has been taken away.
    parent : Polygon or MultiPolygon
    limits : Limits
    report : CoverageReport
        What :func:`geo.coverage.check_coverage` says of these cells.
    """

    shapes: Shapes
    parent: Polygon | MultiPolygon
    limits: Limits
    report: CoverageReport
    _border: Segments
    _segments: tuple[Segments, ...]
    _invalid: frozenset[int]
    _sites: tuple[_Site, ...]

    def replaced(self, changes: Mapping[int, Polygon | MultiPolygon | None]) -> "LiveCoverage":
        """The coverage after an edit.

        Parameters
        ----------
        changes : mapping of int to Polygon, MultiPolygon or None
            Cell -> its new shape, None where it is taken away; new cells go by the
            numbers behind the last one, without leaving one out.

        Returns
        -------
        LiveCoverage
            This one is unchanged, so an edit is undone by keeping it.

        Raises
        ------
        GeometryProblem
            If the edges cannot be noded.
        """
        made = max([cell - len(self.shapes) + 1 for cell in changes], default=0)
        shapes = np.concatenate([self.shapes, as_shapes([None] * max(made, 0))])
        segments = [*self._segments, *[_NONE] * max(made, 0)]
        numbers = np.fromiter(changes, dtype=np.int64)
        before = shapely.bounds(shapes[numbers])
        for cell, shape in changes.items():
            shapes[cell] = shape
        present = [cell for cell in changes if shapes[cell] is not None]
        broken = {present[index] for index in find_invalid(shapes[present], is_polygonal=True)}
        for cell in changes:
            whole = shapes[cell] is not None and cell not in broken
            segments[cell] = segments_of(shapes[[cell]], np.array([cell])) if whole else _NONE
        invalid = (self._invalid - changes.keys()) | frozenset(broken)
        state = replace(self, shapes=shapes, _segments=tuple(segments), _invalid=invalid)
        return _looked_at(state, np.vstack([before, shapely.bounds(shapes[numbers])]))


def watch(cells: Iterable[Polygon | MultiPolygon], parent: Polygon | MultiPolygon, *, limits: Limits) -> LiveCoverage:
    """Begin to follow a coverage.

    Parameters
    ----------
    cells : iterable of Polygon or MultiPolygon
    parent : Polygon or MultiPolygon
    limits : Limits

    Returns
    -------
    LiveCoverage

    Raises
    ------
    GeometryProblem
        If the parent is not valid, or the edges cannot be noded.
    """
    require_valid_parent(parent)
    border = segments_of(as_shapes([parent]), np.zeros(1, dtype=np.int64), is_reversed=True)
    empty = LiveCoverage(as_shapes([]), parent, limits, CoverageReport(), border, (), frozenset(), ())
    return empty.replaced(dict(enumerate(cells)))


def _looked_at(state: LiveCoverage, changed: Floats) -> LiveCoverage:
    """The same with its report, sites near the changed boxes read anew."""
    if state._invalid:
        report = CoverageReport(invalid=tuple(sorted(state._invalid)), is_exact=False, is_proved=False)
        return replace(state, report=report, _sites=())
    left = _residual(state)
    if not len(left.key):
        return replace(state, report=CoverageReport(), _sites=())
    known = {site.segments.key.tobytes(): site for site in state._sites}
    limits = state.limits
    sites: list[_Site] = []
    for segments, box in _apart(left, limits.tolerance):
        site = known.get(segments.key.tobytes())
        if site is None or _meets(box, changed) or not np.array_equal(site.segments.owner, segments.owner):
            faults = read_faults(segments, state.shapes, state.parent, tolerance=limits.tolerance)
            report = report_of(
                faults,
                len(state.shapes),
                tolerance=limits.tolerance,
                dust_area=limits.dust_area,
                dust_width=limits.dust_width,
            )
            site = _Site(segments, box, report)
        sites.append(site)
    return replace(state, report=_together([site.report for site in sites]), _sites=tuple(sites))


def _residual(state: LiveCoverage) -> Segments:
    """What is left over, from keys that are known."""
    border = replace(state._border, owner=np.full(len(state._border.key), len(state.shapes)))
    every = [*state._segments, border]
    ends = np.cumsum([len(own.key) for own in every])
    _, positions = left_over(np.concatenate([own.key for own in every]))
    owners = np.searchsorted(ends, positions, side="right")
    guilty, first = np.unique(owners, return_index=True)
    within = positions - (ends[owners] - np.array([len(every[owner].key) for owner in owners.tolist()], dtype=np.int64))
    parts = np.split(within, first[1:])
    return joined([_NONE, *(every[owner].chosen(part) for owner, part in zip(guilty.tolist(), parts, strict=False))])


def _apart(left: Segments, tolerance: float) -> list[tuple[Segments, Floats]]:
    """Groups of segments whose boxes do not meet."""
    low = np.minimum(left.start, left.end) - tolerance
    high = np.maximum(left.start, left.end) + tolerance
    group = np.arange(len(left.key))
    while True:
        order = np.argsort(group, kind="stable")
        first = np.unique(group[order], return_index=True)[1]
        lows, highs = np.minimum.reduceat(low[order], first), np.maximum.reduceat(high[order], first)
        merged = _meeting_boxes(lows, highs)
        if len(np.unique(merged)) == len(lows):
            break
        group = merged[group]
    parts = np.split(order, first[1:])
    boxes = np.hstack([lows, highs])
    return [(left.chosen(np.sort(part)), box) for part, box in zip(parts, boxes, strict=True)]


def _meeting_boxes(lows: Floats, highs: Floats) -> Ints:
    """For each box the number of its group; boxes that meet are of one group."""
    # Only its box matters of a line in the index.
    lines = np.asarray(shapely.linestrings(np.stack([lows, highs], axis=1)), dtype=object)
    one, other = shapely.STRtree(lines).query(lines)
    links = coo_array((np.ones(len(one)), (one, other)), shape=(len(lows),) * 2)
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _meets(box: Floats, others: Floats) -> bool:
    meets = (others[:, :2] <= box[2:]).all(axis=1) & (others[:, 2:] >= box[:2]).all(axis=1)
    return bool(meets.any())


def _together(reports: list[CoverageReport]) -> CoverageReport:
    def faces(tier: str) -> tuple[Face, ...]:
        return in_order(as_shapes(face for report in reports for face in getattr(report, tier)))

    return CoverageReport(
        gaps=faces("gaps"),
        overlaps=faces("overlaps"),
        overshoots=faces("overshoots"),
        dust=faces("dust"),
        mismatches=tuple(mismatch for report in reports for mismatch in report.mismatches),
        is_exact=all(report.is_exact for report in reports),
        is_proved=False,
    )

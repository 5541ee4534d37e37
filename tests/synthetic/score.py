"""How much of the truth a report tells, and how much of what it tells is true."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from geo.coverage import CoverageReport, Face
from geo.measure import mean_width
from tests.synthetic.damage import Defect
from tests.synthetic.sample import Sample

Floats = NDArray[np.float64]

_FOUND = 0.9
_FALSE = 0.5
# A vertex that only one side has lies no farther than this from where it was put, metres or degrees.
_PLACE = {True: 1e-8, False: 1e-6}


@dataclass(frozen=True, slots=True)
class CauseScore:
    """What was found of the faces of one cause and kind.

    Attributes
    ----------
    cause, kind : str
    faces, found : int
        Found: at least 90 % of the area lies in reported faces of the kind.
    misowned : int
        Found ones that a face with other owners was reported for.
    area, reported : float
        Of the truth, and of the faces reported for it.
    worst : float
        Largest difference of the two at one face.
    """

    cause: str
    kind: str
    faces: int
    found: int
    misowned: int
    area: float
    reported: float
    worst: float


@dataclass(frozen=True, slots=True)
class KindScore:
    """What was reported as one kind.

    Attributes
    ----------
    kind : str
    faces, false : int
        False: less than 50 % of the area lies in true faces of the kind.
    area, common : float
        Reported, and in common with the truth.
    """

    kind: str
    faces: int
    false: int
    area: float
    common: float


@dataclass(frozen=True, slots=True)
class Score:
    """Scores by cause and by kind."""

    causes: tuple[CauseScore, ...]
    kinds: tuple[KindScore, ...]

    @property
    def recall(self) -> float:
        """Share of the true faces of ground that were found; 1 where there are none."""
        return self.recall_of("gap", "overlap", "overshoot")

    @property
    def mismatch_recall(self) -> float:
        """Share of the edges that do not match though no ground is wrong; 1 where there are none."""
        return self.recall_of("mismatch")

    def recall_of(self, *kinds: str) -> float:
        """Share of the true faces of some kinds that were found; 1 where there are none."""
        asked = [cause for cause in self.causes if cause.kind in kinds]
        faces = sum(cause.faces for cause in asked)
        return sum(cause.found for cause in asked) / faces if faces else 1.0

    @property
    def precision(self) -> float:
        """Share of the reported faces that are not false; 1 where there are none."""
        faces = sum(kind.faces for kind in self.kinds)
        return 1 - sum(kind.false for kind in self.kinds) / faces if faces else 1.0

    @property
    def worst(self) -> float:
        """Largest difference of area at one face, in the unit of the coordinates squared."""
        return max((cause.worst for cause in self.causes), default=0.0)

    @property
    def misowned(self) -> int:
        """Faces that were found with other owners."""
        return sum(cause.misowned for cause in self.causes)

    def __str__(self) -> str:
        """One line a cause, one a kind."""
        lines = [
            f"{cause.cause:>14} {cause.kind:<9} {cause.found}/{cause.faces} found, {cause.misowned} misowned, "
            f"area {cause.area:.6g} reported {cause.reported:.6g} worst {cause.worst:.2g}"
            for cause in self.causes
        ]
        lines += [
            f"{'reported':>14} {kind.kind:<9} {kind.faces}, {kind.false} false, "
            f"area {kind.area:.6g} common {kind.common:.6g}"
            for kind in self.kinds
        ]
        total = f"recall {self.recall:.6f}, of mismatches {self.mismatch_recall:.6f}, precision {self.precision:.6f}"
        return "\n".join([*lines, total])


def score(
    report: CoverageReport, sample: Sample, *, least_area: float | None = None, least_width: float | None = None
) -> Score:
    """Compare a report with the truth.

    Parameters
    ----------
    report : CoverageReport
    sample : Sample
        That the report was made of.
    least_area, least_width : float, optional
        Faces below are not asked for, in the unit of the coordinates (squared or not).
        Unless given 1e-6 m² where coordinates are not rounded, else four steps of width.

    Returns
    -------
    Score
    """
    area = least_area if least_area is not None else (0.0 if sample.step else 1e-6)
    limits = (area, least_width if least_width is not None else 4 * sample.step)
    told = {"gap": report.gaps, "overlap": report.overlaps, "overshoot": report.overshoots}
    causes: list[CauseScore] = []
    kinds: list[KindScore] = []
    for kind, faces in told.items():
        of_kind, of_causes = _score_kind(kind, faces, sample, limits)
        kinds.append(of_kind)
        causes += of_causes
    causes += _score_mismatches(report, sample)
    return Score(tuple(causes), tuple(kinds))


def _score_kind(
    kind: str, faces: Sequence[Face], sample: Sample, limits: tuple[float, float]
) -> tuple[KindScore, list[CauseScore]]:
    truth = [face for face in sample.defects if face.kind == kind and not face.geometry.is_empty]
    true_shapes = _local([face.geometry for face in truth], sample)
    told_shapes = _local([face.geometry for face in faces], sample)
    counted_told = _is_counted(told_shapes, limits)
    usable = shapely.is_valid(true_shapes)
    told, true = STRtree(true_shapes).query(told_shapes, predicate="intersects")
    told, true = told[usable[true]], true[usable[true]]
    common = shapely.area(shapely.intersection(told_shapes[told], true_shapes[true]))
    of_true = np.bincount(true, common, minlength=len(truth))
    of_told = np.bincount(told, common, minlength=len(faces))
    told_area = shapely.area(told_shapes)
    # Each reported face stands for the true face that it has most in common with.
    order = np.lexsort((-common, told))
    order = order[common[order] > 0]
    stands, nearest = np.unique(told[order], return_index=True)
    stood_for = true[order][nearest]
    reported = np.bincount(stood_for, told_area[stands], minlength=len(truth))
    misowned = np.zeros(len(truth), dtype=bool)
    for face, index in zip(stands, stood_for, strict=True):
        misowned[index] |= faces[face].owners != truth[index].owners
    # A rounded truth is true to its step along its perimeter.
    least = _FOUND * shapely.area(true_shapes) - sample.step * shapely.length(true_shapes)
    asked = _is_counted(true_shapes, limits) & usable
    totals = (of_true >= least, misowned, reported)
    false = counted_told & (of_told < _FALSE * told_area)
    return (
        KindScore(kind, int(counted_told.sum()), int(false.sum()), float(told_area.sum()), float(common.sum())),
        _by_cause(truth, asked, totals),
    )


def _by_cause(
    truth: Sequence[Defect], asked: NDArray[np.bool_], totals: tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]
) -> list[CauseScore]:
    found, misowned, reported = totals
    areas = np.array([face.area for face in truth])
    causes = np.array([face.cause for face in truth], dtype=object)
    scores = []
    for cause in sorted(set(causes[asked])):
        own = asked & (causes == cause)
        seen = own & found
        scores.append(
            CauseScore(
                cause=cause,
                kind=truth[int(np.flatnonzero(own)[0])].kind,
                faces=int(own.sum()),
                found=int(seen.sum()),
                misowned=int((seen & misowned).sum()),
                area=float(areas[own].sum()),
                reported=float(reported[own].sum()),
                worst=float(np.abs(areas - reported)[own].max()),
            )
        )
    return scores


def _score_mismatches(report: CoverageReport, sample: Sample) -> list[CauseScore]:
    truth = [face for face in sample.defects if face.kind == "mismatch"]
    if not truth:
        return []
    told = report.mismatches
    shapes = np.array([each.geometry for each in told], dtype=object)
    points = np.array([face.geometry for face in truth], dtype=object)
    near = STRtree(shapes).query(points, predicate="dwithin", distance=_PLACE[sample.step > 0])
    found = np.unique(near[0])
    alike = {int(index) for index, each in near.T if set(truth[index].owners) <= set(told[each].owners)}
    return [CauseScore("t_junction", "mismatch", len(truth), len(found), len(found) - len(alike), 0.0, 0.0, 0.0)]


def _local(shapes: list[Any], sample: Sample) -> NDArray[np.object_]:
    """Shapes near zero: differences to a whole number are exact, and overlays then lose less."""
    origin = np.floor(sample.parent.bounds[:2])
    listed = np.empty(len(shapes), dtype=object)
    listed[:] = shapes
    return np.asarray(shapely.transform(listed, lambda coordinates: coordinates - origin))


def _is_counted(shapes: NDArray[np.object_], limits: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((shapely.area(shapes) >= limits[0]) & (mean_width(shapes) >= limits[1]))

"""What the check of a coverage and the second opinion say differently, shape by shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from geo.coverage import CoverageReport, Face
from geo.measure import mean_width
from geo.rings import Shapes
from geo.segments import as_shapes

Kind = Literal["gaps", "overlaps", "overshoots"]
Reason = Literal["pinched", "thread", "unexplained"]

KINDS: tuple[Kind, ...] = ("gaps", "overlaps", "overshoots")
# Two faces are one shape if they differ by no more than this share of their area ...
_SAME_SHARE = 1e-6
# ... and, along the whole border, this share of the tolerance: a vertex may move by all of it, but few do.
_SAME_SHIFT = 0.1


@dataclass(frozen=True, slots=True)
class Difference:
    """A face of the second opinion that the check counts otherwise.

    Attributes
    ----------
    kind : {"gaps", "overlaps", "overshoots"}
    cells : tuple of int
        The owners; of a gap the cells along it.
    pieces : int
        As how many faces the check counts it.
    faces : int
        As how many the second opinion does: 1, or 0 where it is dust or nothing there.
    shape : shapely geometry
        What the check counts; where that is nothing, the face of the second opinion.
    reason : {"pinched", "thread", "unexplained"}
        "pinched": the check closed what is thinner than its tolerance, so that only the wide pieces are left;
        "thread": so thin on the whole that it is dust there, but the check closed the thin part and counts the rest.
    """

    kind: Kind
    cells: tuple[int, ...]
    pieces: int
    faces: int
    shape: BaseGeometry
    reason: Reason


def differences(found: CoverageReport, second: CoverageReport, tolerance: float) -> list[Difference]:
    """All differences of two reports on the same cells; faces above dust only.

    Parameters
    ----------
    found, second : CoverageReport
        That of the check and the second opinion.
    tolerance : float
        That of the check.

    Returns
    -------
    list of Difference
    """
    result: list[Difference] = []
    for kind in KINDS:
        counted = [*getattr(second, kind)]
        dust = [face for face in second.dust if _kind(face) == kind]
        result.extend(_of_kind(kind, getattr(found, kind), counted, dust, tolerance))
    return result


def _kind(face: Face) -> Kind:
    return KINDS[1] if len(face.owners) > 1 else KINDS[2] if face.owners else KINDS[0]


def _of_kind(
    kind: Kind, found: Sequence[Face], counted: list[Face], dust: list[Face], tolerance: float
) -> list[Difference]:
    hosts = [*counted, *dust]
    pieces: dict[int, list[Face]] = {number: [] for number in range(len(counted))}
    result: list[Difference] = []
    for face, host in zip(found, _hosts(found, hosts), strict=True):
        if host is None:
            result.append(Difference(kind, face.owners or face.neighbours, 1, 0, face.geometry, "unexplained"))
        else:
            pieces.setdefault(host, []).append(face)
    for number, own in pieces.items():
        is_counted, there = number < len(counted), hosts[number]
        if is_counted and len(own) == 1 and _is_same(own[0].geometry, there.geometry, tolerance):
            continue
        cells = there.owners or tuple(sorted({cell for piece in own for cell in piece.neighbours}))
        shape = shapely.union_all([piece.geometry for piece in own]) if own else there.geometry
        reason: Reason = "unexplained"
        if own and _is_closed_elsewhere(shape, there.geometry, tolerance):
            reason = "pinched" if is_counted else "thread"
        result.append(Difference(kind, cells, len(own), int(is_counted), shape, reason))
    return result


def _hosts(found: Sequence[Face], hosts: list[Face]) -> list[int | None]:
    """For each face of the check the one of the second opinion, of the same owners, that it shares most ground with."""
    result: list[int | None] = [None] * len(found)
    most = np.zeros(len(found))
    shapes, others = _shapes(found), _shapes(hosts)
    for face, host in zip(*STRtree(others).query(shapes, predicate="intersects"), strict=True):
        if found[face].owners == hosts[host].owners:
            shared = float(shapely.intersection(*_near_zero(shapes[face], others[host])).area)
            if shared > most[face]:
                most[face], result[face] = shared, int(host)
    return result


def _is_same(face: BaseGeometry, other: BaseGeometry, tolerance: float) -> bool:
    apart = float(shapely.symmetric_difference(*_near_zero(face, other)).area)
    return apart <= _SAME_SHARE * face.area + _SAME_SHIFT * tolerance * face.length


def _is_closed_elsewhere(pieces: BaseGeometry, whole: BaseGeometry, tolerance: float) -> bool:
    """Whether pieces lie in a face and no rest of it is as wide as the tolerance."""
    pieces, whole = _near_zero(pieces, whole)
    beyond = float(shapely.difference(pieces, whole).area)
    rest = shapely.get_parts(shapely.difference(whole, pieces))
    return beyond <= tolerance * pieces.length and bool((mean_width(rest) < tolerance).all())


def _near_zero(one: BaseGeometry, other: BaseGeometry) -> tuple[BaseGeometry, BaseGeometry]:
    """Both moved to the origin: a node far from it is rounded so much that threads of faces share no ground."""
    corner = np.array(one.bounds[:2])
    return shapely.transform(one, lambda xy: xy - corner), shapely.transform(other, lambda xy: xy - corner)


def _shapes(faces: Sequence[Face]) -> Shapes:
    return as_shapes(face.geometry for face in faces)

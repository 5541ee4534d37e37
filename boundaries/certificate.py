"""The certificate of a division (全覆盖证明): what anybody can recompute to see that it is exact.

For each area that tile grids must fill, the directed boundary segments of its grids are
cancelled against each other; what is left must be the border of the area's own ground.
Digests of both tie the certificate to this division and to no other. All of it is counted
in integers of 1e-9 degree; ``docs/formats/certificate.md`` is the full definition.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from boundaries.chain import Head
from boundaries.digests import (
    Ints,
    cancelled,
    digest_of_lines,
    digest_of_segments,
    digests_by_owner,
    directed,
    together,
)
from boundaries.filling import Filling, fillings
from boundaries.ground import Ground
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot
from geo.crs import STORAGE_DECIMALS, to_storage
from geo.errors import GeometryProblem
from geo.residual import prove
from geo.rings import Shapes
from geo.segments import as_shapes

_STEPS = 10**STORAGE_DECIMALS

# Why an area does not agree with a certificate, in the order in which it is told.
REASONS: dict[str, tuple[str, str]] = {
    "missing": ("这里没有这个区域", "the area is not here"),
    "unlisted": ("证明中没有这个区域", "the certificate does not list the area"),
    "grids_changed": ("网格有改动", "its grids have changed"),
    "boundary_changed": ("边界有改动", "its border has changed"),
    "inner_changed": ("内部区域有改动", "the areas inside it have changed"),
    "grids_differ": ("网格数与证明不同", "the certificate counts another number of grids"),
    "segments_differ": ("网格边界段数与证明不同", "the certificate counts another number of segments"),
    "boundary_segments_differ": ("外缘段数与证明不同", "the certificate counts another number of boundary segments"),
    "not_exact": ("网格没有恰好填满区域", "its grids do not fill it exactly"),
}


@dataclass(frozen=True, slots=True)
class AreaProof:
    """Whether the tile grids of one area fill its own ground, and which grids they are.

    Attributes
    ----------
    code, name : str
        Of the area.
    inner : tuple of str
        Codes of the areas inside it that answer for their own ground, sorted.
    grids : int
        Tile grids.
    segments : int
        Directed boundary segments of the grids.
    boundary_segments : int
        Those left when opposite ones have cancelled.
    grids_digest : str
        SHA-256 of every grid's code and shape, in hexadecimal.
    boundary_digest : str
        SHA-256 of the segments left.
    is_exact : bool
        What is left is the border of the area's own ground, and every shape is valid.
    unmatched : int or None
        Segments that neither a neighbour nor the border matches; None where a shape is
        not valid, because nothing follows then.
    place : tuple of float or None
        Longitude, latitude of one of these.
    """

    code: str
    name: str
    inner: tuple[str, ...]
    grids: int
    segments: int
    boundary_segments: int
    grids_digest: str
    boundary_digest: str
    is_exact: bool = True
    unmatched: int | None = 0
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof of one generation.

    Attributes
    ----------
    service : str
        Name and version of the program that wrote it.
    generation : int
    published_at : datetime
        UTC.
    areas : tuple of AreaProof
        Every area that tile grids must fill, by code.
    seal : Head or None
        The end of the audit trail when it was published, with the entry of the publication
        under it; None where an older program published.
    """

    service: str
    generation: int
    published_at: datetime
    areas: tuple[AreaProof, ...]
    seal: Head | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all areas: one line that names this division."""
        return division_digest(self.areas)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether one area is as a certificate says.

    Attributes
    ----------
    code, name : str
        Of the area.
    reasons : tuple of str
        Keys of ``REASONS``; empty where it agrees.
    place : tuple of float or None
        Longitude, latitude where borders do not match, for an area that is not exact.
    """

    code: str
    name: str
    reasons: tuple[str, ...] = ()
    place: tuple[float, float] | None = None

    @property
    def holds(self) -> bool:
        """Whether the certificate holds for this area."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Comparison:
    """A certificate and what stands here, area by area."""

    certificate: Certificate
    areas: tuple[Agreement, ...]

    @property
    def holds(self) -> bool:
        """Whether the certificate holds for every area, and there is one."""
        return bool(self.areas) and all(area.holds for area in self.areas)


def prove_areas(snapshot: Snapshot) -> tuple[AreaProof, ...]:
    """Prove every area that tile grids must fill.

    Parameters
    ----------
    snapshot : Snapshot
        In any system that can be brought to EPSG:4490; shapes are rounded to 1e-9 degree.

    Returns
    -------
    tuple of AreaProof
        By code.

    Raises
    ------
    CrsProblem
        If coordinates cannot be brought to EPSG:4490.
    """
    tiles = [grid for grid in snapshot.grids if grid.layer == "tile"]
    # Broken shapes come along: what cannot be used proves nothing, and says so.
    parts = fillings(snapshot, Ground(snapshot, Rules()).parents, tiles, broken_areas=(), broken_tiles=())
    borders = _stored(snapshot, [part.area.polygon for part in parts])
    border_of = {part.area.code: border for part, border in zip(parts, borders, strict=True)}
    cells = _stored(snapshot, [grid.polygon for part in parts for grid in part.tiles])
    ends = np.cumsum([0, *(len(part.tiles) for part in parts)])
    proofs = [_proof(part, border_of, cells[ends[at] : ends[at + 1]]) for at, part in enumerate(parts)]
    return tuple(sorted(proofs, key=lambda proof: proof.code))


def division_digest(areas: Iterable[AreaProof]) -> str:
    """SHA-256 over the digests of all areas, in hexadecimal."""
    return digest_of_lines(f"{area.boundary_digest} {area.grids_digest} {area.code}" for area in areas)


def compare(certificate: Certificate, found: Sequence[AreaProof], *, is_part: bool = False) -> Comparison:
    """Compare what a certificate says with what stands here.

    Parameters
    ----------
    certificate : Certificate
    found : sequence of AreaProof
        Recomputed.
    is_part : bool
        Only some areas were recomputed; nothing is said of the others.

    Returns
    -------
    Comparison
        One agreement for each area of either, by code.
    """
    said = {area.code: area for area in certificate.areas}
    here = {area.code: area for area in found}
    gone = (
        []
        if is_part
        else [Agreement(one.code, one.name, ("missing",)) for one in said.values() if one.code not in here]
    )
    told = [*gone, *(_agreement(said.get(one.code), one) for one in found)]
    return Comparison(certificate, tuple(sorted(told, key=lambda agreement: agreement.code)))


def _agreement(said: AreaProof | None, here: AreaProof) -> Agreement:
    wrong = {"unlisted": said is None, "not_exact": not here.is_exact}
    if said is not None:
        wrong["not_exact"] |= not said.is_exact
        wrong["grids_changed"] = here.grids_digest != said.grids_digest
        # Where the same grids do not fill the area any more, its border has moved.
        is_moved = said.is_exact and not here.is_exact and not wrong["grids_changed"]
        wrong["boundary_changed"] = is_moved or here.boundary_digest != said.boundary_digest
        wrong["inner_changed"] = here.inner != tuple(sorted(said.inner))
        # Other grids have other counts; of the same ones another count was never true.
        is_same, is_same_outline = not wrong["grids_changed"], here.boundary_digest == said.boundary_digest
        wrong["grids_differ"] = is_same and here.grids != said.grids
        wrong["segments_differ"] = is_same and here.segments != said.segments
        wrong["boundary_segments_differ"] = is_same_outline and here.boundary_segments != said.boundary_segments
    return Agreement(here.code, here.name, tuple(reason for reason in REASONS if wrong.get(reason)), here.place)


def _proof(part: Filling, border_of: Mapping[str, Any], cells: Shapes) -> AreaProof:
    area, grids, inner = part.area, part.tiles, tuple(sorted(one.code for one in part.inner))
    border, within = as_shapes([border_of[area.code]]), as_shapes(border_of[code] for code in inner)
    segments = directed(cells)
    shapes = digests_by_owner(segments, len(grids))
    outline = cancelled(together(segments))
    rest = cancelled(together(outline, directed(border, is_reversed=True), directed(within)))
    try:
        proof = prove([*cells, *within], border[0], is_strict=True)
    except GeometryProblem:
        is_exact, unmatched = False, None
    else:
        # Floats and integers must agree, so neither is taken alone.
        is_exact, unmatched = proof.is_exact and not len(rest), proof.unmatched
    return AreaProof(
        code=area.code,
        name=area.name,
        inner=inner,
        grids=len(grids),
        segments=len(segments),
        boundary_segments=len(outline),
        grids_digest=digest_of_lines(f"{shape} {grid.code}" for shape, grid in zip(shapes, grids, strict=True)),
        boundary_digest=digest_of_segments(outline),
        is_exact=is_exact,
        unmatched=unmatched,
        place=_place(rest),
    )


def _place(rest: Ints) -> tuple[float, float] | None:
    """Where the shortest segment that matches nothing begins: near a vertex too many there are short ones."""
    if not len(rest):
        return None
    lengths = np.hypot(*(rest[:, 3:] - rest[:, 1:3]).T)
    x, y = rest[int(np.argmin(lengths)), 1:3] / _STEPS
    return float(x), float(y)


def _stored(snapshot: Snapshot, shapes: Sequence[Any]) -> Shapes:
    """Shapes on the storage grid; None for those without a boundary that could be counted."""
    drawn = as_shapes(shapes)
    coordinates, index = shapely.get_coordinates(drawn, return_index=True)
    is_endless = np.bincount(index[~np.isfinite(coordinates).all(axis=1)], minlength=len(drawn)) > 0
    kind = shapely.get_type_id(drawn)
    usable = ((kind == shapely.GeometryType.POLYGON) | (kind == shapely.GeometryType.MULTIPOLYGON)) & ~is_endless
    usable &= ~shapely.is_empty(drawn)
    stored = as_shapes([None] * len(drawn))
    stored[usable] = drawn[usable] if snapshot.is_stored else to_storage(drawn[usable], snapshot.crs)
    return stored

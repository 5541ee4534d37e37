"""Whether the audit trail is as it was sealed: every digest computed again, from the first entry to the last."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from boundaries.chain import START, Head, Place, Seal, Written, chained_digest, entry_digest, next_seal
from boundaries.services.sealing import PRUNE, PUBLISH, head_of
from boundaries.store import seals, trail
from geo.errors import Language

# Why a trail is not whole -> how it is told.
_FAULTS: dict[str, tuple[str, str]] = {
    "changed": ("编号 {entry} 的记录被改动", "entry {entry} was changed"),
    "missing": ("编号 {entry} 的记录被删除", "entry {entry} was taken out"),
    "seal": ("第 {seal} 个封记与前文不符", "seal {seal} does not fit what stands before it"),
    "outside": (
        "编号 {entry} 的记录既未封存也不在待封之列",
        "entry {entry} is neither sealed nor waits for a seal",
    ),
    "cut": ("日志尾部被截去:已知的封记 {digest} 不在其中", "the end was cut off: the known seal {digest} is not there"),
    "publication": ("区划第 {generation} 版的发布没有记录", "no entry tells of publishing generation {generation}"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is not right with a trail.

    Attributes
    ----------
    kind : str
        ``changed``, ``missing``, ``seal``, ``outside``, ``cut`` or ``publication``.
    position : int or None
        Of the entry in the order of the seals, from 1.
    entry, seal, generation : int or None
        Numbers of what is meant.
    digest : str or None
        Of the seal that is known from elsewhere.
    """

    kind: str
    position: int | None = None
    entry: int | None = None
    seal: int | None = None
    generation: int | None = None
    digest: str | None = None

    def text(self, language: Language) -> str:
        """What is wrong, for people."""
        zh, en = _FAULTS[self.kind]
        names = {"entry": self.entry, "seal": self.seal, "generation": self.generation, "digest": self.digest}
        said = (zh if language == "zh" else en).format(**names)
        if self.position is None:
            return said
        return f"第 {self.position} 条:{said}" if language == "zh" else f"position {self.position}: {said}"


@dataclass(frozen=True, slots=True)
class TrailState:
    """Whether the trail is whole.

    Attributes
    ----------
    entries : int
        Sealed ones that were recomputed.
    pruned : int
        Sealed ones that were thrown away after their years, as the trail itself says.
    waiting : int
        Not sealed yet.
    head : Head or None
    fault : Fault or None
        The first thing that is not right.
    """

    entries: int
    pruned: int
    waiting: int
    head: Head | None
    fault: Fault | None

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was sealed."""
        return self.fault is None


def verify_trail(session: Session, *, known: Sequence[str] = ()) -> TrailState:
    """Compute every digest again, from the first entry to the last.

    Parameters
    ----------
    known : sequence of str
        Digests of seals that certificates and backups have, in hexadecimal: each must be there.

    Returns
    -------
    TrailState
        With the first thing that is not right.
    """
    walk = _Walk(_Pruned(trail.details_of(session, action=PRUNE)))
    for row, places in seals.read_seals(session):
        # Read to the end all the same, since a cursor that is left open lies in the way.
        if walk.fault is None:
            walk.take(row, places)
    fault = walk.fault or _outside(session) or _cut(session, known) or _untold(session)
    return TrailState(
        entries=walk.entries,
        pruned=walk.gone,
        waiting=seals.count_waiting(session),
        head=None if walk.last is None else head_of(walk.last),
        fault=fault,
    )


class _Pruned:
    """Positions that the trail itself says were thrown away."""

    def __init__(self, details: Iterable[Any]) -> None:
        ranges = sorted((int(first), int(last)) for detail in details for first, last in detail["positions"])
        self._firsts = [first for first, _ in ranges]
        self._lasts = [last for _, last in ranges]

    def holds(self, position: int) -> bool:
        at = bisect_right(self._firsts, position) - 1
        return at >= 0 and position <= self._lasts[at]


class _Walk:
    """From seal to seal, as far as everything is right."""

    def __init__(self, pruned: _Pruned) -> None:
        self.last: Seal | None = None
        self.fault: Fault | None = None
        self.entries = 0
        self.gone = 0
        self._pruned = pruned
        self._position = 0
        # The digest before the next entry of an older service; None where it cannot be known.
        self._chained: bytes | None = START

    def take(self, row: Seal, places: Sequence[Place]) -> None:
        """The next seal and its entries."""
        self.fault = next((fault for place in places if (fault := self._judge(place)) is not None), None)
        if self.fault is None and row != next_seal(self.last, row.sealed_at, [place.digest for place in places]):
            self.fault = Fault("seal", seal=row.number, position=row.first_position)
        if self.fault is None:
            self.last = row

    def _judge(self, place: Place) -> Fault | None:
        self._position += 1
        if place.position != self._position:
            return Fault("missing", position=self._position)
        entry = place.entry
        if entry is None:
            self.gone += 1
            self._chained = None
            is_pruned = self._pruned.holds(place.position)
            return None if is_pruned else Fault("missing", position=place.position, entry=place.number)
        self.entries += 1
        if entry_digest(entry) != place.digest or not self._is_chained(entry):
            return Fault("changed", position=place.position, entry=place.number)
        return None

    def _is_chained(self, entry: Written) -> bool:
        """An older service chained each entry to the one before it."""
        if entry.digest is None:
            return True
        before, self._chained = self._chained, entry.digest
        return before is None or chained_digest(before, entry) == entry.digest


def _outside(session: Session) -> Fault | None:
    number = seals.first_outside(session)
    return None if number is None else Fault("outside", entry=number)


def _cut(session: Session, known: Sequence[str]) -> Fault | None:
    wanted = {_bytes(digest): digest for digest in known}
    there = seals.known_digests(session, list(wanted))
    absent = next((said for digest, said in wanted.items() if digest not in there), None)
    return None if absent is None else Fault("cut", digest=absent)


def _untold(session: Session) -> Fault | None:
    number = seals.first_untold_generation(session, action=PUBLISH)
    return None if number is None else Fault("publication", generation=number)


def _bytes(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""

"""One generation ready to be served: its answers as bytes, made once and kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from math import inf, isfinite
from typing import Any

import orjson
import shapely

from api import VERSION
from api.locating.bulk_plan import BulkPlan
from api.locating.rendering import building_fields, located_fields, premises_fields
from api.schemas.query import LocateQuery
from boundaries.errors import Forbidden, NotFound
from boundaries.lookup.addresses import FoundPremises
from boundaries.lookup.answer import Located, NearBuilding
from boundaries.lookup.by_premises import PlacedPremises, placed_premises
from boundaries.lookup.directory import Directory
from boundaries.model import Role
from boundaries.snapshot import Snapshot
from boundaries.tiers import TIERS, Tier, visible_fields
from geo.crs import SourceCrs, parse_crs
from geo.datum import prepare_gcj02

# The grids that a point is in, by position, or touches, by rank, and whether it lies on the border of a tile.
Touching = tuple[int, int] | tuple[frozenset[int], bool]
# Besides, whether a shop is to be stored, and for whom.
Place = tuple[Touching, bool, Tier]

_NOWHERE: Touching = (-1, -1)
# Answers kept; each is some hundred bytes.
_MOST_KEPT = 300_000
# Points looked up before a generation is switched to.
_WARMED = 2_000


@dataclass(frozen=True)
class Served:
    """What answers from memory.

    Attributes
    ----------
    generation : int
    day : date
        On which the registers were read.
    directory : Directory
    bulk : BulkPlan
    roles : mapping of str to Role
    tags : mapping of Tier to bytes
        What answers to each tier are tagged with; another one when an answer might change.
    """

    generation: int
    day: date
    directory: Directory
    bulk: BulkPlan
    roles: Mapping[str, Role]
    tags: Mapping[Tier, bytes]
    _kept: dict[Place, bytes] = field(default_factory=dict, repr=False)
    _buildings: dict[tuple[str, Tier], bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, snapshot: Snapshot, day: date) -> "Served":
        """Make ready to serve a generation.

        Parameters
        ----------
        snapshot : Snapshot
            Of a generation.
        day : date
            On which its registers were read.

        Returns
        -------
        Served

        Raises
        ------
        BadInput
            If its grids are doubtful; see :meth:`PlanIndex.of`.
        """
        directory = Directory.of(snapshot)
        bounds = directory.plan.placement.bounds
        if bounds is not None:
            # Shifted points of the area then cost no more than others.
            prepare_gcj02(bounds)
        served = cls(
            snapshot.generation or 0,
            day,
            directory,
            BulkPlan.of(directory.plan),
            {role.code: role for role in snapshot.roles},
            _tags(snapshot),
        )
        served._warm()
        return served

    def with_registers(self, snapshot: Snapshot, day: date) -> "Served":
        """The same generation with the people and shops as they stand now."""
        directory = self.directory.with_registers(snapshot)
        return Served(self.generation, day, directory, self.bulk, self.roles, _tags(snapshot))

    def quick_answer(self, x: float, y: float, source: SourceCrs, *, is_shop: bool, tier: Tier) -> bytes | None:
        """The answer for a point within a grid, on a border, or outside, as nearly all are.

        Parameters
        ----------
        x, y : float
        source : SourceCrs
            Of the point.
        is_shop : bool
            Whether a shop is to be stored.
        tier : Tier
            Of the caller.

        Returns
        -------
        bytes or None
            None in gaps, and for what is no point at all: :meth:`answer` tells more there.

        Raises
        ------
        CrsProblem, BadInput
            As :meth:`answer`.
        """
        directory = self.directory
        px, py = directory.plan.placement.placed_one(x, y, source)
        (tile, on_border), (overlay, on_overlay) = directory.tile_at(px, py), directory.overlay_at(px, py)
        if tile < 0:
            return self._outside(x, y, source, tier) if overlay < 0 and directory.is_outside(px, py) else None
        touching: Touching = (tile, overlay)
        if on_border or on_overlay:
            touching = directory.plan.ranks(px, py, (tile, on_border), (overlay, on_overlay)), on_border
        told = self._told((touching, is_shop, tier), px, py)
        near = directory.buildings.nearest(px, py)
        return told if near is None else b'%b,"building":%b}' % (told[:-1], self._building(near, tier))

    def _outside(self, x: float, y: float, source: SourceCrs, tier: Tier) -> bytes | None:
        if not (isfinite(x) and isfinite(y)):
            return None
        self.directory.plan.placement.refuse_swapped_one(x, y, source)
        return self._told((_NOWHERE, False, tier), inf, inf)

    def _told(self, place: Place, px: float, py: float) -> bytes:
        """What is said of every point that touches the same grids, without the building."""
        told = self._kept.get(place)
        if told is None:
            _, is_shop, tier = place
            found = self.directory.locate(px, py, for_="shop" if is_shop else None, with_building=False)
            told = orjson.dumps(located_fields(found, tier, self.roles))
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[place] = told
        return told

    def _building(self, near: NearBuilding, tier: Tier) -> bytes:
        """A building as JSON, of which the distance alone is new each time."""
        place = (near.building.code, tier)
        head = self._buildings.get(place)
        if head is None:
            head = orjson.dumps(building_fields(near, tier)).rpartition(b":")[0]
            self._buildings[place] = head
        return b"%b:%.1f}" % (head, near.distance_m)

    def answer(self, query: LocateQuery, tier: Tier) -> dict[str, Any]:
        """The answer to any question about this generation.

        Raises
        ------
        CrsProblem
            If the system of the point is not known or not safe.
        BadInput
            If the axes are swapped.
        NotFound
            If no premises fit what was named.
        Forbidden
            If the caller's tier may not look premises up that way.
        """
        asked: dict[str, Any] = {"unit": query.unit, "floor": query.floor, "within_m": query.within_m}
        if query.x is not None and query.y is not None:
            return located_fields(self._at(query.x, query.y, query, asked), tier, self.roles)
        placed = placed_premises(self.directory, self._found(query, tier), for_=query.for_, **asked)
        if len(placed) == 1:
            told = located_fields(placed[0].located, tier, self.roles)
            return {**told, "premises": premises_fields(placed[0].premises, tier)}
        nowhere = Located(self.generation, None, (), None, (), on_border=False, in_gap=False)
        candidates = [_candidate(one, tier) for one in placed]
        return {**located_fields(nowhere, tier, self.roles), "candidates": candidates}

    def _at(self, x: float, y: float, query: LocateQuery, asked: Mapping[str, Any]) -> Located:
        source, placement = parse_crs(query.crs), self.directory.plan.placement
        there = placement.placed_one(x, y, source)
        found = self.directory.locate(*there, for_=query.for_, **asked)
        if not found.areas:
            placement.refuse_swapped_one(x, y, source)
        return found

    def _found(self, query: LocateQuery, tier: Tier) -> tuple[FoundPremises, ...]:
        book = self.directory.book
        if query.shop is not None and "code" not in visible_fields("shops", tier):
            raise Forbidden(
                "按商铺编码或信用代码查询需要内部级别的密钥。可改用 place=路名+门牌。",
                "Looking a shop up by its code needs a key of the internal tier. Ask by place, street and door number.",
            )
        if query.building is not None:
            found, asked = book.building(query.building), query.building
        elif query.shop is not None:
            found, asked = book.shop(query.shop), query.shop
        else:
            found, asked = book.place(query.place or ""), query.place or ""
        if not found:
            raise NotFound(
                f"没有找到“{asked}”。请核对名称、幢号或门牌,或改用坐标查询。",
                f'Nothing is called "{asked}". Check the name and number, or ask by coordinates.',
            )
        return found

    def _warm(self) -> None:
        """Touch the memory that the first callers would else wait for."""
        tiles = self.directory.plan.tiles.index.table
        if tiles is None:
            return
        for x, y, *_ in tiles.edges.ends[:: max(1, len(tiles.edges.ends) // _WARMED)].tolist():
            self.directory.tile_at(x, y)


def _candidate(placed: PlacedPremises, tier: Tier) -> dict[str, Any]:
    responsible, grid = placed.located.responsible, placed.located.micro_grid
    return {
        **premises_fields(placed.premises, tier),
        "micro_grid": None if grid is None else grid.code,
        "responsible": None if responsible is None else {"code": responsible.code, "reason": responsible.reason},
        "areas": [{"code": area.code, "name": area.name} for area in placed.located.areas],
    }


def _tags(snapshot: Snapshot) -> dict[Tier, bytes]:
    """Answers are made of a generation, of registers, and by this program."""
    told = orjson.dumps([snapshot.people, snapshot.shops], default=shapely.to_wkt)
    made_of = blake2b(told, digest_size=6, key=VERSION.encode()).hexdigest()
    return {tier: f'"{snapshot.generation}-{made_of}-{tier}"'.encode() for tier in TIERS}

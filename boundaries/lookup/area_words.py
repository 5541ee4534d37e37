"""The words by which addresses name areas, and whether premises lie in those that they name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.lookup.place_text import normal_form
from boundaries.snapshot import Snapshot
from geo.rings import Shapes
from geo.segments import as_shapes
from geo.touching import lowest_touching

_TOWN = ("街道办事处", "街道", "镇", "乡")
_COMMUNITY = ("社区居委会", "居委会", "社区", "村委会", "村")
_ABOVE = ("省", "市", "区", "县")
# Towns and communities that are none of ours; 镇江市 and 景德镇市 are no towns.
_FOREIGN = {_TOWN: re.compile("[^|](?:街道|乡|镇(?![江市]))"), _COMMUNITY: re.compile("[^|](?:社区|居委会)")}
_AREA_END = re.compile(r"(?:[省市区县旗镇乡村庄|]|街道|社区|委会|办事处)$")
_WAY_END = re.compile("(?:[路街巷弄道组队号]|胡同)$")


@dataclass(frozen=True)
class AreaWords:
    """The areas of a snapshot, and the words by which a text names them.

    ``chains`` holds every area above a code and itself; ``sorts`` whether it is a town, a
    community or above; ``words`` its names with their suffix, ``cores`` without.
    """

    snapshot: Snapshot
    chains: Mapping[str | None, frozenset[str]]
    sorts: Mapping[str, tuple[str, ...]]
    words: Mapping[str, set[str]]
    cores: Mapping[str, set[str]]
    longest: int

    @classmethod
    def of(cls, snapshot: Snapshot) -> "AreaWords":
        """Read the names of a snapshot's areas."""
        # The outline that stands in for missing areas has no name of its own.
        areas = () if snapshot.is_parent_derived else snapshot.areas
        words: dict[str, set[str]] = {}
        cores: dict[str, set[str]] = {}
        likewise: dict[str, set[str]] = {}
        sorts: dict[str, tuple[str, ...]] = {}
        for area in areas:
            name = normal_form(area.name)
            words.setdefault(name, set()).add(area.code)
            sort = next((sort for sort in (_TOWN, _COMMUNITY, _ABOVE) if name.endswith(sort)), ())
            core = name.removesuffix(next((end for end in sort if name.endswith(end)), ""))
            sorts[area.code] = sort
            if sort and len(core) > 1:
                cores.setdefault(core, set()).add(area.code)
                for end in sort if sort is not _ABOVE else ():
                    likewise.setdefault(core + end, set()).add(area.code)
        words = likewise | words
        chains = {area.code: frozenset(above.code for above in snapshot.ancestors(area.code)) for area in areas}
        return cls(snapshot, {None: frozenset()} | chains, sorts, words, cores, max(map(len, words), default=0))

    def around(self, points: Shapes) -> list[str | None]:
        """Code of the lowest area around each point."""
        depth = {level.code: level.depth for level in self.snapshot.levels}
        areas = [area for area in self.snapshot.areas if area.code in self.sorts]
        areas.sort(key=lambda area: -depth.get(area.level, 0))
        return [None if at is None else areas[at].code for at in first_around([a.polygon for a in areas], points)]

    def named(self, lead: str) -> tuple[list[set[str]], str]:
        """Areas that a text names, and what is left of it, a bar for each of them."""
        found: list[set[str]] = []
        left, at = "", 0
        while at < len(lead):
            ends = range(min(len(lead), at + self.longest), at, -1)
            end = next((end for end in ends if lead[at:end] in self.words), None)
            if end is not None:
                found.append(self.words[lead[at:end]])
            left, at = left + (lead[at] if end is None else "|"), at + 1 if end is None else end
        core = next((at for at in range(len(left)) if left[at:] in self.cores), None)
        if core is not None:
            found.append(self.cores[left[core:]])
            left = left[:core] + "|"
        return found, left

    def ends(self, lead: str) -> bool:
        """Whether a text ends with an area."""
        return bool(_AREA_END.search(self.named(lead)[1]))

    def may_lead(self, lead: str) -> bool:
        """Whether a name can begin behind this, so that it is not the end of a longer name that nobody knows."""
        return not lead or bool(_WAY_END.search(lead)) or self.ends(lead)

    def fitting(self, lead: str) -> Callable[[str | None], bool]:
        """Whether what lies in an area can be meant by a text that begins so.

        It must lie in every area that the text names; a town or community that nobody
        knows excludes what lies in another.
        """
        named, left = self.named(lead)
        known = {self.sorts[code] for codes in named for code in codes}
        foreign = {sort for sort, pattern in _FOREIGN.items() if sort not in known and pattern.search(left)}

        def fits(area: str | None) -> bool:
            chain = self.chains[area]
            return all(chain & codes for codes in named) and foreign.isdisjoint(self.sorts[code] for code in chain)

        return fits


def first_around(shapes: Sequence[BaseGeometry], points: Shapes) -> list[int | None]:
    """Index of the first valid shape around each point, None where there is none.

    Parameters
    ----------
    shapes : sequence of Polygon or MultiPolygon
    points : ndarray of Point
        In the system of the shapes; None lies nowhere.

    Returns
    -------
    list of (int or None)
    """
    outlines = as_shapes(shapes)
    whole = np.flatnonzero(shapely.is_valid(outlines))
    found = lowest_touching(outlines[whole], shapely.get_x(points), shapely.get_y(points)).cell
    return [None if at < 0 else int(whole[at]) for at in found.tolist()]

"""The value that travels: one draft, one generation, or one set of files.

Checks, proposals, maps and lookups all read a Snapshot. It carries the
coordinate system of its shapes and the step of their grid: what comes from the
database is EPSG:4490 on 1e-9 degree, what comes from files stays as it is.
"""

from dataclasses import dataclass, field
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput
from boundaries.model import (
    Area,
    Assignment,
    Building,
    Compound,
    Kind,
    Level,
    MicroGrid,
    Person,
    Role,
    Shop,
    Street,
    Wall,
    Water,
)
from geo.crs import STORAGE_CRS, STORAGE_STEP, SourceCrs
from geo.errors import Language
from geo.metric import Metric

DEFAULT_LEVELS = (
    Level("city", "市", "City", 10),
    Level("county", "区县", "County", 20),
    Level("town", "镇街", "Town", 30),
    Level("community", "社区", "Community", 40),
    Level("composite", "综合网格", "Composite grid", 50),
    Level("dedicated", "专属网格", "Dedicated grid", 51),
)

DEFAULT_KINDS = (
    Kind("residential", "住宅", "Residential", True, False),
    Kind("street_front", "沿街商铺", "Street front", False, True),
    Kind("commercial", "商圈", "Commercial district", True, True),
    Kind("market", "市场", "Market", False, True),
    Kind("park", "园区", "Business park", False, True),
    Kind("school", "学校", "School", False, False),
)

DEFAULT_ROLES = (
    Role("chief", "综合网格长", "Composite grid chief"),
    Role("full_time", "专职网格员", "Full-time grid worker"),
    Role("liaison", "联络员", "Liaison"),
    Role("volunteer", "志愿者", "Volunteer"),
    Role("property", "物业", "Property manager"),
    Role("merchant", "商户代表", "Merchants' representative"),
    Role("police", "民警", "Police officer"),
    Role("urban_management", "城管", "Urban management officer"),
)


@dataclass(frozen=True)
class Snapshot:
    """One state of the plan, validated once.

    Attributes
    ----------
    label : str
        Name of the file it was read from; :meth:`title` says what people call it.
    crs : SourceCrs
        System of every shape.
    metric_plane : str or None
        The metric system to measure in; None picks the nearest meridian.
    step : float or None
        Coordinate step in degrees (1e-9 from the database), or None.
    generation : int or None
        Number of the generation, where this is one or is based on one.
    draft : int or None
        Number of the draft, where this is one.
    is_parent_derived : bool
        Whether no areas were given and the outline of all grids stands in for them.
    scope : str or None
        Code of the area that was asked for: those above it are here for their names, without
        the areas beside it. None where everything is here.
    partly_here : frozenset of str
        Codes of areas of which not every area directly below is here: they are here for their
        names, and for the grids that name them.

    Raises
    ------
    BadInput
        If a code stands twice among the areas.
    """

    crs: SourceCrs
    label: str = ""
    metric_plane: str | None = None
    step: float | None = None
    generation: int | None = None
    draft: int | None = None
    is_parent_derived: bool = False
    scope: str | None = None
    partly_here: frozenset[str] = frozenset()
    levels: tuple[Level, ...] = DEFAULT_LEVELS
    kinds: tuple[Kind, ...] = DEFAULT_KINDS
    roles: tuple[Role, ...] = DEFAULT_ROLES
    areas: tuple[Area, ...] = ()
    grids: tuple[MicroGrid, ...] = ()
    buildings: tuple[Building, ...] = ()
    compounds: tuple[Compound, ...] = ()
    shops: tuple[Shop, ...] = ()
    streets: tuple[Street, ...] = ()
    waters: tuple[Water, ...] = ()
    walls: tuple[Wall, ...] = ()
    people: tuple[Person, ...] = ()
    assignments: tuple[Assignment, ...] = field(default=())

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for area in self.areas:
            if area.code in seen:
                raise BadInput(
                    f"区域编码 {area.code}({area.name})出现两次。请改正其中一个编码。",
                    f"Area code {area.code} ({area.name}) stands twice. Correct one of the codes.",
                )
            seen.add(area.code)

    @classmethod
    def stored_crs(cls) -> SourceCrs:
        """The system of everything read from the database."""
        return SourceCrs(STORAGE_CRS, STORAGE_CRS)

    def title(self, language: Language) -> str:
        """What people call this state: a draft, a generation, or a file with its stand-ins."""
        is_zh = language == "zh"
        if self.draft is not None:
            return f"调整方案 {self.draft}" if is_zh else f"draft {self.draft}"
        if self.generation is not None:
            return f"区划第 {self.generation} 版" if is_zh else f"generation {self.generation}"
        if self.is_parent_derived:
            note = (
                "未给区域文件,以全部网格的外轮廓为准" if is_zh else "no areas given: the outline of all grids stands in"
            )
            return f"{self.label}({note})" if is_zh else f"{self.label} ({note})"
        return self.label or ("尚未发布" if is_zh else "nothing published yet")

    @property
    def is_stored(self) -> bool:
        """Whether the shapes lie on the storage grid."""
        return self.step == STORAGE_STEP

    @cached_property
    def metric(self) -> Metric:
        """Measures in metres for this snapshot's coordinates."""
        if self.metric_plane is not None and not self.crs.is_metric:
            return Metric(self.crs, self.metric_plane)
        shapes: list[BaseGeometry] = [area.polygon for area in self.areas]
        shapes = shapes or [grid.polygon for grid in self.grids] or [building.shape for building in self.buildings]
        return Metric.of(self.crs, shapely.GeometryCollection(shapes))

    @cached_property
    def area_by_code(self) -> dict[str, Area]:
        """Areas by code."""
        return {area.code: area for area in self.areas}

    @cached_property
    def grid_by_code(self) -> dict[str, MicroGrid]:
        """Micro-grids by code; where a code stands twice, the first."""
        return {grid.code: grid for grid in reversed(self.grids)}

    @cached_property
    def kind_by_code(self) -> dict[str, Kind]:
        """Kinds by code."""
        return {kind.code: kind for kind in self.kinds}

    @cached_property
    def parents(self) -> tuple[Area, ...]:
        """The areas that tile grids must fill, in file or id order."""
        wanted = {grid.area for grid in self.grids if grid.layer == "tile"}
        return tuple(area for area in self.areas if area.code in wanted)

    def ancestors(self, code: str) -> tuple[Area, ...]:
        """The area of this code and everything above it, upwards."""
        chain: list[Area] = []
        area = self.area_by_code.get(code)
        while area is not None and area not in chain:
            chain.append(area)
            area = self.area_by_code.get(area.parent) if area.parent else None
        return tuple(chain)

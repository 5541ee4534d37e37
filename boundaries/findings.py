"""Findings: located results of a check, as data.

The kinds are one table, ``KINDS``; ``docs/contracts.md`` lists the same and a
test holds the two together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shapely.geometry.base import BaseGeometry

from geo.errors import Language

Severity = Literal["blocking", "advisory"]


@dataclass(frozen=True, slots=True)
class FindingKind:
    """A kind of finding with its severity and names."""

    code: str
    severity: Severity
    name_zh: str
    name_en: str


KINDS: dict[str, FindingKind] = {
    kind.code: kind
    for kind in (
        FindingKind("invalid_shape", "blocking", "图形无效", "Invalid shape"),
        FindingKind("multi_part", "blocking", "一格多块", "Grid in several pieces"),
        FindingKind("duplicate_code", "blocking", "编码重复", "Duplicate code"),
        FindingKind("duplicate_shape", "blocking", "图形重复", "Duplicate shape"),
        FindingKind("parent_missing", "blocking", "所属区域不存在", "Parent area missing"),
        FindingKind("gap", "blocking", "空白", "Gap"),
        FindingKind("overlap", "blocking", "重叠", "Overlap"),
        FindingKind("overshoot", "blocking", "越界", "Overshoot"),
        FindingKind("sliver", "blocking", "细缝", "Sliver"),
        FindingKind("dust", "advisory", "舍入残差", "Dust"),
        FindingKind("edge_mismatch", "advisory", "边界顶点不一致", "Edges do not match"),
        FindingKind("area_gap", "advisory", "区域空白", "Ground in no area"),
        FindingKind("area_overlap", "blocking", "区域重叠", "Areas overlap"),
        FindingKind("area_overshoot", "advisory", "区域越界", "Area outside its parent"),
        FindingKind("building_uncovered", "blocking", "楼栋未划入网格", "Building in no grid"),
        FindingKind("building_doubled", "blocking", "楼栋划入两格", "Building in two grids"),
        FindingKind("building_cut", "blocking", "楼栋被边界切割", "Building cut by a border"),
        FindingKind("compound_uncovered", "blocking", "小区未划入网格", "Compound in no grid"),
        FindingKind("compound_doubled", "blocking", "小区划入两格", "Compound in two grids"),
        FindingKind("compound_split", "advisory", "小区被边界分开", "Compound split by a border"),
        FindingKind("shop_undedicated", "advisory", "商铺无专属网格", "Shop with no dedicated grid"),
        FindingKind("mixed_management", "advisory", "商住混合管理", "Shops and homes managed mixed"),
        FindingKind("nobody_in_charge", "advisory", "无人负责", "Nobody in charge"),
        FindingKind("volunteers_missing", "advisory", "志愿者不足", "Too few volunteers"),
        FindingKind("extra_hand_needed", "advisory", "难管网格需增配人员", "Another hand needed"),
        FindingKind("outside_band", "advisory", "规模超出范围", "Outside the size band"),
        FindingKind("size_unknown", "advisory", "规模无法统计", "Size cannot be counted"),
    )
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One located result of a check.

    Attributes
    ----------
    kind : str
        A key of ``KINDS``.
    grids, premises : tuple of str
        Codes concerned, sorted; premises as ``building:CODE``, ``compound:CODE``, ``shop:CODE``,
        and beside them ``area:CODE`` where areas are what is wrong, or grids of several are.
    parent : str or None
        Code of the area in which it lies.
    area_m2, width_m : float or None
        Measures, where the finding has a face.
    value, limit : float or None
        What was counted and the threshold it broke (households, shops); of edges that do
        not match, their length in metres.
    geometry : shapely geometry or None
        The face or the thing, in the snapshot's coordinates.
    households : int
        Households of the buildings that lie in it.
    """

    kind: str
    grids: tuple[str, ...] = ()
    premises: tuple[str, ...] = ()
    parent: str | None = None
    area_m2: float | None = None
    width_m: float | None = None
    value: float | None = None
    limit: float | None = None
    geometry: BaseGeometry | None = None
    households: int = 0

    @property
    def severity(self) -> Severity:
        """Blocking or advisory, by kind."""
        return KINDS[self.kind].severity

    def name(self, language: Language) -> str:
        """The kind's name for people."""
        kind = KINDS[self.kind]
        return kind.name_zh if language == "zh" else kind.name_en


_NOUNS_ZH = {"area": "区域", "building": "楼栋", "compound": "小区", "shop": "商铺"}
_AREA = "area:"


def area_labels(codes: Iterable[str]) -> tuple[str, ...]:
    """Areas as they stand among the premises of a finding, sorted."""
    return tuple(f"{_AREA}{code}" for code in sorted(set(codes)) if code)


def areas_named(finding: Finding) -> tuple[str, ...]:
    """Codes of the areas among the premises of a finding."""
    return tuple(label.removeprefix(_AREA) for label in finding.premises if label.startswith(_AREA))


def premises_text(label: str, language: Language) -> str:
    """``building:12`` as people write it."""
    kind, _, code = label.partition(":")
    return f"{_NOUNS_ZH.get(kind, kind)} {code}" if language == "zh" else f"{kind} {code}"


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that must be dealt with before publishing."""
    return tuple(finding for finding in findings if finding.severity == "blocking")

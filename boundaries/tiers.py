"""Who may see and who may write which field: one table for HTTP, prints, exports and registers.

Tiers grow: *public* 公开, *internal* 内部, *restricted* 受限; who has a tier sees
everything below it too. Fields of a layer stand in the order of an export.

A field is kept by one department; whoever writes for departments writes only what these keep.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from boundaries.errors import BadInput
from geo.errors import Language

Tier = Literal["public", "internal", "restricted"]
Grade = Literal["general", "important", "core"]

TIERS: tuple[Tier, ...] = ("public", "internal", "restricted")

# Department -> what people call it.
DEPARTMENTS: dict[str, tuple[str, str]] = {
    "civil": ("民政", "civil affairs"),
    "governance": ("社会治理", "community governance"),
    "police": ("公安", "public security"),
    "housing": ("住建", "housing"),
    "market": ("市场监管", "market supervision"),
    "resources": ("自然资源", "natural resources"),
}


class Field(NamedTuple):
    """A field of a layer.

    Attributes
    ----------
    tier : Tier
        Who may see it.
    header : str
        What a column is headed: at most five Chinese characters, which a shapefile can hold.
    department : str
        Who keeps it: a key of ``DEPARTMENTS``.
    grade : {"general", "important", "core"}
        一般, 重要 or 核心, by the rules for grading data.
    """

    tier: Tier
    header: str
    department: str
    grade: Grade = "general"


# Layer -> field.
FIELDS: dict[str, dict[str, Field]] = {
    "areas": {
        "code": Field("public", "区域编码", "civil"),
        "name": Field("public", "区域名称", "civil"),
        "level": Field("public", "层级", "civil"),
        "parent": Field("public", "上级编码", "civil"),
    },
    "grids": {
        "code": Field("public", "网格编码", "governance"),
        "name": Field("public", "网格名称", "governance"),
        "parent": Field("public", "上级编码", "governance"),
        "kind": Field("public", "网格类型", "governance"),
        "layer": Field("public", "图层", "governance"),
        "honorary_name": Field("public", "荣誉名称", "governance"),
        "street_group": Field("public", "街道组", "governance"),
    },
    "parts": {
        "code": Field("public", "分段编码", "governance"),
        "name": Field("public", "分段名称", "governance"),
        "grid": Field("public", "网格编码", "governance"),
        "units": Field("public", "单元", "governance"),
        "floors": Field("public", "楼层", "governance"),
        "households": Field("internal", "户数", "governance"),
    },
    "buildings": {
        "code": Field("public", "楼栋编码", "police"),
        "number": Field("public", "楼栋号", "police"),
        "compound": Field("public", "小区名称", "housing"),
        "floors": Field("public", "楼层", "housing"),
        "entrances": Field("internal", "单元数", "police"),
        "dwellings": Field("internal", "套数", "police"),
        "households": Field("internal", "户数", "police"),
        "rented": Field("internal", "出租", "police"),
        "garages": Field("internal", "车库", "police"),
    },
    "compounds": {
        "code": Field("public", "小区编码", "housing"),
        "name": Field("public", "小区名称", "housing"),
        "property_managed": Field("internal", "物业管理", "housing"),
        "resettlement": Field("internal", "安置小区", "housing"),
    },
    "shops": {
        "code": Field("internal", "商铺编码", "market"),
        "name": Field("public", "店名", "market"),
        "door_number": Field("public", "门牌号", "market"),
        "credit_code": Field("internal", "信用代码", "market"),
        "street": Field("public", "路名", "market"),
        "side": Field("public", "街侧", "market"),
        "trade": Field("internal", "业态", "market"),
        "state": Field("internal", "经营状态", "market"),
        "contact": Field("restricted", "联系电话", "market"),
    },
    "streets": {"code": Field("public", "道路编码", "civil"), "name": Field("public", "道路名称", "civil")},
    "waters": {"code": Field("public", "水系编码", "resources"), "name": Field("public", "水系名称", "resources")},
    "walls": {"code": Field("public", "围墙编码", "resources")},
    "people": {
        "name": Field("public", "姓名", "governance"),
        "role": Field("public", "职务", "governance"),
        "target": Field("public", "网格编码", "governance"),
        # Below restricted a phone is given only where its owner has agreed to publish it.
        "phone": Field("public", "手机号", "governance"),
        "phone_published": Field("internal", "电话公开", "governance"),
        "standing": Field("internal", "身份", "governance"),
        "since": Field("internal", "任职日期", "governance"),
        "until": Field("internal", "离任日期", "governance"),
    },
    "assignments": {
        "premises_kind": Field("public", "对象", "governance"),
        "premises": Field("internal", "对象编码", "governance"),
        "grid": Field("public", "网格编码", "governance"),
        "method": Field("internal", "方法", "governance"),
        "reason": Field("internal", "理由", "governance"),
        "accepted_by": Field("internal", "确认人", "governance"),
    },
}


def sees(tier: Tier, wanted: Tier) -> bool:
    """Whether who has ``tier`` may see what is of tier ``wanted``."""
    return TIERS.index(tier) >= TIERS.index(wanted)


def visible_fields(layer: str, tier: Tier) -> tuple[str, ...]:
    """The fields of a layer that a tier may see, in order.

    Parameters
    ----------
    layer : str
        A key of ``FIELDS``.
    tier : Tier

    Returns
    -------
    tuple of str

    Raises
    ------
    KeyError
        If there is no such layer.
    """
    return tuple(name for name, field in FIELDS[layer].items() if sees(tier, field.tier))


def phone_for(tier: Tier, phone: str | None, *, is_published: bool) -> str | None:
    """A person's phone where the tier may see it: published, or restricted.

    Parameters
    ----------
    tier : Tier
    phone : str or None
    is_published : bool
        Whether its owner agreed to publish it.
    """
    return phone if is_published or sees(tier, "restricted") else None


def header(layer: str, field: str, language: Language) -> str:
    """What a column is headed: Chinese for people, the field's own name in English."""
    return FIELDS[layer][field].header if language == "zh" else field


def kept_by_others(layer: str, fields: Iterable[str], departments: frozenset[str] | None) -> tuple[str, ...]:
    """The fields that somebody may not write who writes for these departments.

    Parameters
    ----------
    layer : str
        A key of ``FIELDS``.
    fields : iterable of str
        What is to be written.
    departments : frozenset of str or None
        None for all.

    Returns
    -------
    tuple of str
        In the order of ``fields``.

    Raises
    ------
    KeyError
        If there is no such layer or field.
    """
    if departments is None:
        return ()
    return tuple(name for name in fields if FIELDS[layer][name].department not in departments)


def require_department(department: str | None) -> None:
    """Refuse a department that is none; None is all of them.

    Raises
    ------
    BadInput
        If it is not known.
    """
    if department is not None and department not in DEPARTMENTS:
        zh = "、".join(f"{code}({names[0]})" for code, names in DEPARTMENTS.items())
        raise BadInput(
            f"没有部门“{department}”。可用:{zh}。",
            f'There is no department "{department}". Known: {", ".join(DEPARTMENTS)}.',
        )

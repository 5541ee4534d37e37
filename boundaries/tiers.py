"""Who may see which field: one table for HTTP, prints and exports.

Tiers grow: *public* 公开, *internal* 内部, *restricted* 受限; who has a tier sees
everything below it too. Fields of a layer stand in the order of an export.
"""

from typing import Literal

from geo.errors import Language

Tier = Literal["public", "internal", "restricted"]

TIERS: tuple[Tier, ...] = ("public", "internal", "restricted")

# Layer -> field -> (tier, Chinese header of at most five characters, which a shapefile can hold).
FIELDS: dict[str, dict[str, tuple[Tier, str]]] = {
    "areas": {
        "code": ("public", "区域编码"),
        "name": ("public", "区域名称"),
        "level": ("public", "层级"),
        "parent": ("public", "上级编码"),
    },
    "grids": {
        "code": ("public", "网格编码"),
        "name": ("public", "网格名称"),
        "parent": ("public", "上级编码"),
        "kind": ("public", "网格类型"),
        "layer": ("public", "图层"),
        "honorary_name": ("public", "荣誉名称"),
        "street_group": ("public", "街道组"),
    },
    "parts": {
        "code": ("public", "分段编码"),
        "name": ("public", "分段名称"),
        "grid": ("public", "网格编码"),
        "units": ("public", "单元"),
        "floors": ("public", "楼层"),
        "households": ("internal", "户数"),
    },
    "buildings": {
        "code": ("public", "楼栋编码"),
        "number": ("public", "楼栋号"),
        "compound": ("public", "小区名称"),
        "floors": ("public", "楼层"),
        "entrances": ("internal", "单元数"),
        "dwellings": ("internal", "套数"),
        "households": ("internal", "户数"),
        "rented": ("internal", "出租"),
        "garages": ("internal", "车库"),
    },
    "compounds": {
        "code": ("public", "小区编码"),
        "name": ("public", "小区名称"),
        "property_managed": ("internal", "物业管理"),
        "resettlement": ("internal", "安置小区"),
    },
    "shops": {
        "code": ("internal", "商铺编码"),
        "name": ("public", "店名"),
        "door_number": ("public", "门牌号"),
        "credit_code": ("internal", "信用代码"),
        "street": ("public", "路名"),
        "side": ("public", "街侧"),
        "trade": ("internal", "业态"),
        "state": ("internal", "经营状态"),
        "contact": ("restricted", "联系电话"),
    },
    "streets": {"code": ("public", "道路编码"), "name": ("public", "道路名称")},
    "waters": {"code": ("public", "水系编码"), "name": ("public", "水系名称")},
    "walls": {"code": ("public", "围墙编码")},
    "people": {
        "name": ("public", "姓名"),
        "role": ("public", "职务"),
        "target": ("public", "网格编码"),
        # Below restricted a phone is given only where its owner has agreed to publish it.
        "phone": ("public", "手机号"),
        "phone_published": ("internal", "电话公开"),
        "standing": ("internal", "身份"),
        "since": ("internal", "任职日期"),
        "until": ("internal", "离任日期"),
    },
    "assignments": {
        "premises_kind": ("public", "对象"),
        "premises": ("internal", "对象编码"),
        "grid": ("public", "网格编码"),
        "method": ("internal", "方法"),
        "reason": ("internal", "理由"),
        "accepted_by": ("internal", "确认人"),
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
    return tuple(field for field, (wanted, _) in FIELDS[layer].items() if sees(tier, wanted))


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
    return FIELDS[layer][field][1] if language == "zh" else field

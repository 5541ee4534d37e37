"""Codes of the plan as the words that office people use; ``load`` reads the same words back."""

from collections.abc import Mapping
from typing import Any

from boundaries.snapshot import Snapshot
from geo.errors import Language

_LAYER_NAMES: dict[str, tuple[str, str]] = {
    "areas": ("区域", "areas"),
    "grids": ("微网格", "micro-grids"),
    "parts": ("高层分段", "parts of towers"),
    "buildings": ("楼栋", "buildings"),
    "compounds": ("小区", "compounds"),
    "shops": ("商铺", "shops"),
    "streets": ("道路", "streets"),
    "waters": ("水系", "water"),
    "walls": ("围墙", "walls"),
    "people": ("人员", "people"),
    "assignments": ("归属", "assignments"),
}
_YES_NO = {True: "是", False: "否"}
_WORDS: dict[tuple[str, str], Mapping[str, str]] = {
    ("grids", "layer"): {"tile": "平铺", "overlay": "叠加"},
    ("shops", "side"): {"left": "左侧", "right": "右侧"},
    ("shops", "state"): {"open": "营业", "vacant": "空置", "closed": "停业"},
    ("assignments", "premises_kind"): {"building": "楼栋", "compound": "小区", "shop": "商铺"},
    ("assignments", "method"): {
        "containment": "位于网格内",
        "largest_share": "占比最大",
        "longest_border": "共边最长",
        "street_side": "同街同侧",
        "along_street": "沿街最近",
        "locality": "属地兜底",
        "nearest": "距离最近",
    },
}


def layer_name(layer: str, language: Language) -> str:
    """What people call a layer."""
    zh, en = _LAYER_NAMES[layer]
    return zh if language == "zh" else en


def words_of(layer: str, field: str, snapshot: Snapshot) -> Mapping[str, str]:
    """Code -> word for a field of a layer; empty where its values are no codes."""
    if (layer, field) == ("areas", "level"):
        return {level.code: level.name_zh for level in snapshot.levels}
    if (layer, field) == ("grids", "kind"):
        return {kind.code: kind.name_zh for kind in snapshot.kinds}
    if (layer, field) == ("people", "role"):
        return {role.code: role.name_zh for role in snapshot.roles}
    return _WORDS.get((layer, field), {})


def spoken(value: Any, words: Mapping[str, str]) -> Any:  # Any: whatever a field may hold
    """A value as people write it: a word for a code, 是 or 否, anything else as it is."""
    if isinstance(value, bool):
        return _YES_NO[value]
    return words.get(value, value) if isinstance(value, str) else value

"""Which header stands for which field: one table that anyone can extend.

A header matches whatever its case, spaces, brackets and marks. ``--column
name=header`` names one by hand; a TOML or JSON file adds synonyms for good::

    [buildings]
    households = ["常住户数"]
"""

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from boundaries.errors import BadInput

Synonyms = Mapping[str, Mapping[str, tuple[str, ...]]]

_X = ("经度", "x", "lon", "lng", "longitude", "x坐标", "横坐标", "东坐标", "easting", "坐标x", "经度x")
_Y = ("纬度", "y", "lat", "latitude", "y坐标", "纵坐标", "北坐标", "northing", "坐标y", "纬度y")
_PLACE = {"x": _X, "y": _Y, "wkt": ("wkt", "geometry", "geom", "the_geom", "图形", "几何")}
_GRID_CODE = (
    "网格编码",
    "微网格编码",
    "微网格编号",
    "网格编号",
    "网格代码",
    "网格号",
    "grid_code",
    "micro_grid",
    "grid",
)

# Per layer: field -> headers, the likeliest first. The order of fields decides who
# takes a header that two could claim.
HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    "areas": {
        "code": ("区域编码", "社区编码", "街道编码", "网格编码", "区划代码", "行政区划代码", "编码", "代码", "编号",
                 "area_code", "code", "villcode", "towncode", "geoid", "geoid10", "osm_id", "id"),
        "name": ("区域名称", "社区名称", "街道名称", "网格名称", "名称", "社区", "街道", "村", "村社区", "镇街",
                 "area_name", "name", "villname", "townname", "name10"),
        "level": ("层级", "级别", "区域层级", "level"),
        "parent": ("上级编码", "上级区域", "上级", "上级代码", "所属区域", "所属街道", "所属社区",
                   "parent_code", "parent", "街道", "镇街"),
    },
    "grids": {
        "code": (*_GRID_CODE, "编码", "代码", "编号", "code", "villcode", "codebase", "precid", "vtdst", "geoid",
                 "geoid10", "osm_id", "id"),
        "name": ("网格名称", "微网格名称", "名称", "grid_name", "name", "villname", "name10"),
        "parent": ("上级编码", "所属区域编码", "所属社区编码", "社区编码", "上级网格编码", "综合网格编码",
                   "上级区域", "上级", "所属综合网格", "综合网格", "所属社区", "社区", "area", "area_code",
                   "parent", "parent_code"),
        "kind": ("网格类型", "类型", "类别", "kind"),
        "layer": ("图层", "层", "layer"),
        "honorary_name": ("荣誉名称", "冠名", "honorary_name"),
        "street_group": ("街道组", "沿街组", "路段组", "street_group"),
    },
    "parts": {
        "code": ("分段编码", "分段编号", "part_code", "编码", "编号", "code"),
        "name": ("分段名称", "part_name", "名称", "name"),
        "grid": ("所属网格", "所属网格编码", *_GRID_CODE),
        "units": ("单元", "单元号", "units", "unit"),
        "floors": ("楼层", "层", "floors"),
        "households": ("户数", "households"),
    },
    "buildings": {
        "code": ("楼栋编码", "楼栋代码", "建筑编码", "编码", "代码", "building_code", "code", "osm_id", "id"),
        "number": ("楼栋号", "幢", "幢号", "栋", "栋号", "楼号", "楼栋", "楼栋名称", "number", "addr_housenumber",
                   "名称", "name"),
        "compound": ("小区名称", "小区", "所属小区", "小区编码", "compound"),
        "floors": ("楼层", "楼层数", "层数", "总层数", "floors", "building_levels", "building:levels"),
        "entrances": ("单元数", "单元", "entrances"),
        "dwellings": ("套数", "总套数", "房屋套数", "dwellings"),
        "households": ("户数", "总户数", "住户数", "households"),
        "rented": ("出租", "出租户数", "出租套数", "rented"),
        "garages": ("车库", "车库出租", "车库户数", "garages"),
    },
    "compounds": {
        "code": ("小区编码", "小区代码", "编码", "代码", "compound_code", "code", "osm_id", "id"),
        "name": ("小区名称", "小区", "名称", "compound_name", "name"),
        "property_managed": ("物业管理", "有无物业", "物业", "property_managed"),
        "resettlement": ("安置小区", "拆迁安置", "安置", "resettlement"),
    },
    "shops": {
        "code": ("商铺编码", "商铺编号", "编码", "代码", "shop_code", "code", "osm_id", "id"),
        "name": ("店名", "商铺名称", "店铺名称", "单位名称", "招牌名称", "名称", "shop_name", "name"),
        "door_number": ("门牌号", "门牌", "门牌号码", "door_number", "addr_housenumber"),
        "credit_code": ("统一社会信用代码", "社会信用代码", "信用代码", "credit_code"),
        "street": ("路名", "道路", "街路", "所在道路", "沿街道路", "所在街道", "街道", "street", "addr_street"),
        "side": ("街侧", "路侧", "side"),
        "trade": ("业态", "经营类型", "行业", "类型", "经营范围", "trade", "shop", "amenity"),
        "state": ("经营状态", "状态", "营业状态", "state"),
        "contact": ("联系电话", "经营者电话", "负责人电话", "手机号", "电话", "contact"),
    },
    "streets": {
        "code": ("道路编码", "路段编码", "编码", "代码", "street_code", "code", "osm_id", "id"),
        "name": ("道路名称", "路名", "街道名称", "街路名称", "名称", "street_name", "name"),
    },
    "waters": {
        "code": ("水系编码", "编码", "代码", "code", "osm_id", "id"),
        "name": ("水系名称", "河流名称", "名称", "name"),
    },
    "walls": {"code": ("围墙编码", "编码", "代码", "code", "osm_id", "id")},
    "people": {
        "name": ("姓名", "负责人", "人员姓名", "name"),
        "role": ("职务", "岗位", "角色", "人员类型", "role"),
        "target": ("所属网格", "所属网格编码", *_GRID_CODE, "分段编码", "区域编码", "社区编码", "target",
                   "微网格", "网格名称"),
        "phone": ("手机号", "手机号码", "联系电话", "电话", "联系方式", "phone"),
        "phone_published": ("电话公开", "是否公开", "公开电话", "公开", "phone_published"),
        "standing": ("身份", "人员身份", "政治身份", "standing"),
        "since": ("任职日期", "开始日期", "起始日期", "上岗日期", "since"),
        "until": ("离任日期", "结束日期", "截止日期", "until"),
        "liaison": ("联络员", "微网格联络员", "微网格员", "微网格长", "liaison"),
        "full_time": ("专职网格员", "网格员", "full_time"),
        "chief": ("网格长", "综合网格长", "chief"),
    },
}  # fmt: skip
for _layer in ("areas", "grids", "buildings", "compounds", "shops", "streets", "waters", "walls"):
    HEADERS[_layer] |= _PLACE

LAYERS: tuple[str, ...] = tuple(HEADERS)


@lru_cache(maxsize=8192)
def normal_form(header: str) -> str:
    """A header without case, spaces, bracketed units and marks."""
    text = unicodedata.normalize("NFKC", header).casefold()
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]", "", text) or text
    return re.sub(r"[\s*:\-_.、,/\"'#]+", "", text)


def known_headers(extra: Synonyms | None = None) -> frozenset[str]:
    """Every header of every layer, in normal form."""
    tables = [HEADERS, extra or {}]
    return frozenset(
        normal_form(header)
        for table in tables
        for fields in table.values()
        for names in fields.values()
        for header in names
    )


def read_synonyms(path: Path) -> Synonyms:
    """Read an office's own headers from a TOML or JSON file.

    Parameters
    ----------
    path : Path
        ``{layer: {field: header or [headers]}}``.

    Returns
    -------
    mapping
        Layer -> field -> headers.

    Raises
    ------
    BadInput
        If the file cannot be read or names a layer or field that does not exist.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadInput(
            f"读不出表头对照文件 {path}:{error}。请检查文件格式(TOML 或 JSON)。",
            f"The table of headers {path} cannot be read: {error}. Check that it is TOML or JSON.",
        ) from error
    result: dict[str, dict[str, tuple[str, ...]]] = {}
    for layer, fields in raw.items():
        for field, names in dict(fields).items():
            _require_field(layer, field)
            headers = (names,) if isinstance(names, str) else tuple(str(name) for name in names)
            result.setdefault(layer, {})[field] = headers
    return result


def _require_field(layer: str, field: str) -> None:
    if layer not in HEADERS or field not in HEADERS[layer]:
        known = ", ".join(HEADERS.get(layer, HEADERS))
        raise BadInput(
            f"没有字段“{layer}.{field}”。可用的有:{known}。",
            f'There is no field "{layer}.{field}". Known are: {known}.',
        )


def recognise(
    layer: str,
    columns: Iterable[str],
    *,
    named: Mapping[str, str] | None = None,
    extra: Synonyms | None = None,
) -> dict[str, str]:
    """Say which column holds which field.

    Parameters
    ----------
    layer : str
        A key of ``HEADERS``.
    columns : iterable of str
        The file's own headers.
    named : mapping, optional
        Field -> header, given by hand; wins over everything.
    extra : mapping, optional
        An office's own synonyms, tried before the built-in ones.

    Returns
    -------
    dict
        Field -> column; fields without a column are left out.

    Raises
    ------
    BadInput
        If ``named`` names a field or a column that does not exist.
    """
    headers = list(columns)
    by_form: dict[str, str] = {}
    for header in headers:
        by_form.setdefault(normal_form(header), header)
    found: dict[str, str] = {}
    for field, header in (named or {}).items():
        _require_field(layer, field)
        column = header if header in headers else by_form.get(normal_form(header))
        if column is None:
            raise BadInput(
                f"文件里没有“{header}”列(--column {field}={header})。现有的列:{'、'.join(headers)}。",
                f'The file has no column "{header}" (--column {field}={header}). It has: {", ".join(headers)}.',
            )
        found[field] = column
    taken = set(found.values())
    own = (extra or {}).get(layer, {})
    for field, names in HEADERS[layer].items():
        for header in (*own.get(field, ()), *names):
            column = by_form.get(normal_form(header))
            if field not in found and column is not None and column not in taken:
                found[field] = column
                taken.add(column)
    return found

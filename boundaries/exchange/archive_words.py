"""What the archive of a generation says about itself, for who opens it in ten years."""

from collections.abc import Sequence
from datetime import date

from boundaries.lifecycle import Generation
from boundaries.snapshot import Snapshot
from boundaries.tiers import Tier

README, SHEETS = "README.txt", "图纸"
_TIERS: dict[Tier, str] = {"public": "公开", "internal": "内部", "restricted": "受限"}

_TEXT = """微网格区划归档:区划第 {number} 版
================================

发布时间:{published_at:%Y-%m-%d %H:%M}(UTC)
台账日期:{day}(责任人、商铺、户数按这一天)
可见级别:{tier}
区域 {areas} 个,微网格 {grids} 个。

文件
----
区划.gpkg        全部图层(OGC GeoPackage)。QGIS、ArcGIS、GDAL 均可打开。
                 坐标系 EPSG:4490(CGCS2000 经纬度,单位度),坐标取 9 位小数,原样保存。
登记表.xlsx      每个微网格一行:编码、名称、类型、社区、户数、楼栋、商铺数、面积、责任人、四至。
全覆盖证明.json  证明各区域的微网格不重不漏地填满该区域;可用区划.gpkg 中的区域和微网格自行核对:
                 microgrid check "区划.gpkg|layername=微网格" --parents "区划.gpkg|layername=区域"
                 --certificate 全覆盖证明.json
图纸/            每个社区一张网格图(PDF),文件名是社区编码。
变更对照.gpkg    (如有)与上一次归档相比的变化:调整前、调整后、划转、新设、撤销。
变更登记表.xlsx  (如有)有变化的微网格,每个一行,并注明变化。
变更对照.json    (如有)同样的内容,供程序读取;codes 是旧编码到新编码的对照表。
manifest.json    本归档的清单:每个文件的大小和 SHA-256。
SHA256SUMS       同样的摘要;在本文件夹中运行 sha256sum -c SHA256SUMS 即可核对。
{left_out}
编码一律是文本。“微网格”是社区治理单元(30-100 户),与电网无关。
"""
_LEFT_OUT = """
未收录的图层:{names}。同时含有楼栋、道路和网格且范围超过 25 平方公里的数据属于受限级别,
本归档的级别较低。需要时请以受限级别重新归档。
"""


def readme(plan: Snapshot, generation: Generation, left_out: Sequence[str], *, day: date, tier: Tier) -> str:
    """The text of ``README.txt``.

    Parameters
    ----------
    plan : Snapshot
    generation : Generation
    left_out : sequence of str
        Names of layers that the tier may not see together.
    day : date
        For which the registers were read.
    tier : Tier
    """
    return _TEXT.format(
        number=generation.number,
        published_at=generation.published_at,
        day=day.isoformat(),
        tier=_TIERS[tier],
        areas=len(plan.areas),
        grids=len(plan.grids),
        left_out=_LEFT_OUT.format(names="、".join(left_out)) if left_out else "",
    )

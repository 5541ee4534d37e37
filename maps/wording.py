"""Every word that a sheet or a map page says by itself, in both languages."""

from geo.errors import Language

_WORDS: dict[str, tuple[str, str]] = {
    "sheet_title": ("{}微网格划分区域图", "{} – Micro-grid division"),
    "map_title": ("微网格电子地图", "Micro-grid map"),
    "grids": ("微网格 {} 个", "{} micro-grids"),
    "buildings": ("楼栋 {} 栋", "{} buildings"),
    "households": ("住户 {} 户", "{} households"),
    "shops": ("商铺 {} 家", "{} shops"),
    "table": ("微网格一览表", "Micro-grids and people in charge"),
    "table_more": ("微网格一览表(续)", "Micro-grids (continued)"),
    "other_grids": ("其他微网格", "Other micro-grids"),
    "continued": ("(续表见第 {} 页)", " (continued on page {})"),
    "code": ("编号", "No."),
    "name": ("网格名称", "Name"),
    "building_count": ("楼栋", "Bldgs"),
    "household_count": ("户数", "Hhs"),
    "person": ("联络员", "Liaison"),
    "phone": ("联系电话", "Phone"),
    "shop_list": ("沿街商铺一览表", "Shops"),
    "shop_number": ("图号", "No."),
    "shop_name": ("店名", "Shop"),
    "shop_street": ("街道", "Street"),
    "shop_door": ("门牌", "Door"),
    "shop_grid": ("所属网格", "Grid"),
    "legend": ("图例", "Legend"),
    "legend_outline": ("本图范围界线", "Boundary of this sheet"),
    "legend_composite": ("综合网格界线", "Composite grid border"),
    "legend_grid": ("微网格界线", "Micro-grid border"),
    "legend_fill": ("微网格(四色仅作区分)", "Micro-grids (colours only tell apart)"),
    "legend_dedicated": ("专属微网格", "Dedicated micro-grid"),
    "legend_plate": ("网格编号", "Micro-grid number"),
    "legend_building": ("楼栋及楼号", "Building and number"),
    "legend_building_plain": ("楼栋", "Building"),
    "legend_shop": ("商铺及图号", "Shop and its number"),
    "legend_shop_plain": ("商铺", "Shop"),
    "legend_street": ("道路及名称", "Street and name"),
    "legend_water": ("水域", "Water"),
    "legend_wall": ("围墙", "Wall"),
    "legend_compound": ("小区范围及名称", "Compound and name"),
    "legend_neighbour": ("相邻区域", "Neighbouring area"),
    "overview": ("位置示意图", "Where this is"),
    "north": ("北", "N"),
    "scale": ("比例尺 {}", "Scale {}"),
    "metres": ("米", "m"),
    "kilometres": ("千米", "km"),
    "publisher": ("编制单位:{}", "Issued by: {}"),
    "date": ("制图日期:{}", "Date: {}"),
    "generation": ("数据版本:{}", "Data: {}"),
    "crs": ("坐标系:{}", "Coordinates: {}"),
    "prefix": ("网格编码 = {} + 图上编号{}", "Full code = {} + number on the map{}"),
    "review": ("审图号:{}", "Review number: {}"),
    "page": ("第 {} 页 共 {} 页", "Page {} of {}"),
    "disclaimer": (
        "本图界线为基层治理管理范围,不作权属划界依据",
        "Borders show areas of grassroots management; they are no evidence of ownership",
    ),
    "date_format": ("{0}年{1}月{2}日", "{0}-{1:02d}-{2:02d}"),
    "meridian": ("CGCS2000 高斯-克吕格 3° 带(中央经线 {}°)", "CGCS2000 Gauss-Krüger 3° (CM {}°)"),
    "nobody": ("—", "—"),
    "shops_short": ("{} 铺", "{} sh."),
    "list_separator": ("、", ", "),
    "all_areas": ("全域", "Whole area"),
    "layer_areas": ("区域", "Areas"),
    "layer_grids": ("微网格", "Micro-grids"),
    "layer_buildings": ("楼栋", "Buildings"),
    "layer_shops": ("商铺", "Shops"),
    "layer_streets": ("道路", "Streets"),
    "layer_waters": ("水域", "Water"),
    "layer_finding": ("问题:{}({} 处)", "Finding: {} ({})"),
    "area": ("所属区域", "Area"),
    "kind": ("类型", "Kind"),
    "full_code": ("编码", "Code"),
    "severity": ("等级", "Severity"),
    "blocking": ("必须处理", "Blocking"),
    "advisory": ("建议处理", "Advisory"),
    "concerns": ("涉及", "Concerns"),
    "area_m2": ("面积(平方米)", "Area (m²)"),
    "number": ("楼号", "Number"),
    "no_findings": ("没有发现问题", "No findings"),
}


def word(key: str, language: Language, *values: object) -> str:
    """One phrase, with its blanks filled.

    Parameters
    ----------
    key : str
        Its name in the table.
    language : {"zh", "en"}
    *values : object
        What goes into its blanks, in order.
    """
    text = _WORDS[key][0 if language == "zh" else 1]
    return text.format(*values) if values else text

"""Names, phone numbers and codes that the demo town invents.

Nothing here names a real person or neighbourhood. Phone numbers begin with 108,
which no carrier gives out; credit codes carry right check digits over a body
that no registry issues.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

TOWN = "青禾镇"
COUNTY_CODE = "321081"
TOWN_CODE = COUNTY_CODE + "199"
COMMUNITIES = ("桂坊社区", "仓桥社区", "柳岸社区")
RIVER = "沐溪河"
MARKET = "仓桥农贸市场"
SCHOOL = "青禾实验小学"

DIGITS_ZH = ("一", "二", "三", "四", "五", "六", "七", "八")

SLAB_COMPOUNDS = (
    "锦澜花园",
    "桂语新村",
    "翠棠小区",
    "杏雨苑",
    "枫荷家园",
    "竹溪新村",
    "晴川雅苑",
    "梧桐里小区",
    "云锦花园",
    "玉兰新村",
    "荷塘小区",
    "秋实苑",
    "春申家园",
    "松风小区",
    "芳甸花园",
    "听橹苑",
    "蓼汀新村",
    "禾香小区",
)
TOWER_COMPOUNDS = ("沐溪云庭", "澜桥公馆", "青禾天宸")
RESETTLEMENT_COMPOUNDS = ("青禾新苑一区", "青禾新苑二区")
SMALL_COMPOUNDS = ("农机厂宿舍", "粮管所家属院", "电厂小院", "丝织厂宿舍")
OLD_STREETS = ("晒布巷", "油坊弄", "铁匠巷")

_SURNAMES = "陈王李张刘周吴徐孙朱马胡郭林何高梁郑谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜"
_GIVEN = "安柏昌诚春德恩芳桂国海和宏华嘉建静娟军兰丽林玲梅敏明宁萍琴青荣瑞珊生淑涛婷文霞祥欣雅燕怡英永玉云珍志"

_SHOP_FIRST = (
    "阿珍",
    "老槐",
    "顺和",
    "满庭",
    "福禾",
    "小巷",
    "晨露",
    "百味",
    "同兴",
    "禾丰",
    "巧手",
    "三味",
    "喜乐",
    "渡口",
    "桂香",
    "青石",
    "鑫源",
    "乐邻",
    "一品",
    "家家",
    "红杏",
    "南风",
    "永盛",
    "德记",
    "好邻居",
    "金穗",
    "明远",
    "稻花",
    "吉祥",
    "四季",
)


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade, and how a shop of it calls itself."""

    name: str
    suffixes: tuple[str, ...]


TRADES = (
    Trade("餐饮", ("面馆", "小吃", "饭店", "包子铺", "馄饨店", "火锅店")),
    Trade("百货零售", ("超市", "便利店", "百货", "烟酒店")),
    Trade("生鲜", ("鲜果行", "蔬菜店", "水产行", "肉铺")),
    Trade("美容美发", ("理发店", "美发", "美甲店")),
    Trade("五金建材", ("五金", "灯具店", "窗帘店", "门窗店")),
    Trade("服装鞋帽", ("服饰", "鞋店", "童装", "裁缝铺")),
    Trade("医药健康", ("药房", "诊所", "推拿馆", "眼镜店")),
    Trade("文化教育", ("文具店", "书店", "打印社", "琴行")),
    Trade("修理服务", ("电动车行", "家电维修", "手机店", "干洗店")),
    Trade("居民服务", ("房产中介", "快递驿站", "茶室", "花店", "宠物店")),
)

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BODY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def person_names(rng: np.random.Generator) -> Iterator[str]:
    """Endless invented names, none twice."""
    seen: set[str] = set()
    while True:
        surname = _SURNAMES[rng.integers(len(_SURNAMES))]
        length = 2 if rng.random() < 0.8 else 1
        name = surname + "".join(_GIVEN[i] for i in rng.integers(len(_GIVEN), size=length))
        if name not in seen and not (length == 2 and name[1] == name[2]):
            seen.add(name)
            yield name


def phones(first: int) -> Iterator[str]:
    """Phone numbers of eleven digits that no carrier can have given out."""
    number = first
    while True:
        yield f"1080000{number:04d}"
        number += 1


def shop_names(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Endless (name, trade) of shops, none twice."""
    seen: set[str] = set()
    while True:
        first = _SHOP_FIRST[rng.integers(len(_SHOP_FIRST))]
        trade = TRADES[rng.integers(len(TRADES))]
        name = first + trade.suffixes[rng.integers(len(trade.suffixes))]
        if name not in seen:
            seen.add(name)
            yield name, trade.name


def credit_code(number: int) -> str:
    """A well-formed 统一社会信用代码 (GB 32100) of a sole trader that does not exist.

    Parameters
    ----------
    number : int
        Running number, 0 to 999,999.

    Returns
    -------
    str
        18 characters; both check characters are right.
    """
    body = f"YY{number:06d}"
    total = sum(weight * _BODY_ALPHABET.index(char) for weight, char in zip(_BODY_WEIGHTS, body, strict=True))
    check = (11 - total % 11) % 11
    first = "92" + COUNTY_CODE + body + ("X" if check == 10 else str(check))
    weighted = sum(pow(3, place, 31) * _CREDIT_ALPHABET.index(char) for place, char in enumerate(first))
    return first + _CREDIT_ALPHABET[(31 - weighted % 31) % 31]

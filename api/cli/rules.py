"""Options that set the rules of a check or of a proposal."""

from typing import Annotated

import typer

from api.cli import context
from boundaries.errors import BadInput
from boundaries.rules import Rules

MinUnits = Annotated[
    int | None, typer.Option("--min", metavar="N", min=0, help="网格最少户数,默认 30 / fewest units of a grid")
]
MaxUnits = Annotated[
    int | None, typer.Option("--max", metavar="N", min=1, help="网格最多户数,默认 100 / most units of a grid")
]
SliverWidth = Annotated[
    float | None,
    typer.Option("--sliver-width", metavar="M", min=0, help="窄于此为细缝,默认 0.3 米 / metres; narrower is a sliver"),
]
MixedShops = Annotated[
    int | None,
    typer.Option("--mixed-shops", metavar="N", min=1, help="商住混合的商铺数,默认 5 / shops that make a grid mixed"),
]
ShopUnits = Annotated[
    list[str] | None,
    typer.Option(
        "--shop-units", metavar="KIND=N", help="一家商铺折合户数,按网格类型 / units of a shop, by kind of grid"
    ),
]

MinVolunteers = Annotated[
    int | None,
    typer.Option(
        "--min-volunteers", metavar="N", min=0, help="网格最少志愿者,默认 2,0 不查 / fewest volunteers, 0 for none"
    ),
]
RentedShare = Annotated[
    float | None,
    typer.Option(
        "--rented-share", metavar="S", min=0, max=1, help="出租户多的界限,默认 0.4 / share of many rented homes"
    ),
]


def make_rules(
    *,
    min_units: int | None = None,
    max_units: int | None = None,
    sliver_width_m: float | None = None,
    mixed_shops: int | None = None,
    shop_units: list[str] | None = None,
    min_volunteers: int | None = None,
    rented_share: float | None = None,
) -> Rules:
    """The rules with what the caller sets.

    Raises
    ------
    BadInput
        If the band is empty, or a factor is no number.
    """
    plain = Rules()
    low = plain.min_households if min_units is None else min_units
    high = plain.max_households if max_units is None else max_units
    if low > high:
        raise BadInput(
            f"--min {low} 大于 --max {high}。请改正其中一个。",
            f"--min {low} is above --max {high}. Correct one of them.",
        )
    return Rules(
        min_households=low,
        target_households=min(max(plain.target_households, low), high),
        max_households=high,
        sliver_width_m=plain.sliver_width_m if sliver_width_m is None else sliver_width_m,
        mixed_shops=plain.mixed_shops if mixed_shops is None else mixed_shops,
        shop_units=dict(_factor(text) for text in shop_units or ()),
        min_volunteers=plain.min_volunteers if min_volunteers is None else min_volunteers,
        rented_share=plain.rented_share if rented_share is None else rented_share,
        day=context.today(),
    )


def _factor(text: str) -> tuple[str, float]:
    kind, _, number = text.partition("=")
    try:
        factor = float(number)
    except ValueError:
        factor = -1.0
    if not kind or factor < 0:
        raise BadInput(
            f"--shop-units {text} 写法不对。应为 类型=数,例如 commercial=1。",
            f"--shop-units {text} is not understood. Write KIND=NUMBER, for example commercial=1.",
        )
    return kind, factor

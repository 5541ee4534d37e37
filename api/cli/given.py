"""Options that several verbs take, and what they may be."""

from typing import TYPE_CHECKING, Annotated

import typer

from boundaries.errors import BadInput
from boundaries.tiers import TIERS

if TYPE_CHECKING:
    from boundaries.tiers import Tier

TierName = Annotated[
    str, typer.Option("--tier", metavar="TIER", help="可见级别:public internal restricted / who will see it")
]


def given_tier(text: str) -> "Tier":
    """The tier of this name.

    Raises
    ------
    BadInput
        If there is none.
    """
    for tier in TIERS:
        if text == tier:
            return tier
    raise BadInput(f"没有级别“{text}”。可用:{'、'.join(TIERS)}。", f'No tier "{text}". Known: {", ".join(TIERS)}.')

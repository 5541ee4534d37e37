"""What pay is worked out from: targets, what is counted in them, who is in charge, rates and factors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from boundaries.quarters import Days

AreaChain = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A grid without parts, or a part, as one generation has it.

    Attributes
    ----------
    target : str
        Its code.
    kind : str
        Kind of the grid.
    areas : tuple of (str, str, str)
        Code, level and name of its area and of those above, upwards.
    during : Days
    """

    target: str
    kind: str
    areas: AreaChain
    during: Days


@dataclass(frozen=True, slots=True)
class Counted:
    """Something of a target over some days: homes, or one open shop.

    ``households`` is None for homes that nobody counted.
    """

    target: str
    during: Days
    households: int | None = 0
    shops: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """Somebody in charge of a target; ``person`` tells one from another of the same name."""

    person: int
    name: str
    target: str
    during: Days


@dataclass(frozen=True, slots=True)
class Rate:
    """What a unit is worth in a year, for one area and all below it, or for areas of a level.

    ``name_ending`` narrows a level to areas whose name ends so; empty takes all.
    """

    yearly: Decimal
    during: Days
    area: str | None = None
    level: str | None = None
    name_ending: str = ""


@dataclass(frozen=True, slots=True)
class Factor:
    """Units that an open shop counts for in a kind of grid."""

    kind: str
    units: Decimal
    during: Days


def rate_on(rates: Iterable[Rate], areas: Sequence[tuple[str, str, str]], day: date) -> Decimal | None:
    """The yearly rate of a unit on a day.

    Going upwards, the first area with a rate decides: its own before one of its level,
    and of those of a level the one with the longest ending that its name has.

    Parameters
    ----------
    rates : iterable of Rate
    areas : sequence of (str, str, str)
        Code, level and name, upwards.
    day : date
    """
    holding = [rate for rate in rates if day in rate.during]
    for code, level, name in areas:
        own = [rate for rate in holding if rate.area == code]
        own = own or [rate for rate in holding if rate.level == level and name.endswith(rate.name_ending)]
        if own:
            return max(own, key=lambda rate: len(rate.name_ending)).yearly
    return None

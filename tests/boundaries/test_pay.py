"""Pay against cases worked out by hand, and what must hold for all."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.errors import BadInput
from boundaries.pay import Pay, compute, to_cents
from boundaries.pay_facts import Counted, Factor, Held, Rate, Term
from boundaries.quarters import Days, Quarter

Q1 = Quarter(2026, 1)  # 90 days
ALWAYS = Days(date(2000, 1, 1), date.max)
AREAS = (("C1", "community", "锦绣社区"), ("T1", "town", "真州镇"))
VILLAGE = (("C2", "community", "王庄村"), ("T1", "town", "真州镇"))
RATES = (
    Rate(Decimal(40), ALWAYS, level="community"),
    Rate(Decimal(20), ALWAYS, level="community", name_ending="村"),
)


def days(first: str, end: str) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(end))


def grid(code: str = "G1", kind: str = "residential", areas=AREAS, during: Days = ALWAYS) -> Held:
    return Held(code, kind, areas, during)


def homes(households: int | None, during: Days = ALWAYS, target: str = "G1") -> Counted:
    return Counted(target, during, households)


def term(person: int = 1, during: Days = ALWAYS, target: str = "G1") -> Term:
    return Term(person, f"某{person}", target, during)


USUAL = {"held": (grid(),), "counted": (homes(60),), "terms": (term(),), "rates": RATES, "factors": ()}


def pay(**changes) -> Pay:
    return compute(Q1, **(USUAL | changes))


def paid(found: Pay) -> dict[int, Decimal]:
    return {one.person: one.rounded for one in found.sums}


def test_a_quarter_of_a_community_and_of_a_village() -> None:
    # 60 households x 40 / 4 and x 20 / 4.
    assert paid(pay()) == {1: Decimal("600.00")}
    assert paid(pay(held=[grid(areas=VILLAGE)])) == {1: Decimal("300.00")}


def test_who_changes_within_the_quarter_is_paid_by_days() -> None:
    found = pay(terms=[term(1, days("2025-05-01", "2026-02-11")), term(2, days("2026-02-11", "2030-01-01"))])
    # 41 of 90 days and 49 of 90 days of 600: 273.333..., 326.666...
    assert [(line.person, len(line.during)) for line in found.lines] == [(1, 41), (2, 49)]
    assert paid(found) == {1: Decimal("273.33"), 2: Decimal("326.67")}
    assert [one.difference for one in found.sums] == [Fraction(-1, 300), Fraction(1, 300)]
    assert sum(one.exact for one in found.sums) == 600


def test_a_count_that_changes_counts_from_its_day() -> None:
    found = pay(counted=[homes(60, days("2020-01-01", "2026-03-01")), homes(90, days("2026-03-01", "2030-01-01"))])
    # 59 days of 600 and 31 days of 900.
    assert found.sums[0].exact == Fraction(59, 90) * 600 + Fraction(31, 90) * 900
    assert [(line.households, len(line.during)) for line in found.lines] == [(60, 59), (90, 31)]


def test_a_generation_that_changes_counts_from_its_day() -> None:
    first, second = days("2025-06-01", "2026-02-01"), days("2026-02-01", "2030-01-01")
    found = pay(
        held=[grid(during=first), grid(during=second), grid("G2", during=second)],
        counted=[homes(60, first), homes(40, second), homes(20, second, "G2")],
        terms=[term(), term(2, second, "G2")],
    )
    # 31 days with 60 households, 59 with 40; the second grid 59 days with 20.
    assert found.sums[0].exact == Fraction(31 * 600 + 59 * 400, 90)
    assert found.sums[1].exact == Fraction(59 * 200, 90)


def test_what_changed_nothing_parts_no_line() -> None:
    first, second = days("2025-06-01", "2026-02-01"), days("2026-02-01", "2030-01-01")
    found = pay(held=[grid(during=first), grid(during=second)], counted=[homes(60, first), homes(60, second)])
    assert [(line.during, line.amount) for line in found.lines] == [(Q1.days, 600)]


def test_shops_count_by_the_factor_of_their_kind() -> None:
    shops = [Counted("G1", ALWAYS, shops=1), Counted("G1", days("2026-03-02", "2027-01-01"), shops=1)]
    factors = [Factor("street_front", Decimal("1.5"), ALWAYS), Factor("market", Decimal(9), ALWAYS)]
    found = pay(held=[grid(kind="street_front")], counted=shops, factors=factors)
    # 60 days of one shop, 30 days of two: 1.5 x 10 and 3 x 10.
    assert [(line.shops, line.units) for line in found.lines] == [(1, Fraction(3, 2)), (2, 3)]
    assert found.sums[0].exact == Fraction(60, 90) * 15 + Fraction(30, 90) * 30


def test_a_factor_that_is_not_set_is_told_and_is_no_zero() -> None:
    shops = Counted("G1", ALWAYS, shops=3)
    found = pay(held=[grid(kind="commercial")], counted=[homes(60), shops])
    assert [(one.kind, one.target, one.count, one.during) for one in found.issues] == [
        ("factor_unset", "G1", 3, Q1.days)
    ]
    assert found.sums[0].exact == 600
    late = pay(
        held=[grid(kind="commercial")],
        counted=[shops],
        factors=[Factor("commercial", Decimal(1), days("2026-03-01", "2027-01-01"))],
    )
    assert [one.during for one in late.issues] == [days("2026-01-01", "2026-03-01")]
    assert late.sums[0].exact == Fraction(31, 90) * 30


def test_a_rate_that_is_not_set_is_told() -> None:
    found = pay(rates=RATES[1:])
    assert (found.lines, [one.kind for one in found.issues]) == ((), ["rate_unset"])


def test_the_nearest_area_with_a_rate_decides_and_its_own_goes_first() -> None:
    town = Rate(Decimal(10), ALWAYS, area="T1")
    assert pay(rates=[town]).sums[0].exact == 150
    assert pay(rates=[town, *RATES]).sums[0].exact == 600
    own = Rate(Decimal(48), ALWAYS, area="C1")
    assert pay(rates=[town, own, *RATES]).sums[0].exact == 720
    raised = Rate(Decimal(60), days("2026-02-15", "2030-01-01"), area="C1")
    assert pay(rates=[raised, *RATES]).sums[0].exact == Fraction(45 * 600 + 45 * 900, 90)


def test_what_nobody_counted_and_who_was_not_there_is_told() -> None:
    found = pay(counted=[homes(60), homes(None)], terms=[term(1, days("2026-01-11", "2027-01-01"))])
    assert [(one.kind, one.count, len(one.during)) for one in found.issues] == [
        ("households_unknown", 1, 90),
        ("nobody_in_charge", 0, 10),
    ]
    assert found.sums[0].exact == Fraction(80, 90) * 600


def test_two_in_charge_share() -> None:
    found = pay(terms=[term(1), term(2, days("2026-03-02", "2027-01-01"))])
    assert [(line.person, line.sharers, len(line.during)) for line in found.lines] == [
        (1, 1, 60),
        (1, 2, 30),
        (2, 2, 30),
    ]
    assert [one.exact for one in found.sums] == [500, 100]


def test_one_person_in_two_grids_is_rounded_once() -> None:
    seventh = Rate(Decimal("0.02"), ALWAYS, level="community")
    found = pay(
        held=[grid(), grid("G2")],
        counted=[homes(1), homes(1, target="G2")],
        terms=[term(), term(1, target="G2")],
        rates=[seventh],
    )
    assert [line.amount for line in found.lines] == [Fraction(1, 200)] * 2
    assert paid(found) == {1: Decimal("0.01")}


@pytest.mark.parametrize(
    ("exact", "cents"),
    [(Fraction(1, 200), "0.01"), (Fraction(1, 201), "0.00"), (Fraction(3), "3.00"), (Fraction(0), "0.00")],
)
def test_half_a_cent_goes_up(exact: Fraction, cents: str) -> None:
    assert str(to_cents(exact)) == cents


def test_quarters() -> None:
    assert [len(Quarter(2024, n).days) for n in (1, 2, 3, 4)] == [91, 91, 92, 92]
    assert Quarter(2026, 4).days == days("2026-10-01", "2027-01-01")
    assert Quarter.parse(" 2026-q1") == Q1
    assert str(Q1) == "2026Q1"
    for wrong in ("2026", "2026Q5", "26Q1", "0000Q1"):
        with pytest.raises(BadInput, match="2026Q1"):
            Quarter.parse(wrong)


_DAY = st.integers(-20, 110).map(lambda n: date(2026, 1, 1) + timedelta(days=n))
_COUNTS = st.lists(st.tuples(_DAY, st.integers(1, 60), st.integers(0, 200), st.integers(0, 5)), max_size=4).map(
    lambda rows: [Counted("G1", Days(day, day + timedelta(days=n)), homes, shops) for day, n, homes, shops in rows]
)
_RATE = st.decimals(0, 100, places=2).map(lambda yearly: Rate(yearly, ALWAYS, level="community"))
_FACTOR = st.decimals(0, 5, places=4).map(lambda units: Factor("residential", units, ALWAYS))


@given(counts=_COUNTS, rate=_RATE, factor=_FACTOR, handovers=st.lists(_DAY, max_size=5))
def test_those_who_follow_one_another_are_paid_what_one_who_stayed_is(counts, rate, factor, handovers) -> None:
    marks = [date(2020, 1, 1), *sorted(set(handovers)), date(2030, 1, 1)]
    terms = [term(number, Days(start, end)) for number, (start, end) in enumerate(pairwise(marks), 1)]
    options = {"counted": counts, "rates": [rate], "factors": [factor]}
    stayed, followed = pay(**options), pay(terms=terms, **options)
    assert sum(one.exact for one in followed.sums) == sum(one.exact for one in stayed.sums)
    assert {one.kind for one in followed.issues} == {one.kind for one in stayed.issues}


@given(counts=_COUNTS, rate=_RATE, factor=_FACTOR, at=_DAY)
def test_a_generation_that_leaves_a_grid_alone_changes_no_pay(counts, rate, factor, at) -> None:
    options = {"counted": counts, "rates": [rate], "factors": [factor]}
    parted = [grid(during=Days(date(2020, 1, 1), at)), grid(during=Days(at, date(2030, 1, 1)))]
    assert pay(held=parted, **options) == pay(**options)


@given(counts=_COUNTS, rate=_RATE, factor=_FACTOR, sharers=st.integers(1, 5))
def test_rounding_adds_less_than_half_a_cent_and_sharing_adds_nothing(counts, rate, factor, sharers) -> None:
    options = {"counted": counts, "rates": [rate], "factors": [factor]}
    found = pay(terms=[term(number) for number in range(sharers)], **options)
    assert all(abs(one.difference) <= Fraction(1, 200) for one in found.sums)
    assert sum(one.exact for one in found.sums) == sum(one.exact for one in pay(**options).sums)

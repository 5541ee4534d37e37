"""What people in charge are paid for a quarter: units by days, in exact fractions.

A unit is a household, or an open shop times the factor of its kind of grid. Its yearly
rate is paid by quarters, so a day is worth a quarter of the rate divided by the days of
the quarter. Several in charge of one grid on one day share that day alike. Nothing is a
float: what is paid is rounded once for each person, and the difference is shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from boundaries.pay_facts import AreaChain, Counted, Factor, Held, Rate, Term, rate_on
from boundaries.quarters import Days, Quarter

_CENT = Decimal("0.01")
_OfTarget = TypeVar("_OfTarget", Counted, Term)


@dataclass(frozen=True, slots=True)
class Line:
    """What one person is paid for one target over days on which nothing changed.

    ``sharers`` is how many were in charge together; ``factor`` is None where there are no shops.
    """

    person: int
    name: str
    target: str
    during: Days
    households: int
    shops: int
    factor: Decimal | None
    yearly: Decimal
    sharers: int
    amount: Fraction

    @property
    def units(self) -> Fraction:
        """Households, and shops by their factor."""
        return _units(self.households, self.shops, self.factor)


@dataclass(frozen=True, slots=True)
class PayIssue:
    """What keeps a sum from being whole: ``kind`` is a key of ``ISSUES``.

    ``count`` is of shops for ``factor_unset`` and ``shops_in_parts``, of buildings or
    parts for ``households_unknown``; 0 otherwise.
    """

    kind: str
    target: str
    during: Days
    count: int = 0


# Kind -> what it means, in Chinese and in English.
ISSUES: dict[str, tuple[str, str]] = {
    "factor_unset": ("商铺折合户数未设定,商铺未计入", "no factor is set for its shops: they are not paid"),
    "shops_in_parts": ("网格分段,商铺归哪一段不明,未计入", "shops of a grid in parts: whose they are is not known"),
    "rate_unset": ("年标准未设定,未计发", "no yearly rate is set: nothing is paid"),
    "households_unknown": ("有楼栋或分段未统计户数,未计入", "homes that nobody counted: they are not paid"),
    "nobody_in_charge": ("无人负责,无人可发", "nobody was in charge: nobody is paid"),
}


@dataclass(frozen=True, slots=True)
class Sum:
    """What one person is paid: exact, rounded half up to cents, and rounded minus exact."""

    person: int
    name: str
    exact: Fraction

    @property
    def rounded(self) -> Decimal:
        """To cents, half up."""
        return to_cents(self.exact)

    @property
    def difference(self) -> Fraction:
        """What rounding added."""
        return Fraction(self.rounded) - self.exact


@dataclass(frozen=True, slots=True)
class Pay:
    """The pay of a quarter: lines by target and day, and what is not whole."""

    quarter: Quarter
    lines: tuple[Line, ...]
    issues: tuple[PayIssue, ...]

    @property
    def sums(self) -> tuple[Sum, ...]:
        """What each person is paid, by number."""
        totals: dict[int, Fraction] = {}
        names: dict[int, str] = {}
        for line in self.lines:
            totals[line.person] = totals.get(line.person, Fraction(0)) + line.amount
            names[line.person] = line.name
        return tuple(Sum(person, names[person], totals[person]) for person in sorted(totals))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days of a target on which nothing changed."""

    during: Days
    households: int
    unknown: int
    shops: int
    factor: Decimal | None
    yearly: Decimal | None
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class _Book:
    """Facts by target; ``rates_of`` keeps those that concern a chain of areas."""

    counts: Mapping[str, Sequence[Counted]]
    terms: Mapping[str, Sequence[Term]]
    rates: Sequence[Rate]
    factors: Sequence[Factor]
    rates_of: dict[AreaChain, list[Rate]]

    def stretches(self, target: Held, days: Days) -> Iterator[_Stretch]:
        """The days of a target, parted wherever a fact changes."""
        whole = target.during.within(days)
        if whole is None:
            return
        counts, terms = self.counts.get(target.target, ()), self.terms.get(target.target, ())
        factors = [factor for factor in self.factors if factor.kind == target.kind]
        rates = self._rates(target.areas)
        marks = {whole.start, whole.end}
        for facts in (counts, terms, factors, rates):
            changes = (day for one in facts for day in (one.during.start, one.during.end))
            marks |= {day for day in changes if whole.start < day < whole.end}
        for start, end in pairwise(sorted(marks)):
            there = [one for one in counts if start in one.during]
            shops = sum(one.shops for one in there)
            factor = next((one.units for one in factors if start in one.during), None)
            yield _Stretch(
                during=Days(start, end),
                households=sum(one.households or 0 for one in there),
                unknown=sum(one.households is None for one in there),
                shops=shops,
                factor=factor if shops else None,
                yearly=rate_on(rates, target.areas, start),
                terms=tuple(sorted((one for one in terms if start in one.during), key=lambda one: one.person)),
            )

    def _rates(self, areas: AreaChain) -> list[Rate]:
        if areas not in self.rates_of:
            codes, levels = {code for code, _, _ in areas}, {level for _, level, _ in areas}
            self.rates_of[areas] = [rate for rate in self.rates if rate.area in codes or rate.level in levels]
        return self.rates_of[areas]


def compute(
    quarter: Quarter,
    *,
    held: Iterable[Held],
    counted: Iterable[Counted],
    terms: Iterable[Term],
    rates: Sequence[Rate],
    factors: Sequence[Factor],
) -> Pay:
    """Work out the pay of a quarter.

    Parameters
    ----------
    quarter : Quarter
    held : iterable of Held
        Targets; one that generations changed stands once for each, on days that do not overlap.
    counted : iterable of Counted
    terms : iterable of Term
        Of those who are paid.
    rates : sequence of Rate
    factors : sequence of Factor
        No two of the same scope, or kind, on one day.

    Returns
    -------
    Pay
    """
    book = _Book(_by_target(counted), _by_target(terms), rates, factors, {})
    lines: list[Line] = []
    issues: list[PayIssue] = []
    for target in sorted(held, key=lambda one: (one.target, one.during.start)):
        for stretch in book.stretches(target, quarter.days):
            lines += _lines(quarter, target.target, stretch)
            issues += _issues(target.target, stretch)
    joined = sorted(_joined_lines(lines), key=lambda one: (one.target, one.during.start, one.person))
    told = sorted(_joined_issues(issues), key=lambda one: (one.target, one.during.start, one.kind))
    return Pay(quarter, tuple(joined), tuple(told))


def to_cents(amount: Fraction) -> Decimal:
    """An amount of money in cents, half of one going up.

    Parameters
    ----------
    amount : Fraction
        Not below 0.
    """
    cents = amount * 100
    whole, rest = divmod(cents.numerator, cents.denominator)
    return (Decimal(whole + (2 * rest >= cents.denominator)) / 100).quantize(_CENT, ROUND_HALF_UP)


def _by_target(rows: Iterable[_OfTarget]) -> Mapping[str, list[_OfTarget]]:
    found: dict[str, list[_OfTarget]] = {}
    for row in rows:
        found.setdefault(row.target, []).append(row)
    return found


def _lines(quarter: Quarter, target: str, stretch: _Stretch) -> Iterator[Line]:
    if stretch.yearly is None:
        return
    paid_shops = stretch.shops if stretch.factor is not None else 0
    units = _units(stretch.households, paid_shops, stretch.factor)
    share = Fraction(len(stretch.during), len(quarter.days))
    for term in stretch.terms:
        yield Line(
            person=term.person,
            name=term.name,
            target=target,
            during=stretch.during,
            households=stretch.households,
            shops=paid_shops,
            factor=stretch.factor,
            yearly=stretch.yearly,
            sharers=len(stretch.terms),
            amount=units * Fraction(stretch.yearly) / 4 * share / len(stretch.terms),
        )


def _units(households: int, shops: int, factor: Decimal | None) -> Fraction:
    return households + shops * Fraction(factor if factor is not None else 0)


def _issues(target: str, stretch: _Stretch) -> Iterator[PayIssue]:
    if stretch.shops and stretch.factor is None:
        yield PayIssue("factor_unset", target, stretch.during, stretch.shops)
    if stretch.yearly is None:
        yield PayIssue("rate_unset", target, stretch.during)
    if stretch.unknown:
        yield PayIssue("households_unknown", target, stretch.during, stretch.unknown)
    if not stretch.terms:
        yield PayIssue("nobody_in_charge", target, stretch.during)


def _joined_lines(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines of which one goes on where the other ends, and nothing else differs, become one."""
    standing: dict[tuple[str, int], Line] = {}
    for line in lines:
        key = (line.target, line.person)
        before = standing.get(key)
        if before is not None and before.during.end == line.during.start and _facts(before) == _facts(line):
            days = Days(before.during.start, line.during.end)
            standing[key] = replace(line, during=days, amount=before.amount + line.amount)
            continue
        if before is not None:
            yield before
        standing[key] = line
    yield from standing.values()


def _facts(line: Line) -> tuple[object, ...]:
    return (line.households, line.shops, line.factor, line.yearly, line.sharers)


def _joined_issues(issues: Iterable[PayIssue]) -> Iterator[PayIssue]:
    standing: dict[tuple[str, str], PayIssue] = {}
    for issue in issues:
        key = (issue.target, issue.kind)
        before = standing.get(key)
        if before is not None and before.during.end == issue.during.start and before.count == issue.count:
            standing[key] = PayIssue(issue.kind, issue.target, Days(before.during.start, issue.during.end), issue.count)
            continue
        if before is not None:
            yield before
        standing[key] = issue
    yield from standing.values()

"""What a soak has found, as a table, and what of it is not right."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.acceptance.soak_calls import Ledger
from tests.acceptance.soak_service import Service

MOST_SEEN_S = 2.0
MOST_REVOKED_S = 2.0
# Growth that is a leak: more than both.
MOST_GROWN, MOST_GROWN_MB = 0.10, 20.0
# A worker is warm after so long, and judged if it has lived on for as long again.
_WARM_S = 120.0
_SAMPLE_S = 60.0


@dataclass(frozen=True, slots=True)
class Growth:
    """Megabytes of one worker when it was warm, and at its end."""

    pid: int
    lived_s: float
    warm_mb: float
    end_mb: float

    @property
    def is_leak(self) -> bool:
        """Whether it has grown by more than what comes and goes."""
        grown = self.end_mb - self.warm_mb
        return grown > MOST_GROWN_MB and grown > MOST_GROWN * self.warm_mb


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked, done and measured.

    Attributes
    ----------
    counts : Counter of (str, str)
        Answers by kind and outcome.
    done : Counter of str
        Deeds.
    seen_s : tuple of (int, float, float)
        Generation; from its commit to the last question that a former one answered; longest build.
    revoked_s : tuple of float
        From each commit to the last answer to the key.
    growth : tuple of Growth
        Of workers that lived long enough.
    faults : tuple of str
        What was not right, whatever the time it took.
    """

    counts: Counter[tuple[str, str]]
    done: Counter[str]
    seen_s: tuple[tuple[int, float, float], ...]
    revoked_s: tuple[float, ...]
    growth: tuple[Growth, ...]
    faults: tuple[str, ...]

    def violations(self, *, is_timed: bool) -> list[str]:
        """What was not right; times and memory only where they are to be judged."""
        found = list(self.faults)
        if is_timed:
            found += [
                f"generation {number} was seen {seen:.2f} s after its commit; its longest build took {build:.2f} s"
                for number, seen, build in self.seen_s
                if seen > MOST_SEEN_S + build
            ]
            found += [f"a revoked key opened for {late:.2f} s" for late in self.revoked_s if late > MOST_REVOKED_S]
            found += [
                f"worker {one.pid} grew from {one.warm_mb:.0f} to {one.end_mb:.0f} MB in {one.lived_s:.0f} s"
                for one in self.growth
                if one.is_leak
            ]
        return found

    def text(self) -> str:
        """The table, then what was not right."""
        rows = [(f"{kind} {outcome}", f"{count:,}") for (kind, outcome), count in sorted(self.counts.items())]
        rows += [(f"deeds: {deed}", str(count)) for deed, count in sorted(self.done.items())]
        seen, builds = [one[1] for one in self.seen_s], [one[2] for one in self.seen_s]
        for name, values in (("commit to seen", seen), ("longest build", builds), ("revoked to shut", self.revoked_s)):
            if values:
                rows.append((f"{name}, median / longest s", f"{statistics.median(values):.2f} / {max(values):.2f}"))
        rows += [
            (
                f"worker {one.pid} after {_WARM_S:.0f} s / {one.lived_s:.0f} s, MB",
                f"{one.warm_mb:.0f} / {one.end_mb:.0f}",
            )
            for one in self.growth
        ]
        wrong = self.violations(is_timed=True)
        table = "".join(f"| {name} | {value} |\n" for name, value in rows)
        return f"| | |\n|---|---|\n{table}\n{len(wrong)} violations\n" + "".join(f"- {one}\n" for one in wrong)


def judge(
    ledger: Ledger,
    service: Service,
    *,
    committed: Mapping[int, float],
    revoked_s: Sequence[float],
    done: Sequence[str],
) -> Report:
    """Look at everything once the service has stopped.

    Parameters
    ----------
    ledger : Ledger
    service : Service
    committed : mapping of int to float
        When each generation was published.
    revoked_s : sequence of float
    done : sequence of str
    """
    faults = list(ledger.faults)
    faults += [f"an answer was lost: {told}" for port, told in ledger.lost if port not in service.doomed]
    faults += [f"the service logged {event}" for event in service.events() if event.get("level") == "error"]
    if service.process.returncode != 0:
        faults.append(f"the service ended with {service.process.returncode}")
    seen_s = []
    for number, instant in committed.items():
        last = max((asked for other, asked in ledger.last_asked.items() if other < number), default=instant)
        seen_s.append((number, max(0.0, last - instant), service.build_s(number)))
    growth = tuple(_growth(pid, samples) for pid, samples in service.memory.items() if _lived(samples) > 2 * _WARM_S)
    return Report(Counter(ledger.counts), Counter(done), tuple(seen_s), tuple(revoked_s), growth, tuple(faults))


def _lived(samples: Sequence[tuple[float, float]]) -> float:
    return samples[-1][0] - samples[0][0]


def _growth(pid: int, samples: Sequence[tuple[float, float]]) -> Growth:
    begun, ended = samples[0][0] + _WARM_S, samples[-1][0]
    warm = [held for instant, held in samples if begun <= instant <= begun + _SAMPLE_S]
    end = [held for instant, held in samples if instant >= ended - _SAMPLE_S]
    return Growth(pid, _lived(samples), statistics.median(warm), statistics.median(end))

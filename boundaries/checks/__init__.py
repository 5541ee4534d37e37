"""The checks of a plan: one ordered tuple of pure functions.

Each check reads a :class:`~boundaries.ground.Ground` (a snapshot, its rules and
what follows from both) and gives findings; none changes anything, asks a clock
or reaches a database. ``version`` moves when a check's answer may change, so
that stored findings say what made them.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from boundaries.checks.areas import check_areas
from boundaries.checks.coverage import check_overlays, check_tiles
from boundaries.checks.people import check_helpers, check_people
from boundaries.checks.premises import check_buildings, check_compounds
from boundaries.checks.shapes import check_codes, check_duplicates, check_parents, check_shapes
from boundaries.checks.shops import check_dedicated, check_mixed
from boundaries.checks.size import check_band
from boundaries.errors import BadInput
from boundaries.findings import Finding
from boundaries.ground import Ground
from boundaries.rules import Rules
from boundaries.snapshot import Snapshot

__all__ = ["CHECKS", "Check", "run"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes
    ----------
    key : str
        Its name for people who choose checks.
    version : int
        Counts changes of its answer.
    kinds : tuple of str
        Kinds of finding that it can give.
    function : callable
        From a Ground to findings in a fixed order.
    """

    key: str
    version: int
    kinds: tuple[str, ...]
    function: Callable[[Ground], tuple[Finding, ...]]


CHECKS: tuple[Check, ...] = (
    Check("shapes", 2, ("invalid_shape", "multi_part"), check_shapes),
    Check("codes", 2, ("duplicate_code",), check_codes),
    Check("duplicates", 2, ("duplicate_shape",), check_duplicates),
    Check("parents", 1, ("parent_missing",), check_parents),
    Check("tiles", 2, ("gap", "overlap", "overshoot", "sliver", "dust", "edge_mismatch"), check_tiles),
    Check("overlays", 1, ("overlap", "overshoot", "sliver", "dust"), check_overlays),
    Check(
        "hierarchy",
        1,
        ("area_gap", "area_overlap", "area_overshoot", "sliver", "dust", "edge_mismatch"),
        check_areas,
    ),
    Check("compounds", 1, ("compound_uncovered", "compound_doubled", "compound_split"), check_compounds),
    Check("buildings", 1, ("building_uncovered", "building_doubled", "building_cut"), check_buildings),
    Check("dedicated", 1, ("shop_undedicated",), check_dedicated),
    Check("mixed", 1, ("mixed_management",), check_mixed),
    Check("people", 2, ("nobody_in_charge", "volunteers_missing"), check_people),
    Check("helpers", 1, ("extra_hand_needed",), check_helpers),
    Check("band", 1, ("outside_band", "size_unknown"), check_band),
)


def run(snapshot: Snapshot, rules: Rules, *, only: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Run the checks on one state of the plan.

    Parameters
    ----------
    snapshot : Snapshot
        A draft, a generation, or a set of files.
    rules : Rules
    only : collection of str, optional
        Keys of the checks to run; None runs all.

    Returns
    -------
    tuple of Finding
        In the order of ``CHECKS``, then of the things they concern; equal input
        gives equal output.

    Raises
    ------
    BadInput
        If ``only`` names a check that does not exist.
    """
    known = {check.key for check in CHECKS}
    unknown = sorted(set(only or ()) - known)
    if unknown:
        raise BadInput(
            f"没有名为“{unknown[0]}”的检查。可选:{'、'.join(sorted(known))}。",
            f'There is no check named "{unknown[0]}". Choose from {", ".join(sorted(known))}.',
        )
    ground = Ground(snapshot, rules)
    return tuple(finding for check in CHECKS if only is None or check.key in only for finding in check.function(ground))

"""What differs between two generations of a city, on a database, and what went from which grid to which."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
import shapely

from boundaries.model import Area, MicroGrid
from boundaries.services.comparing import all_changes, changes_between
from boundaries.store import states
from boundaries.store.engine import reading
from boundaries.store.overlay import Moment
from tests.benchmarks.command import tell
from tests.benchmarks.served_plan import TODAY, PlanDatabase, database, fill, town

_ZONE = "Asia/Shanghai"
# One vertex in eight moves, by some decimetres: about eight places along the border of every grid.
_MOVED_OF = 8
_SWAY_DEGREES = 3e-6


def main() -> None:
    """Publish generation after generation, and compare each with the one before it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.delta", description=__doc__)
    parser.add_argument("--grids", default="20k", help="how many (default: 20k)")
    parser.add_argument("--buildings", type=int, default=60_000)
    parser.add_argument("--few", type=int, default=300, help="grids whose borders one generation moves")
    parser.add_argument("--many", type=int, default=10_000, help="grids whose kind another changes")
    parser.add_argument("--redrawn", type=int, default=2_000, help="grids whose borders the last moves")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    areas, grids = town(given.grids)
    with database("delta") as plan:
        fill(plan, areas, grids, buildings=given.buildings)
        markets = [replace(one, kind="market") for one in grids[: given.many]]
        grids = (*markets, *grids[given.many :])
        steps = [
            (f"{given.many} of another kind", markets),
            (f"{given.few} redrawn", _redrawn(areas, grids, given.few)),
            (f"{given.redrawn} redrawn", _redrawn(areas, grids, given.redrawn, turn=1.0)),
        ]
        for number, (name, changed) in enumerate(steps, start=2):
            plan.edit(lambda session, draft, changed=changed: states.put_grids(session, draft, changed, source_id=None))
            _tell(plan, name, number, given.repeats)


def _tell(plan: PlanDatabase, name: str, number: int, repeats: int) -> None:
    def delta() -> Any:  # Any: a delta, or all changes
        with reading(plan.engine) as session:
            return changes_between(session, number - 1, number)

    def everything() -> Any:
        with reading(plan.engine) as session:
            return all_changes(session, Moment(number - 1), Moment(number), today=TODAY, timezone=_ZONE)

    found = everything()
    buildings = sum(len(move.buildings) for move in found.moves)
    tell(
        f"{name}: {len(found.delta.grids.reshaped)} reshaped, {len(found.moves)} moves, {buildings} buildings moved; "
        f"delta {_seconds(delta, repeats)}, with moves {_seconds(everything, repeats)}\n"
    )


def _redrawn(areas: Sequence[Area], grids: Sequence[MicroGrid], count: int, *, turn: float = 0.0) -> list[MicroGrid]:
    """Grids whose common borders sway: those nearest to the middle; the borders of areas stay."""
    shapes = np.array([grid.polygon for grid in grids], dtype=object)
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    away = np.hypot(*(centres - centres.mean(axis=0)).T)
    chosen = np.argsort(away)[:count]
    borders = [shapely.coverage_union_all(shapes[chosen]), *(area.polygon for area in areas)]
    outline = shapely.get_coordinates(borders)
    fixed = {xy.tobytes() for xy in outline}

    def sway(xy: Any) -> Any:
        is_free = np.array([one.tobytes() not in fixed for one in xy])
        moves = is_free & (np.floor(xy * 1e7).sum(axis=1).astype(int) % _MOVED_OF == 0)
        return np.round(xy + np.where(moves[:, None], _SWAY_DEGREES * np.sin(xy[:, ::-1] * 1e5 + turn), 0.0), 9)

    bent = shapely.transform(shapes[chosen], sway)
    whole = shapely.is_valid(bent)
    if not whole.all():
        raise SystemExit("a border that swayed crosses itself")
    return [replace(grids[index], polygon=polygon) for index, polygon in zip(chosen.tolist(), bent, strict=True)]


def _seconds(work: Callable[[], object], repeats: int) -> str:
    """Medians of wall time, and of CPU time of this process without the server's."""
    walls, own = [], []
    for _ in range(repeats):
        wall, cpu = perf_counter(), process_time()
        work()
        walls.append(perf_counter() - wall)
        own.append(process_time() - cpu)
    return f"{median(walls):.2f} s ({median(own):.2f} s CPU)"


if __name__ == "__main__":
    main()

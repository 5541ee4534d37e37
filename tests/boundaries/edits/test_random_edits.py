"""Sixty commands in a row by a planner who asks for anything: nothing may ever be lost."""

from collections import Counter

import numpy as np
import pytest

from boundaries.edits import applied, apply
from geo.errors import Problem
from tests.boundaries.edits.judging import faults_after
from tests.boundaries.edits.planner import random_step
from tests.boundaries.edits.town import town

STEPS = 60


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_edit_keeps_coverage_households_and_its_inverse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    snapshot = town(cells=36)
    done: Counter[str] = Counter()
    refused = 0
    for _ in range(STEPS):
        kind, before, command = random_step(snapshot, rng)
        try:
            edit = apply(before, command)
        except Problem:
            refused += 1
            continue
        assert faults_after(before, edit, gap=kind == "gap") == [], (kind, command)
        done[kind] += 1
        snapshot = applied(before, edit) if kind != "gap" else snapshot
    assert done.total() == STEPS - refused > STEPS / 2
    assert len(done) > 6

"""Synthetic coverages with exact truth, for tests, benchmarks and other tools.

Jittered Voronoi cells of about a hectare, with borders of 16 segments that both sides
share (95 vertices a cell), in the metric plane. *clean* has nothing wrong; in *mid* one cell in
fifty carries one of the troubles of ``CAUSES``; in *dirty* one side has drawn every border
once more, about thirty faces a cell.

``python -m tests.synthetic --class mid --cells 10000 --seed 1 --out FILE.gpkg`` writes
one to a file.
"""

from tests.synthetic.damage import CAUSES, Defect
from tests.synthetic.mosaic import Block
from tests.synthetic.sample import Condition, Sample, make, make_block, make_town

__all__ = ["CAUSES", "Block", "Condition", "Defect", "Sample", "make", "make_block", "make_town"]

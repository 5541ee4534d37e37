"""Write the files anew: draw cells and points, decide every answer with fractions.

Only the choice of points knows of our index (where the lines of its raster run); no answer does.
"""

import argparse
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import shapely
from numpy.random import Generator

from tests.point_cases import FOLDER, FORMAT, Coordinates, coordinates_of
from tests.point_cases.exact import touching
from tests.point_cases.layers import POINT_LAYERS, Cells, Layer
from tests.points import Points, kinds_of_points, one_bit_beside
from tests.points.squares import table_with

_OF_A_KIND = 30
# As many as an index of ours lays.
_SQUARES = 30
_TOLERANCE = 1e-9
NEAR_ZERO = "nearer to 0 than 1e-300"


def main() -> None:
    """Read the command line and write every file."""
    parser = argparse.ArgumentParser(prog="python -m tests.point_cases.make", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder (default: the one of this module)")
    folder = parser.parse_args().out
    for name, layer in POINT_LAYERS.items():
        (folder / f"{name}.json").write_text(text_of(name, layer), encoding="utf-8")


def text_of(name: str, layer: Layer) -> str:
    """The file of one layer: a cell a line, a point a line."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    cells: Cells = rng.permutation(layer.make(rng))
    coordinates = [coordinates_of(cell) for cell in cells]
    head = {
        "format": FORMAT,
        "name": name,
        "title": dict(zip(("zh", "en"), layer.title, strict=True)),
        "about": dict(zip(("zh", "en"), layer.about, strict=True)),
        "unit": layer.unit,
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},\n" for key, value in head.items()]
    listed = _list("cells", map(_geometry, coordinates)), _list("points", _points(name, cells, coordinates, rng))
    return "{\n" + "".join(lines) + ",\n".join(listed) + "\n}\n"


def _geometry(cell: Coordinates) -> dict[str, object]:
    if len(cell) == 1:
        return {"type": "Polygon", "coordinates": cell[0]}
    return {"type": "MultiPolygon", "coordinates": cell}


def _points(name: str, cells: Cells, coordinates: Sequence[Coordinates], rng: Generator) -> Iterator[dict[str, object]]:
    lattice = table_with(cells, squares=_SQUARES, tolerance=_TOLERANCE).lattice
    kinds = kinds_of_points(cells, lattice, rng, count=_OF_A_KIND)
    if name == "at_zero":
        kinds[NEAR_ZERO] = _near_zero(cells, rng)
    for kind, xy in kinds.items():
        for x, y in np.unique(xy, axis=0).tolist():
            found, on_border = touching(coordinates, x, y)
            cell = found[0] if found else -1
            yield {"x": x, "y": y, "cell": cell, "on_border": on_border, "touching": found, "kind": kind}


def _near_zero(cells: Cells, rng: Generator) -> Points:
    """Both coordinates between the smallest double and 1e-300, or 0; some of them on the edges that end in 0."""
    smallest, apart = -323.3, (8 * _OF_A_KIND, 2)
    power, corners = 10.0 ** rng.uniform(smallest, -300, apart), shapely.get_coordinates(cells)
    at_edges = corners[rng.integers(len(corners), size=len(power))] * power[:, :1]
    return np.concatenate([power * rng.choice([-1.0, 0.0, 1.0], apart), at_edges, one_bit_beside(at_edges, rng)])


def _list(name: str, rows: Iterator[dict[str, object]]) -> str:
    written = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    return f'  "{name}": [\n{written}\n  ]'


if __name__ == "__main__":
    main()

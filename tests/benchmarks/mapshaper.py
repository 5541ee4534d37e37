"""mapshaper, a program of its own: GeoJSON in and out, which its CPU time includes."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from tests.benchmarks.tools import Absent


@dataclass(frozen=True, slots=True)
class Mapshaper:
    """The program, and a folder with the cells as it reads them."""

    program: str
    folder: Path
    count: int

    def clean(self, *options: str) -> NDArray[np.object_]:
        """Run ``-clean`` and read what it made; None for cells that it dropped."""
        self._run("-clean", *options, "-o", "out.json")
        cells = np.full(self.count, None, dtype=object)
        for feature in self._features("out.json"):
            cells[feature["properties"]["cell"]] = _shape(feature)
        return cells

    def mosaic(self) -> list[tuple[Any, int]]:
        """Run ``-mosaic``: each face with the number of cells over it."""
        self._run("-mosaic", "calc=over = count()", "name=faces", "-o", "faces.json", "target=faces")
        return [(_shape(feature), int(feature["properties"]["over"])) for feature in self._features("faces.json")]

    def _run(self, *options: str) -> None:
        command = [self.program, "cells.json", *options]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, check=False, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)

    def _features(self, name: str) -> list[dict[str, Any]]:
        return list(json.loads((self.folder / name).read_text(encoding="utf-8"))["features"])


def prepare(cells: NDArray[np.object_], folder: Path, program: str) -> Mapshaper:
    """Find the program and write the cells for it.

    Raises
    ------
    Absent
        If there is no such program.
    """
    found = shutil.which(program)
    if found is None:
        raise Absent(f"no program {program} (npm install --prefix FOLDER mapshaper; --mapshaper FOLDER/…/mapshaper)")
    features = [
        {"type": "Feature", "properties": {"cell": number}, "geometry": shapely.geometry.mapping(cell)}
        for number, cell in enumerate(cells)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "cells.json").write_text(json.dumps(collection), encoding="utf-8")
    return Mapshaper(str(Path(found).resolve()), folder, len(cells))


def _shape(feature: dict[str, Any]) -> Any:
    return shapely.geometry.shape(feature["geometry"]) if feature["geometry"] else None

"""Write a synthetic coverage to a GeoPackage: layers cells, parent, truth, mismatches."""

import argparse
from pathlib import Path

import geopandas as gpd

from tests.synthetic.degrees import in_degrees
from tests.synthetic.mosaic import WIGGLE_OF_CHORD
from tests.synthetic.sample import Sample, make


def write(sample: Sample, path: Path) -> None:
    """Write all layers; a former file is replaced.

    Parameters
    ----------
    sample : Sample
    path : Path
        Ends in ``.gpkg``.
    """
    path.unlink(missing_ok=True)
    cells = gpd.GeoDataFrame({"cell": range(len(sample.cells))}, geometry=sample.cells, crs=sample.crs)
    cells.to_file(path, layer="cells", driver="GPKG")
    gpd.GeoDataFrame(geometry=[sample.parent], crs=sample.crs).to_file(path, layer="parent", driver="GPKG")
    for layer, faces in (
        ("truth", [face for face in sample.defects if face.kind != "mismatch"]),
        ("mismatches", [face for face in sample.defects if face.kind == "mismatch"]),
    ):
        table = {
            "cause": [face.cause for face in faces],
            "kind": [face.kind for face in faces],
            "owners": [" ".join(map(str, face.owners)) for face in faces],
            "neighbours": [" ".join(map(str, face.neighbours)) for face in faces],
            "area": [face.area for face in faces],
        }
        shapes = [face.geometry for face in faces]
        if shapes:
            gpd.GeoDataFrame(table, geometry=shapes, crs=sample.crs).to_file(path, layer=layer, driver="GPKG")


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(prog="python -m tests.synthetic", description=__doc__)
    parser.add_argument("--class", dest="condition", choices=("clean", "mid", "dirty"), default="mid")
    parser.add_argument("--cells", type=int, default=1024, help="about so many, a square number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--wiggle", type=float, default=WIGGLE_OF_CHORD, help="how ragged borders are, up to 0.3")
    parser.add_argument("--decimals", type=int, help="in degrees rounded to so many decimals, not in metres")
    parser.add_argument("--out", type=Path, required=True, help="a GeoPackage")
    options = parser.parse_args()
    sample = make(options.condition, cells=options.cells, seed=options.seed, wiggle=options.wiggle)
    write(sample if options.decimals is None else in_degrees(sample, decimals=options.decimals), options.out)


if __name__ == "__main__":
    main()

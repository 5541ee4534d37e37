"""The same coverage as it stands in a file of degrees."""

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from tests.synthetic.sample import Sample

DEGREES_CRS = "EPSG:4490"


def in_degrees(sample: Sample, *, decimals: int = 9) -> Sample:
    """Project a sample to longitude and latitude and round every vertex.

    Rounding is the same on both sides of a border, so what was shared is shared still.
    Areas of the truth are then in square degrees and true to one step times the
    perimeter; faces thinner than a few steps may be gone from the cells.

    Parameters
    ----------
    sample : Sample
        In metres.
    decimals : int
        Of a degree.

    Returns
    -------
    Sample
    """
    transformer = Transformer.from_crs(sample.crs, DEGREES_CRS, always_xy=True)

    def rounded(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = transformer.transform(coordinates[:, 0], coordinates[:, 1])
        return np.round(np.stack([x, y], axis=1), decimals)

    shapes = shapely.transform(np.array([face.geometry for face in sample.defects], dtype=object), rounded)
    return Sample(
        cells=shapely.transform(sample.cells, rounded),
        parent=shapely.transform(sample.parent, rounded),
        defects=tuple(
            replace(face, geometry=shape, area=float(area))
            for face, shape, area in zip(sample.defects, shapes, shapely.area(shapes), strict=True)
        ),
        crs=DEGREES_CRS,
        step=10.0**-decimals,
    )

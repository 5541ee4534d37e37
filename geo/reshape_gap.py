"""Give a gap to a cell that borders on it."""

from typing import Any

import numpy as np
import shapely

from geo.chain import CannotReshape
from geo.faults import faults_of
from geo.leftovers import loose_ground
from geo.patch import cut
from geo.reshaped import Division, Reshaped, finished
from geo.segments import as_shapes


def fill(division: Division, at: tuple[float, float], to: int) -> Reshaped:
    """Give the gap that a point lies in to a cell.

    Parameters
    ----------
    division : Division
    at : tuple of float
        A point in the gap.
    to : int

    Returns
    -------
    Reshaped

    Raises
    ------
    CannotReshape
        If there is no gap, or the cell does not border on it.
    """
    gap = gap_at(division, at)
    count = len(division.cells)
    wider = Division(np.concatenate([division.cells, as_shapes([gap])]), division.parent, division.precision)
    numbers = [to, count]
    patch = cut(wider.cells, numbers, [], chain=wider.chain(gap), precision=division.precision)
    label = patch.cell.copy()
    label[patch.inner] = to
    loose_ground(wider, patch, label, whole=to)
    done = finished(wider, patch, label)
    return Reshaped({number: shape for number, shape in done.changed.items() if number != count}, done.refined)


def gap_at(division: Division, at: tuple[float, float]) -> Any:
    """The gap that a point lies in.

    Raises
    ------
    CannotReshape
        If there is none; the nearest one is told.
    """
    precision = division.precision
    faults = faults_of(division.cells, division.parent, tolerance=precision.tolerance, decimals=precision.decimals)
    gaps: list[Any] = (
        []
        if faults is None
        else [
            polygon
            for polygon, owners, is_inside in zip(faults.polygons, faults.owners, faults.is_inside, strict=True)
            if not owners and is_inside
        ]
    )
    for gap in gaps:
        if shapely.intersects_xy(gap, *at):
            return gap
    nearest: tuple[float, float] | None = None
    where_zh, where_en = "这个区域没有空白", "The area has no gap"
    if gaps:
        middle = shapely.get_coordinates(shapely.point_on_surface(as_shapes(gaps)))
        x, y = middle[int(np.argmin(np.hypot(*precision.metres(middle - np.array(at)).T)))].tolist()
        nearest = (x, y)
        where_zh, where_en = f"最近的空白在 {x:.9f}, {y:.9f}", f"The nearest gap is at {x:.9f}, {y:.9f}"
    raise CannotReshape(
        f"{at[0]:.9f}, {at[1]:.9f} 不在空白中。{where_zh}。",
        f"There is no gap at {at[0]:.9f}, {at[1]:.9f}. {where_en}.",
        nearest,
    )

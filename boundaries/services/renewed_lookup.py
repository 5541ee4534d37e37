"""A former result brought up to a later generation: only rows on changed ground are asked again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from boundaries.exchange.point_tables import PointTable
from boundaries.lookup.answer import Purpose
from boundaries.lookup.plan_index import PlanIndex
from boundaries.services.file_lookup import answer_points, placed_points
from geo.crs import SourceCrs


@dataclass(frozen=True)
class Renewed:
    """A result of now.

    Attributes
    ----------
    data : pyarrow.Table
        The former one with other answers where they changed.
    asked, changed : int
        Rows on changed ground, and how many of them have another answer.
    """

    data: Any  # pyarrow has no types
    asked: int
    changed: int


def renew(
    table: PointTable,
    xy: NDArray[np.float64],
    system: SourceCrs,
    *,
    plan: PlanIndex,
    ground: shapely.Geometry,
    for_: Purpose | None = None,
) -> Renewed:
    """Ask the rows on changed ground again, and leave all others as they are.

    Parameters
    ----------
    table : PointTable
        A former result.
    xy : ndarray of float64, shape (n, 2)
    system : SourceCrs
        Of the points.
    plan : PlanIndex
        Of now.
    ground : shapely geometry
        Outside it no answer changed; in stored degrees.
    for_ : {"household", "shop"}, optional
        Renews ``responsible`` too.

    Returns
    -------
    Renewed

    Raises
    ------
    CrsProblem
        As :func:`boundaries.services.file_lookup.answer_points`.
    """
    shapely.prepare(ground)
    rows = np.flatnonzero(shapely.intersects_xy(ground, placed_points(plan, xy, system)))
    if not len(rows):
        return Renewed(table.data, 0, 0)
    data, is_other = table.data, np.zeros(len(rows), dtype=bool)
    for name, answered in answer_points(plan, xy[rows], system, for_=for_).columns.items():
        column = _with_flags(data[name])
        new = _spoken(answered, column.type)
        values = column.to_pylist()
        for place, (row, value) in enumerate(zip(rows.tolist(), new, strict=True)):
            is_other[place] |= (values[row] or None) != (value or None)
            values[row] = value
        data = data.set_column(data.column_names.index(name), name, pa.array(values, type=column.type))
    return Renewed(data, len(rows), int(is_other.sum()))


def _with_flags(column: Any) -> Any:
    """Flags of a spreadsheet, which were read as text, as flags again."""
    if not pa.types.is_string(column.type) or not set(column.unique().to_pylist()) <= {"true", "false", None}:
        return column
    return pc.equal(column, "true") if column.null_count < len(column) else column


def _spoken(answers: Any, kind: Any) -> Sequence[Any]:
    """Answers as values of a column of a former result; in a text file flags are words."""
    values: list[Any] = answers.to_pylist()
    if pa.types.is_boolean(answers.type) and not pa.types.is_boolean(kind):
        return [None if value is None else str(value) for value in values]
    return values

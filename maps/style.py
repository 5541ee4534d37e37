"""Colours and line widths: a colour style and a black-and-white one that stands alone.

The fills of the colour style stay apart under every colour-vision deficiency and
in grey; the black-and-white one carries no colour at all.
"""

from dataclasses import dataclass
from typing import Literal

StyleName = Literal["colour", "bw"]


@dataclass(frozen=True, slots=True)
class Style:
    """What each thing on a sheet looks like.

    ``fills`` are the four of the division; ``spare_fills`` serve where grids of
    several pieces or overlapping drawings cannot be told apart with four.
    """

    name: StyleName
    fills: tuple[str, ...]
    spare_fills: tuple[str, ...]
    accent: str
    accent_pale: str
    accent_band: str
    border: str
    composite: str
    ink: str
    ink_soft: str
    ink_faded: str
    paper: str
    surroundings: str
    neighbour_fill: str
    neighbour_line: str
    road: str
    road_edge: str
    building: str
    building_line: str
    building_faded: str
    building_faded_line: str
    water: str
    water_ink: str
    wall: str
    shop: str
    shop_ink: str
    hatch: str
    table_line: str
    table_stripe: str

    def fill(self, colour: int) -> str:
        """The fill of a colour number."""
        every = self.fills + self.spare_fills
        return every[colour % len(every)]


STYLES: dict[StyleName, Style] = {
    "colour": Style(
        name="colour",
        fills=("#FFF4C2", "#BFE0F0", "#F3B68A", "#9DA6D6"),
        spare_fills=("#CFE3B8", "#E6C7DE"),
        accent="#8C1139",
        accent_pale="#F6E6EB",
        accent_band="#F0B9CB",
        border="#7A1033",
        composite="#7A1033",
        ink="#1C1C1C",
        ink_soft="#4A4A4A",
        ink_faded="#8F8A80",
        paper="#FFFFFF",
        surroundings="#F3F1EA",
        neighbour_fill="#EFECE3",
        neighbour_line="#B5AEA0",
        road="#FFFFFF",
        road_edge="#D2CCBF",
        building="#FFFDF6",
        building_line="#6F675C",
        building_faded="#E7E3D8",
        building_faded_line="#CFC9BB",
        water="#CFE6F2",
        water_ink="#2F6E96",
        wall="#8A7F70",
        shop="#C2185B",
        shop_ink="#9A1248",
        hatch="#C46A86",
        table_line="#B9B2A6",
        table_stripe="#F7F5F0",
    ),
    "bw": Style(
        name="bw",
        fills=("#FFFFFF", "#E6E6E6", "#CDCDCD", "#B4B4B4"),
        spare_fills=("#9B9B9B", "#F4F4F4"),
        accent="#000000",
        accent_pale="#EEEEEE",
        accent_band="#BFBFBF",
        border="#000000",
        composite="#000000",
        ink="#000000",
        ink_soft="#333333",
        ink_faded="#808080",
        paper="#FFFFFF",
        surroundings="#FAFAFA",
        neighbour_fill="#F5F5F5",
        neighbour_line="#AAAAAA",
        road="#FFFFFF",
        road_edge="#BBBBBB",
        building="#FFFFFF",
        building_line="#333333",
        building_faded="#EFEFEF",
        building_faded_line="#CCCCCC",
        water="#EAEAEA",
        water_ink="#555555",
        wall="#666666",
        shop="#000000",
        shop_ink="#000000",
        hatch="#555555",
        table_line="#999999",
        table_stripe="#F4F4F4",
    ),
}

"""What a sheet's panels say: rows of the tables, lines of the imprint."""

from collections.abc import Mapping
from datetime import date

from pyproj import CRS

from boundaries.model import MicroGrid, Part, Person
from boundaries.snapshot import Snapshot
from geo.errors import Language
from maps.roster import GridFacts, leading, phone_text
from maps.scene import Scene
from maps.style import Style
from maps.table import Align, Row, Table
from maps.wording import word


def grid_table(
    scene: Scene,
    facts: tuple[GridFacts, ...],
    people: Mapping[str, tuple[Person, ...]],
    *,
    style: Style,
    language: Language,
    show_totals: bool,
    show_unpublished_phones: bool,
) -> Table:
    """Every grid of the sheet with its totals and who is in charge, parts under their grid.

    Returns
    -------
    Table
        Grouped by composite grid where there are several; the columns of totals are
        left out where nothing is known or totals are not to be shown.
    """
    has_counts = show_totals and any(fact.buildings for fact in facts)
    has_households = show_totals and any(fact.households is not None or fact.shops for fact in facts)
    heads = ["code", "name", *(["building_count"] if has_counts else []),
             *(["household_count"] if has_households else []), "person", "phone"]  # fmt: skip

    def who(code: str) -> tuple[str, str]:
        chosen = leading(people.get(code, ()))
        names = word("list_separator", language).join(person.name for person in chosen)
        phones = [phone_text(person, show_unpublished=show_unpublished_phones) for person in chosen]
        return names or word("nobody", language), " ".join(filter(None, phones)) or word("nobody", language)

    def row(index: int) -> list[Row]:
        drawn, fact = scene.grids[index], facts[index]
        counts = [str(fact.buildings or "—")] if has_counts else []
        if has_households:
            counts.append(_household_text(fact, is_dedicated=drawn.is_dedicated, language=language))
        fill = style.fill(drawn.colour) if drawn.grid.layer == "tile" else None
        cells = (drawn.short, _full_name(drawn.grid), *counts, *who(drawn.grid.code))
        parts = [
            Row((_short_part(part, scene.codes.before), _part_name(part), *([""] if has_counts else []),
                 *([str(part.households) if part.households is not None else "—"] if has_households else []),
                 *who(part.code)), "part")
            for part in drawn.grid.parts
        ]  # fmt: skip
        return [Row(cells, "row", fill), *parts]

    rows: list[Row] = []
    groups = {area.code: area for area, _ in scene.composites}
    last = None
    for index in _order(scene):
        area = groups.get(scene.grids[index].grid.area)
        if area is not None and area.code != last:
            last = area.code
            name, phone = who(area.code)
            known = name != word("nobody", language)
            rows.append(Row((area.name, name if known else "", phone if known else ""), "group"))
        elif area is None and last is not None:
            # Else they would seem to belong to the group above.
            last = None
            rows.append(Row((word("other_grids", language), "", ""), "group"))
        rows.extend(row(index))
    aligns: tuple[Align, ...] = tuple("left" if head == "name" else "centre" for head in heads)
    title = word("table", language)
    return Table(title, tuple(word(head, language) for head in heads), aligns, tuple(rows), flexible=1)


def _order(scene: Scene) -> list[int]:
    """Grids by composite grid, then by code; those in none last."""
    places = {area.code: place for place, (area, _) in enumerate(scene.composites)}

    def key(index: int) -> tuple[int, str, int]:
        grid = scene.grids[index].grid
        return places.get(grid.area, len(places)), grid.code, grid.rank

    return sorted(range(len(scene.grids)), key=key)


def _full_name(grid: MicroGrid) -> str:
    return f"{grid.name}({grid.honorary_name})" if grid.honorary_name else grid.name


def _household_text(fact: GridFacts, *, is_dedicated: bool, language: Language) -> str:
    if fact.households:
        return str(fact.households)
    if is_dedicated and fact.shops:
        return word("shops_short", language, fact.shops)
    return "—" if fact.households is None else str(fact.households)


def _short_part(part: Part, prefix: str) -> str:
    return part.code.removeprefix(prefix)


def _part_name(part: Part) -> str:
    return "└ " + (part.name or "、".join(part.units))


def shop_table(scene: Scene, *, language: Language) -> Table | None:
    """Every shop of the sheet by its number, or None where there is none."""
    if not scene.shops:
        return None
    rows = []
    for drawn in scene.shops:
        shop = drawn.shop
        grid = scene.grids[drawn.grid].short if drawn.grid is not None else "—"
        rows.append(Row((str(drawn.number), shop.name, shop.street or "—", shop.door_number or "—", grid)))
    heads = tuple(word(f"shop_{each}", language) for each in ("number", "name", "street", "door", "grid"))
    return Table(
        word("shop_list", language), heads, ("centre", "left", "left", "centre", "centre"), tuple(rows), flexible=1
    )


def totals_line(scene: Scene, facts: tuple[GridFacts, ...], *, language: Language) -> str:
    """Totals of the sheet, in one line."""
    said = [word("grids", language, len(scene.grids))]
    buildings = sum(fact.buildings for fact in facts)
    households = sum(fact.households or 0 for fact in facts)
    for key, count in (("buildings", buildings), ("households", households), ("shops", len(scene.shops))):
        if count:
            said.append(word(key, language, f"{count:,}" if language == "en" else count))
    return " · ".join(said)


def imprint(
    scene: Scene,
    snapshot: Snapshot,
    *,
    publisher: str,
    day: date,
    generation: str | None,
    credit: str | None,
    review_number: str | None,
    pages: int,
    language: Language,
) -> list[str]:
    """The lines under the scale bar."""
    said = version_text(generation, snapshot, language)
    when = word("date", language, word("date_format", language, day.year, day.month, day.day))
    lines = [word("publisher", language, publisher)] if publisher else []
    lines.append(f"{when}  {word('generation', language, said)}" if said else when)
    lines.append(word("crs", language, crs_name(snapshot.metric.plane, language)))
    if scene.codes.is_shortened:
        rest = f" + {scene.codes.after}" if scene.codes.after else ""
        lines.append(word("prefix", language, scene.codes.before, rest))
    if review_number:
        lines.append(word("review", language, review_number))
    if credit:
        lines.append(credit)
    lines.append(word("disclaimer", language))
    if pages > 1:
        lines.append(word("page", language, 1, pages))
    return lines


def version_text(generation: str | None, snapshot: Snapshot, language: Language) -> str:
    """The version of the data for people."""
    if generation is not None:
        return generation
    return snapshot.title(language)


def crs_name(plane: str, language: Language) -> str:
    """The name of a metric plane for people."""
    crs = CRS.from_user_input(plane)
    operation = crs.coordinate_operation
    code = crs.to_epsg()
    if code is not None and 4534 <= code <= 4554 and operation is not None:
        meridian = next(p.value for p in operation.params if "longitude" in p.name.lower())
        return f"{word('meridian', language, f'{meridian:g}')} EPSG:{code}"
    return f"{crs.name} EPSG:{code}" if code is not None else plane.split(" +x_0", maxsplit=1)[0]

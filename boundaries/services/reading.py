"""Read the plan: a whole state as a Snapshot, or lists of it a page at a time."""

from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from boundaries.errors import NotFound
from boundaries.findings import Finding
from boundaries.lifecycle import Generation
from boundaries.model import Assignment, Person
from boundaries.snapshot import Snapshot
from boundaries.store import queries, register_queries, shop_grids
from boundaries.store.drafts import moment_of, newest_generation, read_generation, read_generations
from boundaries.store.findings import kept_findings
from boundaries.store.overlay import Moment
from boundaries.store.places import generation_on
from geo.crs import STORAGE_STEP


def current_generation(session: Session) -> int | None:
    """Number of the newest generation, None before the first."""
    return newest_generation(session)


def get_generation(session: Session, number: int) -> Generation:
    """One generation.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    return read_generation(session, number)


def generation_of_day(session: Session, day: date, *, timezone: str) -> int:
    """Number of the generation in force at the end of a day in a time zone.

    Raises
    ------
    NotFound
        If none was published by then.
    """
    number = generation_on(session, day, timezone=timezone)
    if number is None:
        raise NotFound(
            f"到 {day} 为止尚未发布任何版本。请用 generation list 查看各版的发布日期。",
            f"No generation was published by {day}. See the days with generation list.",
        )
    return number


def generation_findings(session: Session, number: int) -> tuple[Finding, ...]:
    """What the checks said when the generation was published; none of it blocking."""
    return kept_findings(session, generation=number)


def list_generations(
    session: Session, *, before: int | None = None, limit: int | None = None
) -> tuple[Generation, ...]:
    """Generations, newest first; only those below ``before``, at most ``limit``."""
    return read_generations(session, before=before, limit=limit)


def snapshot(
    session: Session,
    *,
    today: date,
    generation: int | None = None,
    draft: int | None = None,
    area: str | None = None,
    metric_plane: str | None = None,
) -> Snapshot:
    """Read one state of the plan whole.

    Parameters
    ----------
    today : date
        The day for which shops, counts, people, streets, water and walls are read.
    generation : int, optional
        By default the newest; before the first, the state is empty.
    draft : int, optional
        A draft over the generation that it branched from; not together with ``generation``.
    area : str, optional
        Code of an area: it and all below it, the areas above it (for their names), and
        the premises, streets, water and walls that touch its polygon.
    metric_plane : str, optional
        The metric system to measure in, as ``EPSG:4549``.

    Returns
    -------
    Snapshot
        In EPSG:4490 on the storage grid, grids by rank.

    Raises
    ------
    NotFound
        If there is no such generation, draft or area.
    """
    moment = moment_of(session, generation=generation, draft=draft)
    scope, wanted = _scope(session, moment, today=today, area=area)
    areas = queries.areas(session, scope, wanted)
    grids = queries.grids(session, scope)
    buildings = queries.buildings(session, scope)
    compounds = queries.compounds(session, scope)
    shops = register_queries.shops(session, scope)
    whole = Snapshot(
        crs=Snapshot.stored_crs(),
        metric_plane=metric_plane,
        step=STORAGE_STEP,
        generation=moment.generation,
        draft=moment.draft,
        scope=area,
        levels=queries.levels(session),
        kinds=queries.kinds(session),
        roles=queries.roles(session),
        areas=areas,
        grids=grids,
        buildings=buildings,
        compounds=compounds,
        shops=shops,
        streets=register_queries.streets(session, scope),
        waters=register_queries.waters(session, scope),
        walls=register_queries.walls(session, scope),
    )
    premises = {("building", one.code) for one in buildings} | {("compound", one.code) for one in compounds}
    premises |= {("shop", one.code) for one in shops}
    return _with_people(
        whole,
        people=register_queries.people(session, scope),
        assignments=tuple(
            one for one in _assignments(session, moment, today) if (one.premises_kind, one.premises) in premises
        ),
    )


def division(session: Session, *, generation: int | None = None) -> Snapshot:
    """Read the areas and grids of a generation, without premises, streets and people.

    Parameters
    ----------
    generation : int, optional
        By default the newest; before the first, the state is empty.

    Returns
    -------
    Snapshot
        In EPSG:4490 on the storage grid, grids by rank, their parts without counts of the day.

    Raises
    ------
    NotFound
        If there is no such generation.
    """
    moment = moment_of(session, generation=generation, draft=None)
    scope = queries.Scope(moment, date.min)
    return Snapshot(
        crs=Snapshot.stored_crs(),
        step=STORAGE_STEP,
        generation=moment.generation,
        levels=queries.levels(session),
        kinds=queries.kinds(session),
        areas=queries.areas(session, scope, None),
        grids=queries.grids(session, scope),
    )


def with_registers(session: Session, stood: Snapshot, *, today: date) -> Snapshot:
    """A snapshot with the shops and people in charge as they stand now; everything else as it was.

    Parameters
    ----------
    stood : Snapshot
        Of a generation; its grids may have been left out.
    today : date
    """
    moment = Moment(stood.generation)
    scope = queries.Scope(moment, today)
    return replace(
        stood,
        shops=register_queries.shops(session, scope),
        people=register_queries.people(session, scope),
        assignments=_assignments(session, moment, today),
    )


def _assignments(session: Session, moment: Moment, today: date) -> tuple[Assignment, ...]:
    """What a state assigns, and the grids that shops were given since by the day's register."""
    given = shop_grids.given(session, moment, today)
    shops = {one.shop for one in given}
    kept = [
        one for one in queries.assignments(session, moment) if one.premises_kind != "shop" or one.premises not in shops
    ]
    return (*kept, *(one.assignment for one in given if one.assignment is not None))


def _with_people(whole: Snapshot, *, people: tuple[Person, ...], assignments: tuple[Assignment, ...]) -> Snapshot:
    """Add those in charge of what the snapshot holds."""
    targets = {area.code for area in whole.areas} | {grid.code for grid in whole.grids}
    targets |= {part.code for grid in whole.grids for part in grid.parts}
    return replace(
        whole, people=tuple(person for person in people if person.target in targets), assignments=assignments
    )


def _scope(session: Session, moment: Moment, *, today: date, area: str | None) -> tuple[queries.Scope, set[int] | None]:
    """The scope of reading, and the areas to show: those below the one asked for, and those above."""
    if area is None:
        return queries.Scope(moment, today), None
    numbers, parents = queries.area_tree(session, moment)
    if area not in numbers:
        raise NotFound(
            f"没有编码为 {area} 的区域。请用 export areas 查看区域编码。",
            f"There is no area with the code {area}. See the codes with export areas.",
        )
    root = numbers[area]
    below = {number for number in parents if root in queries.chain(number, parents)}
    return queries.Scope(moment, today, frozenset(below), root), below | set(queries.chain(root, parents))

"""People in charge, changed the same day without a draft: begun, corrected, ended, replaced."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from boundaries.errors import BadInput, Conflict, NotFound
from boundaries.exchange.photos import Photo
from boundaries.model import Person
from boundaries.services import journal
from boundaries.services.registers import Act, moment_on, targets_below
from boundaries.store import photos, queries, register_queries
from boundaries.store.people import end_charge, put_people
from boundaries.store.registers import wait_for_turn
from boundaries.store.sources import add_source


def list_people(
    session: Session,
    *,
    day: date,
    timezone: str,
    within: str | None = None,
    targets: Collection[str] | None = None,
    role: str | None = None,
) -> tuple[Person, ...]:
    """Who is in charge of what on a day.

    Parameters
    ----------
    day : date
    timezone : str
        Where it is a day; grids have the codes that they had at its end.
    within : str, optional
        Code of an area: only of it, and of what is in it.
    targets : collection of str, optional
        Codes of grids, parts and areas.
    role : str, optional
        Code of a role, or one of its names.

    Returns
    -------
    tuple of Person
        By target, role and name; ``id`` is that of the charge.

    Raises
    ------
    NotFound
        If there is no such area.
    BadInput
        If there is no such role.
    """
    moment = moment_on(session, day, timezone=timezone)
    wanted = None if targets is None else frozenset(targets)
    if within is not None:
        inside = targets_below(session, moment, within)
        wanted = inside if wanted is None else wanted & inside
    found = register_queries.people(session, queries.Scope(moment, day), targets=wanted)
    if role is not None:
        code = role_code(session, role)
        found = tuple(person for person in found if person.role == code)
    return tuple(sorted(found, key=lambda person: (person.target, person.role, person.name, person.id)))


def role_code(session: Session, role: str) -> str:
    """Code of a role that is named by its code or one of its names.

    Raises
    ------
    BadInput
        If there is no such role.
    """
    roles = queries.roles(session)
    for one in roles:
        if role in (one.code, one.name_zh, one.name_en):
            return one.code
    raise BadInput(
        f"没有职务“{role}”。可用:{'、'.join(one.name_zh for one in roles)}。",
        f'There is no role "{role}". Known: {", ".join(one.code for one in roles)}.',
    )


def put_in_charge(session: Session, person: Person, act: Act, *, keep: Collection[str] = ()) -> bool:
    """Put somebody in charge, or correct what is told of who already is.

    Parameters
    ----------
    person : Person
        Told from others by target, role and name. Without ``since`` from today on.
    act : Act
    keep : collection of str
        Fields that nobody has said anything about (``phone``, ``phone_published``,
        ``standing``): they stay what they are.

    Returns
    -------
    bool
        Whether anything changed.

    Raises
    ------
    BadInput
        If the role or the target is not known, the days end before they begin, or a text
        holds the number of an identity card.
    """
    wait_for_turn(session, "people")
    standing = _standing(session, target=person.target, role=person.role, on=person.since or act.today, act=act)
    known = next((one for one in standing if one.name == person.name), None)
    if known is not None:
        person = replace(person, **{field: getattr(known, field) for field in keep})
    return _write(session, person, act, action="roster.set")


def end(session: Session, *, target: str, role: str, name: str, on: date, act: Act) -> Person:
    """End a charge: ``on`` is the first day without it.

    Returns
    -------
    Person
        Who was in charge. A charge that had begun on that very day never was.

    Raises
    ------
    NotFound
        If nobody of this name is in charge of it on that day.
    BadInput
        If there is no such role.
    """
    wait_for_turn(session, "people")
    ended = _in_charge(session, target=target, role=role, name=name, on=on, act=act)
    end_charge(session, ended.id, on)
    _record(session, ended, act, action="roster.end", more={"on": on.isoformat()})
    return ended


def replace_by(session: Session, successor: Person, *, on: date, act: Act, predecessor: str | None = None) -> Person:
    """End one charge and begin another on the same day.

    Parameters
    ----------
    successor : Person
        Its target and role say which charge; ``since`` is not looked at.
    on : date
        First day of the new one.
    act : Act
    predecessor : str, optional
        Who is replaced; needed where several are in charge together.

    Returns
    -------
    Person
        Who was in charge before.

    Raises
    ------
    NotFound
        If nobody is in charge to be replaced.
    BadInput
        If several are and nobody says which, or as :func:`put_in_charge`.
    Conflict
        If the successor is in charge of it already.
    """
    wait_for_turn(session, "people")
    ended = _in_charge(session, target=successor.target, role=successor.role, name=predecessor, on=on, act=act)
    others = _standing(session, target=successor.target, role=successor.role, on=on, act=act)
    if any(other.name == successor.name for other in others):
        raise Conflict(
            f"{successor.name} 已经是 {successor.target} 的{successor.role}。如只需他人离任,请用 roster end。",
            f"{successor.name} is {successor.role} of {successor.target} already. To end another, use roster end.",
        )
    end_charge(session, ended.id, on)
    _write(session, replace(successor, since=on), act, action="roster.replace", more={"instead_of": ended.name})
    return ended


def put_photo(session: Session, person: Person, photo: Photo, act: Act) -> None:
    """Keep a photo of somebody in charge, in place of an earlier one.

    Parameters
    ----------
    person : Person
        Told from others by target, role and name.
    photo : Photo
    act : Act

    Raises
    ------
    NotFound
        If nobody of this name is in charge of it.
    """
    on = person.since or act.today
    held = _in_charge(session, target=person.target, role=person.role, name=person.name, on=on, act=act)
    photos.put_photo(session, held.id, media_type=photo.media_type, photo=photo.content)
    _record(session, held, act, action="roster.photo", more={"bytes": len(photo.content)})


def get_photo(session: Session, charge: int) -> Photo:
    """The photo of who holds a charge.

    Raises
    ------
    NotFound
        If there is none.
    """
    found = photos.read_photo(session, charge)
    if found is None:
        raise NotFound(f"{charge} 没有照片。", f"There is no photo of {charge}.")
    return Photo(*found)


def record_reading(session: Session, people: Sequence[Person], *, actor: str, now: datetime | None = None) -> None:
    """Note that somebody is shown phones which are not published.

    Parameters
    ----------
    people : sequence of Person
        Those who are shown.
    actor : str
    now : datetime, optional
    """
    hidden = sum(person.phone is not None and not person.phone_published for person in people)
    if hidden:
        detail = {"fields": ["phone"], "rows": hidden}
        journal.record_read(session, actor=actor, way="read", subject="layer:people", detail=detail, now=now)


def _in_charge(session: Session, *, target: str, role: str, name: str | None, on: date, act: Act) -> Person:
    found = _standing(session, target=target, role=role, on=on, act=act)
    if name is not None:
        found = [person for person in found if person.name == name]
    if not found:
        who_zh, who_en = (f"名为 {name} 的{role}", f"{role} named {name}") if name else (role, role)
        raise NotFound(
            f"{on} 在 {target} 没有{who_zh}在任。请用 roster list --on {on} 查看。",
            f"On {on} no {who_en} is in charge of {target}. See roster list --on {on}.",
        )
    if len(found) > 1:
        names = "、".join(person.name for person in found)
        raise BadInput(
            f"{target} 有几位{role}:{names}。请用 --instead-of 写明替换哪一位。",
            f"{target} has several in the role {role}: {names}. Say whom with --instead-of.",
        )
    return found[0]


def _standing(session: Session, *, target: str, role: str, on: date, act: Act) -> list[Person]:
    code = role_code(session, role)
    scope = queries.Scope(moment_on(session, on, timezone=act.timezone), on)
    return [person for person in register_queries.people(session, scope, targets=[target]) if person.role == code]


def _write(session: Session, person: Person, act: Act, *, action: str, more: dict[str, object] | None = None) -> bool:
    source = add_source(session, department=act.department, file=action, actor=act.actor)
    done = put_people(session, [person], source_id=source, today=act.today)
    if not done.new and not done.changed:
        return False
    detail = {"result": "begun" if done.new else "corrected", **(more or {})}
    _record(session, person, act, action=action, more=detail)
    return True


def _record(session: Session, person: Person, act: Act, *, action: str, more: dict[str, object]) -> None:
    """What was done, without what a phone or a standing is."""
    days = {name: day.isoformat() for name in ("since", "until") if (day := getattr(person, name)) is not None}
    journal.record(
        session,
        actor=act.actor,
        action=action,
        subject=f"roster:{person.target}",
        detail={"role": person.role, "name": person.name, **days, **more},
        now=act.now,
    )

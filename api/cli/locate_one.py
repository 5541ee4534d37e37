"""``locate --point``: one point, answered on stdout."""

from dataclasses import asdict

from api.cli import context
from api.cli.output import Format, emit, note, write_json
from api.cli.sources import Files, State, read_snapshot
from boundaries.errors import BadInput
from boundaries.lookup.answer import Purpose


def locate_one(
    text: str, files: Files, *, crs: str | None, generation: int | None, for_: Purpose | None, shape: Format
) -> None:
    """Say which grid a point is in, by files or by the database.

    Parameters
    ----------
    text : str
        X,Y.
    files : Files
        Of the plan; none for the database.
    crs : str or None
        Of the point.
    generation : int or None
        By default the newest.
    for_ : {"household", "shop"}, optional
    shape : {"table", "json"}

    Raises
    ------
    BadInput
        If the point cannot be read or its axes are swapped.
    """
    x, y = _parse_point(text)
    if files.named:
        _by_files(x, y, files, crs=crs, for_=for_, shape=shape)
    else:
        _by_database(x, y, crs=crs, generation=generation, for_=for_, shape=shape)


def _by_files(x: float, y: float, files: Files, *, crs: str | None, for_: Purpose | None, shape: Format) -> None:
    import numpy as np

    from boundaries.lookup.plan_index import PlanIndex
    from boundaries.services.file_lookup import answer_points
    from geo.crs import parse_crs

    system = parse_crs(crs)
    answers = answer_points(PlanIndex.of(read_snapshot(files, State())), np.array([[x, y]]), system, for_=for_)
    if len(answers.unusable):
        raise BadInput(
            f"--point {x},{y} 不是 {system.name} 的坐标。请核对坐标和 --crs。",
            f"--point {x},{y} is no place in {system.name}. Check its coordinates and --crs.",
        )
    emit({name: values[0].as_py() for name, values in answers.columns.items()}, format=shape, label=context.label)
    _say_outside(is_outside=bool(answers.outside))


def _by_database(
    x: float, y: float, *, crs: str | None, generation: int | None, for_: Purpose | None, shape: Format
) -> None:
    from boundaries.services import lookup
    from boundaries.store.engine import reading

    with reading(context.engine()) as session:
        found = lookup.locate(session, x=x, y=y, crs=crs, for_=for_, generation=generation)
    _say_outside(is_outside=not found.areas)
    if shape == "json":
        write_json(asdict(found))
        return
    lowest = found.areas[-1] if found.areas else None
    told = {
        "micro_grid": found.micro_grid.code if found.micro_grid else None,
        "name": found.micro_grid.name if found.micro_grid else None,
        "area": lowest.code if lowest else None,
        "area_name": lowest.name if lowest else None,
        "dedicated": [grid.code for grid in found.dedicated],
        "on_border": found.on_border,
        "in_gap": found.in_gap,
        "generation": found.generation,
    }
    if for_ is not None:
        told["responsible"] = found.responsible.code if found.responsible else None
    emit(told, label=context.label)


def _say_outside(*, is_outside: bool) -> None:
    if is_outside:
        note(
            "该点不在任何区域内。请核对坐标和 --crs。"
            if context.language() == "zh"
            else "The point lies in no area. Check its coordinates and --crs."
        )


def _parse_point(text: str) -> tuple[float, float]:
    parts = text.replace(",", ",").split(",")
    try:
        x, y = (float(part) for part in parts)
    except ValueError as error:
        raise BadInput(
            f"--point {text} 写法不对。应为两个数,用逗号隔开,例如 119.182,32.271。",
            f"--point {text} is not understood. Write two numbers with a comma between, for example 119.182,32.271.",
        ) from error
    return x, y

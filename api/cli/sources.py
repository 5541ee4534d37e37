"""Where a verb reads the plan from: files, or a draft or generation in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import context
from boundaries.errors import BadInput

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from boundaries.snapshot import Snapshot


def _file(name: str, zh: str, en: str) -> Any:  # Any: typer marks an option by a value of no public type
    return typer.Option(f"--{name}", metavar="FILE", help=f"{zh} / {en}")


GridsFile = Annotated[Path | None, _file("grids", "微网格文件", "file of micro-grids")]
ParentsFile = Annotated[Path | None, _file("parents", "所属区域文件", "file of the areas to fill")]
BuildingsFile = Annotated[Path | None, _file("buildings", "楼栋文件", "file of buildings")]
CompoundsFile = Annotated[Path | None, _file("compounds", "小区文件", "file of compounds")]
ShopsFile = Annotated[Path | None, _file("shops", "商铺文件", "file of shops")]
StreetsFile = Annotated[Path | None, _file("streets", "道路文件", "file of streets")]
PeopleFile = Annotated[Path | None, _file("people", "人员文件", "file of people in charge")]


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a caller named."""

    grids: Path | None = None
    parents: Path | None = None
    buildings: Path | None = None
    compounds: Path | None = None
    shops: Path | None = None
    streets: Path | None = None
    people: Path | None = None
    crs: str | None = None
    code_column: str | None = None
    parent_column: str | None = None
    encoding: str | None = None
    water: Path | None = None
    walls: Path | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """Names of the layers that have a file."""
        layers = ("grids", "parents", "buildings", "compounds", "shops", "streets", "people", "water", "walls")
        return tuple(layer for layer in layers if getattr(self, layer) is not None)


@dataclass(frozen=True, slots=True)
class State:
    """The state in the database that a caller named; the newest generation where none is."""

    draft: int | None = None
    generation: int | None = None
    area: str | None = None
    on: date | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """Names of the options given."""
        return tuple(name for name in ("draft", "generation", "area", "on") if getattr(self, name) is not None)


def read_snapshot(files: Files, state: State, *, needs: Sequence[str] = ("grids",)) -> "Snapshot":
    """The plan from the files, if any is named, else from the database.

    Parameters
    ----------
    files : Files
    state : State
    needs : sequence of str
        Layers without which files are of no use.

    Returns
    -------
    Snapshot

    Raises
    ------
    BadInput
        If files and a state are both named, a needed file is missing, two states are
        named, or a file cannot be read.
    """
    if files.named:
        return _from_files(files, state, needs)
    from boundaries.services import reading
    from boundaries.store.engine import reading as reading_session

    require_one_state(state)
    with reading_session(context.engine()) as session:
        return reading.snapshot(
            session,
            today=state.on or context.today(),
            generation=generation_of(session, state),
            draft=state.draft,
            area=state.area,
            metric_plane=context.settings().metric_crs,
        )


def require_one_state(state: State) -> None:
    """Refuse two names of a state.

    Raises
    ------
    BadInput
        If more than one of a draft, a generation and a day is named.
    """
    given = [f"--{name}" for name in state.named if name != "area"]
    if len(given) > 1:
        raise BadInput(f"{'、'.join(given)} 只能给一个。", f"Give one of {', '.join(given)}, not more.")


def generation_of(session: "Session", state: State) -> int | None:
    """Number of the generation that is named, or was in force on the day that is.

    Raises
    ------
    NotFound
        If none was published by that day.
    """
    from boundaries.services.reading import generation_of_day

    if state.on is None:
        return state.generation
    return generation_of_day(session, state.on, timezone=context.settings().timezone)


def _from_files(files: Files, state: State, needs: Sequence[str]) -> "Snapshot":
    from boundaries.exchange.snapshot_files import snapshot_from_files

    if state.named:
        options = "、".join(f"--{name}" for name in state.named)
        raise BadInput(
            f"{options} 用于数据库,不能与文件一起用。请去掉其中一种。",
            f"{options} is about the database and does not go with files. Leave one of them out.",
        )
    missing = [layer for layer in needs if layer not in files.named]
    if missing:
        raise BadInput(
            f"缺少 --{missing[0]} 文件。用文件时须给出它。",
            f"The file --{missing[0]} is missing; with files it is needed.",
        )
    return snapshot_from_files(
        grids=files.grids,
        parents=files.parents,
        buildings=files.buildings,
        compounds=files.compounds,
        shops=files.shops,
        streets=files.streets,
        water=files.water,
        walls=files.walls,
        people=files.people,
        crs=files.crs,
        code_column=files.code_column,
        parent_column=files.parent_column,
        encoding=files.encoding,
    )

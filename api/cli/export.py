"""``export``: a layer of a generation or draft as a file for WPS, QGIS and ArcGIS; or a generation's certificate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from api.cli import context
from api.cli.certificate import export_certificate
from api.cli.context import AreaCode, AsName, DraftNumber, Encoding, GenerationNumber, OnDay
from api.cli.output import note
from api.cli.sources import State, generation_of, require_one_state
from api.cli.taken import record_taken
from boundaries.errors import BadInput, NotFound
from boundaries.tiers import TIERS, Tier

_ALIASES = {"water": "waters", "parents": "areas"}


def export(
    layer: Annotated[
        str,
        typer.Argument(
            metavar="LAYER",
            help="areas grids parts buildings compounds shops streets water walls people assignments certificate",
        ),
    ],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=".gpkg .geojson .shp .parquet .csv .xlsx,由后缀决定;证明为 .json / by suffix; a certificate is .json",
        ),
    ],
    *,
    crs: Annotated[
        str | None, typer.Option("--crs", metavar="NAME", help="写成哪个坐标系,默认 EPSG:4490 / system to write in")
    ] = None,
    encoding: Encoding = None,
    generation: GenerationNumber = None,
    on: OnDay = None,
    draft: DraftNumber = None,
    area: AreaCode = None,
    tier: Annotated[
        str, typer.Option("--tier", metavar="TIER", help="可见级别:public internal restricted / who will see it")
    ] = "internal",
    as_: AsName = None,
) -> None:
    """Write a layer, or the certificate of a generation, to a file.

    Raises
    ------
    BadInput
        If the layer, tier or format is not known, an option does not go with the layer, or
        the file cannot be written.
    CrsProblem
        If the system is not known or not safe.
    NotFound
        If there is no such generation, draft or area, or nothing of the layer in it, or no certificate.
    """
    from boundaries.exchange.formats import write_columns
    from boundaries.exchange.wording import layer_name
    from boundaries.exchange.writing import in_crs, layer_columns
    from boundaries.services.reading import snapshot
    from boundaries.store.engine import reading

    if layer == "certificate":
        _refuse_options({"--draft": draft, "--on": on, "--area": area, "--crs": crs, "--encoding": encoding})
        export_certificate(file, generation=generation)
        return
    layer = _ALIASES.get(layer, layer)
    wanted = State(draft, generation, area, on.date() if on else None)
    require_one_state(wanted)
    allowed = tier_of(tier)
    language = context.language()
    engine = context.engine()
    with reading(engine) as session:
        number, day = generation_of(session, wanted), wanted.on or context.today()
        state = snapshot(session, today=day, generation=number, draft=draft, area=area)
    columns = layer_columns(layer, state, tier=allowed, language=language)
    if not len(columns):
        raise NotFound(
            f"{_state_zh(generation, draft)}没有{layer_name(layer, 'zh')}。请先导入,或用 --draft N 指明调整方案。",
            f"There are no {layer_name(layer, 'en')} in this state. Load them first, or name a draft with --draft N.",
        )
    columns = in_crs(columns, crs)
    if allowed == "restricted":
        record_taken(engine, way="export", subject=layer, file=file.name, actor=context.actor(as_))
    written = write_columns(file, columns, encoding=encoding)
    names = "、".join(path.name for path in written)
    note(f"已写出 {len(columns)} 条:{names}" if language == "zh" else f"Wrote {len(columns)} rows: {names}")


def _refuse_options(given: Mapping[str, object]) -> None:
    named = [name for name, value in given.items() if value is not None]
    if named:
        raise BadInput(
            f"全覆盖证明属于整个版本,不能用 {'、'.join(named)}。请去掉。",
            f"A certificate is of a whole generation and takes no {', '.join(named)}. Leave it out.",
        )


def tier_of(text: str) -> Tier:
    """The tier of a name.

    Raises
    ------
    BadInput
        Naming those that there are.
    """
    for tier in TIERS:
        if text == tier:
            return tier
    raise BadInput(f"没有级别“{text}”。可用:{'、'.join(TIERS)}。", f'No tier "{text}". Known: {", ".join(TIERS)}.')


def _state_zh(generation: int | None, draft: int | None) -> str:
    if draft is not None:
        return f"调整方案 {draft} 中"
    return f"第 {generation} 版中" if generation is not None else "当前版本中"

"""``demo``: an invented town, loaded, checked, mended, assigned, published, printed, then served."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import context
from api.cli.output import note, table
from boundaries.errors import Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.cli.demo_walk import Stage, Walked
    from geo.errors import Language

LOOPBACK = "127.0.0.1"
_FOLDER = "demo"

NoServe = Annotated[
    bool, typer.Option("--no-serve", help="做完就结束,不启动服务 / stop when done, do not start the service")
]
OutFolder = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="图纸、图片、问题清单放在哪里 / folder for prints, pictures, findings"),
]


def demo(no_serve: NoServe = False, out: OutFolder = None) -> None:
    """Walk an invented town from an office's files to a printed map, and serve it.

    A database that holds the town already is only printed from.

    Raises
    ------
    Conflict
        If the database holds data that are not the demo's.
    Unavailable
        If the database cannot be used.
    BadInput
        If the folder cannot be written to.
    """
    from api.cli.demo_prints import make_folder
    from api.cli.demo_walk import Stage, Teller, published, seen_before, walk
    from boundaries.demo.files import write_town
    from boundaries.demo.town import build_town

    settings, language = context.settings(), context.language()
    teller = Teller(note, language)
    teller.say("准备数据库", "preparing the database")
    engine = context.engine()
    stage = Stage(engine, teller, context.today(), context.now(), settings.metric_crs)
    before = published(stage)
    folder = make_folder((out or settings.home / _FOLDER).absolute())
    town = build_town()
    files = write_town(town, folder / _named("办公文件", "office files", language))
    teller.say(f"演示小镇的办公文件:{files.folder}", f"an invented town's office files: {files.folder}")
    walked = walk(stage, files) if before is None else seen_before(stage, town.defective, before)
    places = {_named("办公文件", "office files", language): files.folder, **_print(stage, walked, folder)}
    _show(walked, places, language)
    _show_key(engine, language)
    if not no_serve:
        serve_town(engine)
        return
    url = f"http://{LOOPBACK}:{settings.port}/"
    note(
        _named(
            f"之后用 microgrid serve 启动服务:{url}", f"Start the service later with microgrid serve: {url}", language
        )
    )


def _print(stage: "Stage", walked: "Walked", folder: Path) -> dict[str, Path]:
    """Print everything into the folder; gives what lies where."""
    from api.cli.demo_prints import print_findings, print_sheet, print_web_map
    from boundaries.services.reading import snapshot
    from boundaries.store.engine import reading

    language, teller = stage.teller.language, stage.teller
    with reading(stage.engine) as session:
        plan = snapshot(session, generation=walked.generation, today=stage.today, metric_plane=stage.metric_plane)
    places: dict[str, Path] = {}
    for area in plan.areas:
        if area.level == "community":
            pdf, picture = print_sheet(folder, plan, area, day=stage.today, language=language)
            places[area.name] = pdf
            teller.say(f"打印:{pdf.name}、{picture.name}", f"printed {pdf.name} and {picture.name}")
    page = folder / _named("微网格地图.html", "map.html", language)
    print_web_map(page, plan, day=stage.today, language=language)
    places[_named("网页地图", "web map", language)] = page
    found = print_findings(folder, walked.checked, walked.found, day=stage.today, language=language)
    places[_named("原图问题清单", "findings of the old drawing", language)] = found["xlsx"]
    places[_named("原图问题图层", "the same as a layer", language)] = found["gpkg"]
    places[_named("原图问题地图", "the same as a map", language)] = found["html"]
    teller.say(f"地图和问题清单:{folder}", f"maps and findings: {folder}")
    return places


def _show(walked: "Walked", places: dict[str, Path], language: "Language") -> None:
    from api.cli.demo_results import FOUND_COLUMNS, found_rows

    title = _named("原图查出的问题", "What the old drawing had", language)
    table(f"\n{title}", FOUND_COLUMNS[language], found_rows(walked.checked, walked.found, walked.left, language))
    shops, compounds = walked.assigned.get("shop", 0), walked.assigned.get("compound", 0)
    rows: list[tuple[str, object]] = [
        (_named("找到问题", "found", language), len(walked.found)),
        (_named("校正后剩余", "left after the correction", language), len(walked.left)),
        (_named("划入网格的商铺", "shops assigned", language), shops),
        (_named("划入网格的小区", "compounds assigned", language), compounds),
        (_named("已发布版本", "generation published", language), walked.generation),
        (_named("打印图幅", "sheets printed", language), sum(path.suffix == ".pdf" for path in places.values())),
    ]
    table("\n" + _named("结果", "Results", language), (), rows)
    table("\n" + _named("文件", "Files", language), (), [(what, str(path)) for what, path in places.items()])


def _show_key(engine: "Engine", language: "Language") -> None:
    """The first administrator's key is made at set-up and shown once."""
    from api.cli.key import first_key

    made = first_key(engine, actor=context.actor(), now=context.now())
    if made is not None:
        shown = _named("管理员密钥(只显示这一次,请保存)", "The administrator's key (shown only now, keep it)", language)
        typer.echo(f"\n{shown}: {made[2]}")


def serve_town(engine: "Engine") -> None:
    """Serve on loopback only, since the demo opens the public tier.

    Raises
    ------
    Unavailable
        If no port can be had.
    """
    from api.cli.serve import serve_engine

    try:
        serve_engine(engine, host=LOOPBACK, port=context.settings().port)
    except Unavailable as taken:
        # Somebody else has the usual port; a demo is content with any.
        note(taken.text(context.language()))
        serve_engine(engine, host=LOOPBACK, port=0)


def _named(zh: str, en: str, language: "Language") -> str:
    return zh if language == "zh" else en

"""Bad files handed to ``load``: a clear message in both languages, and no trace in the database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas
import openpyxl
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box
from sqlalchemy import Engine, text

from api.cli.main import BAD_INPUT, DONE, UNAVAILABLE, run
from api.settings import load_settings
from boundaries.errors import Unavailable
from boundaries.store import tables
from boundaries.store.engine import writing
from boundaries.store.sources import add_source

PLANE = "EPSG:4549"
EAST, NORTH = 422_700.0, 3_572_000.0
COMMUNITY = box(EAST, NORTH, EAST + 200, NORTH + 100)
WEST_HALF = box(EAST, NORTH, EAST + 100, NORTH + 100)
EAST_HALF = box(EAST + 100, NORTH, EAST + 200, NORTH + 100)
BOW_TIE = Polygon(
    [(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 100, NORTH), (EAST, NORTH + 100)],
)


@pytest.fixture
def office(database: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An office with one community in draft 1."""
    monkeypatch.setenv("MICROGRID_DATABASE_URL", database_url)
    load_settings.cache_clear()
    area = layer(tmp_path / "areas.gpkg", {"编码": ["C1"], "名称": ["文昌社区"], "层级": ["社区"]}, [COMMUNITY])
    assert run(["load", "areas", str(area)]) == DONE
    yield database
    load_settings.cache_clear()


def layer(path: Path, columns: dict[str, list[object]], shapes: list[object], crs: str | None = PLANE) -> Path:
    # Five Chinese characters fit a shapefile's header in GBK, only three in UTF-8.
    options = {"encoding": "gbk"} if path.suffix == ".shp" else {}
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path, **options)
    return path


def grids(path: Path, shapes: list[object], *, codes: tuple[str, ...] = ("G1", "G2"), parent: str = "C1") -> Path:
    count = len(shapes)
    columns: dict[str, list[object]] = {
        "网格编码": list(codes[:count]),
        "网格名称": [f"第{number}网格" for number in range(1, count + 1)],
        "社区": [parent] * count,
    }
    return layer(path, columns, shapes)


def table(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def truncated(folder: Path) -> list[str]:
    path = grids(folder / "grids.shp", [WEST_HALF, EAST_HALF])
    path.write_bytes(path.read_bytes()[:150])
    return ["grids", str(path)]


def shops_csv(folder: Path, rows: str, *, encoding: str = "utf-8") -> str:
    path = folder / "shops.csv"
    path.write_bytes(f"店名,门牌号,经度,纬度\n{rows}".encode(encoding))
    return str(path)


Case = Callable[[Path], list[str]]

CASES: dict[str, tuple[Case, str, str]] = {
    "another system than the file's": (
        lambda d: ["grids", str(grids(d / "g.gpkg", [WEST_HALF, EAST_HALF])), "--crs", "EPSG:4326"],
        "EPSG:4549",
        "EPSG:4549",
    ),
    "degrees said to be metres": (
        lambda d: ["shops", shops_csv(d, "早点铺,1号,119.18,32.27\n"), "--crs", PLANE],
        "EPSG:4549",
        "EPSG:4549",
    ),
    "Xi'an 80": (
        lambda d: ["shops", shops_csv(d, "早点铺,1号,422750,3572050\n"), "--crs", "EPSG:2384"],
        "CGCS2000",
        "CGCS2000",
    ),
    "no system": (lambda d: ["shops", shops_csv(d, "早点铺,1号,119.18,32.27\n")], "--crs", "--crs"),
    "swapped axes": (
        lambda d: ["shops", shops_csv(d, "早点铺,1号,32.2702,119.1796\n"), "--crs", "EPSG:4490"],
        "颠倒",
        "swapped",
    ),
    "swapped metres": (
        lambda d: ["shops", shops_csv(d, "早点铺,1号,3572050,422750\n"), "--crs", PLANE],
        "颠倒",
        "swapped",
    ),
    "GBK read as UTF-8": (
        lambda d: [
            "shops",
            shops_csv(d, "早点铺,1号,422750,3572050\n", encoding="gbk"),
            "--crs",
            PLANE,
            "--encoding",
            "utf-8",
        ],
        "gbk",
        "gbk",
    ),
    "empty file": (lambda d: ["grids", str(empty(d / "g.gpkg"))], "空", "empty"),
    "truncated shapefile": (truncated, "grids.shp", "grids.shp"),
    "self-crossing polygon": (
        lambda d: ["grids", str(grids(d / "g.gpkg", [BOW_TIE, EAST_HALF]))],
        "第 1 ",
        "row 1",
    ),
    "null geometry": (lambda d: ["grids", str(grids(d / "g.gpkg", [WEST_HALF, None]))], "第 2 ", "row 2"),
    "multi-part geometry": (
        lambda d: [
            "grids",
            str(grids(d / "g.gpkg", [MultiPolygon([WEST_HALF.buffer(-30), EAST_HALF.buffer(-30)])])),
        ],
        "2 块",
        "2 pieces",
    ),
    "duplicate codes": (
        lambda d: ["grids", str(grids(d / "g.gpkg", [WEST_HALF, EAST_HALF], codes=("G1", "G1")))],
        "G1",
        "G1",
    ),
    "codes that a spreadsheet spoilt": (
        lambda d: [
            "people",
            str(table(d / "p.xlsx", [["姓名", "网格编码"], ["周平", "0032108100101"], ["吴静", 32108100102]])),
        ],
        "0",
        "zero",
    ),
    "a parent that does not exist": (
        lambda d: ["grids", str(grids(d / "g.gpkg", [WEST_HALF, EAST_HALF], parent="C9"))],
        "C9",
        "C9",
    ),
    "a polygon 1,000 km away": (
        lambda d: [
            "grids",
            str(grids(d / "g.gpkg", [WEST_HALF, shapely.affinity.translate(EAST_HALF, yoff=1_000_000)])),
        ],
        "1,000 公里",
        "1,000 km",
    ),
}


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def rows_of_all_tables(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608  our own names
            for name in sorted(tables.metadata.tables)
        }


@pytest.mark.acceptance
@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_told_clearly_and_leaves_no_trace(
    office: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    make, zh, en = CASES[name]
    arguments = make(tmp_path)
    draft = ["--draft", "1"] if arguments[0] == "grids" else []
    before = rows_of_all_tables(office)
    capsys.readouterr()
    for language, words in (("zh", zh), ("en", en)):
        monkeypatch.setenv("MICROGRID_LANG", language)
        load_settings.cache_clear()
        assert run(["load", *arguments, *draft]) == BAD_INPUT
        told = capsys.readouterr().err
        assert words in told
        assert "Traceback" not in told
    assert rows_of_all_tables(office) == before


@pytest.mark.acceptance
def test_heights_are_dropped_and_the_rest_is_loaded(office: Engine, tmp_path: Path) -> None:
    lifted = [shapely.force_3d(WEST_HALF, 5.0), shapely.force_3d(EAST_HALF, 5.0)]
    assert run(["load", "grids", str(grids(tmp_path / "g.gpkg", lifted)), "--draft", "1"]) == DONE
    assert run(["check", "--draft", "1"]) == DONE


@pytest.mark.acceptance
def test_codes_with_leading_zeros_stay_text(office: Engine, tmp_path: Path) -> None:
    path = grids(tmp_path / "g.gpkg", [WEST_HALF, EAST_HALF], codes=("001", "002"))
    assert run(["load", "grids", str(path), "--draft", "1"]) == DONE
    people = table(tmp_path / "p.xlsx", [["姓名", "网格编码"], ["周平", "001"]])
    assert run(["load", "people", str(people)]) == DONE
    with office.connect() as connection:
        found = connection.execute(text("SELECT code FROM microgrid.micro_grid_code ORDER BY code")).scalars().all()
    assert found == ["001", "002"]


def _lose_the_database_half_way(database: Engine, admin: Engine) -> None:
    with writing(database) as session:
        add_source(session, department="民政", file="areas.gpkg", actor="周平")
        backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with admin.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
        add_source(session, department="民政", file="areas.gpkg", actor="周平")


@pytest.mark.acceptance
def test_a_database_that_goes_away_half_way_keeps_nothing(database: Engine, admin: Engine) -> None:
    before = rows_of_all_tables(database)
    with pytest.raises(Unavailable) as refusal:
        _lose_the_database_half_way(database, admin)
    assert "数据库" in refusal.value.zh
    assert rows_of_all_tables(database) == before


@pytest.mark.acceptance
def test_a_database_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("MICROGRID_DATABASE_URL", f"postgresql:///microgrid?host={tmp_path}")
    load_settings.cache_clear()
    try:
        path = layer(tmp_path / "s.gpkg", {"店名": ["早点铺"], "门牌号": ["1号"]}, [Point(EAST + 5, NORTH + 5)])
        assert run(["load", "shops", str(path)]) == UNAVAILABLE
    finally:
        load_settings.cache_clear()
    assert "数据库" in capsys.readouterr().err

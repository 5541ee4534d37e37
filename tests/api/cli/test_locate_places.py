"""``locate --place-column``: addresses instead of coordinates."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import URL, Engine

from api.cli.main import run
from api.settings import load_settings
from tests.api.cli.office import building, grids_file, parents_file, square, write
from tests.boundaries.boxes import compound
from tests.conftest import copied


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


@pytest.fixture
def _office(admin: Engine, server: URL, office_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with copied(admin, server, office_template) as url:
        monkeypatch.setenv("MICROGRID_DATABASE_URL", url)
        load_settings.cache_clear()
        yield
    load_settings.cache_clear()


@pytest.mark.usefixtures("_office")
def test_addresses_of_the_register(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = tmp_path / "homes.csv", tmp_path / "out.csv"
    texts = ["锦绣花园1幢2单元501室", "锦绣花园", "早点铺", "锦绣花园99幢", "", "文化路12号"]
    table.write_text("\n".join(["序号,地址", *(f"{n},{text}" for n, text in enumerate(texts))]), encoding="utf-8")
    arguments = ["--place-column", "地址", "--for", "household", "--out", str(out)]
    assert run(["locate", str(table), *arguments]) == 0
    found = _read(out)
    assert found["地址"].tolist() == texts
    assert found["place_match"].tolist() == ["exact", "exact", "exact", "none", "none", "exact"]
    # The compound and the shop are assigned; the first building stands in G1.
    assert found["micro_grid"].tolist() == ["G1", "G1", "G2", "", "", "G2"]
    assert found["responsible"].tolist() == ["G1", "G1", "G2", "", "", "G2"]
    assert found["area"].tolist() == ["320000000001"] * 3 + ["", ""] + ["320000000001"]
    assert found["place_candidates"].tolist()[1:3] == ["锦绣花园", "早点铺(文化路12号)"]
    assert "6 个地址:4 个对上一处,0 个有多个候选,2 个没有对上" in capsys.readouterr().err


def _premises(folder: Path) -> list[str]:
    """A compound over two grids, which nobody has assigned, and two streets with one number."""
    homes = [building("B1", square(20, 20, 20, 12), 6), building("B2", square(150, 20, 20, 12), 6)]
    columns = {"楼栋编码": ["B1", "B2"], "楼栋号": ["1幢", "2幢"], "小区": ["锦绣花园"] * 2}
    buildings = write(folder / "buildings.gpkg", columns, [home.shape for home in homes])
    around = [compound("K1", square(10, 10, 180, 60)).polygon]
    compounds = write(folder / "compounds.gpkg", {"小区编码": ["K1"], "小区名称": ["锦绣花园"]}, around)
    plan = ["--grids", str(grids_file(folder)), "--parents", str(parents_file(folder))]
    return [*plan, "--buildings", str(buildings), "--compounds", str(compounds)]


def test_a_compound_in_several_grids_is_left_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = tmp_path / "homes.csv", tmp_path / "out.csv"
    table.write_text("地址\n锦绣花园\n锦绣花园2幢\n锦绣花园1幢\n", encoding="utf-8")
    files = _premises(tmp_path)
    assert run(["locate", str(table), *files, "--place-column", "地址", "--out", str(out)]) == 0
    found = _read(out)
    assert found["place_match"].tolist() == ["candidates", "exact", "exact"]
    assert found["micro_grid"].tolist() == ["", "G2", "G1"]
    assert "1 个有多个候选" in capsys.readouterr().err


def test_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = tmp_path / "homes.csv", tmp_path / "out.csv"
    table.write_text("地址,micro_grid\n锦绣花园,G9\n", encoding="utf-8")
    files = _premises(tmp_path)
    for given, column, message in (
        (files, "门牌", "没有“门牌”列"),
        (files, "地址", "已有“micro_grid”列"),
        (files[:4], "地址", "没有楼栋、小区或商铺"),
    ):
        assert run(["locate", str(table), *given, "--place-column", column, "--out", str(out)]) == 2
        assert message in capsys.readouterr().err
    buildings = files[5]
    assert run(["locate", str(table), *files, "--place-column", "地址", "--out", buildings]) == 2
    assert "会覆盖读入的文件(--buildings)" in capsys.readouterr().err
    assert not out.exists()

"""Files are put in place whole and together, and never over what is read."""

import os
from pathlib import Path

import pytest

from boundaries.errors import BadInput
from boundaries.exchange.placing import require_apart, require_place, write_together, write_whole


def put(text: str) -> object:
    return lambda place: place.write_text(text, encoding="utf-8")


def test_all_files_are_in_place_or_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("before", encoding="utf-8")
    other = tmp_path / "folder"
    other.mkdir()

    def fail(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(BadInput, match="No space left"):
        write_together([(tmp_path / "a.txt", put("after")), (other / "b.txt", fail)])  # type: ignore[list-item]
    # A folder that has the name is found before anything is put in place.
    (other / "c.txt").mkdir()
    with pytest.raises(BadInput, match=r"c\.txt"):
        write_together([(tmp_path / "a.txt", put("after")), (other / "c.txt", put("after"))])  # type: ignore[list-item]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.txt", "folder"]
    assert [file.name for file in other.iterdir()] == ["c.txt"]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "before"
    placed = write_together([(tmp_path / "a.txt", put("after")), (other / "b.txt", put("too"))])  # type: ignore[list-item]
    assert placed == ((tmp_path / "a.txt",), (other / "b.txt",))
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "after"


def test_indexes_of_an_older_shapefile_go(tmp_path: Path) -> None:
    for name in ("a.qix", "a.SBN", "a.sbx", "a.txt", "ab.qix", "b.sbn"):
        (tmp_path / name).write_text("old", encoding="utf-8")

    def write(place: Path) -> None:
        place.write_text("new", encoding="utf-8")
        place.with_suffix(".sbx").write_text("new", encoding="utf-8")

    write_whole(tmp_path / "a.txt", write)
    assert (tmp_path / "a.qix").exists()
    write_whole(tmp_path / "a.shp", write)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.sbx", "a.shp", "a.txt", "ab.qix", "b.sbn"]
    assert (tmp_path / "a.sbx").read_text(encoding="utf-8") == "new"


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    mine = tmp_path / "mine.gpkg"
    mine.write_text("mine", encoding="utf-8")
    (tmp_path / "link.gpkg").symlink_to(mine)
    os.link(mine, tmp_path / "hard.gpkg")
    (tmp_path / "folder").mkdir()
    for one in (mine, tmp_path / "link.gpkg", tmp_path / "hard.gpkg", tmp_path / "folder" / ".." / "mine.gpkg"):
        for read in (mine, Path(f"{mine}|layername=grids")):
            with pytest.raises(BadInput, match=r"^--log .* would replace a file that is read \(--parents\)"):
                require_apart({"--decide": None, "--parents": read}, [("--out", tmp_path / "o.gpkg"), ("--log", one)])
    require_apart({"--parents": mine}, [("--out", tmp_path / "o.gpkg"), ("--log", None)])
    require_apart({"--parents": tmp_path / "missing.gpkg"}, [("--out", tmp_path / "o.gpkg")])
    with pytest.raises(BadInput, match="would replace"):
        require_apart({"--parents": tmp_path / "missing.gpkg"}, [("--out", tmp_path / "missing.gpkg")])


@pytest.mark.parametrize("other", ["o.csv", "./o.csv", "O.CSV"])
def test_two_outputs_are_two_files(tmp_path: Path, other: str) -> None:
    with pytest.raises(BadInput, match=r"^--log and --out would both be written to"):
        require_apart({}, [("--out", tmp_path / "o.csv"), ("--log", tmp_path / other)])


def test_a_place_that_cannot_be_written_is_told_before(tmp_path: Path) -> None:
    (tmp_path / "d.csv").mkdir()
    for name, message in (
        ("a.txt", r"files of kind \.txt are not"),
        ("a", "files of kind no suffix"),
        ("no/a.csv", "cannot write to"),
        ("d.csv", "is a folder"),
    ):
        with pytest.raises(BadInput, match=rf"^--log .*{message}"):
            require_place(tmp_path / name, suffixes=(".csv",), option="--log")
    require_place(tmp_path / "a.CSV", suffixes=(".csv",), option="--log")


@pytest.mark.parametrize("read", ["k.shp", "k_point.shp", "k_line.dbf", "k_point.shx"])
def test_a_shapefile_is_all_the_files_that_rows_of_several_forms_make(tmp_path: Path, read: str) -> None:
    (tmp_path / read).write_text("rows", encoding="utf-8")
    with pytest.raises(BadInput, match="would replace a file that is read"):
        require_apart({"--buildings": tmp_path / read}, [("--out", tmp_path / "k.shp")])
    require_apart({"--buildings": tmp_path / read}, [("--out", tmp_path / "m.shp")])


def test_the_suffix_of_a_shapefile_is_written_small(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="small letters"):
        require_place(tmp_path / "k.SHP", suffixes=(".shp",), option="--out")
    require_place(tmp_path / "k.shp", suffixes=(".shp",), option="--out")
    require_place(tmp_path / "k.CSV", suffixes=(".csv",), option="--out")


def test_a_link_to_a_shapefile_is_the_shapefile(tmp_path: Path) -> None:
    (tmp_path / "mine.shp").write_text("rows", encoding="utf-8")
    (tmp_path / "link.SHP").symlink_to(tmp_path / "mine.shp")
    with pytest.raises(BadInput, match="would replace a file that is read"):
        require_apart({"GRIDS": tmp_path / "link.SHP"}, [("--out", tmp_path / "mine.shp")])

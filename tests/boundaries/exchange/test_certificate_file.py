"""A certificate as a file, and files that are none."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boundaries.errors import BadInput
from boundaries.exchange.certificate_file import certificate_record, read_certificate, write_certificate
from tests.boundaries.certified import certificate

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "formats" / "certificate.md").read_text(encoding="utf-8")
FIRST = {"format", "version", "service", "generation", "published_at", "crs", "step", "areas", "digest"}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "证明.json"
    write_certificate(path, certificate())
    return path


def test_there_and_back(kept: Path) -> None:
    assert read_certificate(kept) == certificate()
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    record = json.loads(kept.read_text(encoding="utf-8"))
    assert record == certificate_record(certificate())
    assert (record["published_at"], record["crs"], record["step"]) == ("2026-03-01T02:00:00Z", "EPSG:4490", "1e-9")


def test_the_page_lists_every_key() -> None:
    record = certificate_record(certificate())
    assert set(record) == FIRST
    for key in (*record, *record["areas"][0]):
        assert f"`{key}`" in PAGE


def test_what_a_later_program_adds_is_ignored(kept: Path) -> None:
    record = json.loads(kept.read_text(encoding="utf-8"))
    record["signature"] = record["areas"][0]["remark"] = "x"
    kept.write_text(json.dumps(record), encoding="utf-8-sig")
    assert read_certificate(kept) == certificate()


def spoilt(record: dict[str, Any], *path: str | int, value: object) -> dict[str, Any]:
    inner: Any = record
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return record


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("format",), "other", "is no certificate"),
        (("version",), 2, "of another kind"),
        (("crs",), "EPSG:4326", "of another kind"),
        (("step",), "1e-7", "of another kind"),
        (("areas",), 5, "is no certificate"),
        (("areas", 0), "x", "is no certificate"),
        (("areas", 0, "grids"), None, "is no certificate"),
        (("areas", 0, "grids_digest"), "ab", "is no certificate"),
        (("areas", 0, "boundary_digest"), 64 * "G", "is no certificate"),
        (("areas", 0, "boundary_digest"), 64 * "0", "does not agree with itself"),
        (("areas", 0, "code"), "other", "does not agree with itself"),
        (("digest",), 64 * "0", "does not agree with itself"),
        (("published_at",), "yesterday", "is no certificate"),
    ],
)
def test_a_spoilt_one_is_refused(kept: Path, path: tuple[str | int, ...], value: object, reason: str) -> None:
    record = spoilt(json.loads(kept.read_text(encoding="utf-8")), *path, value=value)
    kept.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(BadInput, match=reason):
        read_certificate(kept)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"type": "FeatureCollection"}', b"\xff\xfe", b"{"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.json is no certificate") as refusal:
        read_certificate(path)
    assert "不是全覆盖证明" in refusal.value.zh


def test_a_missing_file_and_a_wrong_suffix(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file"):
        read_certificate(tmp_path / "absent.json")
    with pytest.raises(BadInput, match=r"is a \.json file"):
        write_certificate(tmp_path / "x.gpkg", certificate())
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_exact_says_so(tmp_path: Path) -> None:
    whole = certificate()
    first = replace(whole.areas[0], is_exact=False)
    write_certificate(tmp_path / "x.json", replace(whole, areas=(first, *whole.areas[1:])))
    assert [area.is_exact for area in read_certificate(tmp_path / "x.json").areas] == [False, True, True]

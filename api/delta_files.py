"""What changed between two generations as a file: a GeoPackage, or a workbook."""

import tempfile
from pathlib import Path
from typing import Any

from fastapi.responses import Response

from boundaries.exchange.placing import Write

FILE_TYPES = {
    ".gpkg": "application/geopackage+sqlite3",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


def wanted_suffix(accept: str) -> str | None:
    """Which file is asked for by the header ``Accept``; None where it is JSON, or anything."""
    types = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    if "application/json" in types:
        return None
    return next((suffix for suffix, media_type in FILE_TYPES.items() if media_type in types), None)


def file_answer(write: Write, name: str) -> Response:
    """A file as an answer, kept by nobody.

    Parameters
    ----------
    write : callable
        Makes the file.
    name : str
        Of the file, in ASCII; its suffix is a key of ``FILE_TYPES``.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        write(place)
        data = place.read_bytes()
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, media_type=FILE_TYPES[place.suffix], headers=headers)

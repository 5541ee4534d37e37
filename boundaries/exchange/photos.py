"""Photos of people in charge: JPEG or PNG, small, and without what a camera writes beside the picture."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from boundaries.errors import BadInput

MAX_BYTES = 200 * 1024

_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
# Where and when a photo was taken stands in APP1; JFIF and Adobe's mark of colours are needed to show it.
_JPEG_NEEDED = {0xE0, 0xEE}
_PNG_NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB"}


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture, with nothing told beside it."""

    media_type: str
    content: bytes


def read_photo_file(path: Path) -> Photo:
    """Read a photo from a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Photo

    Raises
    ------
    BadInput
        If it is neither JPEG nor PNG, is damaged, or is too large.
    OSError
        If the file cannot be read.
    """
    return parse_photo(path.read_bytes(), name=path.name)


def parse_photo(content: bytes, *, name: str) -> Photo:
    """Take a photo without place, time and comments.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file, to name it in a refusal.

    Returns
    -------
    Photo

    Raises
    ------
    BadInput
        If it is neither JPEG nor PNG, is damaged, or is too large.
    """
    try:
        if content.startswith(_JPEG):
            photo = Photo("image/jpeg", b"".join(_jpeg_parts(content)))
        elif content.startswith(_PNG):
            photo = Photo("image/png", _PNG + b"".join(_png_parts(content)))
        else:
            raise BadInput(
                f"{name}:不是 JPEG 或 PNG 照片。请另存为 JPEG 后再试。",
                f"{name}: neither JPEG nor PNG. Save it as JPEG and try again.",
            )
    except (struct.error, IndexError) as error:
        raise BadInput(
            f"{name}:照片已损坏。请重新导出后再试。", f"{name}: the picture is damaged. Export it again."
        ) from error
    if len(photo.content) > MAX_BYTES:
        raise BadInput(
            f"{name}:照片超过 {MAX_BYTES // 1024} KB。请缩小后再试。",
            f"{name}: larger than {MAX_BYTES // 1024} kB. Make it smaller.",
        )
    return photo


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """The picture's segments, without those that describe it."""
    yield _JPEG
    at = 2
    while True:
        mark, kind, length = struct.unpack_from(">BBH", content, at)
        if mark != 0xFF or length < 2 or at + 2 + length > len(content):
            raise IndexError(at)
        if kind == 0xDA:
            # From the start of the scan on there is nothing but the picture.
            yield content[at:]
            return
        is_description = 0xE0 <= kind <= 0xEF or kind == 0xFE
        if not is_description or kind in _JPEG_NEEDED:
            yield content[at : at + 2 + length]
        at += 2 + length


def _png_parts(content: bytes) -> Iterator[bytes]:
    """The picture's chunks, up to its end, without those that describe it."""
    at = len(_PNG)
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        after = at + 12 + length
        if after > len(content):
            raise IndexError(at)
        if kind in _PNG_NEEDED:
            yield content[at:after]
        at = after

"""Photos are taken without place, time and comments, and only where they are small."""

import io
import struct

import pytest
from PIL import Image

from boundaries.errors import BadInput
from boundaries.exchange.photos import MAX_BYTES, parse_photo, read_photo_file


def picture(form, size=(40, 50), **options):
    image = Image.new("RGB", size)
    image.putdata([((7 * n) % 256, (13 * n) % 256, (n * n) % 256) for n in range(size[0] * size[1])])
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def pixels(content):
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGB").tobytes()


def with_place():
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    return picture("JPEG", exif=exif, comment=b"SECRETCOMMENT")


def test_a_jpeg_keeps_its_picture_and_nothing_else(tmp_path):
    content = with_place()
    assert b"SECRETCAMERA" in content
    (tmp_path / "a.jpg").write_bytes(content)
    photo = read_photo_file(tmp_path / "a.jpg")
    assert photo.media_type == "image/jpeg"
    assert b"SECRET" not in photo.content
    assert pixels(photo.content) == pixels(content)


def test_a_png_keeps_its_picture_and_nothing_else():
    content = picture("PNG")
    told = b"Comment\x00SECRET"
    chunk = struct.pack(">I4s", len(told), b"tEXt") + told + b"\0\0\0\0"
    content = content[:33] + chunk + content[33:] + b"SECRET"
    photo = parse_photo(content, name="a.png")
    assert photo.media_type == "image/png"
    assert b"SECRET" not in photo.content
    assert pixels(photo.content) == pixels(picture("PNG"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"\xff\xd8",
        with_place()[:200],
        picture("PNG")[:60],
        b"\xff\xd8\xff\xe0\x00\x00",
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_whole_picture_is_refused(content):
    with pytest.raises(BadInput) as refusal:
        parse_photo(content, name="a.jpg")
    assert "a.jpg" in refusal.value.zh


def test_a_large_one_is_refused():
    content = picture("PNG", size=(400, 300), compress_level=0)
    assert len(content) > MAX_BYTES
    with pytest.raises(BadInput, match="200 kB"):
        parse_photo(content, name="a.png")

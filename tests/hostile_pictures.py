"""Files that somebody might send instead of a picture, each made small in memory: name → (maker, whether it is taken)."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image, PngImagePlugin

SCRIPT = b"<script>alert(document.domain)</script>"


def encoded(form: str, image: Image.Image | None = None, **values: object) -> bytes:
    made = io.BytesIO()
    (image or Image.new("RGB", (64, 48), (200, 30, 30))).save(made, form, **values)
    return made.getvalue()


def _noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    return (
        Image.effect_noise((size[0] // 4, size[1] // 4), 50)
        .resize(size, Image.Resampling.NEAREST)
        .convert(mode)
    )


def gps_photo() -> bytes:
    """Held upright, with the place and the name of the camera."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCam"
    exif.get_ifd(0x8825).update({1: "N", 2: (33.0, 30.0, 45.0), 3: "E", 4: (36.0, 17.0, 30.0)})
    return encoded("JPEG", Image.new("RGB", (800, 600), (90, 120, 60)), exif=exif, comment=b"SecretCam")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *more: bytes, depth: int = 8, kind: int = 2, pixels: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(pixels or bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + body + chunk(b"IEND", b"")


def _before_end(data: bytes, more: bytes) -> bytes:
    """A PNG with further chunks after its first."""
    return data[:33] + more + data[33:]


def _bomb_png() -> bytes:
    """900 megapixels that pack into a few hundred kilobytes."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 30000)
    body = b"".join(packer.compress(row) for _ in range(3000)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _text_bomb() -> bytes:
    packed = zlib.compress(bytes(64 * 1024 * 1024), 9)
    texts = b"".join(chunk(b"zTXt", b"k%d\0\0" % n + packed) for n in range(5))
    return _before_end(encoded("PNG"), texts + chunk(b"iTXt", b"x\0\1\0\0\0" + packed))


def _profile_bomb() -> bytes:
    return _before_end(encoded("PNG"), chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(64 * 1024 * 1024), 9)))


def _moving(form: str, frames: int = 60) -> bytes:
    pictures = [Image.new("P" if form == "GIF" else "RGB", (400, 300), n) for n in range(frames)]
    return encoded(form, pictures[0], save_all=True, append_images=pictures[1:], duration=10)


def _gif_beyond_its_screen() -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x4c\x01\x00;"


def _gif_of_comments() -> bytes:
    comment = b"!\xfe" + (b"\xff" + bytes(255)) * 30_000 + b"\0"
    whole = encoded("GIF")
    start = 13 + 3 * 2 ** ((whole[10] & 7) + 1)
    return whole[:start] + comment + whole[start:]


def _jpeg_of_scans() -> bytes:
    """Progressive, its last scan thousands of times: each costs a pass over the picture."""
    whole = encoded("JPEG", Image.new("RGB", (4000, 3000)), progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * 2000 + b"\xff\xd9"


def _exif_bomb() -> bytes:
    """5,000 entries that all point at the same 60 kilobytes, in many segments."""
    entries = b"".join(struct.pack("<HHII", n, 7, 60_000, 8) for n in range(5000))
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 5000) + entries
    segment = b"Exif\0\0" + tiff
    whole = encoded("JPEG")
    return whole[:2] + (b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment) * 100 + whole[2:]


def _webp_that_lies() -> bytes:
    whole = bytearray(encoded("WEBP", lossless=True))
    whole[21:25] = b"\xff\xff\xff\x0f"  # 16,384 × 16,384 in the header of the pixels
    return bytes(whole)


def _cut(form: str) -> bytes:
    whole = encoded(form, _noise((400, 300)))
    return whole[: len(whole) // 2]


def _with_text(text: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", text)
    return encoded("PNG", pnginfo=info)


def _tiff() -> bytes:
    return encoded("TIFF")


HOSTILE: dict[str, tuple[Callable[[], bytes], bool]] = {
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', False),
    "svg after a comment": (lambda: b"<!-- x -->" * 50 + b"<svg>" + SCRIPT + b"</svg>", False),
    "pdf": (lambda: b"%PDF-1.7\n1 0 obj<</JS(alert)>>", False),
    "html as png": (lambda: b"<!doctype html>" + SCRIPT, False),
    "html behind a png's first bytes": (lambda: b"\x89PNG\r\n\x1a\n" + SCRIPT, False),
    "html behind gif89a": (lambda: b"GIF89a=1;/*" + SCRIPT + b"*/", False),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", False),
    "tiff": (_tiff, False),
    "bmp": (lambda: encoded("BMP"), False),
    "empty": (lambda: b"", False),
    "zip": (lambda: b"PK\x03\x04" + bytes(200), False),
    "png with a zip behind": (lambda: encoded("PNG") + b"PK\x03\x04" + SCRIPT, True),
    "gif with script behind": (lambda: encoded("GIF") + SCRIPT, True),
    "jpeg with script in a comment": (lambda: encoded("JPEG", comment=SCRIPT), True),
    "jpeg with php behind": (lambda: encoded("JPEG") + b"<?php system($_GET[0]);", True),
    "png with script in a text": (lambda: _with_text(SCRIPT.decode()), True),
    "cut off jpeg": (lambda: _cut("JPEG"), False),
    "cut off png": (lambda: _cut("PNG"), False),
    "cut off webp": (lambda: _cut("WEBP"), False),
    "cut off gif": (lambda: _cut("GIF"), False),
    "900 megapixels": (_bomb_png, False),
    "a row of 200,000 pixels": (lambda: png(200_000, 1), False),
    "a column of 200,000 pixels": (lambda: png(1, 200_000), False),
    "25 megapixels": (lambda: png(5000, 5000), False),
    "no pixels": (lambda: png(0, 0), False),
    "dimensions beyond all": (lambda: png(2**31 - 1, 2**31 - 1), False),
    "texts that unpack to 384 megabytes": (_text_bomb, True),
    "a profile that unpacks to 64 megabytes": (_profile_bomb, False),
    "moving gif": (lambda: _moving("GIF"), True),
    "moving webp": (lambda: _moving("WEBP"), True),
    "moving png": (lambda: _moving("PNG"), True),
    "gif frame beyond its screen": (_gif_beyond_its_screen, False),
    "gif with 8 megabytes of comment": (_gif_of_comments, True),
    "jpeg of 2,000 scans": (_jpeg_of_scans, False),
    "exif that points at itself": (_exif_bomb, True),
    "webp that lies about its size": (_webp_that_lies, False),
    "a hundred thousand chunks": (lambda: _before_end(encoded("PNG"), chunk(b"IDAT", b"") * 100_000), False),
    "cmyk": (lambda: encoded("JPEG", Image.new("CMYK", (64, 48), (200, 10, 10, 30))), True),
    "16 bits": (lambda: encoded("PNG", Image.new("I;16", (64, 48), 40_000)), True),
    "palette with transparency": (lambda: encoded("PNG", Image.new("P", (64, 48), 3), transparency=3), True),
    "one pixel": (lambda: encoded("PNG", Image.new("1", (1, 1))), True),
}

LARGE: dict[str, Callable[[], bytes]] = {
    "largest jpeg": lambda: encoded("JPEG", _noise((5000, 4000))),
    "largest progressive jpeg": lambda: encoded("JPEG", _noise((4000, 3000)), progressive=True),
    "largest png": lambda: encoded("PNG", _noise((5000, 4000)), compress_level=1),
    "large transparent png": lambda: encoded("PNG", _noise((3600, 3000), "RGBA"), compress_level=1),
    "large webp": lambda: encoded("WEBP", _noise((2500, 1900)), method=0),
}
"""Pictures that are just taken, to see what they cost."""

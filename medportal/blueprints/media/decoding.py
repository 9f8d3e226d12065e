"""From a file that somebody sends to pictures of our own making: the only place that decodes what strangers made.

The file is cut down first (`lib/pictures.py`), its dimensions are looked at before a pixel is decoded, one picture is
worked on at a time, and only its pixels go into the new files.
"""

import contextlib
import hashlib
import io
import struct
import threading
import zlib
from dataclasses import dataclass

from flask_babel import gettext
from PIL import Image, ImageCms, UnidentifiedImageError

from medportal.lib.pictures import Broken, Slim, slim

MOST_PIXELS = 20_000_000
MOST_SIDE = 8000
MOST_BYTES = 20 * 1024 * 1024
MEMORY = 100_000_000
WIDTHS = (480, 960, 1600)
TALLEST = 3200
QUALITY = 80

_MEGA = 1_000_000
_COST = {"JPEG": 4, "PNG": 9, "GIF": 9, "WEBP": 20}  # bytes a pixel while it is worked on
_BROKEN = (
    *(OSError, ValueError, SyntaxError, EOFError, ArithmeticError, LookupError, TypeError, AttributeError),
    *(RuntimeError, MemoryError, AssertionError, struct.error, zlib.error),
)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_one_at_a_time = threading.Lock()

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class Refused(Exception):
    """Why a file is not taken, in the reader's language."""


@dataclass(frozen=True)
class Picture:
    """`files`: width → WebP, the smallest first; `width` and `height` are those of the largest. `fingerprint` is the
    same for the same pixels."""

    width: int
    height: int
    fingerprint: str
    files: dict[int, bytes]


def read(data: bytes) -> Picture:
    """The picture in these bytes, made anew. Raises Refused."""
    if not data:
        raise Refused(gettext("The file is empty."))
    if len(data) > MOST_BYTES:
        raise Refused(gettext("The file is larger than %(n)s megabytes.", n=MOST_BYTES >> 20))
    try:
        cut = slim(data)
    except Broken:
        raise Refused(_damaged()) from None
    if cut is None:
        raise Refused(gettext("This is not a JPEG, PNG, WebP or GIF picture."))
    del data
    with _one_at_a_time:
        return _made(cut)


def _damaged() -> str:
    return gettext("The file is damaged or incomplete.")


def _made(cut: Slim) -> Picture:
    try:
        with Image.open(io.BytesIO(cut.data), formats=[cut.format]) as image:
            _check_size(image, cut)
            small = _shrunk(image, cut)
        return _encoded(_plain(small, cut.orientation))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(_too_many(MOST_PIXELS)) from None
    except UnidentifiedImageError:
        raise Refused(_damaged()) from None
    except _BROKEN:
        raise Refused(_damaged()) from None


def _check_size(image: Image.Image, cut: Slim) -> None:
    if max(image.size) > MOST_SIDE:
        raise Refused(
            gettext("The picture is too wide or too tall: at most %(n)s pixels a side, please.", n=MOST_SIDE)
        )
    cost = 4 if cut.solid else _COST[cut.format]
    most = min(MOST_PIXELS, int(MEMORY / (cost + cut.buffered)))
    if image.width * image.height > most:
        raise Refused(_too_many(most))


def _too_many(most: int) -> str:
    return gettext(
        "The picture has too many pixels: at most %(n)s million in this format, please.", n=most // _MEGA
    )


def _shrunk(image: Image.Image, cut: Slim) -> Image.Image:
    """Decoded, at most as large as the largest that is kept."""
    turned = cut.orientation >= 5
    width, height = reversed(image.size) if turned else image.size
    scale = min(1.0, WIDTHS[-1] / width, TALLEST / height)
    wanted = (max(1, round(width * scale)), max(1, round(height * scale)))
    if turned:
        wanted = (wanted[1], wanted[0])
    before = image.size
    if cut.format == "JPEG":
        image.draft(None, wanted)
    image.load()
    if image.width * image.height > before[0] * before[1]:
        raise Broken("grew while it was decoded")
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    return image.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _plain(image: Image.Image, orientation: int) -> Image.Image:
    """Eight bits a channel in sRGB, upright, without anything but pixels."""
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    see_through = "A" in image.mode or "a" in image.mode
    if profile and not see_through:
        with contextlib.suppress(ImageCms.PyCMSError, *_BROKEN):
            image = _in_srgb(image, profile)
    image = image.convert("RGBA" if see_through else "RGB")
    if see_through and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    image.info.clear()
    return image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """As its colours were meant. Pictures with a profile that says nothing sensible keep their numbers."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return converted or image


def _encoded(image: Image.Image) -> Picture:
    dimensions = f"{image.mode} {image.width} {image.height} ".encode()
    fingerprint = hashlib.sha256(dimensions + image.tobytes()).hexdigest()
    files: dict[int, bytes] = {}
    for width in [*(w for w in WIDTHS if w < image.width), image.width]:
        height = max(1, round(image.height * width / image.width))
        scaled = image.resize((width, height), Image.Resampling.LANCZOS) if width < image.width else image
        made = io.BytesIO()
        scaled.save(made, "WEBP", quality=QUALITY, method=4)
        files[width] = made.getvalue()
    return Picture(image.width, image.height, fingerprint, files)

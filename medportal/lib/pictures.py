"""Picture files cut down to the picture.

What stands around it (places and times, thumbnails, comments, further frames, a second file behind the first) betrays
people and attacks decoders, so it goes before a decoder sees the file. Nothing here decodes anything.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MOST_PIECES = 20_000
MOST_SCANS = 60
MOST_PROFILE = 1024 * 1024
_SCAN_END = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.S)
_ORIENTATION = 0x0112


class Broken(ValueError):
    """It begins as a picture does, and does not go on as one."""


@dataclass(frozen=True)
class Slim:
    """`orientation` as EXIF numbers it (1: as it is); `buffered`: bytes a pixel that a decoder keeps besides the picture
    itself, as it does for a JPEG in several passes; `solid`: certain to have no transparent parts."""

    format: str
    data: bytes
    orientation: int = 1
    buffered: float = 0
    solid: bool = False


def slim(data: bytes) -> Slim | None:
    """None for what is no JPEG, PNG, WebP or GIF by its first bytes; Broken for what only pretends to be."""
    for start, cut in _CUTS:
        if re.match(start, data, re.S):
            return cut(data)
    return None


def _number(data: bytes, at: int, size: int, order: str = "big") -> int:
    piece = data[at : at + size]
    if len(piece) < size:
        raise Broken("ends too early")
    return int.from_bytes(piece, "little" if order == "little" else "big")


def _orientation(exif: bytes) -> int:
    """Only this one number is read of all that EXIF may hold."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(exif[:4])
    if order is None:
        return 1
    try:
        start = _number(exif, 4, 4, order)
        for n in range(min(_number(exif, start, 2, order), 200)):
            entry = start + 2 + 12 * n
            if _number(exif, entry, 2, order) == _ORIENTATION:
                value = _number(exif, entry + 8, 2, order)
                return value if 1 <= value <= 8 else 1
    except Broken:
        return 1
    return 1


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, what belongs to it) from the first segment to the end of the picture; a scan's data is under marker 0."""
    at = 2
    for _ in range(MOST_PIECES):
        found = _SCAN_END.search(data, at)
        if found is None:
            raise Broken("no end")
        if found.start() > at:
            yield 0, data[at : found.start()]
        at, marker = found.end(), data[found.end() - 1]
        if marker == 0xD9:
            return
        size = _number(data, at, 2)
        if size < 2 or at + size > len(data) or marker in (0x01, 0xD8):
            raise Broken("a segment beyond the end")
        yield marker, data[at : at + size]
        at += size
    raise Broken("too many segments")


def _jpeg(data: bytes) -> Slim:
    kept, orientation, scans, progressive, planes, profile = [b"\xff\xd8"], 1, 0, False, 0.0, 0
    for marker, piece in _segments(data):
        if marker == 0:
            if scans:
                kept.append(piece)
            continue
        words = piece[2:]
        if marker == 0xE1 and words.startswith(b"Exif") and orientation == 1:
            orientation = _orientation(words[:65536])
        if marker == 0xE2 and words.startswith(b"ICC_PROFILE\0"):
            profile += len(piece)
        elif 0xE0 <= marker <= 0xEF and not words.startswith((b"JFIF\0", b"Adobe")):
            continue
        if marker == 0xFE or profile > MOST_PROFILE:
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            progressive, planes = progressive or marker == 0xC2, _planes(words)
        scans += marker == 0xDA
        if scans > MOST_SCANS:
            raise Broken("more scans than a picture needs")
        kept.append(bytes((0xFF, marker)) + piece)
    if not scans:
        raise Broken("no scan")
    kept.append(b"\xff\xd9")
    many = progressive or scans > 1
    return Slim("JPEG", b"".join(kept), orientation, 2 * planes if many else 0, solid=True)


def _planes(frame: bytes) -> float:
    """Samples a pixel, by the frame header: 1.5 for most photographs."""
    factors = [(byte >> 4, byte & 15) for byte in frame[7 : 6 + 3 * _number(frame, 5, 1) : 3]]
    if not factors or not all(across and down for across, down in factors):
        raise Broken("no frame")
    most = max(across for across, _ in factors) * max(down for _, down in factors)
    return sum(across * down for across, down in factors) / most


def _png(data: bytes) -> Slim:
    kept, orientation, at, see_through = [data[:8]], 1, 8, False
    for _ in range(MOST_PIECES):
        size, name = _number(data, at, 4), data[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(data):
            raise Broken("a chunk beyond the end")
        if name == b"eXIf":
            orientation = _orientation(data[at + 8 : at + 8 + min(size, 65536)])
        see_through = see_through or name == b"tRNS"
        if name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND") or (
            name == b"iCCP" and size <= MOST_PROFILE
        ):
            kept.append(data[at:end])
        if name == b"IEND":
            solid = not see_through and len(data) > 25 and data[25] in (0, 2)
            return Slim("PNG", b"".join(kept), orientation, solid=solid)
        at = end
    raise Broken("too many chunks")


def _after_blocks(data: bytes, at: int) -> int:
    while size := _number(data, at, 1):
        at += size + 1
    return at + 1


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 128 else 0


def _gif(data: bytes) -> Slim:
    """Of a moving picture its first frame."""
    at = 13 + _colours(_number(data, 10, 1))
    head, control = data[:at], b""
    for _ in range(MOST_PIECES):
        kind = _number(data, at, 1)
        if kind == 0x2C:
            end = _after_blocks(data, at + 11 + _colours(_number(data, at + 9, 1)))
            if end > len(data):
                break
            return Slim("GIF", head + control + data[at:end] + b";")
        if kind != 0x21:
            break
        end = _after_blocks(data, at + 2)
        if _number(data, at + 1, 1) == 0xF9:
            control = data[at:end]
        at = end
    raise Broken("no frame")


def _webp(data: bytes) -> Slim:
    """Of a moving picture its first frame."""
    kept, orientation, at, frames = [], 1, 12, 0
    end_of_all = 8 + _number(data, 4, 4, "little")
    if end_of_all > len(data):
        raise Broken("ends too early")
    for _ in range(MOST_PIECES):
        if at + 8 > end_of_all:
            break
        size, name = _number(data, at + 4, 4, "little"), data[at : at + 4]
        end = at + 8 + size + size % 2
        if at + 8 + size > end_of_all:
            raise Broken("a chunk beyond the end")
        piece, at = data[at:end], end
        frames += name == b"ANMF"
        if name == b"EXIF":
            orientation = _orientation(piece[8:65536])
        elif name == b"VP8X":
            kept.append(piece[:8] + bytes((piece[8] & ~0x2C,)) + piece[9:] if size else piece)
        elif name in (b"VP8 ", b"VP8L", b"ALPH", b"ANIM") or (name == b"ANMF" and frames == 1):
            kept.append(piece)
    body = b"WEBP" + b"".join(kept)
    return Slim("WEBP", b"RIFF" + len(body).to_bytes(4, "little") + body, orientation)


_CUTS: tuple[tuple[bytes, Callable[[bytes], Slim]], ...] = (
    (rb"\xff\xd8\xff", _jpeg),
    (rb"\x89PNG\r\n\x1a\n", _png),
    (rb"GIF8[79]a", _gif),
    (rb"RIFF....WEBP", _webp),
)

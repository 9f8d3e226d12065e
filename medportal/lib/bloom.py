"""A Bloom filter in a file: a set of words that says "no" surely and "yes" with a known small error."""

import math
import struct
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

_MAGIC = b"BLM1"
_HEADER = struct.Struct(">4sII")  # magic, bits, hashes


def _places(word: str, bits: int, hashes: int) -> Iterator[int]:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    first, step = struct.unpack(">QQ", digest)
    return ((first + i * (step | 1)) % bits for i in range(hashes))


class Bloom:
    """The words of one file; they are compared as they are, so callers normalise."""

    def __init__(self, data: bytes) -> None:
        magic, self._bits, self._hashes = _HEADER.unpack_from(data.ljust(_HEADER.size, b"\0"))
        self._field = data[_HEADER.size :]
        if magic != _MAGIC or not self._bits or not self._hashes or len(self._field) * 8 != self._bits:
            raise ValueError("not a Bloom filter, or a damaged one")

    @classmethod
    def load(cls, path: Path) -> "Bloom":
        """Read a filter; ValueError when the file is none."""
        return cls(path.read_bytes())

    def __contains__(self, word: str) -> bool:
        places = _places(word, self._bits, self._hashes)
        return all(self._field[place >> 3] >> (place & 7) & 1 for place in places)


def build(words: Iterable[str], false_positives: float) -> bytes:
    """The file of a filter of these words that takes this share of other words for its own."""
    chosen = set(words)
    size = max(1, math.ceil(-len(chosen) * math.log(false_positives) / math.log(2) ** 2 / 8))
    hashes = max(1, round(-math.log2(false_positives)))
    field = bytearray(size)
    for word in chosen:
        for place in _places(word, size * 8, hashes):
            field[place >> 3] |= 1 << (place & 7)
    return _HEADER.pack(_MAGIC, size * 8, hashes) + bytes(field)

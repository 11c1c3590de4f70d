"""The forms of a page: as it is, or packed as its reader says (``Accept-Encoding``)."""

import gzip
from collections.abc import Callable, Mapping
from functools import lru_cache

try:
    # why: an optional extra; without it gzip alone serves
    import brotli
except ImportError:
    brotli = None

#: Under this, a packed page's own frame eats what it saves.
WORTH_PACKING = 500

#: No browser's ``Accept-Encoding`` is longer. One that is gets the page as it is; remembered, a few
#: hundred of those that somebody makes up would be the most of a process's memory.
_LONGEST = 200

#: The page as it is.
PLAIN = ""


def _gzip(body: bytes) -> bytes:
    # mtime 0: the same page packs to the same bytes in every process.
    return gzip.compress(body, 6, mtime=0)


def _brotli(body: bytes) -> bytes:
    # Beyond 5 it takes many times as long and saves little.
    packed: bytes = brotli.compress(body, quality=5)
    return packed


#: What we can pack with, the better one first.
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    **({"br": _brotli} if brotli else {}),
    "gzip": _gzip,
}


def packed(body: bytes, coding: str) -> bytes | None:
    """*body* in *coding*; ``None`` where that is not worth it."""
    if coding == PLAIN or len(body) <= WORTH_PACKING:
        return None
    return PACKERS[coding](body)


def unpacked(body: bytes, coding: str) -> bytes:
    """The page again that :func:`packed` has made *body* of."""
    if coding == PLAIN:
        return body
    plain: bytes = gzip.decompress(body) if coding == "gzip" else brotli.decompress(body)
    return plain


def chosen(accepts: str) -> str:
    """The coding for an ``Accept-Encoding`` header, by its q-values (RFC 9110, 12.5.3)."""
    return _chosen(accepts) if len(accepts) <= _LONGEST else PLAIN


@lru_cache(maxsize=256)
def _chosen(accepts: str) -> str:
    wishes = dict(_wish(part) for part in accepts.split(",") if part.strip())
    rest = wishes.get("*", 0.0)
    best = max(PACKERS, key=lambda coding: wishes.get(coding, rest))
    wish = wishes.get(best, rest)
    return best if wish > 0 and wish >= wishes.get("identity", 0.0) else PLAIN


def _wish(part: str) -> tuple[str, float]:
    coding, *params = (piece.strip().lower() for piece in part.split(";"))
    quality = next((param[2:].strip() for param in params if param.startswith("q=")), "1")
    try:
        return coding, float(quality)
    except ValueError:
        return coding, 0.0

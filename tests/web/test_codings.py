"""The coding of a page, as its reader's ``Accept-Encoding`` says."""

import gzip
import tracemalloc

import brotli
import pytest

from comments.web import codings

PAGE = b"<p>comment</p>" * 200


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("", ""),
        ("identity", ""),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0.8,gzip;q=0.8", "br"),
        ("br ; q=0, gzip", "gzip"),
        ("gzip;q=0", ""),
        ("gzip; q=0.0, br;q=0.000", ""),
        ("*", "br"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("gzip;q=0.4, identity;q=0.5", ""),
        ("gzip;q=nonsense", ""),
        ("deflate", ""),
        (" , ;", ""),
        ("xgzip, br-x", ""),
    ],
)
def test_the_best_liked_is_chosen_and_what_is_not_liked_is_not(accepts, coding):
    assert codings.chosen(accepts) == coding


def test_a_header_that_no_browser_sends_is_not_remembered():
    tracemalloc.start()
    for number in range(256):
        assert codings.chosen(f"gzip, {number}{'x' * 100_000}") == ""
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000


def test_what_was_packed_can_be_unpacked():
    assert gzip.decompress(codings.packed(PAGE, "gzip")) == PAGE
    assert brotli.decompress(codings.packed(PAGE, "br")) == PAGE
    assert codings.packed(PAGE, "gzip") == codings.packed(PAGE, "gzip")


def test_little_is_sent_as_it_is():
    assert codings.packed(PAGE[: codings.WORTH_PACKING], "br") is None

"""Signing and hashing: one secret, one key per purpose."""

from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.keys import Keys, Purpose
from tests.factories import KEYS

PURPOSES = get_args(Purpose)


@given(payload=st.binary(max_size=200))
def test_what_was_sealed_opens(payload):
    assert KEYS.open("guest", KEYS.seal("guest", payload)) == payload


@pytest.mark.parametrize(("made", "asked"), list(permutations(PURPOSES, 2)))
def test_a_token_is_good_for_its_purpose_only(made, asked):
    assert KEYS.open(asked, KEYS.seal(made, b"alice")) is None


def test_digests_of_one_value_for_two_purposes_have_nothing_in_common():
    digests = {KEYS.digest(purpose, "alice") for purpose in PURPOSES}
    assert len({digest[:6] for digest in digests}) == len(PURPOSES)


def test_a_digest_is_64_hex_characters_and_always_the_same():
    digest = KEYS.digest("badge", "alice")
    assert (len(digest), digest) == (64, KEYS.digest("badge", "alice"))
    assert int(digest, 16) > 0


@pytest.mark.parametrize("value", ["", "ä", "\ud800", "a" * 10_000])
def test_any_text_has_a_digest(value):
    assert len(KEYS.digest("address", value)) == 64


def test_another_secret_gives_other_digests_and_opens_nothing():
    other = Keys("another secret")
    assert other.digest("badge", "alice") != KEYS.digest("badge", "alice")
    assert other.open("guest", KEYS.seal("guest", b"alice")) is None


def test_a_secret_may_be_bytes():
    assert Keys(b"secret").digest("badge", "a") == Keys("secret").digest("badge", "a")


# ── tampering ────────────────────────────────────────────────────────────────────────────────


@given(place=st.integers(0, 47), letter=st.sampled_from("AZaz09-_=+/ .é\n"))
def test_a_token_with_one_character_changed_does_not_open(place, letter):
    token = KEYS.seal("guest", b"a guest's id, twenty bytes"[:20])
    assert len(token) == 48
    changed = token[:place] + letter + token[place + 1 :]
    assert (KEYS.open("guest", changed) is None) == (changed != token)


@given(st.text())
def test_any_text_is_told_from_a_token(text):
    assert KEYS.open("guest", text) is None


@pytest.mark.parametrize("added", ["=", "==", "A", " ", "\n", "!"])
def test_a_token_has_one_spelling(added):
    token = KEYS.seal("guest", b"alice")
    assert KEYS.open("guest", token + added) is None
    assert KEYS.open("guest", added + token) is None


def test_a_token_cut_short_does_not_open():
    token = KEYS.seal("guest", b"alice")
    assert all(KEYS.open("guest", token[:length]) is None for length in range(len(token)))


def test_a_payload_cannot_be_moved_to_another_token():
    alice, carol = KEYS.seal("guest", b"alice"), KEYS.seal("guest", b"carol")
    assert KEYS.open("guest", alice[:21] + carol[21:]) is None


# ── rotation ─────────────────────────────────────────────────────────────────────────────────


def test_an_earlier_secret_still_opens_what_it_signed_and_signs_no_more():
    old, rotated = Keys("old"), Keys("new", ["older", "old"])
    assert rotated.open("guest", old.seal("guest", b"alice")) == b"alice"
    assert old.open("guest", rotated.seal("guest", b"alice")) is None
    assert Keys("new").open("guest", rotated.seal("guest", b"alice")) == b"alice"


def test_a_secret_that_was_taken_out_opens_nothing():
    assert Keys("new", ["older"]).open("guest", Keys("old").seal("guest", b"alice")) is None


def test_hashes_are_made_with_the_new_secret_alone():
    assert Keys("new", ["old"]).digest("badge", "alice") == Keys("new").digest("badge", "alice")

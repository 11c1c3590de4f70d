"""Tokens of other sites: which are believed, as whom, and all that are not."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments import tokens
from comments.errors import CommentsError, ConfigError
from comments.identity import can_moderate
from comments.models import AuthorKind
from tests.factories import NOON, with_settings

BLOG = "https://blog.example"
SHOP = "https://shop.example:8443"
SECRET = "the secret of the blog, long enough to be one"
SHOP_SECRET = "the secret of the shop, long enough to be one"
SETTINGS = with_settings(sso_secrets=((BLOG, SECRET), (SHOP, SHOP_SECRET)))
NOW = int(NOON.timestamp())


def claims(**changes):
    """What a good token says; ``None`` takes a claim away."""
    said = {"aud": BLOG, "sub": "42", "name": "Dora", "exp": NOW + 300} | changes
    return {name: value for name, value in said.items() if value is not None}


def token(secret=SECRET, algorithm="HS256", headers=None, **changes):
    return jwt.encode(claims(**changes), secret, algorithm=algorithm, headers=headers)


def by_hand(header, payload, secret=SECRET, digest=hashlib.sha256):
    """A token whatever its parts are; a library would refuse to make some of them."""
    parts = [
        part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)
    ]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.digest(secret.encode(), signed, digest) if secret else b""
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def read(given, *, origin=None, now=NOON, settings=SETTINGS):
    return tokens.reader(given, settings, origin=origin, now=now)


def refused(given, **how):
    with pytest.raises(CommentsError) as error:
        read(given, **how)
    return (error.value.code, str(error.value)) == (
        "token_invalid",
        "The token is damaged, expired or was not made here.",
    )


# ── whom a token names ───────────────────────────────────────────────────────────────────────


def test_a_reader_is_known_by_their_site_and_its_name_for_them():
    author = read(token(avatar="https://pictures.example/42.png"))
    assert (author.id, author.name) == ("sso:blog.example:42", "Dora")
    assert author.kind is AuthorKind.USER
    assert author.avatar == "https://pictures.example/42.png"


def test_the_same_number_on_another_site_is_somebody_else():
    there = token(SHOP_SECRET, aud=SHOP)
    assert read(there).id == "sso:shop.example:8443:42"


def test_a_moderator_moderates_their_own_site_alone():
    author = read(token(moderator=True))
    assert author.kind is AuthorKind.MODERATOR
    assert not author.is_owner
    assert can_moderate(author, BLOG)
    assert not any(can_moderate(author, site) for site in (SHOP, None, "http://blog.example"))


@pytest.mark.parametrize("moderator", [False, 1, "true", "yes", [], {}])
def test_nobody_moderates_by_anything_but_true(moderator):
    assert not read(token(moderator=moderator)).is_moderator


@pytest.mark.parametrize(
    ("avatar", "kept"),
    [
        ("/people/42.png", BLOG + "/people/42.png"),
        ("//elsewhere.example/42.png", None),
        ("/\\elsewhere.example/42.png", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_a_picture_lies_on_the_web(avatar, kept):
    assert read(token(avatar=avatar)).avatar == kept


@pytest.mark.parametrize(
    "subject", ["dora@example.org", "a:b", "ümit", "a b", "\u202e", "x" * 100, "~" + "0" * 40]
)
def test_a_subject_that_is_not_plain_is_kept_as_a_hash(subject):
    author = read(token(sub=subject))
    assert len(author.id) <= 200
    assert subject == "x" * 100 or subject not in author.id
    assert author.id == read(token(sub=subject, name="Another")).id


def test_no_two_subjects_share_an_id():
    subjects = ["a", "A", "a:", ":a", "~a", "a@", "@a", "a ", "a\u0301", "\u00e1"]
    assert len({read(token(sub=subject)).id for subject in subjects}) == len(subjects)


def test_a_site_with_a_long_name_fits():
    site = "https://" + "a." * 100 + "example"
    settings = with_settings(sso_secrets=((site, SECRET),))
    assert len(read(token(aud=site, sub="x" * 100), settings=settings).id) <= 200


def test_while_a_secret_is_changed_both_are_good():
    settings = with_settings(sso_secrets=((BLOG, SHOP_SECRET), (BLOG, SECRET)))
    assert read(token(), settings=settings).id == read(token(SHOP_SECRET), settings=settings).id


# ── when and where ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "times",
    [
        {"exp": NOW + 1},
        {"exp": NOW - tokens.LEEWAY + 1},
        {"exp": NOW + tokens.LONGEST_LIFE},
        {"exp": NOW + 300.5},
        {"nbf": NOW + tokens.LEEWAY, "iat": NOW + tokens.LEEWAY},
    ],
    ids=repr,
)
def test_a_token_is_good_in_its_time(times):
    assert read(token(**times)).name == "Dora"


@pytest.mark.parametrize("origin", [None, BLOG])
def test_a_token_is_good_from_its_site_and_from_no_page_at_all(origin):
    assert read(token(), origin=origin).name == "Dora"


@pytest.mark.parametrize("origin", [SHOP, "", "null", BLOG + "/", "http://blog.example"])
def test_a_token_on_another_page_is_refused(origin):
    assert refused(token(), origin=origin)


# ── what is refused ──────────────────────────────────────────────────────────────────────────

WRONG = {
    "expired": token(exp=NOW - tokens.LEEWAY),
    "long expired": token(exp=1),
    "good for too long": token(exp=NOW + tokens.LONGEST_LIFE + tokens.LEEWAY + 1),
    "not yet": token(nbf=NOW + tokens.LEEWAY + 1),
    "made tomorrow": token(iat=NOW + tokens.LEEWAY + 1),
    "no exp": token(exp=None),
    "no sub": token(sub=None),
    "no name": token(name=None),
    "no aud": token(aud=None),
    "exp is a text": by_hand({"alg": "HS256"}, claims(exp=str(NOW + 300))),
    "exp is true": by_hand({"alg": "HS256"}, claims(exp=True)),
    "exp is infinite": by_hand({"alg": "HS256"}, claims(exp=float("inf"))),
    "exp is no number": by_hand({"alg": "HS256"}, claims(exp=float("nan"))),
    "exp is huge": by_hand({"alg": "HS256"}, claims(exp=10**400)),
    "nbf is a list": by_hand({"alg": "HS256"}, claims(nbf=[])),
    "sub is a number": by_hand({"alg": "HS256"}, claims(sub=42)),
    "sub is empty": token(sub=""),
    "sub is long": token(sub="x" * 101),
    "name is a number": by_hand({"alg": "HS256"}, claims(name=42)),
    "name is blank": token(name=" \u200b "),
    "avatar is a list": by_hand({"alg": "HS256"}, claims(avatar=[])),
    "another audience": token(aud="https://elsewhere.example"),
    "audience almost": token(aud=BLOG + "/"),
    "audience without scheme": token(aud="blog.example"),
    "audiences": token(aud=[BLOG]),
    "audience is an object": by_hand({"alg": "HS256"}, claims(aud={"x": BLOG})),
    "the other site's secret": token(SHOP_SECRET),
    "a guessed secret": token("x" * 40),
    "alg none": by_hand({"alg": "none"}, claims(), secret=""),
    "alg None": by_hand({"alg": "None"}, claims(), secret=""),
    "alg none, signed": by_hand({"alg": "none"}, claims()),
    "no alg": by_hand({"typ": "JWT"}, claims()),
    "alg is a list": by_hand({"alg": ["HS256"]}, claims()),
    "no signature": token().rpartition(".")[0] + ".",
    "HS512": token(SECRET * 2, algorithm="HS512"),
    "HS384 under the secret": by_hand({"alg": "HS384"}, claims(), digest=hashlib.sha384),
    "RS256 with our secret": by_hand({"alg": "RS256"}, claims()),
    "ES256 with our secret": by_hand({"alg": "ES256"}, claims()),
    "a key of its own": by_hand(
        {"alg": "HS256", "jwk": {"kty": "oct", "k": "eA"}}, claims(), secret="x"
    ),
    "something critical": by_hand({"alg": "HS256", "crit": ["x"], "x": 1}, claims()),
    "detached": by_hand({"alg": "HS256", "b64": False, "crit": ["b64"]}, claims()),
    "huge": token(name="x" * 5000),
    "deep": by_hand({"alg": "HS256"}, b"[" * 2500),
    "not an object": by_hand({"alg": "HS256"}, [1]),
    "not JSON": by_hand(b"{", b"{"),
    "not UTF-8": by_hand({"alg": "HS256"}, b"\xff"),
    "dots": "..",
    "no base64": "!.!.!",
    "not ASCII": "ü.ü.ü",
    "surrogate": "\ud800.a.b",
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_refused_in_the_same_words(given):
    assert refused(given)


def test_a_changed_token_is_refused():
    head, body, mac = token().split(".")
    other = token(name="Bob", moderator=True).split(".")[1]
    assert refused(f"{head}.{other}.{mac}")
    assert refused(f"{head}.{body}.{mac[:-2]}AA")


@given(st.text(), st.text(), st.text())
def test_three_parts_of_anything_are_refused(head, body, mac):
    assert refused(f"{head}.{body}.{mac}")


def test_without_a_secret_no_token_is_good():
    assert refused(token(), settings=with_settings())


def test_a_token_that_was_good_is_not_good_later():
    kept = token()
    assert read(kept).name == "Dora"
    assert refused(kept, now=NOON + timedelta(seconds=300 + tokens.LEEWAY))


# ── at the start ─────────────────────────────────────────────────────────────────────────────


def test_secrets_without_the_library_stop_the_start(monkeypatch):
    tokens.check_installed(SETTINGS)
    monkeypatch.setattr(tokens, "find_spec", lambda name: None)
    tokens.check_installed(with_settings())
    with pytest.raises(ConfigError, match=r"pip install \"Flask-Comments\[sso\]\""):
        tokens.check_installed(SETTINGS)

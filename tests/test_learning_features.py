"""What the learned filter sees in a comment: what its writer meant, in few and plain words."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.learning.features import LONGEST, MOST, features
from comments.learning.words import LINK, MAIL, MENTION, NUMBER, take_apart
from tests.spam_examples import HAM, SPAM


def words(source: str) -> list[str]:
    return list(take_apart(source).words)


@pytest.mark.parametrize(
    "disguised",
    [
        "VISIT my ROSES",
        "visit, my -- roses!",
        "vísìt mÿ röses",
        "visit my rоsеs",  # with letters of the Cyrillic alphabet
        "ｖｉｓｉｔ ｍｙ ｒｏｓｅｓ",
        "vi\u200bsit m\u00ady ro\u2060ses",
        "v i s i t my r.o.s.e.s",
        "viiiisit my roseeeees",
        "<b>visit</b> my <i class='x'>roses</i>",
        "visit&nbsp;my &#114;oses",
        "visit\ufeff my\nroses",
    ],
)
def test_words_are_read_through_a_disguise(disguised):
    assert words(disguised) == ["visit", "my", "roses"]


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("Канал", ["канал"]),
        ("मेरी दुकान", ["मेरी", "दुकान"]),
        ("متجري", ["متجري"]),
        ("مَتجَري", ["متجري"]),
        ("my 내 가게", ["my", "내", "가게"]),
        ("免费领取", ["免费", "费领", "领取"]),
        ("茶", ["茶"]),
        ("がんばって", ["がん", "んば", "ばっ", "って"]),
        ("I'm, don’t", ["im", "dont"]),
        ("", []),
        ("!!! ❤️ :-)", []),
    ],
)
def test_words_of_every_script(source, read):
    assert words(source) == read


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("see https://Roses.example/a?b=C now", "roses.example/a?b=c"),
        ("see www.roses.example now", "www.roses.example"),
        ('see <a rel="x" href="http://roses.example/">this</a> now', "roses.example/"),
        ("see roses.com/a now", "roses.com/a"),
        ("see roses  . com now", "roses.com"),
        ("see my-roses (dot) net now", "my-roses.net"),
        ("see my-roses dot net/a now", "my-roses.net/a"),
    ],
)
def test_an_address_is_found_however_it_is_written(source, address):
    taken = take_apart(source)

    assert LINK in taken.words
    assert taken.addresses == (address,)


@pytest.mark.parametrize(
    "prose",
    [
        "It was late. Come in.",
        "the end.Then he left",
        "e.g. this, i.e. that",
        "3.5 of 4",
        "Really? Yes.",
        "a < b and c > d",
        "file.py",
    ],
)
def test_prose_is_no_address(prose):
    assert LINK not in words(prose)


def test_whoever_is_named_is_not_kept():
    found = words("ask @carol or carol@post.example, +49 170 555")

    assert found == ["ask", MENTION, "or", MAIL, NUMBER, NUMBER, NUMBER]


def test_links_are_taken_apart():
    found = features("https://www.shop.roses.example/buy/red?ref=7")

    assert {
        "link:any",
        "link:number 0",
        "link:among words 0",
        "link:at roses",
        "link:to buy",
        "link:to ref",
        "host:shop.roses.example",
        "host:roses.example",
        "host:.example",
    } <= set(found)


def test_a_comment_without_a_link_has_no_feature_of_one():
    assert not [feature for feature in features("my roses") if feature[:5] in ("link:", "host:")]


@pytest.mark.parametrize(
    ("source", "feature"),
    [
        ("roses are red", "first:roses"),
        ("roses are red", "pair:are red"),
        ("roses are red", "pair:red $"),
        ("subscribing", "stem:subsc"),
        ("visit my page", "call:asks for oneself"),
        ("guys, visit it", "call:asks readers"),
        ("you know me", "call:oneself to readers"),
        ("it rains", "call:asks 0"),
        ("BUY ROSES NOW", "style:capitals"),
        ("roses!!!", "style:exclamation"),
        ("roses . com", "link:broken"),
        ("/watch?v=abc", "link:broken"),
    ],
)
def test_a_feature_of_a_comment(source, feature):
    assert feature in features(source)


def test_prose_is_not_shouted():
    assert not [feature for feature in features("Roses are red!") if feature.startswith("style:")]


def test_how_often_does_not_count():
    assert len(features("roses " * 50)) == len(features("roses roses"))


def test_of_a_long_text_the_beginning_and_the_end_are_read():
    found = features("tulips " + "prose and more of it " * 490 + "roses")

    assert {"word:tulips", "word:roses"} <= set(found)


@given(st.text(max_size=2000))
def test_features_are_few_and_short_whatever_is_typed(source):
    found = features(source)

    assert found == features(source)
    assert len(found) == len(set(found)) <= MOST
    assert all(0 < len(feature) <= LONGEST and "\x00" not in feature for feature in found)


def test_the_examples_all_have_features():
    assert min(len(features(text)) for text in SPAM + HAM) >= 5


HOSTILE = {
    "letters": "a",
    "spaced letters": "a ",
    "dots": "a.",
    "spaced dots": "a . ",
    "tags": "<a ",
    "open links": "<a href=x ",
    "entities": "&lt;",
    "at signs": "a@",
    "mail": "a@a.",
    "queries": "a?b=",
    "hyphens": "a-",
    "apostrophes": "a'",
    "brackets": "a (dot) ",
    "marks": "\u0301",
    "links": "http://a.b ",
    "placeholders": LINK,
}


@pytest.mark.parametrize("bite", HOSTILE.values(), ids=HOSTILE)
def test_ten_thousand_characters_cost_little(bite):
    source = (bite * 10_000)[:10_000]
    began = time.process_time()

    features(source)

    assert time.process_time() - began < 0.5

"""The passage a comment is about: what may be sent, and what is kept of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.anchors import LAST_POSITION, Anchor
from comments.errors import CommentsError
from tests.hostile_text import FAMILIES

QUOTE = {
    "type": "TextQuoteSelector",
    "exact": "four passengers per car",
    "prefix": "a number: ",
    "suffix": ", on the average",
}
POSITION = {"type": "TextPositionSelector", "start": 40, "end": 63}


def sent(*selector, **more):
    return {"selector": list(selector or (QUOTE, POSITION)), **more}


def quoted(**more):
    return sent(QUOTE | more)


def wrong(value) -> set[str]:
    with pytest.raises(CommentsError) as refused:
        Anchor.read(value)
    assert refused.value.code == "invalid"
    return {field.removeprefix("anchor.") for field in refused.value.errors}


def test_a_passage_is_read_as_it_was_told():
    anchor = Anchor.read(sent(question="Is that so?", name="numbers"))

    assert (anchor.exact, anchor.prefix, anchor.suffix) == (
        "four passengers per car",
        "a number: ",
        ", on the average",
    )
    assert (anchor.start, anchor.end) == (40, 63)
    assert (anchor.question, anchor.name) == ("Is that so?", "numbers")


def test_the_words_alone_are_enough():
    anchor = Anchor.read(sent({"type": "TextQuoteSelector", "exact": "trams"}))

    assert anchor == Anchor(exact="trams")
    assert anchor.shown()["selector"] == [
        {"type": "TextQuoteSelector", "exact": "trams", "prefix": "", "suffix": ""}
    ]


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ("four passengers", {"selector"}),
        ([QUOTE], {"selector"}),
        ({}, {"selector"}),
        ({"selector": QUOTE}, {"selector"}),
        ({"selector": []}, {"selector"}),
        (sent("four"), {"selector"}),
        (sent(QUOTE, QUOTE), {"selector"}),
        (sent(QUOTE, POSITION, POSITION), {"selector"}),
        (sent(QUOTE | {"type": "CssSelector"}), {"selector"}),
        (sent(QUOTE | {"type": ["TextQuoteSelector"]}), {"selector"}),
        (sent(POSITION), {"exact"}),
        (quoted(exact=None), {"exact"}),
        (quoted(exact=7), {"exact"}),
        (quoted(exact=" \n\u200b\u2800"), {"exact"}),
        (quoted(exact="x" * 1001), {"exact"}),
        (quoted(prefix="x" * 33), {"prefix"}),
        (quoted(suffix=["x"]), {"suffix"}),
        (quoted(exact={}, prefix=1, suffix=False), {"exact", "prefix", "suffix"}),
        (sent(question="x" * 201), {"question"}),
        (sent(question={}, name=3), {"question", "name"}),
        (sent(name="x" * 101), {"name"}),
    ],
)
def test_each_wrong_field_is_named(value, fields):
    assert wrong(value) == fields


@pytest.mark.parametrize(
    ("start", "end"),
    [(-1, 2), (2, 1), (True, 2), (0, 2.0), ("0", "2"), (None, 2), (0, LAST_POSITION + 1), (0, 1e9)],
)
def test_a_position_is_two_whole_numbers(start, end):
    position = POSITION | {"start": start, "end": end}
    assert wrong(sent(QUOTE, position)) == {"position"}


def test_what_is_not_known_is_left_out():
    anchor = Anchor.read(sent(QUOTE | {"refinedBy": {}}, state="published", passage="0" * 16))
    assert set(anchor.shown()) == {"selector", "question", "name"}
    assert "refinedBy" not in anchor.shown()["selector"][0]


def test_controls_and_what_turns_a_line_around_are_taken_out():
    anchor = Anchor.read(sent(QUOTE | {"exact": "\u202eevil\0\x1b[2J\u2066 words"}))
    assert anchor.exact == "evil[2J words"


def test_a_character_cut_in_two_is_left_out():
    anchor = Anchor.read(quoted(prefix="\ude00 said", suffix="then \ud83d"))
    assert (anchor.prefix, anchor.suffix) == (" said", "then ")


def test_a_question_is_one_line_and_an_empty_one_is_none():
    assert Anchor.read(sent(question=" What\n\tnow? ")).question == "What now?"
    assert Anchor.read(sent(question="\u200b", name="")).question is None


@pytest.mark.parametrize("family", FAMILIES)
def test_whatever_is_quoted_can_be_kept_and_is_read_again_as_the_same(family):
    text = FAMILIES[family](1000)
    value = {"selector": [QUOTE | {"exact": "x" + text[:999], "prefix": text[:32]}]}
    anchor = Anchor.read(value)

    assert Anchor.from_json(anchor.to_json()) == anchor
    anchor.to_json().encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["selector", "type", "exact", "end"]), inner)
        ),
    )
)
def test_nothing_that_json_can_hold_breaks_it(value):
    try:
        anchor = Anchor.read(json.loads(json.dumps(value)))
    except CommentsError:
        return
    assert anchor.exact


# ── the same passage ─────────────────────────────────────────────────────────────────────────


def test_the_same_words_in_the_same_place_are_one_passage():
    moved = POSITION | {"start": 90, "end": 113}
    assert Anchor.read(sent()).passage == Anchor.read(sent(QUOTE, moved)).passage


def test_the_same_words_elsewhere_are_another():
    assert Anchor.read(sent()).passage != Anchor.read(quoted(suffix=" at night")).passage


def test_words_do_not_pass_for_what_stands_around_them():
    one = Anchor(exact="b", prefix="a", suffix="c").passage
    assert one != Anchor(exact="bc", prefix="a").passage
    assert one != Anchor(exact="x", name="a\0b\0c").passage


def test_what_the_author_asks_is_one_passage_however_its_words_change():
    before = Anchor.read(sent(question="Is that so?"))
    after = Anchor.read(sent(QUOTE | {"exact": "five per car"}, question="Is that so?"))
    assert before.passage == after.passage
    named = Anchor.read(sent(question="Really?", name="numbers")).passage
    assert named == Anchor.read(sent(name="numbers")).passage != before.passage

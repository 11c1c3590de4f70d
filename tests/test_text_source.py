"""The text of a comment as it is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.text import clean_source
from comments.text.characters import MOST_MARKS

ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    "source",
    [
        "a line\nand another\n\n> quote",
        "```\nif a:\n\tb\n\n\nc\n```",
        "1️⃣ 👨\u200d👩\u200d👧 " + ENGLAND,
        "می\u200cخواهم",
        "\u200fשלום\u200e abc",
        "e\u0301 Nguye\u0302\u0303n",
        "    indented\n  less",
        "שָׁ֑לוֹם",
    ],
)
def test_what_people_write_stays_as_it_is(source: str) -> None:
    assert clean_source(source) == source


@pytest.mark.parametrize(
    ("typed", "source"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0bg", "a\nb\nc\nd\ne\nf\ng"),
        ("a\x00b\x1bc\x7fd\x9fe", "abcde"),
        ("\ufeffa", "a"),
        ("\u202ea\u202c \u2066b\u2069 \u202dc", "a b c"),
        ("a\U000e0041\U000e0042", "a"),
        ("🏴\U000e0061\U000e0062", "🏴"),
        ("a\ufdd0\uffff\U0001fffe", "a"),
        ("a" + "\n" * 9 + "b", "a\n\n\nb"),
        ("a\n \n\t\n \n\n  b", "a\n\n\n  b"),
        ("\n\n a \n\n", " a"),
        ("a" + "\u0336" * 30, "a" + "\u0336" * MOST_MARKS),
    ],
)
def test_what_only_does_harm_is_taken_out(typed: str, source: str) -> None:
    assert clean_source(typed) == source


@pytest.mark.parametrize("typed", ["\ud800", "a\udfffb", "\ud83d \ude00"])
def test_half_a_character_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match="half a character"):
        clean_source(typed)


@given(st.text())
def test_cleaning_again_changes_nothing(typed: str) -> None:
    source = clean_source(typed)

    assert clean_source(source) == source
    assert "\x00" not in source
    source.encode("utf-8")

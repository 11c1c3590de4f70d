"""Names: what is left of them, and which ones look the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.text import clean_name, fold_name, plain_letters

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    "name",
    [
        "Alice",
        "Zoë O’Brien-García",
        "Nguyễn Văn A",
        "张伟",
        "葛\U000e0100城",
        "علی\u200cرضا",
        "ක්\u200dෂ",
        "שָׁלוֹם",
        "🦊",
        f"Ann {FAMILY}",
        f"{ENGLAND} fan",
        "Ann 🏳️\u200d🌈",
        "👩🏽\u200d💻",
        "1️⃣",
        "Ⓐlice ©",
        "<b>Ann</b>",
        "O'Neil & Sons",
    ],
)
def test_an_honest_name_stays_as_it_is(name: str) -> None:
    assert clean_name(name, 60) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Ann \t of\n Green\u2028Gables  ", "Ann of Green Gables"),
        ("Ann\x00\x1b[31m", "Ann[31m"),
        ("\u202eAnn\u202c \u2066x\u2069", "Ann x"),
        ("A\u200bn\u00adn\ufeff", "Ann"),
        ("A\u200cnn", "Ann"),
        ("Ann\u3164\u115f\u2800", "Ann"),
        ("jose\u0301", "josé"),
        ("A\ufe0fnn\ufe00", "Ann"),
        ("Ann\U000e0041\U000e0042", "Ann"),
        ("Ann\U000e0100", "Ann"),
        ("Ann\ue000\ufdd0\uffff", "Ann"),
        ("👨\u200dAnn", "👨Ann"),
        ("\u200dAnn\u200d", "Ann"),
        ("\U000e0061Ann", "Ann"),
        ("Z" + "\u0336\u0335" * 20 + "a", "Z\u0336\u0335\u0336a"),
        ("Ann\ud800", "Ann"),
    ],
)
def test_what_hides_or_turns_is_taken_out(typed: str, name: str) -> None:
    assert clean_name(typed, 60) == name


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "\u3164", "\u2800", "\ufe0f", "\u0301", "\0"])
def test_nothing_visible_is_no_name(typed: str) -> None:
    assert clean_name(typed, 60) == ""


def test_a_long_name_is_cut() -> None:
    assert clean_name("Ann " * 30, 10) == "Ann Ann An"


def test_no_letter_and_no_emoji_is_cut_in_half() -> None:
    assert clean_name("Ann " + "g\u0303" * 3, 7) == "Ann g\u0303"
    assert clean_name(f"Ann {FAMILY}", 8) == "Ann"
    assert clean_name(f"Ann {ENGLAND}", 8) == "Ann"


@given(st.text())
def test_a_clean_name_is_one_line_without_tricks(typed: str) -> None:
    name = clean_name(typed, 60)

    assert len(name) <= 60
    assert name == " ".join(name.split())
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in name)
    assert clean_name(name, 60) == name


# ── look-alikes ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    [
        "admin",
        "ADMIN",
        "Admin.",
        "a d-m_i n",
        "аdmin",  # Cyrillic а
        "αdmin",  # Greek α
        "Adm1n",
        "Adm|n",
        "admın",
        "ádmïn",
        "adrnin",
        "Ａｄｍｉｎ",
        "𝓐𝓭𝓶𝓲𝓷",
        "ⓐⓓⓜⓘⓝ",
        "🅐🅓🅜🅘🅝",
        "🇦🇩🇲🇮🇳",
        "ᴀᴅᴍɪɴ",
        "ad\u200bmin",
        "a\u0336dmin",
        "admin\ufe0f",
        "@dmin",
        "adмin",
    ],
)
def test_they_all_look_like_admin(name: str) -> None:
    assert fold_name(name) == fold_name("admin")


@pytest.mark.parametrize("name", ["adman", "admins", "amin", "nimda", "адмін", "管理员", "🦊"])
def test_they_do_not(name: str) -> None:
    assert fold_name(name) != fold_name("admin")


def test_names_of_other_scripts_are_told_apart() -> None:
    names = ["张伟", "张炜", "राम", "रम", "رضا", "علي", "🦊", "🐼", "Ольга", "Олег"]

    assert len({fold_name(name) for name in names}) == len(names)


def test_digits_of_every_script_are_the_same() -> None:
    assert fold_name("٢٣") == fold_name("23") == fold_name("२३")


@given(st.text(min_size=1))
def test_a_name_has_something_to_compare(typed: str) -> None:
    name = clean_name(typed, 60)

    assert bool(fold_name(name)) == bool(name)
    assert fold_name(name) == fold_name(name.upper().lower()) or not name.isascii()
    assert fold_name(f" {name} ") == fold_name(name)


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("Roses", "roses"),
        ("Röses", "roses"),
        ("rоsеs", "roses"),  # two letters are Cyrillic
        ("розы", "розы"),
        ("I'm", "im"),
        ("가게", "가게"),
        ("ｒｏｓｅｓ", "roses"),
        ("", ""),
    ],
)
def test_plain_letters_can_be_compared_and_read(word, plain):
    assert plain_letters(word) == plain

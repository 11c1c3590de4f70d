"""The benchmark knows where each word of an edited article is."""

from random import Random

import pytest

from tests.bench import edits, passages
from tests.bench.edits import Editor, distance
from tests.bench.passages import Edited, Outcome, Passage, judge

TEXT = (
    "The ice broke early this year. Nobody's or anybody’s foot was on it.\nBoats lay still. "
    "The mayor was glad."
)
OTHER = "Completely unrelated vocabulary appears everywhere. Zebras gallop."


def article():
    return edits.read(TEXT)


def editor(seed=1):
    return Editor.reading(edits.read(OTHER), Random(seed))


def passage(words):
    """*words* of the article, as a reader picks them."""
    start = TEXT.index(words)
    span = (start, start + len(words))
    parts = [part for part in article().placed() if span[0] <= part[0] and part[1] <= span[1]]
    return Passage(span, frozenset(part[2].origin for part in parts if part[2].is_word), "")


def outcome(words, edited, found):
    """What is said of marking the text *found*, or nothing, in an edited article."""
    text = edited.text
    place = (text.index(found), text.index(found) + len(found)) if found else None
    return judge(TEXT, Edited.of(edited), passage(words), place)


def test_an_article_is_its_text():
    assert article().text == TEXT
    assert article().lines == TEXT.split("\n")


@pytest.mark.parametrize("kind", edits.KINDS)
def test_every_edit_changes_something_and_the_same_every_time(kind):
    changed = [edits.same(article(), editor(), kind, 2).text for _ in range(2)]

    assert changed[0] == changed[1] != TEXT


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("Boats lay still", Outcome.RIGHT),
        ("still", Outcome.ROUGH),
        ("The mayor was glad", Outcome.WRONG),
        (None, Outcome.MISSED),
    ],
)
def test_a_passage_that_was_moved_is_where_its_words_are(found, said):
    edited = article()
    edited.paragraphs[0].insert(0, edited.paragraphs[1].pop(0))

    assert outcome("Boats lay still", edited, found) == said


@pytest.mark.parametrize(("found", "said"), [("The mayor", Outcome.WRONG), (None, Outcome.GONE)])
def test_a_passage_that_was_deleted_is_nowhere(found, said):
    edited = article()
    del edited.paragraphs[1][0]

    assert outcome("Boats lay still", edited, found) == said


def test_the_same_words_of_the_same_sentence_elsewhere_are_a_twin():
    edited = article()
    sentence = edited.paragraphs[1].pop(0)
    edited.paragraphs[0].insert(0, [edits.Piece(piece.text) for piece in sentence])

    assert outcome("Boats lay", edited, "Boats lay") == Outcome.TWIN


def test_a_word_is_there_while_most_of_its_letters_are():
    assert distance("harbour", "harbor") == 1
    assert distance("ice", "year") == 4


def test_what_is_left_of_a_twin_is_not_the_sentence():
    doubled, left = edits.twins(article(), editor(), 1)

    kept = {piece.origin for _, _, piece in left.placed() if piece.is_word}
    gone = [piece for _, _, piece in doubled.placed() if piece.is_word and piece.origin not in kept]
    assert len(gone) >= 4
    assert left.text != doubled.text


def test_passages_are_of_all_sizes():
    picked = passages.pick(article(), Random(1), 100)

    assert {len(one.words) for one in picked} >= {1, 3, 6}
    assert all(TEXT[slice(*one.span)].strip() == TEXT[slice(*one.span)] for one in picked)

"""Why a comment was held stands in English in the database, and is told in every language."""

import pytest
from sqlalchemy import select

from comments import learning, posting, screening
from comments.errors import Message
from comments.models import Comment
from comments.screening import read_reason
from tests import factories as make
from tests.factories import NOON

LINKS = " ".join(f"https://example.org/{number}" for number in range(9))
#: Bodies and, of the sentences that stand in the database, how they are told.
KINDS = {
    "Buy a herring": ("words that are looked at", {"word": "herring", "how": ""}),
    "Buy a h3rring": ("words that are looked at", {"word": "herring", "how": ': "h3rring"'}),
    "Buy a nitwit": ("words that are rejected", {"word": "nitwit", "how": ""}),
    LINKS: ("links, more than", {"links": "9", "most": "5"}),
}


@pytest.mark.parametrize("body", KINDS)
def test_a_stored_reason_is_read_back_with_its_parts(session, body):
    make.listed_word(session, "herring")
    make.listed_word(session, "nitwit", "reject")
    stored = make.post(session, body=body, settings=make.with_settings(max_links=5)).status_reason
    words, parts = KINDS[body]
    told = read_reason(stored)
    assert words in told.text
    assert "%(" in told.text
    assert told.params == parts
    assert str(told) == stored


def test_so_is_a_word_in_the_passage_a_comment_is_about(session):
    make.listed_word(session, "herring")
    given = make.submitted(session, quoted="a h3rring")
    verdict = screening.screen(given)
    told = read_reason(str(verdict.reason))
    assert told.params == {"word": "herring", "how": ': "h3rring"'}
    assert str(told) == str(verdict.reason)


def test_so_is_what_the_learned_filter_says_with_the_clues_in_it(session):
    make.teach(session)
    text = "Win free crypto at https://casino.example and https://casino.example/2"
    judgement = learning.judge(session, text, learning.learned(session))
    assert judgement is not None
    said = learning.reason(judgement)
    assert read_reason(str(said)).text == said.text
    assert str(read_reason(str(said))) == str(said)


def test_a_clue_that_is_no_quotation_is_a_sentence_of_its_own():
    told = read_reason('reads like spam (97 %): "cheap", a link, a link to casino.example')
    first, second, third = (told.params[name] for name in ("first", "second", "third"))
    assert first == '"cheap"'
    assert second == Message("a link")
    assert third == Message("a link to %(host)s", {"host": "casino.example"})


@pytest.mark.parametrize("people", [1, 2, 11])
def test_how_many_have_reported_is_counted_as_the_language_counts(people):
    said = screening.reported(people)
    assert read_reason(str(said)) == said
    assert said.plural is not None


def test_reports_hold_a_comment_for_such_a_reason(session):
    comment = make.post(session).id
    settings = make.with_settings(reports_to_hold=2)
    for reader in ("one", "two"):
        author = make.guest(reader)
        posting.report(session, author, comment, "spam", "", settings=settings, now=NOON)
    stored = session.scalars(select(Comment.status_reason)).one()
    assert read_reason(stored) == screening.reported(2)


@pytest.mark.parametrize(
    "sentence",
    ["it contains a link", "100% rude", "reported by many readers", "%(word)s", ""],
)
def test_whatever_else_is_written_there_stays_as_it_is(sentence):
    assert read_reason(sentence) == Message(sentence)
    assert str(read_reason(sentence)) == sentence

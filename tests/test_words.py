"""The lists of words: filled, emptied, brought back; and cells that no spreadsheet calculates."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import moderation, text
from comments.errors import CommentsError
from comments.models import Decision, ListedWord
from comments.moderation import words
from tests import factories as make
from tests.test_concurrency import at_once


def held(session, which: str = "hold") -> list[str]:
    return [row.word for row in words.listed(session, which)]


def add(session, written: str, which: str = "hold", at: float = 0) -> str:
    action = make.action(at)
    words.add(session, which, written, action)
    return action.batch


def entries(session) -> list[Decision]:
    return list(session.scalars(select(Decision).order_by(Decision.id)))


def test_many_words_are_added_at_once_and_each_stands_once(session):
    added = words.add(session, "hold", " Plonk \n\ntwo   words\r\nplonk\nＣＡＦÉ", make.action())
    assert added.new == ["plonk", "two words", "ｃａｆé"]
    again = words.add(session, "hold", "PLONK\nnitwit", make.action())
    assert again == (["nitwit"], ["plonk"])
    assert held(session) == sorted(["plonk", "two words", "ｃａｆé", "nitwit"])
    assert held(session, "reject") == []


def test_one_press_is_one_entry_of_the_log(session):
    add(session, "plonk\nnitwit", "reject")
    (entry,) = entries(session)
    assert (entry.action, entry.target) == ("words", "reject")
    assert moderation.facts(entry.after) == {"added": ["plonk", "nitwit"]}
    add(session, "plonk", "reject")
    assert entries(session) == [entry]


@pytest.mark.parametrize("written", ["", " \n ", "x" * 101, "good\n**", "a\x00b", "good\n‮evil"])
def test_what_is_no_word_is_refused_and_nothing_is_added(session, written):
    with pytest.raises(CommentsError) as refused:
        add(session, written)
    assert list(refused.value.errors) == ["words"]
    assert held(session) == []


def test_a_list_has_an_end(session, monkeypatch):
    monkeypatch.setattr(words, "MAX_WORDS", 3)
    add(session, "one\ntwo")
    with pytest.raises(CommentsError, match="mend"):
        add(session, "three\nfour")
    add(session, "one\nthree")
    add(session, "four", "reject")
    assert len(held(session)) == 3


def test_words_of_both_lists_are_removed_together_and_come_back(session):
    add(session, "plonk\nnitwit")
    add(session, "plonk", "reject")
    ids = [row.id for which in words.LISTS for row in words.listed(session, which)]
    action = make.action()
    assert words.remove(session, [*ids, 999], action) == ["nitwit", "plonk", "plonk"]
    assert held(session) == held(session, "reject") == []
    assert moderation.undo(session, action.batch, make.action(1)) == 3
    assert (held(session), held(session, "reject")) == (["nitwit", "plonk"], ["plonk"])


def test_an_addition_is_taken_back_but_for_what_is_gone_already(session):
    batch = add(session, "plonk\nnitwit")
    words.remove(session, [words.listed(session, "hold")[0].id], make.action())
    assert moderation.undo(session, batch, make.action(1)) == 1
    assert held(session) == []


def test_undo_fills_no_list_beyond_its_end(session, monkeypatch):
    add(session, "one")
    action = make.action()
    words.remove(session, [words.listed(session, "hold")[0].id], action)
    monkeypatch.setattr(words, "MAX_WORDS", 1)
    add(session, "two")
    assert moderation.undo(session, action.batch, make.action(1)) == 0
    assert held(session) == ["two"]


def test_there_are_two_lists(session):
    for act in (words.listed, lambda session, which: words.add(session, which, "x", make.action())):
        with pytest.raises(CommentsError, match="nothing here"):
            act(session, "other")


def test_eight_who_add_the_same_at_once_add_it_once(engine):
    at_once(engine, *[lambda session: add(session, "plonk\nnitwit")] * 8)
    with Session(engine) as session:
        assert held(session) == ["nitwit", "plonk"]
        assert len(session.scalars(select(ListedWord)).all()) == 2


# ── cells ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\rx", "\nx", "  =1", "\u00a0=1", "＝1", "＋1",
        "－1", "＠x", "\u200b=1", "\ufeff=1", "\u3000＝1", "\u00ad@x",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_calculate_is_quoted(cell):
    assert text.plain_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a=1", "1-1", "'=1", "Ann", " a", 7, "–1", None])
def test_everything_else_stays_as_it_is(cell):
    assert text.plain_cell(cell) == ("" if cell is None else str(cell))

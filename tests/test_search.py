"""Search finds the same on both databases, in every script, whatever is typed."""

import pytest
from sqlalchemy import column, delete, select, table

from comments import index, posting
from comments.models import Comment, Status
from comments.moderation import search
from comments.moderation.search import Query
from comments.text import lexemes
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, NOON, SETTINGS, minutes
from tests.reading import statements

SAID = {
    "latin": "The Café serves Crème Brûlée — don't miss it!",
    "german": "Die Straße ist naß und groß",
    "cyrillic": "Съешь ещё этих мягких французских булок",
    "arabic": "هٰذا المقالُ رائعٌ شكرًا لكم",
    "hebrew": "שָׁלוֹם עולם",
    "chinese": "文章写得很好,谢谢作者",
    "japanese": "吾輩は猫である。ガラス ｶﾀｶﾅ",
    "korean": "고양이는 귀엽다",
    "thai": "ขอบคุณมากครับ",
    "hindi": "हिन्दी में लिखा है",
    "link": "See https://example.com/shoes?id=42 and mail ann@example.org",
    "emoji": "Great news 🎉🎉 for everybody 👍🏽",
    "digits": "In 1984 it cost ١٢٣ or ４２ euros, version 2.0.1",
    "hidden": "buy chea\u00adp via\u200bgra",
    "code": "SELECT * FROM users WHERE name = 'x' -- NOT OR AND NEAR",
}

#: What is typed, and what is found.
FINDS = {
    "cafe": {"latin"},
    "CAFÉ creme": {"latin"},
    "cafe\u0301": {"latin"},
    "brul": {"latin"},
    "brul cafe": set(),  # only the last word may be unfinished
    "don't": {"latin"},
    "don": {"latin"},
    '"creme brulee"': {"latin"},
    '"brulee creme"': set(),
    '"serves creme" it': {"latin"},
    "strasse": {"german"},
    "NASS GROSS": {"german"},
    "еще": {"cyrillic"},
    "ЭТИХ мягк": {"cyrillic"},
    "رائع": {"arabic"},
    "المقال شكرا": {"arabic"},
    "هذا": {"arabic"},
    "שלום": {"hebrew"},
    "文章": {"chinese"},
    "写得很": {"chinese"},
    "好": {"chinese"},
    "得章": set(),
    "文章作者": set(),
    "文章 作者": {"chinese"},
    "猫": {"japanese"},
    "る": {"japanese"},
    "カタカナ": {"japanese"},
    "ｶﾞﾗｽ": {"japanese"},
    "고양이": {"korean"},
    "양이는": {"korean"},
    "ขอบคุณ": {"thai"},
    "คุณมาก": {"thai"},
    "हिन्दी": {"hindi"},
    "example.com": {"link"},
    "https://example.com/shoes?id=42": {"link"},
    "example.o": {"link"},
    "com.example": set(),
    "@example.org": {"link"},
    "🎉": {"emoji"},
    "👍": {"emoji"},
    "🎈": set(),
    "1984": {"digits"},
    "198": {"digits"},
    "123": {"digits"},
    "42": {"digits", "link"},
    "2.0.1": {"digits"},
    "cheap viagra": {"hidden"},
    "NOT OR AND NEAR": {"code"},
    "NEAR(": {"code"},
    "users": {"code"},
    "terms": set(),
    "!!!": set(),
    '"': set(),
    '""" * ^ : ( ) -': set(),
    "' OR 1=1 --": set(),
    "a\x00b": set(),
    "cafe\x00": {"latin"},
    "\ud800": set(),
    "it": {"latin", "digits"},
    "x" * 10_000: set(),
    "cafe " * 2_000: {"latin"},
    '"' * 10_000: set(),
}


@pytest.fixture
def said(session) -> dict[int, str]:
    """A comment for each script, and what it is called."""
    return {make.post(session, body=body).id: name for name, body in SAID.items()}


def found(session, said=None, **query) -> list:
    rows = search.find(session, Query(**query), sites=None).rows
    return [said[comment.id] if said else comment.id for comment in rows]


def test_both_databases_find_the_same_in_every_script(session, said):
    assert {typed: set(found(session, said, text=typed)) for typed in FINDS} == FINDS


def test_the_newest_read_one_by_one_are_what_the_index_finds(session, said):
    ids, of_all = select(Comment.id), range(min(said), max(said) + 1)
    for typed in FINDS:
        if terms := search.read(typed)[0]:
            asked = session, ids, Comment.id, terms
            ways = index.found_in(*asked), index.found_among(*asked, of_all)
            looked_up, read = (session.scalars(way.order_by(id)).all() for way, id in ways)
            assert read == looked_up, typed


def test_of_the_newest_none_is_read_that_was_not_asked_for(session, said):
    ids, (first, *_, last) = select(Comment.id), sorted(said)
    terms, _ = search.read("cafe")  # which the first one says
    for some, found in ((range(first, last), [first]), (range(first + 1, last + 1), [])):
        way, _ = index.found_among(session, ids, Comment.id, terms, some)
        assert session.scalars(way).all() == found


def test_nothing_that_is_typed_reaches_an_engine_but_plain_words():
    for typed in (*FINDS, *SAID.values()):
        terms, _ = search.read(typed)
        assert all(it.lexeme.isascii() and it.lexeme.isalnum() for it in terms)
        assert len(terms) <= 600


def test_all_lexemes_are_plain_words():
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x30000)]))
    found = lexemes.of(everything)
    odd = [it for it in found if not (it.isascii() and it.isalnum() and it == it.lower())]
    assert odd == []
    assert len(found) == lexemes.MOST_LEXEMES


def test_a_word_of_ten_thousand_letters_is_cut_and_found(session):
    long = make.post(session, body="я" * 9_999)
    assert found(session, text="я" * 60) == [long.id]


# ── with everything else ─────────────────────────────────────────────────────────────────────


def test_every_filter_narrows_what_is_found(session):
    first = make.post(session, body="apples and pears", name="Alice")
    other = make.post(session, CAROL, "apples", thread="elsewhere", name="Carol Pears")
    late = make.post(session, BOB, "apples", now=minutes(60 * 48))
    make.decide(session, late, Status.SPAM)
    assert found(session, text="apples") == [late.id, other.id, first.id]
    assert found(session, text="apples pears") == [first.id]
    assert found(session, text="apples", author="pear") == [other.id]
    assert found(session, author="carol pears") == [other.id]
    assert found(session, author=ALICE.id) == [first.id]
    assert found(session, author="alice", text="pears") == [first.id]
    assert found(session, thread="elsewhere") == [other.id]
    assert found(session, thread="nowhere") == []
    assert found(session, status=Status.SPAM) == [late.id]
    assert found(session, text="apples", status=Status.PUBLISHED) == [other.id, first.id]
    assert found(session, since=minutes(1)) == [late.id]
    assert found(session, text="apples", until=minutes(1)) == [other.id, first.id]
    assert found(session) == [late.id, other.id, first.id]
    assert found(session, author="???") == []


@pytest.mark.parametrize("newest", [1, 7, 1_000])
@pytest.mark.parametrize("query", [{"text": "apple"}, {"text": '"an apple"'}, {}])
def test_the_pages_of_a_search_hold_every_comment_once(session, monkeypatch, query, newest):
    monkeypatch.setattr(search, "NEWEST", newest)
    made = [make.post(session, body=f"an apple, number {number}").id for number in range(12)]
    make.post(session, body="an orange apple" if query else "an apple")
    seen, before = [], None
    for _ in range(20):
        page = search.find(session, Query(**query), sites=None, before=before, limit=5)
        seen += [comment.id for comment in page.rows]
        before = page.before
        if before is None:
            break
    assert [id for id in seen if id in made] == made[::-1]
    assert len(seen) == len(set(seen)) <= 13


def test_a_page_that_reads_many_texts_in_vain_goes_on_with_the_next(session, monkeypatch):
    wanted = make.post(session, body="red fox")
    for _ in range(30):
        make.post(session, body="a fox, never red")
    monkeypatch.setattr(search, "MOST_READ", 10)
    query = Query(text='"red fox"')
    first = search.find(session, query, sites=None, limit=2)
    assert (first.rows, first.before) != ([], None)
    page = first
    while not page.rows and page.before:
        page = search.find(session, query, sites=None, before=page.before, limit=2)
    assert [comment.id for comment in page.rows] == [wanted.id]


def test_a_moderator_of_a_site_finds_what_is_written_there(session):
    here = make.post(session, body="apple", thread="here", site="https://a.example")
    make.post(session, body="apple", thread="there", site="https://b.example")
    make.post(session, body="apple", thread="nobody's")
    rows = search.find(session, Query(text="apple"), sites=frozenset({"https://a.example"})).rows
    assert [comment.id for comment in rows] == [here.id]


# ── kept up to date ──────────────────────────────────────────────────────────────────────────


def test_an_edited_comment_is_found_by_its_new_words_alone(session):
    comment = make.post(session, body="apples")
    posting.edit(session, ALICE, comment.id, "pears", settings=SETTINGS, now=NOON)
    assert (found(session, text="apples"), found(session, text="pears")) == ([], [comment.id])


def test_a_deleted_comment_is_not_found(session):
    comment = make.post(session, body="apples", name="Alice")
    make.delete(session, comment)
    assert found(session, text="apples") == found(session, author="alice") == []


def test_the_index_made_anew_is_the_one_that_was_kept(engine, session, said, monkeypatch):
    make.delete(session, make.post(session, body="gone"))
    session.commit()
    id = column("rowid" if engine.dialect.name == "sqlite" else "comment_id")
    rows = table(index.NAME, id, column("terms"))
    kept = session.execute(select(rows).order_by(id)).all()
    session.execute(delete(rows).where(id % 2 == 0))
    monkeypatch.setattr(search, "BATCH", 4)
    steps = list(search.reindex(session))
    assert sum(steps) == len(SAID) + 1
    assert session.execute(select(rows).order_by(id)).all() == kept


def test_posting_takes_one_statement_more_for_it(engine, session):
    with statements(engine) as sent:
        make.post(session)
    assert len([it for it, _ in sent if index.NAME in it]) == 1

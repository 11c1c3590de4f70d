"""Finding comments again: by text, author, thread, state and date; the newest first."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from comments import index, threads
from comments.database import begin_write
from comments.index import AUTHOR, TEXT, Term
from comments.models import Comment, Status, Thread
from comments.moderation.queue import COLUMNS, with_context
from comments.moderation.reach import Sites, within
from comments.text import lexemes

#: Of a longer query the rest is not looked at: nobody types that, and each word costs a look.
MOST_CHARACTERS = 500
MOST_PIECES = 20
#: Rows whose text is read for a phrase before a page is given as it is.
MOST_READ = 5_000
#: Among so many of the newest comments words are looked for first: what one in forty says fills a
#: page from there. To look up what half of a million say is to read half a million rows.
NEWEST = 1_000
#: Comments indexed anew between two commits.
BATCH = 500

_PIECES = re.compile(r'"([^"]*)"?|([^\s"]+)')
_AUTHOR_ID = re.compile(r"[a-z][a-z0-9_.-]*:\S+")
_ALL = tuple(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; what is left empty matches everything.

    *text* holds words, all of which must be there, the last one as a beginning; words in double
    quotes stand together. *author* is a name, or the id of one with its colon. *since* is the
    first moment and *until* the first one after.
    """

    text: str = ""
    author: str = ""
    thread: str = ""
    status: Status | None = None
    since: datetime | None = None
    until: datetime | None = None


class Found(NamedTuple):
    """A page: ``rows`` as those of the queue, and the id before which the next page begins."""

    rows: Sequence[Row[Any]]
    before: int | None


def find(
    session: Session, query: Query, *, sites: Sites, before: int | None = None, limit: int = 50
) -> Found:
    """A page of the comments that *query* describes, on *sites*."""
    terms, phrases = read(query.text)
    names = [] if is_author_id(query.author) else read(query.author, AUTHOR)[0]
    if (query.text.strip() and not terms) or _names_nobody(query.author, names):
        return Found([], None)
    statement = with_context(select(*COLUMNS)).where(
        within(sites, Comment.thread_id), *_filters(query)
    )
    matches = _Matches(session, statement, [*terms, *names])
    return _page(matches, phrases, before, limit)


def is_author_id(typed: str) -> bool:
    return _AUTHOR_ID.fullmatch(typed) is not None


def _names_nobody(author: str, names: Sequence[Term]) -> bool:
    """A name of signs alone is no reason to show everybody."""
    return bool(author.strip()) and not names and not is_author_id(author)


def read(typed: str, field: str = TEXT) -> tuple[list[Term], list[str]]:
    """The terms that the index can answer, and the phrases that have to be looked for in a text.

    Words that punctuation joins (``example.com``, ``don't``) stand together, as do those in
    quotes; so does a longer piece of a script without spaces.
    """
    pieces = list(_PIECES.finditer(typed[:MOST_CHARACTERS]))[:MOST_PIECES]
    terms: list[Term] = []
    phrases: list[str] = []
    for number, piece in enumerate(pieces):
        quoted = piece[1] is not None
        found = lexemes.words(piece[1] if quoted else piece[2])
        is_open = not quoted and number == len(pieces) - 1
        for word in found:
            last = is_open and word is found[-1]
            terms += [Term(field, *each) for each in word.sought(is_last=last)]
        if len(found) > 1 or any(word.is_run and len(word.text) > 2 for word in found):
            phrases.append(lexemes.phrase(found, is_last=is_open))
    return terms, phrases


def _filters(query: Query) -> Iterator[Any]:
    if query.thread:
        # An old key of a merged discussion leads to the one it is now.
        leads_to = func.coalesce(Thread.merged_into_id, Thread.id)
        yield Comment.thread_id == (
            select(leads_to).where(Thread.key == query.thread).scalar_subquery()
        )
    if is_author_id(query.author):
        yield Comment.author_id == query.author
    if query.status:
        yield Comment.status == query.status
    elif query.since or query.until:
        # The index over dates begins with the state.
        yield Comment.status.in_(_ALL)
    if query.since:
        yield Comment.created_at >= query.since
    if query.until:
        yield Comment.created_at < query.until


@dataclass(frozen=True, slots=True)
class _Matches:
    """The comments of a statement that have all *terms*, to be read from the newest on."""

    session: Session
    statement: Select[Any]
    terms: Sequence[Term]

    def before(self, before: int | None, most: int) -> Sequence[Row[Any]]:
        """At most *most* with lower ids than *before*; if there are fewer, no more are left."""
        asked = self.session, self.statement, Comment.id, self.terms
        if not self.terms:
            return self._rows(self.statement, Comment.id, before, most)
        newest = self._newest() + 1 if before is None else before
        rows = self._rows(*index.found_among(*asked, range(newest - NEWEST, newest)), None, most)
        if len(rows) == most:
            return rows
        return self._rows(*index.found_in(*asked), before, most)

    def _newest(self) -> int:
        return self.session.scalar(select(func.max(Comment.id))) or 0

    def _rows(
        self, statement: Select[Any], order: Any, before: int | None, most: int
    ) -> Sequence[Row[Any]]:
        here = statement if before is None else statement.where(order < before)
        return self.session.execute(here.order_by(order.desc()).limit(most)).all()


def _page(matches: _Matches, phrases: Sequence[str], before: int | None, limit: int) -> Found:
    """Phrases are looked for in the texts, for as many rows as that takes."""
    found: list[Row[Any]] = []
    read_so_far, at_once = 0, limit * 4 if phrases else limit + 1
    while read_so_far < MOST_READ:
        rows = matches.before(before, at_once)
        for row in rows:
            if len(found) == limit:
                return Found(found, found[-1].id)
            if _has_phrases(row.body, phrases):
                found.append(row)
        if len(rows) < at_once:
            return Found(found, None)
        before = rows[-1].id
        read_so_far += len(rows)
    return Found(found, before)


def _has_phrases(body: str, phrases: Sequence[str]) -> bool:
    if not phrases:
        return True
    line = lexemes.line(lexemes.words(body))
    return all(phrase in line for phrase in phrases)


# ── keeping the index ────────────────────────────────────────────────────────────────────


def reindex(session: Session) -> Iterator[int]:
    """Make the index anew; gives how many comments each step has read, to commit after it.

    Every step holds the threads it reads, as everybody does who changes a text.
    """
    last = 0
    while True:
        begin_write(session)
        ids = select(Comment.id, Comment.thread_id).where(Comment.id > last)
        batch = session.execute(ids.order_by(Comment.id).limit(BATCH)).all()
        if not batch:
            return
        threads.lock_many(session, {row.thread_id for row in batch})
        rows = session.execute(
            select(Comment.id, Comment.body, Comment.author_name).where(
                Comment.id.in_([row.id for row in batch])
            )
        )
        index.replace(session, last, batch[-1].id, (index.Entry(*row) for row in rows))
        last = batch[-1].id
        yield len(batch)

"""Whom an *@name* means: of those who wrote in the discussion, the latest of that name.

Names are compared as eyes compare them (``folded_name``). Two guests may share one; the name
leads to the one who wrote last. Whom a text names is found when it is written, and kept: drawing
it anew finds nobody else.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, func, select, tuple_, union_all, update
from sqlalchemy.orm import Session

from comments import text
from comments.database import chunks
from comments.models import Comment, Mention, Status, Thread, folded_name
from comments.text import MOST_NUMBER

#: The index that names are found by.
_KEY = (Comment.thread_id, Comment.author_folded, Comment.status, Comment.id)

#: Comments drawn anew at once, when somebody they name is erased.
DRAWN_AT_ONCE = 500


class Named(NamedTuple):
    """A name as it was written, and the comment of its author that it leads to."""

    name: str
    target_id: int
    author_id: str


class People:
    """Those who have written in one thread, for ``text.render``; remembers whom a text names.

    One query, and none for a text that names nobody.
    """

    def __init__(
        self, session: Session, thread_id: Callable[[], Select[int]], besides: int = 0
    ) -> None:
        self.named: list[Named] = []
        self._session = session
        self._thread_id = thread_id
        self._besides = besides

    def __call__(self, places: Sequence[Sequence[str]]) -> Mapping[str, int]:
        """See :data:`comments.text.Who`; at each place the longest reading counts."""
        folded = {reading: folded_name(reading) for place in places for reading in place}
        found = self._latest(sorted({*folded.values()} - {""}))
        named = {}
        for place in places:
            name = next((it for it in place if folded[it] in found), None)
            if name is not None:
                named[name] = Named(name, *found[folded[name]])
        self.named = list(named.values())
        return {it.name: it.target_id for it in self.named}

    def _latest(self, names: Sequence[str]) -> dict[str, tuple[int, str]]:
        """The latest published comment of each of these names: its id and its author's."""
        if not names:
            return {}
        here = select(self._thread_id().cte("here")).scalar_subquery()
        each = [self._last_of(here, name) for name in names]
        rows = self._session.execute(union_all(*each))
        return {name: (id, author_id) for name, id, author_id in rows}

    def _last_of(self, here: Any, name: str) -> Select[*tuple[Any, ...]]:
        """The end of one stretch of the index.

        Each name on its own, or all that somebody ever wrote would be read; and by the whole key
        of the index, or PostgreSQL walks down all comments of the site until it meets the name.
        """
        end = tuple_(here, name, Status.PUBLISHED, MOST_NUMBER, types=[it.type for it in _KEY])
        last = (
            select(*_KEY, Comment.author_id)
            .where(tuple_(*_KEY) <= end, Comment.id != self._besides)
            .order_by(*(column.desc() for column in _KEY))
            .limit(1)
            .subquery()
        )
        found = (last.c.thread_id == here, last.c.author_folded == name)
        return select(last.c.author_folded, last.c.id, last.c.author_id).where(
            *found, last.c.status == Status.PUBLISHED
        )


_LEADS_TO = func.coalesce(Thread.merged_into_id, Thread.id)


def in_thread(session: Session, key: str) -> People:
    """Everybody who has written in the thread that *key* names or leads to."""
    return People(session, lambda: select(_LEADS_TO).where(Thread.key == key))


def around(session: Session, comment_id: int) -> People:
    """The same for a comment that is there already: it does not lead to itself."""
    of_it = Comment.id == comment_id
    return People(session, lambda: select(Comment.thread_id).where(of_it), besides=comment_id)


def keep(session: Session, comment: Comment, people: People) -> None:
    """Write down whom *comment* names, instead of whom it named before.

    The caller holds the thread. Whoever was erased since the text was drawn is named no more.
    """
    if comment.id is not None:
        session.execute(delete(Mention).where(Mention.comment_id == comment.id))
    if not people.named:
        return
    targets = select(Comment.id, Comment.author_id).where(
        Comment.id.in_([it.target_id for it in people.named]), Comment.status == Status.PUBLISHED
    )
    still = {tuple(row) for row in session.execute(targets)}
    kept = [it for it in people.named if (it.target_id, it.author_id) in still]
    if len(kept) < len(people.named):
        comment.html = text.render(comment.body, _only({it.name: it.target_id for it in kept}))
    session.add_all([Mention(comment=comment, **it._asdict()) for it in kept])


def drawn(session: Session, bodies: Mapping[int, str]) -> dict[int, str]:
    """The HTML of stored comments, by id, with the links to whom they name."""
    known: dict[int, dict[str, int]] = {}
    columns = (Mention.comment_id, Mention.name, Mention.target_id)
    for id, name, target in session.execute(
        select(*columns).where(Mention.comment_id.in_(list(bodies)))
    ):
        known.setdefault(id, {})[name] = target
    return {id: text.render(body, _only(known.get(id, {}))) for id, body in bodies.items()}


def _only(leads: Mapping[str, int]) -> text.Who:
    return lambda _places: leads


# ── when somebody is erased ──────────────────────────────────────────────────────────────


def forget(session: Session, author_ids: Collection[str]) -> None:
    """Let nothing lead to some people any more. What others wrote stays theirs, and the name in
    it stays as it was typed, but as plain text. The caller holds the threads."""
    about = Mention.author_id.in_(author_ids)
    concerned = sorted(session.scalars(select(Mention.comment_id).where(about).distinct()))
    session.execute(delete(Mention).where(about))
    for some in chunks(concerned, DRAWN_AT_ONCE):
        _draw_anew(session, some)


def _draw_anew(session: Session, ids: Sequence[int]) -> None:
    columns = (Comment.id, Comment.thread_id, Comment.listed, Comment.body)
    rows = session.execute(select(*columns).where(Comment.id.in_(ids), Comment.body != "")).all()
    html = drawn(session, {row.id: row.body for row in rows})
    if html:
        session.execute(update(Comment), [{"id": id, "html": it} for id, it in html.items()])
    seen = {row.thread_id for row in rows if row.listed}
    session.execute(
        update(Thread).where(Thread.id.in_(seen)).values(revision=Thread.revision + 1),
        execution_options={"synchronize_session": False},
    )


def threads_naming(author_ids: Collection[str]) -> Select[int]:
    """The threads with comments that name some people."""
    naming = select(Comment.thread_id).join(Mention, Mention.comment_id == Comment.id)
    return naming.where(Mention.author_id.in_(author_ids)).distinct()

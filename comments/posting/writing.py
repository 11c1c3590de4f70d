"""A new comment: its draft, its parent, its name, its key, and what the screens say of it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from comments import (
    identity,
    index,
    mentions,
    moderation,
    screening,
    signals,
    spelled,
    text,
    threads,
    upkeep,
)
from comments.config import Settings
from comments.database import insert_or_ignore
from comments.draft import Draft
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.keys import Keys
from comments.models import (
    Comment,
    Status,
    Submission,
    folded_name,
    table_of,
)
from comments.posting import names
from comments.screening import Arrival, Screen, Submitted, Verdict, work
from comments.threads import ThreadFacts

_submissions = table_of(Submission)
_OF_KEY = _submissions.c.key_hash == bindparam("key")
_KNOWN = select(
    _submissions.c.body_hash, _submissions.c.comment_id, _submissions.c.created_at
).where(_OF_KEY)
_MADE = update(_submissions).where(_OF_KEY).values(comment_id=bindparam("made"))
_FORGOTTEN = delete(_submissions).where(_OF_KEY, _submissions.c.created_at == bindparam("then"))


class Posted(NamedTuple):
    """A stored comment; ``repeated`` when an earlier call with the same key had stored it."""

    comment: Comment
    thread: ThreadFacts
    repeated: bool


def post(
    session: Session,
    author: Author,
    draft: Draft,
    *,
    settings: Settings,
    now: datetime,
    idempotency_hash: str | None = None,
    arrival: Arrival | None = None,
    screens: Sequence[Screen] = screening.SCREENS,
    admit: Callable[[Session], None] | None = None,
) -> Posted:
    """Store *draft* as a comment of *author*, and publish it or let it wait.

    *idempotency_hash* is the keyed hash of the caller and the caller's ``Idempotency-Key``:
    what was stored under it within a day is given back instead. *arrival* tells how it came from
    outside. *admit* is called for a new comment when its thread is held, and may refuse. Raises
    403 for a closed thread, a reserved name or a ban, 409 when the parent is gone, 422 for a key
    used for another text.
    """
    people = mentions.in_thread(session, draft.thread_key)
    html = rendered(draft.body, people)
    submitted = _submitted(session, author, draft, html, settings, now)
    screens = screening.ask_hosts(submitted, screens)
    thread = threads.lock_or_create(session, draft.thread_key, now=now, site=draft.site)
    if idempotency_hash:
        earlier = _earlier(session, idempotency_hash, draft, now)
        if earlier:
            return Posted(earlier, thread, repeated=True)
    if admit is not None:
        admit(session)
    author = identity.on_site(author, thread.site)
    if threads.is_closed(thread, settings.close_days, now) and not author.is_moderator:
        raise CommentsError("closed")
    parent = _parent(session, thread, author, draft)
    comment = _new_comment(author, draft, thread, parent, html, now)
    names.check_name(author, comment.author_name, submitted.knows().whose_name, settings)
    names.reserve_name(session, author, now)
    arrival = _first_use(session, author, arrival)
    submitted = replace(submitted, site=thread.site, thread_held=thread.hold_all, arrival=arrival)
    thread = _put_in_place(submitted, screens, thread, comment, draft, people)
    if idempotency_hash:
        made = {"key": idempotency_hash, "made": comment.id}
        spelled.run(session.connection(), _MADE, made)
    upkeep.sweep_sometimes(session, now, settings)
    threads.wrote(session, thread)
    signals.after_commit(session, "comment-posted", comment_id=comment.id, thread=thread.key)
    return Posted(comment, thread, repeated=False)


def _put_in_place(
    submitted: Submitted,
    screens: Sequence[Screen],
    thread: ThreadFacts,
    comment: Comment,
    draft: Draft,
    people: mentions.People,
) -> ThreadFacts:
    session = submitted.session
    verdict, status = screened(submitted, screens)
    comment.risk, comment.shadowed = verdict.risk, verdict.shadowed
    mentions.keep(session, comment, people)
    if status is Status.PUBLISHED:
        thread = replace(
            thread,
            # What nobody may see yet does not name the thread either.
            url=thread.url or draft.thread_url,
            title=thread.title or draft.thread_title,
            # Its days run from here, not from when somebody asked to be told of it.
            created_at=thread.created_at if thread.revision else submitted.now,
        )
    reason = str(verdict.reason)
    thread = moderation.put_new(
        session, thread, comment, status, by="screen", reason=reason, now=submitted.now
    )
    index.put(session, comment)
    return thread


def screened(submitted: Submitted, screens: Sequence[Screen]) -> tuple[Verdict, Status]:
    """What the screens say, and where that puts the comment; 403 for somebody who is banned."""
    verdict = screening.screen(submitted, screens)
    if verdict.refused:
        raise CommentsError("banned", verdict.reason)
    assert verdict.status is not None
    return verdict, verdict.status


def _submitted(
    session: Session, author: Author, draft: Draft, html: str, settings: Settings, now: datetime
) -> Submitted:
    name = author.name or draft.name
    return Submitted(
        session=session,
        author=author,
        text=draft.body,
        html=html,
        settings=settings,
        now=now,
        name=name,
        website=author.website or draft.website,
        quoted=draft.anchor.written if draft.anchor else "",
        thread_key=draft.thread_key,
        site=draft.site,
        parent=draft.parent,
        known=screening.known.ask(session, author, name, now),
    )


def _first_use(session: Session, author: Author, arrival: Arrival | None) -> Arrival | None:
    """*arrival* without a proof that was used before; members need none and use none up."""
    if arrival is None or arrival.proof is None or not author.is_guest:
        return arrival
    return arrival if work.spend(session, arrival.proof) else replace(arrival, proof=None)


def is_repeated(session: Session, key_hash: str, draft: Draft, *, now: datetime) -> bool:
    """Whether this key has made this very comment; such a call costs no part of a budget."""
    known = _known(session, key_hash)
    if known is None or _forgotten(known, now):
        return False
    return known.body_hash == _fingerprint(draft)


def _fingerprint(draft: Draft) -> str:
    return hashlib.sha256(repr(draft).encode("utf-8", "surrogatepass")).hexdigest()


class _Known(NamedTuple):
    """What was sent under a key; without a comment where that is gone for good."""

    body_hash: str
    comment_id: int | None
    created_at: datetime


def _known(session: Session, key_hash: str) -> _Known | None:
    rows = spelled.run(session.connection(), _KNOWN, {"key": key_hash})
    return _Known(*rows[0]) if rows else None


def _forgotten(known: _Known, now: datetime) -> bool:
    return now - known.created_at > upkeep.KEEP_SUBMISSIONS


def rendered(body: str, people: mentions.People | None = None) -> str:
    """*body* as it will appear among *people* it may name; 422 when nothing of it would."""
    html = text.render(body, people)
    if text.is_empty(html):
        raise CommentsError("invalid", errors={"body": say("Write something first.")})
    return html


def _earlier(session: Session, key_hash: str, draft: Draft, now: datetime) -> Comment | None:
    """The comment this key made before, or ``None`` after claiming the key for this call."""
    fingerprint = _fingerprint(draft)
    claim = {"key_hash": key_hash, "body_hash": fingerprint, "created_at": now}
    # Another thread's lock does not cover this row: two calls with one key may name two threads.
    # The second waits here for the first and then finds its comment.
    if insert_or_ignore(session, Submission, **claim):
        return None
    known = _known(session, key_hash)
    assert known is not None
    if _forgotten(known, now):
        then = {"key": key_hash, "then": known.created_at}
        spelled.run(session.connection(), _FORGOTTEN, then)
        if insert_or_ignore(session, Submission, **claim):
            return None
        known = _known(session, key_hash)
        assert known is not None
    if known.body_hash != fingerprint or known.comment_id is None:
        raise CommentsError("key_reused")
    return threads.get(session, known.comment_id)


def _parent(session: Session, thread: ThreadFacts, author: Author, draft: Draft) -> Comment | None:
    if draft.parent is None:
        return None
    parent = session.get(Comment, draft.parent, populate_existing=True)
    if parent is None or not identity.sees_published(author.id, parent):
        raise CommentsError("parent_gone")
    if parent.thread_id != thread.id:
        wrong = say("That comment belongs to another discussion.")
        raise CommentsError("invalid", errors={"parent": wrong})
    return parent


def _new_comment(
    author: Author,
    draft: Draft,
    thread: ThreadFacts,
    parent: Comment | None,
    html: str,
    now: datetime,
) -> Comment:
    name = author.name or draft.name
    if not name:
        raise CommentsError("invalid", errors={"name": say("Tell us your name.")})
    return Comment(
        thread_id=thread.id,
        parent_id=parent.id if parent else None,
        root_id=(parent.root_id or parent.id) if parent else None,
        depth=parent.depth + 1 if parent else 0,
        path=".".join(filter(None, (parent.path, str(parent.id)))) if parent else "",
        author_id=author.id,
        author_kind=author.kind,
        author_name=name,
        author_folded=folded_name(name),
        author_avatar=author.avatar,
        author_website=author.website or draft.website,
        body=draft.body,
        html=html,
        renderer_version=text.RENDERER_VERSION,
        anchor=draft.anchor.to_json() if draft.anchor else None,
        passage=draft.anchor.passage if draft.anchor else None,
        created_at=now,
        address_hash=author.address if author.is_guest else None,
        email_hash=author.email_hash,
        verified=author.verified,
        version=1,
        listed=False,
        up=0,
        down=0,
        score=0,
        vote_rank=0,
        replies_count=0,
    )


def idempotency_hash(keys: Keys, caller: str, key: str) -> str:
    """The hash under which a caller's ``Idempotency-Key`` is kept."""
    return keys.digest("idempotency", f"{caller}\n{key}")

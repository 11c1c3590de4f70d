"""A new comment: its draft, its parent, its name, its key, and what the screens say of it."""

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from comments import identity, index, moderation, screening, signals, text, threads, upkeep
from comments.config import Settings
from comments.database import insert_or_ignore
from comments.draft import Draft
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.keys import Keys
from comments.models import (
    KEY_LENGTH,
    Comment,
    ReservedName,
    Status,
    Submission,
    Thread,
)


class Posted(NamedTuple):
    """A stored comment; ``repeated`` when an earlier call with the same key had stored it."""

    comment: Comment
    thread: Thread
    repeated: bool


def post(
    session: Session,
    author: Author,
    draft: Draft,
    *,
    settings: Settings,
    now: datetime,
    idempotency_hash: str | None = None,
) -> Posted:
    """Store *draft* as a comment of *author*, and publish it or let it wait.

    *idempotency_hash* is the keyed hash of the caller and the caller's ``Idempotency-Key``:
    what was stored under it within a day is given back instead. Raises 403 for a closed
    thread or a reserved name, 409 when the parent is gone, 422 for a key used for another text.
    """
    html = rendered(draft.body)
    thread = threads.lock_or_create(session, draft.thread_key, now=now, site=draft.site)
    if idempotency_hash:
        earlier = _earlier(session, idempotency_hash, draft, now)
        if earlier:
            return Posted(earlier, thread, repeated=True)
    if thread.closed and not identity.can_moderate(author, thread.site):
        raise CommentsError("closed")
    comment = _new_comment(author, draft, thread, _parent(session, thread, draft.parent), html, now)
    check_name(session, author, comment.author_name, settings)
    _reserve_name(session, author, now)
    verdict = screening.screen(screening.Submitted(session, author, html, settings))
    session.add(comment)
    if verdict.status is Status.PUBLISHED:
        # What nobody may see yet does not name the thread either.
        thread.url = thread.url or draft.thread_url
        thread.title = thread.title or draft.thread_title
    moderation.set_status(
        session, thread, comment, verdict.status, by="screen", reason=verdict.reason, now=now
    )
    index.put(session, comment)
    if idempotency_hash:
        session.get_one(Submission, idempotency_hash).comment_id = comment.id
    upkeep.sweep_sometimes(session, now)
    signals.after_commit(session, "comment-posted", comment_id=comment.id, thread=thread.key)
    return Posted(comment, thread, repeated=False)


def is_repeated(session: Session, key_hash: str, draft: Draft, *, now: datetime) -> bool:
    """Whether this key has made this very comment; such a call costs no part of a budget."""
    known = session.get(Submission, key_hash)
    return (
        known is not None and not _forgotten(known, now) and known.body_hash == _fingerprint(draft)
    )


def _fingerprint(draft: Draft) -> str:
    return hashlib.sha256(repr(draft).encode("utf-8", "surrogatepass")).hexdigest()


def _forgotten(known: Submission, now: datetime) -> bool:
    return now - known.created_at > upkeep.KEEP_SUBMISSIONS


def rendered(body: str) -> str:
    """*body* as it will appear; 422 when nothing of it would."""
    html = text.render(body)
    if text.is_empty(html):
        raise CommentsError("invalid", errors={"body": say("Write something first.")})
    return html


def _earlier(session: Session, key_hash: str, draft: Draft, now: datetime) -> Comment | None:
    """The comment this key made before, or ``None`` after claiming the key for this call."""
    fingerprint = _fingerprint(draft)
    known = session.get(Submission, key_hash)
    if known and _forgotten(known, now):
        session.delete(known)
        session.flush()
        known = None
    if known is None:
        # Another thread's lock does not cover this row: two calls with one key may name two
        # threads. The second waits here for the first and then finds its comment.
        fresh = insert_or_ignore(
            session, Submission, key_hash=key_hash, body_hash=fingerprint, created_at=now
        )
        known = session.get_one(Submission, key_hash, populate_existing=True)
        if fresh:
            return None
    if known.body_hash != fingerprint or known.comment_id is None:
        raise CommentsError("key_reused")
    return threads.get(session, known.comment_id)


def _parent(session: Session, thread: Thread, parent_id: int | None) -> Comment | None:
    if parent_id is None:
        return None
    parent = session.get(Comment, parent_id, populate_existing=True)
    if parent is None or parent.status is not Status.PUBLISHED:
        raise CommentsError("parent_gone")
    if parent.thread_id != thread.id:
        wrong = say("That comment belongs to another discussion.")
        raise CommentsError("invalid", errors={"parent": wrong})
    return parent


def _new_comment(
    author: Author, draft: Draft, thread: Thread, parent: Comment | None, html: str, now: datetime
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
        author_avatar=author.avatar,
        author_website=author.website or draft.website,
        body=draft.body,
        html=html,
        renderer_version=text.RENDERER_VERSION,
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


def check_name(session: Session, author: Author, name: str, settings: Settings) -> None:
    """Refuse a guest a name that reads like a moderator's or a reserved one."""
    if not author.is_guest:
        return
    wanted = _folded(name)
    reserved = {text.fold_name(word) for word in settings.reserved_names}
    if wanted in reserved or session.get(ReservedName, wanted) is not None:
        taken = say("That name belongs to someone here. Please take another.")
        raise CommentsError("name_reserved", errors={"name": taken})


def _folded(name: str) -> str:
    """The name as it is compared; one sign may stand for eighteen letters, a column ends at 255."""
    return text.fold_name(name)[:KEY_LENGTH]


def _reserve_name(session: Session, author: Author, now: datetime) -> None:
    """From a moderator's first comment on, nobody else can look like them."""
    folded = _folded(author.name or "")
    if author.is_moderator and folded:
        insert_or_ignore(session, ReservedName, folded=folded, author_id=author.id, created_at=now)


def idempotency_hash(keys: Keys, caller: str, key: str) -> str:
    """The hash under which a caller's ``Idempotency-Key`` is kept."""
    return keys.digest("idempotency", f"{caller}\n{key}")

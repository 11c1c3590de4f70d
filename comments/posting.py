"""What a visitor does: post, edit, delete, vote, report.

Use-cases are plain functions: session, author, settings and clock come in, rows go out. They
flush and never commit; the edge commits once. All of them take the thread's lock before they
read what they rely on, so they are right under any number of writers.
"""

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments import identity, moderation, screening, signals, text, threads, upkeep
from comments.config import Settings
from comments.database import insert_or_ignore
from comments.draft import Draft
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.keys import Keys
from comments.models import (
    KEY_LENGTH,
    Comment,
    Report,
    ReservedName,
    ScoreStep,
    Status,
    Submission,
    Thread,
    Vote,
)


class Posted(NamedTuple):
    """A stored comment; ``repeated`` when an earlier call with the same key had stored it."""

    comment: Comment
    thread: Thread
    repeated: bool


class Ballot(NamedTuple):
    """A comment's votes after one, and what the voter now says of it."""

    up: int
    down: int
    score: int
    value: int


# ── posting ──────────────────────────────────────────────────────────────────────────────


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
    thread = threads.lock_or_create(session, draft.thread_key, now=now)
    if idempotency_hash:
        earlier = _earlier(session, idempotency_hash, draft, now)
        if earlier:
            return Posted(earlier, thread, repeated=True)
    if thread.closed and not author.is_moderator:
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


# ── changing one's own ───────────────────────────────────────────────────────────────────


def edit(
    session: Session,
    author: Author,
    comment_id: int,
    body: str,
    *,
    settings: Settings,
    now: datetime,
) -> Comment:
    """Replace the text of one's own comment while the window is open.

    The new text passes the screens again, so a harmless comment cannot become another one.
    """
    html = rendered(body)
    thread, comment = _locked(session, comment_id)
    identity.check_can_change(author, comment, settings, now)
    comment.body, comment.html = body, html
    comment.renderer_version = text.RENDERER_VERSION
    comment.edited_at = now
    if comment.status is Status.PUBLISHED:
        verdict = screening.screen(screening.Submitted(session, author, html, settings, comment.id))
        if verdict.status is Status.PUBLISHED:
            thread.revision += 1
        else:
            moderation.set_status(
                session,
                thread,
                comment,
                verdict.status,
                by="screen",
                reason=verdict.reason,
                now=now,
            )
    session.flush()
    signals.after_commit(session, "comment-edited", comment_id=comment.id, thread=thread.key)
    return comment


def delete(
    session: Session, author: Author, comment_id: int, *, settings: Settings, now: datetime
) -> None:
    """Take back one's own comment. Its text is gone for good; its place stays for its replies."""
    thread, comment = _locked(session, comment_id)
    identity.check_can_change(author, comment, settings, now)
    comment.body = comment.html = ""
    comment.author_name = ""
    comment.author_avatar = comment.author_website = None
    moderation.set_status(
        session, thread, comment, Status.DELETED, by=author.id, reason="by its author", now=now
    )


def _locked(session: Session, comment_id: int) -> tuple[Thread, Comment]:
    """The comment and its thread as they are now that nobody else can change them."""
    comment = threads.get(session, comment_id)
    thread = threads.lock(session, comment.thread_id)
    session.refresh(comment)
    return thread, comment


# ── votes ────────────────────────────────────────────────────────────────────────────────


def vote(
    session: Session,
    author: Author,
    comment_id: int,
    value: int | None,
    *,
    settings: Settings,
    now: datetime,
    toggle: bool = False,
) -> Ballot:
    """Say 1 or -1 of a comment, or 0 to take it back; the same again changes nothing.

    With *toggle* the same again takes it back: a form without JavaScript cannot know what was
    said before. Raises 403 for one's own comment and above the ceiling of one network.
    """
    thread, comment = _locked(session, comment_id)
    if comment.status is not Status.PUBLISHED:
        raise CommentsError("no_such_comment")
    if comment.author_id == author.id:
        raise CommentsError("own_comment")
    known = session.get(Vote, (comment.id, author.id))
    said = known.value if known else 0
    wanted = 0 if toggle and value == said else int(value or 0)
    if wanted != said:
        if known is None:
            _check_ceiling(session, author, comment, settings)
        _record(session, thread, comment, author, known, wanted, now)
        _count(session, thread, comment, said, wanted, now)
        signals.after_commit(session, "comment-voted", comment_id=comment.id, thread=thread.key)
    return Ballot(comment.up, comment.down, comment.score, wanted)


def _check_ceiling(session: Session, author: Author, comment: Comment, settings: Settings) -> None:
    """One household may vote; one person with a thousand private windows may not."""
    if not author.is_guest or author.address is None:
        return
    same_network = select(func.count()).where(
        Vote.comment_id == comment.id, Vote.address_hash == author.address
    )
    if session.execute(same_network).scalar_one() >= settings.guest_votes_per_address:
        raise CommentsError("vote_ceiling")


def _record(
    session: Session,
    thread: Thread,
    comment: Comment,
    author: Author,
    known: Vote | None,
    wanted: int,
    now: datetime,
) -> None:
    if known is None:
        address = author.address if author.is_guest else None
        session.add(
            Vote(
                comment_id=comment.id,
                voter_id=author.id,
                value=wanted,
                created_at=now,
                address_hash=address,
            )
        )
    elif wanted:
        known.value = wanted
    else:
        session.delete(known)


def _count(
    session: Session, thread: Thread, comment: Comment, said: int, wanted: int, now: datetime
) -> None:
    thread.revision += 1
    session.add(
        ScoreStep(
            thread_id=thread.id,
            revision=thread.revision,
            comment_id=comment.id,
            rank_before=comment.vote_rank,
            created_at=now,
        )
    )
    comment.up += (wanted > 0) - (said > 0)
    comment.down += (wanted < 0) - (said < 0)
    comment.score = comment.up - comment.down
    comment.vote_rank = -comment.score
    session.flush()
    upkeep.sweep_sometimes(session, now)


# ── reports ──────────────────────────────────────────────────────────────────────────────

REASONS = ("spam", "abuse", "off_topic", "other")


def report(
    session: Session, author: Author, comment_id: int, reason: str, note: str, *, now: datetime
) -> None:
    """Tell the moderators that something is wrong with a comment; once per reader."""
    thread, comment = _locked(session, comment_id)
    if comment.status is not Status.PUBLISHED:
        raise CommentsError("no_such_comment")
    fresh = insert_or_ignore(
        session,
        Report,
        comment_id=comment.id,
        reporter_id=author.id,
        reason=reason,
        note=note,
        created_at=now,
    )
    if fresh:
        signals.after_commit(session, "comment-reported", comment_id=comment.id, thread=thread.key)


def idempotency_hash(keys: Keys, caller: str, key: str) -> str:
    """The hash under which a caller's ``Idempotency-Key`` is kept."""
    return keys.digest("idempotency", f"{caller}\n{key}")

"""Who writes here: finding somebody, and what is known of them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from comments import identity, threads
from comments.keys import Keys
from comments.models import AuthorKind, Ban, Comment, Person, Status
from comments.moderation.bans import theirs
from comments.moderation.reach import Sites, in_reach, within
from comments.moderation.search import Query, is_author_id
from comments.moderation.search import find as find_comments

#: People in one answer.
MOST_PEOPLE = 50
#: Authors of a thread whose tags are computed to find one.
MOST_TAGS = 2_000
#: The latest comments of a network or an address, among which others are looked for.
MOST_BESIDE = 500
MOST_NAMES = 5
MOST_NETWORKS = 20

_TAG = re.compile(r"#?([0-9a-f]{6})")


class Match(NamedTuple):
    """Somebody who was found, as they wrote last."""

    author_id: str
    name: str
    kind: AuthorKind
    wrote_at: datetime


class Beside(NamedTuple):
    """Somebody else who wrote from the same network or under the same e-mail address."""

    author_id: str
    name: str
    comments: int
    same_network: bool
    same_email: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of an author. *networks* and *emails* are keyed hashes."""

    author_id: str
    kind: AuthorKind
    #: The latest first.
    names: Sequence[str]
    counts: Mapping[Status, int]
    since: datetime
    trusted_at: datetime | None
    verified_at: datetime | None
    networks: Sequence[str]
    emails: Sequence[str]
    #: Those in force first, then the latest; of the author, their networks and addresses.
    bans: Sequence[Ban]
    others: Sequence[Beside]


# ── finding ──────────────────────────────────────────────────────────────────────────────


def find(
    session: Session, keys: Keys, typed: str, *, thread: str = "", sites: Sites = None
) -> list[Match]:
    """Authors by name, by id, by the tag beside their name in a *thread*, or by what they share
    (``network:HASH``, ``email:HASH``); the one who wrote last first."""
    typed = typed.strip()
    if not typed:
        return []
    tag = _TAG.fullmatch(typed.lower())
    if tag and thread:
        return _by_tag(session, keys, tag[1], thread, sites)
    if is_author_id(typed):
        return _matches(_latest(session, theirs(typed), sites))
    found = find_comments(session, Query(author=typed), sites=sites, limit=MOST_BESIDE)
    return _matches(found.rows)


def _by_tag(session: Session, keys: Keys, tag: str, thread: str, sites: Sites) -> list[Match]:
    facts = threads.find(session, thread)
    if facts.id is None or not in_reach(sites, facts.site):
        return []
    authors = (
        select(Comment.author_id)
        .where(Comment.thread_id == facts.id, Comment.author_kind == AuthorKind.GUEST)
        .distinct()
        .limit(MOST_TAGS)
    )
    tagged = [id for id in session.scalars(authors) if identity.badge(keys, id, facts.id) == tag]
    return _matches(_latest(session, Comment.author_id.in_(tagged), sites))


def _latest(session: Session, which: Any, sites: Sites) -> Sequence[Comment]:
    query = select(Comment).where(which, within(sites, Comment.thread_id))
    return session.scalars(query.order_by(Comment.id.desc()).limit(MOST_BESIDE)).all()


def _matches(comments: Iterable[Any]) -> list[Match]:
    found: dict[str, Match] = {}
    for it in comments:
        match = Match(it.author_id, it.author_name, it.author_kind, it.created_at)
        found.setdefault(it.author_id, match)
    return list(found.values())[:MOST_PEOPLE]


def bans(
    session: Session,
    *,
    now: datetime,
    in_force: bool,
    before: int | None = None,
    limit: int = 50,
    sites: Sites = None,
    by: str = "",
) -> Sequence[Ban]:
    """Bans in force, or those that are over; the latest first, from below the id *before*.

    On *sites*: of who wrote there, and what *by* has banned.
    """
    query = select(Ban).where(Ban.in_force(now) if in_force else ~Ban.in_force(now))
    if sites is not None:
        query = query.where(or_(Ban.created_by == by, *_wrote_on(sites)))
    if before is not None:
        query = query.where(Ban.id < before)
    return session.scalars(query.order_by(Ban.id.desc()).limit(limit)).all()


def _wrote_on(sites: Sites) -> Iterator[ColumnElement[bool]]:
    """That whom a ban is about wrote on *sites*; each way by the index of its own column."""
    here = within(sites, Comment.thread_id)
    yield exists().where(Comment.author_id == Ban.target, here)
    for kind, column in (("email", Comment.email_hash), ("network", Comment.address_hash)):
        start = f"{kind}:"
        named = column == func.substr(Ban.target, len(start) + 1)
        yield and_(Ban.target.startswith(start), exists().where(named, here))


# ── what is known ────────────────────────────────────────────────────────────────────────


def profile(
    session: Session, author_id: str, *, now: datetime, sites: Sites = None
) -> Profile | None:
    """What is known of an author; ``None`` when they have written nothing within reach."""
    mine = (Comment.author_id == author_id, within(sites, Comment.thread_id))
    per_status = select(Comment.status, func.count(), func.min(Comment.created_at))
    counted = session.execute(per_status.where(*mine).group_by(Comment.status)).all()
    if not counted:
        return None
    person = session.get(Person, author_id)
    names = _shared(session, Comment.author_name, mine, MOST_NAMES)
    networks = _shared(session, Comment.address_hash, mine, MOST_NETWORKS)
    emails = _shared(session, Comment.email_hash, mine, MOST_NETWORKS)
    kind = select(Comment.author_kind).where(*mine).order_by(Comment.id.desc()).limit(1)
    return Profile(
        author_id=author_id,
        kind=session.scalars(kind).one(),
        names=[name for name in names if name],
        counts={status: count for status, count, _ in counted},
        since=min(first for _, _, first in counted),
        trusted_at=person.trusted_at if person else None,
        verified_at=person.verified_at if person else None,
        networks=networks,
        emails=emails,
        bans=_bans_of(session, author_id, networks, emails, now),
        others=_others(session, author_id, networks, emails, sites),
    )


def _shared(session: Session, column: Any, mine: tuple[Any, ...], most: int) -> list[str]:
    """The different values of a column in somebody's comments, the latest first."""
    query = select(column).where(*mine, column.is_not(None)).group_by(column)
    return list(session.scalars(query.order_by(func.max(Comment.id).desc()).limit(most)))


def _bans_of(
    session: Session, author_id: str, networks: list[str], emails: list[str], now: datetime
) -> list[Ban]:
    targets = [author_id, *(f"network:{it}" for it in networks), *(f"email:{it}" for it in emails)]
    found = session.scalars(select(Ban).where(Ban.target.in_(targets)).order_by(Ban.id.desc()))
    return sorted(found, key=lambda ban: not ban.is_in_force(now))


def _others(
    session: Session, author_id: str, networks: list[str], emails: list[str], sites: Sites
) -> list[Beside]:
    shared = or_(Comment.address_hash.in_(networks), Comment.email_hash.in_(emails))
    latest = _latest(session, shared & (Comment.author_id != author_id), sites)
    by_author: dict[str, list[Comment]] = {}
    for comment in latest:
        by_author.setdefault(comment.author_id, []).append(comment)
    return [
        Beside(
            other,
            wrote[0].author_name,
            len(wrote),
            same_network=any(it.address_hash in networks for it in wrote if it.address_hash),
            same_email=any(it.email_hash in emails for it in wrote if it.email_hash),
        )
        for other, wrote in list(by_author.items())[:MOST_PEOPLE]
    ]

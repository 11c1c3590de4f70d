"""What a moderator wants to know beside a comment: its author's history, what else came from the
same network, who reported it and why, what it said before, who has decided about it.

For a page of comments at once, in a number of queries that does not depend on how many they are.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from comments import text
from comments.models import AuthorKind, Comment, Decision, Edit, Report, Status
from comments.moderation.reach import Sites, within

#: Shown of each comment; the latest ones.
MOST_REPORTS = 10
MOST_EDITS = 5


@dataclass(frozen=True, slots=True)
class History:
    """What an author has written: comments by state, and since when."""

    counts: dict[Status, int]
    since: datetime

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Network:
    """Comments of the last 30 days from one network, and how many authors they name."""

    comments: int
    authors: int


@dataclass(frozen=True, slots=True)
class Dossier:
    """One comment (a row of ``queue.COLUMNS``) and what there is to know beside it."""

    comment: Row[Any]
    history: History | None
    network: Network | None
    reports: Sequence[Report]
    #: Earlier texts, the latest first.
    earlier: Sequence[Edit]
    decided_by: str | None
    #: Why the screens put it where it stands, if they did.
    screened: str | None = None
    #: Whether any reader has ever reported it.
    was_reported: bool = False

    @property
    def links(self) -> int:
        return text.count_links(self.comment.html)


def dossiers(session: Session, rows: Sequence[Row[Any]], sites: Sites) -> list[Dossier]:
    """The dossier of each of *rows*, in their order."""
    histories = _histories(session, {row.author_id for row in rows if _is_reader(row)}, sites)
    networks = _networks(session, {row.address_hash for row in rows if row.address_hash}, sites)
    reports = _grouped(_reports(session, [row.id for row in rows if row.open_reports]))
    edits = _grouped(_edits(session, [row.id for row in rows if row.version > 1]))
    deciders = _deciders(session, [row.id for row in rows])
    screened = _screened(session, [row.id for row in rows if row.id in deciders])
    reported = _reported(session, [row.id for row in rows if row.kept_at])
    return [
        Dossier(
            comment=row,
            history=histories.get(row.author_id),
            network=networks.get(row.address_hash or ""),
            reports=reports.get(row.id, ()),
            earlier=edits.get(row.id, ()),
            decided_by=deciders.get(row.id),
            screened=screened.get((row.id, row.status.value)),
            was_reported=row.id in reported,
        )
        for row in rows
    ]


def _is_reader(row: Row[Any]) -> bool:
    # Moderators have written more than is worth counting.
    return row.author_kind is not AuthorKind.MODERATOR


def _histories(session: Session, authors: Collection[str], sites: Sites) -> dict[str, History]:
    counted = (
        select(
            Comment.author_id,
            Comment.status,
            func.count(),
            func.min(Comment.created_at, type_=Comment.created_at.type),
        )
        .where(Comment.author_id.in_(authors), within(sites, Comment.thread_id))
        .group_by(Comment.author_id, Comment.status)
    )
    found: dict[str, History] = {}
    for author, status, number, since in session.execute(counted):
        known = found.setdefault(author, History({}, since))
        counts = known.counts | {status: number}
        found[author] = History(counts, min(since, known.since))
    return found


def _networks(session: Session, hashes: Collection[str], sites: Sites) -> dict[str, Network]:
    counted = (
        select(Comment.address_hash, func.count(), func.count(Comment.author_id.distinct()))
        .where(Comment.address_hash.in_(hashes), within(sites, Comment.thread_id))
        .group_by(Comment.address_hash)
    )
    found = session.execute(counted)
    return {hash: Network(comments, authors) for hash, comments, authors in found if hash}


def _reports(session: Session, ids: Sequence[int]) -> Sequence[Report]:
    """Those that nobody has settled, the latest of each comment."""
    latest = func.row_number().over(partition_by=Report.comment_id, order_by=Report.id.desc())
    open_ones = (
        select(Report.id, latest.label("place"))
        .where(Report.comment_id.in_(ids), Report.settled_at.is_(None))
        .subquery()
    )
    shown = select(open_ones.c.id).where(open_ones.c.place <= MOST_REPORTS)
    return session.scalars(select(Report).where(Report.id.in_(shown)).order_by(Report.id)).all()


def _edits(session: Session, ids: Sequence[int]) -> Sequence[Edit]:
    latest = func.row_number().over(partition_by=Edit.comment_id, order_by=Edit.version.desc())
    ranked = (
        select(Edit.comment_id, Edit.version, latest.label("place"))
        .where(Edit.comment_id.in_(ids))
        .subquery()
    )
    shown = select(Edit).join(
        ranked,
        (ranked.c.comment_id == Edit.comment_id)
        & (ranked.c.version == Edit.version)
        & (ranked.c.place <= MOST_EDITS),
    )
    return session.scalars(shown.order_by(Edit.version.desc())).all()


def _deciders(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """The person behind the last decision about each comment; nobody where it was a screen."""
    last = (
        select(func.max(Decision.id))
        .where(Decision.comment_id.in_(ids), Decision.action == "status")
        .group_by(Decision.comment_id)
    )
    found = session.execute(
        select(Decision.comment_id, Decision.actor_name).where(Decision.id.in_(last))
    )
    return {id: name for id, name in found if id is not None and name}


def _screened(session: Session, ids: Sequence[int]) -> dict[tuple[int, str], str]:
    """What the screens said last of each comment, by the comment and where they put it."""
    if not ids:
        return {}
    last = (
        select(func.max(Decision.id))
        .where(
            Decision.comment_id.in_(ids), Decision.action == "status", Decision.actor == "screen"
        )
        .group_by(Decision.comment_id)
    )
    said = select(Decision.comment_id, Decision.after, Decision.reason)
    found = session.execute(said.where(Decision.id.in_(last)))
    return {(id, after): reason for id, after, reason in found if id and after and reason}


def _reported(session: Session, ids: Sequence[int]) -> set[int]:
    some = select(Report.comment_id).where(Report.comment_id.in_(ids)).distinct()
    return set(session.scalars(some)) if ids else set()


def _grouped(found: Iterable[Any]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = {}
    for each in found:
        groups.setdefault(each.comment_id, []).append(each)
    return groups

"""What a visitor does: post, edit, delete, vote, report.

Use-cases are plain functions: session, author, settings and clock come in, rows go out. They
flush and never commit; the edge commits once. All of them take the thread's lock before they
read what they rely on, so they are right under any number of writers.
"""

from comments.posting.changing import delete, edit
from comments.posting.names import check_name, is_taken, reserve_name
from comments.posting.reporting import REASONS, report
from comments.posting.voting import Ballot, vote, withdraw_vote, withdraw_votes
from comments.posting.writing import (
    Posted,
    idempotency_hash,
    is_repeated,
    post,
    rendered,
)

__all__ = [
    "REASONS",
    "Ballot",
    "Posted",
    "check_name",
    "delete",
    "edit",
    "idempotency_hash",
    "is_repeated",
    "is_taken",
    "post",
    "rendered",
    "report",
    "reserve_name",
    "vote",
    "withdraw_vote",
    "withdraw_votes",
]

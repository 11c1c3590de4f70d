"""The tables.

They stand on our own ``DeclarativeBase`` (prefix ``comments_``), so that they live in a host's
database without touching its metadata. An author is a text such as ``host:42`` or
``guest:9f…`` with a snapshot of the name; there is no foreign key to anybody's users.
"""

from comments.models.accounts import Account, Appointment, Login, MailedLink, SignIn
from comments.models.columns import (
    AUTHOR_LENGTH,
    EMAIL_LENGTH,
    KEY_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    TABLE_PREFIX,
    URL_LENGTH,
    AuthorKind,
    Base,
    Pace,
    Role,
    Scope,
    Status,
    folded_name,
    metadata,
    table_of,
)
from comments.models.discussion import Comment, Edit, ScoreStep, Thread, Vote
from comments.models.peace import (
    Ban,
    Decision,
    LearnedFeature,
    ListedWord,
    Person,
    Report,
    ReservedName,
)
from comments.models.returning import Mention, Notice, Subscriber, Subscription
from comments.models.traffic import Letter, Spent, Submission

__all__ = [
    "AUTHOR_LENGTH",
    "EMAIL_LENGTH",
    "KEY_LENGTH",
    "NAME_LENGTH",
    "REASON_LENGTH",
    "TABLE_PREFIX",
    "URL_LENGTH",
    "Account",
    "Appointment",
    "AuthorKind",
    "Ban",
    "Base",
    "Comment",
    "Decision",
    "Edit",
    "LearnedFeature",
    "Letter",
    "ListedWord",
    "Login",
    "MailedLink",
    "Mention",
    "Notice",
    "Pace",
    "Person",
    "Report",
    "ReservedName",
    "Role",
    "Scope",
    "ScoreStep",
    "SignIn",
    "Spent",
    "Status",
    "Submission",
    "Subscriber",
    "Subscription",
    "Thread",
    "Vote",
    "folded_name",
    "metadata",
    "table_of",
]

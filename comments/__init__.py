"""Threaded comments for Flask apps, and a comment service for every other site.

from comments import Comments, Identity

comments = Comments(app, db=db)
"""

from comments.errors import CommentsError, ConfigError
from comments.extension import Comments
from comments.identity import Identity
from comments.models import Status
from comments.screening import Submitted, Verdict
from comments.signals import (
    comment_edited,
    comment_posted,
    comment_reported,
    comment_voted,
    status_changed,
)
from comments.version import __version__

__all__ = [
    "Comments",
    "CommentsError",
    "ConfigError",
    "Identity",
    "Status",
    "Submitted",
    "Verdict",
    "__version__",
    "comment_edited",
    "comment_posted",
    "comment_reported",
    "comment_voted",
    "status_changed",
]

"""Threaded comments for Flask apps, and a comment service for every other site.

from comments import Comments, Identity

comments = Comments(app, db=db)
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("Flask-Comments")
except PackageNotFoundError:
    # A checkout that was not installed.
    __version__ = "0.0.0"

from comments.errors import CommentsError, ConfigError
from comments.extension import Comments
from comments.identity import Identity
from comments.models import Status
from comments.signals import (
    comment_edited,
    comment_posted,
    comment_reported,
    comment_voted,
    status_changed,
)

__all__ = [
    "Comments",
    "CommentsError",
    "ConfigError",
    "Identity",
    "Status",
    "comment_edited",
    "comment_posted",
    "comment_reported",
    "comment_voted",
    "status_changed",
]

"""Mail: written into the outbox in the transaction that calls for it, sent after its commit.

So none is lost when the mail server is away, and none is sent for what was rolled back. Of several
workers one claims each letter.
"""

from comments.notify import links
from comments.notify.outbox import clean_header, compose, deliver, write
from comments.notify.postman import Postman
from comments.notify.smtp import NotSent, Server

__all__ = [
    "NotSent",
    "Postman",
    "Server",
    "clean_header",
    "compose",
    "deliver",
    "links",
    "write",
]

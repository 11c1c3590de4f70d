"""Who is told of what is new, and mail: written in the transaction that calls for it, sent after.

So none is lost when the mail server is away, and none is sent for what was rolled back. Of several
workers one claims each letter, and each is sent at most once.
"""

from comments.notify import links
from comments.notify.delivery import Transport, deliver
from comments.notify.digests import count_stranded, draw, gather
from comments.notify.mail import Mail, clean_header, compose
from comments.notify.notices import announce, silence
from comments.notify.outbox import (
    State,
    can_send_again,
    forget,
    send_again,
    state,
    write,
    write_test,
)
from comments.notify.postman import STRANDED, Postman
from comments.notify.smtp import NotSent, Server

__all__ = [
    "STRANDED",
    "Mail",
    "NotSent",
    "Postman",
    "Server",
    "State",
    "Transport",
    "announce",
    "can_send_again",
    "clean_header",
    "compose",
    "count_stranded",
    "deliver",
    "draw",
    "forget",
    "gather",
    "links",
    "send_again",
    "silence",
    "state",
    "write",
    "write_test",
]

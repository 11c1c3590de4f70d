"""Who is told of what is new, and mail: written in the transaction that calls for it, sent after.

So none is lost when the mail server is away, and none is sent for what was rolled back. Of several
workers one claims each letter, and each is sent at most once.
"""

from comments.notify import links, messages, webhooks
from comments.notify.courier import Courier, Tell, deliver_webhooks
from comments.notify.delivery import Transport, deliver
from comments.notify.digests import NOTICES, Digest, count_stranded, draw, gather
from comments.notify.mail import Mail, clean_header, compose, list_headers
from comments.notify.notices import IS_FOLLOWED, announce, silence
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
from comments.notify.rounds import Rounds
from comments.notify.smtp import NotSent, Server
from comments.notify.wording import begun, drawn

__all__ = [
    "IS_FOLLOWED",
    "NOTICES",
    "STRANDED",
    "Courier",
    "Digest",
    "Mail",
    "NotSent",
    "Postman",
    "Rounds",
    "Server",
    "State",
    "Tell",
    "Transport",
    "announce",
    "begun",
    "can_send_again",
    "clean_header",
    "compose",
    "count_stranded",
    "deliver",
    "deliver_webhooks",
    "draw",
    "drawn",
    "forget",
    "gather",
    "links",
    "list_headers",
    "messages",
    "send_again",
    "silence",
    "state",
    "webhooks",
    "write",
    "write_test",
]

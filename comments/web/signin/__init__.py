"""Signing in at the service itself: server-rendered pages that work without JavaScript.

Every way ends in :func:`hand_over`.
"""

from comments.web.signin import account, elsewhere, mailed, mailed_data, queue_mail, ways
from comments.web.signin.handover import hand_over
from comments.web.signin.scene import signin

__all__ = [
    "account",
    "elsewhere",
    "hand_over",
    "mailed",
    "mailed_data",
    "queue_mail",
    "signin",
    "ways",
]

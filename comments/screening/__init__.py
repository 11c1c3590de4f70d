"""What happens to a comment before anyone sees it: an ordered list of screens.

Each screen is a small function that says nothing or gives a :class:`Verdict` with a reason a
person understands; the first verdict that says where the comment goes counts. It goes through
``moderation.set_status``. The list itself stands in ``order``.
"""

from comments.screening.hosts import add, ask_hosts
from comments.screening.order import PASSED, SCREENS, explain, screen
from comments.screening.reasons import read as read_reason
from comments.screening.reasons import reported
from comments.screening.telling import told_to_author
from comments.screening.verdicts import Arrival, Screen, Submitted, Verdict

__all__ = [
    "PASSED",
    "SCREENS",
    "Arrival",
    "Screen",
    "Submitted",
    "Verdict",
    "add",
    "ask_hosts",
    "explain",
    "read_reason",
    "reported",
    "screen",
    "told_to_author",
]

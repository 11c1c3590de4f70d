"""Keys that change hands: the rules that keep a page of before from being shown afterwards.

A page that is kept, here or at a reader's, stands under an address with a key in it and is true
for one revision. When a key begins to lead to another thread, the two meet in one number, which
must be higher than all that either has had; and a row is never thrown away, as its key would
begin again at 0.
"""

import secrets

from sqlalchemy.orm import Session

from comments.models import Thread


def next_revision(*threads: Thread) -> int:
    return max(thread.revision for thread in threads) + 1


def trade_keys(session: Session, thread: Thread, old: Thread) -> None:
    """Give *thread* the key of *old*, an old key of its own, and the other way round."""
    wanted, had = old.key, thread.key
    old.key = secrets.token_hex(16)  # no two rows may have one key, not even for a moment
    session.flush()
    thread.key = wanted
    session.flush()
    old.key = had
    old.revision = thread.revision = next_revision(old, thread)
    session.flush()

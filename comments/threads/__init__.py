"""A page's thread: finding and locking it, and reading its tree.

Every read is a number of queries that does not depend on the size of the thread: one for the
thread, one for the siblings, one for each level below. The lists come through indexes by
keyset, so the thousandth page costs what the first one costs.
"""

from comments.threads.emptying import empty
from comments.threads.latest import (
    latest_below,
    latest_everywhere,
    latest_in,
    threads_of,
    times_of,
)
from comments.threads.levels import next_replies
from comments.threads.lists import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Listing,
    branch,
    branch_after,
    open_way_to,
    page,
    replies,
)
from comments.threads.news import MOST_LATEST, MOST_NEWS, News, changed_at, news
from comments.threads.passages import (
    MOST_LAST,
    MOST_PASSAGES,
    Passage,
    has_inline,
    on_passage,
    passages,
)
from comments.threads.places import (
    MAX_COUNTS,
    MAX_NEW,
    Held,
    ThreadFacts,
    by_id,
    check_key,
    closes_at,
    counts,
    find,
    hold_of_comment,
    is_closed,
    leads_to,
    lock,
    lock_many,
    lock_or_create,
    new_since,
)
from comments.threads.rows import (
    SHOWN,
    ancestors,
    get,
    own,
    placed,
    published,
    read_id,
    rows,
    visible,
)
from comments.threads.written import Written, forget_written, written, wrote

__all__ = [
    "DEFAULT_LIMIT",
    "MAX_COUNTS",
    "MAX_LIMIT",
    "MAX_NEW",
    "MOST_LAST",
    "MOST_LATEST",
    "MOST_NEWS",
    "MOST_PASSAGES",
    "SHOWN",
    "Held",
    "Listing",
    "News",
    "Passage",
    "ThreadFacts",
    "Written",
    "ancestors",
    "branch",
    "branch_after",
    "by_id",
    "changed_at",
    "check_key",
    "closes_at",
    "counts",
    "empty",
    "find",
    "forget_written",
    "get",
    "has_inline",
    "hold_of_comment",
    "is_closed",
    "latest_below",
    "latest_everywhere",
    "latest_in",
    "leads_to",
    "lock",
    "lock_many",
    "lock_or_create",
    "new_since",
    "news",
    "next_replies",
    "on_passage",
    "open_way_to",
    "own",
    "page",
    "passages",
    "placed",
    "published",
    "read_id",
    "replies",
    "rows",
    "threads_of",
    "times_of",
    "visible",
    "written",
    "wrote",
]

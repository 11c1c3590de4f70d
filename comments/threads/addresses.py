"""Where a thread and its comments are read: links in answers, feeds and mails."""

from urllib.parse import quote


def with_comment(address: str, comment_id: int) -> str:
    """*address* of an article or thread, opened at a comment (works without JavaScript)."""
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}comment={comment_id}#comment-{comment_id}"


def thread_page(base: str, key: str) -> str:
    """Our own page of a thread, for threads that have no article's address."""
    return f"{base}/thread?key={quote(key, safe='')}"

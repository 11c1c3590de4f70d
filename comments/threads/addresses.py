"""Where a thread and its comments are read: links in answers, feeds and mails."""

from urllib.parse import quote

from comments.anchors import Anchor

#: Of a longer passage, and of one that goes over a line's end, an address tells the first and the
#: last words.
_WHOLE_PASSAGE = 120
_WORDS_OF_AN_END = 4


def with_comment(address: str, comment_id: int) -> str:
    """*address* of an article or thread, opened at a comment (works without JavaScript)."""
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}comment={comment_id}#comment-{comment_id}"


def thread_page(base: str, key: str) -> str:
    """Our own page of a thread, for threads that have no article's address."""
    return f"{base}/thread?key={quote(key, safe='')}"


def at_passage(address: str | None, anchor: Anchor) -> str | None:
    """*address* of an article, opened at a passage by the browser itself (a text fragment)."""
    if not address:
        return None
    words = anchor.exact.split()
    ends = [words]
    if len(anchor.exact) > _WHOLE_PASSAGE or "\n" in anchor.exact:
        ends = [words[:_WORDS_OF_AN_END], words[-_WORDS_OF_AN_END:]]
    # A dash and a comma have a meaning of their own there.
    told = ",".join(quote(" ".join(end), safe="").replace("-", "%2D") for end in ends)
    return f"{address}#:~:text={told}"

"""The addresses below the blueprint's prefix, in one table.

A page of a hundred comments holds a thousand links; formatting them from this table costs a
microsecond each, where Flask's ``url_for`` would cost more than drawing the page. A test walks
the table and the app's ``url_map`` and finds them equal.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from comments.anchors import Anchor

PATHS: dict[str, str] = {
    "thread": "/thread",
    "fragment_thread": "/fragment/thread",
    "fragment_replies": "/fragment/replies",
    "fragment_comment": "/fragment/comment",
    "fragment_passage": "/fragment/passage",
    "mine": "/mine",
    "own_data": "/mine/data",
    "erase": "/mine/erase",
    "post": "/post",
    "preview": "/preview",
    "vote": "/comment/{comment_id}/vote",
    "edit": "/comment/{comment_id}/edit",
    "delete": "/comment/{comment_id}/delete",
    "report": "/comment/{comment_id}/report",
    "sign_in": "/sign-in",
    "sign_in_password": "/sign-in/password",
    "sign_in_continue": "/sign-in/continue",
    "sign_in_with": "/sign-in/with/{slug}",
    "sign_in_from": "/sign-in/from/{slug}",
    "sign_in_link": "/sign-in/link",
    "new_password": "/sign-in/new-password",
    "sign_out": "/sign-out",
    "account": "/account",
    "account_name": "/account/name",
    "account_password": "/account/password",
    "account_end": "/account/end",
    "verify": "/verify",
    "data_by_mail": "/mine/by-mail",
    "data_link": "/mine/by-mail/link",
    "embed": "/embed.js",
    "asset": "/static/{name}",
    "base": "",
    "api_base": "/api/v1",
}


class Urls:
    """Builds addresses under *base*: a path, or the public address when that is known."""

    __slots__ = ("base",)

    def __init__(self, base: str) -> None:
        self.base = base

    def __call__(self, endpoint: str, **args: Any) -> str:
        path = PATHS[endpoint]
        if "{" in path:
            path = path.format(**args)
            args.pop("comment_id", None)
            args.pop("name", None)
            args.pop("slug", None)
        query = "&".join(
            [
                f"{key}={_quoted(str(value))}"
                for key, value in args.items()
                if value not in (None, "")
            ]
        )
        return f"{self.base}{path}?{query}" if query else f"{self.base}{path}"


@lru_cache(maxsize=1024)
def _quoted(value: str) -> str:
    # The links of a page repeat the thread's key, the sort and each comment's id.
    return quote_plus(value)


def with_comment(address: str, comment_id: int) -> str:
    """*address* of an article or thread, opened at a comment (works without JavaScript)."""
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}comment={comment_id}#comment-{comment_id}"


#: Of a longer passage, and of one that goes over a line's end, an address tells the first and the
#: last words.
_WHOLE_PASSAGE = 120
_WORDS_OF_AN_END = 4


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


def thread_page(base: str, key: str) -> str:
    """Our own page of a thread, for threads that have no article's address."""
    return f"{base}/thread?key={quote(key, safe='')}"

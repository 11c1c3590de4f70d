"""The addresses below the blueprint's prefix, in one table.

A page of a hundred comments holds a thousand links; formatting them from this table costs a
microsecond each, where Flask's ``url_for`` would cost more than drawing the page. A test walks
the table and the app's ``url_map`` and finds them equal.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

PATHS: dict[str, str] = {
    "thread": "/thread",
    "fragment_thread": "/fragment/thread",
    "fragment_replies": "/fragment/replies",
    "fragment_comment": "/fragment/comment",
    "fragment_passage": "/fragment/passage",
    "fragment_news": "/fragment/news",
    "feed": "/feed.atom",
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
    "account_queue_mail": "/account/queue-mail",
    "queue_mail": "/queue-mail",
    "verify": "/verify",
    "data_by_mail": "/mine/by-mail",
    "data_link": "/mine/by-mail/link",
    "fragment_subscribe": "/fragment/subscribe",
    "fragment_pieces": "/fragment/pieces",
    "subscribe": "/subscribe",
    "subscriptions": "/subscriptions",
    "subscriptions_confirm": "/subscriptions/confirm",
    "unsubscribe": "/unsubscribe",
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

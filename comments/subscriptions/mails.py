"""The two mails of subscribing: the question whether the address is theirs, and the way to all of
their subscriptions.

Of a stranger's text nothing stands in them but the title of a page, and that only when no mail
program can take it for a link: nobody has us mail their words around.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from sqlalchemy.orm import Session

from comments import i18n, notify
from comments.errors import Message, say
from comments.keys import Keys
from comments.models import Scope, Subscriber, Subscription, Thread
from comments.subscriptions import links
from comments.threads import ThreadFacts
from comments.threads.addresses import thread_page, with_comment

#: What the letters are called in the outbox.
CONFIRM = "confirm"

# An address, or a number that telephones offer to dial.
_LIKE_A_LINK = re.compile(r"://|www|@|\w\.[^\W\d_]{2}|\d(?:\W{0,3}\d){6}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """Where the links in a mail lead, and what its reader reads the site in."""

    #: Our public address, without a slash at its end.
    base_url: str
    language: str
    #: The language of pages whose address names none.
    usual_language: str = "en"
    #: ``COMMENTS_URL`` is set, so that nobody has to remember the address.
    is_configured: bool = False

    @property
    def kept_base(self) -> str:
        return "" if self.is_configured else self.base_url

    @property
    def spoken(self) -> str | None:
        return self.language if self.language != self.usual_language else None

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


ABOUT: dict[Scope, Message] = {
    Scope.ALL: say("new comments on a page at %(host)s"),
    Scope.REPLIES: say("new replies to their comments on a page at %(host)s"),
    Scope.COMMENT: say("new replies to one comment on a page at %(host)s"),
}
_SUBJECT = say("Shall we mail you new comments?")
_TEXT = say(
    "Somebody, most likely you, wants to get by mail to this address: %(about)s.\n\n%(page)s\n\n"
    "If it was you, open this link within 3 days and press the button there:\n\n%(link)s\n\n"
    "If it was not you, you need not do anything: nothing will be mailed.\n"
)
_WAY_SUBJECT = say("Your subscriptions")
_WAY_TEXT = say(
    "Somebody, most likely you, wants to change which comments at %(host)s are mailed to this "
    "address.\n\nBehind this link you see all of it, and end what you like:\n\n%(link)s\n\n"
    "If it was not you, you need not do anything.\n"
)


def ask_to_confirm(
    session: Session,
    subscriber: Subscriber,
    asked_for: Subscription,
    thread: ThreadFacts,
    *,
    keys: Keys,
    mailing: Mailing,
    now: datetime,
) -> None:
    """Put into the outbox the question whether *subscriber* wants what was asked for."""
    token = links.confirm_token(keys, asked_for.id, now)
    text = Message(
        _TEXT.text,
        {
            "about": Message(ABOUT[asked_for.scope].text, {"host": mailing.host}),
            "page": page(thread, mailing.base_url, asked_for.comment_id),
            "link": links.confirm_link(mailing.base_url, token, mailing.spoken),
        },
    )
    _write(session, subscriber, _SUBJECT, text, mailing, now)


def show_the_way(
    session: Session, subscriber: Subscriber, *, keys: Keys, mailing: Mailing, now: datetime
) -> None:
    """Put into the outbox the link to everything that *subscriber* has asked for."""
    token = links.manage_token(keys, subscriber.id)
    link = notify.links.subscriptions(mailing.base_url, token, mailing.spoken)
    text = Message(_WAY_TEXT.text, {"host": mailing.host, "link": link})
    _write(session, subscriber, _WAY_SUBJECT, text, mailing, now)


def _write(
    session: Session,
    subscriber: Subscriber,
    subject: Message,
    text: Message,
    mailing: Mailing,
    now: datetime,
) -> None:
    notify.write(
        session,
        "",
        i18n.told(subject, mailing.language),
        i18n.told(text, mailing.language),
        now,
        purpose=CONFIRM,
        subscriber_id=subscriber.id,
    )


# ── which page ───────────────────────────────────────────────────────────────────────────


def page(thread: Thread | ThreadFacts, base_url: str, comment_id: int = 0) -> str:
    """A page in the words of a mail: its title where it is harmless, and its address."""
    # A path where the host's name was not known for sure.
    address = urljoin(base_url, thread.url) if thread.url else thread_page(base_url, thread.key)
    if comment_id:
        address = with_comment(address, comment_id)
    title = thread.title or ""
    return address if not title or _LIKE_A_LINK.search(title) else f"{title}\n{address}"

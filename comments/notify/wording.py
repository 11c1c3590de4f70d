"""The words of a mail about new comments, as plain text and as HTML, in its reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from sqlalchemy import Row

from comments import i18n, text
from comments.config import Settings
from comments.errors import Message, say, say_n
from comments.keys import Keys
from comments.models import Comment, Letter, Scope, Subscriber, Thread
from comments.notify import links
from comments.notify.links import Holder
from comments.notify.mail import Mail, clean_header, list_headers, message_id
from comments.threads.addresses import thread_page, with_comment

#: Characters of a comment in a mail about several, and of one that is answered.
MOST_OF_MANY, MOST_OF_ONE, MOST_QUOTED = 1_000, 10_000, 200
#: Mails above that a mail program is told of, besides the thread itself.
MOST_REFERENCES = 10

TITLE_LENGTH = 120

_REASONS: dict[str, Message] = {
    Scope.ALL: say("You get this because you asked to be told of everything in this discussion."),
    Scope.REPLIES: say("You get this because you asked to be told of replies to your comments."),
    Scope.COMMENT: say("You get this because you asked to be told of replies to a comment."),
    "mention": say("You get this because somebody mentioned you in a discussion you take part in."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One new comment, as the templates show it."""

    name: str
    text: str
    #: Sanitised when it was stored; ``None`` where it is too long and only begun.
    html: Markup | None
    url: str
    reply_url: str
    to_name: str = ""
    to_text: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The new comments of one discussion."""

    title: str
    url: str
    comments: Sequence[Told]


def worded(
    subscriber: Subscriber,
    letter: Letter,
    found: Sequence[Row[Any]],
    answered: Mapping[int, Comment],
    *,
    settings: Settings,
    keys: Keys,
) -> Mail:
    """The mail of *letter* about *found*: rows of a comment, its thread, why it is told of, and
    how many there are in all. *answered* are those that they reply to."""
    base = settings.url or subscriber.base_url
    language = i18n.language_or(subscriber.language, settings.language)
    spoken = language if language != settings.language else None
    most = MOST_OF_ONE if len(found) == 1 else MOST_OF_MANY
    groups = [
        _group(thread, [row.Comment for row in rows], answered, base, spoken, most)
        for thread, rows in groupby(found, key=lambda row: row.Thread)
    ]
    only = found[0].Thread if len(groups) == 1 else None
    whose = links.seal(keys, Holder(subscriber.id, only.id if only else 0))
    stop = links.unsubscribe(base, whose, spoken)
    context = {
        "groups": groups,
        "total": found[0].all_told,
        "more": found[0].all_told - len(found),
        "reason": i18n.told(_REASONS[found[0].why], language),
        "unsubscribe_url": stop,
        "manage_url": links.subscriptions(base, links.seal(keys, Holder(subscriber.id)), spoken),
        "lang": language,
        "dir": i18n.direction(language),
    }
    numbers = Numbers(keys, subscriber.id)
    return Mail(
        recipient=subscriber.email,
        subject=_subject(groups, found[0].all_told, base, language),
        text=drawn("new_comments.txt", language, context),
        html=drawn("new_comments.html", language, context),
        written_at=letter.created_at,
        number=numbers.of_letter(letter, found),
        headers=_headers(numbers, found, only, base, stop, settings),
    )


# ── what they show ───────────────────────────────────────────────────────────────────────


def _group(
    thread: Thread,
    comments: Sequence[Comment],
    answered: Mapping[int, Comment],
    base: str,
    language: str | None,
    most: int,
) -> Group:
    own_page = links.spoken(thread_page(base, thread.key), language)
    # A plugin that knows its own name from nobody but its callers keeps the path alone.
    url = urljoin(base, thread.url) if thread.url else own_page
    title = clean_header(thread.title or "", TITLE_LENGTH)
    return Group(
        title=title,
        url=url,
        comments=[_told(comment, answered, url, own_page, most) for comment in comments],
    )


def _told(
    comment: Comment, answered: Mapping[int, Comment], url: str, own_page: str, most: int
) -> Told:
    parent = answered.get(comment.parent_id or 0)
    # The form below a comment, where it is there without a script.
    form = f"{own_page}&comment={comment.id}&reply={comment.id}#reply-{comment.id}"
    html = text.address_mentions(comment.html, partial(with_comment, url))
    return Told(
        name=clean_header(comment.author_name),
        text=begun(comment.body, most),
        html=Markup(html) if len(comment.body) <= most else None,  # noqa: S704
        url=with_comment(url, comment.id),
        reply_url=form,
        to_name=clean_header(parent.author_name) if parent else "",
        to_text=begun(" ".join(parent.body.split()), MOST_QUOTED) if parent else "",
    )


def begun(body: str, most: int) -> str:
    """A text as it was typed, no more than its first *most* characters."""
    shown = text.showable(body)
    return shown if len(shown) <= most else f"{shown[:most].rstrip()} …"


def _subject(groups: Sequence[Group], total: int, base: str, language: str) -> str:
    """The same for every mail about one discussion, by which mail programs put them together."""
    if len(groups) == 1:
        about = groups[0].title or _host(groups[0].url)
        return i18n.told(say("New comments: %(title)s", title=about), language)
    told = say_n(
        "%(n)s new comment at %(host)s", "%(n)s new comments at %(host)s", n=total, host=_host(base)
    )
    return i18n.told(told, language)


def _host(url: str) -> str:
    return urlsplit(url).netloc


# ── what mail programs read ──────────────────────────────────────────────────────────────


class Numbers(NamedTuple):
    """Ids of mails to one subscriber, made of what they are about: a reply's leads to its parent's
    without anything being kept. Keyed, so that they tell nothing."""

    keys: Keys
    subscriber_id: int

    def __call__(self, kind: str, id: int) -> str:
        return self.keys.digest("message", f"{self.subscriber_id} {kind} {id}")[:32]

    def of_letter(self, letter: Letter, found: Sequence[Row[Any]]) -> str:
        if len(found) == 1:
            return self("comment", found[0].Comment.id)
        return self("letter", letter.id)


def _headers(
    numbers: Numbers,
    found: Sequence[Row[Any]],
    thread: Thread | None,
    base: str,
    stop: str,
    settings: Settings,
) -> dict[str, str]:
    which = f"discussion-{thread.id}." if thread else ""
    headers = list_headers(f"{which}comments", base, stop)
    if thread is not None:
        above = found[0].Comment.ancestor_ids[-MOST_REFERENCES:] if len(found) == 1 else []
        ids = [numbers("thread", thread.id), *(numbers("comment", id) for id in above)]
        references = [message_id(id, settings) for id in ids]
        headers |= {"References": " ".join(references), "In-Reply-To": references[-1]}
    return headers


# ── drawing ──────────────────────────────────────────────────────────────────────────────


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("comments"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["indented"] = _indented
    return templates


def drawn(template: str, language: str, context: Mapping[str, Any]) -> str:
    """``templates/comments/mail/`` + *template*, in *language*."""
    chosen = _templates().get_template(f"comments/mail/{template}")
    return chosen.render(**i18n.for_templates(language), **context)


def _indented(told: str, by: str) -> str:
    """Every line of a stranger's text behind a mark: none looks like a line of ours."""
    return "\n".join(f"{by}{line}".rstrip() for line in told.splitlines())

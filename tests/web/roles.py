"""Everybody who can come to the door, in one scene: a discussion of the blog and who was there.

Each role is a browser with what it holds: nothing, a guest's token, a sign-in of ours, or a token
of another site. What a call needs of the scene it names in braces (``{own}``, ``{batch}``); what
was used up is made anew for the next.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import jwt
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from comments import accounts, identity, moderation
from comments.identity import Author
from comments.models import AuthorKind, Comment, ListedWord, Role, Status
from comments.web.guards import SESSION_COOKIE
from comments.web.state import State, now
from tests import factories as make
from tests.web import cast
from tests.web.cast import BLOG, HERE, STORY

SHOP = "https://shop.example"
SECRET = "secret-of-the-shop-long-enough-to-be-one"
SETTINGS = {
    "COMMENTS_ORIGINS": f"{BLOG},{SHOP}",
    "COMMENTS_SSO_SECRETS": f"{SHOP}={SECRET}",
    "COMMENTS_RATE_LIMITS": "off",
}

_NAME = re.compile(r"\{(\w+)\}")

#: In the order of the table's columns.
ROLES = (
    "nobody", "stranger", "author", "late", "banned", "shadow", "member", "writer", "jwt",
    "other", "site", "all", "owner",
)  # fmt: skip
#: Who has written a comment of their own in the discussion.
AUTHORS = ("author", "late", "banned", "shadow", "writer")
GUESTS = ("stranger", "author", "late", "banned", "shadow")
#: Appointments: the site, empty for all, and the role.
APPOINTED = {
    "other": (SHOP, Role.MODERATOR),
    "site": (BLOG, Role.MODERATOR),
    "all": ("", Role.MODERATOR),
    "owner": ("", Role.OWNER),
}
#: What only moderators of the blog read, and its author.
HIDDEN = {
    "pending": "hush, this waits",
    "rejected": "hush, this was thrown out",
    "shadowed": "hush, nobody hears this",
}
READS_HIDDEN = ("site", "all", "owner")


@dataclass
class Caller:
    """One browser: what it sends along, and who it writes as."""

    headers: dict[str, str]
    cookie: str | None = None
    author: Author | None = None
    token: str | None = None


@dataclass
class Scene:
    app: Flask
    roles: dict[str, Caller] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    #: What a call was given and has not used up.
    unused: dict[tuple[str, str], Any] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        with self.app.app_context():
            self._fill()

    @property
    def state(self) -> State:
        return cast.state_of(self.app)

    @property
    def session(self) -> Session:
        return self.state.session()

    # ── who is there ─────────────────────────────────────────────────────────────────────

    def _fill(self) -> None:
        for name in ROLES:
            self.roles[name] = self.comes(name)
        for name in HIDDEN:
            by = self.guest()[0] if name != "shadowed" else self.author("shadow")
            self.ids[name] = self.writes(by, HIDDEN[name], thread=STORY).id
        self.decide(self.ids["pending"], Status.PENDING)
        self.decide(self.ids["rejected"], Status.REJECTED)
        self.session.commit()

    def author(self, role: str) -> Author:
        found = self.roles[role].author
        assert found is not None
        return found

    def comes(self, name: str) -> Caller:
        """A browser in the role *name* that nobody has seen before, with what it wrote."""
        role = self._browser(name)
        if name in AUTHORS:
            assert role.author is not None
            if name == "shadow":
                self.ban(role.author.id, shadow=True)
            at = now() - timedelta(hours=1 if name == "late" else 0)
            said = self.writes(role.author, f"Of {name}.", thread=STORY, now=at)
            self.ids[name] = said.id
            if name == "banned":
                self.ban(role.author.id)
        self.session.commit()
        return role

    def _browser(self, name: str) -> Caller:
        if name == "nobody":
            return Caller({"Origin": HERE})
        if name in GUESTS:
            author, token = self.guest()
            return Caller({"Origin": HERE} | _bearer(token), author=author, token=token)
        if name == "jwt":
            said = {"aud": SHOP, "sub": "42", "name": "Dora", "exp": int(time.time()) + 900}
            return Caller({"Origin": SHOP} | _bearer(jwt.encode(said, SECRET, algorithm="HS256")))
        return self._member(name)

    def guest(self) -> tuple[Author, str]:
        self.number += 1
        id = f"{self.number:024x}"
        author = Author(id=f"guest:{id}", kind=AuthorKind.GUEST)
        return author, identity.mint(self.state.keys, id, now())

    def _member(self, name: str) -> Caller:
        self.number += 1
        email = f"{name}{self.number}@example.org"
        called = f"{name.title()} {self.number}"
        if name in APPOINTED:
            site, role = APPOINTED[name]
            account = accounts.appoint(
                self.session, email, self.action(), site=site, role=role, name=called
            )
        else:
            account = accounts.find_or_make(self.session, email, name=called, now=now())
        secret = accounts.sign_in(self.session, account.id, now=now())
        author = accounts.author(self.session, account)
        return Caller({"Origin": HERE}, cookie=secret, author=author)

    # ── what is there ────────────────────────────────────────────────────────────────────

    def writes(
        self, by: Author, body: str = "Hello.", *, thread: str = "aside", **more: Any
    ) -> Comment:
        self.number += 1
        said = {"name": f"Guest {self.number}", "thread": thread, "site": BLOG, "now": now()}
        return make.post(self.session, by, body, **(said | more))

    def gone(self, role: str) -> int:
        """A comment that may be deleted: by an author their own, by others somebody else's."""
        if role not in AUTHORS:
            return self.writes(self.guest()[0]).id
        at = self.session.get_one(Comment, self.ids[role]).created_at
        return self.writes(self.author(role), now=at, screens=()).id

    def action(self) -> moderation.Action:
        return moderation.Action(by="host:1", name="Bob", now=now())

    def decide(self, comment_id: int, status: Status) -> moderation.Action:
        taken = self.action()
        moderation.decide(self.session, comment_id, status, taken)
        return taken

    def ban(self, target: str, *, shadow: bool = False) -> int:
        return moderation.bans.ban(self.session, target, self.action(), shadow=shadow).id

    def fresh_thread(self) -> tuple[int, str]:
        self.number += 1
        key = f"story-{self.number}"
        return self.writes(self.guest()[0], thread=key).thread_id, key

    def fresh_word(self) -> int:
        self.number += 1
        word = ListedWord(
            list="hold", word=f"w{self.number}", created_by="host:1", created_at=now()
        )
        self.session.add(word)
        self.session.flush()
        return word.id

    def named(self, name: str, role: str) -> Any:
        """What a call names in braces. What may be gone after it is made when it is named."""
        whose = role if role in AUTHORS else "author"
        if name in HIDDEN or name == "own":
            return self.ids[whose if name == "own" else name]
        if name == "person":
            return self.author("author").id
        place = (name, role if name == "gone" and role in AUTHORS else "")
        if place not in self.unused:
            self.unused[place] = self._fresh(name, role)
        return self.unused[place]

    def _fresh(self, name: str, role: str) -> Any:
        makers: dict[str, Callable[[], Any]] = {
            "gone": lambda: self.gone(role),
            "others": lambda: self.writes(self.guest()[0]).id,
            "batch": lambda: self.decide(self.writes(self.guest()[0]).id, Status.SPAM).batch,
            "target": lambda: self.writes(self.guest()[0]).author_id,
            "ban": lambda: self.ban(self.writes(self.guest()[0]).author_id),
            "thread": lambda: self.fresh_thread()[0],
            "key": lambda: self.fresh_thread()[1],
            "old": self._fresh_old_key,
            "word": self.fresh_word,
            "guest": lambda: self.guest()[1],
        }
        made = makers[name]()
        self.session.commit()
        return made

    def _fresh_old_key(self) -> int:
        """A row whose key leads to a thread of the blog."""
        (one, _), (into, _) = self.fresh_thread(), self.fresh_thread()
        moderation.merge(self.session, one, into, self.action())
        return one

    # ── and what they do ─────────────────────────────────────────────────────────────────

    def call(self, role: str, method: str, path: str, fields: Any) -> TestResponse:
        """What *role* is answered."""
        who = self.roles[role]
        with self.app.app_context():
            path = self._said(path, role)
            fields = {name: self._said(value, role) for name, value in (fields or {}).items()}
        client = self.app.test_client()
        if who.cookie:
            client.set_cookie(SESSION_COOKIE, who.cookie, path="/comments")
        given = {"json": fields} if "/api/" in path else {"data": fields}
        sent = {} if method == "GET" else given
        answer = client.open(f"/comments{path}", method=method, headers=who.headers, **sent)
        if answer.status_code < 400:
            self.unused.clear()
        return answer

    def _said(self, value: Any, role: str) -> Any:
        if not isinstance(value, str):
            return value
        if whole := _NAME.fullmatch(value):
            return self.named(whole[1], role)
        return _NAME.sub(lambda found: str(self.named(found[1], role)), value)

    def comes_anew(self, role: str) -> None:
        with self.app.app_context():
            self.roles[role] = self.comes(role)

    def leaks(self, role: str, answer: TestResponse) -> Iterator[str]:
        """The hidden texts in an answer that are not for *role*."""
        for name, text in HIDDEN.items():
            own = role == "shadow" and name == "shadowed"
            if text in answer.text and role not in READS_HIDDEN and not own:
                yield name


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}

"""A service with a thread, and a blog on another origin that embeds it under a strict policy."""

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from flask import Flask, Response
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from comments.standalone import create_app

KEY = "harbour"

_addresses = itertools.count(1)


@dataclass
class Site:
    """``service`` holds the comments, ``blog`` shows what ``html`` says."""

    app: Flask
    service: str
    blog: str
    html: dict[str, str] = field(default_factory=dict)
    #: The blog's Content-Security-Policy, and what it answers besides its articles.
    policy: list[str] = field(default_factory=list)
    answers: dict[str, Callable[[], Any]] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"{self.service}/comments"

    @property
    def tag(self) -> str:
        return f'<script async src="{self.base}/embed.js" data-thread="{KEY}"></script>'

    def post(self, body: str = "Hello", name: str = "Ann", **more: Any) -> int:
        """A comment of a guest nobody has met before; gives its id."""
        fields = {"thread": KEY, "body": body, "name": name, **more}
        answer = self.app.test_client().post("/comments/api/v1/comments", json=fields)
        assert answer.status_code == 201 and answer.json, answer.text
        return int(answer.json["comment"]["id"])

    def vote(self, comment: int, value: int = 1) -> None:
        client = self.app.test_client()
        network = {"REMOTE_ADDR": f"10.0.0.{next(_addresses)}"}
        path = f"/comments/api/v1/comments/{comment}/vote"
        answer = client.put(path, json={"value": value}, environ_overrides=network)
        assert answer.status_code == 200, answer.text

    def listed(self, thread: str = KEY) -> list[dict[str, Any]]:
        """The top-level comments as everybody reads them."""
        client = self.app.test_client()
        page = client.get("/comments/api/v1/comments", query_string={"thread": thread}).json
        assert page is not None
        return list(page["comments"])

    def thread(self, query: str = "", thread: str = KEY) -> str:
        """The address of our own page of the thread."""
        return f"{self.base}/thread?key={thread}{query}"

    def article(self, html: str | None = None, path: str = "") -> str:
        """The address of an article of the blog that holds *html*: one tag, unless told."""
        self.html[path] = self.tag if html is None else html
        return f"{self.blog}/{path}"


@pytest.fixture
def site(
    migrated_sqlite_uri: str, tmp_path: Path, serve: Callable[..., str]
) -> Callable[..., Site]:
    """Starts a site: ``site(COMMENTS_HOLD="all")``. Nothing waits, unless told.

    ``BLOG`` in a setting stands for the blog's origin, which is not known before.
    """

    def start(**settings: str) -> Site:
        # The blog is up first, since its origin has to be allowed.
        html: dict[str, str] = {}
        policy: list[str] = []
        answers: dict[str, Callable[[], Any]] = {}
        blog = serve(_blog(html, policy, answers), host="blog.test")
        environ = {
            "COMMENTS_DATABASE_URI": migrated_sqlite_uri,
            "COMMENTS_SECRET_KEY": "a secret of the tests, long enough to be one",
            "COMMENTS_INSTANCE": str(tmp_path),
            "COMMENTS_HOLD": "none",
            "COMMENTS_RATE_LIMITS": "off",
            "COMMENTS_PATIENCE": "60",
            "COMMENTS_HOSTS": "comments.test,localhost,127.0.0.1",
            "COMMENTS_ORIGINS": blog,
        }
        given = {key: value.replace("BLOG", blog) for key, value in settings.items()}
        app = create_app(environ | given)
        logging.getLogger("comments").setLevel(logging.WARNING)
        service = serve(whole(app), host="comments.test")
        policy.append(
            f"default-src 'none'; script-src {service}; style-src {service}; "
            f"connect-src {service}; "
            "require-trusted-types-for 'script'; trusted-types comments"
        )
        return Site(app, service, blog, html, policy, answers)

    return start


def whole(app: WSGIApplication) -> WSGIApplication:
    """*app* with every answer read before it is sent.

    A browser that is closed drops what it was loading, and no file must be left open by that.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        parts = app(environ, start_response)
        body = b"".join(parts)
        close = getattr(parts, "close", None)
        if close:
            close()
        return [body]

    return answer


def _blog(html: dict[str, str], policy: list[str], answers: dict[str, Callable[[], Any]]) -> Flask:
    app = Flask("blog")

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    def article(path: str) -> Any:
        if path in answers:
            return answers[path]()
        body = (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>The harbour froze</title><main><h1>The harbour froze</h1>{html[path]}</main>"
        )
        response = Response(body, mimetype="text/html")
        response.headers["Content-Security-Policy"] = policy[0]
        return response

    return app


@dataclass
class Thread:
    """What a reader sees of a thread and does with it, on whichever page it stands."""

    page: Page

    def open(self, address: str) -> None:
        """Goes there and waits until the script has taken the thread over."""
        self.page.goto(address)
        self._taken_over()

    def reload(self) -> None:
        self.page.reload()
        self._taken_over()

    def _taken_over(self) -> None:
        self.page.locator("section[data-live], section[role=alert]").first.wait_for()

    @property
    def heading(self) -> Locator:
        return self.page.locator("[data-heading]")

    @property
    def text(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your comment")

    @property
    def name(self) -> Locator:
        return self.page.get_by_role("textbox", name="Name", exact=True)

    @property
    def status(self) -> Locator:
        return self.page.locator("[data-status]")

    @property
    def alert(self) -> Locator:
        return self.page.get_by_role("alert")

    def comment(self, text: str) -> Locator:
        return self.page.get_by_role("article").filter(has_text=text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def write(self, body: str, name: str = "Zoe") -> None:
        self.text.fill(body)
        self.name.fill(name)

    def post(self, body: str, name: str = "Zoe") -> None:
        self.write(body, name)
        self.button("Post").click()

    def open_menu(self, comment: Locator) -> Locator:
        """Gives what it is opened and closed with."""
        comment.get_by_role("button", name="More, comment by").click()
        expect(comment.locator("details")).to_have_attribute("open", "")
        return comment.locator("summary")

    def menu(self, comment: Locator, choice: str) -> None:
        self.open_menu(comment)
        comment.get_by_role("link", name=choice).click()


@pytest.fixture
def thread(page: Page) -> Thread:
    return Thread(page)


@pytest.fixture
def plain(new_context: Callable[..., BrowserContext]) -> Thread:
    """A reader whose browser runs no JavaScript."""
    return Thread(new_context(java_script_enabled=False).new_page())


@pytest.fixture
def requests(page: Page) -> list[Request]:
    """What the page has asked for."""
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request))
    return seen

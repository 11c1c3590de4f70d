"""Hostile strings in every field, in a real browser: nothing runs, nothing is asked for elsewhere.

The same strings are then shown by an app whose cleaning was taken out. That arm must fire:
otherwise the first one would prove nothing.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, Dialog, Page, Request

from comments import text
from comments.standalone import create_app

CORPUS = Path(os.environ.get("COMMENTS_CORPUS") or Path(__file__).parent.parent / "corpus")
KEY = "hostile"

# What a script that got through would call; and what the browser itself objects to.
_WATCH = """
window.fired = [];
for (const name of ["alert", "confirm", "prompt", "print"])
  window[name] = (...args) => { window.fired.push(name + " " + args.join(" ")); };
document.addEventListener("securitypolicyviolation", (event) =>
  window.fired.push(event.effectiveDirective + " " + event.blockedURI + " " + event.sample));
"""

# Everything a hostile comment could wait for a reader to do.
_PROVOKE = """
const inside = [...document.querySelectorAll("*")].map((element) => element.shadowRoot);
const events = "mouseover focus error load pointerenter toggle animationstart".split(" ");
for (const tree of [document, ...inside.filter(Boolean)])
  for (const element of tree.querySelectorAll("[data-comment] *, [data-preview] *"))
    for (const type of events) element.dispatchEvent(new Event(type, { bubbles: true }));
"""

# The link to the next page of top-level comments, not to more replies.
_NEXT_PAGE = "[data-after]:not([data-under])"

# The browser's own sweep, taken out.
_NO_SWEEP = {
    "content_type": "text/javascript",
    "headers": {"Access-Control-Allow-Origin": "*"},
    "body": "export function adopt(html) { const box = document.createElement('template');"
    " box.innerHTML = html; return document.importNode(box.content, true); }",
}

_SUBMIT_PREVIEW = """(text) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/comments/preview";
  for (const [name, value] of [["key", "preview"], ["body", text], ["name", text]]) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""


def corpus() -> list[str]:
    items = [
        item["s"]
        for file in sorted(CORPUS.rglob("*.json"))
        for item in json.loads(file.read_text("utf-8"))["items"]
    ]
    assert len(items) > 50, f"too few hostile strings in {CORPUS}"
    return items


@dataclass
class Seen:
    """What happened in one page."""

    fired: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@dataclass
class Site:
    """A service with the whole corpus in one thread, and a page of another site that embeds it."""

    app: Flask
    service: str
    blog: str
    stored: int


@pytest.fixture(params=[False, True], ids=["cleaned", "control"])
def control(request: pytest.FixtureRequest) -> bool:
    """Whether the cleaning is taken out."""
    return bool(request.param)


@pytest.fixture
def site(
    control: bool,
    migrated_sqlite_uri: str,
    tmp_path: Path,
    serve: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    if control:
        monkeypatch.setattr(text, "render", lambda source, _who=None: source)
    blog = serve(_blog(""), host="blog.test")
    environ = {
        "COMMENTS_DATABASE_URI": migrated_sqlite_uri,
        "COMMENTS_SECRET_KEY": "a secret of the tests, long enough to be one",
        "COMMENTS_INSTANCE": str(tmp_path),
        "COMMENTS_HOLD": "none",
        "COMMENTS_RATE_LIMITS": "off",
        "COMMENTS_HOSTS": "comments.test",
        "COMMENTS_ORIGINS": blog,
    }
    app = create_app(environ)
    stored = _post_everything(app, corpus())
    service = serve(app, host="comments.test")
    # The blog had to be up before its origin could be allowed; now it learns what to embed.
    _pages[blog] = _embedding(f"{service}/comments")
    yield Site(app, service, blog, stored)
    del _pages[blog]


_pages: dict[str, str] = {}


def _blog(_name: str) -> Flask:
    app = Flask("blog")

    @app.get("/")
    def article() -> Response:
        response = Response(_pages[request.host_url.rstrip("/")], mimetype="text/html")
        base = _pages[request.host_url.rstrip("/")].split('src="')[1].split("/embed.js")[0]
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(base))
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src {origin}; style-src {origin}; connect-src {origin}; "
            "require-trusted-types-for 'script'; trusted-types comments"
        )
        return response

    return app


def _embedding(base: str) -> str:
    return (
        '<!doctype html><html lang="en"><title>Blog</title><main><h1>Article</h1>'
        f'<script async src="{base}/embed.js" data-thread="{KEY}"></script></main></html>'
    )


def _post_everything(app: Flask, strings: list[str]) -> int:
    """Every string as text, as name, as website and as title; what is refused is left out."""
    client = app.test_client()
    return sum(_post(client, string) for string in strings)


def _post(client: FlaskClient, string: str) -> bool:
    fields = {"body": string, "name": string[:60], "website": string}
    for _ in fields:
        answer = client.post(
            "/comments/api/v1/comments",
            json={"thread": {"key": KEY, "title": string}, **fields},
            base_url="http://comments.test",
        )
        # 403: a name that looks like a reserved one.
        assert answer.status_code in (201, 403, 422), answer.text
        if answer.status_code == 201:
            return True
        for name in answer.json["errors"]:
            fields[name] = "Ann" if name == "name" else fields["body"] if name == "body" else ""
    return False


def _watched(context: BrowserContext, ours: tuple[str, ...], seen: Seen) -> Page:
    page = context.new_page()
    page.add_init_script(_WATCH)

    def note(request: Request) -> None:
        host = urlsplit(request.url).netloc
        if host and host not in ours:
            seen.foreign.append(request.url)

    page.on("request", note)

    def close(dialog: Dialog) -> None:
        seen.fired.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", close)
    return page


def _look(page: Page, seen: Seen) -> None:
    page.evaluate(_PROVOKE)
    seen.fired += page.evaluate("window.fired.splice(0)")


@pytest.mark.corpus
def test_nothing_runs_and_nothing_is_asked_for_elsewhere(
    site: Site, control: bool, new_context: Callable[..., BrowserContext]
) -> None:
    places = {
        "thread page": _thread_page(site, control, new_context),
        "embed": _embed(site, control, new_context),
        "preview": _preview(site, control, new_context),
    }

    if control:
        silent = [place for place, seen in places.items() if not seen.fired]
        assert silent == [], "without cleaning the strings must do harm there"
    else:
        assert {place: seen.fired for place, seen in places.items() if seen.fired} == {}
        assert {place: seen.foreign for place, seen in places.items() if seen.foreign} == {}


def _thread_page(site: Site, control: bool, new_context: Callable[..., BrowserContext]) -> Seen:
    seen = Seen()
    page = _watched(new_context(), (urlsplit(site.service).netloc,), seen)
    address: str | None = f"{site.service}/comments/thread?key={KEY}"
    shown = 0
    while address:
        page.goto(address)
        shown += page.locator("[data-id]").count()
        _look(page, seen)
        more = page.locator(_NEXT_PAGE)
        address = more.first.evaluate("link => link.href") if more.count() else None
        if control:
            break  # one page of wild markup is enough, and its list is no longer a list
    assert control or shown == site.stored
    return seen


def _embed(site: Site, control: bool, new_context: Callable[..., BrowserContext]) -> Seen:
    seen = Seen()
    context = new_context(bypass_csp=control)
    ours = (urlsplit(site.service).netloc, urlsplit(site.blog).netloc)
    page = _watched(context, ours, seen)
    if control:
        page.route("**/static/sweep.js", lambda route: route.fulfill(**_NO_SWEEP))
    page.goto(site.blog)
    page.locator("[data-id]").first.wait_for()
    _look(page, seen)
    while not control and page.locator(_NEXT_PAGE).count():
        before = page.locator("[data-id]").count()
        page.locator(_NEXT_PAGE).first.click()
        page.wait_for_function(
            "before => document.querySelector('comment-thread').shadowRoot"
            ".querySelectorAll('[data-id]').length > before",
            arg=before,
        )
        _look(page, seen)
    assert control or page.locator("[data-id]").count() == site.stored
    return seen


def _preview(site: Site, control: bool, new_context: Callable[..., BrowserContext]) -> Seen:
    seen = Seen()
    page = _watched(new_context(), (urlsplit(site.service).netloc,), seen)
    # A blank line keeps each string a paragraph of its own.
    strings = corpus()
    for start in range(0, len(strings), 40):
        page.goto(f"{site.service}/comments/thread?key=preview-{start}")
        page.evaluate(_SUBMIT_PREVIEW, "\n\n".join(strings[start : start + 40])[:9000])
        page.wait_for_url("**/comments/preview")
        _look(page, seen)
        if control and seen.fired:
            break
    return seen

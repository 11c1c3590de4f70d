"""The embed on somebody else's page: another origin, a strict policy, client-side navigation."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from comments import Comments
from comments.schema import upgrade
from tests.browser.conftest import KEY, Site, Thread, whole

Start = Callable[..., Site]
Context = Callable[..., BrowserContext]

# Records what the browser objects to, and what the embed tells its page.
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample));
window.told = [];
for (const name of ["load", "before-post", "post", "vote", "edit", "delete", "report", "error"])
  document.addEventListener("comments:" + name, (event) => told.push([name, event.detail]));
"""


@pytest.fixture(autouse=True)
def _watched(page: Page) -> None:
    page.add_init_script(_WATCH)


def told(page: Page, name: str) -> list[object]:
    return [detail for kind, detail in page.evaluate("told") if kind == name]


def requested(requests: list[Request], path: str) -> list[Request]:
    return [request for request in requests if urlsplit(request.url).path.endswith(path)]


# ── on another origin ────────────────────────────────────────────────────────────────────────


def test_it_works_on_another_origin_under_a_strict_policy(site: Start, thread: Thread) -> None:
    here = site()
    here.vote(here.post("The **first**, with a [link](https://example.test/)"))
    here.post("The second", name="Ben")
    thread.open(here.article())

    thread.post("From the *blog*")
    expect(thread.comment("From the blog")).to_be_focused()
    thread.button("Upvote, comment by Ann").click()
    expect(thread.page.locator("[data-score]").first).to_have_text("2")
    thread.link("Reply to Ann").click()
    expect(thread.text).to_be_focused()
    thread.post("An answer")
    expect(thread.heading).to_have_text("4 comments")
    thread.menu(thread.comment("An answer"), "Edit")
    thread.comment("An answer").get_by_role("textbox").fill("A better answer")
    thread.button("Save").click()
    expect(thread.comment("A better answer")).to_be_focused()
    thread.text.fill("Look")
    thread.button("Preview").click()
    expect(thread.page.get_by_role("region", name="Preview")).to_contain_text("Look")
    thread.link("Newest").click()
    expect(thread.page.get_by_role("article").first).to_contain_text("From the blog")

    assert thread.page.evaluate("violations") == []


def test_the_watch_notices_a_violation(site: Start, page: Page) -> None:
    """The control arm: the test above can fail."""
    page.goto(site().article())

    page.evaluate("try { document.body.innerHTML = '<b>x</b>' } catch { }")

    page.wait_for_function("() => violations.length")


def test_a_reader_is_known_again_without_a_cookie(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    here = site()
    thread.open(here.article())
    thread.post("Mine")
    expect(thread.comment("Mine")).to_be_visible()

    thread.reload()

    expect(thread.comment("Mine").get_by_text("you", exact=True)).to_be_visible()
    assert thread.page.context.cookies() == []
    assert not any("cookie" in request.headers for request in requests)


def test_who_never_wrote_is_asked_nothing_private(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    thread.page.goto(site().article(), wait_until="networkidle")

    expect(thread.heading).to_be_visible()
    assert not requested(requests, "/me")


def test_a_token_that_is_not_accepted_is_replaced(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.article())
    expect(thread.heading).to_be_visible()
    thread.page.evaluate(
        "(base) => localStorage.setItem(`comments:${base}:token`, 'forged')", here.base
    )
    thread.reload()

    thread.post("As a new guest")

    expect(thread.comment("As a new guest").get_by_text("you", exact=True)).to_be_visible()


def test_it_works_where_nothing_can_be_stored(site: Start, thread: Thread) -> None:
    here = site()
    thread.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    thread.open(here.article())

    thread.post("Kept nowhere")

    expect(thread.comment("Kept nowhere").get_by_text("you", exact=True)).to_be_visible()


def test_the_article_is_remembered_with_its_address(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.article() + "?comment=7#comment-7")

    thread.post("The first")
    expect(thread.comment("The first")).to_be_visible()

    comment = here.listed()[0]
    assert comment["url"] == f"{here.blog}/?comment={comment['id']}#comment-{comment['id']}"


def test_a_deep_link_opens_on_the_article(site: Start, thread: Thread) -> None:
    here = site()
    for number in range(40):
        here.post(f"Number {number:02}")
    comment = here.post("Far down")
    here.article("<p>Text.</p>" * 200 + here.tag)

    thread.open(f"{here.blog}/?comment={comment}#comment-{comment}")

    expect(thread.comment("Far down")).to_be_focused()
    expect(thread.comment("Far down")).to_be_in_viewport()


def test_its_language_follows_the_page(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    tag = here.tag.replace("async", 'async data-lang="ar"')

    thread.open(here.article(tag))

    expect(thread.page.locator("section.comments")).to_have_attribute("dir", "rtl")


# ── what arrives is swept ────────────────────────────────────────────────────────────────────

_HOSTILE = """
<section class="comments" data-comments data-key="harbour" data-sort="oldest" lang="en">
<script>window.fired = 1</script>
<img src=x onerror="window.fired = 2">
<iframe srcdoc="<script>parent.fired = 3</script>"></iframe>
<svg onload="window.fired = 4"><use href="https://evil.test/x.svg#a"/>
<animate attributeName="href"/><foreignObject><b>x</b></foreignObject></svg>
<object data="https://evil.test/"></object>
<embed src="https://evil.test/">
<base href="https://evil.test/">
<meta http-equiv="refresh" content="0;url=https://evil.test/">
<link rel="stylesheet" href="https://evil.test/x.css">
<style>* { display: none }</style>
<template><script>window.fired = 5</script></template>
<a id="js" href=" jAvascript:window.fired = 6">x</a>
<a id="data" href="data:text/html,x">x</a>
<a id="mail" href="mailto:a@b.test">x</a>
<form id="away" action="https://evil.test/"><input name="password">
<button id="out" formaction="https://evil.test/" style="position: fixed; inset: 0">x</button></form>
<form id="beside" action="/comments-of-somebody-else/post"></form>
<form id="ours" action="/comments/post"></form>
<img id="pixel" src="https://evil.test/pixel.png">
<p data-body><a data-do="remove" class="c-button" href="/x" onclick="window.fired = 7">x</a>
<button>x</button><img src="/x.png"></p>
</section>"""

_GONE = (
    "script, iframe, use, animate, foreignObject, object, embed, base, meta, link, style, "
    "template, [style], [onerror], [onload], [onclick], [srcdoc], "
    "[data-body] button, [data-body] img, [data-body] [data-do], [data-body] [class]"
)


def test_a_hostile_fragment_is_swept(site: Start, page: Page, requests: list[Request]) -> None:
    here = site()
    page.route(
        "**/fragment/thread?*",
        lambda route: route.fulfill(
            body=_HOSTILE, content_type="text/html", headers={"Access-Control-Allow-Origin": "*"}
        ),
    )
    page.goto(here.article(), wait_until="networkidle")
    section = page.locator("section.comments")
    expect(section).to_be_visible()

    expect(section.locator(_GONE)).to_have_count(0)
    leads_nowhere = {"js": "href", "data": "href", "away": "action", "out": "formaction"}
    for name, attribute in (leads_nowhere | {"beside": "action", "pixel": "src"}).items():
        assert section.locator(f"#{name}").get_attribute(attribute) is None
    expect(section.locator("#ours")).to_have_attribute("action", f"{here.base}/post")
    expect(section.locator("#mail")).to_have_attribute("href", "mailto:a@b.test")
    assert page.evaluate("window.fired") is None
    assert not [request.url for request in requests if "evil.test" in request.url]


# ── where and when it loads ──────────────────────────────────────────────────────────────────


def test_it_loads_when_the_reader_comes_near(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    here = site()
    here.article("<p>Text.</p>" * 300 + here.tag)
    thread.page.goto(f"{here.blog}/", wait_until="networkidle")
    assert not requested(requests, "/fragment/thread")

    thread.page.locator("comment-thread").scroll_into_view_if_needed()

    expect(thread.heading).to_be_visible()


def test_a_failed_load_offers_another_try(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    thread.page.route("**/fragment/thread?*", lambda route: route.abort(), times=1)
    thread.open(here.article())
    expect(thread.alert).to_contain_text("The comments could not be loaded.")

    thread.button("Try again").click()

    expect(thread.comment("The first")).to_be_visible()


def test_a_failed_sort_keeps_what_was_shown(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    here.post("The second")
    thread.open(here.article())
    expect(thread.comment("The first")).to_be_visible()
    thread.page.route("**/fragment/thread?*", lambda route: route.abort())

    thread.link("Newest").click()

    expect(thread.alert).to_be_visible()
    expect(thread.comment("The first")).to_be_visible()


def test_the_tag_run_again_inserts_nothing_twice(site: Start, new_context: Context) -> None:
    here = site()
    page = new_context(bypass_csp=True).new_page()
    page.goto(here.article())
    expect(Thread(page).heading).to_be_visible()

    # Client-side navigation puts a kept page back and runs its scripts again.
    page.evaluate(
        """() => new Promise((done) => {
          const old = document.querySelector("script[data-thread]");
          const fresh = document.createElement("script");
          fresh.onload = done;
          for (const { name, value } of old.attributes) fresh.setAttribute(name, value);
          old.replaceWith(fresh);
        })"""
    )

    expect(page.locator("comment-thread")).to_have_count(1)


def test_two_threads_stand_on_one_page(site: Start, thread: Thread) -> None:
    here = site()
    here.post("In one")
    here.post("In the other", thread="other")

    thread.open(here.article(here.tag + here.tag.replace(KEY, "other")))

    expect(thread.comment("In one")).to_be_visible()
    expect(thread.comment("In the other")).to_be_visible()


def test_the_element_works_without_the_tag(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    element = f'<comment-thread thread="{KEY}"></comment-thread>'

    thread.open(here.article(f'<script async src="{here.base}/embed.js"></script>{element}'))

    expect(thread.comment("The first")).to_be_visible()


def test_another_thread_is_shown_when_the_attribute_changes(site: Start, thread: Thread) -> None:
    here = site()
    here.post("In one")
    here.post("In the other", thread="other")
    thread.open(here.article())
    expect(thread.comment("In one")).to_be_visible()

    thread.page.evaluate("document.querySelector('comment-thread').setAttribute('thread', 'other')")

    expect(thread.comment("In the other")).to_be_visible()
    expect(thread.comment("In one")).to_have_count(0)


def test_removal_cleans_up_and_return_works(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    here = site()
    here.post("The first")
    thread.open(here.article())
    expect(thread.comment("The first")).to_be_visible()

    aborted = thread.page.evaluate(
        """() => {
          window.kept = document.querySelector("comment-thread");
          const { signal } = kept;
          kept.remove();
          return signal.aborted;
        }"""
    )
    assert aborted
    before = len(requests)
    thread.page.evaluate("document.body.click(); window.dispatchEvent(new Event('pagehide'))")
    thread.page.evaluate("document.querySelector('main').append(kept)")

    thread.post("Back again")
    expect(thread.comment("Back again")).to_have_count(1)
    assert len([r for r in requests[before:] if r.method == "POST"]) == 1


def test_removal_calls_a_fetch_back(site: Start, thread: Thread) -> None:
    here = site()
    held: list[Route] = []
    thread.page.route("**/fragment/thread?*", lambda route: held.append(route))
    with thread.page.expect_request("**/fragment/thread?*") as asked:
        thread.page.goto(here.article())

    with thread.page.expect_event("requestfailed", lambda request: request == asked.value):
        thread.page.evaluate("document.querySelector('comment-thread').remove()")

    assert told(thread.page, "error") == []


# ── what it tells its page ───────────────────────────────────────────────────────────────────


def test_the_page_hears_what_happens(site: Start, thread: Thread) -> None:
    here = site()
    comment = here.post("The first")
    thread.open(here.article())
    expect(thread.heading).to_be_visible()
    thread.button("Upvote, comment by Ann").click()
    expect(thread.button("Upvote, comment by Ann")).to_have_attribute("aria-pressed", "true")
    thread.post("The second")
    expect(thread.heading).to_have_text("2 comments")

    page = thread.page
    assert told(page, "load") == [{"thread": KEY, "count": 1}]
    page.wait_for_function("() => told.some(([name]) => name === 'vote')")
    assert told(page, "vote") == [{"id": comment, "value": 1, "score": 1}]
    page.wait_for_function("() => told.some(([name]) => name === 'post')")
    (posted,) = told(page, "post")
    assert isinstance(posted, dict) and posted["state"] == "published"


def test_a_post_can_be_called_off_by_the_page(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.article())
    thread.page.evaluate(
        "document.addEventListener('comments:before-post', (event) => event.preventDefault())"
    )

    thread.post("Not like this")

    thread.page.wait_for_function("() => told.some(([name]) => name === 'before-post')")
    expect(thread.text).to_have_value("Not like this")
    assert here.listed() == []


def test_a_draft_can_be_changed_by_the_page(site: Start, thread: Thread) -> None:
    thread.open(site().article())
    thread.page.evaluate(
        """document.addEventListener("comments:before-post", (event) => {
          event.detail.body += ", signed";
        })"""
    )

    thread.post("A text")

    expect(thread.comment("A text, signed")).to_be_visible()


def test_every_request_passes_the_one_method(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.article())
    expect(thread.heading).to_be_visible()
    thread.page.evaluate(
        """() => {
          const element = document.querySelector("comment-thread");
          const { request } = element;
          window.paths = [];
          element.request = function (path, init) {
            paths.push(path.split("?")[0]);
            return request.call(this, path, init);
          };
        }"""
    )

    thread.post("Watched")

    expect(thread.comment("Watched")).to_be_visible()
    expect(thread.button("Download your data")).to_be_visible()
    # The small sum is asked for when somebody begins to write; what is new, once they have stirred;
    # and what only those need who have written, then.
    paths = thread.page.evaluate("paths.filter((path) => path !== '/fragment/news')")
    assert paths == ["/api/v1/challenge", "/api/v1/comments", "/fragment/pieces"]


# ── counts ───────────────────────────────────────────────────────────────────────────────────


def test_counts_share_one_request(site: Start, page: Page, requests: list[Request]) -> None:
    here = site()
    here.post("The first")
    here.post("The second")
    keys = [KEY, *(f"article-{number}" for number in range(40)), KEY]
    counts = "".join(f'<comment-count thread="{key}"></comment-count> ' for key in keys)

    page.goto(here.article(f'{counts}<script async src="{here.base}/embed.js"></script>'))

    expect(page.locator("comment-count").first).to_have_text("2")
    expect(page.locator("comment-count").last).to_have_text("2")
    expect(page.locator("comment-count").nth(1)).to_have_text("0")
    (asked,) = requested(requests, "/counts")
    assert len(parse_qs(urlsplit(asked.url).query)["thread"]) == 41


def test_many_counts_are_asked_by_the_hundred(
    site: Start, page: Page, requests: list[Request]
) -> None:
    here = site()
    counts = "".join(f'<comment-count thread="a{number}"></comment-count>' for number in range(150))

    page.goto(here.article(f'{counts}<script async src="{here.base}/embed.js"></script>'))

    expect(page.locator("comment-count").last).to_have_text("0")
    sizes = [len(parse_qs(urlsplit(r.url).query)["thread"]) for r in requested(requests, "/counts")]
    assert sorted(sizes) == [50, 100]


# ── in the host's own HTML ───────────────────────────────────────────────────────────────────

_HOST_CSS = """
* { box-sizing: content-box }
main ol, main ul { list-style: square; margin: 3em; padding: 2em }
main li { margin: 2em; color: red }
a { color: lime; text-transform: uppercase }
a::after { content: "!" }
h2 { font-size: 4rem; color: purple }
p { text-indent: 3em }
button, input, textarea { border: 9px solid lime; border-radius: 99px; background: orange }
header, footer, nav, form, section, article { background: yellow; padding: 3em; float: left }
svg { inline-size: 100% }
time { font-size: 3em }
"""


@pytest.fixture
def host(migrated_sqlite_uri: str, serve: Callable[..., str]) -> str:
    """An app with an opinionated style sheet and a thread in its article's own HTML."""
    app = Flask("host")
    app.config.update(
        SECRET_KEY="a secret of the tests",
        SQLALCHEMY_DATABASE_URI=migrated_sqlite_uri,
        COMMENTS_HOLD="none",
    )
    db = SQLAlchemy(app)
    comments = Comments(app, db=db)
    with app.app_context():
        upgrade(db.engine)

    @app.get("/")
    def article() -> str:
        head = f"<!doctype html><html lang=en><style>{_HOST_CSS}</style>"
        return f"{head}<main><h2>Host</h2>{comments.thread(KEY)}</main>"

    @app.get("/plain")
    def plain() -> str:
        return f"<!doctype html><html lang=en><main>{comments.thread(KEY)}</main>"

    post = app.test_client().post
    post("/comments/api/v1/comments", json={"thread": KEY, "body": "The first", "name": "Ann"})
    return serve(whole(app))


def test_a_hosts_thread_stands_in_the_page_without_javascript(host: str, plain: Thread) -> None:
    plain.page.goto(host)

    expect(plain.comment("The first")).to_be_visible()


def test_a_hosts_thread_is_taken_over_where_it_stands(
    host: str, thread: Thread, requests: list[Request]
) -> None:
    thread.page.goto(host, wait_until="networkidle")
    assert not requested(requests, "/fragment/thread")

    thread.post("In place")

    expect(thread.comment("In place")).to_be_focused()
    assert thread.page.evaluate("document.querySelector('comment-thread').shadowRoot") is None


_LOOK = """(selector) => [...document.querySelectorAll(selector)].map((element) => {
  const style = getComputedStyle(element);
  return ["float", "listStyleType", "paddingTop", "marginTop", "textIndent", "textTransform",
    "borderTopWidth", "borderTopLeftRadius", "backgroundColor", "boxSizing", "fontSize", "color",
  ].map((name) => style[name]);
})"""


def test_a_hosts_style_sheet_stays_outside(host: str, page: Page) -> None:
    inside = ".comments, .comments :not(svg, svg *)"
    page.goto(f"{host}/plain", wait_until="networkidle")
    undisturbed = page.evaluate(_LOOK, inside)

    page.goto(host, wait_until="networkidle")

    assert page.evaluate(_LOOK, inside) == undisturbed


def test_our_style_sheet_stays_inside(host: str, page: Page) -> None:
    page.goto(host, wait_until="networkidle")
    ours = page.evaluate(_LOOK, "main, main > h2, body")

    page.evaluate("document.querySelector('link[href*=comments]').remove()")

    assert page.evaluate(_LOOK, "main, main > h2, body") == ours


def test_who_has_written_is_shown_nothing_older_for_some_minutes(
    site: Start, thread: Thread
) -> None:
    here = site()
    asked: list[Request] = []
    thread.page.on("request", lambda request: asked.append(request))

    def known() -> list[str]:
        """What the page says that it knows when it asks for the thread."""
        found = [parse_qs(urlsplit(each.url).query) for each in requested(asked, "/thread")]
        asked.clear()
        return [query.get("at", [""])[0] for query in found]

    thread.open(here.article())
    thread.post("From the blog")
    expect(thread.comment("From the blog")).to_be_focused()
    assert known() == [""]
    thread.reload()
    mine = thread.comment("From the blog").get_by_text("You")
    expect(mine).to_be_visible()
    assert known() == ["1"]
    forget = 'localStorage.setItem(Object.keys(localStorage).find((k) => k.endsWith("wrote")), "1")'
    thread.page.evaluate(forget)
    thread.reload()
    expect(mine).to_be_visible()
    thread.reload()
    assert known() == ["1", ""]

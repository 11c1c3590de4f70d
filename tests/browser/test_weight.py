"""What a reader's first view costs: all script, style and markup of ours, packed with gzip."""

import gzip
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Site, Thread

Start = Callable[..., Site]

MOST = 12 * 1024
THREAD = "/comments/fragment/thread"


@pytest.fixture(params=["on another origin", "on our own"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def downloads(page: Page, here: Site, where: str = "on another origin") -> dict[str, int]:
    """Packed bytes by path of what came from the service for an article at its first view.

    Private calls stay out: what they carry is the reader's own.
    """
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(article(here) if where == "on our own" else here.article())
    expect(Thread(page).text).to_be_visible()
    page.wait_for_load_state("networkidle")
    ours = [answer for answer in answers if answer.url.startswith(f"{here.base}/")]
    public = [answer for answer in ours if "/api/" not in answer.url]
    return {urlsplit(a.url).path: len(gzip.compress(a.body(), 9, mtime=0)) for a in public}


def article(here: Site) -> str:
    """An article of the service's own origin, where a cookie may say who reads."""
    html = f"<!doctype html><title>An article</title><p>Text.</p>{here.tag}"
    if "article" not in here.app.view_functions:
        here.app.add_url_rule("/article", "article", lambda: html)
    return f"{here.service}/article"


def test_the_first_view_of_an_empty_thread_is_light(site: Start, page: Page, where: str) -> None:
    weights = downloads(page, site(), where)

    assert THREAD in weights
    assert sum(weights.values()) <= MOST, weights


def test_a_thread_with_comments_needs_one_module_more(site: Start, page: Page, where: str) -> None:
    here = site()
    empty = downloads(page, here, where)[THREAD]
    here.post("The first")
    weights = downloads(page, here, where)

    assert "/comments/static/times.js" in weights
    # What people have written is not ours.
    assert sum(weights.values()) - weights[THREAD] + empty <= MOST, weights


def test_it_takes_few_requests(site: Start, page: Page, where: str) -> None:
    assert len(downloads(page, site(), where)) <= 6


def test_nothing_is_asked_of_anybody_else(site: Start, page: Page) -> None:
    here = site()
    here.post("The first ![picture](https://evil.test/x.png)")
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url))

    downloads(page, here)

    assert [url for url in foreign if not url.startswith((here.service, here.blog))] == []

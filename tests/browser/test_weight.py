"""What a reader's first view costs: all script, style and markup of ours, packed with gzip."""

import gzip
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Site, Thread

Start = Callable[..., Site]

MOST = 12 * 1024


def downloads(page: Page, here: Site) -> dict[str, int]:
    """Packed bytes by path of what came from the service for the article at its first view."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(here.article(), wait_until="networkidle")
    expect(Thread(page).text).to_be_visible()
    ours = [answer for answer in answers if answer.url.startswith(here.service)]
    return {urlsplit(a.url).path: len(gzip.compress(a.body(), 9, mtime=0)) for a in ours}


def test_the_first_view_of_an_empty_thread_is_light(site: Start, page: Page) -> None:
    weights = downloads(page, site())

    assert "/comments/fragment/thread" in weights
    assert sum(weights.values()) <= MOST, weights


def test_a_thread_with_comments_needs_one_module_more(site: Start, page: Page) -> None:
    here = site()
    here.post("The first")
    weights = downloads(page, here)
    del weights["/comments/fragment/thread"]

    assert "/comments/static/times.js" in weights
    # The empty thread's markup is below 1 KB; with it this is still within the budget.
    assert sum(weights.values()) <= MOST - 1024, weights


def test_it_takes_few_requests(site: Start, page: Page) -> None:
    assert len(downloads(page, site())) <= 6


def test_nothing_is_asked_of_anybody_else(site: Start, page: Page) -> None:
    here = site()
    here.post("The first ![picture](https://evil.test/x.png)")
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url))

    downloads(page, here)

    assert [url for url in foreign if not url.startswith((here.service, here.blog))] == []

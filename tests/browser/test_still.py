"""What a reader sees of a thread that comes: nothing moves, and little waits for something else."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Site, Thread

Start = Callable[..., Site]

_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.mark.parametrize("where", ["from one tag", "on our own page"])
def test_nothing_moves_on_a_phone(site: Start, page: Page, where: str) -> None:
    here = site()
    for number in range(10):
        here.post(f"{number}. " + "I was there as well. " * 9, "Somebody of a long name")
    page.set_viewport_size({"width": 412, "height": 915})
    page.add_init_script(_SHIFTS)

    Thread(page).open(here.article() if where == "from one tag" else here.thread())
    expect(page.locator("time").last).to_have_text("now")
    page.evaluate(_DRAWN)

    assert page.evaluate("shifted") == 0


def test_what_is_beyond_the_screen_is_laid_out_later(site: Start, page: Page) -> None:
    here = site()
    for number in range(9):
        here.post(f"Number {number}")
    Thread(page).open(here.thread())

    kinds = page.locator("article").evaluate_all(
        "(all) => all.map((each) => getComputedStyle(each).contentVisibility)"
    )
    assert kinds == ["visible"] * 8 + ["auto"]

    last = page.get_by_role("article").last
    Thread(page).open_menu(last)
    # Its menu is longer than the comment.
    assert last.evaluate("(each) => getComputedStyle(each).contentVisibility") == "visible"


def test_an_embedded_thread_is_three_waits_away(site: Start, page: Page) -> None:
    """The script, its modules, the thread; the style sheet comes meanwhile."""
    here = site()
    waits: dict[str, int] = {}
    done = [0]
    page.on("request", lambda request: waits.setdefault(_path(request), max(done) + 1))
    page.on("requestfinished", lambda request: done.append(waits[_path(request)]))

    Thread(page).open(here.article())

    after_the_article = {path: wait - 1 for path, wait in waits.items()}
    assert after_the_article["/comments/fragment/thread"] <= 3
    assert after_the_article["/comments/static/comments.css"] <= 3


def _path(request: Request) -> str:
    return urlsplit(request.url).path

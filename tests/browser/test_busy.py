"""A site with more readers than it can serve: it says so in words, and no typed text is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from comments.web.doorkeeper import Kind
from comments.web.state import EXTENSION
from tests.browser.conftest import Site, Thread

Start = Callable[..., Site]

BUSY = "So many people are here just now that not all can be served."


@contextmanager
def a_crowd(here: Site) -> Iterator[None]:
    """All places of the service are taken for a while."""
    doorkeeper = here.app.extensions[EXTENSION].doorkeeper
    taken = [kind for kind in Kind for _ in range(20) if doorkeeper.enter(kind)]
    yield
    for kind in taken:
        doorkeeper.leave(kind)


@pytest.mark.parametrize("times", [1, 2])
def test_a_thread_that_is_refused_comes_by_itself(
    site: Start, thread: Thread, page: Page, times: int
) -> None:
    here = site(COMMENTS_PATIENCE="0", COMMENTS_CACHE_BYTES="0")
    here.post("The first")
    page.clock.install()
    with a_crowd(here):
        with page.expect_response("**/fragment/thread?*") as answer:
            page.goto(here.article())
        assert answer.value.status == 503
        told = page.locator('comment-thread [role="status"]')
        # Whoever is told waits as well: only then is there a moment to wind the clock to.
        told.wait_for(state="attached")
        for _ in range(times - 1):
            with page.expect_response("**/fragment/thread?*"):
                page.clock.run_for(30_000)
            told.wait_for(state="attached")
        page.clock.run_for(200)
        expect(told).to_contain_text(BUSY)
    page.clock.run_for(30_000)

    expect(thread.comment("The first")).to_be_visible()
    expect(page.get_by_text(BUSY)).to_have_count(0)


def test_a_comment_that_is_refused_stays_in_the_form(site: Start, thread: Thread) -> None:
    here = site(COMMENTS_PATIENCE="0")
    thread.open(here.article())
    thread.write("Nothing of it is lost")
    with a_crowd(here):
        thread.button("Post").click()
        expect(thread.alert).to_contain_text(BUSY)
        expect(thread.alert).to_contain_text("You can try again at")
    expect(thread.text).to_have_value("Nothing of it is lost")

    thread.button("Post").click()

    expect(thread.comment("Nothing of it is lost")).to_be_visible()


def test_a_number_that_is_refused_comes_by_itself(site: Start, page: Page) -> None:
    here = site(COMMENTS_PATIENCE="0", COMMENTS_CACHE_BYTES="0")
    here.post("The first", thread="elsewhere")
    page.clock.install()
    number = page.locator("comment-count")
    with a_crowd(here), page.expect_response("**/counts?*") as answer:
        page.goto(here.article('<comment-count thread="elsewhere"></comment-count>' + here.tag))
    assert answer.value.status == 503
    # When the page has planned to ask again is not seen from here.
    for _ in range(1_000):
        if number.text_content() == "1":
            break
        page.clock.run_for(1_000)
    expect(number).to_have_text("1")


def test_when_one_may_try_again_is_said_for_as_long_as_it_is_true(
    site: Start, thread: Thread, page: Page
) -> None:
    here = site(COMMENTS_PATIENCE="0")
    page.clock.install()
    thread.open(here.article())
    thread.write("Nothing of it is lost")
    with a_crowd(here):
        thread.button("Post").click()
        expect(thread.alert).to_contain_text("You can try again at")
    page.clock.run_for(10_000)
    expect(thread.alert).not_to_contain_text("You can try again at")
    expect(thread.alert).to_contain_text(BUSY)


def test_who_sorts_while_it_is_busy_is_told_where_they_look(
    site: Start, thread: Thread, page: Page
) -> None:
    here = site(COMMENTS_PATIENCE="0", COMMENTS_CACHE_BYTES="0")
    for number in range(12):
        here.post(f"Number {number}")
    thread.open(here.article())
    with a_crowd(here):
        page.get_by_role("link", name="Newest").click()
        told = page.locator('[role="status"]', has_text=BUSY)
        expect(told).to_be_visible()
        expect(told).to_be_in_viewport()
        # What is told is not as pale as what waits.
        assert told.evaluate("(note) => getComputedStyle(note).opacity") == "1"
        around = told.locator("xpath=..")
        assert around.evaluate("(section) => getComputedStyle(section).opacity") == "1"

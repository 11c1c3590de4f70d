"""A moderator in the thread itself: what waits in its place, and the decisions below each."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from comments.web.state import EXTENSION
from tests.browser.conftest import Site, Thread
from tests.browser.test_accessibility import PHONE, violations
from tests.browser.test_queue import BOB, states

Start = Callable[..., Site]


@pytest.fixture
def here(site: Start) -> Site:
    """Ann is published, Zoe's answer waits; whoever comes is Bob, who moderates."""
    here = site()
    first = here.post("The first", name="Ann")
    here.app.extensions[EXTENSION].owner.identity_loader(lambda: None)
    held = site(COMMENTS_HOLD="all")
    held.post("An answer", name="Zoe", parent=first)
    held.app.extensions[EXTENSION].owner.identity_loader(lambda: BOB)
    return held


def test_what_waits_stands_in_its_place_and_is_approved_there(here: Site, thread: Thread) -> None:
    thread.open(here.thread())
    waiting = thread.comment("An answer")
    expect(waiting).to_contain_text("waiting for a moderator")

    waiting.get_by_role("button", name="Approve").click()

    expect(thread.comment("An answer")).to_be_focused()
    expect(thread.comment("An answer")).not_to_contain_text("waiting")
    expect(thread.heading).to_have_text("2 comments")
    assert states(here) == {"Ann": "published", "Zoe": "published"}


def test_a_comment_is_taken_away_and_brought_back(here: Site, thread: Thread) -> None:
    thread.open(here.thread())
    thread.comment("The first").get_by_role("button", name="Spam").click()
    expect(thread.button("Undo")).to_be_focused()
    expect(thread.comment("The first")).to_have_count(0)
    assert states(here)["Ann"] == "spam"

    thread.button("Undo").click()

    expect(thread.comment("The first")).to_be_focused()
    assert states(here)["Ann"] == "published"


def test_a_pin_is_set_and_taken_off(here: Site, thread: Thread) -> None:
    thread.open(here.thread())
    thread.comment("The first").get_by_role("button", name="Pin", exact=True).click()
    expect(thread.comment("The first")).to_contain_text("pinned")

    thread.comment("The first").get_by_role("button", name="Unpin").click()
    expect(
        thread.comment("The first").get_by_role("button", name="Pin", exact=True)
    ).to_be_visible()


def test_who_comes_second_is_told(here: Site, thread: Thread) -> None:
    thread.open(here.thread())
    zoe = thread.comment("An answer")
    expect(zoe.get_by_role("button", name="Spam")).to_be_visible()
    path = "/comments/api/v1/comments/2/status"
    assert here.app.test_client().put(path, json={"status": "rejected"}).status_code == 200

    zoe.get_by_role("button", name="Approve").click()

    expect(zoe.get_by_role("alert")).to_have_text("Bob has decided about it already.")
    assert states(here)["Zoe"] == "rejected"


def test_a_ban_begins_at_the_authors_page(here: Site, thread: Thread) -> None:
    thread.open(here.thread())
    link = thread.comment("The first").get_by_role("link", name="Ban…")
    expect(link).to_have_attribute("href", f"{here.base}/admin/comment/1/author")
    thread.page.goto(f"{here.base}/admin/comment/1/author")
    expect(thread.page.get_by_text("Ann", exact=True).first).to_be_visible()


def test_nobody_else_loads_any_of_it(site: Start, page: Page, requests: list[Request]) -> None:
    here = site()
    here.post("The first")
    Thread(page).open(here.thread())
    Thread(page).text.fill("Mine")
    Thread(page).name.fill("Zoe")
    Thread(page).button("Post").click()
    expect(Thread(page).comment("Mine")).to_be_focused()

    assert not any("moderate" in request.url or "waiting" in request.url for request in requests)
    expect(page.get_by_role("button", name="Spam")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_no_violation_and_fits_a_phone(
    here: Site, new_context: Callable[..., BrowserContext], scheme: str
) -> None:
    context = new_context(color_scheme=scheme, bypass_csp=True, viewport=PHONE)
    thread = Thread(context.new_page())
    thread.open(here.thread())
    expect(thread.comment("An answer").get_by_role("button", name="Approve")).to_be_visible()

    assert violations(thread.page) == []
    assert thread.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

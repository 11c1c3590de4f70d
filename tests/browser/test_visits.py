"""Since your last visit: what is marked as new, and when it is so no more."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Site
from tests.browser.returning import Returning

Start = Callable[..., Site]


@pytest.fixture
def reader(page: Page) -> Returning:
    return Returning(page)


@pytest.fixture
def visited(site: Start, reader: Returning) -> Site:
    """A thread that the reader has read; since then somebody wrote twice."""
    here = site()
    first = here.post("The first")
    reader.comes(here.thread())
    expect(reader.new).to_have_count(0)
    reader.looks()
    assert reader.kept() == "1"
    here.post("An answer", name="Ben", parent=first)
    here.post("The last", name="Carl")
    return here


def test_what_came_since_is_marked_and_counted(visited: Site, reader: Returning) -> None:
    reader.returns()

    expect(reader.heading).to_have_text("3 comments, 2 new")
    expect(reader.comment("An answer")).to_contain_text("New")
    expect(reader.comment("The last")).to_contain_text("New")
    expect(reader.comment("The first")).not_to_contain_text("New")


def test_a_reload_before_it_was_read_loses_nothing(visited: Site, reader: Returning) -> None:
    reader.returns()
    expect(reader.new).to_have_count(2)
    reader.returns()
    expect(reader.new).to_have_count(2)

    reader.looks()

    # What is being read stays marked.
    expect(reader.new).to_have_count(2)
    assert reader.kept() == "3"
    reader.returns()
    expect(reader.heading).to_have_text("3 comments")


def test_what_is_in_another_tab_is_not_read(visited: Site, reader: Returning) -> None:
    reader.returns()
    reader.hides()
    reader.looks()
    assert reader.kept() == "1"

    reader.hides(False)
    reader.looks()
    assert reader.kept() == "3"


def test_what_was_not_in_view_stays_new(visited: Site, reader: Returning) -> None:
    visited.post("A long one. " * 400, name="Dora")
    visited.post("Far below", name="Eve")
    reader.returns()
    expect(reader.heading).to_have_text("5 comments, 4 new")
    reader.looks()

    reader.returns()

    # Of the long one no more than its beginning was there to be read.
    expect(reader.heading).to_have_text("5 comments, 2 new")
    expect(reader.comment("An answer")).not_to_contain_text("New")
    expect(reader.comment("Far below")).to_contain_text("New")


def test_ones_own_are_never_new(visited: Site, reader: Returning) -> None:
    reader.returns()
    reader.post("Mine")
    expect(reader.comment("Mine")).to_be_visible()

    expect(reader.heading).to_have_text("4 comments, 2 new")
    expect(reader.comment("Mine")).not_to_contain_text("New")
    reader.looks()
    reader.returns()
    expect(reader.heading).to_have_text("4 comments")


def test_later_pages_are_counted_and_marked_as_they_come(visited: Site, reader: Returning) -> None:
    for number in range(26):
        visited.post(f"Number {number:02}", name="Fay")
    reader.returns()
    expect(reader.heading).to_have_text("29 comments, 28 new")

    reader.link("Show more comments").click()

    expect(reader.comment("Number 25")).to_contain_text("New")
    expect(reader.new).to_have_count(28)


def test_two_buttons_and_two_keys_lead_from_one_to_the_next(
    visited: Site, reader: Returning
) -> None:
    reader.returns()
    reader.button("Next new comment").click()
    reader.expect_focus("An answer")
    reader.page.keyboard.press("n")
    reader.expect_focus("The last")
    reader.page.keyboard.press("n")
    reader.expect_focus("An answer")
    reader.button("Previous new comment").click()
    reader.expect_focus("The last")
    reader.page.keyboard.press("p")
    reader.expect_focus("An answer")


def test_the_keys_write_letters_where_somebody_writes_and_can_be_put_off(
    visited: Site, reader: Returning
) -> None:
    reader.returns()
    reader.text.press_sequentially("pn")
    expect(reader.text).to_be_focused()
    expect(reader.text).to_have_value("pn")

    letters = reader.page.get_by_role("button", name="Keys: n p")
    letters.click()
    expect(letters).to_have_attribute("aria-pressed", "false")
    reader.page.keyboard.press("n")
    expect(letters).to_be_focused()


def test_a_jump_leads_to_a_page_that_is_not_shown_yet(visited: Site, reader: Returning) -> None:
    for number in range(26):
        visited.post(f"Number {number:02}", name="Fay")
    reader.returns()

    reader.button("Previous new comment").click()

    reader.expect_focus("Number 25")
    expect(reader.comment("Number 25")).to_contain_text("New")


def test_a_browser_that_keeps_nothing_marks_what_comes_while_it_looks(
    site: Start, reader: Returning
) -> None:
    here = site()
    here.post("The first")
    reader.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })"
    )
    reader.comes(here.thread())
    reader.looks()
    here.post("The second", name="Ben")

    reader.waits()
    reader.said.click()

    expect(reader.comment("The second")).to_contain_text("New")
    expect(reader.heading).to_have_text("2 comments, 1 new")


def test_nobody_is_told_what_was_read(
    visited: Site, reader: Returning, requests: list[Request]
) -> None:
    visited.vote(1)
    reader.returns()
    reader.looks()
    reader.waits()

    asked = [parse_qs(urlsplit(each.url).query).get("since") for each in requests]
    # The page's own revision and never that of the last visit.
    assert [since for since in asked if since] == [["4"], ["4"]]
    assert all(each.method == "GET" and not each.post_data for each in requests)

"""What is for some readers only: all that one has written, and a closed discussion's form."""

import json
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from flask import Flask, request
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from comments import Identity
from comments.web.state import EXTENSION
from tests.browser.conftest import KEY, Site, Thread
from tests.web import cast

Start = Callable[..., Site]
NewContext = Callable[..., BrowserContext]

BOB = Identity(id=1, name="Bob", is_moderator=True)
GONE = "Your comments, votes and everything else that was kept of you are gone."


# ── own data ─────────────────────────────────────────────────────────────────────────────────


def erase(thread: Thread) -> Locator:
    return thread.button("Erase everything you wrote…")


def kept(page: Page) -> dict[str, str]:
    """What the browser has kept; up to where somebody has read is of nobody, unless it tells of
    comments one by one."""
    found: dict[str, str] = page.evaluate("({ ...localStorage })")
    return {key: it for key, it in found.items() if ":visit:" not in key or " " in it}


def write(here: Site, thread: Thread, address: str) -> None:
    thread.open(address)
    expect(erase(thread)).to_be_hidden()
    thread.post("Mine")
    expect(thread.comment("Mine")).to_be_focused()


def test_a_guest_downloads_what_they_wrote_on_another_origin(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Somebody else's")
    write(here, thread, here.article())

    with thread.page.expect_download() as download:
        thread.button("Download your data").click()

    assert download.value.suggested_filename == "comments.json"
    copy = json.loads(Path(download.value.path()).read_text())
    assert [comment["text"] for comment in copy["comments"]] == ["Mine"]


def test_a_guest_erases_what_they_wrote_by_the_keyboard(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    here = site()
    here.post("Somebody else's")
    write(here, thread, here.article())
    thread.reload()
    press = thread.page.keyboard.press

    erase(thread).press("Enter")
    expect(thread.page.get_by_text("This erases your comments in all discussions")).to_be_focused()
    press("Tab")
    expect(thread.button("Erase everything")).to_be_focused()
    press("Enter")

    expect(thread.page.get_by_text(GONE)).to_be_focused()
    expect(thread.heading).to_have_text("1 comment")
    expect(thread.comment("Mine")).to_have_count(0)
    expect(erase(thread)).to_be_hidden()
    [left] = here.listed()
    assert "Somebody else's" in left["html"]
    assert kept(thread.page) == {}
    assert [r.url for r in requests if r.method == "DELETE"] == [f"{here.base}/api/v1/me"]


def test_nothing_is_erased_by_who_keeps_it(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    here = site()
    write(here, thread, here.thread())
    erase(thread).click()
    expect(erase(thread)).to_have_attribute("aria-expanded", "true")
    assert Axe().run(thread.page).violations_count == 0

    thread.button("Keep").click()

    expect(thread.button("Erase everything")).to_be_hidden()
    expect(erase(thread)).to_be_focused()
    expect(erase(thread)).to_have_attribute("aria-expanded", "false")
    assert not [r for r in requests if r.method == "DELETE"]


def test_a_refusal_is_told_where_it_was_asked(site: Start, thread: Thread) -> None:
    here = site()
    write(here, thread, here.article())
    erase(thread).click()
    thread.page.route("**/api/v1/me*", lambda route: route.abort())
    thread.page.route("**/api/v1/me/data", lambda route: route.abort())

    for name in ("Erase everything", "Download your data"):
        thread.button(name).click()
        expect(thread.alert).to_contain_text("The server cannot be reached.")

    expect(thread.comment("Mine")).to_be_visible()
    assert f"comments:{here.base}:token" in kept(thread.page)


def test_who_is_known_by_the_cookie_alone_is_nobody_afterwards(
    site: Start, new_context: NewContext
) -> None:
    here = site()
    context = new_context()
    page = context.new_page()
    page.route("**/*.js", lambda route: route.abort())
    page.goto(here.thread())
    page.get_by_role("textbox", name="Your comment").fill("By the cookie")
    page.get_by_role("textbox", name="Name", exact=True).fill("Zoe")
    page.get_by_role("button", name="Post").click()
    page.unroute("**/*.js")
    thread = Thread(page)
    thread.open(here.thread())

    erase(thread).click()
    thread.button("Erase everything").click()

    expect(page.get_by_text(GONE)).to_be_focused()
    assert here.listed() == []
    assert context.cookies() == []


# ── a closed discussion ──────────────────────────────────────────────────────────────────────


def closed(here: Site) -> Site:
    """Whoever says in the address that they are Bob is Bob."""

    def load() -> Identity | None:
        return BOB if "bob=1" in (request.headers.get("Referer") or "") else None

    here.post("The first")
    app: Flask = here.app
    app.extensions[EXTENSION].owner.identity_loader(load)
    cast.close(app, KEY)
    return here


def test_a_moderator_writes_and_replies_in_a_closed_discussion(site: Start, thread: Thread) -> None:
    here = closed(site())
    thread.open(here.thread("&bob=1"))
    expect(thread.text).to_be_visible()
    expect(thread.page.get_by_text("As a moderator you can write here")).to_be_visible()

    thread.text.fill("The last word")
    thread.button("Post").click()
    expect(thread.comment("The last word")).to_be_focused()
    thread.link("Reply to Ann").click()
    expect(thread.text).to_be_focused()
    thread.text.fill("An answer")
    thread.button("Post").click()

    expect(thread.comment("An answer")).to_be_focused()
    expect(thread.link("Reply to Bob")).to_have_count(2)
    expect(thread.link("Reply to Bob").first).to_be_visible()
    assert len(here.listed()) == 2


def test_a_reader_sees_no_way_to_write_in_a_closed_discussion(
    site: Start, thread: Thread, plain: Thread
) -> None:
    here = closed(site())
    thread.page.goto(here.thread(), wait_until="networkidle")
    thread.button("Upvote, comment by Ann").click()
    plain.page.goto(here.thread())

    for seen in (thread, plain):
        expect(seen.page.get_by_text("The discussion is closed.")).to_be_visible()
        expect(seen.page.get_by_text("As a moderator")).to_be_hidden()
        expect(seen.comment("The first")).to_be_visible()
        expect(seen.text).to_have_count(0)
        expect(seen.link("Reply to Ann")).to_have_count(0)


def test_a_reader_still_edits_their_own_in_a_closed_discussion(site: Start, thread: Thread) -> None:
    here = site()
    write(here, thread, here.article())
    cast.close(here.app, KEY)
    thread.reload()
    expect(thread.text).to_be_hidden()

    thread.menu(thread.comment("Mine"), "Edit")
    thread.comment("Mine").get_by_role("textbox").fill("Better")
    thread.button("Save").click()

    expect(thread.comment("Better")).to_be_focused()
    expect(thread.text).to_be_hidden()


# ── reports ──────────────────────────────────────────────────────────────────────────────────


def test_a_report_is_sent_by_the_keyboard_and_thanked_for_below_its_comment(
    site: Start, thread: Thread
) -> None:
    here = site()
    here.post("Buy this")
    thread.open(here.thread())
    press = thread.page.keyboard.press
    thread.menu(thread.comment("Buy this"), "Report")
    expect(thread.page.get_by_role("combobox")).to_be_focused()

    for _step in ("note", "Report"):
        press("Tab")
    expect(thread.button("Report")).to_be_focused()
    press("Enter")

    thanks = thread.page.get_by_text("Thank you. A moderator will look at it.")
    expect(thanks).to_be_focused()
    body = thread.comment("Buy this").locator("[data-body]")
    place, text = thanks.bounding_box(), body.bounding_box()
    assert place and text and place["x"] == text["x"]

"""The queue as a moderator works it: by keyboard alone, by finger, and without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import request
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from comments import Identity
from comments.models import Comment, Decision, Status
from comments.web.state import EXTENSION
from tests.browser.conftest import Site
from tests.browser.test_accessibility import DESK, PHONE, violations

Start = Callable[..., Site]
NewContext = Callable[..., BrowserContext]

BOB = Identity(id=1, name="Bob", is_moderator=True)


@pytest.fixture
def held(site: Start) -> Site:
    """Five comments that wait, from Ann 1 to Ann 5; whoever comes to the queue is Bob."""
    here = site(COMMENTS_HOLD="all")
    for number in range(1, 6):
        here.post(f"Number {number}", name=f"Ann {number}")
    sign_in(here)
    return here


def sign_in(here: Site, who: Identity | None = BOB) -> None:
    def load() -> Identity | None:
        return who if request.path.startswith("/comments/admin") else None

    here.app.extensions[EXTENSION].owner.identity_loader(load)


def states(here: Site) -> dict[str, str]:
    """Where each comment stands, by its author's name."""
    return {row.author_name: row.status.value for row in _rows(here, Comment)}


def _rows(here: Site, model: Any) -> list[Any]:
    with here.app.app_context():
        session = here.app.extensions[EXTENSION].session()
        return list(session.query(model).order_by(model.id))


def decide(here: Site, name: str, status: Status) -> None:
    """Another moderator decides about the comment of *name*."""
    comment = next(row for row in _rows(here, Comment) if row.author_name == name)
    # As a script of the page would; the loader says who it is.
    act = {"published": "approve", "spam": "spam"}[status.value]
    sign_in(here, Identity(id=2, name="Eve", is_moderator=True))
    answer = here.app.test_client().post(
        "/comments/admin/queue/decide",
        data={"id": comment.id, "act": act},
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 303, answer.text
    sign_in(here)


def open_queue(page: Page, here: Site, query: str = "") -> None:
    page.goto(f"{here.base}/admin/queue{query}")
    ready(page)
    expect(page.get_by_role("button", name="Keys")).to_be_visible()


def ready(page: Page) -> None:
    """Waits until the scripts of the page have run: a key that comes before them does nothing."""
    page.evaluate("import(document.querySelector('script[type=module]').src)")


def entry(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem", name=f"Comment by {name}", exact=True)


def notice(page: Page) -> Locator:
    return page.locator("[data-notice]")


# ── by keyboard alone ────────────────────────────────────────────────────────────────────────


def test_a_queue_is_worked_by_keyboard_alone(held: Site, page: Page) -> None:
    open_queue(page, held)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.keyboard.press("j")
    expect(entry(page, "Ann 5")).to_be_focused()

    for key, name, told in [
        ("a", "Ann 5", "1 comment approved."),
        ("s", "Ann 4", "1 comment is spam."),
        ("r", "Ann 3", "1 comment rejected."),
        ("d", "Ann 2", "1 comment deleted."),
    ]:
        expect(entry(page, name)).to_be_focused()
        page.keyboard.press(key)
        expect(entry(page, name)).to_have_count(0)
        expect(notice(page)).to_contain_text(told)
        expect(page.locator("[data-status]")).to_have_text(told)

    expect(entry(page, "Ann 1")).to_be_focused()
    assert states(held) == {
        "Ann 1": "pending",
        "Ann 2": "deleted",
        "Ann 3": "rejected",
        "Ann 4": "spam",
        "Ann 5": "published",
    }
    expect(page.locator('[data-count="pending"]')).to_have_text("1")
    assert loads == []

    page.keyboard.press("s")
    expect(page.get_by_text("Everything is decided.")).to_be_visible()


def test_the_last_decisions_are_taken_back_one_after_the_other(held: Site, page: Page) -> None:
    open_queue(page, held)
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(entry(page, "Ann 4")).to_be_focused()

    page.keyboard.press("u")
    expect(entry(page, "Ann 5")).to_be_focused()
    expect(notice(page)).to_contain_text("Taken back.")

    assert set(states(held).values()) == {"pending"}


def test_moving_and_ticking_and_deciding_about_what_is_ticked(held: Site, page: Page) -> None:
    open_queue(page, held)
    for key in "jjxjxk":
        page.keyboard.press(key)
    expect(entry(page, "Ann 4")).to_be_focused()
    expect(page.get_by_text("Ticked: 2")).to_be_visible()

    page.keyboard.press("Shift+S")

    expect(notice(page)).to_contain_text("2 comments are spam.")
    expect(entry(page, "Ann 4")).to_have_count(0)
    assert [name for name, state in states(held).items() if state == "spam"] == ["Ann 3", "Ann 4"]


def test_enter_opens_and_a_decision_there_stays_on_the_page(held: Site, page: Page) -> None:
    open_queue(page, held)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Comment by Ann 5")
    ready(page)

    page.keyboard.press("j")
    page.keyboard.press("a")

    expect(notice(page)).to_contain_text("1 comment approved.")
    expect(entry(page, "Ann 5")).to_contain_text("published")
    expect(entry(page, "Ann 5")).to_be_focused()
    page.keyboard.press("p")
    expect(entry(page, "Ann 5")).to_contain_text("pinned")


@pytest.mark.parametrize("keys", ["Control+a", "Meta+s", "Alt+d"])
def test_a_key_with_a_modifier_is_the_browsers(held: Site, page: Page, keys: str) -> None:
    open_queue(page, held)
    page.keyboard.press("j")

    page.keyboard.press(keys)
    page.keyboard.press("x")

    expect(page.get_by_text("Ticked: 1")).to_be_visible()
    assert set(states(held).values()) == {"pending"}


def test_no_key_acts_while_a_field_or_the_help_is_used(held: Site, page: Page) -> None:
    open_queue(page, held)
    page.get_by_role("combobox").focus()
    page.keyboard.press("s")
    page.get_by_role("listitem", name="Comment by Ann 5").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("s")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(entry(page, "Ann 5")).to_be_focused()
    assert set(states(held).values()) == {"pending"}


def test_before_something_is_looked_at_a_decision_only_goes_there(held: Site, page: Page) -> None:
    open_queue(page, held)
    page.keyboard.press("d")

    expect(entry(page, "Ann 5")).to_be_focused()
    assert set(states(held).values()) == {"pending"}


# ── what may go wrong ────────────────────────────────────────────────────────────────────────


def test_who_comes_second_is_told_who_was_first_and_sees_it(held: Site, page: Page) -> None:
    open_queue(page, held)
    decide(held, "Ann 5", Status.PUBLISHED)
    page.keyboard.press("j")
    page.keyboard.press("s")

    expect(entry(page, "Ann 5").locator(".a-error")).to_have_text(
        "Eve has decided about it already."
    )
    expect(entry(page, "Ann 5")).to_contain_text("published")
    expect(page.locator("[data-alert]")).to_contain_text("Eve has decided")
    assert states(held)["Ann 5"] == "published"


def test_without_a_network_the_entry_comes_back_with_a_sentence(held: Site, page: Page) -> None:
    open_queue(page, held)
    page.route("**/queue/decide*", lambda route: route.abort())
    page.keyboard.press("j")
    page.keyboard.press("s")

    expect(notice_of_trouble(page)).to_contain_text("Nothing was changed.")
    expect(entry(page, "Ann 5")).to_be_visible()
    assert set(states(held).values()) == {"pending"}


@pytest.mark.parametrize(
    ("fail", "told"),
    [
        (lambda route: route.abort(), "Nothing was changed."),
        (lambda route: route.fulfill(json=None), "Please reload"),
        (lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"), "Please reload"),
    ],
    ids=["no network", "an answer of nothing", "a proxy's page"],
)
def test_after_one_press_that_failed_the_next_one_works(
    held: Site, page: Page, fail: Callable[[Route], None], told: str
) -> None:
    # Before the page is there: on a busy machine a request may be quicker than what should meet it.
    page.route("**/queue/decide*", fail, times=1)
    open_queue(page, held)
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.keyboard.press("a")

    expect(notice(page)).to_contain_text("1 comment approved.")
    expect(entry(page, "Ann 4")).to_have_count(0)
    expect(entry(page, "Ann 5").locator(".a-error")).to_contain_text(told)
    assert states(held)["Ann 5"] == "pending"


def test_more_can_be_asked_for_again_after_it_failed(site: Start, page: Page) -> None:
    here = site(COMMENTS_HOLD="all")
    for number in range(27):
        here.post(f"Number {number}", name=f"Ann {number}")
    sign_in(here)
    open_queue(page, here)
    page.route("**/queue?*after=*", lambda route: route.fulfill(json=None), times=1)
    more = page.get_by_role("link", name="More")
    more.click()
    expect(notice_of_trouble(page)).to_contain_text("Please reload")

    more.click()

    expect(page.locator("[data-entry]")).to_have_count(27)


def test_undo_pressed_twice_says_that_it_is_taken_back_already(held: Site, page: Page) -> None:
    open_queue(page, held)
    page.keyboard.press("j")
    page.keyboard.press("s")
    undo = notice(page).locator("form")
    undo.evaluate("(form) => { form.requestSubmit(); form.requestSubmit(); }")

    expect(notice_of_trouble(page)).to_have_text("That has been taken back already.")
    expect(entry(page, "Ann 5")).to_be_visible()
    page.keyboard.press("u")
    expect(notice_of_trouble(page)).to_have_text("There is nothing to take back.")


def test_a_session_that_has_ended_leads_to_the_sign_in_and_back(held: Site, page: Page) -> None:
    open_queue(page, held, "?show=pending&order=oldest")
    sign_in(held, None)
    page.keyboard.press("j")
    page.keyboard.press("s")

    expect(notice_of_trouble(page)).to_contain_text("Please sign in first.")
    expect(entry(page, "Ann 1")).to_be_visible()
    notice_of_trouble(page).get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    back = page.locator('input[name="back"]').first
    expect(back).to_have_value("/comments/admin/queue?show=pending&order=oldest")


def notice_of_trouble(page: Page) -> Locator:
    return page.locator(".a-notice-bad")


def test_the_list_goes_on_before_it_runs_out(site: Start, page: Page) -> None:
    here = site(COMMENTS_HOLD="all")
    for number in range(40):
        here.post(f"Number {number}", name=f"Ann {number}")
    sign_in(here)
    open_queue(page, here)
    expect(page.locator("[data-entry]")).to_have_count(25)

    for _ in range(25):
        page.keyboard.press("j")

    expect(page.locator("[data-entry]")).to_have_count(40)
    expect(page.locator("[data-more]")).to_have_count(0)


def test_a_list_that_is_redrawn_listens_to_nothing_new(held: Site, page: Page) -> None:
    page.add_init_script("""
        globalThis.listeners = 0;
        const { addEventListener } = EventTarget.prototype;
        EventTarget.prototype.addEventListener = function (...given) {
            if (this instanceof AbortSignal) globalThis.listeners++;
            return addEventListener.apply(this, given);
        };
    """)
    open_queue(page, held)
    before = page.evaluate("globalThis.listeners")
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.keyboard.press("u")
    expect(notice(page)).to_contain_text("Taken back.")
    expect(entry(page, "Ann 5").locator("time").first).to_have_text("now")

    assert page.evaluate("globalThis.listeners") == before == 1


# ── all that match ───────────────────────────────────────────────────────────────────────────


def test_all_that_match_are_cleared_at_once_and_come_back(held: Site, page: Page) -> None:
    open_queue(page, held)
    held.post("Later", name="Zoe")
    page.get_by_label("all 5 that match").check()
    page.locator("#bulk").get_by_role("button", name="Spam").click()

    expect(notice(page)).to_contain_text("5 comments are spam.")
    # What came after the page was drawn was not meant.
    expect(entry(page, "Zoe")).to_be_visible()
    assert states(held)["Zoe"] == "pending"

    page.get_by_role("button", name="Undo").first.click()
    expect(entry(page, "Ann 1")).to_be_visible()
    assert set(states(held).values()) == {"pending"}


# ── without JavaScript, and on a phone ───────────────────────────────────────────────────────


def test_it_works_without_javascript(held: Site, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{held.base}/admin/queue")
    entry(page, "Ann 4").get_by_role("button", name="Spam").click()

    expect(notice(page)).to_contain_text("1 comment is spam.")
    expect(entry(page, "Ann 4")).to_have_count(0)
    notice(page).get_by_role("button", name="Undo").click()
    expect(entry(page, "Ann 4")).to_be_visible()

    entry(page, "Ann 1").get_by_role("checkbox").check()
    page.locator("#bulk").get_by_role("button", name="Approve").click()
    expect(notice(page)).to_contain_text("1 comment approved.")
    assert states(held)["Ann 1"] == "published"


def test_a_conflict_without_javascript_shows_how_it_stands(
    held: Site, new_context: NewContext
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{held.base}/admin/queue")
    decide(held, "Ann 5", Status.SPAM)
    entry(page, "Ann 5").get_by_role("button", name="Approve").click()

    expect(notice(page)).to_contain_text("Eve has decided about it already.")
    expect(entry(page, "Ann 5")).to_contain_text("spam")
    expect(entry(page, "Ann 5").get_by_role("button", name="Approve")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    held: Site, new_context: NewContext, language: str
) -> None:
    held.post("long" * 200, name="W" * 60)
    page = new_context(viewport=PHONE).new_page()
    page.goto(f"{held.base}/admin/queue?lang={language}")
    ready(page)
    expect(page.locator("[data-entry]").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.locator("main button:visible, main select").evaluate_all(
        "(all) => all.filter((one) => one.getBoundingClientRect().height < 32).length"
    )
    assert small == 0


# ── everybody ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_queue_has_no_violation(site: Start, new_context: NewContext, scheme: str) -> None:
    here = site()
    first = here.post("> a quote\n\nand a [link](https://example.test/)", name="Ann")
    here.post("A reply", name="Zoe", parent=first)
    report = {"reason": "abuse", "note": "Look"}
    path = f"/comments/api/v1/comments/{first}/reports"
    here.app.test_client().post(path, json=report)
    sign_in(here)
    context = new_context(
        color_scheme=scheme, reduced_motion="reduce", bypass_csp=True, viewport=DESK
    )
    page = context.new_page()
    for query in ("?show=published", "?show=reported", "?show=spam", "?show=reported&lang=ar"):
        page.goto(f"{here.base}/admin/queue{query}")
        expect(page.locator("main")).to_be_visible()
        assert violations(page) == [], query
    open_queue(page, here, "?show=reported")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(notice(page)).to_contain_text("1 comment kept.")
    assert violations(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_every_decision_is_in_the_log_once(held: Site, page: Page) -> None:
    open_queue(page, held)
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(notice(page)).to_contain_text("1 comment is spam.")

    entries = [row for row in _rows(held, Decision) if row.batch]
    assert [(row.actor, row.actor_name, row.after) for row in entries] == [
        ("host:1", "Bob", "spam")
    ]

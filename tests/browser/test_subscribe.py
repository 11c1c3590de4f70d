"""Readers who want mail: the row in the form, the form of its own, and the pages behind links."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from comments.models import Letter, Subscription
from comments.notify.links import Holder, seal
from comments.standalone import POSTMAN
from tests.browser.conftest import Site, Thread
from tests.browser.test_accessibility import reader, violations
from tests.browser.test_inline import ASKED, open_article, panel, pick, write
from tests.browser.test_inline import select as select_text
from tests.web.cast import state_of

__all__ = ["reader"]

Start = Callable[..., Site]

SENT = "Look into your mailbox"


@pytest.fixture
def here(site: Start) -> Site:
    """A site whose letters nobody fetches."""
    found = site(COMMENTS_SMTP_URI="smtp://127.0.0.1:1", COMMENTS_MAIL_FROM="c@blog.example")
    found.app.extensions[POSTMAN].stop()
    return found


def wishes(here: Site) -> list[Subscription]:
    with here.app.app_context():
        session = state_of(here.app).session()
        session.rollback()
        return list(session.scalars(select(Subscription).order_by(Subscription.id)))


def question(here: Site) -> str:
    """The address of the page behind the link in the last mail."""
    with here.app.app_context():
        letters = select(Letter.text).order_by(Letter.id.desc())
        text = state_of(here.app).session().scalars(letters).first() or ""
    [link] = [line for line in text.splitlines() if "/confirm?" in line]
    return here.base + link[link.index("/subscriptions/") :]


def own_list(here: Site) -> str:
    token = seal(state_of(here.app).keys, Holder(wishes(here)[0].subscriber_id))
    return f"{here.base}/subscriptions?token={token}"


def confirm(here: Site, page: Page) -> None:
    page.goto(question(here))
    page.get_by_role("button", name="Yes, mail me").click()
    expect(page.get_by_text("You are subscribed.")).to_be_visible()


def test_a_comment_in_the_embed_subscribes_its_writer(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    thread.text.click()
    thread.page.get_by_label("Notify of").select_option("New replies to my comments")
    thread.text.fill("With mail, please")
    thread.name.fill("Ann")
    thread.button("Post").click()
    # An address is asked for before anything is sent.
    expect(thread.page.get_by_label("E-mail (not shown)")).to_be_focused()
    thread.page.get_by_label("E-mail (not shown)").fill("ann@example.org")
    thread.button("Post").click()

    expect(thread.page.get_by_text(SENT)).to_be_visible()
    assert [(str(one.scope), one.comment_id) for one in wishes(here)] == [("replies", 0)]


def test_a_reply_subscribes_to_what_is_below_it(here: Site, thread: Thread) -> None:
    here.post("The first")
    thread.open(here.article())
    thread.link("Reply to Ann").click()
    thread.page.get_by_label("Tell me about replies by mail").check()
    thread.page.get_by_label("E-mail (not shown)").fill("bea@example.org")
    thread.post("An answer", name="Bea")

    expect(thread.page.get_by_text(SENT)).to_be_visible()
    [one] = wishes(here)
    assert (str(one.scope), one.comment_id) == ("comment", 2)
    # The form is one for comments again, and asks about the thread.
    thread.text.click()
    expect(thread.page.get_by_label("Notify of")).to_be_visible()


def test_one_subscribes_below_the_discussion_and_ends_it_there(here: Site, thread: Thread) -> None:
    page = thread.page
    thread.open(here.article())
    thread.link("Subscribe").click()
    form = page.get_by_role("form", name="Subscribe")
    form.get_by_label("E-mail (not shown)").fill("nobody@nowhere")
    form.get_by_role("button", name="Subscribe").click()
    expect(form.get_by_text("That is not an e-mail address.")).to_be_visible()
    form.get_by_label("E-mail (not shown)").fill("ann@example.org")
    form.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text(SENT)).to_be_focused()

    confirm(here, page)
    thread.open(here.article())
    thread.link("Subscribe").click()
    expect(page.get_by_text("You are mailed new comments here.")).to_be_visible()
    page.get_by_role("button", name="End").click()
    expect(page.get_by_text("Ended.")).to_be_visible()
    assert [one.confirmed_at for one in wishes(here)] == [None]


def test_what_mail_needs_comes_when_somebody_writes(here: Site, thread: Thread) -> None:
    asked: list[str] = []
    thread.page.on("request", lambda request: asked.append(request.url))
    thread.open(here.article())
    thread.page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "subscribe" in url]
    thread.text.click()
    expect(thread.page.get_by_label("Notify of")).to_be_visible()
    assert [url.rpartition("/")[2].partition("?")[0] for url in asked if "subscribe" in url] == [
        "subscribe.js",
        "subscribe",
        "subscribe.css",
    ]


def test_beside_a_passage_no_mail_is_offered_that_needs_an_address_first(
    here: Site, thread: Thread
) -> None:
    open_article(thread, here)
    thread.text.click()
    expect(thread.page.get_by_label("Notify of")).to_be_visible()
    tick = panel(thread).get_by_label("Tell me about replies by mail")

    thread.button(f"Comments on this passage: 0. Asked here: {ASKED}").click()
    panel(thread).get_by_role("textbox", name="Your comment").press_sequentially("At three.")
    expect(tick).to_have_count(0)
    thread.page.keyboard.press("Escape")
    thread.page.get_by_label("E-mail (not shown)").fill("ann@example.org")
    select_text(thread.page, "night shift")
    pick(thread).click()
    tick.check()
    write(thread, "At half past two.")

    expect(panel(thread).get_by_role("article")).to_contain_text("At half past two.")
    expect(panel(thread).get_by_text(SENT)).to_be_visible()
    assert str(wishes(here)[0].scope) == "comment"


def test_no_page_of_it_has_a_violation(here: Site, reader: Thread) -> None:
    page = reader.page
    page.goto(f"{here.base}/subscribe?key=harbour")
    page.get_by_label("E-mail").fill("ann@example.org")
    assert violations(page) == []
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    page.goto(question(here))
    assert violations(page) == []
    confirm(here, page)
    assert violations(page) == []
    page.get_by_role("button", name="End:").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Undo").click()
    page.goto(own_list(here).replace("/subscriptions?", "/unsubscribe?"))
    assert violations(page) == []


def test_the_row_and_the_form_have_no_violation(here: Site, reader: Thread) -> None:
    reader.open(here.article())
    reader.text.click()
    expect(reader.page.get_by_label("Notify of")).to_be_visible()
    reader.link("Subscribe").click()
    expect(reader.page.get_by_role("form", name="Subscribe")).to_be_visible()
    assert violations(reader.page) == []

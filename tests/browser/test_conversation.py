"""Two readers, two browsers, a real mail server: the conversation comes back to those who left."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from comments.standalone import POSTMAN
from tests.browser.conftest import Site, Thread
from tests.browser.returning import FIRST_MS, Returning
from tests.browser.test_inline import (
    ARTICLE,
    SECOND,
    article,
    marks,
    open_article,
    panel,
    pick,
    select,
    write,
)
from tests.services.smtp import MailServer, Received

Start = Callable[..., Site]

EDITED = ARTICLE.replace(
    f"<p>{SECOND}</p>",
    "<p>A word before it.</p><p>The hospital's night shift ends at half past 2.</p>",
)


def fetch(here: Site, mail: MailServer, count: int) -> Received:
    """The last of so many mails, once the service has sent what is due."""
    here.app.extensions[POSTMAN].wake()
    return mail.wait_for(count)[-1]


def link(mail: Received, part: str) -> str:
    text = mail.message.get_body(("plain",))
    assert text is not None
    return re.findall(rf"http\S+{part}\S+", text.get_content())[0]


def subscribe(thread: Thread, here: Site, mail: MailServer) -> None:
    """Ann comments, wants mail about replies, and says yes behind the link in the mail."""
    thread.text.click()
    thread.page.get_by_label("Notify of").select_option("New replies to my comments")
    thread.page.get_by_label("E-mail (not shown)").fill("ann@example.org")
    thread.post("The stop has no roof.", name="Ann")
    expect(thread.page.get_by_text("Look into your mailbox")).to_be_visible()
    tab = thread.page.context.new_page()
    tab.goto(link(fetch(here, mail, 1), "/confirm"))
    tab.get_by_role("button", name="Yes, mail me").click()
    expect(tab.get_by_text("You are subscribed.")).to_be_visible()
    tab.close()


def unsubscribe(here: Site, mail: Received) -> None:
    """What a mail program does when its reader presses its one button."""
    url = str(mail.message["List-Unsubscribe"]).strip("<>")
    client = here.app.test_client()
    answer = client.post(url, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


def test_two_readers_and_their_mail(
    site: Start, mail_server: MailServer, page: Page, new_context: Callable[..., BrowserContext]
) -> None:
    here = site(
        COMMENTS_SMTP_URI=mail_server.uri,
        COMMENTS_MAIL_FROM="Comments <c@blog.example>",
        COMMENTS_MAIL_WAIT="0",
    )
    ann, bea = Returning(page), Thread(new_context().new_page())
    ann.open(article(here))
    subscribe(ann, here, mail_server)
    ann.stays()

    bea.open(article(here))
    bea.link("Reply to Ann").click()
    expect(bea.text).to_be_focused()
    bea.post("They promised one.", name="Bea")
    expect(bea.comment("They promised one.")).to_be_visible()

    told = fetch(here, mail_server, 2)
    assert told.recipients == ["ann@example.org"]
    assert "They promised one." in str(told.message.get_body(("plain",)))
    assert told.message["In-Reply-To"] in told.message["References"]
    ann.waits(FIRST_MS)
    ann.said.click()
    expect(ann.comment("They promised one.")).to_be_visible()

    unsubscribe(here, told)
    page.goto(link(told, "/subscriptions"))
    expect(page.get_by_text("Nothing is mailed to you.")).to_be_visible()


def test_a_comment_on_a_sentence_holds_when_the_article_is_edited(
    site: Start, thread: Thread, new_context: Callable[..., BrowserContext]
) -> None:
    here = site()
    open_article(thread, here)
    select(thread.page, SECOND)
    pick(thread).click()
    write(thread, "Since last year.")
    expect(panel(thread).get_by_text("Since last year.")).to_be_visible()

    bea = Thread(new_context().new_page())
    open_article(bea, here, EDITED)
    marks(bea.page).first.click()

    expect(panel(bea)).to_contain_text("Since last year.")
    found = bea.page.evaluate("[...CSS.highlights.values()].flatMap((all) => [...all].map(String))")
    assert any("half past 2" in passage for passage in found)

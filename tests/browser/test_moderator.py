"""From the command line to the moderation views: a new moderator's first minute, and the next."""

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_accessibility import violations

Start = Callable[..., Site]

GOOD = "seven green bicycles"


def link_from_the_command_line(here: Site) -> str:
    words = ["comments", "moderators", "add", "ann@example.org", "--url", here.service]
    printed = here.app.test_cli_runner().invoke(args=words).output
    found = re.search(r"http\S+token=\S+", printed)
    assert found, printed
    return found.group()


def test_a_new_moderator_sets_a_password_and_comes_back_with_it(site: Start, page: Page) -> None:
    here = site()
    page.goto(link_from_the_command_line(here))
    page.get_by_label("Your name, as readers see it").fill("Ann")
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set it and sign in").click()
    expect(page.get_by_text("At least 10 characters.")).to_be_visible()
    page.get_by_label("New password").fill(GOOD)
    page.get_by_role("button", name="Set it and sign in").click()
    expect(page).to_have_url(re.compile("/comments/admin/queue"))

    page.goto(f"{here.base}/account")
    expect(page.get_by_text("This browser")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(f"{here.base}/admin/overview")
    page.get_by_role("link", name="Sign in").click()
    form = page.get_by_role("form", name="With a password")
    form.get_by_label("E-mail").fill("ann@example.org")
    form.get_by_label("Password").fill(GOOD)
    form.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{here.base}/admin/overview")


def test_its_pages_are_for_everybody(site: Start, page: Page) -> None:
    """axe finds nothing, on a phone, in the dark."""
    here = site(COMMENTS_SMTP_URI="smtp://127.0.0.1:1", COMMENTS_MAIL_FROM="c@blog.test")
    page.set_viewport_size({"width": 375, "height": 700})
    page.emulate_media(color_scheme="dark")
    link = link_from_the_command_line(here)
    for address in (link, f"{here.base}/sign-in", f"{here.base}/sign-in/link?token=x"):
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.goto(link)
    page.get_by_label("Your name, as readers see it").fill("Ann")
    page.get_by_role("button", name="Go on without one").click()
    page.goto(f"{here.base}/account")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_an_owner_appoints_somebody_on_a_phone(site: Start, page: Page) -> None:
    here = site()
    page.set_viewport_size({"width": 375, "height": 700})
    page.goto(link_from_the_command_line(here))
    page.get_by_label("Your name, as readers see it").fill("Ann")
    page.get_by_label("New password").fill(GOOD)
    page.get_by_role("button", name="Set it and sign in").click()
    page.goto(f"{here.base}/admin/moderators")
    page.get_by_label("E-mail").fill("bea@example.org")
    page.get_by_role("button", name="Appoint").click()
    expect(page.get_by_label("Link to set a password")).to_have_value(re.compile("token="))

    # The row of places is wider than the screen, and shows where one is.
    expect(page.get_by_role("link", name="Moderators")).to_be_in_viewport(ratio=0.99)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 375

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").filter(has_text="Taken back.")).to_be_visible()
    expect(page).to_have_url(re.compile("/admin/moderators"))
    page.get_by_role("link", name="Your account: Ann").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()

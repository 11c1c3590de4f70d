"""Discussions, words, log and overview in a browser: for everybody, and without a script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from comments import Identity
from comments.models import Letter
from comments.web.state import EXTENSION
from tests.browser.conftest import KEY, Site
from tests.browser.test_accessibility import DESK, PHONE, violations
from tests.factories import NOON

Start = Callable[..., Site]
NewContext = Callable[..., BrowserContext]

OWNER = Identity(id=1, name="Olga", is_owner=True)
VIEWS = ("threads", "thread/1", "words", "log", "overview", "messages", "log?person=nobody")


@pytest.fixture
def worked(site: Start) -> Site:
    """Three comments in two discussions, of which Olga has closed one; she owns the site."""
    here = site()
    here.app.extensions[EXTENSION].owner.identity_loader(lambda: OWNER)
    here.post("Read this first.")
    here.post("سؤال واحد فقط", name="سلمى")
    here.post("A discussion of its own", thread="a-very-long-key/" + "of-an-article-" * 12)
    for path, fields in (
        ("thread/1/rename", {"key": KEY, "title": "The harbour"}),
        ("thread/2/close", {"closed": "1"}),
        ("words/add", {"list": "hold", "words": "plonk\nبائع"}),
        ("queue/decide", {"id": "2", "act": "spam"}),
        ("thread/1/alias", {"key": "2019/harbour"}),
    ):
        press(here, path, fields)
    write_messages(here)
    return here


def write_messages(here: Site) -> None:
    """One that arrived and one that did not, to a long address."""
    with here.app.app_context():
        session = here.app.extensions[EXTENSION].session()
        for facts in (
            {"sent_at": NOON},
            {"attempts": 10, "error": "450 4.2.2", "recipient": f"a@{'long-' * 11}name.example"},
        ):
            letter = {"recipient": "a@b.example", "subject": "", "text": "Hi", "created_at": NOON}
            session.add(Letter(**(letter | facts)))
        session.commit()


def press(here: Site, path: str, fields: dict[str, str]) -> None:
    origin = {"Origin": "http://localhost"}
    client = here.app.test_client()
    answer = client.post(f"/comments/admin/{path}", data=fields, headers=origin)
    assert answer.status_code == 303, answer.text


def open_view(page: Page, here: Site, view: str) -> None:
    page.goto(f"{here.base}/admin/{view}")
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_view_has_a_violation_or_is_wider_than_its_screen(
    worked: Site, new_context: NewContext, scheme: str, size: dict[str, int]
) -> None:
    page = new_context(color_scheme=scheme, viewport=size, bypass_csp=True).new_page()
    for view in VIEWS:
        open_view(page, worked, view)
        assert violations(page) == [], view
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def test_the_policy_lets_all_of_the_views_be_drawn(worked: Site, new_context: NewContext) -> None:
    page = new_context().new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    for view in VIEWS:
        open_view(page, worked, f"{view}{'&' if '?' in view else '?'}lang=ar")
    assert refused == []


def test_a_discussion_is_merged_and_parted_without_a_script(
    worked: Site, new_context: NewContext
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    open_view(page, worked, "threads")
    page.get_by_role("link", name="a-very-long-key").click()
    page.get_by_label("Key of the discussion to merge").fill(KEY)
    page.get_by_role("button", name="Merge").click()
    expect(page.locator(".a-notice")).to_contain_text("Discussions merged.")
    expect(page.locator("h1")).to_have_text("The harbour")

    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".a-notice")).to_contain_text("Taken back.")
    open_view(page, worked, "threads")
    expect(page.get_by_role("row")).to_have_count(3)


def test_a_text_is_tried_without_a_script(worked: Site, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    open_view(page, worked, "words")
    page.get_by_label("A comment").fill("What a plonk")
    page.get_by_role("button", name="Try").click()
    expect(page.locator(".a-notice")).to_contain_text("plonk")
    expect(page.locator(".w-counts")).to_contain_text("decides")


def test_the_log_is_downloaded(worked: Site, new_context: NewContext) -> None:
    page = new_context().new_page()
    open_view(page, worked, "log")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as CSV").click()
    lines = started.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("number,at,by,name,action")
    assert len(lines) == 6

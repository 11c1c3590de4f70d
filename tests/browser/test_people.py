"""The views of people and of the search: everybody can use them, on any screen."""

import re
from collections.abc import Callable

import pytest
from flask import request
from playwright.sync_api import BrowserContext, Page, expect

from comments import Identity
from comments.models import Comment
from comments.web.state import EXTENSION
from tests.browser.conftest import Site
from tests.browser.test_accessibility import DESK, PHONE, violations

Start = Callable[..., Site]
NewContext = Callable[..., BrowserContext]

BOB = Identity(id=1, name="Bob", is_moderator=True)


@pytest.fixture
def busy(site: Start) -> Site:
    """Guests of one household and one of another script; whoever comes to the views is Bob."""
    here = site()
    here.post("The tram was late **again**, and nobody told us why.", name="Benedikta-Alexandrina")
    here.post("Cheap shoes at https://shoes.example", name="Shoe Shop")
    here.post("文章写得很好", name="小明")
    here.post("هذا المقال رائع، شكرًا لكم", name="فاطمة")

    def load() -> Identity | None:
        return BOB if request.path.startswith("/comments/admin") else None

    here.app.extensions[EXTENSION].owner.identity_loader(load)
    return here


def author(here: Site, name: str) -> str:
    with here.app.app_context():
        session = here.app.extensions[EXTENSION].session()
        found = session.query(Comment).filter_by(author_name=name).one()
        return str(found.author_id)


def ban(here: Site, target: str, **fields: str) -> None:
    answer = here.app.test_client().post(
        "/comments/admin/people/ban",
        data={"target": target, "duration": "week"} | fields,
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 303, answer.text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_the_views_have_no_violation_and_fit_the_screen(
    busy: Site, new_context: NewContext, scheme: str, screen: dict[str, int]
) -> None:
    shop = author(busy, "Shoe Shop")
    ban(busy, shop, reason="sells shoes")
    ban(busy, author(busy, "小明"), shadow="1", duration="good")
    context = new_context(color_scheme=scheme, bypass_csp=True, viewport=screen)
    page = context.new_page()
    for path in (
        "people",
        "people?find=Shoe",
        "people?find=nobody",
        f"people?id={shop}",
        "search",
        "search?text=shoes.example",
        "search?text=nothing&since=never",
    ):
        page.goto(f"{busy.base}/admin/{path}")
        assert violations(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path


def test_a_moderator_finds_somebody_bans_them_and_takes_it_back_without_a_script(
    busy: Site, new_context: NewContext
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{busy.base}/admin/people")
    page.get_by_label("Name, tag or id").fill("shoe")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Shoe Shop").click()
    page.get_by_label("For how long").select_option("30 days")
    page.get_by_label("Reason").fill("sells shoes")
    page.get_by_label("Also make spam of what they have written").check()
    page.get_by_role("button", name="Ban", exact=True).click()
    expect(page.locator("[data-notice]")).to_contain_text("Banned.")
    assert "Cheap shoes" not in str(busy.listed())

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-notice]")).to_contain_text("Taken back.")
    assert "Cheap shoes" in str(busy.listed())


def test_a_moderator_finds_a_comment_in_any_script(busy: Site, page: Page) -> None:
    page.goto(f"{busy.base}/admin/search")
    for typed, name in (("写得很", "小明"), ("شكرا", "فاطمة"), ("TRAM aga", "Benedikta")):
        page.get_by_label("Text").fill(typed)
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("listitem", name=f"Comment by {name}")).to_have_count(1)


def test_the_end_of_a_ban_is_a_date_and_what_was_done_is_read_first(
    busy: Site, new_context: NewContext
) -> None:
    shop = author(busy, "Shoe Shop")
    page = new_context(viewport=DESK).new_page()
    page.goto(f"{busy.base}/admin/people?id={shop}")
    page.get_by_role("button", name="Ban", exact=True).click()
    expect(page.locator("[data-notice]")).to_be_focused()
    expect(page.locator("[data-notice]")).to_contain_text("Banned.")
    expect(page.locator(".p-banned time")).to_have_text(re.compile(r"\d{4}"))
    expect(page.locator(".p-banned").get_by_role("button", name="Lift")).to_be_visible()

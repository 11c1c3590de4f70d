"""Everybody can read, write and vote: axe on every page in both schemes, and what it cannot see."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from comments.models import AuthorKind, Comment, Letter
from tests.browser.conftest import Site, Thread

Start = Callable[..., Site]
NewContext = Callable[..., BrowserContext]

PHONE = {"width": 375, "height": 720}
DESK = {"width": 1280, "height": 800}
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options=_RULES).response["violations"]
    return [
        f"{v['id']}: {node['html']} {node['failureSummary']}" for v in found for node in v["nodes"]
    ]


@pytest.fixture(params=["light", "dark"])
def reader(request: pytest.FixtureRequest, new_context: NewContext) -> Thread:
    """A page in each colour scheme; axe has to be let past the policy."""
    context = new_context(
        color_scheme=request.param, reduced_motion="reduce", bypass_csp=True, viewport=DESK
    )
    return Thread(context.new_page())


def make_moderator(here: Site, comment: int) -> None:
    with here.app.app_context():
        db = here.app.extensions["sqlalchemy"]
        db.session.get(Comment, comment).author_kind = AuthorKind.MODERATOR
        db.session.commit()


@pytest.fixture
def busy(site: Start) -> Site:
    """A thread with something of everything: six levels, scripts of the world, code, a gap."""
    here = site()
    parent = here.post(
        "> a quote\n\nText with `code`, a [link](https://example.test/) and\n\n1. a list",
        website="https://ann.example",
    )
    here.vote(parent)
    for level in range(6):
        parent = here.post(
            f"Level {level} " + "and-a-very-long-word-" * 8,
            name="Benedikta-Alexandrina",
            parent=parent,
        )
    here.post("هذا المقال رائع، شكرًا لكم", name="فاطمة")
    here.post("文章写得很好", name="小明")
    make_moderator(here, here.post("From the editors", name="Greta"))
    here.post("```\n" + "code that is wide " * 20 + "\n```", name="A" * 60)
    return here


def test_the_thread_page_has_no_violation(busy: Site, reader: Thread) -> None:
    reader.open(busy.thread())
    expect(reader.heading).to_have_text("11 comments")

    assert violations(reader.page) == []


def test_the_embed_has_no_violation(busy: Site, reader: Thread) -> None:
    reader.open(busy.article())
    expect(reader.heading).to_have_text("11 comments")

    assert violations(reader.page) == []


def test_an_open_form_with_a_mistake_has_no_violation(busy: Site, reader: Thread) -> None:
    reader.open(busy.article())
    reader.link("Reply to Ann").first.click()
    expect(reader.text).to_be_focused()
    reader.post("A text", name="Moderator")
    expect(reader.name).to_have_attribute("aria-invalid", "true")

    assert violations(reader.page) == []


def test_ones_own_comment_has_no_violation(site: Start, reader: Thread) -> None:
    reader.open(site(COMMENTS_HOLD="all").article())
    reader.post("Patience")
    expect(reader.comment("Patience")).to_be_focused()
    reader.open_menu(reader.comment("Patience"))
    expect(reader.link("Edit")).to_be_visible()
    assert violations(reader.page) == []

    reader.link("Edit").click()
    expect(reader.button("Save")).to_be_visible()
    assert violations(reader.page) == []


def test_folded_and_reported_has_no_violation(busy: Site, reader: Thread) -> None:
    reader.open(busy.thread())
    reader.button("6 replies to Ann").press("Enter")
    reader.menu(reader.comment("文章写得很好"), "Report")
    expect(reader.page.get_by_role("combobox")).to_be_focused()

    assert violations(reader.page) == []


def test_an_empty_thread_has_no_violation(site: Start, reader: Thread) -> None:
    reader.open(site().thread())
    expect(reader.heading).to_have_text("No comments yet")

    assert violations(reader.page) == []


def test_a_failed_load_has_no_violation(site: Start, reader: Thread) -> None:
    reader.page.route("**/fragment/thread?*", lambda route: route.abort())
    reader.open(site().article())
    expect(reader.alert).to_be_visible()

    assert violations(reader.page) == []


def test_the_pages_without_javascript_have_no_violation(site: Start, reader: Thread) -> None:
    here = site()
    context = reader.page.context
    reader.page.goto(here.thread())
    # The cookie of the forms, as a browser without JavaScript gets it.
    context.request.post(
        f"{here.base}/post".replace("comments.test", "127.0.0.1"),
        form={"key": "harbour", "body": "Mine", "name": "Zoe"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    comment = here.listed()[0]["id"]
    local = here.base.replace("comments.test", "127.0.0.1")
    for path in (
        "mine?key=harbour",
        f"comment/{comment}/edit",
        f"comment/{comment}/delete",
        f"comment/{comment}/report",
        "comment/999/report",
        f"thread?key=harbour&reply={comment}",
    ):
        reader.page.goto(f"{local}/{path}")
        expect(reader.page.get_by_role("heading", level=1)).to_be_visible()
        assert violations(reader.page) == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_the_pages_of_ones_own_data_have_no_violation_and_fit_the_screen(
    site: Start, new_context: NewContext, scheme: str, screen: dict[str, int]
) -> None:
    here = site(
        COMMENTS_SMTP_URI="smtp://127.0.0.1:1",
        COMMENTS_MAIL_FROM="comments@mail.example",
    )
    page = new_context(color_scheme=scheme, viewport=screen, bypass_csp=True).new_page()

    def check(what: str) -> None:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert violations(page) == [], what
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what

    for path in ("mine/erase?key=harbour", "mine/by-mail"):
        page.goto(f"{here.base}/{path}")
        check(f"{path}, of nobody")
    email = page.get_by_role("textbox", name="E-mail")
    email.fill("a-long-name-of-somebody@a-long-name-of-a-place.example")
    page.get_by_role("button", name="Mail me a link").click()
    expect(page).to_have_title("Look into your mail")
    check("a link is on its way")
    page.goto(data_link(here))
    check("what the link is for")
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("status")).to_contain_text("are gone")
    check("erased by the link")

    # Without a script a browser is known by its cookie.
    page.route("**/*.js", lambda route: route.abort())
    page.goto(here.thread())
    Thread(page).post("Mine")
    expect(page).to_have_url(re.compile("/thread|/mine"))
    expect(page.get_by_text("Mine", exact=True)).to_be_visible()
    page.goto(f"{here.base}/mine/erase?key=harbour")
    check("erase?")
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("status")).to_contain_text("are gone")
    check("erased")


def data_link(here: Site) -> str:
    """The address in the letter that waits to be sent."""
    with here.app.app_context():
        letter = here.app.extensions["sqlalchemy"].session.query(Letter).one()
    [token] = re.findall(r"token=(\S+)", letter.text)
    return f"{here.base}/mine/by-mail/link?token={token}"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    busy: Site, new_context: NewContext, language: str
) -> None:
    page = new_context(viewport=PHONE).new_page()
    for address in (busy.thread(f"&lang={language}"), busy.article()):
        page.goto(address)
        expect(Thread(page).heading).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        narrowest = page.locator("[data-comment]").evaluate_all(
            "(all) => Math.min(...all.map((one) => one.clientWidth))"
        )
        assert narrowest > 240


def test_every_control_is_large_enough_for_a_finger(busy: Site, new_context: NewContext) -> None:
    page = new_context(viewport=PHONE).new_page()
    page.goto(busy.thread())
    Thread(page).text.focus()
    expect(Thread(page).button("Post")).to_be_visible()

    small = page.locator(
        "section button:visible, [data-do=menu], [data-do=reply], [data-do=sort], .c-input:visible"
    ).evaluate_all(
        """(all) => all.map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
          .filter(([, box]) => Math.min(box.width, box.height) < 24)
          .map(([html, box]) => `${html} ${box.width} × ${box.height}`)"""
    )

    assert small == []


def test_the_focus_is_always_seen(busy: Site, page: Page) -> None:
    page.goto(busy.thread())
    expect(Thread(page).heading).to_be_visible()

    for _ in range(30):
        page.keyboard.press("Tab")
        ring = page.locator(":focus").evaluate(
            "(one) => parseFloat(getComputedStyle(one).outlineWidth)"
        )
        assert ring >= 1.5


def test_nothing_moves_for_who_wants_no_motion(busy: Site, reader: Thread) -> None:
    reader.open(busy.thread())
    expect(reader.heading).to_be_visible()

    moving = reader.page.locator("section *").evaluate_all(
        "(all) => all.filter((one) => getComputedStyle(one).transitionDuration !== '0s').length"
    )

    assert moving == 0


def test_forced_colours_keep_a_vote_visible(busy: Site, new_context: NewContext) -> None:
    page = new_context(forced_colors="active").new_page()
    page.goto(busy.thread())
    up = Thread(page).button("Upvote, comment by فاطمة")
    colour = "(up) => getComputedStyle(up, '::before').backgroundColor"
    before = up.evaluate(colour)

    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")

    assert up.evaluate(colour) != before

"""Readers whom the page around signed in: its JWT, and where a fresh one comes from."""

import itertools
import time
from collections.abc import Callable

import jwt
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import KEY, Site, Thread

Start = Callable[..., Site]
SECRET = "secret-of-the-blog-long-enough-to-be-one"


@pytest.fixture
def here(site: Start) -> Site:
    started = site(COMMENTS_SSO_SECRETS=f"BLOG={SECRET}")
    started.policy[0] = started.policy[0].replace("connect-src", "connect-src 'self'")
    return started


def token(here: Site, name: str = "Dora", ends: float = 300, **more: object) -> str:
    claims = {"aud": here.blog, "sub": "42", "name": name, "exp": int(time.time() + ends)}
    return jwt.encode(claims | more, SECRET, algorithm="HS256")


def article(here: Site, attributes: str) -> str:
    return here.article(here.tag.replace("data-thread", f"{attributes} data-thread"))


def author(here: Site) -> tuple[str, str]:
    [comment] = here.listed()
    return comment["author"]["name"], comment["author"]["kind"]


def test_a_reader_whom_the_site_signed_in_writes_under_that_name(
    here: Site, thread: Thread
) -> None:
    thread.open(article(here, f'data-sso="{token(here)}"'))
    thread.text.click()
    expect(thread.page.get_by_text("Commenting as Dora")).to_be_visible()
    expect(thread.name).to_be_hidden()

    thread.text.fill("From the blog")
    thread.button("Post").click()

    expect(thread.comment("From the blog")).to_contain_text("Dora")
    assert author(here) == ("Dora", "user")
    # Nothing of it is kept here, and there is nothing to sign out of.
    assert (
        thread.page.evaluate("Object.keys(localStorage).filter((key) => /token/.test(key))") == []
    )
    expect(thread.button("Sign out")).to_have_count(0)


def test_the_site_is_asked_for_a_token_and_for_a_fresh_one_when_it_ends(
    here: Site, thread: Thread
) -> None:
    names = itertools.cycle(["Dora", "Dora Q."])
    here.answers["me.jwt"] = lambda: token(here, next(names))
    stale = token(here, "Dora the old", ends=-100)
    thread.open(article(here, f'data-sso="{stale}" data-sso-url="/me.jwt"'))
    thread.text.click()
    expect(thread.page.get_by_text("Commenting as Dora", exact=True)).to_be_visible()

    # A token that looks good and is not: the server says so, and another is fetched.
    thread.page.locator("comment-thread").evaluate(
        "(element, token) => element.setAttribute('sso', token)", token(here, sub="x")[:-3] + "AAA"
    )
    expect(thread.page.get_by_text("Commenting as Dora Q.", exact=True)).to_be_visible()
    thread.text.fill("Still me")
    thread.button("Post").click()

    expect(thread.comment("Still me")).to_be_visible()
    assert author(here) == ("Dora Q.", "user")


@pytest.mark.parametrize(
    ("answer", "attributes"),
    [
        (lambda: ("", 204), ""),
        (lambda: ("", 401), ""),
        (lambda: {"token": None}, ""),
        (lambda: ("", 204), 'data-sso="e30.e30.x"'),
    ],
)
def test_who_is_not_signed_in_there_is_a_guest(
    here: Site, thread: Thread, answer: Callable[[], object], attributes: str
) -> None:
    here.answers["me.jwt"] = answer
    thread.open(article(here, f'{attributes} data-sso-url="/me.jwt"'))

    thread.post("As a guest", name="Gil")

    expect(thread.comment("As a guest")).to_be_visible()
    assert author(here) == ("Gil", "guest")


def test_who_was_signed_in_does_not_go_on_under_another_name(here: Site, thread: Thread) -> None:
    here.answers["me.jwt"] = lambda: {"token": token(here)}
    thread.open(article(here, 'data-sso-url="/me.jwt"'))
    thread.text.click()
    expect(thread.page.get_by_text("Commenting as Dora")).to_be_visible()
    here.answers["me.jwt"] = lambda: ("", 401)
    # The site takes its word back: from now on its tokens are worth nothing.
    state = here.app.extensions["comments"]
    object.__setattr__(state.settings, "sso_secrets", ())

    thread.text.fill("Kept")
    thread.button("Post").click()

    expect(thread.alert).to_have_text("You are no longer signed in. Your text is kept.")
    expect(thread.name).to_be_visible()
    expect(thread.text).to_have_value("Kept")
    assert here.listed() == []
    thread.name.fill("Gil")
    thread.button("Post").click()
    expect(thread.comment("Kept")).to_be_visible()


def test_a_page_says_later_who_its_reader_is(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    thread.write("Half a sentence")

    thread.page.locator("comment-thread").evaluate(
        "(element, token) => element.setAttribute('sso', token)", token(here)
    )

    expect(thread.page.get_by_text("Commenting as Dora")).to_be_visible()
    expect(thread.text).to_have_value("Half a sentence")
    thread.page.locator("comment-thread").evaluate("(element) => element.removeAttribute('sso')")
    expect(thread.name).to_be_visible()


def test_a_token_is_never_asked_of_another_origin(here: Site, thread: Thread) -> None:
    asked: list[str] = []
    thread.page.on("request", lambda request: asked.append(request.url))
    thread.page.add_init_script(
        "window.told = []; document.addEventListener('comments:error', (event) =>"
        " told.push(event.detail.message))"
    )
    thread.open(article(here, f'data-sso-url="{here.service}/healthz"'))

    thread.page.wait_for_function("() => told.length")

    assert "of another origin" in thread.page.evaluate("told[0]")
    assert not [url for url in asked if "healthz" in url]
    assert here.listed(KEY) == []

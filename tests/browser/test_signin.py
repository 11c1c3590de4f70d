"""Signing in from a blog's page at a real provider: a window of the service, and the way around."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Thread
from tests.services.oidc import OpenIdProvider
from tests.services.smtp import MailServer

Start = Callable[..., Site]


@pytest.fixture
def here(site: Start, openid_provider: OpenIdProvider) -> Site:
    return site(COMMENTS_OIDC=openid_provider.setting)


def set_out(thread: Thread) -> Page:
    """The window in which one signs in."""
    thread.text.click()
    with thread.page.expect_popup() as opened:
        thread.link("Our staff").click()
    return opened.value


def say_who(window: Page, login: str = "dora") -> None:
    window.get_by_label("Who are you?").fill(login)
    window.get_by_role("button", name="Sign in").click()


def author(here: Site) -> tuple[str, str]:
    [comment] = here.listed()
    return comment["author"]["name"], comment["author"]["kind"]


def kept(thread: Thread, here: Site, name: str = "token") -> str | None:
    value: str | None = thread.page.evaluate(
        "(name) => localStorage.getItem(name)", f"comments:{here.base}:{name}"
    )
    return value


def test_a_reader_signs_in_in_a_window_and_writes_as_a_member(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    thread.text.fill("Begun as a guest")
    window = set_out(thread)
    with window.expect_event("close"):
        say_who(window)

    expect(thread.page.get_by_text("Commenting as Dora")).to_be_visible()
    expect(thread.text).to_have_value("Begun as a guest")
    thread.button("Post").click()

    expect(thread.comment("Begun as a guest")).to_contain_text("Dora")
    assert author(here) == ("Dora", "user")
    assert kept(thread, here, "window") is None
    # The journey was over with the sign-in, and the blog's origin never had a cookie.
    assert [c["name"] for c in thread.page.context.cookies(here.blog)] == []
    assert "comments_session" not in str(thread.page.context.cookies(here.base))


def test_what_was_written_as_a_guest_here_is_the_members(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    thread.post("Before", name="Gil")
    expect(thread.comment("Before")).to_contain_text("Gil")
    say_who(set_out(thread))
    expect(thread.page.get_by_text("Commenting as Dora")).to_be_visible()

    thread.reload()

    expect(thread.comment("Before")).to_contain_text("Dora")
    expect(thread.comment("Before").get_by_text("you", exact=True)).to_be_visible()


def test_signing_out_makes_a_guest_again(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    say_who(set_out(thread))
    token = thread.page.wait_for_function(
        "(name) => localStorage.getItem(name)", arg=f"comments:{here.base}:token"
    ).json_value()
    thread.button("Sign out").click()

    expect(thread.name).to_be_visible()
    assert kept(thread, here) is None
    headers = {"Authorization": f"Bearer {token}", "Origin": here.blog}
    me = here.app.test_client().get("/comments/api/v1/me?thread=x", headers=headers)
    assert me.status_code == 401


def test_a_window_that_is_closed_changes_nothing(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    window = set_out(thread)
    expect(window.get_by_label("Who are you?")).to_be_visible()
    window.close()

    expect(thread.link("Our staff")).to_be_focused()
    thread.post("As a guest", name="Gil")

    expect(thread.comment("As a guest")).to_be_visible()
    assert author(here) == ("Gil", "guest")


def test_who_cancels_reads_so_and_may_try_again(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    window = set_out(thread)
    window.get_by_role("button", name="Cancel").click()
    expect(window.get_by_role("alert")).to_have_text("You did not sign in with Our staff.")

    window.get_by_role("link", name="Try again").click()
    say_who(window)

    expect(thread.page.get_by_text("Commenting as Dora")).to_be_visible()


_FORGE = """([origin, nonce]) => {
  const message = { type: "comments-token", token: "m~forged", window: nonce };
  dispatchEvent(new MessageEvent("message", { data: message, origin, source: window }));
  window.postMessage(message, "*");
}"""


def test_a_message_from_anybody_else_is_not_heard(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    window = set_out(thread)
    window.get_by_label("Who are you?").wait_for()
    nonce = kept(thread, here, "window")

    # From the page itself, even where it claims the service's origin; from the window, but of the
    # provider's origin; and from the right place without what the page knows its own by.
    thread.page.evaluate(_FORGE, [here.service, nonce])
    window.evaluate(
        "(nonce) => opener.postMessage({ token: 'm~forged', window: nonce }, '*')", nonce
    )
    window.evaluate("(address) => location.assign(address)", f"{here.service}/healthz")
    window.wait_for_url("**/healthz")
    window.evaluate("opener.postMessage({ token: 'm~forged', window: 'guessed' }, '*')")
    thread.page.evaluate("new Promise((done) => setTimeout(done))")

    assert kept(thread, here) is None
    assert not window.is_closed()


def test_where_no_window_opens_the_page_goes_and_comes_back(here: Site, thread: Thread) -> None:
    thread.page.add_init_script("window.open = () => null")
    thread.open(here.article(path="story") + "?a=1")
    thread.text.fill("Kept on the way")
    thread.link("Our staff").click()
    say_who(thread.page)

    expect(thread.page.get_by_text("Commenting as Dora")).to_be_visible()
    expect(thread.text).to_have_value("Kept on the way")
    assert thread.page.url == f"{here.blog}/story?a=1"
    thread.page.go_back()
    assert "comments-token" not in thread.page.url


def test_a_page_that_is_cut_off_from_its_windows_hears_of_it(here: Site, thread: Thread) -> None:
    thread.open(here.article())
    window = set_out(thread)
    window.get_by_label("Who are you?").wait_for()
    # As `Cross-Origin-Opener-Policy` does it.
    window.add_init_script("window.opener = null")
    say_who(window)

    expect(thread.page.get_by_text("Commenting as Dora")).to_be_visible()


def test_a_link_with_somebodys_token_signs_nobody_in(here: Site, thread: Thread) -> None:
    """Login CSRF: only who set out here comes back here."""
    address = here.article()
    for fragment in (
        "#comments-window=1-2&comments-token=m~theirs",
        "#comments-window=&comments-token=m~theirs",
        "#comments-token=m~theirs",
    ):
        thread.page.goto("about:blank")
        thread.open(address + fragment)
        assert kept(thread, here) is None


def test_without_a_script_one_signs_in_on_our_own_page(here: Site, plain: Thread) -> None:
    plain.page.goto(here.thread())
    plain.link("Our staff").click()
    say_who(plain.page)

    plain.page.wait_for_url(here.thread("&sort=oldest"))
    plain.text.fill("Without a script")
    plain.name.fill("Whatever")
    plain.button("Post").click()

    expect(plain.comment("Without a script")).to_contain_text("Dora")


def test_a_mailed_address_is_shown_to_be_ones_own_on_the_page_where_one_wrote(
    site: Start, mail_server: MailServer, thread: Thread
) -> None:
    here = site(COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@blog.example")
    thread.open(here.article())
    thread.write("Hello", "Gil")
    thread.page.get_by_label("E-mail").fill("gil@example.org")
    thread.button("Post").click()
    expect(thread.comment("Hello")).to_contain_text("Gil")
    mail = mail_server.wait_for(1)[0].text
    link = re.search(r"http\S+/verify\S+", mail)
    assert link

    thread.page.goto(link[0])
    thread.page.get_by_role("link", name="Yes, that is me").click()

    expect(thread.page.get_by_role("status")).to_contain_text("carry the tag of your address")
    assert here.listed()[0]["author"]["verified"] is True
    assert "comments-verify" not in thread.page.url


def test_in_another_browser_the_link_shows_nothing(
    site: Start, mail_server: MailServer, thread: Thread
) -> None:
    here = site(COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@blog.example")
    here.post("Hello", "Carol", email="gil@example.org")
    link = re.search(r"token=([\w-]+)", mail_server.wait_for(1)[0].text)
    assert link
    thread.open(here.article())
    thread.post("Mine", "Gil")
    expect(thread.comment("Mine")).to_contain_text("Gil")

    thread.page.goto("about:blank")
    thread.open(f"{here.article()}#comments-verify={link[1]}")

    expect(thread.page.get_by_role("alert")).to_contain_text("in the browser in which you wrote")
    assert not any(comment["author"]["verified"] for comment in here.listed())

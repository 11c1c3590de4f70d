"""An *@name* in a text leads to the comment of whom it means, where the reader is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site, Thread

Start = Callable[..., Site]


@pytest.fixture
def here(site: Start) -> Site:
    """Zoe names Ann, and links to a page of her own that looks like a place in this one."""
    here = site()
    first = here.post("The first", name="Ann")
    here.post(f"@Ann, see [my page](https://zoe.example/#comment-{first})", name="Zoe")
    return here


def test_in_the_embed_it_reveals_the_comment_and_stays_on_the_page(
    here: Site, thread: Thread
) -> None:
    thread.open(here.article())
    thread.page.route("https://zoe.example/**", lambda route: route.abort())
    # The pointer that comes near brings the script of it.
    with thread.page.expect_response("**/static/actions.js") as script:
        thread.link("@Ann").hover()
    # Until it has run, the link leads where it would without a script.
    thread.page.evaluate("(address) => import(address).then(() => null)", script.value.url)

    thread.link("@Ann").click()

    expect(thread.comment("The first")).to_be_focused()
    expect(thread.page).to_have_url(f"{here.blog}/")
    with thread.page.expect_request("https://zoe.example/**"):
        thread.link("my page").click()


def test_without_a_script_it_opens_the_thread_there(here: Site, plain: Thread) -> None:
    plain.page.goto(here.thread())

    plain.link("@Ann").click()

    expect(plain.page.locator("[data-highlight]")).to_contain_text("The first")

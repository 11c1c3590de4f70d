"""The small sum that a guest's browser does, and the field that no person sees."""

import hashlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from comments.screening import work
from tests.browser.conftest import Site, Thread

Start = Callable[..., Site]

HELD = {"COMMENTS_HOLD": "links"}


def in_module(page: Page, here: Site, script: str, argument: Any) -> Any:
    """What *script*, a function of the module and *argument*, gives in a page of ours."""
    page.goto(here.thread())
    address = f"{here.base}/static/work.js"
    return page.evaluate(
        f"([address, argument]) => import(address).then((module) => ({script})(module, argument))",
        [address, argument],
    )


def test_its_hash_is_that_of_everybody_else(site: Start, page: Page) -> None:
    choice = random.Random(1)
    texts = [
        "",
        "abc",
        "ä" * 70,
        *("".join(choice.choices("abcXYZ09_-:", k=n)) for n in range(200)),
    ]
    hashes = in_module(page, site(), "(module, texts) => texts.map(module.sha256)", texts)
    assert hashes == [hashlib.sha256(text.encode()).hexdigest() for text in texts]


@pytest.mark.parametrize("length", [1, 54, 56, 63, 64, 130])
def test_it_finds_the_same_number_as_we_do(site: Start, page: Page, length: int) -> None:
    script = """(module, given) => {
      const tries = module.search(given + ":", 10);
      for (;;) { const nonce = tries(); if (nonce !== undefined) return nonce; }
    }"""
    given = "x" * length
    assert in_module(page, site(), script, given) == work.solve(given, 10)


def test_a_guest_who_types_is_published_with_it_unseen(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    here = site(**HELD)
    thread.open(here.article())
    thread.post("A careful thought.")
    expect(thread.comment("A careful thought.")).to_be_visible()
    expect(thread.status).to_have_text("Your comment is published.")
    assert [comment["html"] for comment in here.listed()] == ["<p>A careful thought.</p>"]
    [posted] = [it for it in requests if it.method == "POST"]
    assert set(posted.post_data_json["work"]) == {"challenge", "nonce"}
    assert "subject" not in posted.post_data_json


def test_the_next_comment_gets_another(site: Start, thread: Thread) -> None:
    here = site(**HELD)
    thread.open(here.article())
    for body in ("The first", "The second"):
        thread.post(body)
        expect(thread.comment(body)).to_be_visible()
    assert len(here.listed()) == 2


def test_nobody_who_only_reads_loads_it(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    here = site()
    here.post("Something to read")
    thread.open(here.article())
    expect(thread.comment("Something to read")).to_be_visible()
    assert [it.url for it in requests if "work.js" in it.url or "challenge" in it.url] == []


def test_without_an_answer_the_comment_is_sent_all_the_same(site: Start, thread: Thread) -> None:
    here = site(**HELD)
    thread.page.route("**/challenge?*", lambda route: route.abort())
    thread.open(here.article())
    thread.post("No sum")
    expect(thread.status).to_contain_text("waiting for a moderator")
    expect(thread.comment("No sum")).to_contain_text("without the small sum")
    assert here.listed() == []


def test_without_javascript_a_comment_waits_and_says_so(site: Start, plain: Thread) -> None:
    here = site(COMMENTS_HOLD="first")
    plain.page.goto(here.thread())
    plain.post("Plain")
    expect(plain.comment("Plain")).to_contain_text("waiting for a moderator")
    expect(plain.comment("Plain")).to_contain_text("without the small sum")
    plain.page.goto(here.thread())
    expect(plain.comment("Plain")).to_have_count(0)


def test_one_that_was_rejected_says_so_in_its_place(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.article())
    thread.write("I am a program")
    thread.page.locator('[name="subject"]').fill("anything", force=True)
    thread.button("Post").click()
    expect(thread.status).to_contain_text("Your comment was not published.")
    expect(thread.comment("I am a program")).to_contain_text("not published")
    thread.reload()
    expect(thread.comment("I am a program")).to_contain_text("A moderator can still let it")
    assert here.listed() == []


def test_nobody_meets_the_field_by_keyboard_by_eye_or_by_ear(site: Start, thread: Thread) -> None:
    here = site()
    thread.page.goto(here.thread())
    thread.text.click()
    seen = []
    for _ in range(8):
        thread.page.keyboard.press("Tab")
        seen.append(thread.page.evaluate("document.activeElement.name"))
    assert "name" in seen and "website" in seen and "subject" not in seen
    size = thread.page.locator(".c-away").bounding_box()
    assert size is not None and size["width"] <= 1 and size["height"] <= 1
    expect(thread.page.get_by_label("Leave this empty")).to_have_count(1)
    expect(thread.page.get_by_role("textbox", name="Leave this empty")).to_have_count(0)
    found = Axe().run(thread.page)
    assert found.violations_count == 0, found.generate_report()

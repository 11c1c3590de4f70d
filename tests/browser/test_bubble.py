"""The bubble: what comes while the page is open, without moving what is being read."""

from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from comments import Status
from tests.browser.conftest import KEY, Site
from tests.browser.returning import FIRST_MS, MOST_MS, Returning
from tests.browser.test_accessibility import PHONE, violations
from tests.web import cast

Start = Callable[..., Site]
NewContext = Callable[..., BrowserContext]

ARTICLE = "<br>" * 120


@pytest.fixture
def reader(page: Page) -> Returning:
    return Returning(page)


@pytest.fixture
def busy(site: Start) -> Site:
    """A thread that is longer than a window, the first comment by somebody with a token."""
    here = site()
    for name in ("Ann", "Ben", "Carl", "Dora", "Eve"):
        here.post(f"{name} says a good deal. " * 60, name=name)
    return here


def remove(here: Site, comment: int) -> None:
    """A moderator takes it away."""
    cast.decide(here.app, comment, Status.SPAM)


def pulses(requests: list[Request]) -> list[str]:
    return [each.url.partition("/pulse?")[2] for each in requests if "/pulse?" in each.url]


# ── what comes ───────────────────────────────────────────────────────────────────────────────


def test_what_comes_is_told_and_put_in_when_asked_for(busy: Site, reader: Returning) -> None:
    reader.comes_near(busy.article(ARTICLE + busy.tag))
    reader.page.locator("comment-thread").scroll_into_view_if_needed()
    reader.comment("Ben says").scroll_into_view_if_needed()
    stood = reader.top("Ben says")
    busy.post("An answer", name="Fay", parent=1)
    busy.post("One more", name="Gus")
    reader.waits()

    expect(reader.said).to_have_text("2 new comments — show")
    expect(reader.comment("An answer")).to_have_count(0)
    assert reader.top("Ben says") == stood
    reader.page.clock.run_for(200)
    expect(reader.status).to_have_text("2 new comments — show")

    reader.said.click()
    reader.expect_focus("An answer")
    expect(reader.comment("An answer")).to_contain_text("New")
    expect(reader.comment("One more")).to_be_visible()
    expect(reader.heading).to_have_text("7 comments, 2 new")
    expect(reader.said).to_be_hidden()


def test_an_answer_under_what_is_not_shown_is_led_to(busy: Site, reader: Returning) -> None:
    for number in range(26):
        busy.post(f"Number {number:02}", name="Hal")
    reader.comes(busy.thread())
    busy.post("Under the last", name="Fay", parent=31)
    reader.waits()

    reader.said.click()

    reader.expect_focus("Under the last")


def test_an_edit_and_a_removal_out_of_view_come_without_moving_the_text(
    busy: Site, reader: Returning
) -> None:
    writer = cast.visitor(busy.app, "alice")
    written = writer.says("Something quick", thread=KEY)
    reply = busy.post("Not for long", name="Fay", parent=1)
    reader.comes(busy.thread("&sort=newest"))
    reader.comment("Carl says").scroll_into_view_if_needed()
    reader.page.mouse.wheel(0, 200)
    stood = reader.top("Carl says")

    assert writer.edit(written["id"], "Something slow, and long. " * 80).status_code == 200
    remove(busy, reply)
    reader.waits()

    expect(reader.comment("Something slow")).to_be_attached()
    expect(reader.comment("Not for long")).to_have_count(0)
    # A window scrolls by whole pixels.
    assert abs(reader.top("Carl says") - stood) < 0.5
    expect(reader.said).to_be_hidden()


def test_what_is_looked_at_changes_when_its_reader_says_so(site: Start, reader: Returning) -> None:
    here = site()
    here.post("The first")
    gone = here.post("Not for long", name="Ben")
    reader.comes(here.thread())
    remove(here, gone)
    reader.waits()

    expect(reader.said).to_have_text("The discussion has changed — show")
    expect(reader.comment("Not for long")).to_be_visible()
    reader.said.click()
    expect(reader.comment("Not for long")).to_have_count(0)
    expect(reader.heading).to_have_text("1 comment")


def test_a_text_that_is_being_written_is_not_touched(site: Start, reader: Returning) -> None:
    here = site()
    gone = here.post("Not for long")
    reader.comes(here.thread())
    reader.link("Reply to Ann").click()
    expect(reader.text).to_be_focused()
    reader.text.fill("But that is")
    remove(here, gone)
    here.post("Meanwhile", name="Ben")
    reader.waits()

    reader.said.click()

    expect(reader.comment("Meanwhile")).to_be_visible()
    expect(reader.text).to_have_value("But that is")
    expect(reader.comment("Not for long")).to_be_visible()


def test_what_was_closed_comes_back_with_the_next_one(site: Start, reader: Returning) -> None:
    here = site()
    here.post("The first")
    reader.comes(here.thread())
    here.post("The second", name="Ben")
    reader.waits()
    reader.button("Close").click()
    expect(reader.said).to_be_hidden()

    here.post("The third", name="Carl")
    reader.waits()

    expect(reader.said).to_have_text("2 new comments — show")


def test_it_leads_to_the_thread_and_hides_there(busy: Site, reader: Returning) -> None:
    reader.comes(busy.article("<p>Short.</p>" + busy.tag + ARTICLE))
    reader.page.mouse.wheel(0, 20_000)
    go = reader.page.get_by_role("button", name="5 comments")
    expect(go).to_be_visible()
    box = go.bounding_box()
    assert box is not None and min(box["width"], box["height"]) >= 44

    go.click()

    expect(reader.heading).to_be_focused()
    expect(go).to_be_hidden()


def test_a_number_is_said_as_the_language_counts(site: Start, reader: Returning) -> None:
    """The server's own sentences in a language are a matter of its catalogue."""
    here = site()
    reader.comes(here.thread("&lang=ar"))
    said = reader.page.evaluate(
        """async () => {
          const { Watch } = await import("/comments/static/news.js");
          const watch = new Watch(document.querySelector("comment-thread"));
          await watch.look();
          for (const one of document.querySelectorAll("section")) one.lang = "ar";
          const forms = watch.take('[data-forms="new"]');
          for (const form of forms.children) form.textContent = `${form.dataset.n}: {n}`;
          return [1, 2, 7, 14, 102, 5000].map((n) => watch.sentence("new", n));
        }"""
    )
    assert said == ["1: 1", "2: 2", "3: 7", "11: 14", "100: 102", "100: 5000"]


# ── asking ───────────────────────────────────────────────────────────────────────────────────


def test_one_question_is_asked_for_everything_on_the_page(
    site: Start, reader: Returning, requests: list[Request]
) -> None:
    here = site()
    here.post("The first")
    another = f'<comment-thread thread="second" base="{here.base}"></comment-thread>'
    count = f'<comment-count thread="third" base="{here.base}"></comment-count>'
    reader.comes(here.article(f"{another}<p>There are {count}.</p>{here.tag}"))
    expect(reader.bubble).to_have_count(2)
    here.post("Elsewhere", thread="third")
    here.post("In the second", thread="second")
    reader.waits()

    [asked] = [parse_qsl(query) for query in pulses(requests)]
    threads = [("thread", KEY), ("since", "1"), ("thread", "second"), ("since", "0")]
    assert asked in (
        [*threads, ("count", "third")],
        [*threads[2:], *threads[:2], ("count", "third")],
    )
    expect(reader.page.locator("comment-count")).to_have_text("1")
    expect(reader.said.filter(has_text="1 new comment — show")).to_be_visible()


def test_the_page_asks_less_often_the_longer_nothing_comes(
    site: Start, reader: Returning, requests: list[Request]
) -> None:
    here = site()
    here.post("The first")
    reader.comes(here.thread())
    reader.waits()
    reader.page.clock.run_for(20_000)
    assert len(pulses(requests)) == 1
    for _ in range(4):
        reader.waits(MOST_MS)
    here.post("The second", name="Ben")
    reader.waits(MOST_MS)
    expect(reader.said).to_be_visible()
    # Once something has come, as often as at first.
    reader.waits(FIRST_MS)


def test_a_tab_nobody_looks_at_asks_nothing(
    site: Start, reader: Returning, requests: list[Request]
) -> None:
    here = site()
    here.post("The first")
    reader.comes(here.thread())
    reader.hides()
    reader.page.clock.run_for(10 * MOST_MS)
    assert pulses(requests) == []

    with reader.page.expect_response("**/pulse?*"):
        reader.hides(False)
        reader.page.clock.run_for(1)


def test_a_server_that_wants_rest_gets_it(
    site: Start, reader: Returning, requests: list[Request]
) -> None:
    here = site()
    here.post("The first")
    here.post("The second", name="Ben")

    def busy(route: Route) -> None:
        route.fulfill(status=503, headers={"Retry-After": "300"})

    reader.page.route("**/pulse?*", busy)
    reader.comes(here.thread())
    reader.waits()
    reader.page.clock.run_for(290_000)
    assert len(pulses(requests)) == 1
    reader.waits(130_000)


def test_nothing_is_asked_once_the_thread_has_left_the_page(
    site: Start, reader: Returning, requests: list[Request]
) -> None:
    here = site()
    here.post("The first")
    reader.comes(here.article())
    reader.page.evaluate("document.querySelector('comment-thread').remove()")
    reader.page.clock.run_for(10 * MOST_MS)
    assert pulses(requests) == []


# ── the invitation, and the settings ─────────────────────────────────────────────────────────

INVITATION = "Would love your thoughts, please comment."


def test_it_invites_once_where_nobody_has_written(site: Start, reader: Returning) -> None:
    here = site()
    reader.comes_near(here.article(ARTICLE + here.tag))
    expect(reader.said).to_have_text(INVITATION)

    reader.button("Close").click()

    expect(reader.said).to_be_hidden()
    reader.comes_near(reader.page.url)
    expect(reader.said).to_be_hidden()


def test_who_takes_the_invitation_can_write_at_once(site: Start, reader: Returning) -> None:
    here = site()
    reader.comes_near(here.article(ARTICLE + here.tag))

    reader.said.click()

    expect(reader.text).to_be_focused()
    expect(reader.said).to_be_hidden()


def test_the_wording_is_the_owners(site: Start, reader: Returning) -> None:
    here = site(COMMENTS_INVITATION="Say hello!")
    reader.comes_near(here.article(ARTICLE + here.tag))
    expect(reader.said).to_have_text("Say hello!")
    tag = here.tag.replace(" data-thread", ' data-invitation="Your turn." data-thread')
    reader.comes_near(here.article(ARTICLE + tag))
    expect(reader.said).to_have_text("Your turn.")


def test_it_tells_of_a_thread_that_is_far_below(busy: Site, reader: Returning) -> None:
    reader.comes_near(busy.article(ARTICLE + busy.tag))
    expect(reader.page.get_by_role("button", name="5 comments")).to_be_visible()
    busy.post("The last word", name="Fay")
    reader.waits()
    expect(reader.said).to_have_text("1 new comment — show")

    reader.said.click()

    reader.expect_focus("The last word")


@pytest.mark.parametrize(
    ("setting", "attribute", "side"),
    [("start", "", "left"), ("end", "start", "left"), ("start", "end", "right")],
)
def test_its_corner_is_a_setting(
    site: Start, reader: Returning, setting: str, attribute: str, side: str
) -> None:
    here = site(COMMENTS_BUBBLE=setting)
    tag = here.tag.replace(" data-thread", f' data-bubble="{attribute}" data-thread')
    reader.comes_near(here.article(ARTICLE + (tag if attribute else here.tag)))
    box = reader.said.bounding_box()
    assert box is not None
    assert (box["x"] < 400) == (side == "left")


@pytest.mark.parametrize("settings", [{"COMMENTS_BUBBLE": "off"}, {}], ids=["setting", "tag"])
def test_it_can_be_left_out(
    site: Start, reader: Returning, requests: list[Request], settings: dict[str, str]
) -> None:
    here = site(**settings)
    here.post("The first")
    tag = here.tag.replace(" data-thread", ' data-bubble="off" data-thread')
    reader.open(here.article(here.tag if settings else tag))
    reader.page.keyboard.press("Shift")
    reader.page.wait_for_function("() => Boolean(Object.keys(localStorage).length)")
    reader.page.clock.run_for(10 * MOST_MS)

    assert reader.kept() == "1"
    expect(reader.bubble).to_have_count(0)
    assert [each.url for each in requests if "/pulse?" in each.url or "/news?" in each.url] == []


# ── everybody can use it ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_none_of_its_states_has_a_violation(
    busy: Site, new_context: NewContext, scheme: str
) -> None:
    context = new_context(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    reader = Returning(context.new_page())
    reader.comes_near(busy.article(ARTICLE + busy.tag, path="busy"))
    expect(reader.page.get_by_role("button", name="5 comments")).to_be_visible()
    assert violations(reader.page) == []
    busy.post("The last word", name="Fay")
    reader.waits()
    expect(reader.said).to_be_visible()
    assert violations(reader.page) == []
    reader.said.click()
    expect(reader.new).to_have_count(1)
    assert violations(reader.page) == []

    another = busy.tag.replace(KEY, "empty")
    reader.comes_near(busy.article(ARTICLE + another, path="empty"))
    expect(reader.said).to_have_text(INVITATION)
    assert violations(reader.page) == []


def test_on_a_phone_it_does_not_stand_on_the_form(site: Start, new_context: NewContext) -> None:
    reader = Returning(new_context(viewport=PHONE).new_page())
    here = site()
    here.post("The first")
    reader.comes(here.thread())
    here.post("The second", name="Ben")
    reader.waits()
    expect(reader.said).to_be_visible()

    reader.text.focus()
    expect(reader.said).to_be_hidden()
    reader.text.blur()
    expect(reader.said).to_be_visible()


def test_what_is_new_moves_nothing_when_it_is_told(site: Start, new_context: NewContext) -> None:
    reader = Returning(new_context(viewport=PHONE).new_page())
    here = site()
    here.post("The first")
    here.post("The second", name="Ben")
    reader.open(here.thread())
    reader.page.evaluate(
        "(key) => localStorage.setItem(`comments:${key}`, '1')", f"{here.base}:visit:{KEY}"
    )
    reader.reload()
    stood = reader.top("The first"), reader.top("The second")
    reader.stays()
    expect(reader.heading).to_have_text("2 comments, 1 new")
    expect(reader.new).to_have_count(1)

    assert (reader.top("The first"), reader.top("The second")) == stood

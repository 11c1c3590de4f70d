"""Comments on passages: picked with mouse and keyboard, marked, found again, shown in the list."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import BrowserContext, Locator, Page, expect

from comments import Comments
from comments.schema import upgrade
from tests.browser.conftest import KEY, Site, Thread, whole
from tests.browser.test_accessibility import PHONE, violations

Start = Callable[..., Site]

FIRST = "When the night tram was cut, the argument was a number: four passengers per car."
SECOND = "The hospital's night shift ends at half past two."
ARTICLE = f"""<article data-comments-article><p>{FIRST}</p><p>{SECOND}</p>
<p><comment-anchor question="Who else needs it?">The bakeries start at three.</comment-anchor></p>
</article>"""
ASKED = "Who else needs it?"
TEXT = f"{FIRST}\n{SECOND}\nThe bakeries start at three."


def anchor(exact: str, **more: Any) -> dict[str, Any]:
    """A passage with what stands around it in the article."""
    before, found, after = TEXT.partition(exact)
    prefix, suffix = (before[-32:], after[:32]) if found else ("", "")
    quote = {"type": "TextQuoteSelector", "exact": exact, "prefix": prefix, "suffix": suffix}
    return {"selector": [quote], **more}


def article(here: Site, html: str = ARTICLE) -> str:
    return here.article(html + here.tag)


def stir(thread: Thread) -> None:
    """The reader does something, and what can wait is loaded."""
    thread.page.mouse.move(5, 5)
    thread.page.mouse.move(9, 9)


def open_article(thread: Thread, here: Site, html: str = ARTICLE) -> None:
    thread.open(article(here, html))
    stir(thread)
    # It has no size of its own.
    thread.page.locator("comment-marks:not([hidden])").wait_for(state="attached")


def marks(page: Page) -> Locator:
    return page.get_by_role("list", name="Passages with comments").get_by_role("button")


def select(page: Page, text: str, within: str = "article") -> None:
    """Selects *text* of one paragraph with the mouse, as a reader does."""
    ends = page.evaluate(
        """([text, within]) => {
          const walk = document.createTreeWalker(document.querySelector(within), 4);
          for (let node; (node = walk.nextNode()); ) {
            const at = node.data.indexOf(text);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + text.length);
            const rects = [...range.getClientRects()];
            const middle = ({ top, height }) => top + height / 2;
            const [first, last] = [rects[0], rects.at(-1)];
            return [first.left, middle(first), last.right, middle(last)];
          }
        }""",
        [text, within],
    )
    page.mouse.move(ends[0] + 0.1, ends[1])
    page.mouse.down()
    page.mouse.move(ends[2], ends[3], steps=4)
    page.mouse.up()


def highlighted(page: Page, name: str = "comments-passage") -> list[str]:
    return page.evaluate("(name) => [...(CSS.highlights.get(name) ?? [])].map(String)", name)


def pick(thread: Thread) -> Locator:
    return thread.button("Comment on this")


def panel(thread: Thread) -> Locator:
    return thread.page.get_by_role("dialog")


def write(thread: Thread, body: str, name: str = "Zoe") -> None:
    panel(thread).get_by_role("textbox", name="Your comment").fill(body)
    panel(thread).get_by_role("textbox", name="Name").fill(name)
    panel(thread).get_by_role("button", name="Post").click()


# ── picking ──────────────────────────────────────────────────────────────────────────────────


def test_a_selected_passage_is_commented_on_across_origins_under_a_strict_policy(
    site: Start, thread: Thread
) -> None:
    here = site()
    page = thread.page
    page.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation',"
        "(event) => violations.push(event.violatedDirective))"
    )
    open_article(thread, here)
    before = page.evaluate("document.querySelector('article').outerHTML")

    select(page, "four passengers per car")
    pick(thread).click()
    expect(panel(thread).locator("blockquote")).to_have_text("four passengers per car")
    write(thread, "I counted five.")

    expect(panel(thread).get_by_role("article")).to_have_text(re.compile("I counted five."))
    mark = page.get_by_role("button", name="Comments on this passage: 1. “four passengers")
    expect(mark).to_have_text("1")
    (posted,) = here.listed()
    quote, position = posted["anchor"]["selector"]
    assert quote["exact"] == "four passengers per car"
    assert (quote["prefix"], quote["suffix"]) == (
        "cut, the argument was a number: "[-32:],
        ".\n" + SECOND[:30],
    )
    assert position["start"] == FIRST.index("four")
    assert highlighted(page) == ["four passengers per car"]
    assert page.evaluate("document.querySelector('article').outerHTML") == before
    assert page.evaluate("violations") == []


def test_a_passage_is_picked_with_the_keyboard_alone(site: Start, thread: Thread) -> None:
    here = site()
    open_article(thread, here)
    page = thread.page
    # What searching in the page leaves; or with caret browsing, where the cursor stands.
    page.evaluate(
        """() => {
          const words = document.querySelector("article p").firstChild;
          getSelection().setBaseAndExtent(words, 5, words, 8);
        }"""
    )
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    expect(pick(thread)).to_be_visible()
    expect(thread.status).to_have_text("Press Tab to comment on the selected text.")

    page.keyboard.press("Tab")
    expect(pick(thread)).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel(thread).get_by_role("textbox", name="Your comment")).to_be_focused()
    expect(panel(thread).locator("blockquote")).to_have_text("the night")
    page.keyboard.press("Escape")
    expect(panel(thread)).to_be_hidden()


def test_a_finger_picks_too_and_the_panel_comes_up_from_the_bottom(
    site: Start, new_context: Callable[..., BrowserContext]
) -> None:
    context = new_context(viewport=PHONE, has_touch=True, reduced_motion="reduce")
    thread = Thread(context.new_page())
    open_article(thread, site())
    # What a long press does, and the handles that come with it.
    thread.page.evaluate(
        """() => {
          const words = document.querySelector("article p").firstChild;
          getSelection().setBaseAndExtent(words, 9, words, 19);
        }"""
    )
    pick(thread).tap()
    expect(panel(thread).locator("blockquote")).to_have_text("night tram")

    box = panel(thread).bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, PHONE["width"])
    assert box["y"] + box["height"] == PHONE["height"]


def test_from_right_to_left_the_marks_stand_on_the_other_side(site: Start, thread: Thread) -> None:
    asked = "<p data-comment-question='من؟'>نص المقال هنا</p>"
    open_article(thread, site(), f"<article data-comments-article dir=rtl>{asked}</article>")
    thread.page.evaluate("document.querySelector('main').style.paddingInline = '3rem'")
    thread.page.wait_for_function(
        """([mark, article]) => mark.getBoundingClientRect().right
          <= article.getBoundingClientRect().left""",
        arg=[marks(thread.page).element_handle(), thread.page.locator("article").element_handle()],
    )


def test_escape_and_another_click_take_the_button_away(site: Start, thread: Thread) -> None:
    open_article(thread, site())
    select(thread.page, "night shift")
    expect(pick(thread)).to_be_visible()
    thread.page.keyboard.press("Escape")
    expect(pick(thread)).to_be_hidden()

    select(thread.page, "night shift")
    expect(pick(thread)).to_be_visible()
    thread.page.mouse.click(5, 5)
    expect(pick(thread)).to_be_hidden()


def test_what_is_selected_elsewhere_is_not_about_the_article(site: Start, thread: Thread) -> None:
    here = site()
    here.post("A comment to select.")
    open_article(thread, here)
    thread.comment("A comment to select.").locator("p").click(click_count=3)
    select(thread.page, "night shift")
    expect(pick(thread)).to_be_visible()
    thread.page.locator("h1").click(click_count=3)
    expect(pick(thread)).to_be_hidden()


def test_an_unsent_text_is_still_there_when_its_passage_is_opened_again(
    site: Start, thread: Thread
) -> None:
    open_article(thread, site())
    thread.button(f"Comments on this passage: 0. Asked here: {ASKED}").click()
    panel(thread).get_by_role("textbox", name="Your comment").fill("Half a thou")
    thread.page.keyboard.press("Escape")
    thread.reload()
    stir(thread)

    thread.button(f"Comments on this passage: 0. Asked here: {ASKED}").click()
    text = panel(thread).get_by_role("textbox", name="Your comment")
    text.focus()
    expect(text).to_have_value("Half a thou")
    expect(thread.page.get_by_placeholder("Start the discussion")).to_have_value("")


def test_a_comment_that_waits_says_so_and_makes_no_mark(site: Start, thread: Thread) -> None:
    here = site(COMMENTS_HOLD="all")
    open_article(thread, here)
    select(thread.page, "night shift")
    pick(thread).click()
    write(thread, "Mine ends at six.")

    expect(panel(thread)).to_contain_text("waiting for a moderator")
    expect(thread.comment("Mine ends at six.").locator("[data-exact]")).to_have_text("night shift")
    expect(marks(thread.page)).to_have_count(1)


def test_who_writes_is_known_for_the_next_comment_here_and_below(
    site: Start, thread: Thread
) -> None:
    open_article(thread, site())
    website = thread.page.get_by_label("Website (optional)")
    thread.text.focus()
    website.fill("zoe.example")
    thread.post("I live beside the line.")
    thread.comment("I live beside the line.").wait_for()
    select(thread.page, "night shift")
    pick(thread).click()
    panel(thread).get_by_role("textbox", name="Your comment").fill("Mine ends at six.")
    panel(thread).get_by_role("button", name="Post").click()

    expect(panel(thread)).to_contain_text("Your comment is published.")
    expect(panel(thread).get_by_role("textbox", name="Name")).to_have_value("Zoe")
    thread.reload()
    thread.text.focus()
    expect(website).to_have_value("zoe.example")


def test_what_is_wrong_is_said_beside_its_field_and_the_text_stays(
    site: Start, thread: Thread
) -> None:
    here = site(COMMENTS_RESERVED_NAMES="Editor")
    open_article(thread, here)
    select(thread.page, "night shift")
    pick(thread).click()
    write(thread, "Mine ends at six.", name="Editor")

    expect(panel(thread)).to_contain_text("That name belongs to someone here.")
    expect(panel(thread).get_by_role("textbox", name="Name")).to_be_focused()
    text = panel(thread).get_by_role("textbox", name="Your comment")
    expect(text).to_have_value("Mine ends at six.")


# ── the author asks ──────────────────────────────────────────────────────────────────────────


def test_a_question_of_the_author_opens_with_its_answers(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The cleaners.", anchor=anchor("The bakeries start at three.", question=ASKED))
    open_article(thread, here)
    mark = marks(thread.page)
    expect(mark).to_have_text("1")

    mark.click()
    expect(panel(thread).get_by_role("heading")).to_have_text(ASKED)
    expect(panel(thread).get_by_role("article")).to_contain_text("The cleaners.")
    write(thread, "And the nurses.")
    expect(panel(thread).get_by_role("article")).to_have_count(2)
    expect(mark).to_have_text("2")
    assert [comment["anchor"]["question"] for comment in here.listed()] == [ASKED, ASKED]

    mark.click()
    expect(panel(thread)).to_be_hidden()
    expect(mark).to_have_attribute("aria-expanded", "false")


def test_a_mark_opens_from_the_keyboard_and_escape_leads_back_to_it(
    site: Start, thread: Thread
) -> None:
    open_article(
        thread,
        site(),
        ARTICLE.replace("comment-anchor question", "b data-comment-question").replace(
            "</comment-anchor>", "</b>"
        ),
    )
    mark = marks(thread.page)
    mark.focus()
    thread.page.keyboard.press("Enter")
    expect(panel(thread)).to_be_focused()
    assert highlighted(thread.page, "comments-passage-current") == ["The bakeries start at three."]

    thread.page.keyboard.press("Escape")
    expect(panel(thread)).to_be_hidden()
    expect(mark).to_be_focused()

    thread.page.keyboard.press("Enter")
    expect(panel(thread)).to_be_focused()


# ── the list ─────────────────────────────────────────────────────────────────────────────────


def test_the_list_switches_between_inline_feedbacks_and_everything(
    site: Start, thread: Thread
) -> None:
    here = site()
    here.post("On nothing.")
    here.post("On a passage.", anchor=anchor("night shift"))
    open_article(thread, here)

    thread.link("Inline feedbacks").click()
    expect(thread.comment("On nothing.")).to_have_count(0)
    expect(thread.link("Inline feedbacks")).to_be_focused()
    thread.link("View all comments").click()
    expect(thread.comment("On nothing.")).to_be_visible()
    expect(thread.comment("On a passage.")).to_be_visible()


def test_without_a_script_the_list_switches_too(site: Start, plain: Thread) -> None:
    here = site()
    here.post("On nothing.")
    here.post("On a passage.", anchor=anchor("night shift"))
    plain.page.goto(here.thread())
    plain.link("Inline feedbacks").click()
    expect(plain.comment("On a passage.").locator("blockquote")).to_have_text("night shift")
    expect(plain.comment("On nothing.")).to_have_count(0)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_quote_in_the_list_leads_to_its_place_and_flashes_it(
    site: Start, new_context: Callable[..., BrowserContext], motion: str
) -> None:
    here = site()
    here.post("Mine ends at six.", anchor=anchor("night shift"))
    thread = Thread(new_context(reduced_motion=motion).new_page())
    open_article(thread, here, ARTICLE + "<p>More.</p>" * 22)
    quote = thread.link("night shift")
    quote.scroll_into_view_if_needed()
    quote.click()

    expect(thread.page.locator(".flash")).to_be_visible()
    expect(thread.page.get_by_text(SECOND)).to_be_in_viewport()
    expect(thread.button("Comments on this passage: 1. “night shift”")).to_be_focused()
    moves = thread.page.locator(".flash").evaluate("(it) => getComputedStyle(it).animationName")
    assert (moves == "none") == (motion == "reduce")
    expect(thread.page.locator(".flash")).to_have_count(0)


def test_a_passage_that_is_gone_is_still_told_with_its_quote(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Why was it taken out?", anchor=anchor("The mayor never took the tram in her life"))
    here.post("Mine ends at six.", anchor=anchor("night shift"))
    open_article(thread, here)

    lost = thread.comment("Why was it taken out?").locator("blockquote")
    expect(lost).to_contain_text("On a passage that has changed")
    expect(lost).to_contain_text("The mayor never took the tram")
    expect(thread.comment("Mine ends").locator("[data-changed]")).to_have_count(0)
    expect(marks(thread.page)).to_have_count(2)


# ── marks ────────────────────────────────────────────────────────────────────────────────────


def test_a_mark_holds_when_the_article_is_edited(site: Start, thread: Thread) -> None:
    here = site()
    open_article(thread, here)
    select(thread.page, "night shift ends")
    pick(thread).click()
    write(thread, "Mine ends at six.")
    expect(marks(thread.page)).to_have_count(2)

    edited = ARTICLE.replace(
        "<p>The hospital's", "<p>An added sentence. The <em>old</em> hospital's"
    )
    open_article(thread, here, edited)
    expect(marks(thread.page).first).to_have_text("1")
    assert highlighted(thread.page) == ["night shift ends"]


def test_marks_of_overlapping_passages_stack(site: Start, thread: Thread) -> None:
    here = site()
    for exact in ("night tram was cut", "tram was cut, the argument", "argument was a number"):
        here.post(f"On {exact}.", anchor=anchor(exact))
    open_article(thread, here)
    expect(marks(thread.page)).to_have_count(4)

    boxes = [mark.bounding_box() for mark in marks(thread.page).all()]
    tops = [box["y"] for box in boxes if box]
    assert len({box["x"] for box in boxes if box}) == 1
    assert all(below - above >= 24 for above, below in itertools.pairwise(tops))
    assert sorted(highlighted(thread.page)) == [
        "argument was a number",
        "night tram was cut",
        "tram was cut, the argument",
    ]


def test_what_arrives_late_is_marked_and_what_leaves_is_not(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Mine ends at six.", anchor=anchor("night shift"))
    open_article(thread, here, "<article data-comments-article></article>")
    expect(marks(thread.page)).to_have_count(0)

    thread.page.evaluate(
        """(text) => setTimeout(() => {
          const late = document.createElement("p");
          late.textContent = text;
          document.querySelector("article").append(late);
        }, 300)""",
        SECOND,
    )
    expect(marks(thread.page)).to_have_count(1)
    expect(thread.page.locator("[data-changed]")).to_have_count(0)
    thread.page.evaluate("document.querySelector('article p').remove()")
    expect(marks(thread.page)).to_have_count(0)
    expect(thread.page.locator("[data-changed]")).to_be_visible()


def test_marks_move_nothing_and_follow_their_passage(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Mine ends at six.", anchor=anchor("night shift"))
    thread.open(article(here))
    height = thread.page.evaluate("document.body.scrollHeight")
    stir(thread)
    mark = thread.button("Comments on this passage: 1. “night shift”")
    expect(mark).to_be_visible()
    assert thread.page.evaluate("document.body.scrollHeight") == height

    thread.page.evaluate("document.querySelector('article p').style.paddingBlock = '5rem'")
    passage = thread.page.get_by_text(SECOND)
    thread.page.wait_for_function(
        """([mark, passage]) => Math.abs(mark.getBoundingClientRect().top
          - passage.getBoundingClientRect().top) < 12""",
        arg=[mark.element_handle(), passage.element_handle()],
    )


def test_everything_goes_with_the_thread(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Mine ends at six.", anchor=anchor("night shift"))
    open_article(thread, here)
    page = thread.page
    expect(marks(page)).to_have_count(2)
    before = page.evaluate("document.querySelector('article').outerHTML")
    page.evaluate("document.querySelector('comment-thread').remove()")

    assert page.evaluate("CSS.highlights.size + document.adoptedStyleSheets.length") == 0
    assert page.locator("comment-marks").count() == 0
    assert page.evaluate("document.querySelector('article').outerHTML") == before
    select(page, "night shift")
    expect(pick(thread)).to_have_count(0)


def test_it_works_while_the_thread_is_far_below(site: Start, thread: Thread) -> None:
    here = site()
    far = ARTICLE + '<div id="far"></div>'
    thread.page.goto(article(here, far))
    thread.page.evaluate("document.querySelector('#far').style.blockSize = '5000px'")
    stir(thread)
    thread.page.locator("comment-marks:not([hidden])").wait_for(state="attached")
    select(thread.page, "night shift")
    pick(thread).click()
    write(thread, "Mine ends at six.")
    expect(panel(thread)).to_contain_text("Your comment is published.")


def test_a_page_without_an_article_loads_none_of_it(
    site: Start, thread: Thread, requests: list[Any]
) -> None:
    here = site()
    here.post("Hello")
    thread.open(here.article())
    stir(thread)
    expect(thread.page.locator("time")).to_have_count(1)
    thread.page.wait_for_load_state("networkidle")
    assert not [it for it in requests if it.url.endswith("/inline.js")]


# ── for everybody, and against some ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_in_marks_and_panel(
    site: Start, new_context: Callable[..., BrowserContext], colours: str
) -> None:
    here = site()
    here.post("The cleaners.", anchor=anchor("The bakeries start at three.", question=ASKED))
    here.post("Mine ends at six.", anchor=anchor("night shift"))
    context = new_context(
        color_scheme=colours, reduced_motion="reduce", bypass_csp=True, viewport=PHONE
    )
    thread = Thread(context.new_page())
    open_article(thread, here)
    scheme = ":root { color-scheme: light dark; background: Canvas; color: CanvasText }"
    thread.page.add_style_tag(content=scheme)
    assert violations(thread.page) == []

    marks(thread.page).first.click()
    expect(panel(thread).get_by_role("article")).to_be_visible()
    assert violations(thread.page) == []


def test_hostile_anchors_are_shown_and_do_nothing(site: Start, thread: Thread) -> None:
    here = site()
    hostile = '"><img src=x onerror="window.hit=1"><a href=\'javascript:hit=1\'>x</a>'
    told = anchor(hostile, question=hostile, name=hostile[:100])
    told["selector"][0] |= {"prefix": hostile[:32], "suffix": hostile[-32:]}
    here.post("Look!", anchor=told)
    escaped = hostile.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    asked = f'<comment-anchor question="{escaped}" name="{escaped[:0]}">here</comment-anchor>'
    open_article(thread, here, f"<article data-comments-article><p>{asked}</p></article>")

    marks(thread.page).first.click()
    expect(panel(thread).get_by_role("heading")).to_have_text(hostile)
    expect(thread.comment("Look!").locator("[data-exact]").first).to_have_text(hostile)
    assert thread.page.evaluate("window.hit") is None


def test_nobody_asks_in_the_authors_name_or_takes_another_passages_mark(
    site: Start, thread: Thread
) -> None:
    here = site()
    here.post("Mine ends at six.", anchor=anchor("night shift"))
    told = here.app.test_client().get(f"/comments/api/v1/anchors?thread={KEY}").json
    assert told is not None
    made_up = {"question": "Is the editor a liar?", "name": told["passages"][0]["passage"]}
    here.post("Look!", anchor=anchor("the argument was a number", **made_up))
    words = f"<p>{FIRST}</p><p>{SECOND}</p>"
    open_article(thread, here, f"<article data-comments-article>{words}</article>")
    expect(marks(thread.page)).to_have_count(2)
    # Every mark is drawn once more.
    here.post("So does mine.", anchor=anchor("night shift"))
    news = "dispatchEvent(new Event('comments:news'))"
    thread.page.evaluate(f"document.querySelector('comment-thread').{news}")

    expect(marks(thread.page)).to_have_text(["1", "2"])
    marks(thread.page).first.click()
    expect(panel(thread).get_by_role("article")).to_contain_text("Look!")
    expect(panel(thread).get_by_role("heading")).to_have_text("Comments on a passage")


def test_it_works_in_a_plugins_own_html_around_its_thread(
    migrated_sqlite_uri: str, serve: Callable[..., str], thread: Thread
) -> None:
    app = Flask("host")
    app.config.update(
        SECRET_KEY="a secret of the tests",
        SQLALCHEMY_DATABASE_URI=migrated_sqlite_uri,
        COMMENTS_HOLD="none",
    )
    db = SQLAlchemy(app)
    comments = Comments(app, db=db)
    with app.app_context():
        upgrade(db.engine)

    @app.get("/")
    def page() -> str:
        head = "<!doctype html><html lang=en><title>Host</title><style>div { margin: 3em }</style>"
        asking = comments.ask(ASKED, "The bakeries start at three.")
        body = f"<p>{FIRST}</p><p>{SECOND} {asking}</p>{comments.thread(KEY)}"
        return f"{head}<main data-comments-article>{body}</main>"

    thread.open(serve(whole(app)))
    stir(thread)
    expect(marks(thread.page)).to_have_count(1)
    before = thread.page.locator("main > p").evaluate_all("(all) => all.map((it) => it.outerHTML)")
    select(thread.page, "night shift", "main")
    pick(thread).click()
    write(thread, "Mine ends at six.")

    expect(panel(thread).get_by_role("article")).to_contain_text("Mine ends at six.")
    expect(thread.page.locator("comment-thread [data-exact]")).to_have_text("night shift")
    expect(marks(thread.page)).to_have_count(2)
    after = thread.page.locator("main > p").evaluate_all("(all) => all.map((it) => it.outerHTML)")
    assert before == after


def test_two_threads_of_one_page_each_have_their_article(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Mine ends at six.", anchor=anchor("night shift"))
    here.post("Elsewhere.", anchor=anchor("This is quite another article"), thread="other")
    both = (
        f'<article data-comments-article="{KEY}"><p>{SECOND}</p></article>{here.tag}'
        '<article data-comments-article="other"><p>This is quite another article.</p></article>'
    )
    thread.open(here.article(both + here.tag.replace(KEY, "other")))
    stir(thread)
    expect(marks(thread.page)).to_have_count(2)
    assert sorted(highlighted(thread.page)) == ["This is quite another article", "night shift"]

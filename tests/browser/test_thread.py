"""What a reader does in a thread on our own page, with JavaScript and without."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Page, Request, Route, expect

from comments import Comments, Identity
from comments.schema import upgrade
from tests.browser.conftest import KEY, Site, Thread, whole

Start = Callable[..., Site]


# ── without JavaScript ───────────────────────────────────────────────────────────────────────


def test_a_comment_is_written_without_javascript(site: Start, plain: Thread) -> None:
    plain.page.goto(site().thread())

    plain.post("Nothing but a form")

    expect(plain.heading).to_have_text("1 comment")
    expect(plain.comment("Nothing but a form")).to_be_visible()


def test_a_reply_is_written_without_javascript(site: Start, plain: Thread) -> None:
    here = site()
    here.post("The first")
    plain.page.goto(here.thread())

    plain.link("Reply to Ann").click()
    plain.post("The answer")

    expect(plain.page.locator("[data-id] [data-id]").filter(has_text="The answer")).to_be_visible()


def test_a_vote_is_cast_and_taken_back_without_javascript(site: Start, plain: Thread) -> None:
    here = site()
    here.post("The first")
    plain.page.goto(here.thread())
    up = plain.button("Upvote, comment by Ann")

    up.click()
    expect(plain.page.locator("[data-score]")).to_have_text("1")
    up.click()
    expect(plain.page.locator("[data-score]")).to_have_text("0")


def test_a_refused_form_comes_back_with_its_text(site: Start, plain: Thread) -> None:
    plain.page.goto(site().thread())

    plain.post("A long text", name="Moderator")

    expect(plain.text).to_have_value("A long text")
    expect(plain.page.get_by_text("That name belongs to someone here").first).to_be_visible()


def test_a_preview_is_shown_without_javascript(site: Start, plain: Thread) -> None:
    plain.page.goto(site().thread())
    plain.write("That is **strong**")

    plain.button("Preview").click()

    expect(plain.page.locator("strong")).to_have_text("strong")
    expect(plain.text).to_have_value("That is **strong**")


def test_own_comments_are_changed_without_javascript(site: Start, plain: Thread) -> None:
    plain.page.goto(site().thread())
    plain.post("With a mistkae")

    plain.link("Your comments").click()
    plain.link("Edit").click()
    plain.text.fill("Without a mistake")
    plain.button("Save").click()
    expect(plain.comment("Without a mistake")).to_be_visible()

    plain.link("Your comments").click()
    plain.link("Delete").click()
    plain.button("Delete").click()
    expect(plain.page.get_by_role("status")).to_have_text("Comment removed.")


def test_a_comment_is_reported_without_javascript(site: Start, plain: Thread) -> None:
    here = site()
    here.post("Buy this")
    plain.page.goto(here.thread())

    plain.button("More, comment by Ann").click()
    plain.page.get_by_label("Spam or advertising").check()
    plain.button("Report").click()

    expect(plain.page.get_by_role("status")).to_have_text("Thank you. A moderator will look at it.")


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def test_the_form_opens_when_somebody_turns_to_it(site: Start, thread: Thread) -> None:
    thread.open(site().thread())
    expect(thread.name).to_be_hidden()

    thread.text.focus()

    expect(thread.name).to_be_visible()
    expect(thread.button("Post")).to_be_visible()


def test_a_posted_comment_appears_in_its_place(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    thread.open(here.thread())

    thread.post("The second")

    expect(thread.heading).to_have_text("2 comments")
    expect(thread.page.get_by_role("article").last).to_contain_text("The second")
    expect(thread.comment("The second")).to_be_focused()
    expect(thread.status).to_have_text("Your comment is published.")
    expect(thread.text).to_have_value("")


def test_the_newest_comes_first_when_sorted_so(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    thread.open(here.thread("&sort=newest"))

    thread.post("The second")

    expect(thread.page.get_by_role("article").first).to_contain_text("The second")


@pytest.mark.parametrize("key", ["Control+Enter", "Meta+Enter"])
def test_a_key_posts(site: Start, thread: Thread, key: str) -> None:
    thread.open(site().thread())
    thread.write("By keyboard")

    thread.text.press(key)

    expect(thread.comment("By keyboard")).to_be_visible()


def test_the_form_moves_to_the_comment_that_is_answered(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    here.post("The second", name="Ben")
    thread.open(here.thread())

    thread.link("Reply to Ann").click()
    expect(thread.text).to_be_focused()
    expect(thread.text).to_have_count(1)
    thread.post("The answer")

    expect(thread.page.locator("[data-id] [data-id]")).to_contain_text("The answer")
    assert here.listed()[0]["replies"]["count"] == 1


def test_an_answer_can_be_called_off(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    thread.open(here.thread())
    thread.link("Reply to Ann").click()

    thread.link("Cancel").click()

    expect(thread.link("Reply to Ann")).to_be_focused()
    expect(thread.page.locator("li form[data-do=post]")).to_have_count(0)


def test_a_draft_survives_a_reload(site: Start, thread: Thread) -> None:
    thread.open(site().thread())
    thread.text.press_sequentially("Half a thought")

    thread.reload()

    expect(thread.text).to_have_value("Half a thought")


def test_each_answer_has_a_draft_of_its_own(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    thread.open(here.thread())
    thread.text.fill("For everybody")
    thread.link("Reply to Ann").click()
    expect(thread.text).to_have_value("")
    thread.text.fill("For Ann")
    thread.link("Cancel").click()
    expect(thread.text).to_have_value("For everybody")

    thread.reload()
    thread.link("Reply to Ann").click()

    expect(thread.text).to_have_value("For Ann")


def test_a_posted_draft_is_forgotten(site: Start, thread: Thread) -> None:
    thread.open(site().thread())
    thread.post("A whole thought")
    expect(thread.comment("A whole thought")).to_be_visible()

    thread.reload()

    expect(thread.comment("A whole thought")).to_be_visible()
    expect(thread.text).to_have_value("")


def test_the_name_is_remembered(site: Start, thread: Thread) -> None:
    thread.open(site().thread())
    thread.post("Once", name="Zoe")
    expect(thread.comment("Once")).to_be_visible()

    thread.open(thread.page.url)
    thread.text.focus()

    expect(thread.name).to_have_value("Zoe")


def test_a_refused_post_keeps_the_text_and_says_until_when(site: Start, thread: Thread) -> None:
    here = site(COMMENTS_RATE_LIMITS="on", COMMENTS_GUEST_LIMIT="1 per minute")
    thread.open(here.thread())
    thread.post("The first")
    expect(thread.comment("The first")).to_be_visible()

    thread.post("The second")

    expect(thread.alert).to_contain_text("the most for guests here")
    expect(thread.alert).to_contain_text(re.compile(r"You can try again at \d+:\d\d"))
    expect(thread.text).to_have_value("The second")


def test_a_wrong_field_says_what_is_wrong(site: Start, thread: Thread) -> None:
    thread.open(site().thread())

    thread.post("A text", name="Moderator")

    expect(thread.name).to_be_focused()
    expect(thread.name).to_have_attribute("aria-invalid", "true")
    expect(thread.name).to_have_accessible_description(
        re.compile("That name belongs to someone here")
    )
    expect(thread.text).to_have_value("A text")


def lose_the_next_answer(page: Page) -> None:
    """The server gets the next comment, and its answer gets lost."""

    def lose(route: Route) -> None:
        # Playwright asks from outside the browser, where the test's host names mean nothing.
        route.fetch(url=route.request.url.replace("comments.test", "127.0.0.1"))
        route.abort()

    page.route("**/api/v1/comments?*", lose, times=1)


def test_a_lost_answer_posts_nothing_twice(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.thread())
    lose_the_next_answer(thread.page)
    thread.post("Only once")
    expect(thread.alert).to_have_text(
        "The server cannot be reached. Your text is kept; please try again."
    )
    expect(thread.text).to_have_value("Only once")

    thread.button("Post").click()

    expect(thread.comment("Only once")).to_be_visible()
    assert len(here.listed()) == 1


def test_a_text_changed_after_a_failure_is_a_new_comment(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.thread())
    lose_the_next_answer(thread.page)
    thread.post("A text")
    expect(thread.alert).to_be_visible()

    thread.post("Another text")

    expect(thread.comment("Another text")).to_be_visible()


def test_a_waiting_comment_is_shown_to_its_author(
    site: Start, thread: Thread, plain: Thread
) -> None:
    here = site(COMMENTS_HOLD="all")
    thread.open(here.thread())

    thread.post("Patience")

    expect(thread.comment("Patience")).to_contain_text("waiting for a moderator")
    expect(thread.status).to_have_text("Thank you. Your comment is waiting for a moderator.")
    expect(thread.heading).to_have_text("No comments yet")
    thread.reload()
    expect(thread.comment("Patience")).to_contain_text("waiting for a moderator")
    plain.page.goto(here.thread())
    expect(plain.comment("Patience")).to_have_count(0)


def test_a_preview_is_shown_in_place(site: Start, thread: Thread) -> None:
    thread.open(site().thread())
    thread.write("That is **strong**")

    thread.button("Preview").click()

    expect(thread.page.get_by_role("region", name="Preview").locator("strong")).to_have_text(
        "strong"
    )


def test_the_last_characters_are_counted(site: Start, thread: Thread) -> None:
    thread.open(site(COMMENTS_MAX_LENGTH="600").thread())

    thread.text.fill("a" * 90)
    expect(thread.page.get_by_text("Characters left")).to_have_count(0)
    thread.text.fill("a" * 590)

    expect(thread.page.get_by_text("Characters left: 10")).to_be_visible()


# ── one's own ────────────────────────────────────────────────────────────────────────────────


def test_ones_own_comment_is_marked_and_edited(site: Start, thread: Thread) -> None:
    thread.open(site().thread())
    thread.post("With a *mistkae*")
    mine = thread.page.get_by_role("article")
    expect(mine.get_by_text("you", exact=True)).to_be_visible()

    thread.reload()
    thread.menu(mine, "Edit")
    editor = mine.get_by_role("textbox", name="Your comment")
    expect(editor).to_have_value("With a *mistkae*")
    editor.fill("Without a *mistake*")
    thread.button("Save").click()

    expect(mine).to_contain_text("Without a mistake")
    expect(mine).to_contain_text("edited")
    expect(thread.status).to_have_text("Your changes are saved.")


def test_an_edit_that_is_sent_twice_is_one_edit(
    site: Start, thread: Thread, requests: list[Request]
) -> None:
    thread.open(site().thread())
    thread.post("With a *mistkae*")
    mine = thread.page.get_by_role("article")
    thread.menu(mine, "Edit")
    mine.get_by_role("textbox", name="Your comment").fill("Without a *mistake*")

    mine.locator("form[data-do=save]").evaluate(
        "(form) => { form.requestSubmit(); form.requestSubmit(); }"
    )

    expect(thread.status).to_have_text("Your changes are saved.")
    assert [request.method for request in requests].count("PATCH") == 1


def test_somebody_elses_comment_has_no_edit(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Not mine")
    thread.open(here.thread())

    thread.open_menu(thread.comment("Not mine"))

    expect(thread.link("Report")).to_be_visible()
    expect(thread.link("Edit")).to_be_hidden()
    expect(thread.link("Delete")).to_be_hidden()


def test_a_deletion_is_undone(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.thread())
    thread.post("Stay")

    thread.menu(thread.comment("Stay"), "Delete")
    expect(thread.button("Undo")).to_be_focused()
    thread.button("Undo").click()

    expect(thread.comment("Stay")).to_be_focused()
    assert len(here.listed()) == 1


def test_a_deletion_is_sent_when_its_moment_is_over(site: Start, thread: Thread) -> None:
    here = site()
    thread.page.clock.install()
    thread.open(here.thread())
    thread.post("Go")
    thread.menu(thread.comment("Go"), "Delete")
    expect(thread.button("Undo")).to_be_visible()

    thread.page.clock.run_for(9000)

    expect(thread.heading).to_have_text("No comments yet")
    expect(thread.page.get_by_role("article")).to_have_count(0)


def test_a_deletion_is_sent_when_the_page_is_left(site: Start, thread: Thread) -> None:
    here = site()
    thread.open(here.thread())
    thread.post("Go")
    thread.menu(thread.comment("Go"), "Delete")
    expect(thread.button("Undo")).to_be_visible()

    thread.page.goto(here.thread(thread="another"))

    thread.page.wait_for_function(
        "async (address) => !(await (await fetch(address)).json()).comments.length",
        arg=f"{here.base}/api/v1/comments?thread={KEY}",
    )


def test_a_deleted_comment_leaves_its_replies(site: Start, thread: Thread) -> None:
    here = site()
    thread.page.clock.install()
    thread.open(here.thread())
    thread.post("Go")
    expect(thread.comment("Go")).to_be_visible()
    here.post("An answer", parent=here.listed()[0]["id"])
    thread.reload()

    thread.menu(thread.comment("Go"), "Delete")
    expect(thread.button("Undo")).to_be_visible()
    thread.page.clock.run_for(9000)

    expect(thread.page.get_by_text("This comment was removed.")).to_be_visible()
    expect(thread.comment("An answer")).to_be_visible()


def test_a_signed_in_reader_is_not_asked_for_a_name(
    thread: Thread, migrated_sqlite_uri: str, serve: Callable[..., str]
) -> None:
    app = Flask("host")
    app.config.update(
        SECRET_KEY="a secret of the tests", SQLALCHEMY_DATABASE_URI=migrated_sqlite_uri
    )
    db = SQLAlchemy(app)
    comments = Comments(app, db=db)
    comments.identity_loader(lambda: Identity(id=42, name="Bob", is_moderator=True))
    with app.app_context():
        upgrade(db.engine)
    thread.open(f"{serve(whole(app))}/comments/thread?key={KEY}")

    thread.text.focus()
    expect(thread.page.get_by_text("Commenting as Bob")).to_be_visible()
    expect(thread.name).to_have_count(0)
    thread.text.fill("From the desk")
    thread.button("Post").click()

    expect(thread.comment("From the desk")).to_contain_text("moderator")


# ── votes ────────────────────────────────────────────────────────────────────────────────────


def test_a_vote_is_cast_kept_and_taken_back(site: Start, thread: Thread) -> None:
    here = site()
    here.vote(here.post("Vote for me"))
    thread.open(here.thread())
    up, score = thread.button("Upvote, comment by Ann"), thread.page.locator("[data-score]")

    up.click()
    expect(score).to_have_text("2")
    expect(up).to_have_attribute("aria-pressed", "true")
    thread.page.wait_for_function(
        "() => Object.keys(localStorage).some((key) => key.endsWith(':token'))"
    )
    thread.reload()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(score).to_have_text("2")

    up.click()
    expect(score).to_have_text("1")
    expect(up).to_have_attribute("aria-pressed", "false")


def test_the_other_arrow_turns_a_vote_round(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Vote for me")
    thread.open(here.thread())
    up, down = thread.button("Upvote, comment by Ann"), thread.button("Downvote, comment by Ann")

    up.click()
    expect(thread.page.locator("[data-score]")).to_have_text("1")
    down.click()

    expect(thread.page.locator("[data-score]")).to_have_text("−1")
    expect(up).to_have_attribute("aria-pressed", "false")
    expect(down).to_have_attribute("aria-pressed", "true")


def test_a_refused_vote_is_rolled_back_with_the_reason(site: Start, thread: Thread) -> None:
    thread.open(site().thread())
    thread.post("I like it")

    thread.button("Upvote, comment by Zoe").click()

    expect(thread.alert).to_have_text("You cannot vote on your own comment.")
    expect(thread.page.locator("[data-score]")).to_have_text("0")
    expect(thread.button("Upvote, comment by Zoe")).to_have_attribute("aria-pressed", "false")


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def test_the_sort_is_chosen_in_place_and_remembered(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    here.post("The second")
    thread.open(here.thread())

    thread.link("Newest").click()
    expect(thread.page.get_by_role("article").first).to_contain_text("The second")
    expect(thread.link("Newest")).to_be_focused()
    thread.reload()

    expect(thread.link("Newest")).to_have_attribute("aria-current", "true")
    expect(thread.page.get_by_role("article").first).to_contain_text("The second")


def test_more_comments_are_shown_in_place(site: Start, thread: Thread) -> None:
    here = site()
    for number in range(30):
        here.post(f"Number {number:02}")
    thread.open(here.thread())
    expect(thread.page.get_by_role("article")).to_have_count(25)

    thread.link("Show more comments").click()

    expect(thread.page.get_by_role("article")).to_have_count(30)
    expect(thread.comment("Number 25")).to_be_focused()
    expect(thread.status).to_have_text("More comments shown: 5")
    expect(thread.link("Show more comments")).to_have_count(0)


def test_more_replies_are_shown_in_place(site: Start, thread: Thread) -> None:
    here = site()
    root = here.post("The first")
    for number in range(14):
        here.post(f"Answer {number:02}", parent=root)
    thread.open(here.thread())
    shown = thread.page.get_by_role("article").count()

    thread.link("Show more replies").click()

    expect(thread.page.get_by_role("article")).to_have_count(15)
    expect(thread.comment(f"Answer {shown - 1:02}")).to_be_focused()


def test_more_replies_are_shown_without_javascript(site: Start, plain: Thread) -> None:
    here = site()
    root = here.post("The first")
    for number in range(14):
        here.post(f"Answer {number:02}", parent=root)
    plain.page.goto(here.thread())

    plain.link("Show more replies").click()

    expect(plain.comment("Answer 13")).to_be_visible()


def test_what_was_posted_is_not_shown_twice_by_more(site: Start, thread: Thread) -> None:
    here = site()
    for number in range(26):
        here.post(f"Number {number:02}")
    thread.open(here.thread())
    thread.post("Mine")
    expect(thread.comment("Mine")).to_be_visible()

    thread.link("Show more comments").click()

    expect(thread.comment("Number 25")).to_be_visible()
    expect(thread.comment("Mine")).to_have_count(1)


def test_a_deep_link_opens_the_right_page_at_the_right_place(site: Start, thread: Thread) -> None:
    here = site()
    for number in range(60):
        here.post(f"Number {number:02}")
    comment = here.post("Far down", parent=here.post("The last"))

    thread.open(here.thread(f"&comment={comment}#comment-{comment}"))

    expect(thread.comment("Far down")).to_be_focused()
    expect(thread.comment("Far down")).to_be_in_viewport()


def test_a_permalink_fills_the_address_bar(site: Start, thread: Thread) -> None:
    here = site()
    comment = here.post("Link to me")
    thread.open(here.thread("&sort=newest"))

    thread.comment("Link to me").get_by_role("link", name="now").click()

    expect(thread.page).to_have_url(
        here.thread(f"&sort=newest&comment={comment}#comment-{comment}")
    )
    expect(thread.comment("Link to me")).to_be_focused()


def test_replies_fold(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Below", parent=here.post("Above"))
    thread.open(here.thread())
    fold = thread.button("1 reply to Ann")
    expect(fold).to_have_attribute("aria-expanded", "true")

    fold.press("Enter")
    expect(thread.comment("Below")).to_be_hidden()
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.press("Enter")

    expect(thread.comment("Below")).to_be_visible()


def test_the_exact_time_is_told_to_who_points_at_it(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Just now")
    thread.open(here.thread())
    time = thread.page.locator("time")
    # It listens once the reader has stirred.
    thread.page.mouse.move(1, 1)
    thread.page.locator("[data-bubble-button], .c-bubble, comments-bubble").first.wait_for(
        state="attached"
    )

    time.hover()

    expect(time).to_have_attribute("title", re.compile(r"\d{4}.*\d:\d\d"))


def test_times_are_told_as_people_do(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Just now")
    thread.page.clock.install()
    thread.open(here.thread())
    time = thread.page.locator("time")
    expect(time).to_have_text("now")

    thread.page.clock.fast_forward("03:00:30")

    expect(time).to_have_text("3 hours ago")


def test_a_comment_is_reported_in_place(site: Start, thread: Thread) -> None:
    here = site()
    here.post("Buy this")
    thread.open(here.thread())

    thread.menu(thread.comment("Buy this"), "Report")
    thread.page.get_by_role("combobox").select_option("spam")
    thread.button("Report").click()

    expect(thread.page.get_by_text("Thank you. A moderator will look at it.")).to_be_focused()


def test_a_menu_closes_with_escape_and_elsewhere(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    thread.open(here.thread())
    thread.button("Upvote, comment by Ann").click()
    expect(thread.button("Upvote, comment by Ann")).to_have_attribute("aria-pressed", "true")

    menu = thread.open_menu(thread.comment("The first"))
    expect(thread.link("Report")).to_be_visible()
    thread.page.keyboard.press("Escape")
    expect(thread.link("Report")).to_be_hidden()
    expect(menu).to_be_focused()

    menu.click()
    thread.heading.click()
    expect(thread.link("Report")).to_be_hidden()


def test_everything_works_with_the_keyboard_alone(site: Start, thread: Thread) -> None:
    here = site()
    here.post("The first")
    thread.open(here.thread())
    keys = thread.page.keyboard

    def tab_to(wanted: str) -> None:
        for _ in range(40):
            keys.press("Tab")
            focused = thread.page.locator(":focus")
            if wanted in (focused.get_attribute("aria-label") or focused.inner_text()):
                return
        raise AssertionError(f"Tab never came to {wanted!r}")

    tab_to("Your comment")
    keys.type("From the keyboard")
    keys.press("Tab")
    keys.type("Zoe")
    tab_to("Post")
    keys.press("Enter")
    expect(thread.comment("From the keyboard")).to_be_focused()

    thread.reload()
    tab_to("More, comment by Ann")
    keys.press("Space")
    expect(thread.link("Report")).to_be_visible()
    keys.press("Escape")
    tab_to("Upvote, comment by Ann")
    keys.press("Space")
    expect(thread.button("Upvote, comment by Ann")).to_have_attribute("aria-pressed", "true")
    tab_to("Reply to Ann")
    keys.press("Enter")
    expect(thread.text).to_be_focused()
    keys.type("An answer")
    keys.press("Control+Enter")
    expect(thread.comment("An answer")).to_be_focused()


# ── the markup ───────────────────────────────────────────────────────────────────────────────


def test_search_engines_read_the_comments(site: Start, page: Page) -> None:
    here = site()
    here.vote(here.post("Below", parent=here.post("Above"), name="Ben"))
    page.goto(here.thread())

    items = page.locator('[itemtype="https://schema.org/Comment"]')

    expect(items).to_have_count(2)
    below = items.nth(1)
    expect(below.locator('[itemprop="text"]')).to_have_text("Below")
    expect(below.locator('[itemprop="name"]')).to_have_text("Ben")
    expect(below.locator('[itemprop="upvoteCount"]')).to_have_attribute("value", "1")
    expect(below.locator('[itemprop="dateCreated"]')).to_have_attribute(
        "datetime", re.compile("Z$")
    )
    expect(items.nth(0).locator('[itemprop="comment"]')).to_have_count(1)

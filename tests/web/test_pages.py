"""The whole discussion by links and forms: a browser that runs no script, on our own pages."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from comments import Status
from comments.web.state import now
from tests.web import cast
from tests.web.cast import BLOG, ELSEWHERE, HERE, Visitor

STORY = "/comments/thread?key=story"


class Browser:
    """Follows links and sends forms as they stand on the page, and keeps its cookies."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.open(STORY)

    def open(self, address: str) -> "Browser":
        return self._show(urljoin(getattr(self, "address", HERE), address), "GET", None)

    def follow(self, words: str) -> "Browser":
        """Click the link that says *words*."""
        link = self.page.find("a", string=lambda said: bool(said) and words in said)
        assert link is not None, f"no link {words!r} in {self.page.get_text()}"
        return self.open(str(link["href"]))

    def send(self, action: str, button: str | None = None, **filled: str) -> "Browser":
        """Send the form whose action ends in *action*, with what it holds and what is *filled*."""
        form = self.page.find(
            "form", action=lambda where: urlsplit(where or "").path.endswith(action)
        )
        assert isinstance(form, Tag), f"no form to {action} in {self.page}"
        pressed = form.find("button", value=button) if button else None
        fields = held(form) | filled
        if pressed is not None:
            fields[str(pressed["name"])] = str(pressed["value"])
        unknown = set(filled) - {str(field.get("name")) for field in form.find_all(True)}
        assert not unknown, f"the form has no {unknown}"
        return self._show(urljoin(self.address, str(form["action"])), "POST", fields)

    def text(self) -> str:
        return self.page.get_text(" ", strip=True)

    def comments(self) -> list[str]:
        return [body.get_text().strip() for body in self.page.select("ol [data-body]")]

    def _show(self, address: str, method: str, fields: dict[str, str] | None) -> "Browser":
        answer = self._ask(address, method, fields)
        self.redirects: list[str] = []
        while answer.status_code == 303:
            assert method == "POST" and answer.headers["Cache-Control"] == "no-store"
            address = urljoin(address, answer.location)
            assert address.startswith(HERE + "/")
            self.redirects.append(address)
            answer = self._ask(address, "GET", None)
        self.status, self.address = answer.status_code, address
        assert self.status < 500, answer.text
        self.page = BeautifulSoup(answer.text, "html.parser")
        return self

    def _ask(self, address: str, method: str, fields: dict[str, str] | None) -> TestResponse:
        # A browser tells the origin of every POST, and no browser sends the fragment.
        headers = {"Origin": HERE} if method == "POST" else {"Sec-Fetch-Site": "same-origin"}
        target = address.partition("#")[0].removeprefix(HERE)
        return self.client.open(target, method=method, data=fields, headers=headers)


def held(form: Tag) -> dict[str, str]:
    """What a form sends as it stands."""
    fields = {
        str(field["name"]): str(field.get("value", ""))
        for field in form.find_all("input")
        if field.get("type") != "radio" or field.has_attr("checked")
    }
    return fields | {str(area["name"]): area.get_text() for area in form.find_all("textarea")}


@pytest.fixture
def alices(alice: Visitor) -> Browser:
    return Browser(alice.client)


@pytest.fixture
def carols(carol: Visitor) -> Browser:
    return Browser(carol.client)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def test_an_empty_thread_invites(alices):
    assert alices.status == 200
    assert "No comments yet" in alices.text()
    assert alices.comments() == []


def test_it_sorts_and_turns_pages_by_links(alice, carols):
    for number in range(27):
        alice.says(f"Number {number:02}")
    alice.says("In another thread.", thread="other")
    shown = carols.open(STORY).comments()
    assert shown == [f"Number {number:02}" for number in range(25)]
    assert carols.follow("Show more comments").comments() == ["Number 25", "Number 26"]
    assert carols.follow("Show the discussion from its beginning").comments() == shown
    assert carols.follow("Newest").comments()[:2] == ["Number 26", "Number 25"]
    assert carols.follow("Show more comments").comments() == ["Number 01", "Number 00"]


def test_replies_left_out_are_a_link_away(alice, carols):
    root = alice.says("root")
    for number in range(13):
        alice.says(f"Reply {number:02}", parent=root["id"])
    read = carols.open(STORY).comments()
    assert len(read) == 11
    read += [said for said in carols.follow("Show more replies").comments() if said != "root"]
    assert sorted(read) == sorted(["root"] + [f"Reply {number:02}" for number in range(13)])


def test_a_chain_can_be_read_to_its_end(alice, carols):
    parent = None
    for number in range(16):
        parent = alice.says(f"Step {number:02}", parent=parent)["id"]
    read = list(carols.open(STORY).comments())
    for _ in range(5):
        if not carols.page.find("a", string=lambda said: bool(said) and "Show more" in said):
            break
        read += carols.follow("Show more replies").comments()
    assert sorted(set(read)) == [f"Step {number:02}" for number in range(16)]


def test_a_permalink_opens_the_page_that_holds_it(alice, carols):
    ids = [alice.says(f"Number {number:02}")["id"] for number in range(30)]
    deep = ids[0]
    for number in range(9):
        deep = alice.says(f"Deep {number}", parent=deep)["id"]
    late = carols.open(f"{STORY}&comment={ids[28]}")
    assert "Number 28" in late.comments()
    assert late.page.find(id=f"comment-{ids[28]}")
    assert "Deep 8" in carols.open(f"{STORY}&comment={deep}").comments()
    [link] = carols.page.select(f"#comment-{deep} a.c-time")
    assert urlsplit(str(link["href"])).fragment == f"comment-{deep}"


@pytest.mark.parametrize("what", ["comment=4711", "comment=x", f"comment={2**70}", "reply=4711"])
def test_a_link_to_a_comment_that_is_gone_leads_to_the_discussion(alice, carols, what):
    alice.says("Still here.")
    assert carols.open(f"{STORY}&{what}").comments() == ["Still here."]


def test_a_link_to_a_comment_of_another_thread_leads_to_the_discussion(alice, carols):
    other = alice.says("Not here.", thread="other")
    alice.says("Still here.")
    for what in ("comment", "reply", "under"):
        assert carols.open(f"{STORY}&{what}={other['id']}").comments() == ["Still here."]
        assert "Not here." not in carols.text()


def test_a_removed_comment_leaves_its_place(app, alice, carols):
    root = alice.says("Remove me.")
    alice.says("I stay.", parent=root["id"])
    cast.decide(app, root["id"], Status.SPAM)
    assert carols.open(STORY).comments() == ["I stay."]
    assert "This comment was removed." in carols.text()


def test_a_closed_thread_hides_the_form_and_the_replies(app, alice, carols):
    alice.says()
    cast.close(app)
    page = carols.open(STORY).page
    assert "The discussion is closed." in carols.text()
    form, reply = page.find("form", action="/comments/post"), page.find(class_="c-reply")
    for part in (form, reply, page.find(string=re.compile("As a moderator")).parent):
        assert {"hidden", "data-closed"} <= set(part.attrs)


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def test_a_guest_writes(alices, carols):
    alices.send("/post", body="My **first**.", name="alice")
    # No copy of the page on the way is one without it (at).
    assert alices.redirects == [f"{HERE}{STORY}&sort=oldest&at=1&comment=1#comment-1"]
    assert alices.comments() == ["My first."]
    assert carols.open(STORY).comments() == ["My first."]


def test_the_guest_is_known_again_by_the_cookie(alices, alice):
    alices.send("/post", body="One.", name="alice")
    cookie = alice.client.get_cookie("comments_guest", path="/comments")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/comments")
    assert cookie.max_age and cookie.max_age > 86_400 * 300
    alices.send("/post", body="Two.", name="alice")
    page = alice.reads()["comments"]
    assert len({comment["author"]["badge"] for comment in page}) == 1


def test_a_reply_is_a_link_and_a_form(alice, carols):
    root = alice.says("The question.")
    alice.says("Noise.")
    carols.open(STORY).follow("Reply to alice")
    carols.send("/post", body="The answer.", name="carol")
    assert carols.status == 200
    [shown, _] = alice.reads()["comments"]
    assert [reply["html"] for reply in shown["replies"]["comments"]] == ["<p>The answer.</p>"]
    assert shown["id"] == root["id"]


def test_a_member_needs_no_name(dave):
    browser = Browser(dave.client)
    answer = dave.submit("/preview", key="story", body="Hello.")
    assert "Commenting as Dave" in answer.text
    browser.send("/post", body="Hello.", name="")
    assert browser.comments() == ["Hello."]
    assert dave.reads()["comments"][0]["author"]["name"] == "Dave"
    assert dave.client.get_cookie("comments_guest", path="/comments") is None


def test_what_waits_is_told_and_shown_to_its_author(moderated):
    alices = Browser(cast.visitor(moderated, "alice").client)
    carols = Browser(cast.visitor(moderated, "carol").client)
    alices.send("/post", body="Waiting.", name="alice")
    assert urlsplit(alices.address).path == "/comments/mine"
    assert "waiting for a moderator" in alices.text()
    assert "Waiting." in alices.text()
    assert carols.open(STORY).comments() == []
    assert "Waiting." not in carols.open("/comments/mine?key=story").text()


def test_a_preview_shows_and_stores_nothing(alice, alices):
    form = {"key": "story", "name": "alice", "body": "Some **text**."}
    answer = alice.submit("/preview", **form)
    page = BeautifulSoup(answer.text, "html.parser")
    assert "<strong>text</strong>" in answer.text
    assert held(page.find("form"))["body"].strip() == "Some **text**."
    assert held(page.find("form"))["name"] == "alice"
    assert alice.reads()["thread"]["count"] == 0
    assert "Set-Cookie" not in answer.headers


def test_a_refused_text_can_be_mended_and_sent(alices):
    alices.send("/post", body="A long text.", name="admin")
    assert alices.status == 403
    assert "belongs to someone here" in alices.text()
    alices.send("/post", name="alice")
    assert alices.status == 200
    assert alices.comments() == ["A long text."]


def test_a_refused_reply_still_is_one(alice, carols):
    root = alice.says("The question.")
    carols.open(f"{STORY}&reply={root['id']}").send("/post", body="The answer.", name="")
    assert carols.status == 422
    assert "The question." in carols.text()
    carols.send("/post", name="carol")
    [shown] = alice.reads()["comments"]
    assert shown["replies"]["count"] == 1


def test_the_order_that_was_chosen_stays(alice, carols):
    alice.says("One.")
    alice.says("Two.")
    carols.open(STORY).follow("Newest").send("/post", body="Three.", name="carol")
    assert "sort=newest" in carols.address
    assert carols.comments() == ["Three.", "Two.", "One."]


def test_the_language_that_was_chosen_stays(alice, carols):
    alice.says("One.")
    carols.open(f"{STORY}&lang=de").send("/post", body="Zwei.", name="carol")
    assert "lang=de" in carols.address
    assert carols.page.html["lang"] == "de"


# ── votes ────────────────────────────────────────────────────────────────────────────────────


def test_a_vote_is_a_button_and_the_same_again_takes_it_back(alice, carols):
    alice.says()
    seen = []
    for button in ("1", "1", "-1", "1"):
        carols.open(STORY).send("/vote", button=button)
        assert carols.status == 200
        seen.append(alice.reads()["comments"][0]["score"])
    assert seen == [1, 0, -1, 1]
    assert urlsplit(carols.address).fragment == "comment-1"


def test_a_vote_on_ones_own_comment_is_refused_in_words(alices):
    alices.send("/post", body="Mine.", name="alice").send("/vote", button="1")
    assert alices.status == 403
    assert "your own comment" in alices.text()


# ── changing one's own ───────────────────────────────────────────────────────────────────────


def test_ones_own_comment_is_edited(alices, carols):
    alices.send("/post", body="A tpyo.", name="alice")
    alices.follow("Your comments").follow("Edit")
    assert held(alices.page.find("form"))["body"].strip() == "A tpyo."
    alices.send("/edit", body="A typo.")
    assert alices.redirects and alices.comments() == ["A typo."]
    assert carols.open(STORY).comments() == ["A typo."]


def test_ones_own_comment_is_deleted_after_a_question(alices, carols):
    alices.send("/post", body="Take this back.", name="alice")
    alices.follow("Your comments").follow("Delete")
    assert carols.open(STORY).comments() == ["Take this back."]
    alices.send("/delete")
    assert "Comment removed." in alices.text()
    assert carols.open(STORY).comments() == []


def test_a_refused_edit_keeps_the_text(alices):
    alices.send("/post", body="As it was.", name="alice")
    alices.follow("Your comments").follow("Edit").send("/edit", body="x" * 10_001)
    assert alices.status == 422
    assert held(alices.page.find("form"))["body"].strip() == "x" * 10_001
    assert alices.open(STORY).comments() == ["As it was."]


def test_what_is_ones_own_is_nobody_elses(alices, carols):
    alices.send("/post", body="Mine.", name="alice")
    carols.send("/post", body="Carol's.", name="carol")
    for what in ("edit", "delete"):
        assert carols.open(f"/comments/comment/1/{what}").status == 403
        assert "Mine." not in carols.text()
    assert "Mine." not in carols.open("/comments/mine?key=story").text()
    assert "Carol's." in carols.text()


def test_when_the_time_is_over_it_says_so(alices):
    alices.send("/post", body="Mine.", name="alice")
    with time_machine.travel(now() + timedelta(minutes=16)):
        alices.follow("Your comments")
        assert "The time for changing this comment is over." in alices.text()
        assert alices.open("/comments/comment/1/edit").status == 403


# ── reports ──────────────────────────────────────────────────────────────────────────────────


def test_a_comment_is_reported(alice, carols):
    alice.says("Buy this.")
    carols.open(STORY).follow("⋯")
    assert "Buy this." in carols.text()
    carols.send("/report", reason="spam", note="An advertisement.")
    assert "A moderator will look at it." in carols.text()


def test_a_report_without_a_reason_comes_back_with_its_note(alice, carols):
    alice.says("Buy this.")
    carols.open("/comments/comment/1/report").send("/report", note="An advertisement.")
    assert carols.status == 422
    assert held(carols.page.find("form"))["note"] == "An advertisement."


def test_there_is_nothing_to_report_of_a_removed_comment(app, alice, carols):
    root = alice.says("Remove me.")
    alice.says("A reply.", parent=root["id"])
    cast.decide(app, root["id"], Status.SPAM)
    assert carols.open(f"/comments/comment/{root['id']}/report").status == 404
    assert "Remove me." not in carols.text()


# ── where a form leads ───────────────────────────────────────────────────────────────────────

WRITTEN = {"key": "story", "name": "alice", "body": "A comment."}
ASTRAY = [
    ELSEWHERE,
    f"{ELSEWHERE}/story",
    "//elsewhere.example/",
    "/\\elsewhere.example/",
    "javascript:alert(1)",
    "http://localhost@elsewhere.example/",
    "http://localhost\\@elsewhere.example/",
    "http://localhost.elsewhere.example/",
    "http://elsewhere.example#http://localhost/",
    "http://localhost:81/",
    "https://localhost/",
    f"{BLOG}/story",
    "http://localhost/\r\nSet-Cookie: a=b",
    "article",
]


@pytest.mark.parametrize("field", ["back", "url", "next", "sort", "lang", "title"])
def test_nobody_is_led_astray(alice, field):
    for number, where in enumerate(ASTRAY):
        fields: dict[str, Any] = WRITTEN | {"key": f"story-{number}", "back": "article"}
        answer = alice.submit("/post", **fields | {field: where})
        assert answer.status_code == 303, where
        assert answer.location.startswith("/comments/thread?key=story-"), where
        assert "a=b" not in str(answer.headers.get_all("Set-Cookie"))
        address = f"/comments/thread?key=story-{number}"
        page = BeautifulSoup(alice.client.get(address).text, "html.parser")
        up = page.select_one(".page-up a")
        assert up is None or str(up["href"]).startswith(BLOG)


def test_a_form_in_an_article_of_this_site_leads_back_to_it(alice, carol):
    here = {"url": f"{HERE}/story?id=7#top", "back": "article", "title": "A story"}
    answer = alice.submit("/post", **WRITTEN | here)
    assert answer.location == f"{HERE}/story?id=7&comment=1#comment-1"
    answer = carol.submit("/comment/1/vote", value="1", back="article")
    assert answer.location == f"{HERE}/story?id=7&comment=1#comment-1"
    assert carol.submit("/comment/1/vote", value="1").location.startswith("/comments/thread")


def test_a_form_in_an_article_elsewhere_leads_to_our_page_of_it(alice):
    there = {"url": f"{BLOG}/story", "back": "article"}
    answer = alice.submit("/post", **WRITTEN | there)
    assert answer.location.startswith("/comments/thread?key=story")
    browser = Browser(alice.client)
    assert str(browser.page.select_one(".page-up a")["href"]) == f"{BLOG}/story"


def test_the_address_of_a_page_is_text_in_it(app: Flask):
    client = app.test_client()
    hostile = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    for address in (
        f"/comments/thread?key={hostile}",
        f"{STORY}&lang={hostile}",
        f"/comments/mine?key={hostile}&done={hostile}",
        f"/comments/fragment/thread?key={hostile}",
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text

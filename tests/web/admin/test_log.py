"""The log as sentences, filtered, and as a file that no spreadsheet calculates."""

import csv
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from comments.models import Comment, Status
from comments.moderation import log
from tests.web import cast
from tests.web.admin.rooms import ADMIN, act, see, thread_id, undo
from tests.web.cast import decide


def sentences(html: str) -> list[str]:
    found = re.findall(r'<th scope="row"><span>(.*?)</span>', html, re.DOTALL)
    return [unescape(re.sub(r"</?bdi>", "", each)) for each in found]


def lines(visitor, **query) -> list[str]:
    return sentences(see(visitor, "/log", **query).text)


@pytest.fixture
def told(app, alice) -> int:
    """A comment that Bob has called spam, and a discussion he has closed."""
    comment = alice.says("Buy shoes")["id"]
    decide(app, comment, Status.SPAM)
    act(app, "close", thread_id(app), closed=True)
    return comment


def test_an_empty_log_says_so(app, bob):
    assert "Nothing yet" in see(bob, "/log").text
    assert "Nothing found" in see(bob, "/log", person="Zoe").text


@pytest.mark.parametrize("name", ["Bob", "bob", "BOB"])
def test_what_somebody_did_is_found_by_their_name(app, bob, told, name):
    assert lines(bob, person=name) == lines(bob)


def test_decisions_are_told_in_plain_words(app, bob, told):
    assert lines(bob) == [
        "Bob closed “story”",
        "Bob called alice’s comment in “story” spam: a test",
    ]
    html = see(bob, "/log").text
    assert f'href="{ADMIN}/comment/{told}"' in html
    assert "published" in html


def test_what_was_taken_back_is_marked(app, bob, told):
    undo(bob)
    html = see(bob, "/log").text
    assert (html.count(">taken back<"), html.count(">takes back<")) == (1, 1)


def test_the_screens_are_in_it_when_asked_for(app, bob, told):
    assert lines(bob, everything="1")[-1] == (
        "The screens approved alice’s comment in “story”: passed every screen"
    )


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"person": "bob"}, 2),
        ({"person": "host:1"}, 2),
        ({"person": "Zoe"}, 0),
        ({"action": "close"}, 1),
        ({"action": "merge"}, 0),
        ({"comment": "1"}, 1),
        ({"comment": "²"}, 2),
        ({"thread": "1"}, 2),
        ({"thread": "99"}, 0),
        ({"since": "2020-01-01", "until": "9999-12-31"}, 2),
        ({"since": "9999-12-31"}, 0),
        ({"until": "2020-01-01"}, 0),
    ],
)
def test_the_log_is_filtered(app, bob, told, query, number):
    assert len(lines(bob, **query)) == number


def test_a_day_that_is_none_is_refused(app, bob):
    answer = bob.client.get(f"{ADMIN}/log", query_string={"since": "yesterday"})
    assert answer.status_code == 422


def test_the_log_goes_on_where_it_ended(app, bob, alice, monkeypatch):
    monkeypatch.setattr(log.page, "__kwdefaults__", {"below": None, "limit": 2})
    alice.says()
    for closed in (True, False, True):
        act(app, "close", thread_id(app), closed=closed)
    first = see(bob, "/log").text
    assert len(sentences(first)) == 2
    following = re.search(r'href="([^"]*below[^"]*)"', first)[1].replace("&amp;", "&")
    second = bob.client.get(following).text
    assert sentences(second) == ["Bob closed “story”"]
    assert "To the beginning" in second


# ── the file ─────────────────────────────────────────────────────────────────────────────────


def rows(visitor, **query) -> list[dict[str, str]]:
    answer = visitor.client.get(f"{ADMIN}/log.csv", query_string=query)
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return list(csv.DictReader(answer.get_data(as_text=True).lstrip("\ufeff").splitlines()))


def test_the_file_has_every_line_with_what_was_before_and_after(app, bob, told):
    closed, spam = rows(bob)
    assert (closed["action"], closed["thread"], closed["after"]) == (
        "close",
        "story",
        '{"closed": true}',
    )
    assert (spam["before"], spam["after"], spam["comment"]) == ("published", "spam", str(told))
    assert (spam["name"], spam["by"], spam["reason"], spam["undone"]) == (
        "Bob",
        "host:1",
        "a test",
        "",
    )


def test_the_file_is_read_in_pieces(app, bob, told, monkeypatch):
    monkeypatch.setattr(log, "CHUNK", 1)
    assert len(rows(bob, everything="1")) == 3


def test_no_cell_of_the_file_is_a_formula(app, bob, alice):
    comment = alice.says(thread="=1+1", name=" @SUM(A1)")["id"]
    decide(app, comment, Status.SPAM)
    row = rows(bob)[0]
    assert (row["thread"], row["comment author"]) == ("'=1+1", "'@SUM(A1)")


# ── told to people, not to machines ──────────────────────────────────────────────────────────


def test_a_ban_is_told_by_name_and_by_dates(app, bob, alice):
    comment = alice.says()["id"]
    with app.app_context():
        guest = cast.state_of(app).session().get_one(Comment, comment).author_id
    act(app, "bans.ban", guest, until=datetime.now(UTC) + timedelta(days=7))
    html = see(bob, "/log").text
    assert sentences(html) == ["Bob banned alice"]
    row = html.split("<tbody>")[1].split("</tbody>")[0]
    assert '<span class="a-muted">until</span> <time' in row
    assert guest not in row and "+00:00" not in row and "shadow" not in row


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("network:abcdef123456", "Bob banned the network abcdef"),
        ("email:abcdef123456", "Bob banned the e-mail address abcdef"),
        ("guest:nobody", "Bob banned somebody"),
    ],
)
def test_whoever_has_no_name_is_told_without_an_id(app, bob, target, told):
    act(app, "bans.ban", target)
    html = see(bob, "/log").text
    assert sentences(html) == [told]
    if not target.startswith("network"):
        assert '<span class="a-muted">until</span> <bdi>for good</bdi>' in html


def test_marks_that_a_decision_took_off_are_dates(app, bob, alice):
    comment = alice.says()["id"]
    act(app, "pin", comment, pinned=True)
    decide(app, comment, Status.SPAM)
    html = see(bob, "/log").text
    assert '<span class="a-muted">pinned</span> <time' in html
    assert "pinned_at" not in html and "kept_at" not in html


def test_words_are_told_by_the_name_of_their_list_and_keep_their_star(app, bob):
    act(app, "words.add", "hold", "casino*\nplonk")
    html = see(bob, "/log").text
    assert sentences(html) == ["Bob put 2 words on the list “Held”"]
    assert "<bdi>casino*</bdi>, <bdi>plonk</bdi>" in html


def test_what_the_screens_said_is_translated(bob, told):
    html = see(bob, "/log", everything="1", lang="de").text
    assert "passed every screen" not in html
    assert "<bdi>alle Prüfungen bestanden</bdi>" in html

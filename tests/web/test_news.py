"""``GET /fragment/news``: what everybody sees differently since a revision, as HTML."""

import pytest
from bs4 import BeautifulSoup, Tag

from comments import Status
from tests.web import cast


def news(reader: cast.Visitor, since: int, **query: str) -> Tag:
    asked = {"key": "story", "since": since, **query}
    answer = reader.client.get("/comments/fragment/news", query_string=asked)
    assert answer.status_code == 200, answer.text
    part = BeautifulSoup(answer.text, "html.parser").find(attrs={"data-news": True})
    assert part is not None
    return part


def ids(part: Tag, where: str) -> list[str]:
    return [item["data-id"] for item in part.select(f"[{where}] > [data-id]")]


def test_it_works(app, alice, carol):
    first, lonely = alice.says("The first."), alice.says("A lonely one.")
    reply = carol.says("A reply.", parent=first["id"])
    deep = alice.says("Deeper.", parent=reply["id"])
    seen = alice.reads()["thread"]["revision"]
    alice.edit(first["id"], "In other words.")
    cast.decide(app, lonely["id"], Status.SPAM)
    new = carol.says("New.", parent=deep["id"])

    part = news(alice, seen)

    assert ids(part, "data-came") == [str(new["id"])]
    assert "In reply to alice" in part.select_one("[data-came]").get_text()
    assert ids(part, "data-differing") == [str(first["id"])]
    assert "In other words." in part.select_one("[data-differing]").get_text()
    assert part["data-gone"] == str(lonely["id"])
    assert (part["data-count"], part["data-title"]) == ("4", "4 comments")
    assert part["data-latest"].split()[0] == f"{new['id']}:{part['data-revision']}"
    assert not part.has_attr("data-more")


def test_what_waits_is_not_in_it(moderated):
    alice = cast.visitor(moderated, "alice")
    alice.says("Patience.")
    part = news(alice, 0)
    assert "Patience" not in str(part)
    assert (ids(part, "data-came"), part["data-latest"]) == ([], "")


def test_a_thread_nobody_has_written_in_has_the_words_alone(sqlite_app):
    part = news(cast.visitor(sqlite_app, "alice"), 0)
    assert part["data-title"] == "No comments yet"
    assert part["data-invitation"] == "Would love your thoughts, please comment."


def test_who_has_missed_too_much_is_told_so(start, migrated_sqlite_uri):
    alice = cast.visitor(start(migrated_sqlite_uri, COMMENTS_RATE_LIMITS="off"), "alice")
    for number in range(51):
        alice.says(f"Number {number}")
    part = news(alice, 0)
    assert len(ids(part, "data-came")) == 50
    assert part.has_attr("data-more")


def test_the_sentences_come_in_every_form_of_the_language(sqlite_app):
    alice = cast.visitor(sqlite_app, "alice")
    for form in ("new", "arrived"):
        rows = news(alice, 0).select(f'[data-forms="{form}"] > li')
        assert [row["data-n"] for row in rows] == ["1", "2", "3", "6", "11", "20", "100"]
        assert all("{n}" in row.get_text() for row in rows)
    assert news(alice, 0, lang="ar").select_one("[data-float]")["dir"] == "rtl"


@pytest.mark.parametrize(
    ("settings", "corner", "invitation"),
    [
        ({}, "end", "Would love your thoughts, please comment."),
        ({"COMMENTS_BUBBLE": "off", "COMMENTS_INVITATION": "off"}, "off", None),
        ({"COMMENTS_INVITATION": 'Say "hello" & <more>'}, "end", 'Say "hello" & <more>'),
    ],
)
def test_the_owner_chooses_corner_and_wording(
    start, migrated_sqlite_uri, settings, corner, invitation
):
    part = news(cast.visitor(start(migrated_sqlite_uri, **settings), "alice"), 0)
    assert (part["data-corner"], part.get("data-invitation")) == (corner, invitation)


@pytest.mark.parametrize("query", ["key=story&since=-1", "key=story&since=x", "since=1", "key="])
def test_it_refuses_what_it_cannot_read(sqlite_app, query):
    answer = sqlite_app.test_client().get(f"/comments/fragment/news?{query}")
    assert answer.status_code == 422

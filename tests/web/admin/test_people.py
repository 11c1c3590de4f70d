"""The view of people: found, known, banned and trusted by forms."""

import re

import pytest

from comments import moderation
from comments.models import Ban, Person
from tests.web import cast
from tests.web.cast import Visitor


def read(bob: Visitor, path: str = "", **query: str) -> str:
    answer = bob.client.get(f"/comments/admin/people{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def send(bob: Visitor, path: str, **fields: object):
    return bob.submit(f"/admin/people/{path}", **fields)


def in_database(app, model):
    with app.app_context():
        return list(cast.state_of(app).session().query(model))


def id_of(alice: Visitor) -> str:
    """Alice's author id, which nobody but a moderator gets to see."""
    app = alice.client.application
    with app.app_context():
        return cast.state_of(app).session().get(moderation.people.Comment, 1).author_id


@pytest.fixture
def wrote(alice, bob) -> str:
    """Alice, who wrote twice."""
    alice.says("The first comment")
    alice.says("The second comment")
    return id_of(alice)


def form(page: str, action: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    (inside,) = re.findall(rf'<form[^>]*action="[^"]*{action}"[^>]*>(.*?)</form>', page, re.S)[:1]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', inside))


def test_the_place_stands_in_the_navigation_and_tells_that_nobody_is_banned(bob):
    page = read(bob)
    assert 'aria-current="page">People</a>' in page
    assert "Nobody is banned" in page


def test_somebody_is_found_by_name_and_by_tag(bob, wrote, alice):
    assert wrote in read(bob, find="Alic")
    tag = alice.reads()["comments"][0]["author"]["badge"]
    assert wrote in read(bob, find=f"#{tag}", thread=cast.STORY)
    assert "Nobody found" in read(bob, find="Zenobia")


def test_a_page_of_somebody_shows_what_they_wrote(bob, wrote):
    page = read(bob, id=wrote)
    assert "The first comment" in page and "The second comment" in page
    assert "2 comments" in page


def test_of_somebody_who_never_wrote_there_is_no_page(bob):
    assert bob.client.get("/comments/admin/people?id=guest:none").status_code == 404


def test_a_ban_is_set_shown_undone_and_lifted(app, bob, wrote):
    fields = form(read(bob, id=wrote), "/ban")
    answer = send(bob, "ban", **fields, target=wrote, duration="week", reason="shouts")
    assert answer.status_code == 303
    page = bob.client.get(answer.location).text
    assert "Banned." in page and "shouts" in page
    (ban,) = in_database(app, Ban)
    assert (ban.target, ban.name, (ban.until - ban.created_at).days) == (wrote, "alice", 7)
    assert "shouts" in read(bob)

    assert "<summary>Another ban</summary>" in page and form(page, "/lift")["ban"] == str(ban.id)
    undo = form(page, "/undo")
    assert bob.submit("/admin/undo", **undo).status_code == 303
    assert "Nobody is banned" in read(bob) and "shouts" in read(bob, show="over")


def test_lifting_twice_is_told(bob, wrote):
    send(bob, "ban", target=wrote, duration="good")
    fields = form(read(bob), "/lift")
    assert send(bob, "lift", **fields).status_code == 303
    again = send(bob, "lift", **fields)
    assert again.status_code == 409
    assert "has decided about it already" in again.text


def test_taking_down_with_a_ban_hides_everything_they_wrote(alice, bob, wrote):
    send(bob, "ban", id=wrote, target=wrote, duration="good", take_down="1", shadow="1")
    assert alice.reads()["comments"] == []
    assert "shadow" in read(bob)


def test_of_two_who_ban_the_second_is_told_unless_they_saw_the_ban(app, bob, wrote):
    for _ in range(2):
        answer = send(bob, "ban", id=wrote, target=wrote, duration="week")
    assert answer.status_code == 409
    assert "has decided about it already" in answer.text
    fields = form(answer.text, "/ban")
    assert send(bob, "ban", **(fields | {"target": wrote}), duration="good").status_code == 303
    assert len(in_database(app, Ban)) == 2


@pytest.mark.parametrize("fields", [{}, {"duration": "ever"}, {"target": ""}])
def test_a_form_that_is_not_whole_bans_nobody(app, bob, wrote, fields):
    sent = {"target": wrote, "duration": "week", "id": wrote} | fields
    if not fields:
        del sent["duration"]
    assert send(bob, "ban", **sent).status_code == 422
    assert in_database(app, Ban) == []


def test_a_moderator_has_no_form_for_a_ban_and_is_not_banned(bob):
    bob.says("From a moderator")
    page = read(bob, id="host:1")
    assert "/people/ban" not in page and "/people/trust" not in page
    assert send(bob, "ban", id="host:1", target="host:1", duration="day").status_code == 422


def test_trust_is_given_and_taken(app, bob, wrote):
    fields = form(read(bob, id=wrote), "/trust")
    page = bob.client.get(send(bob, "trust", **fields).location).text
    assert "Trusted from now on." in page
    (person,) = in_database(app, Person)
    assert (person.author_id, person.trusted_at is not None) == (wrote, True)
    assert form(page, "/trust")["trusted"] == "0"


def test_nobody_is_trusted_who_is_not_there(bob, monkeypatch):
    from dataclasses import replace

    from comments.web.admin import people as view

    there = {"sites": frozenset({"https://a.example"})}
    monkeypatch.setattr(view, "moderator", lambda: replace(cast_author(), **there))
    assert send(bob, "trust", id="guest:none", trusted="1").status_code == 404


def cast_author():
    from comments.identity import from_identity

    return from_identity(cast.SIGNED_IN["bob"])


def test_others_from_the_same_network_stand_beside_them(app, bob, wrote):
    cast.visitor(app, "alice").says("From the same household", name="Erin")
    page = read(bob, id=wrote)
    assert "Others from the same network or address" in page and "Erin" in page
    assert "30 days at most" in page


def test_the_list_of_bans_goes_on_on_the_next_page(bob, wrote, monkeypatch):
    from comments.web.admin import people as view

    monkeypatch.setattr(view, "PAGE", 2)
    for number in range(3):
        send(bob, "ban", target=f"guest:{number}", duration="good", reason=f"reason {number}")
    first = read(bob)
    assert "reason 2" in first and "reason 0" not in first
    (more,) = re.findall(r'href="([^"]*)" rel="next"', first)
    assert "reason 0" in bob.client.get(more.replace("&amp;", "&")).text

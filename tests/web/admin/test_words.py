"""The word lists, and the box that tries a text."""

import re

import pytest

from tests.web import cast
from tests.web.admin.rooms import owner, press, pressed, see, undo


@pytest.fixture
def ann(app, monkeypatch):
    return owner(app, monkeypatch)


def listed(html: str, which: str = "hold") -> list[str]:
    part = html.split(f'id="list-{which}"')[1].split("</section>")[0]
    return re.findall(r'<span dir="auto">([^<]*)</span>', part)


def test_words_are_added_removed_and_brought_back(ann):
    page = pressed(ann, "/words/add", list="hold", words="Plonk\n  two  words \nplonk")
    assert listed(page.text) == ["plonk", "two words"]
    assert "2 words added." in page.text
    ids = re.findall(r'name="id" value="(\d+)"', page.text)
    assert listed(pressed(ann, "/words/remove", id=ids).text) == []
    undo(ann)
    assert listed(see(ann, "/words").text) == ["plonk", "two words"]


def test_a_moderator_takes_nothing_back_that_an_owner_did(app, monkeypatch):
    ann = owner(app, monkeypatch)
    did = press(ann, "/words/add", list="hold", words="plonk").location.partition("did=")[2]
    monkeypatch.undo()
    bob = cast.visitor(app, "bob")
    refused = press(bob, "/undo", batch=did)
    assert (refused.status_code, "For owners" in refused.text) == (403, True)
    answer = bob.client.post(
        "/comments/api/v1/undo", json={"batch": did}, headers={"Origin": cast.HERE}
    )
    assert answer.status_code in (403, 404)
    assert listed(see(owner(app, monkeypatch), "/words").text) == ["plonk"]


def test_removing_nothing_says_so(ann):
    assert "Nothing was changed." in pressed(ann, "/words/remove", id=["x", "7"]).text


def test_words_that_were_there_already_are_told(ann):
    pressed(ann, "/words/add", list="hold", words="plonk")
    again = press(ann, "/words/add", list="hold", words="PLONK")
    assert "1 was there already: plonk" in again.text
    both = press(ann, "/words/add", list="hold", words="plonk\nnew")
    assert "1 word added. 1 was there already: plonk" in both.text
    assert ">Undo" in both.text
    assert listed(both.text) == ["new", "plonk"]


def test_a_wrong_line_is_given_back_with_what_is_wrong(ann):
    answer = press(ann, "/words/add", list="reject", words="good\n***")
    assert answer.status_code == 422
    assert 'id="words-reject-error"' in answer.text
    assert ">good\n***</textarea>" in answer.text
    assert listed(answer.text, "reject") == []


def test_there_are_two_lists(ann):
    assert press(ann, "/words/add", list="other", words="good").status_code == 404


def test_the_box_shows_what_would_happen_and_stores_nothing(ann, alice):
    pressed(ann, "/words/add", list="reject", words="plonk")
    tried = press(ann, "/words/try", body="You are a plonk & more")
    assert tried.status_code == 200
    assert "plonk &amp; more</textarea>" in tried.text
    assert re.search(r'role="status">\s*<span class="a-badge a-badge-bad">rejected', tried.text)
    assert tried.text.count(">decides<") == 1
    assert "published at once" in press(ann, "/words/try", body="A fine evening.").text
    assert alice.reads()["comments"] == []


def test_nothing_is_tried_when_nothing_was_typed(ann):
    assert 'id="tried"' not in press(ann, "/words/try", body="  ").text

"""The view of the search."""

import re

import pytest

from tests.web import cast


def read(bob, **query):
    answer = bob.client.get("/comments/admin/search", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def entries(page: str) -> list[int]:
    return [int(id) for id in re.findall(r'data-entry="(\d+)"', page)]


@pytest.fixture
def apples(alice, carol) -> list[int]:
    said = [("Red apples", alice), ("Green apples", carol), ("Pears", alice)]
    return [who.says(body)["id"] for body, who in said]


def test_an_empty_search_asks_and_finds_nothing(bob, apples):
    page = read(bob)
    assert entries(page) == [] and "Nothing found" not in page


def test_comments_are_found_by_words_author_thread_and_state(bob, apples):
    red, green, pears = apples
    assert entries(read(bob, text="apple")) == [green, red]
    assert entries(read(bob, text="apple", author="carol")) == [green]
    assert entries(read(bob, thread=cast.STORY, state="published")) == [pears, green, red]
    assert entries(read(bob, state="spam")) == []
    assert "Nothing found" in read(bob, text="plums")


def test_a_day_is_meant_whole(app, bob, apples):
    today = cast.now().date().isoformat()
    assert len(entries(read(bob, since=today, until=today))) == 3
    assert entries(read(bob, until="2020-01-01")) == []


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "30.11.2026"])
def test_a_day_that_is_none_is_told_at_its_field(bob, apples, day):
    page = read(bob, text="apple", since=day)
    assert "A day is written like" in page and 'aria-invalid="true"' in page
    assert entries(page) == []


def test_the_next_page_goes_on_where_the_first_ends(bob, apples, monkeypatch):
    monkeypatch.setattr("comments.web.admin.search.PAGE", 2)
    first = read(bob, thread=cast.STORY)
    (more,) = re.findall(r'href="([^"]*)" rel="next"', first)
    second = bob.client.get(more.replace("&amp;", "&")).text
    assert entries(first) + entries(second) == apples[::-1]
    assert 'rel="first"' in second


def test_what_is_typed_comes_back_escaped(bob, apples):
    page = read(bob, text='"><script>alert(1)</script>', author="<b>", state="<i>", before="x")
    assert "<script>alert" not in page and "<b>" not in page


def test_a_decision_on_what_was_found_leads_back_to_the_search(bob, apples):
    page = read(bob, text="red")
    (inside,) = re.findall(r'<form class="q-acts"(.*?)</form>', page, re.S)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', inside.partition("<button")[0]))
    answer = bob.submit("/admin/queue/decide", **fields, act="spam")
    assert answer.status_code == 303 and "/admin/search?text=red" in answer.location
    assert "1 comment is spam." in bob.client.get(answer.location).text

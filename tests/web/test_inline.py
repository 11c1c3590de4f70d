"""Comments on a passage of the article: posting, listing, the marks' passages, the panel."""

import json

import pytest

from comments import Status
from tests import factories as make
from tests.web import cast
from tests.web.cast import problem, wrong_fields
from tests.web.test_screened import there_is

EXACT = "four passengers per car"


def anchor(exact: str = EXACT, **more):
    quote = {"type": "TextQuoteSelector", "exact": exact, "prefix": "was: ", "suffix": ", on"}
    position = {"type": "TextPositionSelector", "start": 5, "end": 5 + len(exact)}
    return {"selector": [quote, position], "question": None, "name": None} | more


def bodies(comments):
    return [comment["html"].removeprefix("<p>").removesuffix("</p>") for comment in comments]


def passages(reader, thread=cast.STORY):
    answer = reader.get("/anchors", query_string={"thread": thread})
    assert answer.status_code == 200
    return answer.json["passages"]


def html(reader, path, **query):
    answer = reader.client.get(f"/comments{path}", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.text


# ── posting ──────────────────────────────────────────────────────────────────────────────────


def test_a_comment_on_a_passage_is_read_with_it(alice, carol):
    told = anchor(question="Is that so?", name="numbers")
    posted = alice.says("I counted five.", anchor=told)

    assert posted["anchor"] == told
    assert carol.reads()["comments"][0]["anchor"] == told
    assert carol.get(f"/comments/{posted['id']}").json["comment"]["anchor"] == told


def test_a_comment_without_one_has_none(alice):
    assert alice.says("Nice.", anchor=None)["anchor"] is None


def test_a_wrong_one_is_refused_by_its_field(alice):
    bad = {"selector": [{"type": "TextQuoteSelector", "exact": 7}]}
    assert wrong_fields(alice.post(anchor=bad)) == {"anchor.exact"}
    form = alice.submit("/post", key="story", body="x", name="A", anchor="y")
    assert form.status_code == 422


def test_a_reply_is_about_the_comment_it_answers(alice):
    first = alice.says()
    assert wrong_fields(alice.post(parent=first["id"], anchor=anchor())) == {"anchor"}


def test_an_edit_keeps_the_passage(alice):
    posted = alice.says("Befor", anchor=anchor())
    assert alice.edit(posted["id"], "Before").json["comment"]["anchor"] == anchor()


def test_what_is_taken_back_leaves_no_passage(alice, carol):
    posted = alice.says(anchor=anchor())
    carol.says("A reply.", parent=posted["id"])
    alice.delete(posted["id"])

    assert carol.reads()["comments"][0]["anchor"] is None
    assert passages(carol) == []


def test_a_copy_of_ones_own_data_has_the_passage(alice):
    alice.says(anchor=anchor())
    assert alice.get("/me/data").json["comments"][0]["anchor"] == anchor()


# ── the list ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mixed(alice):
    """Three comments on passages among six."""
    for number in range(6):
        about = anchor(f"passage {number}") if number % 2 else None
        alice.says(f"{number}", anchor=about)


@pytest.mark.parametrize(("sort", "order"), [("oldest", "135"), ("newest", "531")])
def test_a_list_of_them_alone_page_after_page(alice, mixed, sort, order):
    read, after = [], None
    while not read or after:
        page = alice.reads(only="inline", sort=sort, limit=1, **({"after": after} if after else {}))
        read += bodies(page["comments"])
        after = page["next"]
    assert "".join(read) == order


def test_most_voted_among_them(alice, carol, mixed):
    last = alice.reads(only="inline", sort="newest")["comments"][0]
    carol.vote(last["id"])
    assert bodies(alice.reads(only="inline", sort="most_voted")["comments"]) == ["5", "1", "3"]


def test_each_has_its_replies(alice, carol):
    first = alice.says(anchor=anchor())
    carol.says("A reply.", parent=first["id"])
    (comment,) = alice.reads(only="inline")["comments"]
    assert bodies(comment["replies"]["comments"]) == ["A reply."]


def test_a_cursor_is_good_for_its_own_list_alone(alice, mixed):
    everything = alice.reads(limit=1)["next"]
    inline = alice.reads(limit=1, only="inline")["next"]
    for query in ({"after": everything, "only": "inline"}, {"after": inline}):
        answer = alice.get("/comments", query_string={"thread": cast.STORY, **query})
        assert problem(answer) == (422, "bad_cursor")


def test_an_unknown_filter_is_refused(alice):
    for path in ("/api/v1/comments?thread=story&only=x", "/thread?key=story&only=x"):
        assert alice.client.get("/comments" + path).status_code == 422


def test_a_pinned_one_comes_first_and_a_pinned_other_does_not(alice, bob, mixed):
    for comment in alice.reads()["comments"][4:]:
        assert (
            bob.call("PUT", f"/comments/{comment['id']}/pin", {"pinned": True}).status_code == 200
        )
    assert bodies(alice.reads(only="inline")["comments"]) == ["5", "1", "3"]


# ── pages ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/thread", "/fragment/thread"])
def test_the_page_leads_from_one_list_to_the_other(alice, mixed, path):
    everything = html(alice, path, key=cast.STORY)
    inline = html(alice, path, key=cast.STORY, only="inline")

    assert "only=inline" in everything and "<p>0</p>" in everything
    assert "<p>0</p>" not in inline and "<p>1</p>" in inline
    assert 'data-only="inline" aria-current="true"' in inline
    assert 'aria-current="true">View all comments' in everything


def test_sorting_and_turning_pages_stay_in_the_list(make_app):
    app = make_app()
    alice = cast.visitor(app, "alice")
    for number in range(26):
        alice.says(f"{number}", anchor=anchor(f"passage {number}"))
    page = html(alice, "/thread", key=cast.STORY, only="inline")
    links = [part.split('"')[0] for part in page.split('href="')[1:]]
    kept = [link for link in links if "after=" in link or "sort=newest" in link]
    assert len(kept) >= 2
    assert all("only=inline" in link for link in kept)


def test_where_nobody_wrote_about_a_passage_there_is_nothing_to_switch(alice):
    alice.says()
    alice.says()
    assert "only=inline" not in html(alice, "/thread", key=cast.STORY)


def test_a_link_to_a_comment_that_the_list_leaves_out_shows_it(alice, mixed):
    first = alice.reads()["comments"][0]
    page = html(alice, "/thread", key=cast.STORY, only="inline", comment=first["id"])
    assert "<p>0</p>" in page


def test_the_passage_stands_above_the_comment_and_leads_to_the_article(make_app):
    app = make_app()
    alice = cast.visitor(app, "alice")
    thread = {"key": cast.STORY, "url": f"{cast.BLOG}/post"}
    alice.says(anchor=anchor("cost-per, passenger & <b>"), thread=thread)
    page = html(alice, "/thread", key=cast.STORY)

    assert "cost-per, passenger &amp; &lt;b&gt;" in page
    assert f"{cast.BLOG}/post#:~:text=cost%2Dper%2C%20passenger%20%26%20%3Cb%3E" in page


def test_a_long_passage_is_looked_for_by_its_ends(make_app):
    app = make_app()
    alice = cast.visitor(app, "alice")
    words = " ".join(f"word{number}" for number in range(40))
    alice.says(anchor=anchor(words), thread={"key": cast.STORY, "url": f"{cast.BLOG}/post"})
    wanted = "text=word0%20word1%20word2%20word3,word36%20word37%20word38%20word39"
    assert wanted in html(alice, "/thread", key=cast.STORY)


# ── passages ─────────────────────────────────────────────────────────────────────────────────


def test_passages_are_counted_the_latest_first(alice, carol):
    alice.says(anchor=anchor())
    alice.says(anchor=anchor("another passage"))
    carol.says(anchor=anchor(question=None))
    alice.says("On nothing.")

    told = [
        (passage["anchor"]["selector"][0]["exact"], passage["count"]) for passage in passages(carol)
    ]
    assert told == [(EXACT, 2), ("another passage", 1)]


def test_what_waits_or_was_thrown_out_is_on_no_passage(app, alice, carol):
    for status in (Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED):
        posted = alice.says(anchor=anchor(f"a secret {status}"))
        carol.says("A reply.", parent=posted["id"])
        cast.decide(app, posted["id"], status)

    assert passages(carol) == []
    assert "a secret" not in html(carol, "/fragment/thread", key=cast.STORY)


def test_passages_are_kept_for_a_revision(alice):
    alice.says(anchor=anchor())
    first = alice.get("/anchors", query_string={"thread": cast.STORY})
    alice.says(anchor=anchor())
    second = alice.get("/anchors", query_string={"thread": cast.STORY})

    assert (first.json["revision"], second.json["revision"]) == (1, 2)
    assert first.headers["ETag"] != second.headers["ETag"]
    assert second.json["passages"][0]["count"] == 2


def test_a_thread_nobody_has_written_in_has_no_passage(alice):
    assert passages(alice, "nothing here") == []


def test_a_passage_has_its_last_comments_in_the_order_of_time(alice):
    for number in range(7):
        alice.says(f"{number}", anchor=anchor())
    (passage,) = passages(alice)
    panel = html(alice, "/fragment/passage", key=cast.STORY, passage=passage["passage"])

    shown = [number for number in range(7) if f"<p>{number}</p>" in panel]
    assert shown == [2, 3, 4, 5, 6]
    assert 'data-count="7"' in panel and "only=inline" in panel


def test_without_a_passage_the_panel_is_a_form_alone(alice):
    alice.says("On nothing.")
    panel = html(alice, "/fragment/passage", key=cast.STORY)
    assert 'data-count="0"' in panel and "On nothing." not in panel
    assert 'data-do="post"' in panel


def test_a_passage_of_another_thread_is_not_there(alice):
    alice.says(anchor=anchor(), thread="other")
    (passage,) = passages(alice, "other")
    panel = html(alice, "/fragment/passage", key=cast.STORY, passage=passage["passage"])
    assert 'data-count="0"' in panel


# ── who looks at what is quoted ──────────────────────────────────────────────────────────────


def test_a_listed_word_in_the_passage_makes_the_comment_wait(app, alice, carol):
    there_is(app, make.listed_word, "casino", "reject")
    posted = alice.post("Look!", anchor=anchor("my Casino is open"))

    assert posted.json["state"] == "pending"
    assert passages(carol) == []


def test_so_does_one_in_the_question_and_an_edit_does_not_hide_it(app, alice):
    about = anchor(question="Have you seen the casino?")
    posted = alice.says("Look!", anchor=about)
    there_is(app, make.listed_word, "casino")
    edited = alice.edit(posted["id"], "Look here!")
    assert edited.json["comment"]["state"] == "pending"


def test_moderators_see_the_passage(app, alice, bob):
    posted = alice.says(anchor=anchor("a <b>bold</b> claim", question="Is it?"))
    page = bob.client.get(f"/comments/admin/comment/{posted['id']}").text
    assert "a &lt;b&gt;bold&lt;/b&gt; claim" in page
    assert "Is it?" in page


def test_the_answer_is_json_that_a_page_can_hold(alice):
    hostile = '"></script><script>alert(1)</script>\u202e'
    alice.says(anchor=anchor(hostile, question=hostile, name=hostile))
    (passage,) = passages(alice)
    assert "\u202e" not in json.dumps(passage, ensure_ascii=False)
    for path in ("/thread", "/fragment/thread"):
        assert "<script>alert" not in html(alice, path, key=cast.STORY)

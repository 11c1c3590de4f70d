"""``GET /feed.atom``: what is new in a thread, below a comment and everywhere, for feed readers."""

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from sqlalchemy import update

from comments import Status, text
from comments.models import Comment
from tests.corpus import check
from tests.hostile_text import FAMILIES
from tests.web import cast
from tests.web.cast import BLOG

FEED = "/comments/feed.atom"
ATOM, THREADING = "{http://www.w3.org/2005/Atom}", "{http://purl.org/syndication/thread/1.0}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ARTICLE = {"key": "story", "url": f"{BLOG}/story?a=1&b=2", "title": "A <story> & more"}


def fetch(reader, **query: Any):
    answer = reader.client.get(FEED, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer


def read(reader, **query: Any):
    """The feed as a program for feeds reads it, without its own washing and mending."""
    answer = fetch(reader, **query)
    assert faults(answer.data) == []
    told = feedparser.parse(answer.data, sanitize_html=False, resolve_relative_uris=False)
    assert not told.bozo
    return told


def ids(told) -> list[int]:
    return [int(entry.link.rpartition("-")[2]) for entry in told.entries]


# ── what RFC 4287 asks for ───────────────────────────────────────────────────────────────────

ONCE = ("id", "title", "updated")
MAY_BE = {
    "feed": {*ONCE, "link", "generator", "entry"},
    "entry": {*ONCE, "author", "published", "link", "content", "in-reply-to"},
}


def faults(xml: bytes) -> list[str]:
    """What of the MUSTs of RFC 4287 and RFC 4685 does not hold in a feed."""
    root = ElementTree.fromstring(xml)  # noqa: S314 - our own answer
    entries = root.findall(f"{ATOM}entry")
    found = [] if root.tag == f"{ATOM}feed" else ["4.1.1 it is no feed"]
    found += _faults_of(root, "feed")
    for entry in entries:
        found += _faults_of(entry, "entry")
        found += [] if entry.findtext(f"{ATOM}author/{ATOM}name") else ["4.1.2 no author"]
        kinds = [it.get("type") for it in entry.findall(f"{ATOM}content")]
        found += [] if kinds == ["html"] else ["4.1.3 content"]
        for answered in entry.findall(f"{THREADING}in-reply-to"):
            found += [] if answered.get("ref", "").startswith("urn:uuid:") else ["4685, 3: ref"]
    told = [entry.findtext(f"{ATOM}id") for entry in entries]
    return found + ([] if len(set(told)) == len(told) else ["4.1.1 an entry twice"])


def _faults_of(element: ElementTree.Element, kind: str) -> list[str]:
    names = [child.tag.partition("}")[2] for child in element]
    found = [f"{kind}: {name}" for name in names if name not in MAY_BE[kind]]
    found += [f"{kind}: not one {name}" for name in ONCE if names.count(name) != 1]
    if not (element.findtext(f"{ATOM}id") or "").startswith("urn:uuid:"):
        found.append("4.2.6 the id is no address that lasts")
    for name in ("updated", "published"):
        for moment in element.findall(f"{ATOM}{name}"):
            found += [] if RFC3339.fullmatch(moment.text or "") else [f"3.3 {moment.text}"]
    links = element.findall(f"{ATOM}link")
    found += [f"4.2.7 {it.attrib}" for it in links if not it.get("href", "").startswith("http")]
    kinds = [(it.get("rel"), it.get("type"), it.get("hreflang")) for it in links]
    if len(set(kinds)) < len(kinds):
        found.append("4.1.1 two links of one kind")
    return found


def test_a_fault_is_found():
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><id>story</id><title/><entry/></feed>'
    assert {fault.partition(" ")[0] for fault in faults(feed.encode())} >= {
        "feed:",
        "entry:",
        "4.2.6",
        "4.1.2",
        "4.1.3",
    }


# ── what is in it ────────────────────────────────────────────────────────────────────────────


def test_it_works(alice, carol):
    first = alice.says("The *first*.", thread=ARTICLE, website="alice.example", email="a@b.example")
    reply = carol.says("A reply.", thread=ARTICLE, parent=first["id"])
    alice.says("Elsewhere.", thread="other")

    told = read(carol, thread="story")

    assert told.feed.title == "Comments: A <story> & more"
    assert told.feed.language == "en"
    assert ids(told) == [reply["id"], first["id"]]
    answer, start = told.entries
    assert (start.title, start.author) == ("Comment by alice", "alice")
    assert (start.content[0].type, start.content[0].value) == ("text/html", first["html"])
    assert start.link == f"{ARTICLE['url']}&comment={first['id']}#comment-{first['id']}"
    assert start.published == start.updated == first["created"]
    assert answer["thr_in-reply-to"]["href"] == start.link
    assert "alice.example" not in fetch(carol, thread="story").text


def test_a_reply_names_what_it_answers_by_the_id_it_has_in_every_feed(alice, carol):
    first = alice.says()
    carol.says(parent=first["id"])

    root = ElementTree.fromstring(fetch(carol).data)  # noqa: S314 - our own answer
    answer, start = root.findall(f"{ATOM}entry")

    told = answer.find(f"{THREADING}in-reply-to")
    assert told.get("ref") == start.findtext(f"{ATOM}id")
    assert told.get("href") == start.find(f"{ATOM}link").get("href")
    assert start.find(f"{THREADING}in-reply-to") is None
    ours = {entry.id for entry in read(carol, thread="story").entries}
    assert ours == {entry.id for entry in read(carol).entries}


def test_the_whole_site_says_of_each_where_it_stands(alice, carol):
    one, two = alice.says(thread=ARTICLE), carol.says(thread="other")

    told = read(carol)

    assert ids(told) == [two["id"], one["id"]]
    assert [it.title for it in told.entries] == ["carol on other", "alice on A <story> & more"]
    assert told.entries[0].link.startswith("http://localhost/comments/thread?key=other&comment=")


def test_below_a_comment_are_its_replies_at_every_depth_and_nothing_else(alice, carol):
    top, beside = alice.says(), alice.says()
    reply = carol.says(parent=top["id"])
    deep = alice.says(parent=reply["id"])
    carol.says(parent=beside["id"])

    told = read(carol, comment=top["id"])

    assert told.feed.title == "Replies to alice"
    assert ids(told) == [deep["id"], reply["id"]]
    assert ids(read(carol, comment=reply["id"])) == [deep["id"]]


@pytest.mark.parametrize("hidden", [Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED])
def test_what_nobody_may_see_is_never_there(app, alice, carol, hidden):
    first = alice.says("in the open")
    gone = alice.says("behind the curtain", parent=first["id"])
    carol.says("still there", parent=gone["id"])
    cast.decide(app, gone["id"], hidden)

    for query in ({}, {"thread": "story"}, {"comment": first["id"]}):
        assert "behind the curtain" not in fetch(carol, **query).text
        assert read(carol, **query).entries[0].content[0].value == "<p>still there</p>"
    assert "alice" not in fetch(carol, comment=gone["id"]).text


def test_fifty_are_told_the_newest_first(app, alice):
    made = [alice.says(f"Comment {number}")["id"] for number in range(52)]

    for query in ({}, {"thread": "story"}):
        assert ids(read(alice, **query)) == made[:1:-1]


def test_a_feed_nobody_has_written_for_is_empty_and_stays_the_same(alice):
    first, second = fetch(alice, thread="nobody"), fetch(alice, thread="nobody")

    assert first.data == second.data
    assert read(alice, thread="nobody").entries == read(alice).entries == []


def test_it_speaks_the_language_asked_for(alice):
    alice.says()

    told = read(alice, thread="story", lang="de")

    assert told.feed.language == "de"
    assert told.feed.links[0].href == f"http://localhost{FEED}?thread=story&lang=de"


@pytest.mark.parametrize(
    ("query", "status"),
    [({"thread": ""}, 422), ({"comment": "x"}, 404), ({"comment": 77}, 404)],
)
def test_what_cannot_be_is_refused(alice, query, status):
    assert alice.client.get(FEED, query_string=query).status_code == status


# ── hostile ──────────────────────────────────────────────────────────────────────────────────

HOSTILE = (
    "<script>alert(1)</script>",
    "]]></title><entry>",
    "&lt;b&gt; &amp; &#0; &nbsp;",
    "\" onload='x' <?xml?> <!--",
    "{{ config }} {% raw %}",
    "\u202etxt.exe \U000e0041 \ufffe",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_titles_and_texts_come_back_inert(alice, hostile):
    made = alice.says(hostile, name=hostile, thread=ARTICLE | {"title": hostile})

    for entry in (read(alice).entries[0], read(alice, thread="story").entries[0]):
        assert entry.author_detail == {"name": made["author"]["name"]}
        assert entry.title_detail.type == "text/plain"
        assert made["author"]["name"] in entry.title
        assert entry.content[0].value == made["html"]
        assert check.html_findings(entry.content[0].value) == []


@pytest.mark.parametrize("family", sorted(FAMILIES)[::12])
def test_whatever_is_written_the_feed_can_be_read(alice, family):
    alice.says()
    # Straight into the table: much of it would be refused, or wait.
    html = text.render(FAMILIES[family](2_000))
    name = text.clean_name(FAMILIES[family](60), 60) or "x"
    app = alice.client.application
    with app.app_context():
        session = cast.state_of(app).session()
        session.execute(update(Comment).values(html=html, author_name=name))
        session.commit()

    (entry,) = read(alice).entries
    assert entry.content[0].value == html


# ── kept, and asked for again ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("which", ["site", "thread", "comment"])
def test_it_is_sent_again_when_something_has_changed(alice, which):
    first = alice.says()
    query = {"site": {}, "thread": {"thread": "story"}, "comment": {"comment": first["id"]}}[which]
    tags = [fetch(alice, **query).headers["ETag"]]
    known = {"If-None-Match": tags[0]}
    assert alice.client.get(FEED, query_string=query, headers=known).status_code == 304

    reply = alice.says("Hello", parent=first["id"])
    tags.append(fetch(alice, **query).headers["ETag"])
    alice.edit(reply["id"], "Changed.")
    tags.append(fetch(alice, **query).headers["ETag"])
    alice.delete(reply["id"])
    tags.append(fetch(alice, **query).headers["ETag"])

    assert all(before != after for before, after in pairwise(tags))


def test_ids_outlive_a_move_of_the_service(alice):
    alice.says(thread=ARTICLE)
    before = read(alice, thread="story")

    moved = alice.client.get(f"{FEED}?thread=story", base_url="https://localhost/elsewhere")

    after = feedparser.parse(moved.data)
    assert after.entries[0].id == before.entries[0].id
    assert after.feed.id == before.feed.id
    assert after.feed.links[0].href.startswith("https://localhost/elsewhere/comments/")


# ── where it is found ────────────────────────────────────────────────────────────────────────


def test_the_page_of_a_thread_names_its_feed(alice):
    empty = alice.client.get("/comments/fragment/thread?key=story").text
    alice.says()

    page = alice.client.get("/comments/thread?key=story").text

    found = re.findall(r'<(?:link|a)[^>]* href="(/comments/feed\.atom[^"]*)"', page)
    assert found == ["/comments/feed.atom?thread=story"] * 2
    assert "feed.atom" not in empty


def test_a_name_in_a_feed_leads_to_the_whole_address(alice, carol):
    first = alice.says(thread=ARTICLE)
    carol.says("@alice!", thread=ARTICLE)

    value = read(carol, thread="story").entries[0].content[0].value

    address = f"{BLOG}/story?a=1&amp;b=2&amp;comment={first['id']}#comment-{first['id']}"
    assert value == f'<p><a href="{address}">@alice</a>!</p>'

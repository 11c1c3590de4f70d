"""The language an address asks for: of pages, of fragments, of refusals."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.web import cast
from tests.web.cast import STORY, Visitor, problem


@pytest.fixture
def alice(sqlite_app: Flask) -> Visitor:
    """Alice has written twice; no database has a part in what follows."""
    alice = cast.visitor(sqlite_app, "alice")
    alice.says("The first.", parent=alice.says()["id"])
    return alice


def page(reader: Visitor, path: str = "/thread", **query: str) -> BeautifulSoup:
    answer = reader.client.get(f"/comments{path}", query_string={"key": STORY, **query})
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def words(soup: BeautifulSoup, selector: str) -> list[str]:
    return [found.get_text(" ", strip=True) for found in soup.select(selector)]


def test_arabic_reads_from_right_to_left(alice):
    soup = page(alice, lang="ar")
    for frame in soup.select("html, [data-comments]"):
        assert (frame["lang"], frame["dir"]) == ("ar", "rtl")
    assert words(soup, "[data-heading]") == ["تعليقان"]
    assert words(soup, "nav a") == ["الأقدم", "الأحدث", "الأعلى تصويتًا"]
    [fold] = soup.select("button[data-do=fold]")
    assert fold["aria-label"] == "رد واحد على alice"


def test_german_is_spoken(alice):
    soup = page(alice, lang="de")
    for frame in soup.select("html, [data-comments]"):
        assert (frame["lang"], frame["dir"]) == ("de", "ltr")
    assert words(soup, "[data-heading]") == ["2 Kommentare"]
    assert words(soup, "nav a") == ["Älteste", "Neueste", "Beliebteste"]
    assert words(soup, "a[data-do=reply]") == ["alice antworten"] * 2


def test_what_the_script_says_is_translated_with_its_blanks(alice):
    line = page(alice, "/fragment/pieces", lang="de").select_one("[data-as]")
    assert line is not None
    assert line.text == "Kommentieren als {name}"


def test_every_link_and_form_keeps_the_language(alice):
    soup = page(alice, lang="ar")
    targets = [str(link.get("href") or link.get("action")) for link in soup.select("a, form")]
    ours = [urlsplit(target) for target in targets if target.startswith("/comments/")]
    # A permalink is one address for readers of every language.
    spoken = [target for target in ours if "comment-" not in target.fragment]
    assert len(spoken) > 5
    assert [target.path for target in spoken if parse_qs(target.query).get("lang") != ["ar"]] == []


def test_a_region_has_the_words_of_its_language(alice):
    soup = page(alice, lang="de-AT")
    assert soup.select("html[lang=de-AT]")
    assert words(soup, "[data-heading]") == ["2 Kommentare"]


@pytest.mark.parametrize("tag", ["tlh", "", "de_DE", "../ar", "de" * 3000, "<b>", "\0"])
def test_an_unknown_language_means_the_servers(alice, tag):
    soup = page(alice, lang=tag)
    assert soup.select("html[lang=en][dir=ltr]")
    assert words(soup, "[data-heading]") == ["2 comments"]


def test_the_owner_chooses_the_servers_language(start, migrated_sqlite_uri):
    carol = cast.visitor(start(migrated_sqlite_uri, COMMENTS_LANGUAGE="ar"), "carol")
    assert page(carol).select("html[lang=ar][dir=rtl]")
    assert page(carol, lang="tlh").select("html[lang=ar][dir=rtl]")
    assert page(carol, lang="en").select("html[lang=en][dir=ltr]")


def test_a_refusal_speaks_the_language_asked_for(alice):
    refused = alice.call("POST", "/comments?lang=de", {"thread": STORY, "name": "alice"})
    assert problem(refused) == (422, "invalid")
    assert refused.json["title"] == "Etwas fehlt oder stimmt nicht"
    assert refused.json["detail"] == "Bitte korrigieren Sie die markierten Angaben."
    assert refused.json["errors"] == {"body": "Bitte schreiben Sie zuerst etwas."}


def test_a_refused_order_speaks_it_too(alice):
    refused = alice.get("/comments", query_string={"thread": STORY, "sort": "best", "lang": "de"})
    assert refused.json["errors"] == {
        "sort": "Als Reihenfolge gilt eines von: oldest, newest, most_voted."
    }


def test_a_form_sent_back_speaks_it_too(alice):
    answer = alice.submit("/post?lang=de", key=STORY, name="alice", body="")
    soup = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422
    assert words(soup, "h1") == ["Ihr Kommentar"]
    assert words(soup, ".c-error") == ["Bitte schreiben Sie zuerst etwas."]


def test_a_limit_counts_in_the_language_asked_for(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri, COMMENTS_GUEST_LIMIT="2 per 3 hours")
    alice = cast.visitor(app, "alice")
    alice.says()
    alice.says()
    late = {"thread": STORY, "name": "alice", "body": "Once more."}
    refused = alice.call("POST", "/comments?lang=ar", late)
    assert problem(refused) == (429, "rate_limited")
    assert refused.json["detail"].startswith(
        "بلغ زوار شبكتك الحد المسموح به هنا: تعليقان خلال 3 ساعات. يمكنك النشر مجددًا بعد "
    )

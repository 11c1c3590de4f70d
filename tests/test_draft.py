"""What a visitor sends, checked field by field."""

import time
from contextlib import suppress
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.draft import MOST_QUOTES, Draft, read_body, read_report, read_vote
from comments.errors import CommentsError
from comments.models import NAME_LENGTH, URL_LENGTH
from comments.posting import REASONS
from tests.factories import with_settings

OWN = "https://comments.example"
SETTINGS = with_settings(origins=("https://blog.example",))
GOOD = {"thread": "article", "body": "Hello", "name": "Alice"}


def read(signed_in: bool = False, **sent: Any) -> Draft:
    return Draft.read(GOOD | sent, SETTINGS, own_origin=OWN, signed_in=signed_in)


def wrong(**sent: Any) -> dict[str, str]:
    """The wrong fields, each with its sentence."""
    with pytest.raises(CommentsError) as refused:
        read(**sent)
    assert (refused.value.code, refused.value.problem.status) == ("invalid", 422)
    return {field: str(sentence) for field, sentence in refused.value.errors.items()}


# ── the whole ────────────────────────────────────────────────────────────────────────────────


def test_a_draft_holds_what_was_written():
    draft = read(parent=7, website="alice.example")
    assert draft == Draft(
        thread_key="article",
        body="Hello",
        parent=7,
        name="Alice",
        website="https://alice.example",
    )


def test_every_wrong_field_is_named_at_once():
    assert wrong(
        thread="", body=" ", name="", website="javascript:1", parent="x", email="x", notify="x"
    ).keys() == {"thread", "body", "name", "website", "parent", "email", "notify"}


def test_what_only_the_server_decides_cannot_be_sent():
    sent = {"id": 1, "status": "published", "score": 99, "up": 99, "author_kind": "moderator"}
    sent |= {"created_at": "2000-01-01", "depth": 0, "pinned": True, "html": "<script>"}
    assert read(**sent) == read()
    assert {field.name for field in fields(Draft)}.isdisjoint(sent)


def test_nothing_sent_is_three_wrong_fields():
    with pytest.raises(CommentsError) as refused:
        Draft.read({}, SETTINGS, own_origin=OWN, signed_in=False)
    assert refused.value.errors.keys() == {"thread", "body", "name"}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = ["thread", "body", "name", "website", "parent", "email", "notify"]


@given(st.dictionaries(st.sampled_from(names), anything), st.booleans())
def test_whatever_json_is_sent_is_a_draft_or_a_refusal(sent, signed_in):
    with suppress(CommentsError):
        draft = Draft.read(sent, SETTINGS, own_origin=OWN, signed_in=signed_in)
        kept = draft.body + draft.name + draft.thread_key + (draft.website or "")
        assert kept.encode("utf-8").count(0) == 0


# ── the thread ───────────────────────────────────────────────────────────────────────────────


def test_a_thread_is_a_key_or_a_key_with_an_address_and_a_title():
    draft = read(
        thread={"key": "a", "url": "https://blog.example/a?b#c", "title": " An \n article"}
    )
    assert (draft.thread_key, draft.thread_url) == ("a", "https://blog.example/a?b")
    assert draft.thread_title == "An article"


@pytest.mark.parametrize("thread", [None, "", 7, [], {}, {"key": ""}, "a\0", "x" * 256], ids=repr)
def test_a_thread_that_is_not_named_is_wrong(thread):
    assert wrong(thread=thread).keys() == {"thread"}


@pytest.mark.parametrize("url", ["https://comments.example/a", "https://blog.example/a"])
def test_an_articles_address_counts_on_our_sites(url):
    assert read(thread={"key": "a", "url": url}).thread_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/a",
        "http://blog.example/a",
        "https://blog.example:8443/a",
        "https://blog.example.evil.example/a",
        "https://blog.example@evil.example/a",
        "https://evil.example\\@blog.example/a",
        "https://blog.example\n.evil.example/",
        "javascript://blog.example/%0aalert(1)",
        "//blog.example/a",
        "/a",
        "https://[::1",
        "https://blog.example/" + "a" * URL_LENGTH,
        7,
        None,
    ],
    ids=repr,
)
def test_an_address_anywhere_else_is_left_out(url):
    assert read(thread={"key": "a", "url": url}).thread_url is None


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (f"{OWN}/a?b", "/a?b"),
        (f"{OWN}//evil.example/a", "/evil.example/a"),
        ("HTTPS://COMMENTS.Example:443/a", "/a"),
        (f"{OWN}/\\evil.example/a", None),
        (f"{OWN}\\@evil.example/a", None),
        (OWN, "/"),
        ("https://blog.example/a", "https://blog.example/a"),
    ],
)
def test_of_an_origin_that_is_the_callers_word_no_more_than_a_path_is_kept(url, kept):
    thread = {"key": "a", "url": url}
    draft = Draft.read(
        GOOD | {"thread": thread}, SETTINGS, own_origin=OWN, own_is_known=False, signed_in=False
    )
    assert draft.thread_url == kept


@pytest.mark.parametrize("title", [None, "", 7, "\u202e", []], ids=repr)
def test_a_title_that_is_none_is_left_out(title):
    assert read(thread={"key": "a", "title": title}).thread_title is None


def test_a_title_has_three_hundred_characters_at_most():
    assert len(read(thread={"key": "a", "title": "x" * 5_000_000}).thread_title) == 300


# ── the text ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("body", [None, "", " \n\t ", 7, ["Hello"], {"a": 1}, True], ids=repr)
def test_a_text_is_asked_for(body):
    assert wrong(body=body) == {"body": "Write something first."}


def test_a_text_has_as_many_characters_as_the_setting_says():
    few = with_settings(max_length=5)
    assert read_body({"body": "12345"}, few) == "12345"
    with pytest.raises(CommentsError) as refused:
        read_body({"body": "123456"}, few)
    assert str(refused.value.errors["body"]) == "That is 6 characters; a comment has at most 5."


def test_a_text_of_ten_megabytes_is_refused_before_anything_reads_it():
    began = time.process_time()
    assert wrong(body=">" * 10_000_000).keys() == {"body"}
    assert time.process_time() - began < 1


@pytest.mark.parametrize("body", ["a\0b", "\ud800", "a\udfffb"], ids=repr)
def test_a_text_that_no_database_can_keep_is_refused(body):
    assert wrong(body=body).keys() == {"body"}


@pytest.mark.parametrize("mark", [">", "> ", ">\t", "  >  "])
def test_quotes_nest_so_deep_and_no_deeper(mark):
    assert read(body=mark * MOST_QUOTES + "a").body
    assert wrong(body=f"Hello\n{mark * (MOST_QUOTES + 1)}a").keys() == {"body"}


def test_five_thousand_quotes_or_brackets_are_a_quick_matter():
    began = time.process_time()
    assert wrong(body=">" * 5_000).keys() == {"body"}
    read(body="[" * 9_999)
    read(body=" " * 9_998 + "a")
    assert time.process_time() - began < 1


def test_line_ends_and_controls_are_tidied():
    assert read(body="one\r\ntwo\x07\n\n\n\n\n\nthree\u202e \n").body == "one\ntwo\n\n\nthree"


# ── the rest ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [None, "", "   ", "\u200b", "\u202e"], ids=repr)
def test_a_guest_is_asked_for_a_name(name):
    assert wrong(name=name) == {"name": "Tell us your name."}


@pytest.mark.parametrize("name", [7, ["Alice"], "a\0", "\ud800", "x" * (NAME_LENGTH + 1)], ids=repr)
def test_a_name_is_one_line_of_text(name):
    assert wrong(name=name).keys() == {"name"}


def test_a_name_is_tidied():
    assert read(name="  Al\u202eice \n Q. ").name == "Alice Q."


def test_somebody_signed_in_needs_no_name_and_cannot_take_another():
    draft = read(signed_in=True, name="Admin", website="https://x.example")
    assert (draft.name, draft.website) == ("", None)


@pytest.mark.parametrize(
    ("website", "kept"),
    [
        ("alice.example", "https://alice.example"),
        ("http://alice.example/a?b=c", "http://alice.example/a?b=c"),
        ("HTTPS://Alice.Example", "https://alice.example"),
        ("alice.example/?to=https://b.example", "https://alice.example/?to=https://b.example"),
        ("", None),
        (None, None),
        ("  ", None),
    ],
    ids=repr,
)
def test_a_website_is_kept_in_its_safe_form(website, kept):
    assert read(website=website).website == kept


@pytest.mark.parametrize(
    "website",
    [
        "javascript:alert(1)",
        "javascript://%0aalert(1)",
        "data:text/html,x",
        "mailto:a@b.example",
        "java\tscript:1",
        "https://user@evil.example",
        "https://a b.example",
        "https://",
        7,
        ["https://a.example"],
        "https://a.example/\0",
        "x" * (URL_LENGTH + 1),
        "https://a.example/" + "ä" * (URL_LENGTH - 20),
    ],
    ids=lambda website: repr(website)[:40],
)
def test_a_website_is_a_web_address(website):
    assert wrong(website=website).keys() == {"website"}


@pytest.mark.parametrize("parent", [0, -1, 2**63, 2**70, "7", 1.0, True, [], {}], ids=repr)
def test_a_parent_is_the_number_of_a_comment(parent):
    assert wrong(parent=parent).keys() == {"parent"}


@pytest.mark.parametrize("parent", [None, 1, 2**63 - 1])
def test_a_parent_may_be_any_number_of_a_comment_or_none(parent):
    assert read(parent=parent).parent == parent


@pytest.mark.parametrize("email", ["a@b.example", "a.b+c@d-e.co.uk", "ä@bücher.example", "", None])
def test_an_address_for_mail_has_its_shape(email):
    assert read(email=email)


@pytest.mark.parametrize(
    "email",
    [
        "a",
        "a@b",
        "@b.example",
        "a b@c.example",
        "a@b@c.example",
        "a@b.example\n",
        "a\r\nBcc: x@y.example",
        "<a@b.example>",
        "a,b@c.example",
        "a@" + "b" * 260 + ".example",
        "\ud800",
        7,
    ],
    ids=repr,
)
def test_an_address_that_would_not_do_in_a_mail_is_wrong(email):
    assert wrong(email=email).keys() == {"email"}


@pytest.mark.parametrize(
    "email",
    [
        "vic=?tim@b.example",
        "vic\u3164tim@b.example",
        "vi\u034fctim@b.example",
        "v" + "\u0301" * 9 + "ictim@b.example",
        "victim@b=?.example",
        "victim@b.example\uff0e",
        "victim@\u0661\u0662\u05d0.example",
        "\u0130" * 64 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 57 + ".example",
    ],
    ids=ascii,
)
def test_an_address_that_a_mail_would_not_carry_as_it_stands_is_wrong(email):
    assert wrong(email=email).keys() == {"email"}


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        ("Victim@B.Example", "victim@b.example"),
        ("victim@\uff42.example", "victim@b.example"),
        ("victim@b\u034f.example", "victim@b.example"),
        ("\u00e4@b\u00dccher.example", "\u00e4@b\u00fccher.example"),
        ("a\u0308@bu\u0308cher.example", "\u00e4@b\u00fccher.example"),
    ],
    ids=ascii,
)
def test_a_mailbox_has_one_spelling(typed, email):
    assert read(email=typed).email == email


def test_what_was_tried_for_an_address_is_answered_quickly():
    began = time.process_time()
    assert wrong(email="a@" + "b." * 126)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("notify", [None, "none", "replies", "all"])
def test_what_to_be_told_of_is_a_choice(notify):
    assert read(notify=notify)


@pytest.mark.parametrize("notify", ["some", 7, [], {}, True], ids=repr)
def test_any_other_choice_is_wrong(notify):
    assert wrong(notify=notify) == {"notify": "One of none, replies, all, comment."}


# ── votes and reports ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [1, 0, -1])
def test_a_vote_is_one_of_three(value):
    assert read_vote({"value": value}) == value


@pytest.mark.parametrize(
    "value", [None, 2, -2, "1", True, False, [], {}, float("nan"), 2**70], ids=repr
)
def test_any_other_vote_is_wrong(value):
    with pytest.raises(CommentsError) as refused:
        read_vote({"value": value})
    assert refused.value.errors.keys() == {"value"}


def test_a_report_has_a_reason_and_perhaps_a_note():
    assert read_report({"reason": "spam"}, REASONS) == ("spam", "")
    assert read_report({"reason": "abuse", "note": " he "}, REASONS) == ("abuse", "he")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "reason"),
        ({"reason": "boring"}, "reason"),
        ({"reason": ["spam"]}, "reason"),
        ({"reason": "spam", "note": "x" * 1001}, "note"),
        ({"reason": "spam", "note": 7}, "note"),
        ({"reason": "spam", "note": "a\0"}, "note"),
    ],
    ids=str,
)
def test_a_wrong_report_names_its_field(sent, field):
    with pytest.raises(CommentsError) as refused:
        read_report(sent, REASONS)
    assert refused.value.errors.keys() == {field}

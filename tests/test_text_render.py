"""What a comment's text looks like, and that no text at all gets anything else into the page."""

import logging
import re
import sys
import threading

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.database import chunks
from comments.text import (
    RENDERER_VERSION,
    address_mentions,
    count_links,
    is_empty,
    markup,
    render,
    walls,
)
from tests.corpus import check
from tests.hostile_text import FAMILIES

REL = 'rel="nofollow ugc noopener"'

# Text of any kind, and text that is likely to mean something.
PIECES = st.sampled_from(
    [
        *("*", "**", "_", "~~", "`", "```\n", "[", "](", ")", "!", "<", ">", "\\", "&", "&lt;"),
        *("\n", "\n\n", "> ", "- ", "1. ", "# ", "---\n", "http://", "www.", "javascript:", "@"),
        *("a", "b.example", " ", "é", "я", "א", "漢", "\u200b", "\u202e", "\ud800", "\0", '"', "'"),
        *("&#x202e;", "mailto:", "xn--", ":", "/", "?", "#", "%"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))


# ── what readers expect ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("a line\nand another", "<p>a line<br>and another</p>"),
        ("a line  \nand another", "<p>a line<br>and another</p>"),
        ("*em* _em_ **strong** __strong__", "<p><em>em</em> <em>em</em> <strong>strong</strong> "
         "<strong>strong</strong></p>"),
        ("***both***", "<p><em><strong>both</strong></em></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("```python\nif a < b:\n    c\n```", "<pre><code>if a &lt; b:\n    c\n</code></pre>"),
        ("> said\n> so", "<blockquote><p>said<br>so</p></blockquote>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("- a\n  - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"),
        ("\\*a\\*", "<p>*a*</p>"),
        ("a &amp; b &copy;", "<p>a &amp; b ©</p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        ("2 * 3 * 4", "<p>2 * 3 * 4</p>"),
        ("😀 שלום 你好", "<p>😀 שלום 你好</p>"),
    ],
)  # fmt: skip
def test_marks_become_elements(source: str, html: str) -> None:
    assert render(source) == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        # A heading of a comment is no heading of the page.
        ("## Loud\ntext", "<p><strong>Loud</strong></p><p>text</p>"),
        ("#hashtag and #1", "<p>#hashtag and #1</p>"),
        # People type a line of dashes for a line, not to make a heading of what is above.
        ("text\n---\nmore", "<p>text</p><hr><p>more</p>"),
        # Indenting the first line makes no code of a paragraph.
        ("    indented", "<p>indented</p>"),
        # The answer under a quote is not part of it.
        ("> said\nanswer", "<blockquote><p>said</p></blockquote><p>answer</p>"),
        ("> > a\n> b", "<blockquote><blockquote><p>a</p></blockquote><p>b</p></blockquote>"),
        # A list has no attribute to begin elsewhere than at 1.
        ("3. third", "<p>3. third</p>"),
        ("2019. What a year", "<p>2019. What a year</p>"),
        ("1. one\n\ntext\n\n2. two", "<ol><li>one</li></ol><p>text</p><p>2. two</p>"),
        # HTML is text.
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        ("a <!-- b --> c", "<p>a &lt;!-- b --&gt; c</p>"),
        # So are tables and references.
        ("|a|\n|-|\n|b|", "<p>|a|<br>|-|<br>|b|</p>"),
        ("[a]: http://b.example", f'<p>[a]: <a href="http://b.example" {REL}>http://b.example</a></p>'),
        ("*****", "<hr>"),
        ("a ***** b", "<p>a ***** b</p>"),
        ("****a****", "<p>****a****</p>"),
    ],
)  # fmt: skip
def test_where_it_differs_from_commonmark(source: str, html: str) -> None:
    assert render(source) == html


def test_a_picture_is_a_link_to_it() -> None:
    html = render("![a cat](https://a.example/cat.jpg) and ![](https://a.example/dog.jpg)")

    assert html == (
        f'<p><a href="https://a.example/cat.jpg" {REL}>a cat</a> and '
        f'<a href="https://a.example/dog.jpg" {REL}>https://a.example/dog.jpg</a></p>'
    )


def test_a_picture_in_a_link_is_its_words() -> None:
    html = render("[![a cat](https://a.example/cat.jpg)](https://a.example)")

    assert html == f'<p><a href="https://a.example" {REL}>a cat</a></p>'


def test_an_address_keeps_its_underscores_and_the_emphasis_around_it_works() -> None:
    html = render("**http://a.example/x_y_z** *www.a.example*")

    assert html == (
        f'<p><strong><a href="http://a.example/x_y_z" {REL}>http://a.example/x_y_z</a></strong> '
        f'<em><a href="https://www.a.example" {REL}>www.a.example</a></em></p>'
    )


def test_an_address_in_code_is_code() -> None:
    assert render("`http://a.example`") == "<p><code>http://a.example</code></p>"


def test_a_link_says_where_it_leads_if_its_text_says_otherwise() -> None:
    html = render("[https://bank.example](https://evil.example/x)")

    assert ">https://bank.example (evil.example)</a>" in html


def test_a_link_without_text_shows_its_address() -> None:
    assert ">https://a.example</a>" in render("[](https://a.example)")
    assert "https://a.example</a>" in render("[\u200b](https://a.example)")


def test_a_link_to_nowhere_is_its_text() -> None:
    assert render("[text]()") == "<p>text</p>"


def test_a_link_that_is_refused_is_shown_as_typed() -> None:
    assert render("[press](javascript:alert)") == "<p>[press](javascript:alert)</p>"


def test_marks_in_marks_end_somewhere() -> None:
    html = render("*a **b " * 50 + "c" + "** d*" * 50)

    assert "c" in html
    assert html.count("<em>") + html.count("<strong>") == markup.MOST_MARKS


def test_quotes_in_quotes_end_somewhere_and_lose_nothing() -> None:
    html = render(">" * 5_000 + " word")

    assert html.count("<blockquote>") == 10
    assert html.count("&gt;") == 4_990
    assert "word" in html


def test_lists_in_lists_end_somewhere_and_lose_nothing() -> None:
    html = render("- " * 100 + "word")

    assert html.count("<li>") == 5
    assert "- - word" in html


@pytest.mark.parametrize("source", ["", " ", "\n\n", "\t", "\x00"])
def test_nothing_gives_nothing(source: str) -> None:
    assert render(source) == ""


def test_the_version_is_a_number_to_compare() -> None:
    assert RENDERER_VERSION >= 1


# ── empty or not, and how many links ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "source",
    [
        *("", "\u200b", "\u3164", "&nbsp;", "*\u200b*", "`\u2800`", "# ", "- ", "> ", "---"),
        *("\u202e", "&#8203;&zwj;", "\u0301", "\U000e0041", "\ufe0f"),
    ],
)
def test_what_nobody_sees_is_empty(source: str) -> None:
    assert is_empty(render(source))


@pytest.mark.parametrize("source", ["a", "?", "😀", "漢", "`a`", "- a", "[](http://a.example)"])
def test_what_somebody_sees_is_not(source: str) -> None:
    assert not is_empty(render(source))


def test_links_are_counted() -> None:
    assert count_links(render("http://a.example and [b](http://c.example) and d@e.example")) == 3
    assert count_links(render("`http://a.example` <a href='http://a.example'>")) == 1
    assert count_links(render("<a href=x>")) == 0


# ── the walls ────────────────────────────────────────────────────────────────────────────


@given(TEXTS)
def test_any_text_renders_to_what_may_be_there(source: str) -> None:
    assert check.html_findings(render(source)) == []


@given(TEXTS)
def test_a_second_cleaning_finds_nothing_to_clean(source: str) -> None:
    html = render(source)

    again = nh3.clean(html, tags=set(walls.TAGS), attributes={"a": {"href", "rel"}}, link_rel=None)
    assert again == html
    assert walls.sanitise(html) == html


def test_no_letter_that_is_plain_is_another_to_bleach() -> None:
    letters = "".join(
        filter(re.compile(walls._TEXT).fullmatch, map(chr, range(sys.maxunicode + 1)))
    )
    assert len(letters) > 1_000_000
    for part in chunks(letters, 100_000):
        assert walls._cleaner().clean(f"<p>{part}</p>") == f"<p>{part}</p>"


WORDS = st.text(st.characters(exclude_characters="<>&", exclude_categories=["Cc", "Cs"]))
MARKED = st.builds("<{0}>{1}</{0}>".format, st.sampled_from(["em", "strong", "s", "code"]), WORDS)
LINKED = st.builds(f'<a href="https://a.example/b?c=d#e" {REL}>{{}}</a>'.format, WORDS)
PLAIN = st.lists(WORDS | MARKED | LINKED | st.sampled_from(["&amp;", "&lt;", "&gt;", "<br>"]))


@given(st.lists(PLAIN))
def test_what_is_plain_bleach_gives_back_as_it_got_it(paragraphs: list[list[str]]) -> None:
    html = "".join(f"<p>{''.join(pieces)}</p>" for pieces in paragraphs)
    assert walls._PLAIN.fullmatch(html)
    assert walls._cleaner().clean(html) == html


@pytest.mark.parametrize(
    "html",
    [
        "<p>a",
        "<p>a\0</p>",
        "<p>a<br></br></p>",
        "<p><em>a<p>b</p></em></p>",
        "<p><strong>a</em></p>",
        "<p>&copy;</p>",
        "<p>a > b</p>",
        "<p><em onclick=a>b</em></p>",
        f'<p><a href="javascript:a" {REL}>b</a></p>',
        f'<p><a href="//a.example/" {REL}>b</a></p>',
        f'<p><a href="http://b@a.example/" {REL}>b</a></p>',
        f'<p><a href="http://a.example/"onclick="b" {REL}>c</a></p>',
        '<p><a href="http://a.example/">b</a></p>',
        "<svg>",
        "a",
    ],
)
def test_what_may_be_read_in_two_ways_is_not_plain(html: str) -> None:
    assert not walls._PLAIN.fullmatch(html)


@given(TEXTS)
def test_the_last_check_has_nothing_to_say(source: str) -> None:
    """If it had, a wall before it would have let something in."""
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("comments.text.rendering._log.error", said.append)
        render(source)

    assert said == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hostile_text_renders_to_what_may_be_there(family: str) -> None:
    assert check.html_findings(render(FAMILIES[family](4_000))) == []


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>a</p>",
        '<p class="a">a</p>',
        "<p>a",
        "a</p>",
        "<p><em>a</p></em>",
        "<br></br>",
        "<p>a<b>b</b></p>",
        "<p>a & b</p>",
        "<p>&copy;</p>",
        "<!-- a -->",
        "<p>a < b</p>",
        f'<a href="javascript:alert(1)" {REL}>a</a>',
        f'<a href="http://a.example\u200b/" {REL}>a</a>',
        f'<a href="http://b@a.example/" {REL}>a</a>',
        f'<a href="http://a.example/&#x202e;" {REL}>a</a>',
        f'<a href="//a.example/" {REL}>a</a>',
        f'<a href="" {REL}>a</a>',
        '<a href="http://a.example/">a</a>',
        '<a href="http://a.example/" rel="opener">a</a>',
        f'<a href="http://a.example/" target="_top" {REL}>a</a>',
        f'<a href="http://a.example/" {REL}><a href="http://b.example/" {REL}>a</a></a>',
    ],
)
def test_the_last_check_refuses(html: str) -> None:
    assert not walls.is_safe(html)


def test_the_last_check_passes_what_was_made() -> None:
    link = f'<a href="http://a.example/?b&amp;c" {REL}>&nbsp;d</a>'
    html = f"<p>a &lt; b<br>{link}</p><hr><pre>e</pre>"

    assert walls.is_safe(html)
    assert walls.is_safe("")


def test_a_link_whose_address_a_wall_took_away_is_text() -> None:
    assert walls.is_safe(f"<p><a {REL}>a</a></p>")


def test_if_the_walls_disagree_the_words_are_shown_and_somebody_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(walls, "sanitise", lambda html: "<p onclick=alert(1)>a</p>")

    with caplog.at_level(logging.ERROR):
        html = render("*a* <b>")

    assert html == "<p>*a* &lt;b&gt;</p>"
    assert "did not pass the last check" in caplog.text
    assert "<b>" not in caplog.text


@pytest.mark.parametrize("html", ["<img src=x onerror=alert(1)>", "<a href='javascript:a'>b</a>"])
def test_each_wall_would_do_alone(html: str) -> None:
    """The HTML is built to be safe, so the walls show what they are worth only when it is not."""
    assert "<img" not in walls.sanitise(html)
    assert "href" not in walls.sanitise(html)
    assert not walls.is_safe(html)


#: What an HTML parser changes its ways for until it is closed, and here never is.
UNCLOSED = ["<svg><style>", "<math><mi>", "<table><td>", "<select>", "<!--", "<plaintext>", "<a"]


@pytest.mark.parametrize("html", UNCLOSED)
def test_no_text_changes_how_the_next_one_is_read(html: str) -> None:
    found: list[str] = []

    def sanitise() -> None:
        found.append(walls.sanitise('<p>a <b> <a href="https://b.example">c</a></p>'))

    walls.sanitise(html)
    sanitise()
    # A thread that has read nothing yet.
    fresh = threading.Thread(target=sanitise)
    fresh.start()
    fresh.join()
    assert found[0] == found[1]


def test_threads_render_at_once() -> None:
    wrong: list[str] = []
    expected = render("*a* [b](http://c.example)\n\n- d")

    def work() -> None:
        for _ in range(50):
            html = render("*a* [b](http://c.example)\n\n- d")
            if html != expected:
                wrong.append(html)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


# ── names after an @ ─────────────────────────────────────────────────────────────────────


def everybody(places):
    """Every word behind an @ is somebody's name."""
    return {place[-1]: 7 for place in places if place}


@given(TEXTS.map(lambda text: f"@a {text.replace('a', '@a')}"))
def test_names_are_links_in_any_text_and_let_nothing_else_in(source: str) -> None:
    html = render(source, everybody)

    assert walls.is_safe(html)
    assert check.html_findings(html.replace('<a href="#comment-7">', f"<a {REL}>")) == []
    assert walls.sanitise(html) == html


@pytest.mark.parametrize(
    "html",
    [
        '<a href="#comment-0">a</a>',
        '<a href="#comment-7x">a</a>',
        '<a href="#">a</a>',
        '<a href="#reply-7">a</a>',
        '<a href="#comment-7" class="a">a</a>',
        f'<a href="http://a.example" {REL}><a href="#comment-7">a</a></a>',
        '<a href="/a#comment-7">a</a>',
    ],
)
def test_no_other_link_into_a_page_passes_the_last_check(html: str) -> None:
    assert walls.is_safe('<a href="#comment-7">a</a>')
    assert not walls.is_safe(html)


def test_nobody_writes_such_a_link_by_hand() -> None:
    for source in ("[a](#comment-7)", "<#comment-7>", '<a href="#comment-7">a</a>'):
        assert '<a href="#' not in render(source, everybody)


def test_the_address_of_a_name_is_told_by_whoever_shows_it() -> None:
    html = render("@Bob & `#comment-7`", everybody)

    assert address_mentions(html, lambda it: f"/a?b&c={it}") == (
        '<p><a href="/a?b&amp;c=7">@Bob</a> &amp; <code>#comment-7</code></p>'
    )

"""An article's text and its places in the page: static/passages.js, in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

STATIC = Path(__file__).parents[2] / "static"

Run = Callable[..., Any]


@pytest.fixture
def run(page: Page) -> Run:
    """``run(html, "an expression")`` in an article; ``map`` is its text, ``at(words)`` a place."""

    def serve(route: Route) -> None:
        name = urlsplit(route.request.url).path.strip("/")
        if name:
            route.fulfill(path=STATIC / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><article></article>", content_type="text/html")

    page.route("**/*", serve)
    page.goto("http://article.test/")

    def evaluate(html: str, expression: str) -> Any:
        return page.evaluate(
            """async ([html, expression]) => {
              const { textOf, rangeOf, offsetsOf } = await import("/passages.js");
              const article = document.querySelector("article");
              article.innerHTML = html;
              const map = textOf(article);
              const at = (words) => {
                const start = map.text.indexOf(words);
                return [start, start + words.length];
              };
              const names = ["map", "at", "article", "textOf", "rangeOf", "offsetsOf"];
              const values = [map, at, article, textOf, rangeOf, offsetsOf];
              return new Function(...names, `return ${expression}`)(...values);
            }""",
            [html, expression],
        )

    return evaluate


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("Bare<p>One</p>words", "Bare\nOne\nwords"),
        ("<p>A <em>very <b>small</b></em> thing</p>", "A very small thing"),
        ("<p>One<br>Two</p>", "One\nTwo"),
        ("<p>so\n   it is</p>", "so    it is"),
        ("<pre>so\n  it is</pre>", "so\n  it is"),
        ("<ul><li>One<li>Two</ul>", "One\nTwo"),
        ("<p>A<script>1</script><style>b{}</style><span hidden>no</span>B</p>", "AB"),
        ("<p hidden=until-found>Folded</p>", "Folded"),
        ("<p>A<comment-thread>ours</comment-thread>B</p>", "AB"),
        ("<p>A<b data-comments-own>3</b>B</p>", "AB"),
        ("<p>A<comment-anchor>passage</comment-anchor>B</p>", "ApassageB"),
        ("", ""),
    ],
)
def test_the_text_is_what_readers_read(run: Run, html: str, text: str) -> None:
    assert run(html, "map.text") == text


NESTED = "<p>The <em>harbour <b>froze</b></em> over.</p><p>Boats <i></i>lay still.</p>"


@pytest.mark.parametrize("words", ["The", "harbour froze", "froze", "over.\nBoats lay", "still."])
def test_there_and_back(run: Run, words: str) -> None:
    found = run(NESTED, f"offsetsOf(map, rangeOf(map, ...at({words!r})))")

    assert found == run(NESTED, f"at({words!r})")


def test_a_range_reaches_across_elements(run: Run) -> None:
    words = run(NESTED, "rangeOf(map, ...at('froze over.\\nBoats')).toString()")

    assert words == "froze over.Boats"


def test_a_range_that_begins_with_a_word_lies_in_the_words_own_element(run: Run) -> None:
    inside = run(NESTED, "rangeOf(map, ...at('froze')).startContainer.parentNode.localName")

    assert inside == "b"


SELECTED = """(() => {
  const range = document.createRange();
  const [from, to] = [%s, %s];
  range.setStart(...from);
  range.setEnd(...to);
  const found = offsetsOf(map, range);
  return found && map.text.slice(...found);
})()"""


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("[article, 0]", "[article, 1]", "The harbour froze over."),
        ("[article, 0]", "[article, 2]", "The harbour froze over.\nBoats lay still."),
        ("[article.firstChild, 1]", "[article.firstChild, 2]", "harbour froze"),
        ("[article.firstChild.firstChild, 4]", "[article.firstChild, 2]", "harbour froze"),
        ("[document.body, 0]", "[article.firstChild.firstChild, 3]", "The"),
        ("[article, 1]", "[article, 1]", None),
        ("[document.head, 0]", "[document.head, 0]", None),
    ],
)
def test_a_selection_has_its_place(run: Run, start: str, end: str, words: str | None) -> None:
    assert run(NESTED, SELECTED % (start, end)) == words


def test_what_comes_late_is_there_when_asked_again(run: Run) -> None:
    late = "(article.append('More. '), textOf(article).text.slice(map.text.length))"

    assert run("<p>One</p>", late) == "\nMore. "

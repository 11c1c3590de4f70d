"""HTML out of the tokens of Markdown, from a closed list of tags."""

import re
from collections.abc import Iterator
from itertools import islice

from markdown_it.token import Token

from comments.text import links
from comments.text.budget import Budget
from comments.text.characters import is_visible, showable

#: Marks inside marks; what is deeper is written without its tags.
MOST_MARKS = 4

_REL = "nofollow ugc noopener"
_TAGS = {
    "paragraph_open": "<p>",
    "paragraph_close": "</p>",
    # A heading would stand in the outline of somebody else's article.
    "heading_open": "<p><strong>",
    "heading_close": "</strong></p>",
    "blockquote_open": "<blockquote>",
    "blockquote_close": "</blockquote>",
    "bullet_list_open": "<ul>",
    "bullet_list_close": "</ul>",
    "ordered_list_open": "<ol>",
    "ordered_list_close": "</ol>",
    "list_item_open": "<li>",
    "list_item_close": "</li>",
    "hr": "<hr>",
    "softbreak": "<br>",
    "hardbreak": "<br>",
}
_MARKS = {
    "em_open": "<em>",
    "em_close": "</em>",
    "strong_open": "<strong>",
    "strong_close": "</strong>",
    "s_open": "<s>",
    "s_close": "</s>",
}


def write(tokens: list[Token], budget: Budget) -> str:
    """*tokens* as HTML. Built to be safe, but not yet passed by any wall."""
    return "".join(_blocks(tokens, budget))


def _blocks(tokens: list[Token], budget: Budget) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield from _inline(token.children or [], budget)
        elif token.type == "fence":
            yield f"<pre><code>{_escape(token.content, budget)}</code></pre>"
        elif token.type == "as_typed":
            yield f"<pre>{_escape(token.content.strip(), budget)}</pre>"
        elif not token.hidden:
            yield _TAGS[token.type]


def _inline(tokens: list[Token], budget: Budget) -> Iterator[str]:
    depth = 0
    links_open: list[str] = []
    label: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            href = "" if any(links_open) else _affordable(str(token.attrs["href"]), budget)
            links_open.append(href)
            if href:
                label.clear()
                yield f'<a href="{_escape(href, budget)}" rel="{_REL}">'
        elif token.type == "link_close":
            href = links_open.pop()
            if href:
                yield _escape(_rest_of_label("".join(label), href), budget) + "</a>"
        elif token.type in _MARKS:
            # They are balanced, so what is opened too deep is closed as deep.
            depth -= token.nesting == -1
            if depth < MOST_MARKS:
                yield _MARKS[token.type]
            depth += token.nesting == 1
        elif token.type in _TAGS:
            yield _TAGS[token.type]
        elif token.type == "mention":
            yield f'<a href="#comment-{token.meta["to"]}">{_escape(token.content, budget)}</a>'
        else:
            label.append(token.content)
            text = _escape(token.content, budget)
            yield f"<code>{text}</code>" if token.type == "code_inline" else text


def _affordable(href: str, budget: Budget) -> str:
    """*href*, or none if there are not enough entities left: an address has no other way to be."""
    return href if href.count("&") <= budget.entities else ""


def _rest_of_label(label: str, href: str) -> str:
    """What a link's text leaves out: the address if it is empty, the host if it names another."""
    if not is_visible(label):
        return links.shown(href)
    return f" ({links.host_of(href)})" if links.misleads(label, href) else ""


_ENTITY = re.compile("[&<]")
_FULL_WIDTH = str.maketrans("&<", "＆＜")


def _escape(text: str, budget: Budget) -> str:
    """*text* as HTML text or as the value of an attribute.

    ``>`` and ``"`` need no entity in a text, and a safe address has none of them; the walls
    write them as they like.
    """
    text = showable(text)
    number = len(_ENTITY.findall(text))
    rest = ""
    if number > budget.entities:
        cut = next(islice(_ENTITY.finditer(text), budget.entities, None)).start()
        text, rest = text[:cut], text[cut:].translate(_FULL_WIDTH)
        number = budget.entities
    budget.entities -= number
    return text.replace("&", "&amp;").replace("<", "&lt;") + rest

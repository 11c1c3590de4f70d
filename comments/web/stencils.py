"""Comments drawn by their shape: the template makes each shape once, the rest is filled in.

A page of a hundred comments holds a handful of shapes: a guest's, a member's with a picture, one
that was edited. The template draws the first comment of each with marks in the place of what is
said, and every other one is those bytes with other values between them. To run the template's
thirty calls for each comment would cost more than all else that a page needs.

What decides a shape is what the template may ask about: words such as the state, and whether
something is there at all. What is there is a mark for it; so it can be written out, and nothing
else can be done with it. What has to be made from a value is a property of the view.
"""

import secrets
from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup, escape

from comments.web.present import AuthorView, CommentView

#: Letters and digits alone, which nothing that a template does to a text changes. Made up anew
#: with every start, so that no text of anybody's holds it.
_MARK = f"Q{secrets.token_hex(8)}"

#: A macro that draws a comment, with or without what can be done with it.
Draw = Callable[[Any, bool], str]


class Stencils:
    """Draws the comments of one page; templates call it."""

    def __init__(self) -> None:
        self._patterns: dict[tuple[Any, ...], str] = {}

    def __call__(self, draw: Draw, node: CommentView, controls: bool) -> str:
        """What *draw* makes of *node*."""
        if node.anchor is not None or node.reason is not None:
            # Few have those, and there is much to ask about them.
            return draw(node, controls)
        values = _values(node)
        shape = (draw, controls, *_words(node).values(), *map(bool, values.values()))
        pattern = self._patterns.get(shape)
        if pattern is None:
            pattern = self._patterns[shape] = _pattern(draw(_blank(node, values), controls))
        return Markup(pattern % values)  # noqa: S704 - the values are escaped


def _words(node: CommentView) -> dict[str, Any]:
    """What a template may compare."""
    return {
        "state": node.state,
        "pinned": node.pinned,
        "is_deep": node.is_deep,
        "author.kind": node.author and node.author.kind,
        "author.verified": node.author and node.author.verified,
    }


def _values(node: CommentView) -> dict[str, str]:
    """What a template may write out, escaped; empty where there is nothing."""
    said = _author_values(node.author) if node.author else {}
    return said | {
        "id": str(node.id),
        "parent": str(node.parent or ""),
        "parent_name": escape(node.parent_name or ""),
        "url": escape(node.url),
        "isotime": node.isotime,
        "written": node.written,
        "edit_written": node.edit_written,
        "markup": node.html,
        "up": str(node.up),
        "down": str(node.down),
        "shown_score": node.shown_score,
    }


@lru_cache(maxsize=1024)
def _author_values(author: AuthorView) -> dict[str, str]:
    return {
        "author.name": escape(author.name),
        "author.initial": escape(author.initial),
        "author.badge": escape(author.badge or ""),
        "author.drawing": author.drawing,
        "author.avatar": escape(author.avatar or ""),
        "author.website": escape(author.website or ""),
    }


def _blank(node: CommentView, values: dict[str, str]) -> SimpleNamespace:
    """*node* as a template gets it: words as they are, and a mark for each value."""
    marks = {name: _mark(name) if value else "" for name, value in values.items()}
    facts = {**_words(node), **marks, "anchor": None, "reason": None}
    author = {name[7:]: facts.pop(name) for name in list(facts) if name.startswith("author.")}
    return SimpleNamespace(**facts, author=SimpleNamespace(**author) if node.author else None)


def _mark(name: str) -> Markup:
    return Markup(f"{_MARK}{name.replace('.', 'Q')}{_MARK}")  # noqa: S704 - letters and digits


def _pattern(drawn: str) -> str:
    """What was drawn, as a pattern of the ``%`` operator with a place for each mark."""
    text, *rest = str(drawn).replace("%", "%%").split(_MARK)
    for name, after in zip(rest[::2], rest[1::2], strict=True):
        text += f"%({name.replace('Q', '.')})s{after}"
    return text

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

#: A macro that draws a comment, with or without what can be done with it, near the top of its page
#: or far below.
Draw = Callable[[Any, bool, bool], str]


class Stencils:
    """The macro *draw*, for all the comments of a page."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._patterns: dict[tuple[Any, ...], _Pattern] = {}

    def __call__(self, node: CommentView, controls: bool = True, far: bool = False) -> str:
        if node.anchor is not None or node.reason is not None:
            # Few have those, and there is much to ask about them.
            return self._draw(node, controls, far)
        values = _values(node)
        shape = (controls, far, *_words(node).values(), *map(bool, values.values()))
        pattern = self._patterns.get(shape)
        if pattern is None:
            drawn = self._draw(_blank(node, values), controls, far)
            pattern = self._patterns[shape] = _Pattern(drawn)
        return Markup(pattern.filled(values))  # noqa: S704 - the values are escaped


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
        # A top-level reply does not say what it answers: one shape less.
        "parent": str(node.parent) if node.is_deep else "",
        "parent_name": escape(node.parent_name or "") if node.is_deep else "",
        "url": escape(node.url),
        "isotime": node.isotime,
        "day": node.day,
        "clock": node.clock,
        "edit_written": node.edit_written,
        # By the one door through which it enters a page.
        "markup": node.markup,
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


class _Pattern:
    """What was drawn, with places for other values."""

    __slots__ = ("_names", "_pieces")

    def __init__(self, drawn: str) -> None:
        # What stands between the marks, and in turn with it what stands for the values.
        self._pieces = str(drawn).split(_MARK)
        self._names = [name.replace("Q", ".") for name in self._pieces[1::2]]

    def filled(self, values: dict[str, str]) -> str:
        pieces = self._pieces.copy()
        pieces[1::2] = map(values.__getitem__, self._names)
        return "".join(pieces)

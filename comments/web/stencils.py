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
from dataclasses import dataclass
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup, escape

from comments.web.present import AuthorView, CommentView, clock_of, day_of

#: Letters and digits alone, which nothing that a template does to a text changes. Made up anew
#: with every start, so that no text of anybody's holds it.
_MARK = f"Q{secrets.token_hex(8)}"

#: A macro that draws a part of a comment; what else it is told is part of the shape.
Draw = Callable[..., str]


class Stencils:
    """The macro *draw*, for all the comments of a page. *part* says what it may ask about."""

    def __init__(self, draw: Draw, part: str = "comment") -> None:
        self._draw = draw
        self._part = PARTS[part]
        self._patterns: dict[tuple[Any, ...], _Pattern] = {}

    def __call__(self, node: CommentView, *told: Any) -> Markup:
        return Markup(self.text(node, *told))  # noqa: S704 - the values are escaped

    def text(self, node: CommentView, *told: Any) -> str:
        """The same, for who puts many together."""
        part = self._part
        words, values = part.words(node), part.values(node)
        if words is None:
            return self._draw(node, *told)
        shape = (told, words, tuple(map(bool, values)))
        pattern = self._patterns.get(shape)
        if pattern is None:
            drawn = self._draw(part.blank(words, values), *told)
            pattern = self._patterns[shape] = _Pattern(drawn)
        return pattern.filled(values)


@dataclass(frozen=True, slots=True)
class Part:
    """What a macro may compare, and what it may write out: names, and how both are got.

    Values are escaped, and empty where there is nothing. No words mean that this one is drawn by
    itself.
    """

    word_names: tuple[str, ...]
    words: Callable[[CommentView], tuple[Any, ...] | None]
    value_names: tuple[str, ...]
    values: Callable[[CommentView], tuple[str, ...]]

    def blank(self, words: tuple[Any, ...], values: tuple[str, ...]) -> SimpleNamespace:
        """A comment as a template gets it: words as they are, and a mark for each value."""
        marks = [_mark(number) if value else "" for number, value in enumerate(values)]
        facts = dict(zip((*self.word_names, *self.value_names), (*words, *marks), strict=True))
        author = {name[7:]: facts.pop(name) for name in list(facts) if name.startswith("author.")}
        there = any(author.values())
        return SimpleNamespace(
            **facts, author=SimpleNamespace(**author) if there else None, anchor=None, reason=None
        )


# ── the comment itself ───────────────────────────────────────────────────────────────────


def _words(node: CommentView) -> tuple[Any, ...] | None:
    if node.anchor is not None or node.reason is not None:
        # Few have those, and there is much to ask about them.
        return None
    author = node.author
    kind, verified = (author.kind, author.verified) if author else (None, None)
    return node.state, node.pinned, node.is_deep, kind, verified


def _values(node: CommentView) -> tuple[str, ...]:
    isotime = node.isotime
    deep = node.is_deep
    return (
        *(_author_values(node.author) if node.author else _NO_AUTHOR),
        str(node.id),
        # A top-level reply does not say what it answers: one shape less.
        str(node.parent) if deep else "",
        escape(node.parent_name or "") if deep else "",
        escape(node.url),
        isotime,
        day_of(isotime),
        clock_of(isotime),
        node.edit_written,
        # By the one door through which it enters a page.
        node.markup,
        str(node.up),
        str(node.down),
        node.shown_score,
    )


_AUTHOR = ("name", "initial", "badge", "drawing", "avatar", "website")
_NO_AUTHOR = ("",) * len(_AUTHOR)


@lru_cache(maxsize=1024)
def _author_values(author: AuthorView) -> tuple[str, ...]:
    return (
        escape(author.name),
        escape(author.initial),
        escape(author.badge or ""),
        author.drawing,
        escape(author.avatar or ""),
        escape(author.website or ""),
    )


# ── what stands around it ────────────────────────────────────────────────────────────────


def _is_anybodys(node: CommentView) -> tuple[Any, ...]:
    return (node.author is not None,)


def _places(node: CommentView) -> tuple[str, ...]:
    parent, published, changed = node.parent, node.published, node.changed
    return (
        str(node.id),
        str(parent) if parent else "",
        str(published) if published else "",
        str(changed) if changed else "",
    )


def _no_words(_node: CommentView) -> tuple[Any, ...]:
    return ()


def _number_of_replies(node: CommentView) -> tuple[Any, ...]:
    # The number decides the words around it, and few comments have more than a handful.
    return (node.replies_count,)


def _whose(node: CommentView) -> tuple[str, ...]:
    return (_author_values(node.author)[0] if node.author else "",)


def _next(node: CommentView) -> tuple[str, ...]:
    """A cursor can stand in an address as it is."""
    return str(node.id), node.next or ""


PARTS = {
    "comment": Part(
        ("state", "pinned", "is_deep", "author.kind", "author.verified"),
        _words,
        (
            *(f"author.{name}" for name in _AUTHOR),
            *("id", "parent", "parent_name", "url", "isotime", "day", "clock", "edit_written"),
            *("markup", "up", "down", "shown_score"),
        ),
        _values,
    ),
    "item": Part(("is_anybodys",), _is_anybodys, ("id", "parent", "published", "changed"), _places),
    "fold": Part(("replies_count",), _number_of_replies, ("author.name",), _whose),
    "more": Part((), _no_words, ("id", "next"), _next),
}


# ── patterns ─────────────────────────────────────────────────────────────────────────────


@cache
def _mark(number: int) -> Markup:
    return Markup(f"{_MARK}{number}{_MARK}")  # noqa: S704 - letters and digits


class _Pattern:
    """What was drawn, with places for other values."""

    __slots__ = ("_numbers", "_pieces")

    def __init__(self, drawn: str) -> None:
        # What stands between the marks, and in turn with it what stands for the values.
        self._pieces = str(drawn).split(_MARK)
        self._numbers = [int(number) for number in self._pieces[1::2]]

    def filled(self, values: tuple[str, ...]) -> str:
        pieces = self._pieces.copy()
        pieces[1::2] = map(values.__getitem__, self._numbers)
        return "".join(pieces)

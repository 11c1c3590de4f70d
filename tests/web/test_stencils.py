"""A comment drawn by its shape is what the template makes of that very comment."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from markupsafe import escape

from comments import i18n
from comments.anchors import Anchor
from comments.errors import say
from comments.threads import ThreadFacts
from comments.web import fragments
from comments.web.listed import Drawn
from comments.web.present import AuthorView, CommentView, Presenter
from comments.web.state import current
from comments.web.stencils import Stencils
from tests.factories import ARTICLE, KEYS, NOON

#: What somebody might call themselves who knows how a page is put together.
NASTY = """%(id)s %s {name} "><b>'&amp; Q é"""

GUEST = AuthorView(name="Ann", kind="guest", badge="12ab3f")
AUTHORS = [
    None,
    GUEST,
    GUEST._replace(name=NASTY, verified=True, website="https://ann.example/?a=1&b=%20"),
    AuthorView(name="ßen", kind="user"),
    AuthorView(name="Bob", kind="moderator", avatar="https://bob.example/b.png?s=1&t=2"),
]
A_COMMENT = CommentView(
    id=7,
    parent=None,
    depth=0,
    state="published",
    html="<p>100 %(id)s &amp; more</p>",
    author=GUEST,
    parent_name=None,
    created=NOON,
    edited=None,
    score=-3,
    up=1,
    down=4,
    pinned=False,
    anchor=None,
    url="https://blog.example/story?a=1&comment=7#comment-7",
    replies_count=0,
)


def every_shape() -> list[CommentView]:
    """Each one twice, with other values."""
    states = ("published", "pending", "rejected", "deleted")
    places = ((0, None), (1, None), (2, None), (2, NASTY))
    shapes = product(AUTHORS, states, places, (None, NOON), (False, True))
    found = []
    for author, state, (depth, parent_name), edited, pinned in shapes:
        one = replace(
            A_COMMENT,
            id=1000 + 2 * len(found),
            parent=depth or None,
            depth=depth,
            state=state,
            author=author,
            parent_name=parent_name,
            edited=edited,
            pinned=pinned,
        )
        other = replace(
            one,
            id=one.id + 1,
            html="<p>Another.</p>",
            author=author and author._replace(name=f"{author.name} II"),
            created=NOON + timedelta(days=3, seconds=7),
            score=12,
            up=12,
            down=0,
        )
        found += [one, other]
    return found


def page(nodes: list[CommentView], **context: object) -> str:
    thread = Presenter(KEYS, ThreadFacts(ARTICLE), "/comments").thread("oldest")
    return fragments.draw(
        current(), "_items.html", **(fragments.list_context(nodes, thread) | context)
    )


class ByHand(Stencils):
    def text(self, node, *told):
        return self._draw(node, *told)


@pytest.mark.parametrize("address", ["/", "/?lang=ar"])
def test_every_shape_reads_as_the_template_draws_it(app, monkeypatch, address):
    with app.test_request_context(address):
        filled_in = page(every_shape())
        monkeypatch.setattr(fragments, "Stencils", ByHand)
        assert filled_in == page(every_shape())


def test_what_opens_a_list_of_replies_says_how_many_and_to_whom(app, monkeypatch):
    reply = replace(A_COMMENT, id=8, parent=7, depth=1)
    nodes = [
        replace(A_COMMENT, author=author, replies_count=count, replies=[reply])
        for author, count in product(AUTHORS, (1, 2, 11))
    ]
    with app.test_request_context("/?lang=ar"):
        filled_in = page(nodes)
        monkeypatch.setattr(fragments, "Stencils", ByHand)
        assert filled_in == page(nodes)


def test_a_list_can_be_written_out_in_one():
    """As a template of the host's own may do."""
    assert escape(Drawn(["<li>One.", "</li>"])) == "<li>One.\n</li>"


def test_what_is_rare_is_drawn_by_itself(app, monkeypatch):
    on_a_passage = replace(A_COMMENT, anchor=Anchor(exact="harbour", start=3, end=10))
    waits = replace(A_COMMENT, state="pending", reason=say("Links wait."))
    with app.test_request_context("/"):
        filled_in = page([on_a_passage, waits])
        monkeypatch.setattr(fragments, "Stencils", ByHand)
        assert filled_in == page([on_a_passage, waits])
    assert "harbour" in filled_in
    assert i18n.told(say("Links wait."), "en") in filled_in

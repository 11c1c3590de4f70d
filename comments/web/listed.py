"""A list of comments with their replies, drawn flat: nobody nests deep enough to break it.

A page takes four hundred steps here, and each costs a template ten times as much as what it draws.
"""

from collections.abc import Callable, Iterable

from comments import tree
from comments.web.present import CommentView
from comments.web.stencils import Stencils

#: So many fill any screen; what comes after them is laid out when somebody scrolls near it.
FIRST = 8


def listed(
    nodes: Iterable[CommentView],
    *,
    item: Stencils,
    more: Stencils,
    comment: Callable[[CommentView], str],
    fold: Callable[[CommentView], str],
    form: Callable[[CommentView], str],
    highlight: int | None,
    reply_to: CommentView | None,
) -> "Drawn":
    """The items of *nodes*; *highlight* names one that is marked, *reply_to* one with a form.

    *comment* and *fold* may be macros of the host's own.
    """
    drawn = Drawn()
    comment, fold = _text_of(comment), _text_of(fold)
    shown = 0
    for step, node in tree.walk(nodes):
        if step == "open":
            shown += 1
            drawn += item.text(node, shown > FIRST, node.id == highlight), comment(node)
            if reply_to is not None and reply_to.id == node.id:
                drawn.append(form(node))
        elif step == "list":
            drawn.append(fold(node))
        elif step == "more":
            drawn.append(more.text(node))
        elif step == "unlist":
            drawn.append("</ol></div>")
        else:
            drawn.append("</li>")
    return drawn


def _text_of(draw: Callable[[CommentView], str]) -> Callable[[CommentView], str]:
    return draw.text if isinstance(draw, Stencils) else draw


class Drawn(list[str]):
    """What templates have drawn already, piece by piece, with nothing in it to be escaped."""

    def __html__(self) -> str:
        """For a template that writes it out in one."""
        return "\n".join(self)

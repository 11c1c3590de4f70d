"""From the text of a comment to the HTML of it."""

import logging
from html import escape

from comments.text import mentions, walls
from comments.text.budget import Budget
from comments.text.characters import showable

#: Grows with every change that gives other HTML for some text; ``flask comments render``
#: brings the stored HTML of older versions up to date.
RENDERER_VERSION = 1

_log = logging.getLogger(__name__)


def render(source: str, who: mentions.Who | None = None) -> str:
    """The HTML of a comment: markdown-it, then bleach, then nh3, then our own check.

    Paragraphs with their line breaks, emphasis, strong, strikethrough, code, quotes, lists, lines
    across and links, which are found too where they are not marked; a heading is a bold
    paragraph, an image a link to it, HTML plain text. No attribute but ``href`` and ``rel``.

    Any text is rendered, however hostile, and no text costs more than a long honest one: there is
    a ceiling (:mod:`comments.text.budget`) of about 170 paragraphs or 100 list items, and of 350
    line breaks, 140 words in bold or 80 links, or a mixture, and of 500 ``<`` and ``&``. Past it a
    body stands there as it was typed, without links or marks.

    *who* knows the people of the discussion: ``@name`` becomes a link to what one of them wrote.
    """
    # why: a Markdown reader is a thirtieth of a start, and whoever reads comments needs none
    from comments.text import markdown, markup

    source = showable(source)
    budget = Budget()
    tokens = markdown.parse(source, budget)
    if who is not None and "@" in source:
        mentions.link_names(tokens, who)
    html = walls.sanitise(markup.write(tokens, budget))
    if walls.is_safe(html):
        return html
    # The walls disagree, so somebody has found a hole in one. The words are kept and everything
    # else is given up: this form needs no sanitiser, for it has no markup that came from a text.
    _log.error("A comment did not pass the last check and is shown as plain text.")
    return f"<p>{escape(source)}</p>"


def count_links(html: str) -> int:
    """How many links a rendered comment has. Those to the comments of others do not count."""
    return html.count("<a href=") - html.count('<a href="#')

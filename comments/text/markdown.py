"""Markdown as people use it in comments, at a price that is known beforehand.

markdown-it-py reads the structure; the HTML is written here, from a closed list of tags. A
:class:`Budget` goes along with every parse: what a body asks for (a line, an emphasis, a link)
has a price, and when the budget is spent, the rest of the body stands in the page as it was
typed. That is the ceiling which keeps the most hostile body as cheap as a long honest one.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence, heading, hr, list_block
from markdown_it.rules_inline import StateInline, autolink, link
from markdown_it.token import Token

from comments.text import links
from comments.text.characters import is_visible, showable

#: What one body may spend on blocks and on what stands inside them. A unit is about 10 µs of all
#: the work that follows from it: reading, writing, and two sanitisers reading what was written.
BLOCKS = 1100
MARKS = 900
#: ``<`` and ``&`` written as entities, which bleach is slow with. Those that come after show as
#: the full-width signs ＜ and ＆.
ENTITIES = 500
#: Blocks inside blocks (a list counts two: itself and its item), and inline marks inside marks.
MOST_LEVELS = 10
MOST_MARKS = 4
#: Nobody means more by a row of stars than bold italics; a longer one is a row of stars.
MOST_STARS = 3
#: A line across the page is short where it is typed.
LONGEST_RULE = 80

_LINE = 1
_BLOCK = 8
_ITEM = 4
_INNER = 4
_STEP = 1
_STEPS = {"\n": 3, "*": 4, "_": 4, "~": 4, "`": 6, "<": 2, "&": 2, "\\": 2}
_MARKER = 2
_LINK = 12
_CHARACTERS_PER_UNIT = 32

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


_BlockRule = Callable[[StateBlock, int, int, bool], bool]


@dataclass(slots=True)
class Budget:
    """What is left to spend on one body."""

    blocks: int = BLOCKS
    marks: int = MARKS
    entities: int = ENTITIES

    def pay_block(self, price: int) -> bool:
        """Take *price* for a block; ``False`` once there is nothing left."""
        self.blocks -= price
        return self.blocks > 0

    def pay_mark(self, price: int) -> bool:
        """The same for what stands inside one."""
        self.marks -= price
        return self.marks > 0


class _Addresses:
    """The addresses in one run of inline text, looked for as the reading gets there."""

    def __init__(self, text: str, budget: Budget) -> None:
        self.text = text
        self._budget = budget
        self._coming = links.find(text)
        self._ended = False
        self._starts: list[int] = []
        self._found: list[links.Address] = []

    def next(self, position: int) -> links.Address | None:
        """The first address which begins at *position* or later."""
        while not self._starts or self._starts[-1] < position:
            if self._ended or not self._budget.pay_mark(_MARKER):
                return None
            self._look_on()
        return self._found[bisect_left(self._starts, position)]

    def _look_on(self) -> None:
        try:
            address = next(self._coming)
        except StopIteration:
            self._ended = True
        else:
            if address:
                self._starts.append(address.start)
                self._found.append(address)


def to_html(source: str) -> str:
    """*source* as HTML. Built to be safe, but not yet passed by any wall."""
    budget = Budget()
    env = {"budget": budget}
    return "".join(_blocks(_PARSER.parse(source, env), budget))


# ── reading: what differs from CommonMark ────────────────────────────────────────────────


def _budget(state: StateBlock | StateInline) -> Budget:
    budget: Budget = state.env["budget"]
    return budget


def _block_ceiling(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Before every block and every further line of one: with nothing left, no more blocks."""
    price = _BLOCK if not silent else _ITEM if state.parentType == "list" else _LINE
    if _budget(state).pay_block(price):
        return False
    if not silent:
        token = state.push("as_typed", "", 0)
        token.content = state.getLines(start, end, state.blkIndent, False)
        state.line = end
    return True


def _paying(rule: _BlockRule, price: int) -> _BlockRule:
    """*rule*, for a block that costs more than one element."""

    def pay_for_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        found = rule(state, start, end, silent)
        if found and not silent:
            _budget(state).pay_block(price)
        return found

    return pay_for_rule


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.level >= MOST_LEVELS:
        return False
    # The rule walks over all its lines before any other rule sees them.
    if not silent and not _budget(state).pay_block(sum(_quoted_lines(state, start, end))):
        return False
    return blockquote(state, start, end, silent)


def _quoted_lines(state: StateBlock, start: int, end: int) -> Iterator[int]:
    """The price of each further line of the quote which begins at *start*."""
    for line in range(start, end):
        if not state.src.startswith(">", state.bMarks[line] + state.tShift[line]):
            return
        yield _LINE


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.level >= MOST_LEVELS:
        return False
    if not silent and not _starts_as_shown(state, start):
        return False
    return list_block(state, start, end, silent)


_OTHER_NUMBER = re.compile(r"(?!1[.)])[0-9]")


def _starts_as_shown(state: StateBlock, line: int) -> bool:
    """Without attributes every list begins with 1: one that does not is left as it was typed."""
    return not _OTHER_NUMBER.match(state.src, state.bMarks[line] + state.tShift[line])


def _rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.eMarks[start] - state.bMarks[start] > LONGEST_RULE:
        return False
    return hr(state, start, end, silent)


def _ceiling(state: StateInline, silent: bool) -> bool:
    """Before every step through a line: with nothing left, the rest of it is plain text."""
    price = _STEPS.get(state.src[state.pos], _STEP)
    if _budget(state).pay_mark(price):
        return False
    _keep(state, state.posMax, silent)
    return True


def _keep(state: StateInline, end: int, silent: bool) -> None:
    """Go on to *end*; what lies between is text."""
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end


# Where something may begin. Shorter than markdown-it's own list, which is made for plugins.
_SPECIAL = re.compile(r"[\n!&*<\[\\\]_`~]")


def _text(state: StateInline, silent: bool) -> bool:
    special = _SPECIAL.search(state.src, state.pos, state.posMax)
    end = special.start() if special else state.posMax
    address = _addresses(state).next(state.pos)
    if address:
        end = min(end, address.start)
    if end == state.pos:
        return False
    _keep(state, end, silent)
    return True


def _address(state: StateInline, silent: bool) -> bool:
    """An address in the text. It comes before emphasis: the _ and * in it are its own."""
    address = _addresses(state).next(state.pos)
    if address is None or address.start != state.pos or address.end > state.posMax:
        return False
    if silent or state.linkLevel:
        _keep(state, address.end, silent)
        return True
    if not _budget(state).pay_mark(_LINK):
        return False
    state.push("link_open", "a", 1).attrs = {"href": address.href}
    state.push("text", "", 0).content = address.shown
    state.push("link_close", "a", -1)
    state.pos = address.end
    return True


def _addresses(state: StateInline) -> _Addresses:
    known = state.env.get("addresses")
    if isinstance(known, _Addresses) and known.text is state.src:
        return known
    fresh = _Addresses(state.src, _budget(state))
    state.env["addresses"] = fresh
    return fresh


def _stars(state: StateInline, silent: bool) -> bool:
    """A row of marks too long to mean anything, taken in one step."""
    run = _ROW.match(state.src, state.pos, state.posMax)
    if run is None:
        return False
    _keep(state, run.end(), silent)
    return True


_ROW = re.compile(rf"([*_~])\1{{{MOST_STARS},}}")


def _link(state: StateInline, silent: bool) -> bool:
    """``[text](address)``, if it can be one. References are not in our subset."""
    if state.src[state.pos] != "[":
        return False
    middle = state.src.find("](", state.pos, min(state.posMax, state.pos + links.MOST_CHARACTERS))
    if middle < 0:
        return False
    close = state.src.find(")", middle, min(state.posMax, middle + links.MOST_CHARACTERS))
    # Finding out takes a walk over all of it, and brackets inside brackets walk again.
    if close < 0 or not _budget(state).pay_mark(
        _LINK + (close - state.pos) // _CHARACTERS_PER_UNIT
    ):
        return False
    return link(state, silent)


def _picture(state: StateInline, silent: bool) -> bool:
    """``![text](address)`` is a link: a page of ours asks no stranger's server for anything."""
    if not state.src.startswith("![", state.pos):
        return False
    state.pos += 1
    if _link(state, silent):
        return True
    state.pos -= 1
    return False


def _autolink(state: StateInline, silent: bool) -> bool:
    """``<http://…>``."""
    end = state.pos + links.MOST_CHARACTERS
    if state.src[state.pos] != "<" or state.src.find(">", state.pos, end) < 0:
        return False
    return _budget(state).pay_mark(_LINK) and autolink(state, silent)


class _Parser(MarkdownIt):
    """CommonMark without HTML, images, references, tables, underlined headings, indented code."""

    def __init__(self) -> None:
        super().__init__("zero", {"maxNesting": 2 * MOST_LEVELS})
        self.enable(_BLOCK_RULES + _INLINE_RULES)
        block = self.block.ruler
        block.before("fence", "ceiling", _block_ceiling, {"alt": _INTERRUPTED})
        block.at("blockquote", _quote, {"alt": _INTERRUPTED})
        block.at("fence", _paying(fence, _INNER), {"alt": _INTERRUPTED})
        block.at("heading", _paying(heading, _INNER), {"alt": ["paragraph", "blockquote"]})
        block.at("hr", _rule, {"alt": _INTERRUPTED})
        block.at("list", _list, {"alt": ["paragraph", "blockquote"]})
        inline = self.inline.ruler
        inline.at("text", _text)
        inline.before("text", "ceiling", _ceiling)
        inline.before("text", "address", _address)
        inline.before("strikethrough", "stars", _stars)
        inline.at("link", _link)
        inline.before("link", "picture", _picture)
        inline.at("autolink", _autolink)

    def normalizeLink(self, url: str) -> str:
        return links.safe_url(url) or ""

    def validateLink(self, url: str) -> bool:
        return url != ""

    def normalizeLinkText(self, link: str) -> str:
        return links.shown(link)


# Indented code is off: people indent the first line of a paragraph. So are headings underlined
# with ---, for people who type that line mean a line.
_BLOCK_RULES = ["fence", "blockquote", "hr", "list", "heading"]
_INLINE_RULES = ["newline", "escape", "backticks", "strikethrough", "emphasis", "link"]
_INLINE_RULES += ["autolink", "entity", "balance_pairs", "fragments_join", "text_join"]
_INTERRUPTED = ["paragraph", "blockquote", "list"]


# ── writing ──────────────────────────────────────────────────────────────────────────────


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
    href = ""
    label: list[str] = []
    for token in tokens:
        if token.type == "link_open":
            href, label = str(token.attrs["href"]), []
            # [text]() leads nowhere and is no more than its text.
            yield f'<a href="{_escape(href, budget)}" rel="{_REL}">' if href else ""
        elif token.type == "link_close" and href:
            yield _escape(_rest_of_label("".join(label), href), budget) + "</a>"
        elif token.type in _MARKS:
            # They are balanced, so what is opened too deep is closed as deep.
            depth -= token.nesting == -1
            if depth < MOST_MARKS:
                yield _MARKS[token.type]
            depth += token.nesting == 1
        elif token.type in _TAGS:
            yield _TAGS[token.type]
        else:
            label.append(token.content)
            text = _escape(token.content, budget)
            yield f"<code>{text}</code>" if token.type == "code_inline" else text


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


_PARSER = _Parser()

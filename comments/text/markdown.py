"""Markdown as people use it in comments: what is read differently from CommonMark, and why.

markdown-it-py does the reading. Its rules are taken one by one; those that could go on for too
long are wrapped in one that pays for them first (see :mod:`comments.text.budget`).
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence, heading, hr, list_block
from markdown_it.rules_inline import StateInline, autolink, link
from markdown_it.token import Token

from comments.text import budget as prices
from comments.text import links
from comments.text.budget import Budget

#: Blocks inside blocks: ten quotes, or five lists (a list is one level and its item another).
MOST_LEVELS = 10
#: Nobody means more by a row of stars than bold italics; a longer one is a row of stars.
MOST_STARS = 3
#: A line across the page is short where it is typed.
LONGEST_RULE = 80

_BlockRule = Callable[[StateBlock, int, int, bool], bool]


def parse(source: str, budget: Budget) -> list[Token]:
    """The tokens of *source*. A block the budget had nothing left for is an ``as_typed`` one."""
    return _PARSER.parse(source, {"budget": budget})


def _budget(state: StateBlock | StateInline) -> Budget:
    budget: Budget = state.env["budget"]
    return budget


# ── blocks ───────────────────────────────────────────────────────────────────────────────


def _block_ceiling(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Before every block and every further line of one: with nothing left, no more blocks."""
    further = prices.ITEM if state.parentType == "list" else prices.LINE
    if _budget(state).pay_block(further if silent else prices.BLOCK):
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
        yield prices.LINE


def _end_of_quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line without ``>`` ends the quote: what stands below it is the answer.

    CommonMark would take it for a further line of the quote.
    """
    return silent and state.parentType == "blockquote"


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


# ── inside blocks ────────────────────────────────────────────────────────────────────────


def _ceiling(state: StateInline, silent: bool) -> bool:
    """Before every step through a line: with nothing left, the rest of it is plain text."""
    price = prices.SIGNS.get(state.src[state.pos], prices.STEP)
    if _budget(state).pay_mark(price):
        return False
    _keep(state, state.posMax, silent)
    return True


def _keep(state: StateInline, end: int, silent: bool) -> None:
    """Go on to *end*; what lies between is text."""
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end


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
            if self._ended or not self._budget.pay_mark(prices.MARKER):
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
    if not _budget(state).pay_mark(prices.LINK):
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


_ROW = re.compile(rf"([*_~])\1{{{MOST_STARS},}}")


def _stars(state: StateInline, silent: bool) -> bool:
    """A row of marks too long to mean anything, taken in one step."""
    run = _ROW.match(state.src, state.pos, state.posMax)
    if run is None:
        return False
    _keep(state, run.end(), silent)
    return True


def _link(state: StateInline, silent: bool) -> bool:
    """``[text](address)``, if it can be one. References are not in our subset."""
    if state.src[state.pos] != "[":
        return False
    close = _end_of_link(state)
    # Finding out takes a walk over all of it, and brackets inside brackets walk again.
    price = prices.LINK + (close - state.pos) // prices.CHARACTERS
    return close > 0 and _budget(state).pay_mark(price) and link(state, silent)


def _end_of_link(state: StateInline) -> int:
    """Where the link that begins here may end at the earliest, -1 if nowhere near."""
    nearest = min(state.posMax, state.pos + links.MOST_CHARACTERS)
    middle = state.src.find("](", state.pos, nearest)
    if middle < 0:
        return -1
    return state.src.find(")", middle, min(state.posMax, middle + links.MOST_CHARACTERS))


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
    return _budget(state).pay_mark(prices.LINK) and autolink(state, silent)


# ── the parser ───────────────────────────────────────────────────────────────────────────


# Indented code is off: people indent the first line of a paragraph. So are headings underlined
# with ---, for people who type that line mean a line.
_BLOCK_RULES = ["fence", "blockquote", "hr", "list", "heading"]
_INLINE_RULES = ["newline", "escape", "backticks", "strikethrough", "emphasis", "link"]
_INLINE_RULES += ["autolink", "entity", "balance_pairs", "fragments_join", "text_join"]
_INTERRUPTED = ["paragraph", "blockquote", "list"]


class _Parser(MarkdownIt):
    """CommonMark without HTML, images, references, tables, underlined headings, indented code."""

    def __init__(self) -> None:
        super().__init__("zero", {"maxNesting": 2 * MOST_LEVELS})
        self.enable(_BLOCK_RULES + _INLINE_RULES)
        block = self.block.ruler
        block.before("fence", "ceiling", _block_ceiling, {"alt": _INTERRUPTED})
        block.at("blockquote", _quote, {"alt": _INTERRUPTED})
        block.after("blockquote", "end of quote", _end_of_quote, {"alt": ["blockquote"]})
        block.at("fence", _paying(fence, prices.INNER), {"alt": _INTERRUPTED})
        block.at("heading", _paying(heading, prices.INNER), {"alt": ["paragraph", "blockquote"]})
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
        # A ruler sorts its rules when they are first asked for, and two threads that ask at
        # once could find it half done.
        for ruler in (self.core.ruler, block, inline, self.inline.ruler2):
            ruler.getRules("")

    def normalizeLink(self, url: str) -> str:
        return links.safe_url(url) or ""

    def validateLink(self, url: str) -> bool:
        return url != ""

    def normalizeLinkText(self, link: str) -> str:
        return links.shown(link)


_PARSER = _Parser()

"""Texts made to be expensive: a family for each way of asking a renderer for too much work.

``FAMILIES[name](length)`` gives the member of that length, always the same one. The counted test
and ``tests.bench.text`` go through all of them.
"""

import random
from collections.abc import Callable
from itertools import cycle, islice

Family = Callable[[int], str]


def _repeat(*units: str) -> Family:
    """The units one after the other, again and again."""

    def make(length: int) -> str:
        # Enough of them even if every unit is one character long.
        return "".join(islice(cycle(units), length))[:length]

    return make


def _around(opening: str, middle: str, closing: str) -> Family:
    """``opening`` many times, ``middle``, and ``closing`` as many times."""

    def make(length: int) -> str:
        times = max(1, (length - len(middle)) // (len(opening) + len(closing)))
        return (opening * times + middle + closing * times)[:length].ljust(length, "a")

    return make


def _then(first: Family, share: float, second: Family) -> Family:
    """A share of the length from one family, the rest from another."""

    def make(length: int) -> str:
        cut = int(length * share)
        return first(cut) + second(length - cut)

    return make


def _growing(unit: str, between: str) -> Family:
    """Runs of ``unit`` of every length from one up."""

    def make(length: int) -> str:
        runs, total, size = [], 0, 1
        while total < length:
            runs.append(unit * size + between)
            total += len(runs[-1])
            size += 1
        return "".join(runs)[:length]

    return make


def _random(alphabet: str, seed: int) -> Family:
    def make(length: int) -> str:
        return "".join(random.Random(seed).choices(alphabet, k=length))

    return make


def _random_of(pieces: list[str], seed: int) -> Family:
    def make(length: int) -> str:
        return "".join(random.Random(seed).choices(pieces, k=length))[:length]

    return make


_MARKS = ["*", "**", "_", "~~", "`", "``", "[", "]", "](", "](http://a.example)", "![", "<", ">"]
_LINES = ["\n", "\n\n", "> ", "- ", "1. ", "# ", "```\n", "---\n", "    ", "\t", " ", "|", "\\"]
_WORDS = ["a", "é", "漢", "😀", "\u202e", "(", ")", "&amp;", "&lt;", "http://a.example"]
_PIECES = [*_MARKS, *_LINES, *_WORDS, "www.a.example/", "a@b.example"]

FAMILIES: dict[str, Family] = {
    # nothing to mark
    "plain letters": _repeat("a"),
    "words": _repeat("some ", "words ", "in ", "a ", "row. "),
    "spaces": _repeat(" "),
    "tabs": _repeat("\t"),
    "newlines": _repeat("\n"),
    "chinese": _repeat("漢字，"),
    "emoji": _repeat("👨‍👩‍👧"),
    "marks without end": _repeat("a", "\u0301", "\u0301", "\u0301", "\u0301"),
    "right to left": _repeat("שלום "),
    "invisible": _repeat("\u200b"),
    "bidi overrides": _repeat("\u202e", "a"),
    "controls": _repeat("\x01", "\x7f"),
    "half characters": _repeat("\ud800"),
    "no-break spaces": _repeat("\xa0"),
    # text that has to be escaped
    "less-than signs": _repeat("<"),
    "greater-than signs": _repeat("a>"),
    "ampersands": _repeat("&"),
    "quotation marks": _repeat('"', "'"),
    "named entities": _repeat("&amp;"),
    "short entities": _repeat("&lt;"),
    "numbered entities": _repeat("&#60;"),
    "entities without end": _repeat("&a"),
    "one long entity": _then(_repeat("&#"), 0.001, _repeat("1")),
    "escaped entities": _repeat("\\&"),
    "tags": _repeat("<b>"),
    "closing tags": _repeat("</p>"),
    "tags never closed": _repeat("<a href='"),
    "comments": _repeat("<!--"),
    "instructions": _repeat("<?"),
    "cdata": _repeat("<![CDATA["),
    "code full of tags": _then(_repeat("```\n"), 0.0004, _repeat("<td>&nbsp;</td>\n")),
    # emphasis
    "stars": _repeat("*"),
    "underscores": _repeat("_"),
    "tildes": _repeat("~"),
    "stars and spaces": _repeat("* "),
    "stars and letters": _repeat("*a"),
    "emphasis": _repeat("*a* "),
    "emphasis without spaces": _repeat("*a*b"),
    "strong": _repeat("**a** "),
    "strong emphasis": _repeat("***a*** "),
    "struck": _repeat("~~a~~ "),
    "openers": _repeat("*a **a "),
    "closers": _repeat("a* a** "),
    "openers of two kinds": _repeat("*a _a "),
    "closers never opened": _repeat("a_ a* "),
    "emphasis in emphasis": _around("*a **a ", "b", " a** a*"),
    "deep emphasis": _around("*", "a", "*"),
    "emphasis across": _repeat("*_a*_ "),
    "rule of three": _repeat("a***b**c*d"),
    "stars in links": _repeat("*[a*](b) "),
    "growing stars": _growing("*", "a"),
    "stars then underscores": _then(_repeat("*a "), 0.5, _repeat("a_ ")),
    # code
    "backticks": _repeat("`"),
    "backticks and letters": _repeat("`a"),
    "growing backticks": _growing("`", "a"),
    "code spans": _repeat("`a` "),
    "code spans of two": _repeat("`a``b"),
    "fences": _repeat("```\n"),
    "fences with words": _repeat("~~~a\nb\n"),
    "fences never closed": _repeat("````\n```\n"),
    "fences in lists": _repeat("- ```\n"),
    # links
    "brackets": _repeat("["),
    "closing brackets": _repeat("]"),
    "bracket pairs": _repeat("[]"),
    "brackets around": _around("[", "a", "]"),
    "brackets around a link": _around("[", "[a](http://a.example)", "](http://a.example)"),
    "brackets then a link": _then(_repeat("["), 0.9, _repeat("a](http://a.example) ")),
    "links never closed": _repeat("[a]("),
    "links closed at last": _then(_repeat("[a]("), 0.9, _repeat(")")),
    "links to nothing": _repeat("[a]()"),
    "short links": _repeat("[a](http://b.cc)"),
    "links with titles": _repeat("[a](http://b.cc 'd')"),
    "titles never closed": _repeat('[a](b "'),
    "angle links": _repeat("[a](<b"),
    "escapes in links": _repeat("[a](\\("),
    "brackets in links": _repeat("[a](b("),
    "images": _repeat("![a](http://b.cc)"),
    "images in images": _around("![", "a", "](http://b.cc)"),
    "references": _repeat("[a]: b\n"),
    "reference uses": _repeat("[a][b] "),
    "misleading links": _repeat("[a.bb](http://c.dd)"),
    "exclamation marks": _repeat("!["),
    # addresses
    "schemes": _repeat("http://"),
    "addresses": _repeat("http://a.bb "),
    "addresses in brackets": _repeat("(http://a.bb)"),
    "addresses without spaces": _repeat("http://a.bb)"),
    "addresses in a row": _repeat("http://a.bb/"),
    "refused addresses": _repeat("http://a-.b) "),
    "names before hosts": _repeat("http://a@"),
    "one long address": _then(_repeat("http://a.bb/"), 0.0012, _repeat("c")),
    "one long host": _then(_repeat("http://"), 0.0007, _repeat("a.")),
    "long hosts": _repeat("http://" + "a." * 120 + "b "),
    "brackets in an address": _then(_repeat("http://a.bb/"), 0.0012, _repeat("(")),
    "ampersands in an address": _then(_repeat("http://a.bb/"), 0.0012, _repeat("&")),
    "ampersands in addresses": _repeat("http://a.bb/?&&&&&&&& "),
    "points behind an address": _then(_repeat("http://a.bb/"), 0.0012, _repeat(".")),
    "www": _repeat("www."),
    "www addresses": _repeat("www.a.bb "),
    "at signs": _repeat("@"),
    "letters and at signs": _repeat("a@"),
    "names": _repeat("@a b c d e f g "),
    "long names": _repeat("@" + "ﷺ" * 60 + " "),
    "names of signs": _repeat("@😀😀😀😀 "),
    "mailboxes": _repeat("a@b.cc "),
    "mailboxes in a row": _repeat("a@b.cc@"),
    "long mailboxes": _repeat("a." * 40 + "@b"),
    "foreign hosts": _repeat("http://é.bb "),
    "mixed hosts": _repeat("http://аb.cc "),
    "prose behind hosts": _repeat("http://a.bb漢"),
    "autolinks": _repeat("<http://a.bb>"),
    "autolinks never closed": _repeat("<http://a.bb"),
    "long autolinks": _repeat("<" + "a" * 1900 + "@b!>"),
    # blocks
    "quotes": _repeat(">"),
    "quotes and spaces": _repeat("> "),
    "quoted lines": _repeat("> a\n"),
    "empty quoted lines": _repeat(">\n"),
    "deep quoted lines": _repeat(">>>>>>>>a\n"),
    "quotes and paragraphs": _repeat("> a\n\nb\n\n"),
    "quotes in lists": _repeat("- > a\n"),
    "growing quotes": _growing(">", "a\n"),
    "lists in lists": _repeat("- "),
    "lists in lists around": _then(_repeat("- "), 0.5, _repeat("a\n")),
    "list items": _repeat("- a\n"),
    "empty list items": _repeat("-\n"),
    "loose lists": _repeat("- a\n\n"),
    "numbered lists": _repeat("1. a\n"),
    "numbered lists of any number": _repeat("7. a\n"),
    "changing lists": _repeat("- a\n+ a\n"),
    "indented lists": _repeat("- a\n  - b\n    - c\n      - d\n"),
    "stairs": _growing(" ", "- a\n"),
    "star rules": _repeat("* * *\n"),
    "rules": _repeat("---\n"),
    "one long rule": _repeat("- - "),
    "almost rules": _then(_repeat("* "), 0.9, _repeat("a")),
    "headings": _repeat("# a\n"),
    "empty headings": _repeat("#\n"),
    "one heading": _then(_repeat("# "), 0.0002, _repeat("#")),
    "underlined": _repeat("a\n=\n"),
    "lines": _repeat("a\n"),
    "short paragraphs": _repeat("a\n\n"),
    "hard breaks": _repeat("a  \n"),
    "backslash breaks": _repeat("a\\\n"),
    "indented lines": _repeat("          a\n"),
    "tables": _repeat("|a|b|\n|-|-|\n"),
    "bars": _repeat("|"),
    # everything that escapes
    "backslashes": _repeat("\\"),
    "escaped stars": _repeat("\\*"),
    "escaped letters": _repeat("\\a"),
    # mixed: as much of each as there is money for
    "marks and tags": _repeat("*a*<"),
    "lines and entities": _repeat("&\n"),
    "lists of links": _repeat("- [*a*](http://b.cc/&x)\n"),
    "items with marks": _repeat("- *a* `b` &\n"),
    "quoted addresses": _repeat("> http://a.bb <\n"),
    "tags then lists": _then(_repeat("<"), 0.2, _repeat("- *a*\n")),
    "links then tags then lines": _then(
        _repeat("http://é.bb "), 0.2, _then(_repeat("<"), 0.5, _repeat("*a*\n"))
    ),
    "the whole budget": _then(
        _repeat("- a\n"),
        0.06,
        _then(_repeat("*a* "), 0.12, _then(_repeat("<"), 0.1, _repeat(">", "http://a.bb "))),
    ),
    "the budget in small change": _repeat("- *a* `b`<\n"),
    "the budget, then signs": _then(_repeat("- *a* `b`<\n"), 0.2, _repeat(">")),
    "punctuation": _random("*_~`[]()<>!&\\#-+.:@/|\n \"'ab1", seed=1),
    "brackets at random": _random("[]()!<>ab", seed=2),
    "stars at random": _random("*_~ ab", seed=3),
    "blocks at random": _random(">-+*1.# \n\ta", seed=4),
    "pieces at random": _random_of(_PIECES, seed=5),
    "more pieces at random": _random_of(_PIECES, seed=6),
    "unicode at random": _random("aé漢字ш😀\u200d\u0301\u202eא ب\n", seed=7),
}

"""What the learned filter looks at in a comment.

A feature is a short text with a kind before it: ``word:channel``, ``pair:my channel``,
``link:example.org``, ``style:capitals``. A comment has it or has it not; how often does not count.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from comments.learning.words import LINK, Taken, take_apart

#: Of one comment; what comes later is left out.
MOST = 600
#: Characters of one.
LONGEST = 64
#: Words of one comment that are looked at, half of them at its beginning and half at its end.
MOST_WORDS = 220
#: Words within one address.
MOST_NAMES = 8
#: Letters that a word is known by when its ending does not count.
STEM = 5

_NAMES = re.compile(r"[^\W\d_]{3,}")
_LEAST_LETTERS = 8
_MOSTLY = 0.7
_SHOUTS = 3


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Three things that advertising is made of, in the language most of it is written in. In other
# languages the filter learns the words one by one.
_SELF = _listed("i im ive ill me my mine we us our ours myself")
_READER = _listed("you u your ur yours guys everyone everybody anyone people")
_ASKS = _listed("""
    please plz pls check visit click follow subscribe sub join share like watch look listen vote
    help support donate buy order call contact download register sign try win earn get go come
""")


def features(source: str) -> list[str]:
    """The features of a comment as it was typed: each once, in the order found.

    At most :data:`MOST`, of at most :data:`LONGEST` characters. The same text has the same
    features on every machine: what was learned from it can be unlearned.
    """
    taken = take_apart(source)
    found = [*_links(taken), *_calls(taken), *_style(taken), *_words(taken)]
    return list(dict.fromkeys(feature[:LONGEST] for feature in found))[:MOST]


def _words(taken: Taken) -> Iterator[str]:
    words = _ends_of(taken.words)
    yield from (f"first:{word}" for word in words[:1])
    yield from (f"word:{word}" for word in words)
    # With the beginning and the end of the comment as neighbours.
    yield from (f"pair:{before} {word}" for before, word in pairwise(["^", *words, "$"]))
    # What "subscribe", "subscriber" and "subscribing" share.
    yield from (f"stem:{word[:STEM]}" for word in words if len(word) > STEM and word[0] != "⟨")


def _ends_of(words: tuple[str, ...]) -> list[str]:
    half = MOST_WORDS // 2
    return list(words) if len(words) <= MOST_WORDS else [*words[:half], *words[-half:]]


def _links(taken: Taken) -> Iterator[str]:
    links = taken.words.count(LINK)
    if not links:
        return
    yield "link:any"
    yield f"link:number {_step(links, 2, 3)}"
    yield f"link:among words {_step(len(taken.words) - links, 1, 3, 8, 20)}"
    if taken.broken:
        yield "link:broken"
    for address in taken.addresses:
        yield from _parts(address)


def _parts(address: str) -> Iterator[str]:
    """The host and its last two labels, its ending, and the words of the address."""
    host, _, rest = address.replace("?", "/?", 1).partition("/")
    host = host.partition(":")[0].removeprefix("www.")
    labels = host.split(".")
    yield f"host:{host}"
    yield f"host:{'.'.join(labels[-2:])}"
    yield f"host:.{labels[-1]}"
    yield from (f"link:at {word}" for word in _NAMES.findall(host)[:MOST_NAMES])
    yield from (f"link:to {word}" for word in _NAMES.findall(rest)[:MOST_NAMES])
    yield f"link:depth {_step(rest.count('/') + bool(rest), 1, 2, 3, 4)}"


def _calls(taken: Taken) -> Iterator[str]:
    """Who speaks to whom, and asks for what. That nobody asks for anything is telling too."""
    itself, readers, asks = (
        sum(word in listed for word in taken.words) for listed in (_SELF, _READER, _ASKS)
    )
    yield f"call:of oneself {_step(itself, 1, 2, 4)}"
    yield f"call:to readers {_step(readers, 1, 2)}"
    yield f"call:asks {_step(asks, 1, 2, 3)}"
    if itself and asks:
        yield "call:asks for oneself"
    if readers and asks:
        yield "call:asks readers"
    if itself and readers:
        yield "call:oneself to readers"


def _style(taken: Taken) -> Iterator[str]:
    letters = sum(map(str.isalpha, taken.plain))
    capitals = sum(map(str.isupper, filter(str.isalpha, taken.plain)))
    if letters >= _LEAST_LETTERS and capitals >= _MOSTLY * letters:
        yield "style:capitals"
    if taken.plain.count("!") >= _SHOUTS:
        yield "style:exclamation"


def _step(amount: int, *steps: int) -> int:
    """How many of the rising *steps* the *amount* has reached."""
    return sum(amount >= step for step in steps)

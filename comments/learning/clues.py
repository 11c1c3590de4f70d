"""The features that tipped a judgement, told as a moderator reads them."""

from collections.abc import Iterable

from comments.errors import Message, say
from comments.learning.bayes import Judgement
from comments.learning.features import STEM
from comments.learning.words import LINK, MAIL, MENTION, NUMBER, is_unspaced

#: Told of one comment.
MOST = 3

_LINK = say("a link")
_SIGNS = {
    "link:number 1": say("several links"),
    "link:number 2": say("several links"),
    "link:among words 0": say("nothing but a link"),
    "link:broken": say("a link in disguise"),
    "call:asks for oneself": say("it asks something for its writer"),
    "call:asks readers": say("it asks readers for something"),
    "call:oneself to readers": say("it speaks of its writer to readers"),
    "style:capitals": say("all in capitals"),
    "style:exclamation": say("many exclamation marks"),
}
_PLACEHOLDERS = {
    LINK: _LINK,
    NUMBER: say("a number"),
    MENTION: say("somebody's name"),
    MAIL: say("an e-mail address"),
}
_LINK_TO = say("a link to %(host)s")
#: By how many clues there are.
SENTENCES = (
    say("reads like spam (%(percent)s %%)"),
    say("reads like spam (%(percent)s %%): %(first)s"),
    say("reads like spam (%(percent)s %%): %(first)s, %(second)s"),
    say("reads like spam (%(percent)s %%): %(first)s, %(second)s, %(third)s"),
)
#: What stands in them, but for words that are quoted.
CLUES = (_LINK_TO, *_SIGNS.values(), *_PLACEHOLDERS.values())


def reason(judgement: Judgement) -> Message:
    """One sentence: ``reads like spam (97 %): "subscribe", "my channel", a link``."""
    told = clues(judgement)
    named = dict(zip(("first", "second", "third"), told, strict=False))
    # Rounded down: "100 %" would promise too much.
    percent = int(100 * judgement.probability)
    return Message(SENTENCES[len(told)].text, {"percent": percent, **named})


def clues(judgement: Judgement) -> list[Message | str]:
    """Up to :data:`MOST` things that speak for spam, the most telling first, none said twice."""
    told: list[Message | str] = []
    named: set[str] = set()
    for feature in _in_words_first(feature for feature, _ in judgement.tipping):
        words, clue = _clue(feature)
        if clue is not None and not _is_told(words, named):
            told.append(clue)
            named |= words
        if len(told) == MOST:
            break
    return told


def _in_words_first(features: Iterable[str]) -> list[str]:
    """Pieces of words last: "subscribe" is told rather than "subsc…"."""
    return sorted(features, key=lambda feature: feature.startswith("stem:"))


def _clue(feature: str) -> tuple[set[str], Message | str | None]:
    """What *feature* says, and the words it says it with."""
    kind, _, rest = feature.partition(":")
    if kind in ("word", "first", "pair"):
        return _quoted([word for word in rest.split(" ") if word not in ("^", "$")])
    if kind == "stem":
        return {rest}, f'"{rest}…"'
    if kind == "host" and not rest.startswith("."):
        return {LINK}, Message(_LINK_TO.text, {"host": rest})
    if feature in _SIGNS:
        return {LINK if kind == "link" else feature}, _SIGNS[feature]
    # The rest of an address says no more than that there is one.
    return ({LINK}, _LINK) if kind in ("link", "host") else (set(), None)


def _quoted(words: list[str]) -> tuple[set[str], Message | str | None]:
    placeholders = [word for word in words if word in _PLACEHOLDERS]
    if words and not placeholders:
        return set(words), f'"{_side_by_side(words)}"'
    if len(words) == 1:
        return set(words), _PLACEHOLDERS[words[0]]
    return set(), None


def _side_by_side(words: list[str]) -> str:
    """Words with a space between, and the overlapping pairs of letters of Chinese put together."""
    first, *rest = words
    if rest and is_unspaced(first) and first[-1] == rest[0][0]:
        return first + rest[0][1:]
    return " ".join(words)


def _is_told(words: set[str], named: set[str]) -> bool:
    return not {word[:STEM] for word in words}.isdisjoint(word[:STEM] for word in named)

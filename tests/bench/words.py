"""Word lists: evasions seen through, and innocent words and texts left alone.

    python -m tests.bench.words        with every miss that was met

Every evasion stands in a sentence. The innocent words contain a listed word and stand alone, in
a sentence and in capitals; the innocent texts are pages of old books and traps of our own.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from comments.text import WordList
from tests.bench.evasions import evade, kinds
from tests.bench.report import Goal, Progress, print_goals, print_list, print_table
from tests.bench.section import Run

_LISTED = """
    anal arse ass bastard bitch boob butt casino clit cock coon crap cum cunt damn dick dumb dyke
    fag fuck gay hell hoe homo idiot jerk kill loser moron nazi nude penis piss poop porn prick
    rape retard scam scum sex shit slut spam spic suck stupid tard tit turd twat vagina viagra
    wank whore
"""
WORDS = _LISTED.split()
_SENTENCES = (
    "{}",
    "You {}!",
    "this is {} and you know it",
    "What a {}, really.",
    "Well, “{}” is what he said.",
    "(it was {})",
    "I think {}\nis all that is left",
)
_EACH = 2
_LEAST_SEEN, _MOST_HELD, _MOST_GROWTH = 0.99, 0.001, 2.6
_HERE = Path(__file__).parent
_SHOWN = 10


def measure(_: Run | None = None) -> list[Goal]:
    """Print what was seen through for each way to evade, and what was held without need."""
    words = WordList(WORDS)
    seen, tried, missed = evasions_seen(words, WORDS)
    rows = [
        (kind, f"{tried[kind]:,}", f"{seen[kind] / tried[kind]:.2%}")
        for kind in sorted(tried, key=lambda kind: (kind[:1] in "23", seen[kind] / tried[kind]))
    ]
    print_table("Evasions seen through", ("way", "tried", "seen"), rows)
    _show("Missed", missed)
    held, innocent = _innocent_words(words)
    innocent_texts = texts()
    wrong = [
        f"{found.word}: {found.written!r}"
        for text in innocent_texts
        for found in words.find_all(text)
    ]
    _show("Held without need", [*held, *wrong])
    share, false_share = seen.total() / tried.total(), len(held) / innocent
    cost = _milliseconds()
    return [
        Goal("evasions seen through ≥ 99 %", f"{share:.2%}", share >= _LEAST_SEEN),
        Goal("innocent words held ≤ 0.1 %", f"{false_share:.2%}", false_share <= _MOST_HELD),
        Goal("innocent texts held: none", f"{len(wrong)} of {len(innocent_texts)}", not wrong),
        Goal("10,000 characters, 2,000 words ≤ 50 ms CPU", f"{cost:.0f} ms", cost <= 50),
    ]


def evasions_seen(
    words: WordList, listed: list[str]
) -> tuple[Counter[str], Counter[str], list[str]]:
    """How many evasions were seen and tried, by their kind, and those missed."""
    rng = Random(20)
    seen: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    missed = []
    progress = Progress("word lists", len(listed))
    for word in listed:
        progress.step(word)
        for kind in kinds():
            name = kind[0] if len(kind) == 1 else f"{len(kind)} ways at once"
            for written in _written(word, kind, rng):
                tried[name] += 1
                sentence = rng.choice(_SENTENCES).format(written)
                if any(found.word == word for found in words.find_all(sentence)):
                    seen[name] += 1
                else:
                    missed.append(f"{word} ({', '.join(kind)}): {sentence!r}")
    progress.end()
    return seen, tried, missed


def _written(word: str, kind: tuple[str, ...], rng: Random) -> Iterator[str]:
    for _ in range(_EACH * 10 if len(kind) == 1 else _EACH):
        written = evade(word, kind, rng)
        if written is not None:
            yield written


def _innocent_words(words: WordList) -> tuple[list[str], int]:
    held = []
    innocent = lines("innocent_words.txt").split()
    for word in innocent:
        forms = (word, word.upper(), f"It was {word}, as it is.", f"“{word}”s of a {word}!")
        found = next(filter(None, map(words.find, forms)), None)
        if found:
            held.append(f"{word}: {found.written!r} for {found.word}")
    return held, len(innocent)


def texts() -> list[str]:
    return [text.strip() for text in lines("innocent_prose.txt").split("\n\n") if text.strip()]


def lines(name: str) -> str:
    """A file beside this one, without its remarks."""
    text = (_HERE / name).read_text("utf-8").splitlines()
    return "\n".join(line for line in text if not line.startswith("# "))


def _show(title: str, items: list[str]) -> None:
    if items:
        shown = items if __name__ == "__main__" else items[:_SHOWN]
        print_list(f"{title}: {len(items)}", *shown)


# ── what it costs ────────────────────────────────────────────────────────────────────────────

_LENGTH = 10_000
HOSTILE = {
    "listed words run together": "shitfuckass",
    "almost listed": "shi shif sh fuc ",
    "letters one by one": "s h i f u c a s ",
    "signs for letters": "$h! f@c @$ (u",
    "stars": "s*i*f**c* ",
    "one letter": "s",
    "one letter and blanks": "s ",
    "open links": "[s](",
    "entities": "&#115;&amp;",
    "letters of all alphabets": "ѕһαıÞ漢य",
    "numbers": "5h1 45 8008 ",
    "dashes": "s-h-f_k-a.s",
    "letters by chance": "s |h |i |t |f |u |c |k |a |e ",
    "letters and signs by chance": "s|h|i|t|f|u|c|k|*| |-|$|1",
    "apostrophes": "s'h'i'f's ",
}


def hostile(name: str, length: int) -> str:
    """*length* characters that are expensive to read; "by chance" ones do not repeat."""
    piece = HOSTILE[name]
    if name.endswith("by chance"):
        return "".join(Random(length).choices(piece.split("|"), k=length))[:length]
    return (piece * (length // len(piece) + 1))[:length]


def many_words(count: int) -> list[str]:
    """The list above, and as many innocent words as it takes."""
    return [*WORDS, *lines("innocent_words.txt").split()][:count]


def _milliseconds() -> float:
    words = WordList(many_words(2_000))
    costs = {name: _cpu(words, hostile(name, _LENGTH)) for name in HOSTILE}
    rows = [(name, f"{cost:.1f}") for name, cost in sorted(costs.items(), key=lambda row: -row[1])]
    print_table("2,000 listed words, CPU ms for 10,000 characters", ("text", "ms"), rows)
    return max(costs.values())


def _cpu(words: WordList, text: str) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        words.find_all(text)
        best = min(best, time.process_time() - start)
    return best * 1000


if __name__ == "__main__":
    print_goals(measure())

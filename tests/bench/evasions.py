"""Ways to write a word so that a machine does not see it and a reader does, made by chance.

Each way works on *cells*: one string for each letter, in order. The last ones join the cells.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from random import Random

Cells = list[str]
Way = Callable[[Cells, Random], Cells]
Join = Callable[[Cells, Random], str]

VOWELS = "aeiou"


def _table(lines: str) -> dict[str, str]:
    """Letters to what is written for them, from words that begin with the letter."""
    return {word[0]: word[1:] for word in lines.split()}


_LEET = _table("a4@ b8 c( e3 g9 i1! l1 o0 s5$ t7+")
_ALIKE = _table(
    """
    aаαａ𝐚ᴀáⓐ bЬＢ𝓫ʙ cсϲｃⅽç dԁｄ𝒹ďⓓ eеｅéєё fｆ𝔣ƒⓕ gɡｇğ hһｈʜ𝕙 iіιｉíı jјｊ kкκｋ𝗄 lӏｌⅼł
    mмｍⓜ nոｎñη oоοｏöø pрρｐ rгｒʀ sѕｓꜱšⓢ tтτｔᴛ uυｕüս vνｖѵ wԝｗⓦ yуｙý zｚž
    """
)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_COMBINING = "\u0336\u0332\u0301\u0308\u0323\u035c"
_SIGNS = ".-_*~,/:=•#"


def case(cells: Cells, rng: Random) -> Cells:
    # A capital of another alphabet looks like another letter.
    return [cell.upper() if cell.isascii() and rng.random() < 0.5 else cell for cell in cells]


def leet(cells: Cells, rng: Random) -> Cells:
    """At least one letter as a figure or a sign, and one that stays."""
    could = [at for at, cell in enumerate(cells) if cell in _LEET]
    most = min(len(could), len(cells) - 1)
    chosen = rng.sample(could, rng.randint(min(1, most), most))
    return [rng.choice(_LEET[cell]) if at in chosen else cell for at, cell in enumerate(cells)]


def alike(cells: Cells, rng: Random) -> Cells:
    chosen = rng.sample(range(len(cells)), rng.randint(1, len(cells)))
    return [
        rng.choice(_ALIKE.get(cell, cell)) if at in chosen else cell
        for at, cell in enumerate(cells)
    ]


def repeated(cells: Cells, rng: Random) -> Cells:
    at = rng.randrange(len(cells))
    return [*cells[:at], *[cells[at]] * rng.randint(3, 6), *cells[at + 1 :]]


def dropped(cells: Cells, rng: Random) -> Cells:
    """Without its vowels between the first and the last letter, or without one of them."""
    inner = [at for at in range(1, len(cells) - 1) if cells[at] in VOWELS]
    gone = inner if rng.random() < 0.5 and len(cells) - len(inner) > 2 else rng.sample(inner, 1)
    return [cell for at, cell in enumerate(cells) if at not in gone]


def masked(cells: Cells, rng: Random) -> Cells:
    inner = [at for at in range(1, len(cells) - 1) if cells[at] in VOWELS]
    at = rng.choice(inner or [1])
    return [*cells[:at], rng.choice("***#_"), *cells[at + 1 :]]


def combining(cells: Cells, rng: Random) -> Cells:
    return [cell + "".join(rng.choices(_COMBINING, k=rng.randint(0, 3))) for cell in cells]


def invisible(cells: Cells, rng: Random) -> Cells:
    return [cell + rng.choice(_INVISIBLE) for cell in cells[:-1]] + cells[-1:]


def entity(cells: Cells, rng: Random) -> Cells:
    at = rng.randrange(len(cells))
    return [
        f"&#{ord(cell)};" if n == at and len(cell) == 1 else cell for n, cell in enumerate(cells)
    ]


def spaced(cells: Cells, rng: Random) -> str:
    return rng.choice([" ", " ", "  ", "\u00a0", "\n"]).join(cells)


def signed(cells: Cells, rng: Random) -> str:
    return rng.choice(_SIGNS).join(cells)


def spaced_and_signed(cells: Cells, rng: Random) -> str:
    return f" {rng.choice(_SIGNS)} ".join(cells)


def broken(cells: Cells, rng: Random) -> str:
    """One sign somewhere within."""
    at = rng.randrange(1, len(cells))
    return "".join(cells[:at]) + rng.choice("-.~*") + "".join(cells[at:])


def emphasised(cells: Cells, rng: Random) -> str:
    at = rng.randrange(1, len(cells))
    mark = rng.choice(["*", "**", "~~"])
    return "".join([*cells[:at], mark, cells[at], mark, *cells[at + 1 :]])


def linked(cells: Cells, rng: Random) -> str:
    return f"[{cells[0]}](https://example.org/)" + "".join(cells[1:])


WAYS: dict[str, Way] = {
    "dropped": dropped,
    "masked": masked,
    "repeated": repeated,
    "leet": leet,
    "look-alikes": alike,
    "case": case,
    "combining": combining,
    "invisible": invisible,
    "entity": entity,
}
JOINS: dict[str, Join] = {
    "blanks": spaced,
    "signs": signed,
    "blanks and signs": spaced_and_signed,
    "one sign": broken,
    "emphasis": emphasised,
    "link": linked,
}
# What leaves nothing of the other, or what no reader would read any more.
_NEVER = [{"dropped", "masked"}, {"masked", "repeated"}, {"combining", "entity"}]
_NEVER += [
    {"masked", join} for join in ("blanks", "signs", "blanks and signs", "one sign", "emphasis")
]
_NEVER += [{"dropped", join} for join in ("one sign", "emphasis", "link")]
_NEVER += [{"invisible", "blanks and signs"}, {"entity", "link"}]
# ``f_(k``, ``+wt``: signs for these on top of a missing letter nobody reads.
_UNREADABLE = {"c", "t"}
# Left without a vowel these are other words.
_OTHER_WORDS = ("bob", "con", "pop", "hmo")


def kinds() -> Iterator[tuple[str, ...]]:
    """Each way alone, and every two and three that go together, at most one of them a join."""
    names = [*WAYS, *JOINS]
    for size in (1, 2, 3):
        for kind in combinations(names, size):
            joins = sum(name in JOINS for name in kind)
            if joins <= 1 and not any(pair <= set(kind) for pair in _NEVER):
                yield kind


def evade(word: str, kind: tuple[str, ...], rng: Random) -> str | None:
    """*word* written in these ways; ``None`` where one cannot be applied to it."""
    if "dropped" in kind and not can_drop(word):
        return None
    if "masked" in kind and len(word) < 4:
        return None
    if {"dropped", "masked"} & set(kind) and "leet" in kind and _UNREADABLE & set(word):
        return None
    cells = list(word)
    for name, way in WAYS.items():
        if name in kind:
            cells = way(cells, rng)
        if name == "dropped" and "".join(cells) in _OTHER_WORDS:
            return None
    join = next((JOINS[name] for name in kind if name in JOINS), None)
    return join(cells, rng) if join else "".join(cells)


def can_drop(word: str) -> bool:
    return len(word) > 3 and any(letter in VOWELS for letter in word[1:-1])

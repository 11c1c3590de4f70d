"""Passages are found again after edits: static/anchoring.js, run by Node."""

from collections import Counter
from dataclasses import dataclass
from random import Random

import pytest

from tests.bench import edits, passages
from tests.bench.anchors import Job, found, locate
from tests.bench.edits import Editor
from tests.bench.passages import Edited, Outcome
from tests.bench.words import texts

HARBOUR = (
    "The harbour froze in January. Boats lay still along the quay, and nobody came to unload them. "
    "The mayor said that the ice would break by March. Children skated between the hulls until "
    "dusk.\nIn spring the ice broke with a noise like thunder. The mayor said that he had known it "
    "all along."
)
BOATS = "Boats lay still along the quay, and nobody came to unload them."
TOWN = (
    "Facts. In 1990 the population of the town was 3,000. In 2000 the population of the town was "
    "4,000. In 2010 the population of the town was 5,000. That is all there is to say of it."
)
SPRING = (
    "春はあけぼの。やうやう白くなりゆく山際、少し明かりて、紫だちたる雲の細くたなびきたる。夏は夜。月の頃はさらなり、"
    "闇もなほ、蛍の多く飛びちがひたる。また、ただ一つ二つなど、ほのかにうち光りて行くもをかし。雨など降るもをかし。"
)
COLD = (
    "كان الجو باردا في ذلك اليوم، ولم يخرج أحد من بيته. "
    "ثم طلعت الشمس وخرج الأطفال إلى الساحة يلعبون حتى المساء."
)
SEA = "We went to sea 👩‍👩‍👧‍👦 with the whole family 🏖️ and it was 👍🏽 good until it rained."
CAFE = "Le cafe\u0301 noir est servi a\u0300 la terrasse tous les matins de la semaine."


@dataclass(frozen=True)
class Case:
    """*quote*, the *nth* of its kind in *before*; *there* is what is marked in *after*."""

    before: str
    quote: str
    after: str
    there: str | None
    how: str = "exact"
    nth: int = 0


def without(text: str, sentence: str) -> str:
    assert sentence in text
    return text.replace(sentence, "", 1).replace("  ", " ").strip()


CASES = {
    "nothing changed": Case(HARBOUR, "the ice", HARBOUR, "the ice"),
    "another of the same": Case(
        HARBOUR, "The mayor said", HARBOUR.replace("In spring", "Late in spring"), "The mayor said",
        nth=1,
    ),
    "a typo mended in it": Case(
        HARBOUR.replace("nobody", "noboby"), "noboby came to unload", HARBOUR,
        "nobody came to unload", "context",
    ),
    "words put in": Case(
        HARBOUR, "the ice would break", HARBOUR.replace("would break", "would surely break"),
        "the ice would surely break", "context",
    ),
    "words put in that stand beside it too": Case(
        f"The day ends at half past two. {BOATS} The mayor knows it.", BOATS,
        f"The day ends at half past two. {BOATS[:-1]} until at half past ten. The mayor knows it.",
        f"{BOATS[:-1]} until at half past ten.", "context",
    ),
    "moved": Case(HARBOUR, BOATS, f"{without(HARBOUR, BOATS)} {BOATS}", BOATS),
    # As likely another sentence that is alike.
    "moved, and changed": Case(
        HARBOUR, BOATS, f"{without(HARBOUR, BOATS)} {BOATS.replace('still', 'idle')}", None
    ),
    "quotes and blanks": Case(
        HARBOUR.replace("he had", "he'd"), "he'd known it",
        HARBOUR.replace("he had", "he’d").replace(" ", "\u00a0\n"), "he’d\u00a0\nknown\u00a0\nit",
    ),
    "capitals": Case(HARBOUR, "between the hulls", HARBOUR.upper(), "BETWEEN THE HULLS"),
    "gone, one word": Case(HARBOUR, "dusk", HARBOUR.replace(" until dusk", ""), None),
    "gone, a twin begins alike": Case(
        HARBOUR, "The mayor said that the ice would break by March.",
        without(HARBOUR, "The mayor said that the ice would break by March."), None,
    ),
    "gone, the next of a list is alike": Case(
        TOWN, "In 1990 the population of the town was 3,000.",
        without(TOWN, "In 1990 the population of the town was 3,000."), None,
    ),
    "gone, a phrase of the next is the same": Case(
        TOWN, "the population of the town",
        without(TOWN, "In 1990 the population of the town was 3,000."), None,
    ),
    "a figure of a list mended": Case(
        TOWN, "In 2000 the population of the town was 4,000.", TOWN.replace("4,000", "4,100"),
        "In 2000 the population of the town was 4,100.", "context",
    ),
    "a word that is everywhere": Case(
        HARBOUR, "the", f"{HARBOUR} The end of the day.", "the", nth=1
    ),
    "a word that is everywhere, its sentence gone": Case(
        HARBOUR, "the", without(HARBOUR, BOATS), None, nth=0,
    ),
    "the whole text": Case("Hi there", "there", "Hi there", "there"),
    "nothing left": Case(HARBOUR, "the ice", "", None),
    "Japanese": Case(
        SPRING, "蛍の多く飛びちがひたる", SPRING.replace("月の頃", "月のころ"),
        "蛍の多く飛びちがひたる",
    ),
    "Japanese, moved": Case(
        SPRING, "雨など降るもをかし。",
        "雨など降るもをかし。" + without(SPRING, "雨など降るもをかし。"), "雨など降るもをかし。",
    ),
    "Arabic with other words before it": Case(
        COLD, "طلعت الشمس", COLD.replace("باردا", "شديد البرودة"), "طلعت الشمس"
    ),
    "Arabic with vowel signs": Case(
        COLD, "وخرج الأطفال إلى", COLD.replace("الأطفال", "الأَطفال"), "وخرج الأَطفال إلى", "context"
    ),
    "a family of emoji": Case(
        SEA, "sea 👩‍👩‍👧‍👦 with", SEA.replace("whole", "entire"), "sea 👩‍👩‍👧‍👦 with"
    ),
    "half of an emoji": Case(SEA, "👍", SEA.replace("whole", "entire"), "👍🏽"),
    "marks written otherwise": Case(
        CAFE, "noir est servi", CAFE.replace("e\u0301", "é").replace("matins", "soirs"),
        "noir est servi",
    ),
}  # fmt: skip


def units(text: str) -> int:
    """How long JavaScript thinks *text* is."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, start: int, end: int) -> str:
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def asked(case: Case) -> dict[str, object]:
    at = -1
    for _ in range(case.nth + 1):
        at = case.before.index(case.quote, at + 1)
    start = units(case.before[:at])
    spans = [[start, start + units(case.quote)]]
    return {"before": case.before, "after": case.after, "spans": spans}


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, list[dict[str, object]]]]:
    """Node is started once for all cases."""
    return dict(zip(CASES, locate([asked(case) for case in CASES.values()]), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_passage_is_found_where_it_is_or_not_at_all(answers, name):
    case, [place] = CASES[name], answers[name]["places"]

    marked = place and (cut(case.after, place["start"], place["end"]), place["how"])

    assert marked == (case.there and (case.there, case.how))


def test_an_anchor_keeps_32_characters_of_each_side():
    start = HARBOUR.index("The mayor")
    [answer] = locate([{"before": HARBOUR, "after": "", "spans": [[start - 1, start + 10]]}])

    assert answer["anchors"] == [
        {
            "exact": "The mayor",
            "prefix": "and nobody came to unload them. ",
            "suffix": " said that the ice would break b",
            "start": start,
            "end": start + 9,
        }
    ]


def test_no_character_is_cut_in_what_is_kept():
    family = "👩‍👩‍👧‍👦"
    text = f"x{family}" * 9
    start = 4 * units(f"x{family}") + 1

    [answer] = locate([{"before": text, "after": text, "spans": [[start + 2, start + 3]]}])

    [anchor], [place] = answer["anchors"], answer["places"]
    assert anchor["exact"] == family
    assert anchor["prefix"] == f"x{family}x{family}x"
    assert anchor["suffix"] == f"x{family}x{family}x"
    assert (place["start"], place["end"]) == (start, start + units(family))


def anchor(exact: str, prefix: str = "", suffix: str = "", start: int = 0) -> dict[str, object]:
    ends = {"start": start, "end": start + len(exact)}
    return {"exact": exact, "prefix": prefix, "suffix": suffix, **ends}


PROSE = f"{HARBOUR}\n{TOWN}\n" * 100
HOSTILE = {
    "a letter ten thousand times": (PROSE, anchor("a" * 10_000)),
    "the same in a text of it": ("a" * 60_000, anchor("a" * 10_000)),
    "almost the same in a text of it": ("a" * 60_000, anchor("a" * 5_000 + "b" + "a" * 4_999)),
    "two letters": ("ab" * 30_000, anchor("ab" * 4_999 + "c")),
    "a text that says all again and again": (PROSE, anchor(PROSE[5:9_000] + "!" + PROSE[:900])),
    "longer than any": (PROSE, anchor(PROSE[:20_000])),
    "blanks": (PROSE, anchor(" " * 10_000)),
    "nothing": (PROSE, anchor("")),
    "around nothing": (PROSE, anchor("", "a" * 100_000, "a" * 100_000)),
    "half of a character": (PROSE, anchor("\ud83d", "\udc4d", "\ud83d")),
    "marks upon marks": (PROSE, anchor("a" + "\u0301" * 9_000)),
    "a place that is none": (PROSE, anchor("Boats lay", start=-(10**15))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_anchor_costs_much(name):
    text, made = HOSTILE[name]

    [answer] = locate([{"after": text, "anchors": [made]}])

    assert answer["work"] <= 700_000


def test_five_hundred_made_to_cost_time_cost_little_together():
    draw = Random(5)
    prose = " ".join(draw.choice(HARBOUR.split()) for _ in range(10_000))
    starts = [draw.randrange(50_000) for _ in range(500)]
    mixed = [
        " ".join(draw.sample(it, len(it))) for it in (prose[s : s + 1_000].split() for s in starts)
    ]

    [answer] = locate([{"after": prose, "anchors": [anchor(it[:1_000]) for it in mixed]}])

    assert answer["work"] <= 6_500_000


def test_what_has_moved_with_its_neighbours_may_have_changed_more():
    words = "The old pilot kept a parrot that swore in Portuguese at every bishop."
    before = f"{HARBOUR} {words} {TOWN}"
    changed = words.replace("parrot", "jackdaw")
    filling = "".join(f"Ship {number} sailed away. " for number in range(100))
    after = f"{filling}{HARBOUR} {changed} {TOWN}"
    near = ("Boats lay still", "That is all there is")
    spans = [[before.index(part), before.index(part) + len(part)] for part in (words, *near)]

    alone, all_three = locate(
        [
            {"before": before, "after": after, "spans": spans[:1]},
            {"before": before, "after": after, "spans": spans},
        ]
    )

    assert alone["places"] == [None]
    start = after.index(changed)
    place = all_three["places"][0]
    assert (place["start"], place["end"]) == (start, start + len(changed))


def test_of_the_same_sentence_twice_the_one_in_its_place_is_meant():
    before = f"{TOWN} {HARBOUR} {TOWN}"
    start = before.rindex("In 2000 the")
    after = before.replace("Boats lay", "Boats were")

    [answer] = locate([{"before": before, "after": after, "spans": [[start, start + 45]]}])

    assert answer["places"][0]["start"] == start + 1


# ── edits of a real text ─────────────────────────────────────────────────────────────────────


def test_nothing_is_put_on_a_wrong_passage():
    """A small part of ``make bench ARGS="--only anchors"``, on pages that are here."""
    outcomes = Counter(
        outcome for job in jobs(Random(4)) for outcome in found(job)
    )  # fmt: skip

    there = outcomes[Outcome.RIGHT] + outcomes[Outcome.MISSED] + outcomes[Outcome.ROUGH]
    assert outcomes[Outcome.WRONG] == 0
    assert there > 1_000
    assert outcomes[Outcome.RIGHT] >= 0.98 * there


def jobs(rng):
    pages = texts()
    article, other = edits.read("\n".join(pages[:-12])), edits.read("\n".join(pages[-12:]))
    editor = Editor.reading(other, rng)
    for count in (1, 3, 10):
        for _ in range(2):
            edited = edits.mixed(article, editor, count)
            yield job(article, edited, rng)
    yield job(*edits.twins(article, editor, 12), rng)


def job(before, after, rng):
    return Job("", before.text, Edited.of(after), passages.pick(before, rng, 200))

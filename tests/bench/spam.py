"""How well the learned filter knows spam it has never seen, on comments that are kept elsewhere.

The file is a JSON list of ``{"video": …, "text": …, "spam": 1 or 0}``, the comments of each video
(or article, or site: whatever comments belong to together) in the order they were written. Each
video in turn is the unseen one: the filter learns a number of decisions on the other videos, then
goes through the unseen one from its first comment to its last. It judges each comment, and then a
moderator decides and the filter learns from that. Beside it: the same without that last step.

All of it runs through ``comments.learning`` on a SQLite file, as on a site.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from comments import learning
from tests.bench import databases, plot
from tests.bench.report import Goal, Progress, print_list, print_table
from tests.bench.section import Run

DECISIONS = 200
CURVE = (0, 25, 50, 100, DECISIONS, 400, None)
#: Which decisions they are makes a difference, so each figure is the mean of as many draws.
DRAWS = 5
LEAST_SPAM, MOST_HAM = 0.90, 0.02


class Written(NamedTuple):
    text: str
    is_spam: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """The probabilities that the filter gave to the comments of one video."""

    spam: list[float]
    ham: list[float]

    def held(self, at: float = learning.HOLD_AT) -> tuple[float, float]:
        """The shares of spam and of ham that are held from the probability *at* on."""
        return _share(self.spam, at), _share(self.ham, at)


class Trial(NamedTuple):
    """One video after one draw of decisions on the others."""

    decided: int
    learning: Outcome
    fixed: Outcome


#: By video and number of decisions; one for each draw.
Trials = dict[tuple[str, int | None], list[Trial]]


def measure(run: Run) -> list[Goal]:
    """Print the tables, draw the pictures, and give the goals."""
    assert run.spam is not None
    draws = 1 if run.quick else DRAWS
    videos = read(run.spam)
    runs = _run_all(videos, run.folder, draws)
    total = sum(map(len, videos.values()))
    print_list(
        f"{total:,} comments under {len(videos)} videos; figures are means of {draws} draws",
        f"Held from {learning.HOLD_AT:.0%} on; {learning.LEAST_OF_EACH} of each kind before that",
    )
    _print_unseen(videos, runs)
    _print_curve(videos, runs)
    drawn = {"spam-held.svg": _trade(videos, runs), "spam-learned.svg": _curve(videos, runs)}
    paths = [run.draw(name, plot.svg(picture)) for name, picture in drawn.items()]
    print_list(*(f"Drawn: {path}" for path in paths))
    return [goal for video in videos for goal in _goals(video, runs[video, DECISIONS])]


def read(path: Path) -> dict[str, list[Written]]:
    """The comments of each video, in order."""
    videos: dict[str, list[Written]] = {}
    for row in json.loads(path.read_text(encoding="utf-8")):
        videos.setdefault(row["video"], []).append(Written(row["text"], bool(row["spam"])))
    if len(videos) < 2:
        raise SystemExit(f"{path}: comments of at least two videos are needed")
    return videos


# ── learning and judging ─────────────────────────────────────────────────────────────────


def _run_all(videos: dict[str, list[Written]], folder: Path, draws: int) -> Trials:
    progress = Progress("judging", len(videos) * len(CURVE))
    runs: Trials = {}
    for video, unseen in videos.items():
        others = together(videos, but=video)
        for count in CURVE:
            progress.step(f"{video} after {_named(count)}")
            runs[video, count] = [
                run(decided, unseen, folder) for decided in draws_of(others, count, draws)
            ]
    progress.end()
    return runs


def together(videos: dict[str, list[Written]], *, but: str) -> list[Written]:
    """The comments of all the other videos as if they had been written over the same time."""
    placed = [
        ((place + 0.5) / len(written), video, comment)
        for video, written in videos.items()
        if video != but
        for place, comment in enumerate(written)
    ]
    placed.sort(key=lambda one: one[:2])
    return [comment for _, _, comment in placed]


def draws_of(
    written: Sequence[Written], count: int | None, draws: int
) -> Iterator[Sequence[Written]]:
    """*draws* times *count* of the comments, evenly over all of them, each time others.

    Once where there is nothing to choose.
    """
    if not count or count >= len(written):
        yield written[:count]
        return
    step = len(written) / count
    for draw in range(draws):
        begin = (draw + 0.5) / draws
        yield [written[int((place + begin) * step)] for place in range(count)]


def run(decided: Sequence[Written], unseen: Sequence[Written], folder: Path) -> Trial:
    """What the filter makes of *unseen* after the decisions *decided*, in a database of its own."""
    file = folder / "spam.sqlite3"
    with databases.opened(f"sqlite:///{file}") as engine, Session(engine) as session:
        for as_spam in (True, False):
            texts = [comment.text for comment in decided if comment.is_spam == as_spam]
            learning.learn(session, texts, as_spam=as_spam)
        fixed = _outcome(unseen, (_judged(session, comment) for comment in unseen))
        learnt = _outcome(unseen, _judged_and_decided(session, unseen))
    file.unlink()
    return Trial(len(decided), learnt, fixed)


def _judged_and_decided(session: Session, unseen: Iterable[Written]) -> Iterator[float]:
    for comment in unseen:
        yield _judged(session, comment)
        learning.learn(session, [comment.text], as_spam=comment.is_spam)


def _judged(session: Session, comment: Written) -> float:
    """The probability; a filter that has learned too little says nothing and holds nothing."""
    judgement = learning.judge(session, comment.text, learning.learned(session))
    return judgement.probability if judgement else 0.0


def _outcome(unseen: Sequence[Written], judged: Iterable[float]) -> Outcome:
    outcome = Outcome([], [])
    for comment, probability in zip(unseen, judged, strict=True):
        (outcome.spam if comment.is_spam else outcome.ham).append(probability)
    return outcome


def _share(probabilities: Sequence[float], at: float) -> float:
    held = sum(probability >= at for probability in probabilities)
    return held / len(probabilities) if probabilities else 0.0


# ── told ─────────────────────────────────────────────────────────────────────────────────


def _learning(runs: Iterable[Trial]) -> Outcome:
    """All draws together; a share of it is the mean of their shares."""
    return _together(run.learning for run in runs)


def _fixed(runs: Iterable[Trial]) -> Outcome:
    return _together(run.fixed for run in runs)


def _together(outcomes: Iterable[Outcome]) -> Outcome:
    together = Outcome([], [])
    for outcome in outcomes:
        together.spam.extend(outcome.spam)
        together.ham.extend(outcome.ham)
    return together


def _goals(video: str, runs: list[Trial]) -> list[Goal]:
    spam, ham = _learning(runs).held()
    after = f"after {runs[0].decided} decisions elsewhere"
    return [
        Goal(f"{video}: ≥ 90 % of its spam held {after}", f"{spam:.1%}", spam >= LEAST_SPAM),
        Goal(f"{video}: ≤ 2 % of its ham held {after}", f"{ham:.1%}", ham <= MOST_HAM),
    ]


def _print_unseen(videos: dict[str, list[Written]], runs: Trials) -> None:
    heads = ("video", "spam", "ham", "spam held", "by draw", "ham held", "by draw")
    heads += ("fixed: spam held", "ham held")
    print_table(
        f"Unseen videos after {DECISIONS} decisions on others, learning on (fixed: no longer)",
        heads,
        [(video, *_unseen_row(runs[video, DECISIONS])) for video in videos],
    )


def _unseen_row(runs: list[Trial]) -> tuple[str, ...]:
    spams, hams = zip(*(run.learning.held() for run in runs), strict=True)
    learning_spam, learning_ham = _learning(runs).held()
    fixed_spam, fixed_ham = _fixed(runs).held()
    return (
        str(len(runs[0].learning.spam)),
        str(len(runs[0].learning.ham)),
        f"{learning_spam:.1%}",
        f"{min(spams):.1%} to {max(spams):.1%}",
        f"{learning_ham:.1%}",
        f"{min(hams):.1%} to {max(hams):.1%}",
        f"{fixed_spam:.1%}",
        f"{fixed_ham:.1%}",
    )


def _print_curve(videos: dict[str, list[Written]], runs: Trials) -> None:
    heads = ["video", *map(_named, CURVE)]
    for title, kind in (("learning from each", _learning), ("learning from none", _fixed)):
        rows = []
        for video in videos:
            held = [kind(runs[video, count]).held() for count in CURVE]
            rows.append((video, *(f"{spam:.1%} / {ham:.1%}" for spam, ham in held)))
        print_table(f"Spam held / ham held by decisions on other videos, {title}", heads, rows)


def _named(count: int | None) -> str:
    return "all" if count is None else str(count)


# ── drawn ────────────────────────────────────────────────────────────────────────────────

_MOST_SHOWN = 0.10
_LEAST_SHOWN = 0.50


def _trade(videos: dict[str, list[Written]], runs: Trials) -> plot.Picture:
    """Spam held against ham held: what another threshold would give."""
    lines = []
    for number, video in enumerate(videos):
        outcome = _learning(runs[video, DECISIONS])
        here = outcome.held()[::-1]
        lines.append(plot.Line(video, _every_threshold(outcome), number, marks=[here]))
    return plot.Picture(
        title=f"Spam held against ham held, after {DECISIONS} decisions on other videos",
        about="One line for each unseen video, one dot where comments are held; the goal is green.",
        across=_percents("ham held", 0, _MOST_SHOWN, 2),
        up=_percents("spam held", _LEAST_SHOWN, 1, 10),
        lines=lines,
        goals=[(0, MOST_HAM, LEAST_SPAM, 1)],
    )


def _every_threshold(outcome: Outcome) -> list[plot.Point]:
    thresholds = sorted({2.0, *outcome.ham}, reverse=True)
    points = [outcome.held(at)[::-1] for at in thresholds]
    return [point for point in points if point[0] <= _MOST_SHOWN]


def _curve(videos: dict[str, list[Written]], runs: Trials) -> plot.Picture:
    """Spam and ham held against the number of decisions learned before."""
    lines = []
    for number, video in enumerate(videos):
        held = [_learning(runs[video, count]).held() for count in CURVE]
        for kind, name in enumerate(("spam", "ham")):
            points = [(float(place), both[kind]) for place, both in enumerate(held)]
            lines.append(
                plot.Line(f"{name}, {video}", points, number, dashed=name == "ham", marks=points)
            )
    ticks = [(place, _named(count)) for place, count in enumerate(CURVE)]
    last = len(CURVE) - 1
    return plot.Picture(
        title="Spam and ham held, by decisions on other videos before",
        about="Two lines for each unseen video, ham dashed; the goals are green.",
        across=plot.Axis("decisions on other videos", 0, last, ticks),
        up=_percents("held", 0, 1, 10),
        lines=lines,
        goals=[(0, last, LEAST_SPAM, 1), (0, last, 0, MOST_HAM)],
    )


def _percents(name: str, low: float, high: float, step: int) -> plot.Axis:
    ticks = range(round(100 * low), round(100 * high) + 1, step)
    return plot.Axis(name, low, high, [(tick / 100, f"{tick} %") for tick in ticks])

"""Two sides driven in turn, A B A B, in one run; what counts is the median of their ratios.

What else the machine does meanwhile hits both alike, so a ratio says more than the requests per
second do, and the servers' CPU time per request says it most steadily of all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.load import Load, middle
from tests.bench.report import Progress
from tests.bench.servers import Server


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: a path of a server, and how it is asked."""

    server: Server
    path: str
    packed: bool = False
    #: The version that its readers have already.
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Duel:
    name: str
    ours: Side
    theirs: Side


@dataclass(frozen=True, slots=True)
class Outcome:
    """The medians of both sides, and the ratios ours / theirs: *speed* is the median one of
    requests a second, *cpu* that of the CPU times of all rounds together."""

    name: str
    ours: Load
    theirs: Load
    speed: float
    cpu: float


def fight(
    title: str, duels: Sequence[Duel], run: Callable[[Side], Load], *, rounds: int
) -> dict[str, Outcome]:
    """*run* both sides of all *duels*, round after round, so that none has the machine's quiet
    hour alone. A first round warms up."""
    pairs: dict[str, list[tuple[Load, Load]]] = {duel.name: [] for duel in duels}
    progress = Progress(title, (rounds + 1) * len(duels))
    for _ in range(rounds + 1):
        for duel in duels:
            progress.step(duel.name)
            pairs[duel.name].append((run(duel.ours), run(duel.theirs)))
    progress.end()
    return {name: _outcome(name, loads[1:]) for name, loads in pairs.items()}


def _outcome(name: str, pairs: list[tuple[Load, Load]]) -> Outcome:
    ours, theirs = (middle(loads) for loads in zip(*pairs, strict=True))
    speed = median(mine.per_second / other.per_second for mine, other in pairs)
    return Outcome(name, ours, theirs, speed, ours.cpu / theirs.cpu if theirs.cpu else 0)

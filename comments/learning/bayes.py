"""Naive Bayes from counts: how much each feature of a comment speaks for spam, and all together.

A feature that was in *s* of *S* spam comments and in *h* of *H* others weighs

    w = ln((s + ½) / (S + 1)) - ln((h + ½) / (H + 1))

the logarithm of the odds that it gives to spam (P. Graham, "A Plan for Spam", 2002), with half a
comment added on either side so that one comment alone proves nothing (Krichevsky and Trofimov,
1981). A feature never seen weighs nothing, and spam is thought neither likely nor unlikely
beforehand, for how much of it there is changes from day to day.

Words that stand together repeat one another, which naive Bayes takes for more evidence each time.
So the sum of the weights is divided by the square root of their number, as normal deviates are
combined (S. A. Stouffer et al., "The American Soldier", 1949), and only the :data:`MOST_TELLING`
are added: harmless prose around an advertisement does not drown it.

    probability = 1 / (1 + exp(-sum(w) / √n))
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import NamedTuple

#: Weights that count, of one comment.
MOST_TELLING = 40
#: From this probability on a comment waits for a moderator. It errs on the side of the innocent:
#: a comment held wrongly hurts its writer, spam let through costs a moderator one key.
HOLD_AT = 0.92


class Counts(NamedTuple):
    """In how many comments of each kind."""

    spam: int
    ham: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """How much a comment reads like spam, and the features that speak for that, first the most."""

    #: 0 to 1.
    probability: float
    #: (feature, weight), only those for spam.
    tipping: tuple[tuple[str, float], ...]

    @property
    def is_held(self) -> bool:
        return self.probability >= HOLD_AT


def judge(features: Iterable[str], seen: Mapping[str, Counts], total: Counts) -> Judgement:
    """The judgement on *features* after *total* comments, among which each was *seen* so often."""
    weights = [(feature, weight(seen[feature], total)) for feature in features if feature in seen]
    # Then by name, or two runs could tell different words.
    weights.sort(key=lambda weighed: (-abs(weighed[1]), weighed[0]))
    telling = weights[:MOST_TELLING]
    return Judgement(
        probability=_probability([weight for _, weight in telling]),
        tipping=tuple(weighed for weighed in telling if weighed[1] > 0),
    )


def weight(seen: Counts, total: Counts) -> float:
    """What a feature adds; above 0 it speaks for spam."""
    for_spam = (seen.spam + 0.5) / (total.spam + 1)
    for_ham = (seen.ham + 0.5) / (total.ham + 1)
    return log(for_spam / for_ham)


def _probability(weights: list[float]) -> float:
    evidence = sum(weights) / sqrt(len(weights)) if weights else 0.0
    return 1 / (1 + exp(-evidence))

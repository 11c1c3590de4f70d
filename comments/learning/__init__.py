"""The learned filter: which comments read like the spam that moderators of this site threw out.

Naive Bayes over the words and a few other features of a comment (``features``, ``bayes``), counted
in a table of the database (``store``), with the words that tipped it in a sentence (``clues``). It
knows nothing until moderators have decided, and asks no service elsewhere.
"""

from comments.learning.bayes import HOLD_AT, Counts, Judgement
from comments.learning.clues import CLUES, SENTENCES, reason
from comments.learning.store import (
    LEAST_OF_EACH,
    MOST_FEATURES,
    TOTALS,
    judge,
    learn,
    learned,
    prune,
    unlearn,
)

__all__ = [
    "CLUES",
    "HOLD_AT",
    "LEAST_OF_EACH",
    "MOST_FEATURES",
    "SENTENCES",
    "TOTALS",
    "Counts",
    "Judgement",
    "judge",
    "learn",
    "learned",
    "prune",
    "reason",
    "unlearn",
]

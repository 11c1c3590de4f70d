"""The list of screens, in their order. The first verdict counts.

Who writes comes before what is written: a moderator is never told to wait, and somebody who is
banned learns nothing of what a better text would have met. Then comes what sends a comment away,
then what makes it wait, so that no weaker reason hides a stronger one; and among the reasons to
wait, what the text itself says comes before how it was sent, for that is what a moderator wants to
read in the queue.
"""

from collections.abc import Sequence
from dataclasses import replace

from comments.errors import say
from comments.models import Status
from comments.screening.contents import (
    learned_filter,
    listed_words,
    quoted_passage,
    too_many_links,
)
from comments.screening.people import moderators_pass, refuse_banned, trusted_pass
from comments.screening.policies import hold_all, hold_first, hold_links, thread_held
from comments.screening.repeats import repeated
from comments.screening.robots import honeypot, lacks_work, too_fast
from comments.screening.verdicts import Screen, Submitted, Verdict

PASSED = Verdict(Status.PUBLISHED, say("passed every screen"))

SCREENS: tuple[Screen, ...] = (
    # Whoever cleans up must never have to wait for themselves.
    moderators_pass,
    # Somebody a person has shown the door. A shadow ban is for those who would only come back
    # under another name: they write on, and nobody hears them.
    refuse_banned,
    # A moderator has said of somebody that looking is not needed; being asked to wait after that
    # would be an insult. The owner's own policies at the end of the list do not reach them either.
    trusted_pass,
    # What no person can have done.
    honeypot,
    # The owner's lists: some words are not wanted here in any sentence, and some only in sentences
    # that a person has read.
    listed_words,
    # What reads like the spam that was thrown out here before. It only ever makes a comment
    # wait: a filter that is wrong about somebody must not be the one that silences them.
    learned_filter,
    # The same for the passage that a comment says it is about: it stands above the comment, and
    # whether it is in the article nobody here knows.
    quoted_passage,
    # Nobody needs so many links to make a point.
    too_many_links,
    # The same text again and again is a campaign, whoever is right.
    repeated,
    # A browser does a small sum while its reader types; a program that floods us would have to do
    # as many sums as it writes comments.
    lacks_work,
    # Nobody reads, thinks and types in two seconds.
    too_fast,
    # A quarrel that moderators want to read along, one comment at a time.
    thread_held,
    # What the owner has chosen: COMMENTS_HOLD.
    hold_all,
    hold_links,
    hold_first,
)


def screen(submitted: Submitted, screens: Sequence[Screen] = SCREENS) -> Verdict:
    """The first verdict of the list, with the greatest risk that was seen on the way to it."""
    submitted = submitted.informed()
    risk = 0.0
    for look in screens:
        verdict = look(submitted)
        if verdict is None:
            continue
        risk = max(risk, verdict.risk)
        if verdict.status is not None:
            return replace(verdict, risk=risk)
    return replace(PASSED, risk=risk)


def explain(
    submitted: Submitted, screens: Sequence[Screen] = SCREENS
) -> list[tuple[str, Verdict | None]]:
    """What each screen would say, by its name, in order; nothing is stored.

    The first whose verdict has a status is the one that would count.
    """
    submitted = submitted.informed()
    return [(name_of(look), look(submitted)) for look in screens]


def name_of(look: Screen) -> str:
    return getattr(look, "__name__", type(look).__name__)

"""Screens that look at what is written."""

from comments import learning, text
from comments.errors import say
from comments.models import Status
from comments.screening import words
from comments.screening.verdicts import Submitted, Verdict


def heeds_rejected_words(submitted: Submitted) -> Verdict | None:
    found = _listed(submitted, "reject")
    if found is None:
        return None
    reason = say(
        'it contains "%(word)s" of the words that are rejected (written "%(written)s")',
        word=found.word,
        written=found.written[:100],
    )
    return Verdict(Status.REJECTED, reason, risk=0.9)


def heeds_held_words(submitted: Submitted) -> Verdict | None:
    found = _listed(submitted, "hold")
    if found is None:
        return None
    reason = say(
        'it contains "%(word)s" of the words that are looked at (written "%(written)s")',
        word=found.word,
        written=found.written[:100],
    )
    return Verdict(Status.PENDING, reason, risk=0.6)


def _listed(submitted: Submitted, which: words.List) -> words.Found | None:
    """A listed word in the text, in the name it is signed with, or in the website's address."""
    matcher = words.matcher(submitted.session, which)
    if matcher is None:
        return None
    places = (submitted.text, submitted.name, submitted.website or "")
    return next(filter(None, (matcher.find(place) for place in places if place)), None)


def learned_filter(submitted: Submitted) -> Verdict | None:
    """Also tells the risk of what it lets pass: the queue may begin with the riskiest."""
    judgement = learning.judge(submitted.session, submitted.text)
    if judgement is None:
        return None
    status = Status.PENDING if judgement.is_held else None
    return Verdict(status, learning.reason(judgement), risk=judgement.probability)


def too_many_links(submitted: Submitted) -> Verdict | None:
    links, most = text.count_links(submitted.html), submitted.settings.max_links
    if links <= most:
        return None
    reason = say("it contains %(links)s links, more than %(most)s", links=links, most=most)
    return Verdict(Status.PENDING, reason, risk=0.7)

"""Screens that look at what is written."""

from comments import learning, text
from comments.errors import Message, say
from comments.models import Status
from comments.screening import words
from comments.screening.verdicts import Submitted, Verdict
from comments.text.wordlists import WordList

REJECTED = say('it contains "%(word)s" of the words that are rejected%(how)s')
LOOKED_AT = say('it contains "%(word)s" of the words that are looked at%(how)s')
QUOTED = say('the passage it is about contains "%(word)s"%(how)s')
MANY_LINKS = say("it contains %(links)s links, more than %(most)s")

#: Characters of a text that a reason quotes.
MOST_QUOTED = 100


def listed_words(submitted: Submitted) -> Verdict | None:
    """A listed word in the text, in the name it is signed with, or in the website's address."""
    lists = words.lists(submitted.session, submitted.knows().words)
    places = [submitted.text, submitted.name, submitted.website or ""]
    if found := _found(lists.get("reject"), places):
        reason = Message(REJECTED.text, found)
        return Verdict(Status.REJECTED, reason, risk=0.9)
    if found := _found(lists.get("hold"), places):
        reason = Message(LOOKED_AT.text, found)
        return Verdict(Status.PENDING, reason, risk=0.6)
    return None


def _found(listed: WordList | None, places: list[str]) -> dict[str, str] | None:
    """The word, and how it was written where that is not the same."""
    if listed is None:
        return None
    found = next(filter(None, map(listed.find, filter(None, places))), None)
    if found is None:
        return None
    alike = found.written.casefold() == found.word.casefold()
    return {"word": found.word, "how": "" if alike else f': "{found.written[:MOST_QUOTED]}"'}


def learned_filter(submitted: Submitted) -> Verdict | None:
    """Also tells the risk of what it lets pass: the queue may begin with the riskiest."""
    judgement = learning.judge(submitted.session, submitted.text, submitted.knows().learned)
    if judgement is None:
        return None
    status = Status.PENDING if judgement.is_held else None
    return Verdict(status, learning.reason(judgement), risk=judgement.probability)


def quoted_passage(submitted: Submitted) -> Verdict | None:
    """A listed word in the passage it is about, or one that reads like spam.

    It only ever makes the comment wait: the article itself may hold the word, and somebody who
    quotes the article has done nothing wrong.
    """
    if not submitted.quoted:
        return None
    lists = words.lists(submitted.session, submitted.knows().words)
    for listed in ("reject", "hold"):
        if found := _found(lists.get(listed), [submitted.quoted]):
            return Verdict(Status.PENDING, Message(QUOTED.text, found), risk=0.6)
    judgement = learning.judge(submitted.session, submitted.quoted, submitted.knows().learned)
    if judgement is None or not judgement.is_held:
        return None
    reason = say("the passage it is about reads like spam")
    return Verdict(Status.PENDING, reason, risk=judgement.probability)


def too_many_links(submitted: Submitted) -> Verdict | None:
    links, most = text.count_links(submitted.html), submitted.settings.max_links
    if links <= most:
        return None
    reason = Message(MANY_LINKS.text, {"links": links, "most": most})
    return Verdict(Status.PENDING, reason, risk=0.7)

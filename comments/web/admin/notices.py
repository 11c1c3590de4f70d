"""What the moderation views say after an action, and the way back from it.

Every action ends with a redirect to where it was pressed, and names its batch in the address
(``did``). The page reads in the log what that batch did, so the notice is true, cannot be made up
by a link, and carries the button that takes it back.
"""

from dataclasses import dataclass, replace

from flask import request

from comments import moderation
from comments.errors import Message, say, say_n
from comments.moderation import Done
from comments.text import read_number
from comments.web.admin.door import moderator
from comments.web.state import State, now

#: What an action is told as, by its word in the log and by where it led.
SENTENCES: dict[tuple[str, str | None], Message] = {
    ("status", "published"): say_n("%(n)s comment approved.", "%(n)s comments approved."),
    ("status", "spam"): say_n("%(n)s comment is spam.", "%(n)s comments are spam."),
    ("status", "rejected"): say_n("%(n)s comment rejected.", "%(n)s comments rejected."),
    ("status", "deleted"): say_n("%(n)s comment deleted.", "%(n)s comments deleted."),
    ("status", "pending"): say_n("%(n)s comment is waiting.", "%(n)s comments are waiting."),
    ("status", None): say_n("%(n)s comment changed.", "%(n)s comments changed."),
    ("keep", None): say_n("%(n)s comment kept.", "%(n)s comments kept."),
    ("pin", '{"pinned": true}'): say("Comment pinned."),
    ("pin", '{"pinned": false}'): say("Comment no longer pinned."),
    ("close", '{"closed": true}'): say("Discussion closed."),
    ("close", '{"closed": false}'): say("Discussion opened again."),
    ("hold", '{"held": true}'): say("Everything in the discussion waits for a moderator now."),
    ("hold", '{"held": false}'): say("The discussion is held no more."),
    ("rename", None): say("Discussion renamed."),
    ("merge", None): say("Discussions merged."),
    ("alias", None): say("Keys of the discussion changed."),
    ("words", None): say("Words changed."),
    ("words", "added"): say_n("%(n)s word added.", "%(n)s words added."),
    ("words", "removed"): say_n("%(n)s word removed.", "%(n)s words removed."),
    ("ban", None): say("Banned."),
    ("lift", None): say("Ban lifted."),
    ("trust", '{"trusted": true}'): say("Trusted from now on."),
    ("trust", '{"trusted": false}'): say("No longer trusted."),
    ("appoint", None): say("Appointed."),
    ("dismiss", None): say("Dismissed."),
    ("resend", None): say("The message is on its way once more."),
    ("test_mail", None): say("A test is on its way to the address of your account."),
}
#: The same of one comment, where several actions stand in a list.
OF_ONE: dict[tuple[str, str | None], Message] = {
    ("status", "published"): say("%(whose)s comment approved."),
    ("status", "spam"): say("%(whose)s comment called spam."),
    ("status", "rejected"): say("%(whose)s comment rejected."),
    ("status", "deleted"): say("%(whose)s comment deleted."),
    ("status", "pending"): say("%(whose)s comment is waiting again."),
    ("keep", None): say("%(whose)s comment kept."),
    ("pin", '{"pinned": true}'): say("%(whose)s comment pinned."),
    ("pin", '{"pinned": false}'): say("%(whose)s comment no longer pinned."),
}
DONE = say("Done.")
#: More than can be decided at once: somebody has made the address up.
_MOST_LEFT = 999_999
_WHOSE = say("%(name)s’s")


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence; with an *undo*, the batch that a button takes back."""

    sentence: Message
    undo: str | None = None
    #: Comments of a choice that somebody had changed meanwhile, and that were left alone.
    left: int = 0
    bad: bool = False


def sentence(done: Done, author: str | None = None) -> Message:
    """What *done* did, to be read by who did it; with the name of the one comment's *author*."""
    told = _of_one(done, author) or _of_words(done)
    if told is None:
        chosen = SENTENCES.get((done.what, done.after)) or SENTENCES.get((done.what, None)) or DONE
        told = replace(chosen, params={"n": done.number}) if chosen.plural else chosen
    return say("Taken back. %(what)s", what=told) if done.undoes else told


def _of_one(done: Done, author: str | None) -> Message | None:
    chosen = OF_ONE.get((done.what, done.after)) or OF_ONE.get((done.what, None))
    if chosen is None or not author:
        return None
    return replace(chosen, params={"whose": replace(_WHOSE, params={"name": author})})


def _of_words(done: Done) -> Message | None:
    """How many came or went, where it is one of the two."""
    changed = moderation.facts(done.after) if done.what == "words" else {}
    numbers = {did: len(words) for did, words in changed.items() if words}
    if len(numbers) != 1:
        return None
    (did, number), *_ = numbers.items()
    return replace(SENTENCES["words", did], params={"n": number})


def notice_of(done: Done, *, left: int = 0) -> Notice:
    """The notice of an action that has just been taken."""
    # No button behind an undo: beside the key that takes the next one back it would do another
    # thing than it says. What was taken back too much is decided again.
    back = done.batch if done.undoable(now()) and not done.undoes else None
    return Notice(sentence(done), back, left)


def asked_notice(state: State) -> Notice | None:
    """The notice that the address asks for, where there is such an action of this moderator."""
    batch, left = request.args.get("did"), read_number(request.args.get("left", ""), _MOST_LEFT)
    if "left" in request.args and not batch:
        return Notice(say("Nothing was changed."), left=left or 0)
    done = moderation.done(state.session(), batch) if batch else None
    if done is None or done.actor != moderator().id:
        return None
    return notice_of(done, left=left or 0)

"""The lines of the log in plain words.

A line is a sentence (*who did what*), the reason, and what was before and after. An action that
has no sentence here is told by its own word, so that nothing is ever left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from comments.errors import Message, say, say_n
from comments.models import Decision, Status
from comments.moderation import facts, log
from comments.moderation.log import Line
from comments.web.admin.scene import address

#: By the action and by where it led; what is the same wherever it led stands under ``None``.
SENTENCES: dict[tuple[str, str | None], Message] = {
    ("status", "published"): say("%(who)s approved %(whose)s comment in “%(thread)s”"),
    ("status", "pending"): say("%(who)s put %(whose)s comment in “%(thread)s” back to wait"),
    ("status", "spam"): say("%(who)s called %(whose)s comment in “%(thread)s” spam"),
    ("status", "rejected"): say("%(who)s rejected %(whose)s comment in “%(thread)s”"),
    ("status", "deleted"): say("%(who)s deleted %(whose)s comment in “%(thread)s”"),
    ("marks", None): say("%(who)s took the marks off %(whose)s comment in “%(thread)s”"),
    ("keep", None): say("%(who)s kept %(whose)s comment in “%(thread)s”"),
    ("pin", "pinned"): say("%(who)s pinned %(whose)s comment in “%(thread)s”"),
    ("pin", None): say("%(who)s unpinned %(whose)s comment in “%(thread)s”"),
    ("close", "closed"): say("%(who)s closed “%(thread)s”"),
    ("close", None): say("%(who)s opened “%(thread)s” again"),
    ("hold", "held"): say("%(who)s lets everything in “%(thread)s” wait"),
    ("hold", None): say("%(who)s holds “%(thread)s” no more"),
    ("rename", None): say("%(who)s renamed “%(thread)s”"),
    ("merge", "into"): say("%(who)s merged “%(thread)s” into “%(into)s”"),
    ("merge", None): say("%(who)s took “%(thread)s” out of another discussion again"),
    ("alias", "leads_to"): say("%(who)s let the key “%(key)s” lead to “%(into)s”"),
    ("alias", None): say("%(who)s let the key “%(key)s” lead to “%(into)s” no more"),
    ("ban", None): say("%(who)s banned %(target)s"),
    ("lift", None): say("%(who)s lifted the ban of %(target)s"),
    ("trust", None): say("%(who)s changed the trust in %(target)s"),
    ("appoint", None): say("%(who)s appointed %(target)s"),
    ("dismiss", None): say("%(who)s dismissed %(target)s"),
    ("resend", None): say("%(who)s had a message sent again"),
    ("test_mail", None): say("%(who)s mailed themselves a test"),
    ("claim", None): say("%(who)s signed in and took their earlier comments along"),
}
_WORDS = {
    "added": say_n(
        "%(who)s put %(n)s word on the list “%(target)s”",
        "%(who)s put %(n)s words on the list “%(target)s”",
    ),
    "removed": say_n(
        "%(who)s took %(n)s word off the list “%(target)s”",
        "%(who)s took %(n)s words off the list “%(target)s”",
    ),
}
_OTHER = say("%(who)s: %(action)s %(target)s")
_SCREENS = say("The screens")
_COMMAND_LINE = say("The command line")
_SOMEBODY = say("Somebody")
_WHOSE = say("%(name)s’s")
_NOBODYS = say("somebody’s")

#: What the facts of a line are called; one without a name here keeps its own word.
_FACTS = {
    "added": say("added"),
    "closed": say("closed"),
    "count": say("comments"),
    "comments": say("comments"),
    "held": say("everything waits"),
    "kept_at": say("kept"),
    "key": say("key"),
    "open_reports": say("open reports"),
    "message": say("message"),
    "pinned": say("pinned"),
    "pinned_at": say("pinned"),
    "purpose": say("what it is"),
    "removed": say("removed"),
    "role": say("role"),
    "shadow": say("shadow"),
    "shadowed": say("shadowed"),
    "site": say("site"),
    "status": say("state"),
    "title": say("title"),
    "trusted": say("trusted"),
    "until": say("until"),
    "url": say("address"),
}
_YES, _NO = say("yes"), say("no")
#: Characters of a keyed hash that tell two apart.
_SHORT = 6
#: What a value is called, by its word in the log.
_VALUES = {
    "moderator": say("moderator"),
    "owner": say("owner"),
    "published": say("published"),
    "pending": say("waiting"),
    "spam": say("spam"),
    "rejected": say("rejected"),
    "deleted": say("deleted"),
}
_FOR_GOOD = say("for good")
#: Marks that most have not got: told where they are set.
_MARKS = ("shadow", "shadowed", "pinned_at", "kept_at")
_MOMENTS = ("pinned_at", "kept_at", "until")
#: The two lists of words, and those whom a ban names by a keyed hash.
_TARGETS = {"hold": say("Held"), "reject": say("Rejected")}
_HASHES = {
    "network": say("the network %(tag)s"),
    "email": say("the e-mail address %(tag)s"),
    "erased": say("somebody who has erased their data"),
}
_SOMEONE = say("somebody")
#: Which one it was is forgotten once the ban is over.
_SOME_NETWORK = say("a network")
#: Facts that only undo needs, or that the sentence tells.
_HIDDEN = (
    "roots", "unpinned", "old_keys", "into", "new_key", "closed_at", "reopened_at",
    "leads_to", "thread", "since", "ban",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """What was so: in *words*, or the moment *at* which it was."""

    name: Message | str
    words: Sequence[Message | str] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A line as a page shows it. *before* and *after* are states, or a list of :class:`Fact`."""

    line: Line
    sentence: Message
    who: Message | str
    before: Any
    after: Any
    thread_url: str | None
    comment_url: str | None

    @property
    def entry(self) -> Decision:
        return self.line.entry


def lines(session: Session, found: Sequence[Line]) -> list[Told]:
    """The lines of a page, with the names of those whom they are about."""
    names = log.names(session, [each.entry.target for each in found if each.entry.target])
    return [_line(each, names) for each in found]


def _line(line: Line, names: Mapping[str, str]) -> Told:
    entry = line.entry
    return Told(
        line=line,
        sentence=_sentence(line, names),
        who=who(entry),
        before=_side(entry.before),
        after=_side(entry.after),
        thread_url=address("thread", thread_id=entry.thread_id) if entry.thread_id else None,
        comment_url=address("comment", comment_id=entry.comment_id) if entry.comment_id else None,
    )


def who(entry: Decision) -> Message | str:
    if entry.actor == "screen":
        return _SCREENS
    if entry.actor == "command-line":
        return _COMMAND_LINE
    return entry.actor_name or _SOMEBODY


def _sentence(line: Line, names: Mapping[str, str]) -> Message:
    entry = line.entry
    after = _facts(entry.after)
    name = line.comment_author
    params: dict[str, Any] = {
        "who": who(entry),
        "whose": Message(_WHOSE.text, {"name": name}) if name else _NOBODYS,
        "thread": line.thread_title or line.thread_key or "",
        "into": after.get("title") or after.get("key") or after.get("thread") or "",
        "key": after.get("key") or "",
        "target": line.target_name or _target(entry, names),
        "action": entry.action,
    }
    if entry.action == "alias":
        params["into"] = after.get("thread") or ""
    if entry.action == "words":
        return _of_words(after, params)
    chosen = _chosen(entry, after)
    return Message(chosen.text, params)


def _target(entry: Decision, names: Mapping[str, str]) -> Message | str:
    """Whom or what a line is about, by the name that people know."""
    target = entry.target or ""
    kind, _, value = target.partition(":")
    if entry.action == "words":
        return _TARGETS.get(target, target)
    if name := names.get(target):
        return name
    if target == "network:":
        return _SOME_NETWORK
    if kind in _HASHES:
        return Message(_HASHES[kind].text, {"tag": value[:_SHORT]})
    return _SOMEONE if value else target


def _chosen(entry: Decision, after: Mapping[str, Any]) -> Message:
    led = entry.after if entry.action == "status" else None
    for fact in ("pinned", "closed", "held", "into", "leads_to"):
        if after.get(fact):
            led = fact
    return SENTENCES.get((entry.action, led)) or SENTENCES.get((entry.action, None)) or _OTHER


def _of_words(after: Mapping[str, Any], params: dict[str, Any]) -> Message:
    did = "added" if after.get("added") else "removed"
    number = len(after.get(did) or ())
    return Message(_WORDS[did].text, params | {"n": number}, _WORDS[did].plural)


def _facts(written: str | None) -> Mapping[str, Any]:
    return facts(written) if written and written.startswith("{") else {}


def _side(written: str | None) -> Any:
    """A state of a comment, or what of the facts a person cares about."""
    if written is None or written in tuple(Status):
        return written
    found = _facts(written)
    if not found:
        return [Fact("", [_VALUES.get(written, written)])]
    return [_fact(*each) for each in found.items() if _is_told(*each)] or None


def _is_told(name: str, value: Any) -> bool:
    nothing = (name in _MARKS and not value) or (name, value) == ("site", "")
    return name not in _HIDDEN and not nothing


def _fact(name: str, value: Any) -> Fact:
    called = _FACTS.get(name, name)
    if name == "until" and value is None:
        return Fact(called, [_FOR_GOOD])
    if name in _MOMENTS and value:
        return Fact(called, at=datetime.fromisoformat(value))
    if isinstance(value, list):
        return Fact(called, [str(each) for each in value])
    return Fact(called, [_shown(name, value)])


def _shown(name: str, value: Any) -> Message | str:
    if isinstance(value, bool):
        return _YES if value else _NO
    if name in ("status", "role"):
        return _VALUES.get(value, str(value))
    return "–" if value is None else str(value)

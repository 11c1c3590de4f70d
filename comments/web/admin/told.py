"""The lines of the log in plain words.

A line is a sentence (*who did what*), the reason, and what was before and after. An action that
has no sentence here is told by its own word, so that nothing is ever left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comments.errors import Message, say, say_n
from comments.models import Decision, Status
from comments.moderation import facts
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
    "held": say("everything waits"),
    "key": say("key"),
    "open_reports": say("open reports"),
    "pinned": say("pinned"),
    "removed": say("removed"),
    "role": say("role"),
    "shadowed": say("shadowed"),
    "site": say("site"),
    "title": say("title"),
    "url": say("address"),
}
_ROLES = {"owner": say("owner"), "moderator": say("moderator")}
_YES, _NO = say("yes"), say("no")
#: Facts that only undo needs, or that the sentence tells.
_HIDDEN = (
    "roots", "unpinned", "old_keys", "into", "new_key", "closed_at", "reopened_at",
    "leads_to", "thread", "since",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A line as a page shows it. *before* and *after* are states, or facts by their names."""

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


def line(line: Line) -> Told:
    entry = line.entry
    return Told(
        line=line,
        sentence=_sentence(line),
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


def _sentence(line: Line) -> Message:
    entry = line.entry
    after = _facts(entry.after)
    name = line.comment_author
    params: dict[str, Any] = {
        "who": who(entry),
        "whose": Message(_WHOSE.text, {"name": name}) if name else _NOBODYS,
        "thread": line.thread_title or line.thread_key or "",
        "into": after.get("title") or after.get("key") or after.get("thread") or "",
        "key": after.get("key") or "",
        "target": line.target_name or entry.target or "",
        "action": entry.action,
    }
    if entry.action == "alias":
        params["into"] = after.get("thread") or ""
    if entry.action == "words":
        return _of_words(after, params)
    chosen = _chosen(entry, after)
    return Message(chosen.text, params)


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
    """A state of a comment, or (name, value) pairs of what a person cares about."""
    if written is None or written in tuple(Status):
        return written
    found = _facts(written)
    if not found:
        return [("", written)]
    shown = [(k, v) for k, v in found.items() if k not in _HIDDEN and (k, v) != ("site", "")]
    return [(_FACTS.get(k, k), _shown(k, v)) for k, v in shown] or None


def _shown(name: str, value: Any) -> Message | str:
    if name == "role":
        return _ROLES[value]
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return _YES if value else _NO
    return "–" if value is None else str(value)

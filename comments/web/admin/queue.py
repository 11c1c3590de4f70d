"""The queue: what waits, page by page, and a decision for each press of a button."""

from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts, moderation
from comments.errors import CommentsError, Message, say
from comments.models import Comment, Status
from comments.moderation import Action
from comments.moderation import queue as waiting
from comments.moderation.queue import Filter, Seen
from comments.web import answers
from comments.web.admin import entries, inputs
from comments.web.admin.door import action, admin, moderator
from comments.web.admin.entries import ACTS
from comments.web.admin.notices import Notice, notice_of, sentence
from comments.web.admin.scene import address, answered, draw, is_built, piece, wants_fragment
from comments.web.signin import queue_mail
from comments.web.state import State, commit, current, now

TABS: tuple[tuple[str, Message], ...] = (
    ("pending", say("Waiting")),
    ("reported", say("Reported")),
    ("spam", say("Spam")),
    ("rejected", say("Rejected")),
    ("deleted", say("Deleted")),
    ("published", say("Published")),
    ("everything", say("Everything")),
)
ORDERS: dict[str, Message] = {
    "newest": say("Newest first"),
    "riskiest": say("Riskiest first"),
    "oldest": say("Oldest first"),
}
#: What buttons are called, for templates and for the sheet of keys.
LABELS: dict[str, tuple[Message, str]] = {
    "approve": (say("Approve"), "a"),
    "keep": (say("Keep"), "a"),
    "spam": (say("Spam"), "s"),
    "reject": (say("Reject"), "r"),
    "delete": (say("Delete"), "d"),
    "pin": (say("Pin"), "p"),
    "unpin": (say("Unpin"), "p"),
}
#: What may be decided about several at once.
FOR_MANY = (*ACTS, "keep")


@admin.get("/queue")
def queue() -> Response:
    """The queue, or with ``fragment`` the entries of one of its pages alone."""
    state = current()
    asked = Filter.read(request.args)
    context = _page(state, asked, inputs.cursor())
    if wants_fragment():
        html = piece("_entries.html", **context)
        answer = {"entries": html, "counts": context["shown_counts"], "seen": context["seen"]}
        return answers.json_answer(answer)
    recent = moderation.recent(state.session(), moderator().id, now())
    names = waiting.authors(state.session(), [done.comment_id for done in recent])
    told = [(d, sentence(d, names.get(d.comment_id)), d.undoable(now())) for d in recent]
    mine = accounts.account_of(state.session(), moderator())
    return draw(
        "queue.html",
        recent=told,
        queue_mail=queue_mail.choice(state, mine),
        queue_mail_chosen="mail" in request.args,
        **context,
    )


@admin.get("/comment/<int:comment_id>")
def comment(comment_id: int) -> Response:
    """One comment with all there is to know about it."""
    return _one(current(), comment_id)


@admin.get("/comment/<int:comment_id>/author")
def author(comment_id: int) -> AnyResponse:
    """Who wrote a comment: to the view of people, where one can be banned."""
    row = waiting.one(current().session(), comment_id, moderator().sites)
    if is_built("people"):
        return answers.private(redirect(address("people", id=row.author_id), 303))
    everything = address("queue", show="everything", author=row.author_id)
    return answers.private(redirect(everything, 303))


@admin.post("/queue/decide")
def decide() -> AnyResponse:
    """One decision on one comment, as the moderator saw it (``expected``, ``version``)."""
    state = current()
    comment_id, act = _which("id"), request.form.get("act", "")
    taken = action()
    try:
        _decide(state, comment_id, act, taken)
    except CommentsError as refused:
        if refused.problem.status != 409:
            raise
        return _conflict(state, comment_id, refused)
    done = moderation.done(state.session(), taken.batch)
    notice = notice_of(done) if done else Notice(say("That is how it stands already."))
    more = _after(state, comment_id, _filter_of_form()) if wants_fragment() else {}
    commit(state)
    return answered(notice, taken.batch if done else None, address("queue"), **more)


@admin.post("/queue/bulk")
def bulk() -> AnyResponse:
    """One decision on many: those that are ticked, or with ``all`` all that match the filter."""
    state = current()
    session = state.session()
    act, seen = request.form.get("act", ""), Seen.read(request.form.get("seen", ""))
    if act not in FOR_MANY:
        raise _no_such_act()
    asked = _filter_of_form()
    if request.form.get("all"):
        ids = list(waiting.matching(session, asked, moderator().sites, seen))
    else:
        ids = inputs.numbers("id")
    taken = action()
    if act == "keep":
        changed = moderation.keep_many(session, ids, taken, seen_at=seen.at)
    else:
        changed = moderation.decide_many(session, ids, ACTS[act], taken, seen_at=seen.at)
    done = moderation.done(session, taken.batch)
    left = len(set(ids)) - len(changed)
    notice = notice_of(done, left=left) if done else Notice(say("Nothing was changed."), left=left)
    counts = _counts(state, asked)
    commit(state)
    more = {"gone": changed if len(changed) <= waiting.PAGE else "all", "counts": counts}
    return answered(notice, taken.batch if done else None, address("queue"), **more)


# ── deciding ─────────────────────────────────────────────────────────────────────────────


def _decide(state: State, comment_id: int, act: str, taken: Action) -> Comment:
    session = state.session()
    expected, version = _expected(), _which("version") if request.form.get("version") else None
    if act in ("pin", "unpin"):
        return moderation.pin(session, comment_id, taken, pinned=act == "pin")
    if act == "keep":
        return moderation.keep(session, comment_id, taken, expected=expected, version=version)
    if act not in ACTS:
        raise _no_such_act()
    return moderation.decide(
        session, comment_id, ACTS[act], taken, expected=expected, version=version
    )


def _expected() -> Status | None:
    given = request.form.get("expected")
    if not given:
        return None
    try:
        return Status(given)
    except ValueError:
        raise CommentsError("invalid", errors={"expected": say("No such state.")}) from None


def _no_such_act() -> CommentsError:
    return CommentsError("invalid", errors={"act": say("There is no such decision.")})


def _conflict(state: State, comment_id: int, refused: CommentsError) -> AnyResponse:
    """Who has decided meanwhile, and the comment as it stands now."""
    state.session().rollback()
    notice = Notice(refused.detail, bad=True)
    if not wants_fragment():
        return _one(state, comment_id, 409, notice)
    html = piece("notice.html", notice=notice)
    more = _after(state, comment_id, _filter_of_form())
    return answers.json_answer({"notice": html, **more}, 409)


def _after(state: State, comment_id: int, asked: Filter) -> dict[str, Any]:
    """The comment as it stands now, for the list that *asked* shows."""
    row = waiting.one(state.session(), comment_id, moderator().sites)
    stays = asked.show in ("everything", row.status.value)
    if asked.show == "reported":
        stays = row.open_reports > 0
    context = _context(state, [row]) | {"fields": asked.as_fields(), "asked": asked}
    context["here_url"] = request.form.get("back", "")
    return {
        "entry": piece("_entries.html", **context),
        "stays": stays,
        "counts": _counts(state, asked),
    }


def _one(
    state: State, comment_id: int, status: int = 200, notice: Notice | None = None
) -> Response:
    row = waiting.one(state.session(), comment_id, moderator().sites)
    return draw("comment.html", status, notice=notice, **_context(state, [row]))


# ── what the templates need ──────────────────────────────────────────────────────────────


def _page(state: State, asked: Filter, after: str | None) -> dict[str, Any]:
    session, sites = state.session(), moderator().sites
    page = waiting.page(session, state.keys, asked, sites, now=now(), after=after)
    fields = asked.as_fields()
    counts = _counts(state, asked)
    return _context(state, page.rows) | {
        "asked": asked,
        "fields": fields,
        "tabs": [(name, label, _tab(fields, name), counts.get(name)) for name, label in TABS],
        "orders": [(name, ORDERS[name]) for name in asked.orders],
        "shown_counts": counts,
        "seen": str(page.seen),
        "first_url": address("queue", **fields) if after else None,
        "next_url": address("queue", **fields, after=page.next) if page.next else None,
        "acts_for_many": _acts_for_many(asked),
    }


def _context(state: State, rows: Any) -> dict[str, Any]:
    return {
        "entries": entries.entries(state, rows),
        "labels": LABELS,
        # One comment alone is never in the wrong list.
        "fields": {"show": "everything"},
        "asked": None,
        "next_url": None,
    }


def _acts_for_many(asked: Filter) -> list[str]:
    """What would change something about each of the list."""
    acts = [act for act, leads_to in ACTS.items() if leads_to != asked.show]
    return ["keep", *acts] if asked.show == "reported" else acts


def _tab(fields: dict[str, str], name: str) -> str:
    kept = {field: value for field, value in fields.items() if field != "order"}
    return address("queue", **(kept | {"show": name}))


def _counts(state: State, asked: Filter) -> dict[str, str]:
    """The numbers of the tabs, and of *all* that the list is about."""
    session, sites = state.session(), moderator().sites
    tabs = waiting.counts(session, asked, sites)
    told = {name: _up_to(waiting.MOST_COUNTED, number) for name, number in tabs.items()}
    matching = waiting.how_many(session, asked, sites)
    return told | {"all": _up_to(waiting.MOST_MATCHED, matching)}


def _up_to(most: int, number: int) -> str:
    return f"{most}+" if number > most else str(number)


def _filter_of_form() -> Filter:
    """The list that the buttons stood on."""
    return Filter.read(request.form)


def _which(field: str) -> int:
    number = inputs.number(field)
    if number is None:
        raise CommentsError("no_such_comment")
    return number

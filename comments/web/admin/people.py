"""People: finding somebody, what is known of them, and bans."""

from datetime import timedelta
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments.errors import CommentsError, Message, say
from comments.models import Ban
from comments.moderation import bans
from comments.moderation import people as known
from comments.moderation import queue as waiting
from comments.web.admin import entries, inputs
from comments.web.admin.door import action, admin, moderator
from comments.web.admin.notices import Notice
from comments.web.admin.queue import LABELS
from comments.web.admin.scene import address, back, draw
from comments.web.state import State, commit, current, now

#: How long a ban holds, by its word in a form.
DURATIONS: dict[str, tuple[Message, timedelta | None]] = {
    "day": (say("1 day"), timedelta(days=1)),
    "week": (say("1 week"), timedelta(days=7)),
    "month": (say("30 days"), timedelta(days=30)),
    "good": (say("For good"), None),
}
#: Characters of a keyed hash that tell two networks apart.
_SHORT = 6
PAGE = 25


@admin.get("/people")
def people() -> Response:
    """Somebody, with ``id``; otherwise whom ``find`` finds, and the list of bans."""
    state = current()
    if request.args.get("id"):
        return _person(state, request.args["id"])
    return _everybody(state)


@admin.post("/people/ban")
def ban() -> AnyResponse:
    """Ban ``target`` for ``duration``; each ``seen`` is a ban that the moderator saw."""
    state = current()
    form = request.form
    target = form.get("target", "")
    taken = action(inputs.line("reason"))
    try:
        if not target or form.get("duration") not in DURATIONS:
            raise CommentsError("invalid")
        lasts = DURATIONS[form["duration"]][1]
        bans.ban(
            state.session(),
            target,
            taken,
            until=now() + lasts if lasts else None,
            shadow=bool(form.get("shadow")),
            take_down=bool(form.get("take_down")),
            seen=inputs.numbers("seen"),
        )
    except CommentsError as refused:
        return _refused(state, refused)
    commit(state)
    return back(_where(), taken.batch)


@admin.post("/people/lift")
def lift() -> AnyResponse:
    state = current()
    taken = action(inputs.line("reason"))
    try:
        bans.lift(state.session(), inputs.number("ban") or 0, taken)
    except CommentsError as refused:
        return _refused(state, refused)
    commit(state)
    return back(_where(), taken.batch)


@admin.post("/people/trust")
def trust() -> AnyResponse:
    state = current()
    taken = action()
    trusted = request.form.get("trusted") == "1"
    try:
        bans.check_reach_of_target(state.session(), request.form.get("id", ""), moderator().sites)
        bans.trust(state.session(), request.form.get("id", ""), taken, trusted=trusted)
    except CommentsError as refused:
        return _refused(state, refused)
    commit(state)
    return back(_where(), taken.batch)


def _where() -> str:
    """The page of whom the form was about."""
    author = request.form.get("id")
    return address("people", id=author) if author else address("people")


def _refused(state: State, refused: CommentsError) -> Response:
    """The page again as it is now, and why nothing was done."""
    if refused.problem.status not in (409, 422):
        raise refused
    state.session().rollback()
    notice = Notice(refused.detail, bad=True)
    status = refused.problem.status
    author = request.form.get("id")
    return _person(state, author, status, notice) if author else _everybody(state, status, notice)


# ── everybody ────────────────────────────────────────────────────────────────────────────


def _everybody(state: State, status: int = 200, notice: Notice | None = None) -> Response:
    session = state.session()
    typed, thread = inputs.line("find"), inputs.line("thread")
    over = request.args.get("show") == "over"
    before = inputs.number("before")
    rows = known.bans(
        session,
        now=now(),
        in_force=not over,
        before=before,
        limit=PAGE + 1,
        sites=moderator().sites,
        by=moderator().id,
    )
    shown = [_ban(row) for row in rows[:PAGE]]
    kept: dict[str, Any] = {"show": "over"} if over else {}
    more = address("people", **kept, before=rows[PAGE - 1].id) if len(rows) > PAGE else None
    return draw(
        "people.html",
        status,
        notice=notice,
        typed=typed,
        thread=thread,
        found=known.find(session, state.keys, typed, thread=thread, sites=moderator().sites),
        bans=shown,
        over=over,
        first_url=address("people", **kept) if before else None,
        next_url=more,
    )


def _ban(row: Ban) -> dict[str, Any]:
    kind, _, value = row.target.partition(":")
    is_hash = kind in ("network", "email", "erased")
    return {
        "row": row,
        "kind": kind if is_hash else "author",
        "short": value[:_SHORT],
        "holds": row.is_in_force(now()),
    }


# ── one of them ──────────────────────────────────────────────────────────────────────────


def _person(
    state: State, author_id: str, status: int = 200, notice: Notice | None = None
) -> Response:
    session, sites = state.session(), moderator().sites
    profile = known.profile(session, author_id, now=now(), sites=sites)
    if profile is None:
        raise CommentsError("not_found")
    asked = waiting.Filter(show="everything", author=author_id)
    page = waiting.page(session, state.keys, asked, sites, now=now())
    return draw(
        "person.html",
        status,
        notice=notice,
        person=profile,
        total=sum(profile.counts.values()),
        bans=[_ban(row) for row in profile.bans],
        targets=_targets(profile),
        durations=[(name, label) for name, (label, _) in DURATIONS.items()],
        is_me=author_id == moderator().id,
        may_trust=sites is None,
        more_url=address("queue", **asked.as_fields()) if page.next else None,
        entries=entries.entries(state, page.rows),
        labels=LABELS,
        fields={},
        next_url=None,
    )


def _targets(profile: known.Profile) -> list[dict[str, Any]]:
    """What a ban of this person can name, each with the ban that it has already."""
    named = [("author", profile.author_id)]
    named += [("network", f"network:{it}") for it in profile.networks]
    named += [("email", f"email:{it}") for it in profile.emails]
    in_force = {row.target: row for row in profile.bans if row.is_in_force(now())}
    return [
        {
            "kind": kind,
            "target": target,
            "short": target.partition(":")[2][:_SHORT],
            "ban": in_force.get(target),
        }
        for kind, target in named
    ]

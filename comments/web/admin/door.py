"""The door of the moderation views: who may come in, and what every answer carries out.

Nobody else gets in, whatever the address; nothing is kept by anybody, framed by anybody or sent
from any page but our own.
"""

from flask import Blueprint, g, request

from comments.errors import CommentsError
from comments.identity import Author
from comments.moderation import Action
from comments.text import MOST_NUMBER
from comments.web import answers, guards
from comments.web.state import current, now

admin = Blueprint("admin", __name__, url_prefix="/admin")


@admin.before_request
def let_in() -> None:
    """Moderators, on our own origin alone; 401 for nobody in particular, 403 for others.

    A token that an embedding page holds opens nothing here, not even to look: that page would
    read the queue of every site.
    """
    state = current()
    guards.check_own_forms()
    caller = guards.caller(state) if guards.is_same_origin() else None
    if caller is None or caller.is_guest:
        raise CommentsError("sign_in_required")
    if not caller.is_moderator:
        raise CommentsError("not_a_moderator")
    _check_sent()
    g.comments_moderator = caller


def _check_sent() -> None:
    """404 for an address with a number that no row can have, 400 for what no text can hold."""
    for number in (request.view_args or {}).values():
        if number > MOST_NUMBER:
            raise CommentsError("not_found")
    for sent in (request.args, request.form):
        if any("\0" in value for values in sent.listvalues() for value in values):
            raise CommentsError("bad_request")


admin.after_request(answers.behind_a_door)


def moderator() -> Author:
    """Who is acting; only behind the door."""
    caller: Author = g.comments_moderator
    return caller


def check_owner() -> None:
    """403 for a moderator who does not own the site."""
    if not moderator().is_owner:
        raise CommentsError("not_an_owner")


def action(reason: str = "") -> Action:
    """What the moderator does with this request."""
    who = moderator()
    return Action(
        by=who.id,
        name=who.name or "",
        reason=reason,
        now=now(),
        sites=who.sites,
        by_owner=who.is_owner,
    )

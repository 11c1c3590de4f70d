"""What can be refused, under which public code, and the sentence a person reads.

A use-case raises :class:`CommentsError`; one handler at the edge turns it into an
``application/problem+json`` answer (RFC 9457) or a page. The codes below are part of the
HTTP contract: they are listed in the OpenAPI document and never change their meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence that is translated where it is shown, not where it is written.

    With a *plural*, the number ``n`` among *params* chooses between the two.
    """

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    plural: str | None = None

    def __str__(self) -> str:
        text = self.text if self.plural is None or self.params["n"] == 1 else self.plural
        return text % self.params if self.params else text


def say(text: str, **params: Any) -> Message:
    """Mark *text* for translation; ``%(name)s`` is filled from *params* when shown."""
    return Message(text, params)


def say_n(one: str, many: str, **params: Any) -> Message:
    """The same for what is counted. Languages have up to six plurals: never choose one yourself."""
    return Message(one, params, many)


@dataclass(frozen=True, slots=True)
class Problem:
    """One documented refusal: its HTTP status, short title and usual sentence."""

    status: int
    title: Message
    detail: Message


PROBLEMS: dict[str, Problem] = {
    "not_json": Problem(400, say("Not JSON"), say("The body could not be read as a JSON object.")),
    "bad_request": Problem(400, say("Bad request"), say("The request could not be understood.")),
    "unknown_host": Problem(
        400, say("Unknown host"), say("This server does not answer for that host name.")
    ),
    "token_required": Problem(
        401, say("Token required"), say("This needs the token you wrote with.")
    ),
    "token_invalid": Problem(
        401, say("Token not accepted"), say("The token is damaged, expired or was not made here.")
    ),
    "sign_in_required": Problem(401, say("Sign in"), say("Please sign in first.")),
    "banned": Problem(403, say("Banned"), say("You may not write here.")),
    "not_a_moderator": Problem(
        403, say("For moderators"), say("This is for the moderators of this site.")
    ),
    "not_an_owner": Problem(403, say("For owners"), say("This is for the owners of this site.")),
    "link_not_good": Problem(
        403,
        say("Link not good"),
        say("This link has been used, is too old, or was not made here. Ask for another one."),
    ),
    "sign_in_failed": Problem(
        403, say("Not signed in"), say("Signing in did not work. Please try again.")
    ),
    "closed": Problem(
        403, say("Discussion closed"), say("The discussion is closed to new comments.")
    ),
    "not_yours": Problem(403, say("Not yours"), say("Only the author can do that.")),
    "too_late": Problem(403, say("Too late"), say("The time for changing this comment is over.")),
    "own_comment": Problem(
        403, say("Your own comment"), say("You cannot vote on your own comment.")
    ),
    "vote_ceiling": Problem(
        403,
        say("Enough votes from this network"),
        say("Several guests on your network have already voted on this comment. Sign in to vote."),
    ),
    "cross_site": Problem(
        403,
        say("From another site"),
        say("This has to be sent from the page that shows the comments."),
    ),
    "origin_not_allowed": Problem(
        403,
        say("Site not allowed"),
        say("The comments of this server may not be embedded on that site."),
    ),
    "name_reserved": Problem(403, say("Name taken"), say("That name belongs to someone here.")),
    "not_found": Problem(404, say("Not found"), say("There is nothing here.")),
    "no_such_comment": Problem(404, say("No such comment"), say("There is no such comment.")),
    "no_mail": Problem(
        404,
        say("No mail"),
        say("No mail is sent from here, so there is nothing to subscribe to."),
    ),
    "method_not_allowed": Problem(405, say("Method not allowed"), say("That cannot be done here.")),
    "parent_gone": Problem(
        409, say("Comment gone"), say("The comment you are answering is no longer here.")
    ),
    "already_decided": Problem(
        409, say("Decided already"), say("Somebody else has decided about it already.")
    ),
    "changed_meanwhile": Problem(
        409,
        say("Changed meanwhile"),
        say("Its author has changed it since you saw it. Please look again."),
    ),
    "already_undone": Problem(409, say("Undone already"), say("That has been taken back already.")),
    "too_late_to_undo": Problem(
        409, say("Too late to undo"), say("That was too long ago to be taken back with one press.")
    ),
    "not_undoable": Problem(
        409, say("Cannot be undone"), say("That cannot be taken back with one press.")
    ),
    "too_large": Problem(413, say("Too large"), say("That is more than can be sent at once.")),
    "not_json_type": Problem(415, say("Send JSON"), say("Send the body as application/json.")),
    "invalid": Problem(
        422, say("Something is missing or wrong"), say("Please mend what is marked.")
    ),
    "bad_cursor": Problem(
        422, say("Cursor not valid"), say("The cursor is not one that was given here.")
    ),
    "key_reused": Problem(
        422,
        say("Idempotency key reused"),
        say("That Idempotency-Key was used for another comment."),
    ),
    "rate_limited": Problem(429, say("Too many requests"), say("Please wait a little.")),
    "broken": Problem(
        500, say("Something broke"), say("Something broke on our side. It has been noted.")
    ),
    "busy": Problem(
        503,
        say("Busy"),
        # Some ask again by themselves, and some by pressing something.
        say(
            "So many people are here just now that not all can be served. "
            "It will work again in a moment."
        ),
    ),
    "provider_away": Problem(
        503,
        say("No answer"),
        say("The service you sign in with does not answer just now. Please try again."),
    ),
    "read_only": Problem(
        503,
        say("Nothing can be kept"),
        say("Comments can be read and not written just now. Please try again later."),
    ),
    "unavailable": Problem(
        503,
        say("Not available"),
        say("The comments cannot be reached for a moment. Please try again."),
    ),
}


class CommentsError(Exception):
    """A refusal with a public *code* of :data:`PROBLEMS`.

    *detail* replaces the usual sentence, *errors* names each wrong field with a sentence of
    its own, *retry_after* is whole seconds.
    """

    def __init__(
        self,
        code: str,
        detail: Message | None = None,
        *,
        errors: Mapping[str, Message] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.code = code
        self.problem = PROBLEMS[code]
        self.detail = detail or self.problem.detail
        self.errors = dict(errors or {})
        self.retry_after = retry_after
        super().__init__(str(self.detail))


class ConfigError(Exception):
    """A setting that cannot be used; the text names the key, the value and what would be right."""


class RateLimited(CommentsError):
    """A limit is used up; *detail* says which one, *retry_after* when it ends."""

    def __init__(self, detail: Message, retry_after: int) -> None:
        super().__init__("rate_limited", detail, retry_after=max(1, retry_after))

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
    """A sentence that is translated where it is shown, not where it is written."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.params if self.params else self.text


def say(text: str, **params: Any) -> Message:
    """Mark *text* for translation; ``%(name)s`` is filled from *params* when shown."""
    return Message(text, params)


@dataclass(frozen=True, slots=True)
class Problem:
    """One documented refusal: its HTTP status, short title and usual sentence."""

    status: int
    title: str
    detail: str


PROBLEMS: dict[str, Problem] = {
    "not_json": Problem(400, "Not JSON", "The body could not be read as a JSON object."),
    "bad_request": Problem(400, "Bad request", "The request could not be understood."),
    "unknown_host": Problem(400, "Unknown host", "This server does not answer for that host name."),
    "token_required": Problem(401, "Token required", "This needs the token you wrote with."),
    "token_invalid": Problem(
        401, "Token not accepted", "The token is damaged, expired or was not made here."
    ),
    "closed": Problem(403, "Discussion closed", "The discussion is closed to new comments."),
    "not_yours": Problem(403, "Not yours", "Only the author can do that."),
    "too_late": Problem(403, "Too late", "The time for changing this comment is over."),
    "own_comment": Problem(403, "Your own comment", "You cannot vote on your own comment."),
    "vote_ceiling": Problem(
        403,
        "Enough votes from this network",
        "Several guests on your network have already voted on this comment. Sign in to vote.",
    ),
    "cross_site": Problem(
        403, "From another site", "This has to be sent from the page that shows the comments."
    ),
    "origin_not_allowed": Problem(
        403, "Site not allowed", "The comments of this server may not be embedded on that site."
    ),
    "name_reserved": Problem(403, "Name taken", "That name belongs to someone here."),
    "not_found": Problem(404, "Not found", "There is nothing here."),
    "no_such_comment": Problem(404, "No such comment", "There is no such comment."),
    "method_not_allowed": Problem(405, "Method not allowed", "That cannot be done here."),
    "parent_gone": Problem(409, "Comment gone", "The comment you are answering is no longer here."),
    "too_large": Problem(413, "Too large", "That is more than can be sent at once."),
    "not_json_type": Problem(415, "Send JSON", "Send the body as application/json."),
    "invalid": Problem(422, "Something is missing or wrong", "Please mend what is marked."),
    "bad_cursor": Problem(422, "Cursor not valid", "The cursor is not one that was given here."),
    "key_reused": Problem(
        422, "Idempotency key reused", "That Idempotency-Key was used for another comment."
    ),
    "rate_limited": Problem(429, "Too many requests", "Please wait a little."),
    "broken": Problem(500, "Something broke", "Something broke on our side. It has been noted."),
    "unavailable": Problem(
        503, "Not available", "The comments cannot be reached for a moment. Please try again."
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
        self.detail = detail or Message(self.problem.detail)
        self.errors = dict(errors or {})
        self.retry_after = retry_after
        super().__init__(str(self.detail))


class ConfigError(Exception):
    """A setting that cannot be used; the text names the key, the value and what would be right."""


class RateLimited(CommentsError):
    """A limit is used up; *detail* says which one, *retry_after* when it ends."""

    def __init__(self, detail: Message, retry_after: int) -> None:
        super().__init__("rate_limited", detail, retry_after=max(1, retry_after))

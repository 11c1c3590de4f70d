"""A comment, how it is written, and what readers say of it."""

from comments import draft, posting
from comments.config import Settings
from comments.models import NAME_LENGTH, URL_LENGTH, AuthorKind, Status
from comments.web.openapi.parameters import ID
from comments.web.openapi.schemas import threads
from comments.web.openapi.schemas.shapes import (
    CURSOR,
    FRAGMENT,
    REASON,
    TOKEN,
    UNTIL,
    YES_OR_NO,
    Schema,
    count,
    list_of,
    moment,
    nullable,
    ref,
    text,
    thing,
)

_STATE: Schema = {"enum": [Status.PUBLISHED, Status.PENDING, Status.REJECTED]}
_SCORE: Schema = {
    "score": {"type": "integer"},
    "up": count("Votes for it."),
    "down": count("Votes against it."),
}


_NOTIFY: Schema = {
    "enum": [*draft.NOTIFY, draft.NOTIFY_OF_COMMENT],
    "description": "What its author is mailed from now on; `comment` is what is below this comment "
    "alone. Guests give `email` with it.",
}
_WHERE = "Where; left out by who is signed in with an address, or ends what they asked for."


def things() -> dict[str, Schema]:
    return {
        "Author": _author(),
        "Comment": _comment(),
        "Replies": thing(
            "The first replies of a comment.",
            {
                "count": count("Published comments below, at every depth."),
                "comments": list_of("Comment"),
                "next": CURSOR,
            },
        ),
        "Permalink": thing(
            "A comment and the way to it.",
            {
                "comment": ref("Comment"),
                "ancestors": list_of("Comment") | {"description": "From the root to the parent."},
                "thread": ref("Thread"),
            },
        ),
    }


def _author() -> Schema:
    badge = text(
        "Tells two guests of one thread apart and means nothing elsewhere.",
        pattern="^[0-9a-f]{6}$",
    )
    return thing(
        "Who wrote a comment, or who is asking.",
        {
            "name": text("Empty for a guest who is asking: they may take another each time."),
            "kind": {"enum": list(map(str, AuthorKind))},
            "badge": nullable(badge),
            "avatar": nullable(text("The address of a picture.")),
            "website": nullable(text("An http or https address.")),
            "verified": YES_OR_NO
            | {"description": "A guest who has shown an e-mail address to be theirs."},
        },
    )


def _comment() -> Schema:
    return thing(
        "A comment. A deleted one that has replies stays in its place, without author and text.",
        {
            "id": ID,
            "parent": nullable(ID),
            "depth": count("0 at the top."),
            "state": {
                "enum": [Status.PUBLISHED, Status.PENDING, Status.REJECTED, Status.DELETED],
                "description": "`pending` and `rejected` are seen by the author alone.",
            },
            "html": text("Sanitised HTML."),
            "author": nullable(ref("Author")),
            "created": moment("When it was written."),
            "edited": nullable(moment("When its text was changed last.")),
            **_SCORE,
            "pinned": YES_OR_NO,
            "anchor": {"type": "null", "description": "Reserved."},
            "url": text("Its permanent address."),
            "replies": ref("Replies"),
        },
        {"reason": REASON},
    )


def answers() -> dict[str, Schema]:
    token, fragment = {"token": TOKEN}, {"fragment": FRAGMENT}
    value = {"enum": [1, 0, -1], "description": "What the caller says of it now."}
    return {
        "Posted": thing(
            "The stored comment; it waits for a moderator when it is pending, and nobody but its "
            "author sees it when it is rejected.",
            {"comment": ref("Comment"), "state": _STATE, "editable_until": UNTIL},
            token | fragment | {"reason": REASON},
        ),
        "Edited": thing("The comment as it is now.", {"comment": ref("Comment")}, fragment),
        "Votes": thing("The comment's votes now.", _SCORE | {"value": value}, token),
        "Subscribed": thing("It is noted, whoever's address it is.", {}, token),
        "Reported": thing("The moderators will see it.", {}, token),
        "Preview": thing("The text as it would look.", {"html": text("Sanitised HTML.")}),
    }


def bodies(settings: Settings) -> dict[str, Schema]:
    markdown = text("Markdown, without HTML.", most=settings.max_length, pattern=r"\S")
    name = text("A guest's name; guests need one.", most=NAME_LENGTH, pattern=r"\S")
    note = nullable(text("What a moderator should know.", most=draft.REPORT_NOTE_LENGTH))
    return {
        "NewComment": thing(
            "A comment as it was written. What only the server decides is ignored.",
            {"thread": threads.named_thread(), "body": markdown},
            {
                "parent": nullable(ID | {"description": "The comment this one answers."}),
                "name": nullable(name),
                "email": nullable(text("An e-mail address.", most=254)),
                "website": nullable(text("A guest's website.", most=URL_LENGTH)),
                "notify": nullable(_NOTIFY),
                "anchor": {"description": "Reserved."},
                "work": nullable(threads.work()),
            },
        ),
        "NewText": thing("The text.", {"body": markdown}),
        "Vote": thing("1 for it, -1 against it, 0 takes it back.", {"value": {"enum": [1, 0, -1]}}),
        "Subscription": thing(
            "What somebody wants to be mailed.",
            {"thread": threads.named_thread(), "notify": {"enum": list(draft.NOTIFY)}},
            {
                "email": nullable(text(_WHERE, most=254)),
                "comment": nullable(ID | {"description": "Follow this comment, not the thread."}),
                "pace": nullable({"enum": list(draft.PACES)}),
            },
        ),
        "Report": thing(
            "What is wrong with a comment.",
            {"reason": {"enum": list(posting.REASONS)}},
            {"note": note},
        ),
    }

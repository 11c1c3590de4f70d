"""What is the caller's own."""

from comments import draft
from comments.web.openapi.schemas.shapes import (
    COMMENT_NUMBER,
    UNTIL,
    YES_OR_NO,
    Schema,
    count,
    list_of,
    mapping,
    moment,
    nullable,
    ref,
    text,
    thing,
)


def answers() -> dict[str, Schema]:
    return {
        "Me": _me(),
        "OwnData": _own_data(),
        "Claimed": thing(
            "What the member has taken over.", {"comments": count("Comments the guest wrote.")}
        ),
    }


def bodies() -> dict[str, Schema]:
    return {
        "Claim": thing(
            "The guest whose comments are taken over.", {"guest": text("The guest's token.")}
        ),
        "Verification": thing(
            "The link that was mailed.", {"link": text("Its `comments-verify`.")}
        ),
    }


def _me() -> Schema:
    rights = ("comment", "vote", "report", "moderate", "sign_out")
    fragments = mapping("Each pending comment as HTML.", COMMENT_NUMBER, text())
    sources = mapping("What the caller wrote, for an editor.", COMMENT_NUMBER, text())
    own = thing("The caller's own comment.", {"editable_until": UNTIL})
    return thing(
        "What of a thread is the caller's own.",
        {
            "viewer": nullable(ref("Author")),
            "can": thing("What the caller may do here.", dict.fromkeys(rights, YES_OR_NO)),
            "votes": mapping("By the comment's number.", COMMENT_NUMBER, {"enum": [1, -1]}),
            "own": mapping("By the comment's number.", COMMENT_NUMBER, own),
            "pending": list_of("Comment"),
            "notify": {"enum": list(draft.NOTIFY)},
        },
        {"fragments": fragments, "sources": sources},
    )


def _own_data() -> Schema:
    rows = {"type": "array", "items": {"type": "object"}}
    lists = [
        "accounts",
        "people",
        "bans",
        "comments",
        "votes",
        "reports",
        "named_in",
        "subscriptions",
    ]
    return thing(
        "Everything that is kept of the caller. Rows may hold more with later versions.",
        {
            "format": text("What this is a file of."),
            "exported_at": moment("When it was read."),
            "ids": {"type": "array", "items": text()},
            "email": nullable(text("An address that is shown to be theirs.")),
        }
        | dict.fromkeys(lists, rows),
    )

"""What moderators are answered, and what they send."""

from comments.models import REASON_LENGTH, Status
from comments.web.openapi.schemas.shapes import (
    COMMENT_NUMBER,
    FRAGMENT,
    YES_OR_NO,
    Schema,
    count,
    list_of,
    mapping,
    nullable,
    text,
    thing,
)


def answers() -> dict[str, Schema]:
    batch = text("What this did, for `undo`.")
    fragments = mapping("Each comment as HTML.", COMMENT_NUMBER, text())
    return {
        "Waiting": thing(
            "What waits for a moderator, the oldest first.",
            {
                "comments": list_of("Comment"),
                "versions": mapping(
                    "By the comment's number.", COMMENT_NUMBER, count("Its text's.")
                ),
            },
            {"fragments": fragments, "words": mapping("For buttons.", {"type": "string"}, text())},
        ),
        "Decided": thing(
            "Where the comment stands now; without a batch nothing was changed.",
            {
                "status": {"enum": list(Status)},
                "pinned": YES_OR_NO,
                "version": count("The version of its text."),
                "batch": nullable(batch),
            },
            {"fragment": FRAGMENT},
        ),
        "Undone": thing(
            "What was taken back.", {"changed": count("How much was changed."), "batch": batch}
        ),
    }


def bodies() -> dict[str, Schema]:
    return {
        "NewDecision": thing(
            "Where a comment is to stand, and what the moderator saw of it.",
            {"status": {"enum": list(Status)}},
            {
                "expected": nullable({"enum": list(Status)}),
                "version": nullable({"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
                "reason": nullable(text("A short sentence for the log.", most=REASON_LENGTH)),
            },
        ),
        "Pin": thing("Whether to pin.", {"pinned": YES_OR_NO}),
        "Undo": thing("What to take back.", {"batch": text(pattern="^[0-9A-Za-z]+$")}),
    }

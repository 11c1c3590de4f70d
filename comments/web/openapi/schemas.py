"""The shapes of bodies and answers. Objects stay open: version 1 may grow, and what a body
holds beyond its shape is ignored."""

from typing import Any

from comments import anchors, draft, posting, threads, tree
from comments.config import Settings
from comments.errors import PROBLEMS
from comments.models import NAME_LENGTH, REASON_LENGTH, URL_LENGTH, AuthorKind, Status
from comments.web.openapi.parameters import ID, THREAD_KEY

Schema = dict[str, Any]


def schemas(settings: Settings) -> dict[str, Schema]:
    """Every schema of the document by its name."""
    return _things() | _answers() | _bodies(settings)


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


# ── how schemas are written here ─────────────────────────────────────────────────────────


def _object(about: str, required: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "description": about,
        "required": list(required),
        "properties": required | (optional or {}),
    }


def _map(about: str, keys: Schema, values: Schema) -> Schema:
    return {
        "type": "object",
        "description": about,
        "propertyNames": keys,
        "additionalProperties": values,
    }


def _list(of: str) -> Schema:
    return {"type": "array", "items": ref(of)}


def _nullable(schema: Schema) -> Schema:
    if "type" in schema:
        return schema | {"type": [schema["type"], "null"]}
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    return {"anyOf": [schema, {"type": "null"}]}


def _text(
    about: str | None = None, *, most: int | None = None, pattern: str | None = None
) -> Schema:
    told = {"type": "string", "description": about, "maxLength": most, "pattern": pattern}
    return {key: value for key, value in told.items() if value is not None}


def _moment(about: str) -> Schema:
    # UTC, to the second.
    pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
    return _text(about, pattern=pattern) | {"format": "date-time"}


def _count(about: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": about}


_YES_OR_NO: Schema = {"type": "boolean"}
_COMMENT_NUMBER = _text(pattern=r"^[1-9][0-9]*$")
_CURSOR = _nullable(_text("What to give as `after` for the next page; null at the end."))
_TOKEN = _text("Only when one was made with this call: keep it, and send it from now on.")
_REASON = _text("Why nobody but its author sees it, for its author.")
_FRAGMENT = _text("The comment as HTML, where `fragment` was asked for.")


# ── what there is ────────────────────────────────────────────────────────────────────────


def _things() -> dict[str, Schema]:
    return {
        "Thread": _thread(),
        "Author": _author(),
        "Comment": _comment(),
        "Anchor": _anchor(),
        "Replies": _object(
            "The first replies of a comment.",
            {
                "count": _count("Published comments below, at every depth."),
                "comments": _list("Comment"),
                "next": _CURSOR,
            },
        ),
        "Problem": _problem(),
    }


def _thread() -> Schema:
    return _object(
        "The discussion under one article.",
        {
            "key": THREAD_KEY,
            "title": _nullable(_text("The article's title.")),
            "url": _nullable(_text("The article's address.")),
            "count": _count("Published comments, at every depth."),
            "revision": _count("Grows with every visible change."),
            "closed": _YES_OR_NO,
            "sort": {"enum": list(tree.ORDERS)},
        },
    )


def _author() -> Schema:
    badge = _text(
        "Tells two guests of one thread apart and means nothing elsewhere.",
        pattern="^[0-9a-f]{6}$",
    )
    return _object(
        "Who wrote a comment, or who is asking.",
        {
            "name": _text("Empty for a guest who is asking: they may take another each time."),
            "kind": {"enum": list(map(str, AuthorKind))},
            "badge": _nullable(badge),
            "avatar": _nullable(_text("The address of a picture.")),
            "website": _nullable(_text("An http or https address.")),
            "verified": _YES_OR_NO
            | {"description": "A guest who has shown an e-mail address to be theirs."},
        },
    )


def _comment() -> Schema:
    return _object(
        "A comment. A deleted one that has replies stays in its place, without author and text.",
        {
            "id": ID,
            "parent": _nullable(ID),
            "depth": _count("0 at the top."),
            "state": {
                "enum": [Status.PUBLISHED, Status.PENDING, Status.REJECTED, Status.DELETED],
                "description": "`pending` and `rejected` are seen by the author alone.",
            },
            "html": _text("Sanitised HTML."),
            "author": _nullable(ref("Author")),
            "created": _moment("When it was written."),
            "edited": _nullable(_moment("When its text was changed last.")),
            "score": {"type": "integer"},
            "up": _count("Votes for it."),
            "down": _count("Votes against it."),
            "pinned": _YES_OR_NO,
            "anchor": _nullable(ref("Anchor")),
            "url": _text("Its permanent address."),
            "replies": ref("Replies"),
        },
        {"reason": _REASON},
    )


def _anchor() -> Schema:
    place = {"type": "integer", "minimum": 0, "maximum": anchors.LAST_POSITION}
    around = _text("Words beside it.", most=anchors.MOST_AROUND)
    quote = _object(
        "The words of the passage and what stood around them.",
        {"type": {"const": anchors.QUOTE}, "exact": _text(most=anchors.MOST_EXACT, pattern=r"\S")},
        {"prefix": _nullable(around), "suffix": _nullable(around)},
    )
    position = _object(
        "Where it stood in the article's text, in UTF-16 units.",
        {"type": {"const": anchors.POSITION}, "start": place, "end": place},
    )
    question = _text("What the author asks there.", most=anchors.MOST_QUESTION)
    name = _text("What the author called the place.", most=anchors.MOST_NAME)
    return _object(
        "The passage of the article that a comment at the top level is about, with the selectors "
        "of the Web Annotation Data Model: one quote and at most one position.",
        {
            "selector": {
                "type": "array",
                "items": {"anyOf": [quote, position]},
                "minItems": 1,
                "maxItems": 2,
            }
        },
        {"question": _nullable(question), "name": _nullable(name)},
    )


def _problem() -> Schema:
    return _object(
        "A refusal (RFC 9457).",
        {
            "type": _text("Where `code` is described.") | {"format": "uri-reference"},
            "title": _text(),
            "status": {"enum": sorted({problem.status for problem in PROBLEMS.values()})},
            "detail": _text("One sentence for the person who reads it."),
            "code": {"enum": list(PROBLEMS)},
        },
        {
            "errors": {
                "type": "object",
                "description": "What is wrong with each field.",
                "additionalProperties": _text(),
            }
        },
    )


# ── what is answered ─────────────────────────────────────────────────────────────────────


def _answers() -> dict[str, Schema]:
    state = {"enum": [Status.PUBLISHED, Status.PENDING, Status.REJECTED]}
    ballot = {
        "score": {"type": "integer"},
        "up": _count("Votes for it."),
        "down": _count("Votes against it."),
        "value": {"enum": [1, 0, -1], "description": "What the caller says of it now."},
    }
    token = {"token": _TOKEN}
    fragment = {"fragment": _FRAGMENT}
    until = _moment("Until when its author may change or delete it.")
    return {
        "Page": _object(
            "Comments in order, each with its first replies.",
            {"thread": ref("Thread"), "comments": _list("Comment"), "next": _CURSOR},
        ),
        "Permalink": _object(
            "A comment and the way to it.",
            {
                "comment": ref("Comment"),
                "ancestors": _list("Comment") | {"description": "From the root to the parent."},
                "thread": ref("Thread"),
            },
        ),
        "Passages": _object(
            "The passages of an article that were commented on, the latest first; at most "
            f"{threads.MOST_PASSAGES}.",
            {
                "revision": _count("The thread's revision."),
                "passages": {"type": "array", "items": _passage()},
            },
        ),
        "Counts": _object(
            "Published comments of each thread.",
            {"counts": _map("By the thread's key.", THREAD_KEY, _count("0 where nobody wrote."))},
        ),
        "Pulse": _object(
            "What has happened in a thread.",
            {
                "revision": _count("The thread's revision now."),
                "count": _count("Published comments."),
                "new": _count("Comments that became visible after `since`."),
            },
        ),
        "Posted": _object(
            "The stored comment; it waits for a moderator when it is pending, and nobody but its "
            "author sees it when it is rejected.",
            {"comment": ref("Comment"), "state": state, "editable_until": until},
            token | fragment | {"reason": _REASON},
        ),
        "Edited": _object("The comment as it is now.", {"comment": ref("Comment")}, fragment),
        "Claimed": _object(
            "What the member has taken over.", {"comments": _count("Comments the guest wrote.")}
        ),
        "Votes": _object("The comment's votes now.", ballot, token),
        "Reported": _object("The moderators will see it.", {}, token),
        "Challenge": _object(
            "A small sum: `work` of one comment in this thread.",
            {
                "challenge": _text("What to compute with, and to send back."),
                "bits": _count("Zero bits that the hash begins with."),
                "wait": _count("Seconds before which a comment with it comes too fast."),
            },
        ),
        "Preview": _object("The text as it would look.", {"html": _text("Sanitised HTML.")}),
        "Me": _me(until),
        "OwnData": _own_data(),
        **_moderators_answers(fragment),
        "Document": {"type": "object", "description": "This document."},
    }


def _passage() -> Schema:
    return _object(
        "One passage, as the latest comment on it tells it.",
        {
            "passage": _text("The same for all comments on it.", pattern="^[0-9a-f]{16}$"),
            "count": _count("Published comments on it, without replies."),
            "anchor": ref("Anchor"),
        },
    )


def _moderators_answers(fragment: Schema) -> dict[str, Schema]:
    batch = _text("What this did, for `undo`.")
    fragments = _map("Each comment as HTML.", _COMMENT_NUMBER, _text())
    return {
        "Waiting": _object(
            "What waits for a moderator, the oldest first.",
            {
                "comments": _list("Comment"),
                "versions": _map(
                    "By the comment's number.", _COMMENT_NUMBER, _count("Its text's.")
                ),
            },
            {"fragments": fragments, "words": _map("For buttons.", {"type": "string"}, _text())},
        ),
        "Decided": _object(
            "Where the comment stands now; without a batch nothing was changed.",
            {
                "status": {"enum": list(Status)},
                "pinned": _YES_OR_NO,
                "version": _count("The version of its text."),
                "batch": _nullable(batch),
            },
            fragment,
        ),
        "Undone": _object(
            "What was taken back.", {"changed": _count("How much was changed."), "batch": batch}
        ),
    }


def _me(until: Schema) -> Schema:
    rights = ("comment", "vote", "report", "moderate", "sign_out")
    fragments = _map("Each pending comment as HTML.", _COMMENT_NUMBER, _text())
    sources = _map("What the caller wrote, for an editor.", _COMMENT_NUMBER, _text())
    own = _object("The caller's own comment.", {"editable_until": until})
    return _object(
        "What of a thread is the caller's own.",
        {
            "viewer": _nullable(ref("Author")),
            "can": _object("What the caller may do here.", dict.fromkeys(rights, _YES_OR_NO)),
            "votes": _map("By the comment's number.", _COMMENT_NUMBER, {"enum": [1, -1]}),
            "own": _map("By the comment's number.", _COMMENT_NUMBER, own),
            "pending": _list("Comment"),
            "notify": {"enum": list(draft.NOTIFY)},
        },
        {"fragments": fragments, "sources": sources},
    )


def _own_data() -> Schema:
    rows = {"type": "array", "items": {"type": "object"}}
    lists = ("accounts", "people", "bans", "comments", "votes", "reports")
    return _object(
        "Everything that is kept of the caller. Rows may hold more with later versions.",
        {
            "format": _text("What this is a file of."),
            "exported_at": _moment("When it was read."),
            "ids": {"type": "array", "items": _text()},
            "email": _nullable(_text("An address that is shown to be theirs.")),
        }
        | dict.fromkeys(lists, rows),
    )


# ── what is sent ─────────────────────────────────────────────────────────────────────────


def _bodies(settings: Settings) -> dict[str, Schema]:
    markdown = _text("Markdown, without HTML.", most=settings.max_length, pattern=r"\S")
    name = _text("A guest's name; guests need one.", most=NAME_LENGTH, pattern=r"\S")
    note = _nullable(_text("What a moderator should know.", most=draft.REPORT_NOTE_LENGTH))
    return {
        "Claim": _object(
            "The guest whose comments are taken over.", {"guest": _text("The guest's token.")}
        ),
        "NewComment": _object(
            "A comment as it was written. What only the server decides is ignored.",
            {"thread": _named_thread(), "body": markdown},
            {
                "parent": _nullable(ID | {"description": "The comment this one answers."}),
                "name": _nullable(name),
                "email": _nullable(_text("An e-mail address.", most=254)),
                "website": _nullable(_text("A guest's website.", most=URL_LENGTH)),
                "notify": _nullable({"enum": list(draft.NOTIFY)}),
                "anchor": _nullable(_anchor()),
                "work": _nullable(_work()),
            },
        ),
        "NewText": _object("The text.", {"body": markdown}),
        "Vote": _object(
            "1 for it, -1 against it, 0 takes it back.", {"value": {"enum": [1, 0, -1]}}
        ),
        "Wish": _object(
            "Where a comment is to stand, and what the moderator saw of it.",
            {"status": {"enum": list(Status)}},
            {
                "expected": _nullable({"enum": list(Status)}),
                "version": _nullable({"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
                "reason": _nullable(_text("A short sentence for the log.", most=REASON_LENGTH)),
            },
        ),
        "Pin": _object("Whether to pin.", {"pinned": _YES_OR_NO}),
        "Undo": _object("What to take back.", {"batch": _text(pattern="^[0-9A-Za-z]+$")}),
        "Report": _object(
            "What is wrong with a comment.",
            {"reason": {"enum": list(posting.REASONS)}},
            {"note": note},
        ),
    }


def _work() -> Schema:
    return _object(
        "What a guest's browser has computed for it. A comment without it may wait.",
        {
            "challenge": _text("From `GET /challenge`.", most=draft.MOST_CHALLENGE),
            "nonce": _text("What solves it.", most=draft.MOST_NONCE),
        },
    )


def _named_thread() -> Schema:
    # No types for address and title: what is not fit is left out, since an owner's mistake
    # there must not cost a reader the comment.
    address = f"The article's address, up to {URL_LENGTH} characters, on a site that may embed."
    facts = {
        "url": {"description": f"{address} Anything else is left out."},
        "title": {"description": "The article's title. Anything but text is left out."},
    }
    named = _object("The thread with what is known of its article.", {"key": THREAD_KEY}, facts)
    return {"anyOf": [THREAD_KEY, named]}

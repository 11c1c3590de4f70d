"""A discussion, and what is told of one."""

from comments import draft, tree
from comments.models import URL_LENGTH
from comments.web.openapi.parameters import THREAD_KEY
from comments.web.openapi.schemas.shapes import (
    CURSOR,
    YES_OR_NO,
    Schema,
    count,
    list_of,
    mapping,
    nullable,
    ref,
    text,
    thing,
)


def things() -> dict[str, Schema]:
    return {
        "Thread": _thread(),
        "Page": thing(
            "Comments in order, each with its first replies.",
            {"thread": ref("Thread"), "comments": list_of("Comment"), "next": CURSOR},
        ),
        "Counts": thing(
            "Published comments of each thread.",
            {"counts": mapping("By the thread's key.", THREAD_KEY, count("0 where nobody wrote."))},
        ),
        "Pulse": thing(
            "What has happened in a thread.",
            {
                "revision": count("The thread's revision now."),
                "count": count("Published comments."),
                "new": count("Comments that became visible after `since`."),
                "changed": count(
                    "The revision at which a comment last came, changed or went; votes do not "
                    "move it."
                ),
            },
            {
                "others": mapping("Further threads, by their keys.", THREAD_KEY, ref("Pulse")),
                "counts": mapping(
                    "Published comments of the threads to be counted.",
                    THREAD_KEY,
                    count("0 where nobody wrote."),
                ),
            },
        ),
        "Challenge": thing(
            "A small sum: `work` of one comment in this thread.",
            {
                "challenge": text("What to compute with, and to send back."),
                "bits": count("Zero bits that the hash begins with."),
                "wait": count("Seconds before which a comment with it comes too fast."),
            },
        ),
    }


def _thread() -> Schema:
    return thing(
        "The discussion under one article.",
        {
            "key": THREAD_KEY,
            "title": nullable(text("The article's title.")),
            "url": nullable(text("The article's address.")),
            "count": count("Published comments, at every depth."),
            "revision": count("Grows with every visible change."),
            "closed": YES_OR_NO,
            "sort": {"enum": list(tree.ORDERS)},
        },
    )


def named_thread() -> Schema:
    # No types for address and title: what is not fit is left out, since an owner's mistake
    # there must not cost a reader the comment.
    address = f"The article's address, up to {URL_LENGTH} characters, on a site that may embed."
    facts = {
        "url": {"description": f"{address} Anything else is left out."},
        "title": {"description": "The article's title. Anything but text is left out."},
    }
    named = thing("The thread with what is known of its article.", {"key": THREAD_KEY}, facts)
    return {"anyOf": [THREAD_KEY, named]}


def work() -> Schema:
    return thing(
        "What a guest's browser has computed for it. A comment without it may wait.",
        {
            "challenge": text("From `GET /challenge`.", most=draft.MOST_CHALLENGE),
            "nonce": text("What solves it.", most=draft.MOST_NONCE),
        },
    )

"""What calls take beside a body, each with the refusals it can lead to."""

from dataclasses import dataclass
from typing import Any

from comments import threads, tree
from comments.config import Settings
from comments.models import KEY_LENGTH
from comments.text import MOST_NUMBER
from comments.web.inputs import MOST_KEY, MOST_PULSES

Schema = dict[str, Any]

ID: Schema = {"type": "integer", "format": "int64", "minimum": 1, "maximum": MOST_NUMBER}
THREAD_KEY: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": KEY_LENGTH,
    "pattern": r"\S",
    "description": "The name its owner gave the thread; no control or invisible characters.",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a path, a query or a header."""

    name: str
    place: str
    about: str
    schema: Schema
    required: bool = False
    refusals: tuple[str, ...] = ()

    def described(self, settings: Settings) -> Schema:
        schema = self.schema
        if self.name == "sort":
            schema = schema | {"default": settings.default_sort}
        return {
            "name": self.name,
            "in": self.place,
            "description": self.about,
            "required": self.required,
            "schema": schema,
        }


PARAMETERS: dict[str, Parameter] = {
    "comment_id": Parameter(
        "comment_id", "path", "A comment's number.", ID, True, ("not_found", "no_such_comment")
    ),
    "thread": Parameter("thread", "query", "The thread.", THREAD_KEY, True, ("invalid",)),
    "threads": Parameter(
        "thread",
        "query",
        "The threads: the parameter again for each.",
        {"type": "array", "items": THREAD_KEY, "maxItems": threads.MAX_COUNTS},
        refusals=("invalid",),
    ),
    "sort": Parameter(
        "sort", "query", "The order.", {"enum": list(tree.ORDERS)}, refusals=("invalid",)
    ),
    "only": Parameter(
        "only",
        "query",
        "`inline`: only comments on a passage of the article.",
        {"enum": list(tree.ONLY)},
        refusals=("invalid",),
    ),
    "limit": Parameter(
        "limit",
        "query",
        "The size of the page.",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": threads.MAX_LIMIT,
            "default": threads.DEFAULT_LIMIT,
        },
        refusals=("invalid",),
    ),
    "after": Parameter(
        "after",
        "query",
        "`next` of the page before, for the same list in the same order.",
        {"type": "string"},
        refusals=("bad_cursor",),
    ),
    "pulsed": Parameter(
        "thread",
        "query",
        "The thread; the parameter again for further ones.",
        {"type": "array", "items": THREAD_KEY, "minItems": 1, "maxItems": MOST_PULSES},
        required=True,
        refusals=("invalid",),
    ),
    "since": Parameter(
        "since",
        "query",
        "The revisions that are known already, in the order of the threads; 0 for those left out.",
        {
            "type": "array",
            "items": {
                "type": "integer",
                "format": "int64",
                "minimum": 0,
                "maximum": MOST_NUMBER,
            },
        },
        refusals=("invalid",),
    ),
    "at": Parameter(
        "at",
        "query",
        "A revision that is known, as `Comments-Revision` on the answer to a write told it: no "
        "older answer is given.",
        {"type": "integer", "format": "int64", "minimum": 0, "maximum": MOST_NUMBER},
        refusals=("invalid",),
    ),
    "counted": Parameter(
        "count",
        "query",
        "Threads of which the count alone is wanted: the parameter again for each.",
        {"type": "array", "items": THREAD_KEY, "maxItems": threads.MAX_COUNTS},
        refusals=("invalid",),
    ),
    "fragment": Parameter(
        "fragment", "query", "Given at all: the answer has the HTML too.", {"type": "string"}
    ),
    "lang": Parameter(
        "lang",
        "query",
        "The language of HTML and of refusals; an unknown one means the server's.",
        {"type": "string"},
    ),
    "If-None-Match": Parameter(
        "If-None-Match", "header", "The `ETag` that is known already.", {"type": "string"}
    ),
    "Idempotency-Key": Parameter(
        "Idempotency-Key",
        "header",
        "The same key from the same caller within a day gives the first answer again.",
        {"type": "string", "minLength": 1, "maxLength": MOST_KEY},
        refusals=("invalid", "key_reused"),
    ),
}

"""The shapes of bodies and answers, by the words of the product.

What a body holds beyond its shape is ignored.
"""

from comments.config import Settings
from comments.errors import PROBLEMS
from comments.web.openapi.schemas import account, comments, moderation, passages, threads
from comments.web.openapi.schemas.shapes import Schema, ref, text, thing

__all__ = ["ref", "schemas"]


def schemas(settings: Settings) -> dict[str, Schema]:
    """Every schema of the document by its name."""
    answered = {"Problem": _problem(), "Document": _DOCUMENT}
    answered |= threads.things() | comments.things() | passages.things()
    answered |= comments.answers() | account.answers() | moderation.answers()
    return answered | comments.bodies(settings) | account.bodies() | moderation.bodies()


_DOCUMENT: Schema = {"type": "object", "description": "This document."}


def _problem() -> Schema:
    return thing(
        "A refusal (RFC 9457).",
        {
            "type": text("Where `code` is described.") | {"format": "uri-reference"},
            "title": text(),
            "status": {"enum": sorted({problem.status for problem in PROBLEMS.values()})},
            "detail": text("One sentence for the person who reads it."),
            "code": {"enum": list(PROBLEMS)},
        },
        {
            "errors": {
                "type": "object",
                "description": "What is wrong with each field.",
                "additionalProperties": text(),
            }
        },
    )

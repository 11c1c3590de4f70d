"""The passages of an article that comments are about."""

from comments import anchors, threads
from comments.web.openapi.schemas.shapes import Schema, count, nullable, ref, text, thing


def things() -> dict[str, Schema]:
    passage = thing(
        "One passage, as the latest comment on it tells it.",
        {
            "passage": text("The same for all comments on it.", pattern="^[0-9a-f]{16}$"),
            "count": count("Published comments on it, without replies."),
            "anchor": ref("Anchor"),
        },
    )
    return {
        "Anchor": anchor(),
        "Passages": thing(
            "The passages of an article that were commented on, the latest first; at most "
            f"{threads.MOST_PASSAGES}.",
            {
                "revision": count("The thread's revision."),
                "passages": {"type": "array", "items": passage},
            },
        ),
    }


def anchor() -> Schema:
    selectors = {"type": "array", "items": {"anyOf": [_quote(), _position()]}}
    question = text("What the author asks there.", most=anchors.MOST_QUESTION)
    name = text("What the author called the place.", most=anchors.MOST_NAME)
    return thing(
        "The passage of the article that a comment at the top level is about, with the selectors "
        "of the Web Annotation Data Model: one quote and at most one position.",
        {"selector": selectors | {"minItems": 1, "maxItems": 2}},
        {"question": nullable(question), "name": nullable(name)},
    )


def _quote() -> Schema:
    around = text("Words beside it.", most=anchors.MOST_AROUND)
    return thing(
        "The words of the passage and what stood around them.",
        {"type": {"const": anchors.QUOTE}, "exact": text(most=anchors.MOST_EXACT, pattern=r"\S")},
        {"prefix": nullable(around), "suffix": nullable(around)},
    )


def _position() -> Schema:
    place = {"type": "integer", "minimum": 0, "maximum": anchors.LAST_POSITION}
    return thing(
        "Where it stood in the article's text, in UTF-16 units.",
        {"type": {"const": anchors.POSITION}, "start": place, "end": place},
    )

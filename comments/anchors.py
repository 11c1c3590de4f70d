"""The passage of an article that a comment is about, told as the Web Annotation Data Model does.

A ``TextQuoteSelector`` holds the words and what stands around them, a ``TextPositionSelector``
where they stood. The server never sees the article: what a browser tells of it is no more than the
word of whoever sent it, and is treated as text of theirs.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comments.errors import CommentsError, Message, say
from comments.text.characters import MOST_MARKS, is_visible, limit_marks, showable

#: Characters of a passage; whoever means more picks its beginning.
MOST_EXACT = 1_000
#: Characters before and after it.
MOST_AROUND = 32
MOST_QUESTION = 200
MOST_NAME = 100
#: No article is longer.
LAST_POSITION = 100_000_000

QUOTE, POSITION = "TextQuoteSelector", "TextPositionSelector"

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

Errors = dict[str, Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A passage. *start* and *end* count UTF-16 units of the article's text, as browsers do."""

    exact: str
    prefix: str = ""
    suffix: str = ""
    start: int | None = None
    end: int | None = None
    #: What the article's author asked there, by the sender's word.
    question: str | None = None
    #: What the author called the place.
    name: str | None = None

    @classmethod
    def read(cls, value: Any) -> "Anchor":
        """The anchor in *value*, which anybody may have sent; 422 naming each wrong field."""
        errors: Errors = {}
        facts = value if isinstance(value, Mapping) else {}
        quote, position = _selectors(facts.get("selector"), errors)
        start, end = _position(position, errors)
        anchor = cls(
            exact=_exact(quote, errors),
            prefix=_text("prefix", quote.get("prefix"), MOST_AROUND, errors),
            suffix=_text("suffix", quote.get("suffix"), MOST_AROUND, errors),
            start=start,
            end=end,
            question=_line("question", facts.get("question"), MOST_QUESTION, errors),
            name=_line("name", facts.get("name"), MOST_NAME, errors),
        )
        if errors:
            raise CommentsError("invalid", errors=errors)
        return anchor

    @classmethod
    def from_json(cls, kept: str) -> "Anchor":
        """The anchor that :meth:`to_json` wrote."""
        return cls.read(json.loads(kept))

    def to_json(self) -> str:
        """The anchor as the column keeps it."""
        return json.dumps(self.shown(), ensure_ascii=False, separators=(",", ":"))

    def shown(self) -> dict[str, Any]:
        """The anchor as an answer tells it: a ``selector`` list, the question, the name."""
        around = {"prefix": self.prefix, "suffix": self.suffix}
        selectors: list[dict[str, Any]] = [{"type": QUOTE, "exact": self.exact, **around}]
        if self.start is not None:
            selectors.append({"type": POSITION, "start": self.start, "end": self.end})
        return {"selector": selectors, "question": self.question, "name": self.name}

    @property
    def passage(self) -> str:
        """What comments on the same passage share: the place the author named or asked about,
        else the same words between the same words."""
        asked = self.name or self.question
        told = ["asked", asked] if asked else [self.prefix, self.exact, self.suffix]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]

    @property
    def written(self) -> str:
        """All of it that readers would read."""
        return "\n".join(filter(None, (self.question, self.exact)))


# ── field by field ───────────────────────────────────────────────────────────────────────


def _selectors(value: Any, errors: Errors) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The quote and the position, each empty where there is none."""
    found: dict[str, Mapping[str, Any]] = {}
    given: list[Any] = value if isinstance(value, list) and value else [None]
    for selector in given:
        kind = selector.get("type") if isinstance(selector, Mapping) else None
        if not isinstance(kind, str) or kind not in (QUOTE, POSITION) or kind in found:
            errors["anchor.selector"] = say(
                "A list of one %(quote)s and at most one %(position)s.",
                quote=QUOTE,
                position=POSITION,
            )
            return {}, {}
        found[kind] = selector
    return found.get(QUOTE, {}), found.get(POSITION, {})


def _exact(quote: Mapping[str, Any], errors: Errors) -> str:
    if "anchor.selector" in errors:
        return ""
    exact = _text("exact", quote.get("exact"), MOST_EXACT, errors)
    if "anchor.exact" not in errors and not is_visible(exact):
        errors["anchor.exact"] = say("Say which words of the article it is about.")
    return exact


def _text(field: str, value: Any, most: int, errors: Errors) -> str:
    """Text without what may stand in no page, its blanks and line ends as they were."""
    if value is None:
        return ""
    if not isinstance(value, str):
        errors[f"anchor.{field}"] = say("This has to be plain text.")
        return ""
    if len(value) > most:
        errors[f"anchor.{field}"] = say("At most %(most)s characters.", most=most)
        return ""
    # A browser that counts units may have cut a character in two.
    return limit_marks(showable(_HALF_CHARACTER.sub("", value)), MOST_MARKS)


def _line(field: str, value: Any, most: int, errors: Errors) -> str | None:
    line = " ".join(_text(field, value, most, errors).split())
    return line if is_visible(line) else None


def _position(position: Mapping[str, Any], errors: Errors) -> tuple[int | None, int | None]:
    if not position:
        return None, None
    start, end = _place(position.get("start")), _place(position.get("end"))
    if start is None or end is None or start > end:
        errors["anchor.position"] = say("Whole numbers, the start and then the end.")
        return None, None
    return start, end


def _place(value: Any) -> int | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and 0 <= value <= LAST_POSITION else None

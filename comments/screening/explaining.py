"""What each screen would say to a comment nobody has sent, as a table for a terminal."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from comments import text
from comments.config import Settings
from comments.identity import Author
from comments.models import AuthorKind
from comments.screening.order import explain
from comments.screening.verdicts import Screen, Submitted, Verdict

#: A guest nobody has met, unless a sample names its ``author``.
STRANGER = "guest:somebody"
#: Characters of a comment above its table.
OPENING = 70

Sample = Mapping[str, Any]


def read(source: str) -> list[Sample]:
    """The comments in *source*: a JSON list, a JSON object on each line, or one plain text.

    An object has a ``body`` and may have ``name``, ``website``, ``thread``, ``site`` and
    ``author`` (an author's id). ``ValueError`` for JSON that holds anything else.
    """
    found = _json(source)
    if found is None:
        found = [_json(line) for line in source.splitlines() if line.strip()]
        if not found or not all(isinstance(each, Mapping) for each in found):
            return [{"body": source}]
    samples = found if isinstance(found, list) else [found]
    for sample in samples:
        if not isinstance(sample, Mapping) or not isinstance(sample.get("body"), str):
            raise ValueError("Each comment is an object with a text called body.")
    return samples


def _json(source: str) -> Any:
    try:
        found = json.loads(source)
    except (ValueError, RecursionError):
        return None
    # A plain text may be a number, or a word in quotes.
    return found if isinstance(found, list | Mapping) else None


def submitted(session: Session, sample: Sample, settings: Settings, now: datetime) -> Submitted:
    """*sample* as if it were being sent now, by a browser that has done its sum."""
    author_id = str(sample.get("author") or STRANGER)
    kind = AuthorKind.GUEST if author_id.startswith("guest:") else AuthorKind.USER
    body = text.clean_source(sample["body"])
    return Submitted(
        session=session,
        author=Author(id=author_id, kind=kind),
        text=body,
        html=text.render(body),
        settings=settings,
        now=now,
        name=str(sample.get("name") or ""),
        website=str(sample["website"]) if sample.get("website") else None,
        thread_key=str(sample.get("thread") or ""),
        site=str(sample["site"]) if sample.get("site") else None,
    )


def table(sample: Submitted, screens: Sequence[Screen]) -> str:
    """One line for each screen; an arrow at the verdict that counts."""
    said = explain(sample, screens)
    counts = next((name for name, verdict in said if verdict and verdict.status), None)
    width = max(len(name) for name, _ in said)
    lines = [
        f"{'→' if name == counts else ' '} {name:{width}}  {_told(verdict)}"
        for name, verdict in said
    ]
    if counts is None:
        lines.append(f"→ {'':{width}}  published   0.00  passed every screen")
    line = " ".join(sample.text.split())
    return "\n".join([line if len(line) <= OPENING else f"{line[:OPENING]}…", *lines, ""])


def _told(verdict: Verdict | None) -> str:
    if verdict is None:
        return "-"
    where = "refused" if verdict.refused else verdict.status.value if verdict.status else "remark"
    return f"{where:10} {verdict.risk:5.2f}  {verdict.reason}"

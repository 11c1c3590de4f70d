"""What the address or the form of a moderation view says, read field by field.

A GET is read from its address and a POST from its form. Nonsense is as good as nothing where a
page can do without it, and 422 with a sentence where it cannot.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta

from flask import request
from werkzeug.datastructures import MultiDict

from comments import i18n
from comments.errors import CommentsError, Message, say
from comments.text import read_number
from comments.web.state import current

#: Nothing was written beyond these, and a day less or more than them can still be computed.
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(9000, 1, 1)


def line(field: str) -> str:
    """One line without the blanks around it; ``""`` when there is none."""
    return _sent().get(field, "").strip()


def cursor() -> str | None:
    """Where a page begins (``after``), as the link to it says; the list looks what it means."""
    return _sent().get("after") or None


def number(field: str) -> int | None:
    """The number of a row, or of the last row of the page before."""
    return read_number(_sent().get(field, ""))


def numbers(field: str) -> list[int]:
    """The numbers that are ticked."""
    found = map(read_number, _sent().getlist(field))
    return [each for each in found if each is not None]


def choice(field: str, choices: Collection[str], default: str) -> str:
    given = _sent().get(field, "")
    return given if given in choices else default


def day(field: str) -> datetime | None:
    """The beginning of a day (UTC) such as 2026-11-22; 422 for what is none."""
    given = line(field)
    if not given:
        return None
    try:
        found = date.fromisoformat(given)
    except ValueError:
        wrong = say("A day is written like 2026-11-22.")
        raise CommentsError("invalid", errors={field: wrong}) from None
    return datetime.combine(min(max(found, _FIRST_DAY), _LAST_DAY), time.min, UTC)


def end_of_day(field: str) -> datetime | None:
    """The end of a day that is meant as well."""
    found = day(field)
    return found + timedelta(days=1) if found else None


def wrongs(errors: Mapping[str, Message] | None) -> dict[str, str]:
    """What is wrong with each field, in the moderator's language."""
    language = current().language()
    return {field: i18n.told(message, language) for field, message in (errors or {}).items()}


def _sent() -> MultiDict[str, str]:
    return request.form if request.method == "POST" else request.args

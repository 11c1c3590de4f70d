"""What a moderator's program asks for, read from what it sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from comments.errors import CommentsError, Message, say
from comments.models import REASON_LENGTH, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """Where a comment is to stand; *expected* and *version* are what the moderator saw."""

    status: Status
    expected: Status | None = None
    version: int | None = None
    reason: str = ""

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> "NewDecision":
        """422 naming each wrong field."""
        errors: dict[str, Message] = {}
        status = _status("status", fields.get("status"), errors)
        expected = fields.get("expected")
        if expected is not None:
            expected = _status("expected", expected, errors)
        version = fields.get("version")
        if version is not None and not _is_number(version):
            errors["version"] = say("A version is a number.")
        reason = fields.get("reason")
        reason = _reason("" if reason is None else reason, errors)
        if errors or status is None:
            raise CommentsError("invalid", errors=errors)
        return cls(status=status, expected=expected, version=version, reason=reason)


def read_pinned(fields: Mapping[str, Any]) -> bool:
    """Whether to pin; anything but true and false is 422."""
    pinned = fields.get("pinned")
    if not isinstance(pinned, bool):
        raise CommentsError("invalid", errors={"pinned": say("This is true or false.")})
    return pinned


def read_batch(fields: Mapping[str, Any]) -> str:
    """The batch to take back, as an earlier answer named it."""
    batch = fields.get("batch")
    if not isinstance(batch, str) or not batch.isascii() or not batch.isalnum():
        raise CommentsError("invalid", errors={"batch": say("Name what is to be taken back.")})
    return batch


def _status(field: str, value: Any, errors: dict[str, Message]) -> Status | None:
    if isinstance(value, str) and value in list(Status):
        return Status(value)
    errors[field] = say("One of %(choices)s.", choices=", ".join(Status))
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _reason(value: Any, errors: dict[str, Message]) -> str:
    if isinstance(value, str) and value.isprintable() and len(value) <= REASON_LENGTH:
        return value
    errors["reason"] = say("A reason is a short sentence.")
    return ""

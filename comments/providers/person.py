"""What a provider tells of somebody, once it has been checked."""

from dataclasses import dataclass
from typing import Any

#: How long a provider's name for an account, and ours for the provider, may be.
SUBJECT_LENGTH = 255
KEY_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """*subject* is the provider's lasting id; *email* is one that it says is theirs, or none."""

    subject: str
    name: str
    email: str | None = None
    avatar: str | None = None


def text_of(value: Any) -> str | None:
    """A claim that is a text with something in it; anything else counts as not given."""
    return value if isinstance(value, str) and value.strip() else None

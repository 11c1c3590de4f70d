"""What is said of a call beside its view."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import TypeVar

from flask import Response

from comments.web.openapi.parameters import PARAMETERS

View = TypeVar("View", bound=Callable[..., Response])


@dataclass(frozen=True, slots=True)
class Kind:
    """Whom a call is for, and what every call of the kind takes, answers and refuses.

    *headers* are those of good answers, each with its component in the document.
    """

    name: str
    about: str
    headers: Mapping[str, str]
    security: tuple[Mapping[str, list[str]], ...]
    refusals: tuple[str, ...]
    takes: tuple[str, ...] = ()
    answers: tuple[int, ...] = ()


_ALWAYS = ("bad_request", "unknown_host", "broken", "busy", "read_only", "unavailable")
_BODY = ("not_json", "too_large", "not_json_type", "invalid")
_TOKEN: Mapping[str, list[str]] = {"token": []}

PUBLIC = Kind(
    "public",
    "The same bytes for everybody; a CDN may keep them.",
    headers={"ETag": "ETag", "Cache-Control": "public"},
    security=(),
    refusals=_ALWAYS,
    takes=("If-None-Match",),
    answers=(304,),
)
PRIVATE = Kind(
    "private",
    "Depends on who asks; nobody may keep it. A guest without a token gets one with the first "
    "write.",
    headers={"Cache-Control": "no-store"},
    security=({}, _TOKEN),
    refusals=(*_ALWAYS, "origin_not_allowed", "token_invalid"),
)
#: Private, and nothing for somebody who has not written before.
OWN = Kind(
    PRIVATE.name,
    PRIVATE.about,
    headers=PRIVATE.headers,
    security=(_TOKEN,),
    refusals=(*PRIVATE.refusals, "token_required"),
)
#: Private, and for those who moderate the thread.
MODERATORS = Kind(
    PRIVATE.name,
    PRIVATE.about,
    headers=PRIVATE.headers,
    security=(_TOKEN,),
    refusals=(*PRIVATE.refusals, "sign_in_required", "not_a_moderator"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. *parameters* and *body* name entries of the document's components, *answers*
    the schema of each good answer (``None``: nothing is sent)."""

    name: str
    kind: Kind
    summary: str
    description: str
    parameters: tuple[str, ...]
    body: str | None
    answers: Mapping[int, str | None]
    own_refusals: tuple[str, ...]

    def refusals(self, in_path: Sequence[str]) -> Iterator[str]:
        """Every code this call can be refused with; *in_path* are the parameters of its path."""
        yield from self.kind.refusals
        for parameter in (*in_path, *self.parameters):
            yield from PARAMETERS[parameter].refusals
        if self.body:
            yield from _BODY
        yield from self.own_refusals


_described: dict[str, Call] = {}


def described(
    kind: Kind,
    *,
    takes: Sequence[str] = (),
    body: str | None = None,
    answers: Mapping[int, str | None],
    refusals: Sequence[str] = (),
) -> Callable[[View], View]:
    """Say of a view what the document tells about it.

    *takes* are query parameters and headers, by their names in ``parameters``; *refusals* the
    codes that do not already follow from *kind*, *takes* and *body*. The first line of the
    view's docstring is the summary.
    """

    def keep(view: View) -> View:
        summary, _, description = cleandoc(view.__doc__ or "").partition("\n\n")
        _described[view.__name__] = Call(
            name=view.__name__,
            kind=kind,
            summary=summary.rstrip("."),
            description=description,
            parameters=(*takes, *kind.takes),
            body=body,
            answers=answers,
            own_refusals=tuple(refusals),
        )
        return view

    return keep


def calls() -> Mapping[str, Call]:
    """Every described call, by the name of its view."""
    return _described

"""What a call of the JSON API was sent with: its query, its body, its headers, checked."""

import json
from typing import Any, NoReturn

from flask import request

from comments import posting, text, threads, tree
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.web import guards
from comments.web.state import State

#: A comment of the greatest length in the widest encoding, escaped, and its other fields.
BODY_BYTES_PER_CHARACTER = 12
BODY_BYTES_BESIDE = 20_000
#: A form without a comment in it.
FORM_BYTES = 20_000
#: The longest ``Idempotency-Key``.
MOST_KEY = 200
#: Threads in one pulse.
MOST_PULSES = 20


def order(state: State) -> tree.Order:
    return tree.order_named(request.args.get("sort", state.settings.default_sort))


def only() -> str | None:
    return tree.only_named(request.args.get("only"))


def limit() -> int:
    return _whole("limit", threads.DEFAULT_LIMIT, 1, threads.MAX_LIMIT)


def after() -> str | None:
    return request.args.get("after") or None


def since() -> int:
    return _whole("since", 0, 0, text.MOST_NUMBER)


def at() -> int:
    """The revision that who asks has made or seen; no older one is an answer."""
    return _whole("at", 0, 0, text.MOST_NUMBER)


def pulsed() -> list[tuple[str, int]]:
    """The threads of a pulse, each with the revision that is known of it: the first ``since`` is
    of the first ``thread``, and so on."""
    keys: list[str | None] = list(request.args.getlist("thread")) or [None]
    if len(keys) > MOST_PULSES:
        too_many = say("At most %(most)s threads can be asked about at once.", most=MOST_PULSES)
        raise CommentsError("invalid", errors={"thread": too_many})
    given = request.args.getlist("since")
    sinces = [_number("since", each, 0, text.MOST_NUMBER) for each in given[: len(keys)]]
    sinces += [0] * (len(keys) - len(sinces))
    return [(threads.check_key(key), since) for key, since in zip(keys, sinces, strict=True)]


def _whole(field: str, default: int, low: int, high: int) -> int:
    given = request.args.get(field)
    return default if given is None else _number(field, given, low, high)


def _number(field: str, given: str, low: int, high: int) -> int:
    number = text.read_number(given, high)
    if number is None or number < low:
        wrong = say("A whole number from %(low)s to %(high)s.", low=low, high=high)
        raise CommentsError("invalid", errors={field: wrong})
    return number


def most_bytes(state: State) -> int:
    """What a body may weigh, whatever the host's own limit is."""
    return state.settings.max_length * BODY_BYTES_PER_CHARACTER + BODY_BYTES_BESIDE


def limit_form(most: int = FORM_BYTES) -> None:
    """413 for a form that weighs more than *most*; no more of it is ever read."""
    if (request.content_length or 0) > most:
        raise CommentsError("too_large")
    request.max_content_length = request.max_form_memory_size = most


def json_object(state: State) -> dict[str, Any]:
    """The body as a JSON object; 413, 415 or 400 when it is none."""
    most = most_bytes(state)
    if (request.content_length or 0) > most:
        raise CommentsError("too_large")
    # Of a body that does not tell its length, Werkzeug hands out so much and says nothing.
    request.max_content_length = most + 1
    if request.mimetype != "application/json":
        raise CommentsError("not_json_type")
    sent = request.get_data()
    if len(sent) > most:
        raise CommentsError("too_large")
    try:
        # json.loads would take bytes in UTF-16, and surrogates in UTF-8.
        fields = json.loads(sent.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise CommentsError("not_json") from None
    if not isinstance(fields, dict):
        raise CommentsError("not_json")
    return fields


def _no_constant(name: str) -> NoReturn:
    # Python reads NaN and Infinity, which are not JSON.
    raise ValueError(name)


def idempotency_hash(state: State, known: Author | None) -> str | None:
    """What the caller's ``Idempotency-Key`` is kept under, ``None`` without one."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= MOST_KEY:
        wrong = say("An Idempotency-Key has 1 to %(most)s characters.", most=MOST_KEY)
        raise CommentsError("invalid", errors={"Idempotency-Key": wrong})
    # A guest's first write has no token yet: the network stands in for the caller.
    who = known.id if known else f"new:{guards.network_hash(state)}"
    return posting.idempotency_hash(state.keys, who, key)

"""How webhooks reach those who listen: at least once, one receiver never waiting for another.

A message that no receiver has answered with 2xx is brought again with the same id, after growing
pauses. Unlike a mail it may come twice: a program can tell by the id, and would rather hear a
thing twice than not at all.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from comments import outbound
from comments.config import Settings
from comments.keys import Keys
from comments.kinds import Webhook
from comments.models import Letter
from comments.notify import webhooks
from comments.notify.delivery import after, claim, drop, settle
from comments.notify.rounds import Rounds, log
from comments.notify.smtp import NotSent
from comments.notify.troubles import NOT_IN_SETTINGS
from comments.text import read_number

#: For an answer of which nobody reads more than the status.
SECONDS = 10.0
#: The receiver wants no more of it (RFC 9110, 15.5.11).
GONE = 410
#: Refusals that are about the moment, not about the message.
_LATER = (408, 425, 429)
#: Nobody makes us wait longer than we do by ourselves.
_LONGEST = timedelta(days=1)

#: What is told of a comment, as JSON values; ``None`` when there is nothing to be told any more.
Tell = Callable[[Session, Letter], dict[str, Any] | None]


def deliver_webhooks(
    session: Session,
    settings: Settings,
    keys: Keys,
    tell: Tell,
    now: datetime,
    *,
    seconds: float = SECONDS,
) -> int:
    """Bring what is due, to each receiver in turn; tells how many arrived. Commits after each.

    A receiver in trouble is left alone until the next round.
    """
    _end_unknown(session, settings)
    began = time.monotonic()
    arrived = 0
    waiting = list(settings.webhooks)
    while waiting:
        for hook in list(waiting):
            moment = now + timedelta(seconds=time.monotonic() - began)
            letter = claim(session, webhooks.KIND, moment, Letter.recipient == hook.url)
            if letter is None:
                waiting.remove(hook)
                continue
            try:
                arrived += _bring(session, letter, hook, keys, tell, moment, seconds)
            except NotSent:
                waiting.remove(hook)
    return arrived


def _bring(
    session: Session,
    letter: Letter,
    hook: Webhook,
    keys: Keys,
    tell: Tell,
    now: datetime,
    seconds: float,
) -> bool:
    """Whether it arrived; :class:`NotSent` once it is settled what becomes of it otherwise."""
    told = tell(session, letter)
    session.rollback()
    if told is None:
        drop(session, letter)
        return False
    message_id = webhooks.number(letter, keys)
    content = _written(message_id, letter, told)
    try:
        _post(hook, message_id, content, now, seconds)
    except _Refused as refused:
        _settle_refused(session, letter, refused, now)
        raise
    settle(session, letter, {"text": "", "sent_at": now, "next_try_at": None, "error": None})
    return True


def _written(message_id: str, letter: Letter, told: dict[str, Any]) -> bytes:
    moment = letter.created_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    message = {"id": message_id, "type": letter.purpose, "timestamp": moment, "data": told}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


class _Refused(NotSent):
    """With the *status* of the answer, if there was one, and the *pause* it asked for."""

    def __init__(self, reason: str, status: int = 503, pause: timedelta | None = None) -> None:
        super().__init__(reason, final=status < 500 and status not in _LATER)
        self.gone = status == GONE
        self.pause = pause


def _post(hook: Webhook, message_id: str, content: bytes, now: datetime, seconds: float) -> None:
    host = outbound.host_of(hook.url)
    headers = webhooks.signed(hook, message_id, content, now)
    try:
        # The owner has named the host: it may be this very machine.
        answer = outbound.fetch(
            "POST",
            hook.url,
            content=content,
            headers=headers | {"Content-Type": "application/json"},
            trusted=host,
            seconds=seconds,
            reads=False,
        )
    except outbound.Unreachable as nobody:
        raise _Refused(str(nobody)) from None
    status = answer.status
    if not 200 <= status < 300:
        raise _Refused(str(status), status, _pause(answer.retry_after, now))


def _pause(retry_after: str, now: datetime) -> timedelta | None:
    """``Retry-After`` (RFC 9110, 10.2.3): seconds, or a date."""
    seconds = read_number(retry_after.strip())
    if seconds is not None:
        return min(timedelta(seconds=min(seconds, 10**6)), _LONGEST)
    try:
        return min(parsedate_to_datetime(retry_after) - now, _LONGEST)
    except (ValueError, TypeError):
        return None


def _settle_refused(session: Session, letter: Letter, refused: _Refused, now: datetime) -> None:
    values = after(letter, refused, now)
    again = values["next_try_at"]
    if refused.pause and again is not None:
        values["next_try_at"] = max(again, now + refused.pause)
    settle(session, letter, values)
    others = (Letter.kind == webhooks.KIND, Letter.recipient == letter.recipient, _waiting())
    if refused.gone:
        log.warning("a receiver of webhooks answers 410: take it out of COMMENTS_WEBHOOKS")
        _put_off(session, others, {"next_try_at": None, "error": refused.reason})
    elif refused.pause:
        until = now + refused.pause
        _put_off(session, (*others, Letter.next_try_at < until), {"next_try_at": until})


def _waiting() -> Any:
    return Letter.next_try_at.is_not(None) & Letter.sent_at.is_(None)


def _put_off(session: Session, which: tuple[Any, ...], values: dict[str, Any]) -> None:
    session.execute(
        update(Letter).where(*which).values(values),
        execution_options={"synchronize_session": False},
    )
    session.commit()


def _end_unknown(session: Session, settings: Settings) -> None:
    """What was owed to a receiver that the settings do not name any more."""
    known = [hook.url for hook in settings.webhooks]
    which = (Letter.kind == webhooks.KIND, Letter.recipient.not_in(known), _waiting())
    found = session.execute(select(Letter.id).where(*which).limit(1)).first()
    session.rollback()
    if found is not None:
        _put_off(session, which, {"next_try_at": None, "error": NOT_IN_SETTINGS})


# ── the thread of the service ────────────────────────────────────────────────────────────


class Courier(Rounds):
    """Brings webhooks, in another thread than the postman: a slow receiver holds up no mail."""

    name = "comments-courier"

    def __init__(
        self, engine: Callable[[], Engine], settings: Settings, keys: Keys, tell: Tell
    ) -> None:
        super().__init__()
        self._engine = engine
        self._settings = settings
        self._keys = keys
        self._tell = tell

    def work(self) -> None:
        with Session(self._engine()) as session:
            now = datetime.now(UTC)
            deliver_webhooks(session, self._settings, self._keys, self._tell, now)

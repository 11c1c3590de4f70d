"""The thread of the service that sends the mail which commits have put into the outbox."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comments.config import Settings
from comments.keys import Keys
from comments.notify.delivery import deliver
from comments.notify.digests import NOTICES, Digest, count_stranded
from comments.notify.rounds import Rounds, log

STRANDED = (
    "Some subscribers are owed a mail, and nothing tells under which address readers reach the "
    "comments: set COMMENTS_URL. Their mail waits until then."
)


class Postman(Rounds):
    """Sends the mail."""

    name = "comments-postman"

    def __init__(
        self,
        engine: Callable[[], Engine],
        settings: Settings,
        keys: Keys,
        told: Callable[[int, int], None] | None = None,
        also: Sequence[Digest] = (),
    ) -> None:
        """*told* is called after each round that did something, with how many letters were
        gathered and how many of all were sent. *also* are gathered beside the notices."""
        super().__init__()
        self._engine = engine
        self._settings = settings
        self._keys = keys
        self._told = told
        self._also = also
        self._warned = False

    def work(self) -> None:
        settings = self._settings
        with Session(self._engine()) as session:
            self._warn_once(session)
            digests = (NOTICES, *self._also)
            written = sum(one.gather(session, settings, datetime.now(UTC)) for one in digests)
            sent = deliver(session, settings, self._keys, datetime.now(UTC), also=self._also)
        if self._told and (written or sent):
            self._told(written, sent)

    def _warn_once(self, session: Session) -> None:
        if not self._warned and self._settings.url is None and count_stranded(session):
            self._warned = True
            log.warning(STRANDED)

"""Workers that deliver mail as ``flask comments deliver`` does, to be killed at it.

``python -m tests.services.worker DATABASE SMTP`` reads ``start`` and ``wait`` from its input; it
forks a worker for each ``start`` and tells its process id.
"""

import os
import sys
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from comments import engines, notify
from comments.config import Settings
from comments.keys import Keys

KEYS = Keys("a secret of the tests, long enough to be one")


def work(database_uri: str, smtp_uri: str) -> None:
    settings = Settings(smtp_uri=smtp_uri, mail_from="comments@blog.example", mail_wait=0)
    engine = engines.create(database_uri)
    with Session(engine) as session:
        notify.gather(session, settings, datetime.now(UTC))
        notify.deliver(session, settings, KEYS, datetime.now(UTC))


def tell(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main() -> None:
    pid = 0
    for wish in sys.stdin:
        if wish.strip() == "wait":
            os.waitpid(pid, 0)
            tell("gone")
            continue
        pid = os.fork()
        if pid == 0:
            work(*sys.argv[1:])
            os._exit(0)
        tell(pid)


if __name__ == "__main__":
    main()

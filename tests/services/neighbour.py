"""Another process that writes to the same SQLite file.

``python -m tests.services.neighbour FILE`` does what it reads, and says so when it is done:
``write N`` writes N times, ``hold`` waits for its turn, says whether it has come, and keeps it,
``go on`` takes turn after turn until it reads ``stop``, and counts them in the file FILE-turns. It
gives up at once when SQLite says that another one is writing.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from select import select
from typing import IO

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from comments import turns
from comments.database import begin_write

_COUNT = text("UPDATE comments_threads SET revision = revision + 1 WHERE id = 1")


class Neighbour:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, wish: str) -> None:
        _pipe(self._process.stdin).write(f"{wish}\n")
        _pipe(self._process.stdin).flush()

    def wait(self) -> str:
        """What it says when it has done the next thing; nothing when it came to grief."""
        return _pipe(self._process.stdout).readline().strip()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def neighbour(file: str) -> Iterator[Neighbour]:
    command = [sys.executable, "-m", __name__, file]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Neighbour(process)
        finally:
            process.kill()


def turns_of(file: str) -> Path:
    """Where a neighbour counts its turns."""
    return Path(f"{file}-turns")


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def main(file: str) -> None:
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 0})
    while wish := sys.stdin.readline().strip():
        what, _, times = wish.partition(" ")
        if what == "hold":
            turns.line_of(file).wait(30)
            _say("in vain" if turns.line_of(file).is_aside() else "held")
            continue
        if what == "write":
            for _ in range(int(times)):
                count_one(engine)
        elif what == "go":
            _go_on(file)
        elif what == "stop":
            continue
        else:
            raise ValueError(wish)
        _say("done")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _go_on(file: str) -> None:
    line = turns.line_of(file)
    with turns_of(file).open("wb", buffering=0) as counted:
        for number in count(1):
            line.wait(30)
            # In one piece, as others read it meanwhile.
            counted.seek(0)
            counted.write(number.to_bytes(8))
            time.sleep(0.002)  # as one waits for the disk
            line.leave()
            if number == 1:
                _say("begun")
            if select([sys.stdin], [], [], 0)[0]:
                return


def count_one(engine: Engine) -> None:
    """Count a write in the thread 1."""
    with Session(engine) as session:
        begin_write(session)
        session.execute(_COUNT)
        session.commit()


if __name__ == "__main__":
    main(sys.argv[1])

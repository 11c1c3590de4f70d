"""Our own service, back at once after each kill: forked from a process that has loaded the code.

``python -m tests.services.reborn FOLDER`` reads ``start``, ``alive`` and ``wait`` from its input;
it forks a service into a group of its own for each ``start``. Each wish has one line of answer.
When the input ends, so does the service.
"""

import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from tests.services.nursery import Nursery
from tests.services.process import Process
from tests.services.service import LiveServer
from tests.services.tools import PROJECT

#: What a service imports on its way.
LOADED = ("alembic", "comments.standalone", "granian.server", "psycopg")


class RebornServer(LiveServer):
    """A :class:`LiveServer` that starts in a tenth of the time, from its second start on."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._nursery: Nursery | None = None
        super().__init__(folder, settings)

    def start(self) -> None:
        if self._nursery is None:
            with self.log.open("ab") as output:
                self._nursery = Nursery(
                    __name__, str(self.log.parent), env=self._env, errors=output
                )
        self._process = _Forked(self._nursery.ask, self.log, self._answers)

    def end(self) -> None:
        """Kill it for good."""
        self.kill()
        assert self._nursery is not None
        self._nursery.end()


class _Forked(Process):
    """A service that the nursery has forked; only the nursery can wait for it."""

    def __init__(self, ask: Callable[[str], str], log: Path, ready: Callable[[], bool]) -> None:
        self.log, self._ask = log, ask
        self._pid = int(ask("start"))
        self.wait_until(ready)

    @property
    def pid(self) -> int:
        return self._pid

    def alive(self) -> bool:
        return self._ask("alive") == "yes"

    def code(self) -> int:
        return int(self._ask("wait"))

    def stop(self, goodbye: signal.Signals | None = None) -> int:
        os.kill(self._pid, goodbye or signal.SIGTERM)
        return self.code()

    def kill(self) -> None:
        if self.alive():
            os.killpg(self._pid, signal.SIGKILL)
            self.code()


class _Child:
    """The service that runs now, seen from the process that forks it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._pid = self._code = 0
        self._gone = True

    def start(self) -> int:
        self._pid, self._gone = os.fork(), False
        if self._pid == 0:
            os.setpgid(0, 0)
            os.chdir(self._folder)
            runpy.run_path(str(PROJECT / "wsgi.py"), run_name="__main__")
            os._exit(0)
        with suppress(PermissionError, ProcessLookupError):  # the child was quicker
            os.setpgid(self._pid, self._pid)
        return self._pid

    def alive(self) -> str:
        return "no" if self._is_gone(os.WNOHANG) else "yes"

    def wait(self) -> int:
        self._is_gone(0)
        return self._code

    def end(self) -> None:
        if not self._is_gone(os.WNOHANG):
            os.killpg(self._pid, signal.SIGKILL)

    def _is_gone(self, how: int) -> bool:
        if not self._gone:
            pid, status = os.waitpid(self._pid, how)
            if pid:
                self._gone, self._code = True, os.waitstatus_to_exitcode(status)
        return self._gone


def main() -> None:
    for module in LOADED:
        import_module(module)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a service prints belongs into the log
    child = _Child(sys.argv[1])
    for wish in sys.stdin:
        answers.write(f"{getattr(child, wish.strip())()}\n")
        answers.flush()
    child.end()


if __name__ == "__main__":
    main()

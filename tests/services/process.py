"""One server process: started, waited for, ended by its own process id."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

START_SECONDS = 30
STOP_SECONDS = 10
_POLL_SECONDS = 0.02


class Unavailable(Exception):
    """A server cannot be had on this machine; the text says what was tried."""


class Process:
    """A running server in a process group of its own, its output in the file *log*.

    The constructor returns when *ready* says so. *goodbye* is the signal that ends the server
    in order; it also gets it when this process dies without saying so (on Linux).
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        ready: Callable[[], bool],
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        goodbye: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.log = log
        self._goodbye = goodbye
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [*_ends_with_us(goodbye), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_compiling_once(env),
                cwd=log.parent,
                start_new_session=True,
                **acting_as(user),
            )
        try:
            self.wait_until(ready)
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._popen.pid

    def alive(self) -> bool:
        return self._popen.poll() is None

    def code(self) -> int:
        """The exit code, once it has ended."""
        return self._popen.wait()

    def stop(self, goodbye: signal.Signals | None = None) -> int:
        """End it in order, or by another *goodbye*; returns the exit code."""
        self._popen.send_signal(goodbye or self._goodbye)
        return self._end()

    def interrupt(self) -> int:
        """Ctrl-C in a terminal, which every process of the group hears; returns the exit code."""
        os.killpg(self._popen.pid, signal.SIGINT)
        return self._end()

    def _end(self) -> int:
        try:
            self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.kill()
        return self._popen.returncode

    def kill(self) -> None:
        """``kill -9`` for it and for every process it started."""
        with suppress(ProcessLookupError):  # nobody of the group may be left
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    def wait_until(self, ready: Callable[[], bool]) -> None:
        # Counted, not timed: a test may have stopped the clock.
        for _ in range(int(START_SECONDS / _POLL_SECONDS)):
            if not self.alive():
                raise RuntimeError(f"ended with {self.code()}:\n{self._last_words()}")
            if ready():
                return
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"did not answer in {START_SECONDS} s:\n{self._last_words()}")

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


def _compiling_once(env: Mapping[str, str] | None) -> dict[str, str]:
    """Where a shell forbids Python to keep what it compiled, each start costs twice as much."""
    given = dict(os.environ if env is None else env)
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    return given


def _ends_with_us(goodbye: signal.Signals) -> list[str]:
    """A prefix under which the kernel sends *goodbye* when this process is gone."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", goodbye.name.removeprefix("SIG"), "--"] if setpriv else []


def acting_as(user: str | None) -> dict[str, Any]:
    """The arguments of ``subprocess`` that give up root for *user*; none for ``None``."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}

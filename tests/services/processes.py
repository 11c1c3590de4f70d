"""The service several times over: processes that share nothing but what they are configured with.

``python -m tests.services.processes PORT…`` forks one for each port. Python reads our code once for
all of them, which is most of what a start costs. A signal (SIGUSR1) brings those back that have
been killed.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from tests.services.ports import answers, free_port
from tests.services.process import Process
from tests.services.service import clean_environment
from tests.services.tools import PROJECT


class Processes:
    """That many processes with *settings* as their environment, each at a port of ``ports``."""

    def __init__(self, number: int, folder: Path, settings: Mapping[str, str]) -> None:
        self.ports = [free_port() for _ in range(number)]
        self._folder = folder
        place = {"COMMENTS_INSTANCE": str(folder / "instance"), "PYTHONPATH": str(PROJECT)}
        self._process = Process(
            [sys.executable, "-m", "tests.services.processes", *map(str, self.ports)],
            log=folder / "log",
            ready=self.all_answer,
            env={**clean_environment(), **place, **settings},
        )

    def all_answer(self) -> bool:
        return all(map(answers, self.ports))

    def kill(self, port: int) -> None:
        """A power cut for one of them."""
        os.kill(int((self._folder / str(port)).read_text()), signal.SIGKILL)

    def bring_back(self) -> None:
        os.kill(self._process.pid, signal.SIGUSR1)
        self._process.wait_until(self.all_answer)

    def requests(self) -> list[dict[str, Any]]:
        """What all of them have answered so far, by their logs."""
        lines = self._process.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith('{"method"')]

    def stop(self) -> None:
        self._process.kill()


def _serve(port: int) -> None:
    # why: read once for all of them, before they part
    from comments.standalone import create_app

    Path(str(port)).write_text(str(os.getpid()))
    make_server("127.0.0.1", port, create_app(), threaded=True).serve_forever()


def _main(ports: list[int]) -> None:
    # why: as above
    import comments.standalone  # noqa: F401

    running: dict[int, int] = {}
    while True:
        for port in set(ports) - set(running.values()):
            pid = os.fork()
            if not pid:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
                _serve(port)
            running[pid] = port
        signal.sigwait({signal.SIGUSR1})
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) > 0:
            del running[ended]


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    _main([int(port) for port in sys.argv[1:]])

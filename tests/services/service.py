"""Our own service as strangers run it: ``wsgi.py`` in a process of its own."""

import http.client
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.services.ports import free_port
from tests.services.process import Process
from tests.services.tools import PROJECT

_OURS = ("COMMENTS_", "FLASK_", "PORT")


class LiveServer:
    """The service on a port of its own, with *settings* as its environment.

    ``kill()`` is a power cut for it, ``start()`` brings it back under the same address.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"service-{self.port}.log"
        self._env = {**clean_environment(), **settings, "PORT": str(self.port)}
        self.start()

    def start(self) -> None:
        self._process = Process(
            [sys.executable, str(PROJECT / "wsgi.py")],
            log=self.log,
            env=self._env,
            ready=self._answers,
        )

    def stop(self) -> int:
        """End it as a supervisor would; returns its exit code."""
        return self._process.stop()

    def interrupt(self) -> int:
        """End it as Ctrl-C does; returns its exit code."""
        return self._process.interrupt()

    def kill(self) -> None:
        self._process.kill()

    def alive(self) -> bool:
        return self._process.alive()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True


def clean_environment() -> dict[str, str]:
    """Ours without the settings somebody's shell happens to carry."""
    return {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}

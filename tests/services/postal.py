"""A mail server in a process of its own that misbehaves, and workers that can be killed."""

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.services.nursery import Nursery
from tests.services.ports import answers, free_port
from tests.services.process import Process

_HERE = Path(__file__).parent


class RudeMailServer:
    """Behaves as it is told: ``behave(delay=0.01, answers={"RCPT": "451 later"})``."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.uri = f"smtp://127.0.0.1:{self.port}"
        self._folder = folder
        self.behave()
        self._process = Process(
            [sys.executable, str(_HERE / "rude_smtp.py"), str(self.port), str(folder)],
            log=folder / "rude-smtp.log",
            ready=lambda: answers(self.port),
        )

    def behave(self, **ways: Any) -> None:
        fresh = self._folder / "ways.fresh"
        fresh.write_text(json.dumps(ways))
        fresh.replace(self._folder / "ways.json")

    def taken(self) -> list[dict[str, Any]]:
        """The mails that it took, whatever it said."""
        return [json.loads(line) for line in self._kept().splitlines()]

    def count(self) -> int:
        return self._kept().count(b"\n")

    def _kept(self) -> bytes:
        kept = self._folder / "taken.jsonl"
        return kept.read_bytes() if kept.exists() else b""

    def recipients(self) -> Counter[str]:
        return Counter(mail["to"] for mail in self.taken())

    def stop(self) -> None:
        self._process.kill()


class Workers:
    """Starts workers that deliver, each a process of its own."""

    def __init__(self, database_uri: str, smtp_uri: str) -> None:
        self._nursery = Nursery("tests.services.worker", database_uri, smtp_uri)

    def start(self) -> int:
        """The process id of a new worker. It must be waited for or killed before the next."""
        return int(self._nursery.ask("start"))

    def kill(self, pid: int) -> None:
        """``kill -9``; returns when it is gone."""
        os.kill(pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> None:
        """Until the worker that was started last has ended."""
        self._nursery.ask("wait")

    def stop(self) -> None:
        self._nursery.end()

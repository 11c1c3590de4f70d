"""A process that has loaded the code and forks children of itself: a start takes milliseconds.

What it runs reads one wish a line and gives one line of answer, until its input ends.
"""

import subprocess
import sys
from collections.abc import Mapping
from typing import IO

from tests.services.tools import PROJECT


class Nursery:
    """*module*, run with *arguments*; what it reports goes to *errors*, or where ours go."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        errors: IO[bytes] | None = None,
    ) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=env,
            cwd=PROJECT,
        )

    def ask(self, wish: str) -> str:
        """Its answer to *wish*, such as ``start``."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.write(f"{wish}\n")
        self._popen.stdin.flush()
        return self._popen.stdout.readline().strip()

    def end(self) -> None:
        """Close its input, at which it ends."""
        self._popen.communicate()

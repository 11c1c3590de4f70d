"""A folder in memory, for files that a power cut may take: no commit there waits for a disk."""

import os
import shutil
from pathlib import Path

_PLACE = Path("/dev/shm")  # noqa: S108 - each gets a folder of its own, with a name nobody guesses
#: Of the two workers' databases and folders a run needs a tenth of this at a time.
_ROOM = 2 * 2**30


def memory() -> str | None:
    """The folder, or ``None`` where there is none or too little room in it."""
    if not _PLACE.is_dir() or not os.access(_PLACE, os.W_OK):
        return None
    return str(_PLACE) if shutil.disk_usage(_PLACE).free > _ROOM else None

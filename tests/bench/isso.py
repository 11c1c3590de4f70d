"""Isso, for comparison: from PyPI, in an environment of its own, run as its documentation says.

"Deployment" in that documentation calls the server built in good for 20 requests a second and
gives a line for gunicorn, which is the one used here. Its limits are off, as ours are.
"""

import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from uv import find_uv_bin

from tests.bench import data
from tests.bench.load import JSON, Request
from tests.bench.servers import Server
from tests.services.ports import free_port
from tests.services.tools import TOOLS, alone, run

VERSION, GUNICORN = "0.14.0", "27.0.1"
ABOUT = f"Isso {VERSION} under gunicorn {GUNICORN}, 4 workers, as its documentation says"
#: What its page asks for: every root, and at most five answers to each.
PAGE = "/?uri=%2F{}%2F&nested_limit=5&sort=oldest"
_NOWHERE = "http://127.0.0.1:9"
_SETTINGS = """\
[general]
dbpath = {database}
host = {site}
[server]
trusted-proxies = 127.0.0.1
[guard]
enabled = false
"""


def uri(key: str) -> str:
    return f"/{key}/"


def counts(keys: Sequence[str]) -> Request:
    return Request("POST", "/count", json.dumps(list(map(uri, keys))), JSON)


def post(key: str, body: str) -> Request:
    said = {"text": body, "author": "Ann", "title": f"About {key}"}
    return Request("POST", f"/new?uri={quote(uri(key), safe='')}", json.dumps(said), JSON)


def vote(id: int) -> Request:
    return Request("POST", f"/id/{id}/like", "{}", JSON)


def server(folder: Path, site: str = _NOWHERE, port: int | None = None) -> Server:
    """A running Isso that keeps its comments in *folder*, for pages of the origin *site*."""
    port = port or free_port()
    settings = folder / "isso.cfg"
    settings.write_text(_SETTINGS.format(database=folder / "isso.sqlite3", site=site))
    command = ["-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", "4", "--preload", "isso.run"]
    env = {"ISSO_SETTINGS": str(settings), "PYTHONPATH": ""}
    return Server(command, port, folder, env, python=_python())


def _python() -> Path:
    """The interpreter of its environment, which is made at the first call."""
    folder = TOOLS / f"isso-{VERSION}-{GUNICORN}"
    python, done = folder / "bin" / "python", folder / ".done"
    with alone():
        if not done.exists():
            uv = find_uv_bin()
            run([uv, "venv", "--clear", "--python", sys.executable, str(folder)])
            packages = [f"isso=={VERSION}", f"gunicorn=={GUNICORN}"]
            run([uv, "pip", "install", "--python", str(python), *packages])
            done.touch()
    return python


def load(folder: Path, plans: Mapping[str, list[data.Planned]]) -> None:
    """Write *plans* as threads into the database in *folder*, the same comments as
    :func:`data.load` writes into ours; whoever answers an answer goes below its root, which is
    all that Isso knows."""
    with server(folder):
        """It makes its tables."""
    with closing(sqlite3.connect(folder / "isso.sqlite3")) as connection, connection:
        ids = count(1)
        for thread, (key, plan) in enumerate(plans.items(), 1):
            connection.execute(
                "INSERT INTO threads VALUES (?, ?, ?)", (thread, uri(key), f"About {key}")
            )
            rows = _rows(thread, plan, [next(ids) for _ in plan])
            connection.executemany(
                f"INSERT INTO comments VALUES ({', '.join('?' * 15)})",  # noqa: S608 - signs
                rows,
            )


def _rows(thread: int, plan: list[data.Planned], ids: list[int]) -> Iterator[tuple[Any, ...]]:
    texts = [body for body, _ in data.bodies()]
    dice = Random(len(plan))
    began = data.BEGAN.timestamp()
    for place, planned in enumerate(plan):
        body, guest = dice.choice(texts), dice.randrange(data.GUESTS)
        yield (
            thread,
            ids[place],
            ids[planned.path[0]] if planned.path else None,
            began + 7 * place,
            None,
            4 if planned.removed else 1,
            f"10.{guest // 250}.{guest % 250}.0",
            "" if planned.removed else body,
            f"Guest {guest}",
            None,
            None,
            planned.up,
            planned.down,
            bytes(256),
            0,
        )

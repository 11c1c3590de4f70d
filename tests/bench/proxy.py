"""A crowd of readers before nginx as a cache: what of it reaches the app.

The nginx is the one of ``examples/nginx/cache.conf``, the numbers of the page's keeping are the
defaults.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench import data, databases, load, ours
from tests.bench.report import Goal, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, get, service
from tests.services.nginx import Nginx

PAGE = ours.PAGE.format("popular")
#: Requests that may reach the app in a second: one in five, and some at the start.
_MOST_A_SECOND = 1.0


@dataclass(frozen=True, slots=True)
class Proxied:
    """*app* behind nginx, as a crowd sees it: processor time is the app's alone."""

    url: str
    app: Server

    def cpu_seconds(self) -> float:
        return self.app.cpu_seconds()


def answered(folder: Path, path: str = PAGE.partition("?")[0]) -> int:
    """How often the app whose log is in *folder* was asked for *path*, the page's unless told."""
    told = f'"path": "{path}"'
    return sum(log.read_text().count(told) for log in folder.glob("server-*.log"))


def settle(app: Server, folder: Path) -> None:
    """Wait until all that *app* was asked for is in its log, which is written in order and a moment
    after the answers."""
    last = answered(folder, "/healthz")
    get(app.url + "/healthz")
    while answered(folder, "/healthz") == last:
        time.sleep(0.01)


def measure(run: Run) -> list[Goal]:
    """Print what a crowd costs the app with nginx before it, and without."""
    uri = databases.of_threads(run.folder, {"popular": data.conversation(1000)})
    seconds = 3 if run.quick else 10
    with service(run.folder, uri, COMMENTS_TRUSTED_PROXIES=1) as app:
        get(app.url + PAGE)
        bare = load.crowd(app, PAGE, seconds=seconds, packed=True)
        nginx = Nginx("cache.conf", {f"127.0.0.1:500{n}": urlsplit(app.url).netloc for n in (1, 2)})
        try:
            settle(app, run.folder)
            before = answered(run.folder)
            cached = load.crowd(Proxied(nginx.url, app), PAGE, seconds=seconds, packed=True)
            settle(app, run.folder)
            reached = answered(run.folder) - before
        finally:
            nginx.stop()
    rows = [
        ("the app alone", f"{bare.per_second:,.0f}", f"{bare.per_second:,.0f}", f"{bare.cpu:.4f}"),
        (
            "nginx before it",
            f"{cached.per_second:,.0f}",
            f"{reached / seconds:,.1f}",
            f"{cached.cpu:.4f}",
        ),
    ]
    heads = (
        "first page, gzip, 16 connections",
        "reads/s",
        "of them the app's",
        "app's CPU ms a read",
    )
    print_table("Readers before a caching nginx", heads, rows)
    return [
        Goal(
            "behind nginx a page costs the app ≤ 1 request a second, whoever reads",
            f"{reached / seconds:.1f} of {cached.per_second:,.0f}",
            reached / seconds <= _MOST_A_SECOND,
        )
    ]

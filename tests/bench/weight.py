"""What a reader's first view of an embedded thread downloads of ours, packed with gzip.

A real browser opens an article with our one script tag, and what it asks for is weighed: so a
module that the first view comes to need counts from that day on.
"""

import gzip
from collections.abc import Iterable
from urllib.parse import urlsplit

from playwright.sync_api import Response

from comments import resources
from tests.bench.report import Goal, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, service
from tests.services import chromium

MOST_BYTES = 12_000
_KINDS = ("text/javascript", "text/css", "text/html")
_ARTICLE = "/article"
_OWN_PAGES = {"admin.css", "admin.js", "handover.js", "keys.js", "page.css", "queue.js"}


def measure(run: Run) -> list[Goal]:
    """Print the weight of script, style and markup for a thread nobody has written in."""
    promise = "first view of the embed ≤ 12 KB gzip"
    with service(run.folder, f"sqlite:///{run.folder / 'empty.sqlite3'}") as server:
        parts = _downloads(server)
    sizes = {name: (len(body), len(gzip.compress(body, 9))) for name, body in parts.items()}
    rows = [(name, f"{plain:,}", f"{packed:,}") for name, (plain, packed) in sizes.items()]
    print_table("Loaded when it is used, bytes", ("part", "plain", "gzip"), _the_rest(parts))
    plain, packed = (sum(column) for column in zip(*sizes.values(), strict=True))
    rows.append((f"{len(sizes)} requests", f"{plain:,}", f"{packed:,}"))
    print_table("First view of the embed, bytes", ("part", "plain", "gzip"), rows)
    return [Goal(promise, f"{packed / 1000:.2f} KB", packed <= MOST_BYTES)]


def _the_rest(first: Iterable[str]) -> list[tuple[str, str, str]]:
    """Our other modules and sheets, those of the moderation views and our own pages left out."""
    seen = {path.rpartition("/")[2] for path in first}
    files = [path for path in resources.static_folder().iterdir() if path.suffix in (".js", ".css")]
    bodies = {path.name: path.read_bytes() for path in files if path.name not in seen | _OWN_PAGES}
    return [
        (name, f"{len(body):,}", f"{len(gzip.compress(body, 9)):,}")
        for name, body in sorted(bodies.items())
    ]


def _downloads(server: Server) -> dict[str, bytes]:
    """Our scripts, styles and markup that an article with an empty thread makes a browser load.

    Private calls stay out: what they carry is the reader's own.
    """
    answers: list[Response] = []
    tag = f'<script async src="{server.url}/comments/embed.js" data-thread="nobody"></script>'
    article = f"<!doctype html><title>An article</title><p>Text.</p>{tag}"
    with chromium.launched() as browser:
        page = browser.new_page()
        page.route(
            f"{server.url}{_ARTICLE}",
            lambda route: route.fulfill(body=article, content_type="text/html"),
        )
        page.on("response", lambda answer: answers.append(answer))
        page.goto(server.url + _ARTICLE)
        page.locator("comment-thread textarea").first.wait_for()
        page.wait_for_load_state("networkidle")
        return {
            urlsplit(answer.url).path: answer.body()
            for answer in answers
            if _is_ours(answer) and not answer.url.endswith(_ARTICLE)
        }


def _is_ours(answer: Response) -> bool:
    return answer.headers.get("content-type", "").startswith(_KINDS)

"""A reader on a slow phone: when comments are there, what it costs, and whether anything moves.

The same article with one tag, ours and Isso's, in turn; then our own page of the thread, whose
comments come with the HTML, and what its scripts cost. What was held back is in ``visit.py``.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from playwright.sync_api import Browser

from tests.bench import data, databases, isso, visit
from tests.bench.data import Planned
from tests.bench.report import Goal, Progress, print_list, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, service
from tests.bench.visit import Visit, Work
from tests.services import chromium

KEY, FLAT = "t100", "flat"
MOST_SCRIPT, MOST_INSERTING, MOST_TASK = 30, 10, 50
_ARTICLE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The harbour froze</title><h1>The harbour froze</h1><p>Nobody had expected it.</p>
"""
_OURS = '<script async src="{url}/comments/embed.js" data-thread="{key}"></script>'
_ISSO = (
    '<script data-isso="{url}/" async src="{url}/js/embed.min.js"></script>'
    '<section id="isso-thread" data-isso-id="/{key}/"></section>'
)
_HEADING = "document.querySelector('h1')"
_IN_SHADOW = "document.querySelector('comment-thread')?.shadowRoot?.querySelector('article')"
_IN_PAGE = "document.querySelector('comment-thread article')"
_IN_ISSO = "document.querySelector('#isso-root .isso-comment')"


def measure(run: Run) -> list[Goal]:
    """Print the tables, and give the goals."""
    # In the second nobody answers: its pages have 25 comments and no more.
    plans = {KEY: data.conversation(100), FLAT: [Planned() for _ in range(100)]}
    uri = databases.of_threads(run.folder, plans)
    isso.load(run.folder, plans)
    rounds = 3 if run.quick else 9
    with (
        _blog() as (blog, pages),
        service(run.folder, uri, COMMENTS_ORIGINS=blog) as ours,
        isso.server(run.folder, site=blog) as theirs,
        chromium.launched() as browser,
    ):
        pages["/ours"] = _ARTICLE + _OURS.format(url=ours.url, key=KEY)
        pages["/isso"] = _ARTICLE + _ISSO.format(url=theirs.url, key=KEY)
        visits = _visits(browser, blog, ours, rounds)
        works = _works(browser, ours, rounds)
    _print_visits(visits)
    _print_works(works)
    return [*_visit_goals(visits), *_work_goals(works)]


@contextmanager
def _blog() -> Iterator[tuple[str, dict[str, str]]]:
    """Its origin, and its pages by their paths."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", pages
        server.shutdown()
        thread.join()


# ── visits ───────────────────────────────────────────────────────────────────────────────


def _visits(browser: Browser, blog: str, ours: Server, rounds: int) -> dict[str, list[Visit]]:
    """Visits of each kind, A B A B."""
    kinds = {
        "our tag": (f"{blog}/ours", _IN_SHADOW),
        "Isso's tag": (f"{blog}/isso", _IN_ISSO),
        "our own page": (f"{ours.url}/comments/thread?key={KEY}", _IN_PAGE),
    }
    visits: dict[str, list[Visit]] = {kind: [] for kind in kinds}
    progress = Progress("visits", (rounds + 1) * len(kinds))
    for _ in range(rounds + 1):
        for kind, (url, comments) in kinds.items():
            progress.step(kind)
            with visit.opened(browser) as page:
                watched = {"article": _HEADING, "comments": comments}
                visits[kind].append(visit.visit(page, url, watched))
    progress.end()
    # The first of each met a server that had nothing ready.
    return {kind: made[1:] for kind, made in visits.items()}


def _print_visits(visits: dict[str, list[Visit]]) -> None:
    print_list(
        f"A phone: {visit.SLOWER} times slower, {visit.THROUGHPUT * 8 / 1e6:.1f} Mbit/s, "
        f"{visit.LATENCY} ms before each answer; a thread of 100; medians of {_count(visits)}"
    )
    rows = [
        (
            kind,
            f"{_seen(made, 'article'):,.0f}",
            f"{_seen(made, 'comments'):,.0f}",
            str(_in_a_row(made[-1])),
            str(len(made[-1].asked)),
            f"{sum(asked.size for asked in made[-1].asked) / 1000:.1f}",
            f"{max(each.shift for each in made):.3f}",
            f"{median(each.work.script for each in made):.0f}",
            f"{median(each.work.longest for each in made):.0f}",
        )
        for kind, made in visits.items()
    ]
    heads = ("article", "comments", "in a row", "requests", "KB", "shift", "script ms", "longest")
    print_table("A visit: ms until they are there", ("", *heads), rows)


def _count(visits: dict[str, list[Visit]]) -> int:
    return len(next(iter(visits.values())))


def _seen(visits: list[Visit], what: str) -> float:
    return median(each.seen[what] for each in visits)


def _in_a_row(made: Visit) -> int:
    """How many requests waited one for the other until all was there."""
    return visit.longest_chain(made.asked)


def _visit_goals(visits: dict[str, list[Visit]]) -> list[Goal]:
    ours, theirs, own = visits["our tag"], visits["Isso's tag"], visits["our own page"]
    pairs = zip(ours, theirs, strict=True)
    sooner = median(b.seen["comments"] / a.seen["comments"] for a, b in pairs)
    late = median(each.seen["comments"] - each.seen["article"] for each in own)
    shift = max(each.shift for each in (*ours, *own))
    return [
        Goal("one tag: comments sooner than Isso's", f"{sooner:.2f} × as soon", sooner > 1),
        # A frame of the slow phone; both are drawn by the same one or the next.
        Goal("our own page: comments with the article", f"{late:.0f} ms after", late <= 50),
        Goal("layout shift 0", f"{shift:.3f}", shift == 0),
    ]


# ── what scripts cost ────────────────────────────────────────────────────────────────────


def _works(browser: Browser, ours: Server, rounds: int) -> dict[str, list[Work]]:
    """A page of 100, and 25 more put into one, at the speed of this machine and of the phone."""
    works: dict[str, list[Work]] = {}
    progress = Progress("scripts", 2 * rounds)
    for _ in range(rounds):
        for slow in (False, True):
            progress.step("a page")
            name = "slow phone" if slow else "this machine"
            works.setdefault(f"a page of 100, {name}", []).append(_page(browser, ours, slow))
            works.setdefault(f"25 more, {name}", []).append(_more(browser, ours, slow))
    progress.end()
    return works


def _page(browser: Browser, ours: Server, slow: bool) -> Work:
    with visit.opened(browser, slow=slow) as page:
        url = f"{ours.url}/comments/thread?key={KEY}"
        return visit.visit(page, url, {"comments": _IN_PAGE}).work


def _more(browser: Browser, ours: Server, slow: bool) -> Work:
    """What the second press on the button costs: at the first one its module is loaded."""
    with visit.opened(browser, slow=slow) as page:
        page.goto(f"{ours.url}/comments/thread?key={FLAT}")
        page.locator("section[data-live]").wait_for()
        more = page.locator("[data-do=more]:not([data-under])")
        more.click()
        page.wait_for_function(f"{_ROOTS} === 50")
        # A press before the first is through would count for nothing.
        page.wait_for_load_state("networkidle")
        with visit.working(page) as work:
            more.click()
            page.wait_for_function(f"{_ROOTS} === 75")
        told: Work = work()
        return told


_ROOTS = "document.querySelectorAll('[data-id]:not([data-parent])').length"


def _print_works(works: dict[str, list[Work]]) -> None:
    rows = [
        (name, *(f"{median(getattr(each, part) for each in done):.1f}" for part in _PARTS))
        for name, done in sorted(works.items())
    ]
    print_table("The main thread, ms of its processor", ("", "scripts", "longest task"), rows)


_PARTS = ("script", "longest")


def _work_goals(works: dict[str, list[Work]]) -> list[Goal]:
    script = median(work.script for work in works["a page of 100, this machine"])
    inserting = median(work.script for work in works["25 more, this machine"])
    longest = median(work.longest for work in works["a page of 100, slow phone"])
    return [
        Goal("a page of 100: scripts ≤ 30 ms", f"{script:.0f} ms", script <= MOST_SCRIPT),
        Goal("25 more put in: ≤ 10 ms", f"{inserting:.0f} ms", inserting <= MOST_INSERTING),
        Goal("no task over 50 ms on the slow phone", f"{longest:.0f} ms", longest <= MOST_TASK),
    ]

"""How long a reader's browser is busy with finding passages, in a real Chromium.

All that happens on the page's main thread is measured: reading the article's text off the page,
preparing it, finding the passages and making a range of each. Chromium counts the time that the
thread ran, so it does not matter what else the machine does; how fast the machine is tells a
loop that never changes, timed in the same page.
"""

from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession, Page, Route

from tests.bench.report import Goal, print_table
from tests.services import chromium
from tests.services.process import Unavailable
from tests.services.tools import PROJECT

_MOST_MS = 50
_FRESH = 5
_AGAIN = 6

_PREPARE = """
async (work) => {
  const { index, locateAll } = await import("/anchoring.js");
  const { textOf, rangeOf } = await import("/passages.js");
  const article = document.createElement("article");
  for (const paragraph of work.after) {
    const p = document.createElement("p");
    for (const [place, words] of paragraph.split(/(?<=[,;])/).entries()) {
      const part = document.createElement(place % 3 ? "span" : "em");
      part.append(words);
      p.append(part);
    }
    article.append(p);
  }
  document.body.append(article);
  // The anchors come from the server; nothing of ours has run when they arrive.
  const anchors = JSON.parse(work.anchors);
  window.find = () => {
    const map = textOf(article);
    const places = locateAll(index(map.text), anchors);
    const found = places.filter(Boolean);
    return found.map(({ start, end }) => rangeOf(map, start, end)).length;
  };
  window.loop = () => {
    let sum = 0;
    for (let step = 0; step < 3e7; step++) sum = (Math.imul(sum, 31) + step) | 0;
    return sum;
  };
}
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Anchors of an article, as JSON, to be found in what has become of its paragraphs."""

    anchors: str
    after: list[str]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds in a page just opened: the first time, later times, and a plain loop."""

    found: int
    first: float
    again: list[float]
    loop: float


def measure(works: dict[str, Work]) -> list[Goal]:
    """Print what it takes in a page just opened, and again, and what a plain loop takes."""
    promise = f"200 anchors in 10,000 words ≤ {_MOST_MS} ms in Chromium"
    try:
        runs = _runs(works)
    except Unavailable as reason:
        return [Goal(promise, f"not measured: {reason}", met=False)]
    rows = [(name, *_figures(told)) for name, told in runs.items()]
    heads = ("article", "found", "new page", "worst", "again", "worst", "loop", "new page : loop")
    print_table("200 anchors in Chromium, ms of its main thread", heads, rows)
    slowest = max(median(run.first for run in told) for told in runs.values())
    return [Goal(promise, f"{slowest:.0f} ms", slowest <= _MOST_MS)]


def _figures(runs: list[Times]) -> list[str]:
    first = [run.first for run in runs]
    again = [time for run in runs for time in run.again]
    loop = median(run.loop for run in runs)
    figures = (median(first), max(first), median(again), max(again), loop)
    ratio = f"{median(first) / loop:.2f}"
    return [str(runs[0].found), *(f"{figure:.1f}" for figure in figures), ratio]


def _runs(works: dict[str, Work]) -> dict[str, list[Times]]:
    runs: dict[str, list[Times]] = {name: [] for name in works}
    with chromium.launched() as browser:
        for _ in range(_FRESH):
            for name, work in works.items():
                # A context of its own: nothing is compiled yet, as at a reader's first visit.
                with browser.new_context() as context:
                    page = context.new_page()
                    page.route("**/*", _serve)
                    page.goto("http://article.test/")
                    page.evaluate(_PREPARE, {"anchors": work.anchors, "after": work.after})
                    runs[name].append(_times(page))
    return runs


def _serve(route: Route) -> None:
    name = urlsplit(route.request.url).path.strip("/")
    if name.endswith(".js"):
        route.fulfill(path=PROJECT / "static" / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>An article</title>", content_type="text/html")


def _times(page: Page) -> Times:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def timed(call: str) -> tuple[float, int]:
        begun = _busy(session)
        answer: int = page.evaluate(call)
        return 1000 * (_busy(session) - begun), answer

    first, found = timed("find()")
    again = [timed("find()")[0] for _ in range(_AGAIN)]
    timed("loop()")
    return Times(found, first, again, timed("loop()")[0])


def _busy(session: CDPSession) -> float:
    """Seconds that the page's main thread has run."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "ThreadTime")

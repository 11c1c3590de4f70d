"""One visit to a page by a slow phone: Chromium with its network and its processor held back.

What is told in milliseconds of processor time was counted on the page's main thread, so that it
does not matter what else the machine does; it is that of the slowed processor.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

#: A quarter of this machine's speed, and a poor mobile network: bytes a second, milliseconds.
SLOWER, THROUGHPUT, LATENCY = 4, 1_600_000 / 8, 150
_CATEGORIES = ["toplevel", "devtools.timeline", "v8.execute"]
#: Notes when each thing of ``watched``, an expression by name, is first there and has a height.
_WATCH = """
(watched) => {
  window.seen = {};
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  const look = () => {
    for (const [name, found] of Object.entries(watched)) {
      if (seen[name] === undefined && (0, eval)(found)?.getBoundingClientRect().height)
        seen[name] = performance.now();
    }
    if (Object.keys(seen).length < Object.keys(watched).length) requestAnimationFrame(look);
  };
  look();
}
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that left the page, with the bytes that its answer took on the wire."""

    url: str
    size: int
    #: Seconds: when it was sent and when its answer was complete.
    sent: float
    ended: float


@dataclass(frozen=True, slots=True)
class Visit:
    #: Milliseconds since the navigation, by the names of what was watched for.
    seen: dict[str, float]
    asked: list[Asked]
    shift: float
    work: "Work"


@dataclass(frozen=True, slots=True)
class Work:
    """Milliseconds of the main thread: all scripts together, and its longest task."""

    script: float
    longest: float


@contextmanager
def opened(browser: Browser, *, slow: bool = True) -> Iterator[Page]:
    """A page of a reader who has never been anywhere."""
    # What watches the page is no part of it, and asks no leave of the page's policy.
    screen = {"width": 412, "height": 915}
    with browser.new_context(viewport=screen, bypass_csp=True) as context:
        page = context.new_page()
        if slow:
            _hold_back(context.new_cdp_session(page))
        yield page


def _hold_back(session: CDPSession) -> None:
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY,
            "downloadThroughput": THROUGHPUT,
            "uploadThroughput": THROUGHPUT,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def visit(page: Page, url: str, watched: dict[str, str]) -> Visit:
    """Go to *url* and stay until all that is *watched* for (expressions that give an element,
    by name) is there and nothing is loading any more."""
    session = page.context.new_cdp_session(page)
    asked = _listen(session)
    page.add_init_script(f"({_WATCH})({json.dumps(watched)})")
    with working(page) as worked:
        page.goto(url, wait_until="commit")
        page.wait_for_function(f"Object.keys(seen).length === {len(watched)}")
        page.wait_for_load_state("networkidle")
    shift = float(page.evaluate("shifted"))
    return Visit(page.evaluate("seen"), list(asked.values()), shift, worked())


def _listen(session: CDPSession) -> dict[str, Asked]:
    """What the page asks for from now on, as it comes in."""
    session.send("Network.enable")
    begun: dict[str, tuple[str, float]] = {}
    asked: dict[str, Asked] = {}

    def sent(event: dict[str, Any]) -> None:
        begun[event["requestId"]] = (event["request"]["url"], event["timestamp"])

    def ended(event: dict[str, Any]) -> None:
        id = event["requestId"]
        if id in begun:
            url, at = begun[id]
            asked[id] = Asked(url, int(event["encodedDataLength"]), at, event["timestamp"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.loadingFinished", ended)
    return asked


def longest_chain(asked: list[Asked]) -> int:
    """How many of them came one after the other, each sent once the one before was complete."""
    chains: list[tuple[float, int]] = []
    for each in sorted(asked, key=lambda one: one.sent):
        before = max((long for ended, long in chains if ended <= each.sent), default=0)
        chains.append((each.ended, before + 1))
    return max((long for _, long in chains), default=0)


@contextmanager
def working(page: Page) -> Iterator[Any]:
    """Counts what the main thread does inside; call what it gives afterwards for the figures."""
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=_CATEGORIES)
    told: list[Work] = []
    yield lambda: told[0]
    told.append(work(json.loads(browser.stop_tracing())["traceEvents"]))


#: Events in which a script runs; one may lie in another, which counts once.
_SCRIPTS = {"EvaluateScript", "FunctionCall", "v8.evaluateModule", "RunMicrotasks", "v8.run"}
_CALLS = {"FunctionCall", "EvaluateScript"}


def work(events: list[dict[str, Any]]) -> Work:
    """What a trace of Chromium's tells of the main thread."""
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    timed = [
        event
        for event in events
        if (event["pid"], event["tid"]) in main and event["ph"] == "X" and "tdur" in event
    ]
    longest = max((event["tdur"] for event in timed if "RunTask" in event["name"]), default=0)
    return Work(_outer(filter(_is_the_pages, timed)) / 1000, longest / 1000)


def _is_the_pages(event: dict[str, Any]) -> bool:
    """Whether a script of the page runs; those that watch it came from no address."""
    data = event["args"].get("data", {})
    from_somewhere = data.get("url", "").startswith("http")
    return event["name"] in _SCRIPTS and (from_somewhere or event["name"] not in _CALLS)


def _outer(events: Iterable[dict[str, Any]]) -> float:
    """The time of *events*, those that lie in another left out."""
    total, ends = 0.0, (None, -1.0)
    for event in sorted(events, key=lambda each: (each["pid"], each["ts"], -each["dur"])):
        if event["pid"] != ends[0] or event["ts"] >= ends[1]:
            total += event["tdur"]
            ends = (event["pid"], event["ts"] + event["dur"])
    return total

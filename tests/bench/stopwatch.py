"""How long a reader's browser is busy with finding passages, in a real Chromium.

All that happens on the page's only thread is measured: reading the article's text off the page,
preparing it, finding the passages and making a range of each. A loop that never changes is timed
in between, so that the figure can be told from a busy or slow machine.
"""

from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.bench.report import Goal, print_table
from tests.services import chromium
from tests.services.process import Unavailable
from tests.services.tools import PROJECT

_MOST_MS = 50
_FRESH = 7
_AGAIN = 10

_PROGRAM = """
async ([scripts, work, again]) => {
  const load = (source) => import("data:text/javascript," + encodeURIComponent(source));
  const { index, describe, locateAll } = await load(scripts[0]);
  const { textOf, rangeOf } = await load(scripts[1]);
  const article = document.createElement("article");
  for (const paragraph of work.after.split("\\n")) {
    const p = document.createElement("p");
    for (const [place, words] of paragraph.split(/(?<=[,;]) /).entries()) {
      const part = document.createElement(place % 3 ? "span" : "em");
      part.append(words + " ");
      p.append(part);
    }
    article.append(p);
  }
  document.body.append(article);
  const anchors = work.spans.map(([start, end]) => describe(work.before, start, end));
  const find = () => {
    const begun = performance.now();
    const map = textOf(article);
    const places = locateAll(index(map.text), anchors);
    const ranges = places.map((place) => place && rangeOf(map, place.start, place.end));
    return [performance.now() - begun, ranges.filter(Boolean).length];
  };
  const loop = () => {
    const begun = performance.now();
    let sum = 0;
    for (let step = 0; step < 3e7; step++) sum = (sum * 31 + step) | 0;
    return performance.now() - begun + (sum === 1 ? 1 : 0);
  };
  const [first, found] = find();
  const times = [];
  for (let turn = 0; turn < again; turn++) times.push(find()[0]);
  loop();
  return { first, found, again: times, loop: loop() };
}
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Passages of the text *before*, to be found in the text *after*."""

    before: str
    after: str
    spans: list[list[int]]


def measure(works: dict[str, Work]) -> list[Goal]:
    """Print how long it takes in a page just opened, and again, and what a plain loop takes."""
    count = len(next(iter(works.values())).spans)
    promise = f"{count} anchors, 10,000 words ≤ {_MOST_MS} ms in Chromium"
    try:
        runs = _runs(works)
    except Unavailable as reason:
        return [Goal(promise, f"not measured: {reason}", met=False)]
    rows = []
    slowest = 0.0
    for name, told in runs.items():
        first = [one["first"] for one in told]
        again = [time for one in told for time in one["again"]]
        loop = median(one["loop"] for one in told)
        slowest = max(slowest, median(first))
        figures = (median(first), max(first), median(again), max(again), loop)
        rows.append(
            (name, str(told[0]["found"]), *(f"{figure:.1f}" for figure in figures))
            + (f"{median(first) / loop:.2f}",)
        )
    heads = ("article", "found", "new page", "worst", "again", "worst", "loop", "new page/loop")
    print_table(f"{count} anchors in Chromium, ms", heads, rows)
    return [Goal(promise, f"{slowest:.0f} ms", slowest <= _MOST_MS)]


def _runs(works: dict[str, Work]) -> dict[str, list[Any]]:
    scripts = [
        (PROJECT / "static" / name).read_text("utf-8") for name in ("anchoring.js", "passages.js")
    ]
    runs: dict[str, list[Any]] = {name: [] for name in works}
    with chromium.launched() as browser:
        for _ in range(_FRESH):
            for name, work in works.items():
                # A context of its own: nothing is compiled yet, as at a reader's first visit.
                with browser.new_context() as context:
                    given = {"before": work.before, "after": work.after, "spans": work.spans}
                    page = context.new_page()
                    runs[name].append(page.evaluate(_PROGRAM, [scripts, given, _AGAIN]))
    return runs

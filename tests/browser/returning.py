"""A reader who comes back, on a clock that the test winds."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import KEY, Thread

#: As in static/visits.js and static/pulse.js, and a little more for the jitter.
DWELL_MS = 1_600
FIRST_MS = 23_500
MOST_MS = 140_000
#: Counts the questions that the page has planned; no other timer of ours waits as long.
PLANS = """
globalThis.planned = 0;
const wait = globalThis.setTimeout;
globalThis.setTimeout = (act, pause, ...rest) => {
  if (pause > 10_000) planned += 1;
  return wait(act, pause, ...rest);
};
"""


class Returning(Thread):
    """A reader for whom everything of the thread has been loaded."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        page.clock.install()
        page.add_init_script(PLANS)

    def comes(self, address: str) -> None:
        """Opens the page, and is there until the bubble's modules are as well."""
        self.open(address)
        self.stays()

    def comes_near(self, address: str) -> None:
        """The same, with the thread so far below that it is not loaded."""
        self.page.goto(address)
        self.page.wait_for_function("() => Boolean(customElements.get('comment-thread'))")
        self.stays()

    def returns(self) -> None:
        self.reload()
        self.stays()

    def stays(self) -> None:
        self.page.keyboard.press("Shift")
        self.bubble.first.wait_for(state="attached")

    def looks(self) -> None:
        """Reads what is in view."""
        # What the browser has not told anybody yet that it is in view, it tells now.
        self.page.evaluate(
            "new Promise((done) => new IntersectionObserver(() => done()).observe(document.body))"
        )
        self.page.clock.run_for(DWELL_MS)

    def waits(self, milliseconds: int = FIRST_MS) -> None:
        """Until the page has asked once more what has happened, and knows when to ask again."""
        planned = self.page.evaluate("planned")
        with self.page.expect_response(lambda answer: "/pulse?" in answer.url):
            self.page.clock.run_for(milliseconds)
        # A clock that is wound before the answer has been read would wind past no timer at all.
        self.page.wait_for_function("(before) => planned > before", arg=planned)

    def hides(self, hidden: bool = True) -> None:
        """Turns to another tab, or back."""
        self.page.evaluate(
            """(hidden) => {
              Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            hidden,
        )

    def kept(self, name: str = f"visit:{KEY}") -> str | None:
        """What the browser has kept under *name*."""
        return self.page.evaluate(
            "(name) => Object.entries(localStorage).find(([key]) => key.endsWith(name))?.[1]", name
        )

    def top(self, text: str) -> float:
        """Where the comment stands in the window."""
        box = self.comment(text).bounding_box()
        assert box is not None
        return box["y"]

    @property
    def bubble(self):
        return self.page.locator("[data-float]")

    @property
    def said(self):
        return self.page.locator("[data-show]")

    @property
    def new(self):
        return self.page.locator("[data-new]")

    def expect_focus(self, text: str) -> None:
        expect(self.comment(text)).to_be_focused()

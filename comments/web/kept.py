"""Ready pages: what is kept of them, in which forms, and for how much memory."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from comments.web import codings
from comments.web.log_index import Head
from comments.web.revisions import Answer, Question

Headers = list[tuple[str, str]]
#: What a page is kept under: everything in a request that decides it.
Place = tuple[str, ...]

#: The most that a page costs beside its bytes: its headers and the address it is kept under.
_BESIDE = 4000


class Form(NamedTuple):
    """A page in one coding, ready to be sent."""

    headers: Headers
    body: bytes
    #: What *body* is packed with: nothing where that is not worth it.
    packed: str


@dataclass(eq=False, slots=True)
class Kept:
    """A ready page: what it is true for, and its forms by the coding that was asked for.

    No form is kept that nobody asked for. Browsers take every page packed, and as it is it would
    be most of what it weighs.
    """

    question: Question
    #: What the database says to *question* for as long as the page is true.
    answer: Answer
    #: Seconds since 1970 at which the thread closes by itself.
    until: float | None
    headers: Headers
    etag: str
    #: Where the database stood when it was last asked and the page was true.
    head: Head | None = None
    forms: dict[str, Form] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def holds(self, answer: Answer | None) -> bool:
        """Whether it is still true, when the database says *answer*."""
        return self.answer == answer and self.is_in_time()

    def stands(self, head: Head | None) -> bool:
        """Whether it is still true because nothing was written since, now that *head* is."""
        return head is not None and self.head == head and self.is_in_time()

    def reaches(self, answer: Answer | None) -> bool:
        """Whether it is no older than what the database said before."""
        same = isinstance(answer, int) and isinstance(self.answer, int) and self.answer >= answer
        return same and self.is_in_time()

    def is_in_time(self) -> bool:
        return self.until is None or time.time() < self.until

    def start(self, body: bytes, coding: str) -> Form:
        """Its first form, in *coding*, from the page as it is."""
        form = self.forms[coding] = self._form(body, coding)
        return form

    def make(self, coding: str) -> Form:
        """The page in *coding*: packed once, by the first who takes it so."""
        with self._lock:
            if coding not in self.forms:
                other = next(iter(self.forms.values()))
                body = codings.unpacked(other.body, other.packed)
                self.forms[coding] = self._form(body, coding)
            return self.forms[coding]

    def _form(self, body: bytes, coding: str) -> Form:
        packed = codings.packed(body, coding)
        if packed is None:
            return Form([*self.headers, ("Content-Length", str(len(body)))], body, codings.PLAIN)
        told = [("Content-Encoding", coding), ("Content-Length", str(len(packed)))]
        return Form([*self.headers, *told], packed, coding)

    @property
    def size(self) -> int:
        return sum(len(form.body) for form in self.forms.copy().values()) + _BESIDE


class PageCache:
    """Ready pages of one process, the least used ones dropped beyond *most_bytes*."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._pages: OrderedDict[Place, Kept] = OrderedDict()
        self._sizes: dict[Place, int] = {}
        self._bytes = 0
        self._lock = Lock()

    def get(self, place: Place) -> Kept | None:
        with self._lock:
            kept = self._pages.get(place)
            if kept is not None:
                self._pages.move_to_end(place)
            return kept

    def put(self, place: Place, kept: Kept) -> None:
        with self._lock:
            self._drop(place)
            self._add(place, kept)

    def form(self, place: Place, kept: Kept, coding: str) -> Form:
        """*kept* in *coding*. With a form more it weighs more."""
        ready = kept.forms.get(coding)
        if ready is not None:
            return ready
        made = kept.make(coding)
        with self._lock:
            if self._pages.get(place) is kept:
                self._drop(place)
                self._add(place, kept)
        return made

    def _add(self, place: Place, kept: Kept) -> None:
        size = kept.size
        if size > self._most:
            return
        self._pages[place] = kept
        self._sizes[place] = size
        self._bytes += size
        while self._bytes > self._most:
            self._drop(next(iter(self._pages)))

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def bytes(self) -> int:
        return self._bytes

    def _drop(self, place: Place) -> None:
        if self._pages.pop(place, None) is not None:
            self._bytes -= self._sizes.pop(place)

"""What one app has: settings, keys, session, cache. Nothing is kept on the extension itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from blinker import NamedSignal
from flask import Flask, current_app, g, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comments import i18n, signals, threads
from comments.config import Settings
from comments.identity import Identity
from comments.keys import Keys
from comments.providers import Provider
from comments.replica import Replica
from comments.screening import Screen
from comments.web.urls import Urls

if TYPE_CHECKING:
    from comments.web.doorkeeper import Doorkeeper
    from comments.web.gathering import Gathering
    from comments.web.hints import Told
    from comments.web.kept import PageCache
    from comments.web.limiting import Limits

EXTENSION = "comments"
_LISTENERS = "comments.listeners"


@dataclass(frozen=True, slots=True)
class State:
    """One app's comments. *owner* is the extension object, the sender of our signals."""

    settings: Settings
    keys: Keys
    prefix: str
    session: Callable[[], Session]
    #: Whether this request has made one.
    has_session: Callable[[], bool]
    engine: Callable[[], Engine]
    identity_loader: Callable[[], Identity | None]
    owner: Any
    limits: "Limits"
    gathering: "Gathering"
    cache: "PageCache | None"
    #: Who may be worked on at once; ``None`` where there is no bound.
    doorkeeper: "Doorkeeper | None"
    #: The hints that this app's owner has had.
    told: "Told"
    #: Ours, and those that the host has added.
    screens: Callable[[], Sequence[Screen]]
    #: Where people may sign in with an account they have elsewhere.
    providers: tuple[Provider, ...] = ()
    #: What answers the readers, where there is one.
    replica: Replica | None = None

    def urls(self) -> Urls:
        return Urls(self.settings.url or request.script_root + self.prefix)

    def language(self) -> str:
        return i18n.language_or(request.args.get("lang"), self.settings.language)


def current() -> State:
    """The state of the app that is answering."""
    state: State = current_app.extensions[EXTENSION]
    return state


def now() -> datetime:
    """The clock of the edge; below it every function is handed its time."""
    return datetime.now(UTC)


def commit(state: State) -> None:
    """The one commit of a request; what it tells the host is told after it."""
    session = state.session()
    g.comments_written = threads.written(session)
    threads.forget_written(session)
    session.commit()
    state.limits.tidy()
    signals.send_waiting(session, state.owner)


def revision_of(state: State, thread_id: int | None) -> int | None:
    """The revision that this request has given the thread, before and after its commit."""
    done = threads.written(state.session()) or g.get("comments_written")
    return done.revision if done is not None and done.thread_id == thread_id else None


def listen(app: Flask, signal: NamedSignal, act: Callable[..., None], sender: object) -> None:
    """Call *act* for *sender*'s signals as long as *app* lives.

    A function that the signal itself held would stay for good, and *app* with it.
    """
    app.extensions.setdefault(_LISTENERS, []).append(act)
    signal.connect(act, sender)

"""The service: the same comments, with a database, a secret and a server of their own.

``create_app()`` is the WSGI application; ``serve()`` runs it. Configuration comes from the
environment (``COMMENTS_*``, ``HOST``, ``PORT``).
"""

import ctypes
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from flask import Flask, Request, Response, redirect, request_started
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from comments import accounts, engines, environment, notify, schema, signals
from comments.environment import AT_ONCE
from comments.errors import ConfigError
from comments.extension import Comments
from comments.web import hooks, problems
from comments.web.gate import threads_for
from comments.web.request_log import RequestLog
from comments.web.state import EXTENSION, State, listen

log = logging.getLogger("comments")

#: Comments of the demo that a moderator may find waiting.
MOST_DEMO_QUEUE = 1000
#: Under these names the app keeps the threads that deliver its mail and its webhooks.
POSTMAN, COURIER = "comments_postman", "comments_courier"
_ADD = "comments moderators add you@example.org"
#: A worker that is told to stop and is not done by then is ended.
KILL_SECONDS = 10
#: Names of glibc's, from malloc.h.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The service as a WSGI application. Raises ``ConfigError`` with the key and what is right.

    The tables are made or brought up to date on the way.
    """
    try:
        return _made(os.environ if environ is None else environ)
    except ConfigError as wrong:
        if click.get_current_context(silent=True) is None:
            raise
        # Somebody at a command line, who would rather read the sentence alone.
        raise click.ClickException(str(wrong)) from None


def _made(environ: Mapping[str, str]) -> Flask:
    _log_to_stderr()
    instance = Path(environ.get("COMMENTS_INSTANCE") or "instance").resolve()
    app = Flask("comments", instance_path=str(instance), static_folder=None)
    app.config.update(environment.configuration(environ, instance))
    app.session_interface = _Sessions()
    db = SQLAlchemy(app)
    comments = Comments(app, db=db)
    state: State = app.extensions[EXTENSION]
    with app.app_context():
        _prepare_database(db.engine)
    _check_address(state)
    _add_pages(app)
    if environ.get("COMMENTS_DEMO"):
        # why: nobody but the demo needs its texts and its people
        from comments.showcase import add_showcase

        waiting = environ.get("COMMENTS_DEMO_QUEUE") and environment.number_of(
            environ, "COMMENTS_DEMO_QUEUE", 1, MOST_DEMO_QUEUE
        )
        add_showcase(app, comments, port=environment.port_of(environ), waiting=waiting or 0)
    else:
        app.add_url_rule("/", view_func=lambda: redirect("/healthz"))
    app.teardown_appcontext(partial(_give_back, db))
    _wrap(app, state)
    _deliver_mail(app, state)
    return app


class _Sessions(SecureCookieSessionInterface):
    """Flask's sessions, without a signer for whoever brings no cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if app.secret_key and self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def _give_back(db: SQLAlchemy, _error: BaseException | None = None) -> None:
    """End the session of a request, also one whose database went away after its last answer.

    Flask-SQLAlchemy would do so too, and fail the request whose answer is made already.
    """
    try:
        db.session.remove()
    except DBAPIError as gone:
        log.warning("a connection was lost after its work: %s", gone.orig)
        db.session.remove()


def _deliver_mail(app: Flask, state: State) -> None:
    """Letters leave in threads, which begin with the first request that this process answers:
    whoever imports the app for another reason (a command, a server's main process) sends nothing.
    """
    settings = state.settings
    if settings.smtp_uri is not None:
        also = (accounts.QUEUE,)
        postman = notify.Postman(state.engine, settings, state.keys, also=also)
        _let_go_rounds(app, state, POSTMAN, postman)
    if settings.webhooks:
        courier = notify.Courier(state.engine, settings, state.keys, hooks.teller(state))
        _let_go_rounds(app, state, COURIER, courier)


def _let_go_rounds(app: Flask, state: State, name: str, rounds: notify.Rounds) -> None:
    app.extensions[name] = rounds
    listen(app, request_started, lambda _app, **_: rounds.start(), app)
    listen(app, signals.letter_written, lambda _owner: rounds.wake(), state.owner)


def _check_address(state: State) -> None:
    """A proxy may give the comments another path, so a missing one is a hint and no error."""
    url = state.settings.url
    if url and not url.endswith(state.prefix):
        log.warning(
            "COMMENTS_URL is %s and the comments are at %s: links will lead to %s/…. Should it be "
            "%s%s?",
            *(url, state.prefix, url, url, state.prefix),
        )


def _prepare_database(engine: Engine) -> None:
    try:
        engines.prepare(engine)
        schema.upgrade(engine)
    except OperationalError as failed:
        raise ConfigError(
            f"The database of COMMENTS_DATABASE_URI cannot be used: {failed.orig}"
        ) from failed


def serve() -> None:
    """Run the service under granian until it is told to stop."""
    if find_spec("granian") is None:
        raise SystemExit("Flask-Comments: granian is missing: pip install 'Flask-Comments[serve]'.")
    try:
        port, workers = environment.port_of(os.environ), environment.workers_of(os.environ)
        _keep_memory_together()
        app = create_app()
    except ConfigError as wrong:
        raise SystemExit(f"Flask-Comments: {wrong}") from None
    at_once = app.extensions[EXTENSION].settings.at_once or AT_ONCE
    host = os.environ.get("HOST") or "127.0.0.1"
    _check_free(host, port)
    click.echo(f"Comments at http://{'localhost' if host == '127.0.0.1' else host}:{port}/")
    _say_how_to_moderate(app, port)
    _hand_down(app)
    server("comments.standalone:create_worker_app", host, port, workers, at_once).serve()


def _say_how_to_moderate(app: Flask, port: int) -> None:
    """While there is no moderator, how to make one."""
    with app.app_context():
        state: State = app.extensions[EXTENSION]
        if accounts.is_moderated(state.session()):
            return
    command = f"flask --app comments.standalone {_ADD} --url http://localhost:{port}"
    # In a checkout, where the Makefile is.
    if Path("Makefile").is_file() and Path("wsgi.py").is_file():
        command = f"make moderator EMAIL=you@example.org PORT={port}"
    click.echo(f"Nobody moderates them yet. Make the first moderator with:\n\n  {command}\n")


def _keep_memory_together() -> None:
    """Tell the C library's allocator (glibc's, see mallopt(3)) how we use memory.

    It gives each thread an arena, and what pages were drawn in stays with the arena: a fifth of
    what a worker took. The interpreter lets one thread allocate at a time, so two are enough.
    And whole pages have memory of their own, which goes back when they leave the cache.
    """
    if sys.platform != "linux":
        return
    # Another C library has no such function.
    with suppress(AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 2)
        library.mallopt(_MMAP_THRESHOLD, 64 * 1024)


#: The application of the main process, for the workers that are forked from it.
_handed_down: list[Flask] = []


def _hand_down(app: Flask) -> None:
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()  # no connection may be used in two processes
    _handed_down.append(app)
    settle()


def settle() -> None:
    """What is there by now stays: the search for garbage walks through it no more.

    Walking is writing to Python, so workers also go on sharing that memory.
    """
    gc.freeze()
    gc.enable()


def create_worker_app() -> Flask:
    """The application in a worker process, which leaves Ctrl-C to the main process.

    A terminal sends it to both, and granian hangs when both act on it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    return _handed_down[0] if _handed_down else create_app()


def server(factory: str, host: str, port: int, workers: int = 1, at_once: int = AT_ONCE) -> Any:
    """The service's server, set up as it serves best, around the app that *factory* makes.

    It has threads for those who wait and for ready pages, beside the requests worked on *at_once*.
    """
    # why: only the service needs a server
    from granian.constants import Interfaces
    from granian.server import Server

    # It warns of many threads, and advises what the gate does.
    logging.getLogger("_granian").addFilter(lambda line: "Python threads" not in line.getMessage())
    return Server(
        factory,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads_for(at_once),
        websockets=False,
        log_access=False,
        workers_kill_timeout=KILL_SECONDS,
    )


def _check_free(host: str, port: int) -> None:
    """A sentence instead of a stack trace when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise SystemExit(
                f"Flask-Comments cannot listen on {host}, port {port}: {taken.strerror}. "
                "Choose another with PORT=5001."
            ) from None


# ── the app around the comments ──────────────────────────────────────────────────────────


def _add_pages(app: Flask) -> None:
    app.register_error_handler(HTTPException, problems.refuse_http)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


def _wrap(app: Flask, state: State) -> None:
    hops = state.settings.trusted_proxies
    if hops:
        # The address of the caller is counted by us; the proxy tells scheme and host.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=0, x_proto=hops, x_host=hops
        )
    app.wsgi_app = RequestLog(app.wsgi_app, sys.stderr)  # type: ignore[method-assign]


def _log_to_stderr() -> None:
    logger = logging.getLogger("comments")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False

"""The service: the same comments, with a database, a secret and a server of their own.

``create_app()`` is the WSGI application; ``serve()`` runs it. Configuration comes from the
environment (``COMMENTS_*``, ``HOST``, ``PORT``).
"""

import ctypes
import gc
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from flask import Flask, Response, redirect, request_started
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from comments import accounts, config, database, notify, schema, signals
from comments.errors import ConfigError
from comments.extension import Comments
from comments.showcase import add_showcase
from comments.text import read_number
from comments.web import hooks, problems
from comments.web.gate import threads_for
from comments.web.request_log import RequestLog
from comments.web.state import EXTENSION, State, listen

log = logging.getLogger("comments")

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_PORT = 5000
#: Comments of the demo that a moderator may find waiting.
MOST_DEMO_QUEUE = 1000
#: Requests worked on at once by one process. They share one interpreter, so more threads only
#: help while some wait for the disk or the database.
AT_ONCE = 8
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
    app.config.update(_configuration(environ, instance))
    db = SQLAlchemy(app)
    comments = Comments(app, db=db)
    state: State = app.extensions[EXTENSION]
    with app.app_context():
        _prepare_database(db.engine)
    _check_address(state)
    _add_pages(app)
    if environ.get("COMMENTS_DEMO"):
        waiting = environ.get("COMMENTS_DEMO_QUEUE") and _number(
            environ, "COMMENTS_DEMO_QUEUE", 1, MOST_DEMO_QUEUE
        )
        add_showcase(app, comments, port=_port(environ), waiting=waiting or 0)
    else:
        app.add_url_rule("/", view_func=lambda: redirect("/healthz"))
    app.teardown_appcontext(partial(_give_back, db))
    _wrap(app, state)
    _deliver_mail(app, state)
    return app


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
        database.prepare_engine(engine)
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
        port, workers = _port(os.environ), _workers(os.environ)
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

    return Server(
        factory,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads_for(at_once),
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


# ── configuration ────────────────────────────────────────────────────────────────────────


def _configuration(environ: Mapping[str, str], instance: Path) -> dict[str, Any]:
    for sentence in config.unknown_keys(environ, _SERVICE_KEYS):
        log.warning(sentence)
    settings = config.Settings.load(environ)
    uri = _database_uri(settings, instance)
    known = {row.key for row in config.table()}
    values: dict[str, Any] = {key: environ[key] for key in known if environ.get(key)}
    values.setdefault("COMMENTS_AT_ONCE", AT_ONCE)
    if environ.get("COMMENTS_DEMO") and not settings.origins:
        # The showcase embeds itself under this machine's other name.
        port = _port(environ)
        values["COMMENTS_ORIGINS"] = f"http://localhost:{port},http://127.0.0.1:{port}"
    return {
        **values,
        "SECRET_KEY": settings.secret_key or _kept_secret(instance),
        "SQLALCHEMY_DATABASE_URI": uri,
        "SQLALCHEMY_ENGINE_OPTIONS": database.engine_options(uri, settings.at_once or AT_ONCE),
        "TRUSTED_HOSTS": list(settings.hosts or LOOPBACK),
        "MAX_FORM_MEMORY_SIZE": 1_000_000,
        "MAX_CONTENT_LENGTH": 2_000_000,
        "TESTING": False,
    }


#: Read here and nowhere else; see ``docs/configuration.md``.
_SERVICE_KEYS = ("COMMENTS_INSTANCE", "COMMENTS_DEMO", "COMMENTS_DEMO_QUEUE", "COMMENTS_WORKERS")


def _port(environ: Mapping[str, str]) -> int:
    return _number(environ, "PORT", DEFAULT_PORT, 65_535)


def _workers(environ: Mapping[str, str]) -> int:
    return _number(environ, "COMMENTS_WORKERS", 1, 256)


def _number(environ: Mapping[str, str], key: str, default: int, most: int) -> int:
    given = environ.get(key) or str(default)
    number = read_number(given, most)
    if not number:
        raise ConfigError(f"{key} is {given!r}; it must be a whole number from 1 to {most}.")
    return number


def _database_uri(settings: config.Settings, instance: Path) -> str:
    """Where the data is. ``postgresql://`` means psycopg 3 here, whatever SQLAlchemy is used."""
    if settings.database_uri is None:
        place = _private(instance) / "comments.sqlite3"
        if not place.exists():
            log.info("There was no database yet; a new one is made: %s", place)
        # Readable by us alone, and so are the journals beside it, which take its mode.
        place.touch(mode=0o600, exist_ok=True)
        return f"sqlite:///{place}"
    try:
        url = make_url(settings.database_uri)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        known = url.get_dialect().name in ("sqlite", "postgresql")
        url.get_dialect().import_dbapi()
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"COMMENTS_DATABASE_URI is set, but {missing.name} is missing: "
            "pip install 'Flask-Comments[postgres]'."
        ) from None
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise ConfigError(
            "COMMENTS_DATABASE_URI is (not shown); it must be a database address such as "
            "postgresql+psycopg://host/name or sqlite:////var/lib/comments.sqlite3."
        )
    return url.render_as_string(hide_password=False)


def _private(instance: Path) -> Path:
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    return instance


def _kept_secret(instance: Path) -> str:
    """The secret in the instance folder, made at the first start and readable by us alone."""
    place = _private(instance) / "secret_key"
    if not place.exists():
        # Complete before it has its name: another process that starts now reads all or nothing.
        handle, fresh = tempfile.mkstemp(dir=instance)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
        with suppress(FileExistsError):
            os.link(fresh, place)
        Path(fresh).unlink()
    return _read_secret(place)


def _read_secret(place: Path) -> str:
    secret = place.read_text().strip()
    if len(secret) < 20:
        raise ConfigError(
            f"The file {place.name} in the instance folder holds no usable secret. Delete it and "
            "a new one is made; tokens signed with the old one then stop working."
        )
    return secret


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

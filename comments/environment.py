"""The service's configuration: what the environment says, and what is made at the first start.

The keys of ``docs/configuration.md``, and what only the service reads (``docs/service.md``).
"""

import logging
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from comments import config, engines
from comments.errors import ConfigError
from comments.text import read_number

log = logging.getLogger("comments")

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_PORT = 5000
#: Requests worked on at once by one process. They share one interpreter, so more threads only
#: help while some wait for the disk or the database.
AT_ONCE = 8


def configuration(environ: Mapping[str, str], instance: Path) -> dict[str, Any]:
    for sentence in config.unknown_keys(environ, _SERVICE_KEYS):
        log.warning(sentence)
    settings = config.Settings.load(environ)
    uri = _database_uri(settings, instance)
    known = {row.key for row in config.table()}
    values: dict[str, Any] = {key: environ[key] for key in known if environ.get(key)}
    values.setdefault("COMMENTS_AT_ONCE", AT_ONCE)
    if environ.get("COMMENTS_DEMO") and not settings.origins:
        # The showcase embeds itself under this machine's other name.
        port = port_of(environ)
        values["COMMENTS_ORIGINS"] = f"http://localhost:{port},http://127.0.0.1:{port}"
    return {
        **values,
        "SECRET_KEY": settings.secret_key or kept_secret(instance),
        "SQLALCHEMY_DATABASE_URI": uri,
        "SQLALCHEMY_ENGINE_OPTIONS": engines.options(uri, settings.at_once or AT_ONCE),
        "TRUSTED_HOSTS": list(settings.hosts or LOOPBACK),
        "MAX_FORM_MEMORY_SIZE": 1_000_000,
        "MAX_CONTENT_LENGTH": 2_000_000,
        "TESTING": False,
    }


#: Read here and nowhere else; see ``docs/configuration.md``.
_SERVICE_KEYS = ("COMMENTS_INSTANCE", "COMMENTS_DEMO", "COMMENTS_DEMO_QUEUE", "COMMENTS_WORKERS")


def port_of(environ: Mapping[str, str]) -> int:
    return number_of(environ, "PORT", DEFAULT_PORT, 65_535)


def workers_of(environ: Mapping[str, str]) -> int:
    return number_of(environ, "COMMENTS_WORKERS", 1, 256)


def number_of(environ: Mapping[str, str], key: str, default: int, most: int) -> int:
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


def kept_secret(instance: Path) -> str:
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

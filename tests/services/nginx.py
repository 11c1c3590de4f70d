"""An nginx for the tests: ``$COMMENTS_TEST_NGINX``, the machine's, or Debian's package unpacked.

The package is not installed: that would start a server on port 80 of whoever runs the tests.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.services.ports import answers, free_port
from tests.services.process import Process, Unavailable
from tests.services.tools import PROJECT, TOOLS, alone, run, runs

EXAMPLES = PROJECT / "examples" / "nginx"

# What stands around a file of ``/etc/nginx/conf.d/`` in a distribution's nginx.conf. One process:
# it is the cache and the counters of the app that are looked at, not the speed.
_AROUND = """{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Nginx:
    """A server with one file of ``examples/nginx``, reached at ``url``.

    *here* replaces addresses of the example by those of this machine: what is to be replaced
    must be there. The port it listens on is put in by itself.
    """

    def __init__(self, example: str, here: Mapping[str, str]) -> None:
        program = _program()
        self._folder = folder = Path(tempfile.mkdtemp(prefix="comments-nginx-"))
        self.port = port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        here = {"listen 80;": f"listen 127.0.0.1:{port};", **here}
        site = with_addresses((EXAMPLES / example).read_text(), here)
        (folder / "site.conf").write_text(site.replace("/var/cache/nginx", f"{folder}/cache"))
        (folder / "cache").mkdir()
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=user))
        self._process = Process(
            [program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")],
            log=folder / "log",
            ready=lambda: answers(port),
            goodbye=signal.SIGTERM,
        )

    def stop(self) -> None:
        self._process.stop()
        shutil.rmtree(self._folder)


def with_addresses(text: str, here: Mapping[str, str]) -> str:
    """*text* with every key of *here* replaced; one that is not in it is a mistake of the test."""
    for theirs, ours in here.items():
        if theirs not in text:
            raise ValueError(f"the example has no {theirs!r}")
        text = text.replace(theirs, ours)
    return text


def _program() -> str:
    found = os.environ.get("COMMENTS_TEST_NGINX") or shutil.which("nginx", path=_path())
    return found or _from_debian()


def _path() -> str:
    """Debian keeps it where only root's shells look."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def _from_debian() -> str:
    folder = TOOLS / "nginx"
    program = folder / "usr" / "sbin" / "nginx"
    with alone():
        if not program.exists():
            _unpack(folder)
    if not runs([str(program), "-v"]):
        raise Unavailable("Debian's nginx does not run here")
    return str(program)


def _unpack(folder: Path) -> None:
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if apt is None or dpkg is None:
        raise Unavailable("no nginx: none on the PATH, and this is no Debian")
    with tempfile.TemporaryDirectory(prefix="comments-nginx-") as place:
        fetch = ["sh", "-c", 'cd "$1" && "$2" download nginx', "sh", place, apt]
        try:
            run(fetch)
        except Unavailable:
            # The lists of what there is are missing or old.
            run([apt, "update"])
            run(fetch)
        run([dpkg, "-x", str(next(Path(place).glob("nginx_*.deb"))), str(folder)])

"""The ceiling: an empty WSGI app that gives out ready bytes, on the service's own server.

What a page of ours costs is held against it. ``python -m tests.bench.ceiling FOLDER PORT`` serves
every file of FOLDER at ``/<file>``, gzipped ones as such, with as many headers as a page of ours
has; who sends an ``If-None-Match`` gets a ``304``.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from comments.standalone import server

_FOLDER = "BENCH_FOLDER"
_HEADERS = [
    ("ETag", 'W/"1234567-0123abcd"'),
    ("Cache-Control", "public, max-age=0, s-maxage=60, stale-while-revalidate=300"),
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
]


def create_app() -> Any:
    pages = {f"/{file.name}": page_of(file) for file in Path(os.environ[_FOLDER]).iterdir()}

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        headers, body = pages[environ["PATH_INFO"]]
        if "HTTP_IF_NONE_MATCH" in environ:
            start_response("304 NOT MODIFIED", _HEADERS)
            return [b""]
        start_response("200 OK", headers)
        return [body]

    return app


def page_of(file: Path) -> tuple[list[tuple[str, str]], bytes]:
    body = file.read_bytes()
    kind = "application/json" if ".json" in file.suffixes else "text/html; charset=utf-8"
    packed = [("Content-Encoding", "gzip")] if file.suffix == ".gz" else []
    told = [("Content-Type", kind), *packed, ("Content-Length", str(len(body)))]
    return [*_HEADERS, *told], body


if __name__ == "__main__":
    os.environ[_FOLDER] = sys.argv[1]
    server("tests.bench.ceiling:create_app", "127.0.0.1", int(sys.argv[2])).serve()

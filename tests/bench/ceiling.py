"""The ceiling: an empty Flask route that gives out ready bytes, on the service's own server.

What a page of ours costs is held against it. ``python -m tests.bench.ceiling FOLDER PORT`` serves
every file of FOLDER at ``/<file>``, gzipped ones as such.
"""

import os
import sys
from pathlib import Path

from flask import Flask, Response

from comments.standalone import server

_FOLDER = "BENCH_FOLDER"


def create_app() -> Flask:
    app = Flask("ceiling", static_folder=None)
    for file in Path(os.environ[_FOLDER]).iterdir():
        add_route(app, file)
    return app


def add_route(app: Flask, file: Path) -> None:
    body = file.read_bytes()
    headers = {"Content-Encoding": "gzip"} if file.suffix == ".gz" else {}
    kind = "application/json" if ".json" in file.suffixes else "text/html"

    @app.get(f"/{file.name}", endpoint=file.name.replace(".", "_"))
    def page() -> Response:
        return Response(body, mimetype=kind, headers=headers)


if __name__ == "__main__":
    os.environ[_FOLDER] = sys.argv[1]
    server("tests.bench.ceiling:create_app", "127.0.0.1", int(sys.argv[2])).serve()

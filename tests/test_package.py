"""The wheel and the sdist: what is in them, and that a stranger's app works with nothing else."""

import json
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

PROJECT = Path(__file__).parents[1]
UV = find_uv_bin()

# Where the folders of the source stand in the wheel.
SHIPPED = {"comments": "comments", "static": "comments/static", "migrations": "comments/migrations"}

FOREIGN_APP = """
from flask import Flask, render_template_string
from flask_sqlalchemy import SQLAlchemy

from comments import Comments

app = Flask(__name__)
app.config["SECRET_KEY"] = "the secret of somebody else's blog"
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///blog.sqlite3"
app.config["COMMENTS_HOLD"] = "none"

db = SQLAlchemy(app)
comments = Comments(app, db=db)


@app.get("/first-post")
def article():
    return render_template_string("<h1>First post</h1>{{ comments.thread('first-post') }}")
"""

VISIT = """
import json

from blog import app

client = app.test_client()
post = {"thread": "first-post", "parent": None, "name": "Ann", "body": "Well *said*."}
posted = client.post("/comments/api/v1/comments", json=post)
read = client.get("/comments/api/v1/comments?thread=first-post")
assets = ["embed.js", "static/comments.css"]
print(json.dumps({
    "posted": posted.status_code,
    "read": [comment["html"] for comment in read.json["comments"]],
    "article": client.get("/first-post").text,
    "assets": {path: client.get(f"/comments/{path}").status_code for path in assets},
}))
"""


def run(*command, folder):
    """The output of *command*, run in *folder* without the environment of the tests."""
    leaked = ("VIRTUAL_ENV", "PYTHON", "COMMENTS_", "FLASK_", "UV_PROJECT")
    env = {key: value for key, value in os.environ.items() if not key.startswith(leaked)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sources(folder):
    """The files of *folder* that belong to the project."""
    paths = (path for path in (PROJECT / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(PROJECT)) for path in paths if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the sdist and with the wheel that was made from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--quiet", "--out-dir", str(folder), folder=PROJECT)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    return next(built.glob("*.whl"))


def held_by(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    expected = {
        name.replace(folder, place, 1)
        for folder, place in SHIPPED.items()
        for name in sources(folder)
    }
    assert {name for name in held_by(wheel) if ".dist-info/" not in name} == expected


@pytest.mark.parametrize("path", ["py.typed", "static/embed.js", "migrations/env.py"])
def test_the_wheel_holds_what_is_looked_for_at_run_time(wheel, path):
    assert f"comments/{path}" in held_by(wheel)


def test_the_sdist_holds_what_a_packager_needs(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = sdist.getnames()
    held = {name.partition("/")[2] for name in names}
    needed = {"LICENSE", "Makefile", "README.md", "pyproject.toml", "uv.lock", "wsgi.py"}
    needed |= sources("comments") | sources("static") | sources("migrations")
    assert needed <= held


def test_a_strangers_app_works_with_the_wheel_alone(wheel, tmp_path):
    install(wheel, tmp_path)
    (tmp_path / "blog.py").write_text(FOREIGN_APP)
    (tmp_path / "visit.py").write_text(VISIT)
    run("env/bin/flask", "--app", "blog", "comments", "db", "upgrade", folder=tmp_path)

    seen = json.loads(run("env/bin/python", "visit.py", folder=tmp_path))

    assert seen["posted"] == 201
    assert seen["read"] == ["<p>Well <em>said</em>.</p>"]
    assert "<h1>First post</h1>" in seen["article"]
    assert "Well <em>said</em>." in seen["article"]
    assert seen["assets"] == {"embed.js": 200, "static/comments.css": 200}


def install(wheel: Path, folder: Path) -> None:
    """*wheel* into an empty environment ``env``, with the versions that the other tests ran on."""
    locked = ["export", "--frozen", "--no-dev", "--no-hashes", "--no-emit-project", "--quiet"]
    run(UV, *locked, "--output-file", str(folder / "locked.txt"), folder=PROJECT)
    run(UV, "venv", "--quiet", "env", folder=folder)
    into = ["--quiet", "--python", "env", "--constraints", "locked.txt"]
    run(UV, "pip", "install", *into, str(wheel), folder=folder)

"""The examples, run as a stranger would run them.

The PHP one is not run: PHP is on few machines. It is the same few lines as the other two.
"""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from comments import tokens
from tests.factories import with_settings
from tests.services import node
from tests.services.ports import answers
from tests.services.process import Process

EXAMPLES = Path(__file__).parents[1] / "examples"
SECRET = "a-secret-of-32-characters-or-more"


@pytest.fixture
def run(tmp_path, free_port):
    """Starts an example in a process of its own and gives its address."""
    running = []

    def start(path, **environment):
        environ = os.environ | {"INSTANCE": str(tmp_path), "PORT": str(free_port)} | environment
        running.append(
            Process(
                [sys.executable, str(EXAMPLES / path)],
                log=tmp_path / "log",
                env=environ,
                ready=lambda: answers(free_port),
            )
        )
        return f"http://localhost:{free_port}"

    yield start
    for process in running:
        process.stop()


# ── the host's own users ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("example", ["with_flask_login", "with_a_loader"])
def test_a_user_of_the_site_comments_under_their_name(run, example):
    site = run(f"plugin_app/{example}.py")
    with requests.Session() as browser:
        assert "<comment-thread" in browser.get(site, timeout=30).text
        browser.post(f"{site}/sign-in", {"name": "dora", "password": "demo"}, timeout=30)
        comment = post(browser, site, name="Somebody else")
        browser.post(f"{site}/sign-out", timeout=30)
        another = post(browser, site, name="Gil")
        article = browser.get(site, timeout=30).text
    assert (comment["author"]["name"], comment["author"]["kind"]) == ("Dora", "user")
    assert another["author"]["kind"] == "guest"
    assert 'aria-label="Comment by Dora"' in article


def test_a_loader_says_who_moderates(run):
    site = run("plugin_app/with_a_loader.py")
    with requests.Session() as browser:
        browser.post(f"{site}/sign-in", {"name": "ed", "password": "wrong"}, timeout=30)
        assert post(browser, site, name="Gil")["author"]["kind"] == "guest"
        browser.post(f"{site}/sign-in", {"name": "ed", "password": "demo"}, timeout=30)
        assert post(browser, site)["author"]["kind"] == "moderator"


def post(browser, site, name=""):
    answer = browser.post(
        f"{site}/comments/api/v1/comments",
        json={"thread": "harbour", "name": name, "body": f"A comment by {name or 'Dora'}"},
        headers={"Origin": site},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["comment"]


# ── tokens ───────────────────────────────────────────────────────────────────────────────────

MAKERS = {
    "Python": [sys.executable, "make_token.py"],
    "Node": [*node.command("node"), "make_token.mjs"],
}


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS.keys())
def test_a_token_made_by_an_example_is_accepted(maker):
    made = subprocess.run(
        [*maker, "42", "Dörte Müller"],
        cwd=EXAMPLES / "jwt",
        env=os.environ | {"SECRET": SECRET, "SITE": "https://blog.example"},
        check=True,
        capture_output=True,
        text=True,
    )
    author = read(made.stdout.strip(), "https://blog.example")
    assert (author.id, author.name) == ("sso:blog.example:42", "Dörte Müller")


def test_the_example_site_hands_out_a_token_for_itself(run):
    site = run("jwt/site.py", SECRET=SECRET, SERVICE="http://comments.test")
    answer = requests.get(f"{site}/comments-token", timeout=30)
    assert answer.headers["Cache-Control"] == "no-store"
    assert read(answer.text, site).name == "Dora"
    page = requests.get(site, timeout=30).text
    assert 'src="http://comments.test/comments/embed.js"' in page
    assert 'data-sso-url="/comments-token"' in page


@pytest.mark.parametrize(
    ("language", "file"),
    [("python", "make_token.py"), ("js", "make_token.mjs"), ("php", "make_token.php")],
)
def test_the_docs_show_the_example(language, file):
    page = (EXAMPLES.parent / "docs" / "signing-in.md").read_text()
    shown = page.rpartition(f"```{language}\n")[2].partition("```")[0].splitlines()
    lines = (EXAMPLES / "jwt" / file).read_text().splitlines()
    assert len(shown) > 10
    assert [line for line in shown if line not in lines] == []


def read(token, site):
    settings = with_settings(sso_secrets=((site, SECRET),))
    return tokens.reader(token, settings, origin=site, now=datetime.now(UTC))

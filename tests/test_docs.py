"""The docs say what the code does."""

import importlib
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import g

from comments import Identity
from comments.cli.commands import settings_table

PROJECT = Path(__file__).parent.parent
DOCS = PROJECT / "docs"
PAGES = [PROJECT / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def test_the_settings_page_lists_every_key():
    assert settings_table() in (DOCS / "configuration.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_that_is_there(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.fixture
def plugin_site(tmp_path, monkeypatch):
    """Every example of the page for Flask apps, in one file as somebody would copy them."""
    (tmp_path / "quickstart.py").write_text("\n".join(blocks(DOCS / "plugin.md", "python")))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "quickstart", raising=False)
    site = importlib.import_module("quickstart")
    upgraded = site.app.test_cli_runner().invoke(args=["comments", "db", "upgrade"])
    assert upgraded.exit_code == 0, upgraded.output
    yield site
    with site.app.app_context():
        site.db.engine.dispose()


def test_the_plugin_examples_run_as_they_stand(plugin_site, caplog):
    client = plugin_site.app.test_client()
    posted = client.post(
        "/comments/api/v1/comments", json={"thread": "first", "body": "Hello", "name": "Ann"}
    )
    assert posted.status_code == 201
    assert '<comment-thread thread="first"' in client.get("/articles/first").text
    assert f"Comment {posted.json['comment']['id']} in first" in caplog.text


def test_the_plugin_example_signs_the_hosts_people_in(plugin_site):
    user = SimpleNamespace(id=7, name="Ed", picture=None, is_editor=True)
    with plugin_site.app.test_request_context():
        g.user = user
        assert plugin_site.who() == Identity(id=7, name="Ed", is_moderator=True)
        g.user = None
        assert plugin_site.who() is None


def test_the_looks_page_lists_every_custom_property():
    style = (PROJECT / "static" / "comments.css").read_text()
    used = set(re.findall(r"--comments-[a-z-]*[a-z]", style))
    told = set(re.findall(r"`(--comments-[a-z-]+)`", (DOCS / "looks.md").read_text()))
    assert used == told


def test_the_looks_page_lists_every_part():
    templates = (PROJECT / "comments" / "templates" / "comments").glob("*.html")
    used = {
        word
        for template in templates
        for names in re.findall(r' part="([a-z ]+)"', template.read_text())
        for word in names.split()
    }
    listed = (DOCS / "looks.md").read_text().partition("Parts for `::part()`:")[2]
    assert used == set(re.findall(r"`([a-z]+)`", listed.partition("\n\n")[0]))


def test_the_embed_page_lists_every_event():
    scripts = (PROJECT / "static").glob("*.js")
    sent = {
        f"comments:{name}"
        for script in scripts
        for name in re.findall(r'\.?emit\("([a-z-]+)"', script.read_text())
    }
    assert sent == set(re.findall(r"`(comments:[a-z-]+)`", (DOCS / "embed.md").read_text()))

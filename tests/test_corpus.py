"""Our hostile strings, and the checker that judges what becomes of them."""

import json
import os
from pathlib import Path

import pytest

from comments import text
from tests.corpus import check

FOLDER = Path(os.environ.get("COMMENTS_CORPUS") or check.OWN)


def strings() -> list[check.Item]:
    return [item for file in sorted(FOLDER.rglob("*.json")) for item in check.items(file)]


@pytest.mark.again
@pytest.mark.corpus
@pytest.mark.parametrize("item", strings(), ids=lambda item: item.id)
def test_a_hostile_string_becomes_harmless(item: check.Item) -> None:
    assert check.findings(item.string) == []


def test_our_own_are_many_and_each_has_a_name_of_its_own() -> None:
    own = [item for file in check.OWN.glob("*.json") for item in check.items(file)]

    assert len(own) >= 150
    assert len({item.id for item in own}) == len(own)


# ── the checker can say no ───────────────────────────────────────────────────────────────

_REL = 'rel="nofollow ugc noopener"'


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x>",
        "<p onclick=alert(1)>a</p>",
        "<p class=a>a</p>",
        "<p>a",
        "<p><em>a</p></em>",
        "a</p>",
        "<br/>",
        "a &copy; b",
        "a &#60; b",
        "<!-- a -->",
        "<!doctype html>",
        "<?a?>",
        "<![CDATA[a]]>",
        "a < b",
        "a\u202eb",
        "a\x01b",
        f'<a href="javascript:alert(1)" {_REL}>a</a>',
        f'<a href="java&#9;script:alert(1)" {_REL}>a</a>',
        f'<a href="http://a.example\u200b/" {_REL}>a</a>',
        f'<a href="http://b@a.example/" {_REL}>a</a>',
        f'<a href="http:\\\\a.example/" {_REL}>a</a>',
        f'<a href="//a.example/" {_REL}>a</a>',
        f'<a href="http://1234/" {_REL}>a</a>',
        f'<a href="http://0x7f.1/" {_REL}>a</a>',
        f'<a href="http://a.example:99999/" {_REL}>a</a>',
        f'<a href="mailto:a@b.example?bcc=c@d.example" {_REL}>a</a>',
        f'<a href="http://a.example/" {_REL}></a>',
        f'<a href="http://a.example/" {_REL}>\u200b</a>',
        f'<a href="http://a.example/" {_REL}>http://b.example/</a>',
        f'<a href="http://a.example/" {_REL}><a href="http://b.example/" {_REL}>a</a></a>',
        '<a href="http://a.example/">a</a>',
        '<a href="http://a.example/" rel="opener">a</a>',
        f'<a href="http://a.example/" id="a" {_REL}>a</a>',
    ],
)
def test_the_checker_finds(html: str) -> None:
    assert check.html_findings(html)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<p>a<br>b &lt; c</p>",
        "<pre><code>a\n</code></pre><hr>",
        f'<p><a href="http://a.example/?b&amp;c" {_REL}>http://a.example/?b&amp;c</a></p>',
        f'<a href="http://xn--bcher-kva.example/" {_REL}>http://bücher.example/</a>',
        f'<a href="http://192.0.2.1/" {_REL}>a</a>',
        f'<a href="mailto:a@b.example" {_REL}>a@b.example</a>',
    ],
)
def test_the_checker_finds_nothing(html: str) -> None:
    assert check.html_findings(html) == []


def test_it_reads_a_folder_and_says_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"id": "one", "s": "a"}, {"id": "two", "s": "*b*"}]
    recipes = [{"name": "long", "expr": [["rep", "<div>", 50], ["lit", "c"]]}]
    (tmp_path / "some.json").write_text(json.dumps({"items": items, "recipes": recipes}))

    assert check.main([str(tmp_path)]) == 0
    assert "3 strings in 1 files, 0 with findings" in capsys.readouterr().out

    monkeypatch.setattr(text, "render", lambda source: f"<b>{source}</b>")

    assert check.main([str(tmp_path)]) == 1
    assert "one: tag <b>" in capsys.readouterr().out


def test_a_string_that_breaks_the_renderer_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some.json").write_text(json.dumps({"items": [{"id": "one", "s": "a"}]}))

    def fail(source: str) -> str:
        raise RecursionError(source)

    monkeypatch.setattr(text, "render", fail)

    assert check.main([str(tmp_path)]) == 1
    assert "one: failed: RecursionError" in capsys.readouterr().out


def test_an_empty_folder_is_no_success(tmp_path: Path) -> None:
    assert check.main([str(tmp_path)]) == 1

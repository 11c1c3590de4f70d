"""Render every string of a folder and look at the result with other eyes.

    python -m tests.corpus.check            our own strings
    python -m tests.corpus.check FOLDER     every *.json below FOLDER

A file is ``{"items": [{"id": …, "s": …}]}``; ``"recipes"`` may spell long strings as pieces,
``["rep", "<div>", 500]`` and ``["lit", "…"]``. Prints a line per file and one per finding, and
ends with 1 if there is a finding. The checker shares no code with what it checks: it reads the
HTML with ``html.parser`` and addresses the way the URL standard says browsers do.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from comments import text

OWN = Path(__file__).parent

_PLAIN = ("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li")
_ALLOWED: dict[str, set[str]] = {"a": {"href", "rel"}, **{tag: set() for tag in _PLAIN}}
_EMPTY = {"br", "hr"}
_REL = {"nofollow", "ugc", "noopener"}
_NAME_LENGTH = 60
# Controls, directions left open, and what is drawn as nothing but may speak to a machine.
_FORBIDDEN_IN_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    string: str


def items(file: Path) -> Iterator[Item]:
    """The strings of a file, those of its recipes too."""
    content = json.loads(file.read_text("utf-8"))
    for item in content["items"]:
        yield Item(str(item["id"]), item["s"])
    for recipe in content.get("recipes", []):
        yield Item(recipe["name"], "".join(_piece(*piece) for piece in recipe["expr"]))


def _piece(kind: str, string: str, times: int = 1) -> str:
    return string * times if kind == "rep" else string


def findings(string: str) -> list[str]:
    """What is wrong with *string* as a body and as a name; nothing, one hopes."""
    return [*_body_findings(string), *_name_findings(string)]


# ── a body ───────────────────────────────────────────────────────────────────────────────


def _body_findings(string: str) -> list[str]:
    sources = [string]
    try:
        sources.append(text.clean_source(string))
    except ValueError:
        if not any("\ud800" <= character <= "\udfff" for character in string):
            return ["refused as a source, though it is text"]
    return [finding for source in sources for finding in html_findings(text.render(source))]


def html_findings(html: str) -> list[str]:
    """What is wrong with *html* as the HTML of a comment."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if reader.open:
        reader.findings.append(f"never closed: {reader.open}")
    if "".join(reader.seen) != html:
        reader.findings.append("there is something in it that a parser passes over")
    return reader.findings


class _Reader(HTMLParser):
    """Reads a fragment strictly: what it does not expect is a finding."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.findings: list[str] = []
        self.open: list[str] = []
        self.seen: list[str] = []
        self._href: str | None = None
        self._label: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(self.get_starttag_text() or "")
        names = [name for name, _ in attributes]
        if tag not in _ALLOWED or set(names) - _ALLOWED[tag] or len(names) != len(set(names)):
            self.findings.append(f"tag {self.get_starttag_text()}")
        if tag == "a":
            self._check_link(dict(attributes))
        if tag not in _EMPTY:
            self.open.append(tag)

    def _check_link(self, attributes: dict[str, str | None]) -> None:
        if "a" in self.open:
            self.findings.append("a link in a link")
        if set((attributes.get("rel") or "").split()) != _REL:
            self.findings.append(f"rel {attributes.get('rel')}")
        # Without an address it is text: one of the sanitisers did not like where it led.
        self._href, self._label = attributes.get("href"), []
        if self._href is not None:
            self.findings += address_findings(self._href)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.findings.append(f"tag {self.get_starttag_text()}")

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(f"</{tag}>")
        if not self.open or self.open.pop() != tag:
            self.findings.append(f"closes what is not open: {tag}")
        if tag == "a" and self._href is not None:
            self.findings += label_findings("".join(self._label), self._href)
            self._href = None

    def handle_data(self, data: str) -> None:
        self.seen.append(data)
        self._label.append(data)
        hidden = _FORBIDDEN_IN_TEXT.search(data)
        if hidden or "<" in data or ">" in data:
            self.findings.append(f"in the text: {data[:40]!a}")

    def handle_entityref(self, name: str) -> None:
        self.seen.append(f"&{name};")
        self._label.append(unescape(f"&{name};"))
        if name not in ("amp", "lt", "gt", "quot", "nbsp"):
            self.findings.append(f"entity {name}")

    def handle_charref(self, name: str) -> None:
        self.findings.append(f"numbered entity {name}")

    def handle_comment(self, data: str) -> None:
        self.findings.append(f"comment {data[:40]!a}")

    def handle_decl(self, decl: str) -> None:
        self.findings.append(f"declaration {decl[:40]!a}")

    def unknown_decl(self, data: str) -> None:
        self.findings.append(f"declaration {data[:40]!a}")

    def handle_pi(self, data: str) -> None:
        self.findings.append(f"instruction {data[:40]!a}")


def address_findings(href: str) -> list[str]:
    """What is wrong with an address, read as a browser reads it."""
    if re.search(r"[^!-~]", href):
        return [f"not plain ASCII: {href!a}"]
    # What follows makes no difference after the line above. It stands here so that this function
    # goes on being right when that line is taken out.
    read = re.sub(r"[\t\n\r]", "", href.strip("".join(map(chr, range(33)))))
    scheme, _, rest = read.partition(":")
    if scheme in ("http", "https"):
        return _web_findings(rest)
    if scheme == "mailto":
        return [] if re.fullmatch(r"[^?%@,/#]+@[a-z0-9._-]+", rest) else [f"mail {href!a}"]
    return [f"scheme {href!a}"]


def _web_findings(rest: str) -> list[str]:
    if not rest.startswith("//") or "\\" in rest or '"' in rest or "'" in rest:
        return [f"address {rest!a}"]
    authority = re.split("[/?#]", rest[2:], maxsplit=1)[0]
    host, _, port = authority.partition(":")
    findings = []
    if "@" in authority:
        findings.append(f"a name before the host: {authority!a}")
    if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", host):
        findings.append(f"host {host!a}")
    if port and not (port.isdecimal() and int(port) < 65536):
        findings.append(f"port {port!a}")
    number = re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", host.rpartition(".")[2])
    if number and not re.fullmatch(r"((0|[1-9][0-9]{0,2})(\.|$)){4}", host):
        findings.append(f"a number for a host: {host!a}")
    return findings


def label_findings(label: str, href: str) -> list[str]:
    """Does the text of a link hide where it leads?"""
    host = re.split("[/?#:]", href.partition("//")[2], maxsplit=1)[0] or href.rpartition("@")[2]
    if not any(unicodedata.category(character)[0] in "LNPS" for character in label):
        return [f"a link nobody sees, to {href!a}"]
    claim = re.search(r"(?i)(?:https?://|(?=www\.))([^\s/?#:]+)", label)
    if claim and host not in label and not _is_host(claim[1], host):
        return [f"says {claim[1]!a} and leads to {host!a}"]
    return []


def _is_host(claim: str, host: str) -> bool:
    """Is *claim* the *host*, or one above it, as people write it?"""
    written = ".".join(
        label[4:].encode().decode("punycode") if label.startswith("xn--") else label
        for label in host.split(".")
    )
    claim = unicodedata.normalize("NFKC", claim).lower().strip(".-*_~!'")
    return any(f".{form}".endswith(f".{claim}") for form in (host, written))


# ── a name ───────────────────────────────────────────────────────────────────────────────


def _name_findings(string: str) -> list[str]:
    name = text.clean_name(string, _NAME_LENGTH)
    found = []
    if len(name) > _NAME_LENGTH:
        found.append("name: too long")
    if _FORBIDDEN_IN_TEXT.search(name) or "\n" in name or "\t" in name:
        found.append(f"name: {name!a}")
    if name != text.clean_name(name, _NAME_LENGTH):
        found.append(f"name: cleaned again it is another: {name!a}")
    if name and not text.fold_name(name):
        found.append(f"name: nothing to compare in {name!a}")
    return found


# ── a folder ─────────────────────────────────────────────────────────────────────────────


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else OWN
    files = sorted(folder.rglob("*.json"))
    total = wrong = 0
    for file in files:
        checked = [(item, _findings_or_failure(item.string)) for item in items(file)]
        bad = [(item, found) for item, found in checked if found]
        total, wrong = total + len(checked), wrong + len(bad)
        _say(f"{file.relative_to(folder)}: {len(checked)} strings, {len(bad)} with findings")
        for item, found in bad:
            _say(f"  {item.id}: {'; '.join(found)}")
    _say(f"{total} strings in {len(files)} files, {wrong} with findings")
    return 1 if wrong or not total else 0


def _findings_or_failure(string: str) -> list[str]:
    try:
        return findings(string)
    except Exception as failure:  # noqa: BLE001 - any failure at all is a finding
        return [f"failed: {failure!r}"]


def _say(line: Any) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The texts that are translated: collected from the code and templates by Babel.

``make messages`` writes the template ``comments/translations/comments.pot`` and merges it into
every language's ``.po``; a test holds the files against the code. Babel only collects: the files
are read and written by polib, as the product itself reads them.
"""

import re
from pathlib import Path

import polib
from babel.messages.extract import extract_from_dir

PACKAGE = Path(__file__).parent.parent / "comments"
FOLDER = PACKAGE / "translations"
TEMPLATE = FOLDER / "comments.pot"

PLACEHOLDER = re.compile(r"%\((\w+)\)s")

_METHODS = [
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("templates/**.xml", "jinja2"),
    ("**.py", "python"),
]
_KEYWORDS = {"_": None, "say": None, "ngettext": (1, 2), "say_n": (1, 2)}
_UTF_8 = {"Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}


def collected() -> polib.POFile:
    """Every text in the code, as a template."""
    entries: dict[str, polib.POEntry] = {}
    for file, _line, found, _notes, _context in extract_from_dir(
        PACKAGE, _METHODS, keywords=_KEYWORDS
    ):
        one, many = found if isinstance(found, tuple) else (found, "")
        entry = entries.setdefault(one, _entry(one, many))
        if many and not entry.msgid_plural:
            raise ValueError(f"{one!r} stands in the code with a plural and without")
        entry.occurrences = sorted({*entry.occurrences, (Path(file).as_posix(), "")})
    template = polib.POFile(wrapwidth=98)
    template.metadata = dict(_UTF_8)
    template.extend(entries[text] for text in sorted(entries))
    return template


def languages() -> list[Path]:
    return sorted(FOLDER.glob("*.po"))


def read(source: Path) -> polib.POFile:
    return polib.pofile(str(source), wrapwidth=98)


def plural_forms(catalogue: polib.POFile) -> int:
    found = re.match(r"nplurals=(\d+); plural=", catalogue.metadata["Plural-Forms"])
    assert found, catalogue.metadata
    return int(found[1])


def merge(catalogue: polib.POFile, template: polib.POFile) -> None:
    """Bring *catalogue* up to *template*: new texts are empty, those that went are dropped."""
    catalogue.merge(template)
    for entry in catalogue.obsolete_entries():
        catalogue.remove(entry)
    for entry in catalogue:
        if entry.msgid_plural:
            known = entry.msgstr_plural
            entry.msgstr_plural = {n: known.get(n, "") for n in range(plural_forms(catalogue))}
    catalogue.sort(key=lambda entry: entry.msgid)


def main() -> None:
    template = collected()
    template.save(str(TEMPLATE))
    for source in languages():
        catalogue = read(source)
        merge(catalogue, template)
        catalogue.save(str(source))


def _entry(one: str, many: str) -> polib.POEntry:
    plural = {0: "", 1: ""} if many else {}
    flags = ["python-format"] if PLACEHOLDER.search(one + many) else []
    return polib.POEntry(msgid=one, msgid_plural=many, msgstr_plural=plural, flags=flags)


if __name__ == "__main__":
    main()

"""The texts that are translated: collected from the code and templates by Babel.

``make messages`` writes the template ``comments/translations/comments.pot`` and merges new texts
into every language's ``.po``; a test holds the files against the code.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parent.parent / "comments"
FOLDER = PACKAGE / "translations"
TEMPLATE = FOLDER / "comments.pot"

_METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
# The demo's article is a text of its own, in one language.
_KEYWORDS = {"_": None, "say": None, "ngettext": (1, 2)}


def collected() -> Catalog:
    """Every text in the code, as a catalogue."""
    found = Catalog(project="Flask-Comments", charset="utf-8")
    for file, _line, text, notes, context in sorted(
        extract_from_dir(PACKAGE, _METHODS, keywords=_KEYWORDS), key=lambda row: row[0]
    ):
        found.add(text, locations=[(file, None)], auto_comments=notes, context=context)
    return found


def languages() -> list[Path]:
    return sorted(FOLDER.glob("*.po"))


def read(source: Path) -> Catalog:
    with source.open("rb") as file:
        return read_po(file, locale=source.stem)


def _write(target: Path, catalogue: Catalog) -> None:
    with target.open("wb") as file:
        write_po(file, catalogue, omit_header=False, include_lineno=False, sort_output=True)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    template = collected()
    _write(TEMPLATE, template)
    for source in languages():
        catalogue = read(source)
        catalogue.update(template, no_fuzzy_matching=True)
        _write(source, catalogue)


if __name__ == "__main__":
    main()

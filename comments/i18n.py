"""Translations by gettext, read from the ``.po`` files in ``comments/translations``.

The sources are the one truth: a catalogue is compiled in memory at its first use, so nothing
built has to be kept beside it. Public pages are the same bytes for everybody, so their language
is named in the address (``lang=ar``) and never guessed from a header.
"""

import gettext
import io
import re
from functools import lru_cache
from pathlib import Path

from comments.errors import Message

FOLDER = Path(__file__).parent / "translations"
DOMAIN = "comments"

_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}
_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def language_or(tag: str | None, default: str) -> str:
    """*tag* when it is a well-formed language tag such as ``ar`` or ``pt-BR``."""
    return tag if tag and len(tag) <= 20 and _TAG.fullmatch(tag) else default


def direction(language: str) -> str:
    """``rtl`` or ``ltr``."""
    return "rtl" if language.split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def available() -> list[str]:
    """Languages that have a catalogue; English needs none."""
    return ["en", *sorted(folder.stem for folder in FOLDER.glob("*.po"))]


@lru_cache(maxsize=64)
def catalogue(language: str) -> gettext.NullTranslations:
    """The translations for *language*, or for its base (``pt`` for ``pt-BR``), or none."""
    for name in (language, language.split("-")[0]):
        source = FOLDER / f"{name}.po"
        if name != "en" and source.is_file():
            # why: only pages in another language need the reader
            import polib

            compiled = polib.pofile(str(source)).to_binary()
            return gettext.GNUTranslations(io.BytesIO(compiled))
    return gettext.NullTranslations()


def told(message: Message, language: str) -> str:
    """*message* as a sentence in *language*; a message among its params is translated too."""
    params = {
        name: told(value, language) if isinstance(value, Message) else value
        for name, value in message.params.items()
    }
    return str(Message(catalogue(language).gettext(message.text), params))

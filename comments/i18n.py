"""Translations by gettext, read from the ``.po`` files in ``comments/translations``.

The sources are the one truth: a catalogue is compiled in memory at its first use, so nothing
built has to be kept beside it. Public pages are the same bytes for everybody, so their language
is named in the address (``lang=ar``) and never guessed from a header.
"""

import gettext
import io
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from comments.errors import Message

FOLDER = Path(__file__).parent / "translations"

_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}
# A language, perhaps its script, perhaps its region. More would be well-formed too, but not all
# of it is taken by the browser's Intl, which gets the tag from our pages.
_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?", re.ASCII | re.IGNORECASE)


def language_or(tag: str | None, default: str) -> str:
    """*tag* when it is a language tag such as ``ar`` or ``de-AT`` that a catalogue speaks."""
    return tag if tag and _TAG.fullmatch(tag) and _speaker(tag) else default


def direction(language: str) -> str:
    """``rtl`` or ``ltr``."""
    return "rtl" if _base(language) in _RIGHT_TO_LEFT else "ltr"


@cache
def available() -> tuple[str, ...]:
    """Languages that have a catalogue; English needs none."""
    return ("en", *sorted(source.stem for source in FOLDER.glob("*.po")))


def catalogue(language: str) -> gettext.NullTranslations:
    """The translations for *language*, or for its base (``pt`` for ``pt-BR``), or none."""
    return _compiled(_speaker(language) or "en")


def told(message: Message, language: str) -> str:
    """*message* as a sentence in *language*; a message among its params is translated too."""
    words = catalogue(language)
    params: dict[str, Any] = {
        name: told(value, language) if isinstance(value, Message) else value
        for name, value in message.params.items()
    }
    if message.plural is None:
        return str(Message(words.gettext(message.text), params))
    return str(Message(words.ngettext(message.text, message.plural, params["n"]), params))


def for_templates(language: str) -> dict[str, Callable[..., str]]:
    """``_`` and ``ngettext`` as our templates call them: a sentence, its params by name."""
    words = catalogue(language)

    def one(sentence: str, /, **params: Any) -> str:
        return _filled(words.gettext(sentence), params)

    def counted(singular: str, plural: str, number: int, /, **params: Any) -> str:
        told = words.ngettext(singular, plural, number)
        return _filled(told, {"n": number, "count": number, **params})

    return {"_": one, "ngettext": counted}


def _filled(sentence: str, params: Mapping[str, Any]) -> str:
    return sentence % params if params else sentence


def _base(language: str) -> str:
    return language.split("-")[0].lower()


def _speaker(language: str) -> str | None:
    """The catalogue that speaks *language*, by its name."""
    names = {name.lower(): name for name in available()}
    return names.get(language.lower()) or names.get(_base(language))


# By the catalogue's name, not by the tag asked for: whoever makes up tags makes no work.
@cache
def _compiled(name: str) -> gettext.NullTranslations:
    source = FOLDER / f"{name}.po"
    if not source.is_file():
        return gettext.NullTranslations()
    # why: only pages in another language need the reader
    import polib

    return gettext.GNUTranslations(io.BytesIO(polib.pofile(str(source)).to_binary()))

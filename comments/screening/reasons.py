"""The screens' reasons, read back out of the sentences in which they are stored.

In the database stands the sentence in English, with what was counted or quoted in it: a person
reads it there, and in the file of the log. Where it is shown it is known again by its words, so
that it can be told in another language, whenever it was written.
"""

import re
from collections.abc import Iterator

from comments.errors import Message, say_n
from comments.learning import CLUES, SENTENCES
from comments.screening.contents import LOOKED_AT, MANY_LINKS, QUOTED, REJECTED

#: A comment that readers have reported waits.
_REPORTED = say_n("reported by %(n)s reader", "reported by %(n)s readers", n=2)

_PART = re.compile(r"%\((\w+)\)s")


def reported(people: int) -> Message:
    """Why a comment waits that so many have reported."""
    return Message(_REPORTED.text, {"n": people}, _REPORTED.plural)


def read(sentence: str) -> Message:
    """*sentence* as it was before it was stored; any other one as it is."""
    return _known(sentence, _SENTENCES) or Message(sentence)


def _pattern(template: str) -> re.Pattern[str]:
    """What a template becomes. Parts are as short as can be: what was quoted comes last."""
    pieces = _PART.split(template)
    told = [
        f"(?P<{piece}>.*?)" if at % 2 else re.escape(piece.replace("%%", "%"))
        for at, piece in enumerate(pieces)
    ]
    return re.compile("".join(told), re.DOTALL)


def _forms(templates: tuple[Message, ...]) -> Iterator[tuple[re.Pattern[str], Message]]:
    for template in templates:
        yield _pattern(template.text), template
        if template.plural is not None:
            yield _pattern(template.plural), template


# The longest first: three clues read as one as well.
_OURS = (REJECTED, LOOKED_AT, QUOTED, MANY_LINKS, _REPORTED)
_SENTENCES = (*_forms((*_OURS, *reversed(SENTENCES))),)
_CLUES = (*_forms(CLUES),)


def _known(sentence: str, forms: tuple[tuple[re.Pattern[str], Message], ...]) -> Message | None:
    for pattern, template in forms:
        found = pattern.fullmatch(sentence)
        if found is None:
            continue
        parts = found.groupdict()
        if template.plural is not None:
            if not parts["n"].isdecimal():
                continue
            return Message(template.text, {"n": int(parts["n"])}, template.plural)
        return Message(template.text, {name: _part(part) for name, part in parts.items()})
    return None


def _part(part: str) -> Message | str:
    """What stands in a sentence: a clue of the learned filter is told in a language as well."""
    return _known(part, _CLUES) or part

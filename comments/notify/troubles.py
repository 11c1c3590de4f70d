"""What a letter meets with on its way: as its row keeps it, and in words for the owner.

A row keeps no words of a server, which may name people: one of these, or a code.
"""

from comments.errors import Message, say
from comments.models import Letter

#: Where a colon and the name of what was raised follow.
UNREACHED = "the server cannot be reached"
BROKE = "the connection broke"
NO_ANSWER = "no answer came after the whole mail was sent"
WORKER_DIED = "the worker died while it was sent"
ASCII_ALONE = "the server takes no address outside ASCII"
NOT_IN_SETTINGS = "the receiver is not in the settings any more"

_WORDS = {
    UNREACHED: say("the mail server cannot be reached"),
    BROKE: say("the connection to the mail server broke"),
    NO_ANSWER: say("the mail server took it and never said so"),
    WORKER_DIED: say("the program ended while it was sent"),
    ASCII_ALONE: say("the mail server takes no address with such letters"),
    NOT_IN_SETTINGS: say("its receiver is not in the settings any more"),
}
_REFUSED = say("the mail server refuses it (%(code)s)")
_PUT_OFF = say("the mail server puts it off (%(code)s)")
_ANSWERED = say("the receiver answers %(code)s")
_NOT_REACHED = say("the receiver cannot be reached (%(code)s)")


def why(letter: Letter) -> Message | None:
    """What a message met with the last time; ``None`` when that was nothing."""
    error = letter.error or ""
    known = _WORDS.get(error.partition(": ")[0])
    if known or not error:
        return known
    if letter.kind == "mail":
        words = _REFUSED if error.startswith("5") else _PUT_OFF
    else:
        words = _ANSWERED if error.isdigit() else _NOT_REACHED
    return Message(words.text, {"code": error})

"""Cells of a table that somebody opens in a spreadsheet."""

import unicodedata
from typing import Any

#: What a spreadsheet takes for the beginning of a formula, or for the end of a cell before it.
_STARTS = tuple("=+-@\t\r\n")


def plain_cell(cell: Any) -> str:
    """*cell* as a text that a spreadsheet shows and does not calculate.

    Some take a full-width sign for its narrow form and pass over blanks and invisible
    characters before it (OWASP, "CSV Injection"), so those are looked through as well.
    """
    written = "" if cell is None else str(cell)
    plain = unicodedata.normalize("NFKC", written)
    seen = "".join(c for c in plain if c in "\t\r\n" or unicodedata.category(c) not in _UNSEEN)
    if seen.startswith(_STARTS) or seen.lstrip().startswith(_STARTS):
        return f"'{written}"
    return written


_UNSEEN = ("Cc", "Cf")

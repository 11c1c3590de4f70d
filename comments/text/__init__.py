"""What people write: from typed text to safe HTML, and names fit to be shown and compared."""

from comments.text.cells import plain_cell
from comments.text.characters import clean_source, is_empty, showable
from comments.text.links import safe_url
from comments.text.mentions import Who, address_mentions
from comments.text.names import clean_name, fold_name, plain_letters
from comments.text.numbers import (
    MOST_NUMBER,
    moment_number,
    moment_of,
    read_moment,
    read_number,
)
from comments.text.rendering import RENDERER_VERSION, count_links, render
from comments.text.wordlists import Found, WordList

__all__ = [
    "MOST_NUMBER",
    "RENDERER_VERSION",
    "Found",
    "Who",
    "WordList",
    "address_mentions",
    "clean_name",
    "clean_source",
    "count_links",
    "fold_name",
    "is_empty",
    "moment_number",
    "moment_of",
    "plain_cell",
    "plain_letters",
    "read_moment",
    "read_number",
    "render",
    "safe_url",
    "showable",
]

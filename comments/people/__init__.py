"""People and what is theirs: a copy of everything, and erasing it."""

from comments.people.copies import export
from comments.people.erasing import erase
from comments.people.subjects import Subject, subject_of

__all__ = ["Subject", "erase", "export", "subject_of"]

"""The forms that need no JavaScript, and the pages that belong to one reader.

They are private answers, reached by links and by POST-redirect-GET; every POST comes from one of
our own pages or is refused. Each word of the product has its module.
"""

from comments.web.forms import opinions, own, posting
from comments.web.forms.frame import forms

__all__ = ["forms", "opinions", "own", "posting"]

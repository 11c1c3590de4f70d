"""The JSON API, version 1: parse, call, represent.

Views hold no rules. What a caller may do stands in the use-cases; what an answer shows stands
in ``present``. The modules are split by who calls.
"""

# In this order they stand in the document.
# isort: off
from comments.web.api.shared import api
from comments.web.api import reading, writing, me, subscribing, moderating, account

# isort: on

__all__ = ["account", "api", "me", "moderating", "reading", "subscribing", "writing"]

"""The JSON API, version 1: parse, call, represent.

Views hold no rules. What a caller may do stands in the use-cases; what an answer shows stands
in ``present``. The modules are split by who calls.
"""

from comments.web.api import account, me, moderating, reading, writing
from comments.web.api.shared import api

__all__ = ["account", "api", "me", "moderating", "reading", "writing"]

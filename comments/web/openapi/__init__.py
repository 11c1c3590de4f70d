"""The OpenAPI 3.1 document, made from the code that serves the calls.

What a call takes and gives stands beside its view (:func:`described`), its path and methods
come from the app's ``url_map``, its refusals from ``errors.PROBLEMS``, the limits of its fields
from the modules that check them. Nothing is said twice, so nothing can disagree.
"""

from comments.web.openapi.assembly import document
from comments.web.openapi.calls import MODERATORS, OWN, PRIVATE, PUBLIC, Call, described

__all__ = ["MODERATORS", "OWN", "PRIVATE", "PUBLIC", "Call", "described", "document"]

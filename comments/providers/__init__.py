"""Signing in with an account that people have elsewhere: GitHub, Google, any OpenID issuer.

The authorization-code flow of OAuth 2 (RFC 6749) with state, PKCE (RFC 7636) and, where the
provider speaks OpenID Connect, a nonce. :func:`begin` says where to send the browser, and
:func:`finish` reads what it brought back. Between the two, the browser keeps the journey.
"""

from comments.providers.directory import Provider, check_installed, configured
from comments.providers.github import GitHub
from comments.providers.journey import LIFETIME, Journey, begin, finish
from comments.providers.openid import OpenId
from comments.providers.person import Person

__all__ = [
    "LIFETIME",
    "GitHub",
    "Journey",
    "OpenId",
    "Person",
    "Provider",
    "begin",
    "check_installed",
    "configured",
    "finish",
]

"""Which providers the owner has set up, in the order in which they are offered."""

from importlib.util import find_spec

from comments.config import Settings
from comments.errors import ConfigError
from comments.providers.github import GitHub
from comments.providers.openid import OpenId

Provider = GitHub | OpenId

GOOGLE = "https://accounts.google.com"


def configured(settings: Settings) -> tuple[Provider, ...]:
    """Every provider of *settings*. Their slugs are parts of the addresses that providers know."""
    found: list[Provider] = []
    if settings.github:
        found.append(GitHub(client_id=settings.github[0], secret=settings.github[1]))
    if settings.google:
        client_id, secret = settings.google
        found.append(
            OpenId(issuer=GOOGLE, client_id=client_id, secret=secret, label="Google", slug="google")
        )
    for number, (issuer, client_id, secret, label) in enumerate(settings.oidc, start=1):
        slug = "oidc" if number == 1 else f"oidc-{number}"
        found.append(
            OpenId(issuer=issuer, client_id=client_id, secret=secret, label=label, slug=slug)
        )
    return tuple(found)


def check_installed(settings: Settings) -> None:
    """:class:`ConfigError` when a provider is set up and cannot be talked to."""
    if configured(settings) and find_spec("authlib") is None:
        raise ConfigError(
            "COMMENTS_GITHUB, COMMENTS_GOOGLE or COMMENTS_OIDC is set, and signing in there needs "
            'Authlib: pip install "Flask-Comments[oauth]".'
        )

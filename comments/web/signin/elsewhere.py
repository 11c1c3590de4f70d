"""Signing in with an account one has elsewhere: off to the provider, and back."""

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts, providers
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import AuthorKind
from comments.providers import Journey, Provider
from comments.web import guards
from comments.web.limiting import Kind
from comments.web.signin import scene
from comments.web.signin.handover import hand_over
from comments.web.signin.scene import signin
from comments.web.state import State, current, now

JOURNEY_COOKIE = "comments_journey"


def offered(state: State, origin: str, back: str) -> list[tuple[str, str]]:
    """Every provider's name, and where the way to it begins."""
    return [
        (
            provider.label,
            state.urls()(
                "sign_in_with",
                slug=provider.slug,
                origin=origin,
                back=back,
                lang=request.args.get("lang"),
            ),
        )
        for provider in state.providers
    ]


@signin.get("/sign-in/with/<slug>")
def sign_in_with(slug: str) -> AnyResponse:
    """Off to a provider; the browser keeps the journey."""
    state = current()
    provider = _provider(state, slug)
    origin = request.args.get("origin", "")
    scene.check_site(state, origin)
    back = request.args.get("back", "")
    _count(state)
    address, journey = providers.begin(
        provider,
        callback=_callback(state, provider),
        now=now(),
        origin=origin,
        back=scene.page_of(back, origin) if origin else scene.own_path(back),
    )
    response = redirect(address)
    response.set_cookie(
        JOURNEY_COOKIE,
        journey.sealed(state.keys),
        max_age=int(providers.LIFETIME.total_seconds()),
        **guards.own_cookie(state),
    )
    return response


@signin.get("/sign-in/from/<slug>")
def sign_in_from(slug: str) -> AnyResponse:
    """Back from a provider; whatever came of it, the journey is over."""
    state = current()
    provider = _provider(state, slug)
    journey = None
    try:
        journey = Journey.opened(state.keys, request.cookies.get(JOURNEY_COOKIE), now())
        _count(state)
        response = _arrive(state, provider, journey)
    except CommentsError as refused:
        state.session().rollback()
        response = scene.draw(
            state, "failed.html", refused, title=refused.problem.title, journey=journey
        )
    return guards.forget(state, response, JOURNEY_COOKIE)


def _arrive(state: State, provider: Provider, journey: Journey) -> AnyResponse:
    person = providers.finish(
        provider, journey, request.args, callback=_callback(state, provider), now=now()
    )
    account = accounts.by_login(
        state.session(),
        provider.key,
        person.subject,
        email=person.email,
        name=person.name,
        avatar=person.avatar,
        settings=state.settings,
        now=now(),
    )
    return hand_over(state, account, journey.origin, journey.back)


def _provider(state: State, slug: str) -> Provider:
    for provider in state.providers:
        if provider.slug == slug:
            return provider
    raise CommentsError("not_found")


def _callback(state: State, provider: Provider) -> str:
    """Our address as the provider knows it. It is the same both times, or the code is refused."""
    path = state.urls()("sign_in_from", slug=provider.slug)
    return path if state.settings.url else guards.own_origin() + path


def _count(state: State) -> None:
    """Every step may cost requests to the provider, for which one of our threads waits."""
    network = guards.network_hash(state)
    nobody = Author(id="guest:", kind=AuthorKind.GUEST, address=network)
    state.limits.check(Kind.GOING_ELSEWHERE, nobody)

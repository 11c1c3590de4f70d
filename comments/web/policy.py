"""The Content-Security-Policy of our own pages. They run nothing but our own files."""

#: ``'unsafe-inline'`` is nowhere.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; "
    "require-trusted-types-for 'script'; trusted-types comments"
)


#: A fragment is fetched and swept by our script; as a page of its own it may do nothing.
FRAGMENT_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def framed_by(origins: tuple[str, ...]) -> str:
    """The policy of the public page, which a site that may embed may also put into a frame."""
    allowed = " ".join(["frame-ancestors 'self'", *origins])
    return PAGE_POLICY.replace("frame-ancestors 'self'", allowed)


#: The moderation views run nothing but our own files, and nobody frames them.
ADMIN_POLICY = PAGE_POLICY.replace("frame-ancestors 'self'", "frame-ancestors 'none'")

"""The service's entry: ``python wsgi.py`` serves it, a WSGI server imports ``wsgi:app``."""

import gc

# Nothing of what is loaded now is garbage, and to look for it is a tenth of the start.
gc.disable()

from comments.standalone import create_app, serve, settle  # noqa: E402 - not before that

if __name__ == "__main__":
    serve()
else:
    app = create_app()
    settle()

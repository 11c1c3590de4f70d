"""The service's entry: ``python wsgi.py`` serves it, a WSGI server imports ``wsgi:app``."""

from comments.standalone import create_app, serve

if __name__ == "__main__":
    serve()
else:
    app = create_app()

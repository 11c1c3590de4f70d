"""The version, as the installed distribution tells it."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("Flask-Comments")
except PackageNotFoundError:
    # A checkout that was not installed.
    __version__ = "0.0.0"

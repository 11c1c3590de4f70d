"""Where the static files and the migrations are.

They stand beside the package in the repository and inside it in the wheel; an editable install
finds neither by itself.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"Flask-Comments was installed without its folder {name!r}")


def static_folder() -> Path:
    return _folder("static")


def migrations_folder() -> Path:
    return _folder("migrations")

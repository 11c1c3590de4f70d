"""``python -m tests.bench``: measure, print tables and ratios, and say which goals are met."""

import argparse
import ast
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from tests.bench import load
from tests.bench.report import Goal, print_goals, print_header, print_list, print_section
from tests.bench.section import Run
from tests.services.process import Unavailable

# Each is a module of this package; see ``section.py``. A new one is a line here.
SECTIONS = (
    # readers
    "reads",
    "peers",
    "curves",
    # writers
    "writes",
    "costs",
    "told",
    # a million comments
    "million",
    # everybody at once
    "overload",
    # moderators
    "wave",
    # texts
    "text",
    "words",
    "spam",
    # browsers
    "weight",
    "browser",
    "anchors",
    # on many machines
    "proxy",
    "scale",
    # us, earlier
    "versions",
)
#: What a section cannot do without, which a run for all of them may lack.
_NEEDS = {"spam": "spam", "curves": "plot", "versions": "base"}
_PICTURES = Path("build")


def main() -> None:
    options = _options()
    print_header("quick" if options.quick else "full", load.client())
    goals: list[Goal] = []
    with _runs(options) as run:
        for name in _chosen(options):
            folder = run.folder / name
            folder.mkdir()
            print_section(_about(name).removesuffix("."))
            began = time.monotonic()
            goals += _measured(name, replace(run, folder=folder))
            print_list(f"{time.monotonic() - began:.0f} s for all of that")
    if goals:
        print_goals(goals)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench ARGS=",
        description="Measure, print tables and ratios, and say which goals are met.",
        epilog="sections:\n" + "\n".join(f"  {name:<10}{_about(name)}" for name in SECTIONS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds and smaller sites: minutes, not an hour"
    )
    parser.add_argument(
        "--only", choices=SECTIONS, nargs="+", metavar="SECTION", help="these sections"
    )
    parser.add_argument(
        "--hour", action="store_true", help="the mixed load on a large site lasts an hour"
    )
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--spam", type=Path, help="comments to try the learned filter on")
    parser.add_argument("--base", help="a commit that this version is held against")
    parser.add_argument(
        "--plot", type=Path, nargs="?", const=_PICTURES, help="draw curves, into this folder"
    )
    options = parser.parse_args()
    for name in options.only or ():
        need = _NEEDS.get(name)
        if need and not getattr(options, need):
            parser.error(f"--only {name} needs --{need}")
    return options


def _about(name: str) -> str:
    """The first sentence of a section, which is not imported for that."""
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text())
    return (ast.get_docstring(tree) or "").partition("\n")[0]


def _chosen(options: argparse.Namespace) -> list[str]:
    if options.only:
        return [name for name in SECTIONS if name in options.only]
    return [name for name in SECTIONS if name not in _NEEDS or getattr(options, _NEEDS[name])]


@contextmanager
def _runs(options: argparse.Namespace) -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="comments-bench-") as temporary:
        yield Run(
            Path(temporary),
            quick=options.quick,
            hour=options.hour,
            database=options.database,
            pictures=options.plot or _PICTURES,
            spam=options.spam,
            base=options.base,
        )


def section(name: str) -> Callable[[Run], list[Goal]]:
    measure: Callable[[Run], list[Goal]] = import_module(f"tests.bench.{name}").measure
    return measure


def _measured(name: str, run: Run) -> list[Goal]:
    try:
        return section(name)(run)
    except Unavailable as reason:
        return [Goal(f"everything of {name}", f"not measured: {reason}", met=False)]


if __name__ == "__main__":
    main()

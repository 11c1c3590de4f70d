"""What a run prints: a header, tables in Markdown, a progress bar, and the goals."""

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from comments import engines

_LIBRARIES = ("granian", "flask", "sqlalchemy", "jinja2", "markdown-it-py", "bleach", "nh3")
_BAR = 24


@dataclass(frozen=True, slots=True)
class Goal:
    """One promise and what was measured of it."""

    promise: str
    measured: str
    met: bool


class Progress:
    """How far a section has come, on standard error; a bar where somebody watches."""

    def __init__(self, title: str, steps: int) -> None:
        self._title, self._steps, self._done = title, steps, 0

    def step(self, doing: str) -> None:
        if sys.stderr.isatty():
            filled = _BAR * self._done // self._steps
            bar = "█" * filled + "·" * (_BAR - filled)
            _say(f"\r\033[K{bar} {self._done}/{self._steps} {self._title}: {doing}")
        elif self._done == 0:
            _say(f"{self._title}: {self._steps} steps\n")
        self._done += 1

    def end(self) -> None:
        if sys.stderr.isatty():
            _say("\r\033[K")


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def print_header(kind: str, client: str) -> None:
    print(f"# Benchmark, {kind} run of {datetime.now(UTC):%Y-%m-%d}\n")
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    print_list(
        f"Machine: {os.cpu_count()} × {_processor()}, {_memory()}, {system}; all on this machine",
        f"Python {platform.python_version()}, {libraries}",
        f"Client: {client}",
    )


def print_section(title: str) -> None:
    print(f"## {title}\n", flush=True)


def sqlite_version() -> str:
    return f"SQLite {engines.sqlite_module().sqlite_version}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    named = info.read_text().partition("model name")[2] if info.exists() else ""
    return named.partition("\n")[0].lstrip("\t :") or platform.processor() or platform.machine()


def _memory() -> str:
    info = Path("/proc/meminfo")
    if not info.exists():
        return "memory unknown"
    kilobytes = int(info.read_text().partition("MemTotal:")[2].split(maxsplit=1)[0])
    return f"{kilobytes / 2**20:.0f} GB"


def print_list(*lines: str) -> None:
    print("\n".join(f"- {line}" for line in lines), end="\n\n", flush=True)


def print_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    print(f"### {title}\n")
    _print_rows(heads, rows)


def _print_rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A Markdown table that reads well as plain text too; all but the first column are figures."""
    lines = [list(heads), *map(list, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    for number, line in enumerate(lines):
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print("| " + " | ".join(cells) + " |")
        if number == 0:
            rules = ["-" * widths[0], *("-" * max(1, width - 1) + ":" for width in widths[1:])]
            print("| " + " | ".join(rules) + " |")
    print(flush=True)


def print_goals(goals: Sequence[Goal]) -> None:
    rows = [(goal.promise, goal.measured, "yes" if goal.met else "NO") for goal in goals]
    print_section("Goals")
    _print_rows(("goal", "measured", "met"), rows)

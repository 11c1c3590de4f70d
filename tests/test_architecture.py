"""The shape that the code keeps: its map, its names, and no way around the Content-Security-Policy.

Each rule is a function from a text to what breaks it; the last test shows that it can find it.
"""

import ast
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "comments"
STATIC = PROJECT / "static"

LONGEST = 400

# From the edges down. A room imports what stands on a lower line, never its own line or above.
MAP = (
    ("comments",),
    ("standalone",),
    ("showcase",),
    ("extension",),
    ("cli",),
    ("web",),
    # Nothing below this line imports Flask.
    ("demo_queue",),
    ("demo", "transfer", "environment"),
    ("people",),
    ("accounts",),
    ("posting",),
    ("moderation",),
    ("subscriptions",),
    ("notify",),
    ("draft", "mentions", "screening", "upkeep"),
    ("schema", "threads"),
    ("providers", "tokens"),
    ("anchors", "identity", "index", "learning", "limits", "replica", "tree"),
    ("models", "engines"),
    ("database", "i18n", "keys", "resources", "text"),
    ("config", "outbound", "signals", "spelled", "turns"),
    ("errors", "kinds", "version"),
)
KNOWS_FLASK = {"comments", "standalone", "showcase", "extension", "cli", "web"}

# Passwords are kept in Werkzeug's format, which a host's own accounts have as well; the functions
# of that one module know nothing of HTTP.
MAY_IMPORT = {"comments.accounts.passwords": {("werkzeug", "security")}}

SAYS_NOTHING = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}

# The one file in which server HTML enters the page.
HTML_ENTERS_IN = "sweep.js"


# ── what is there ────────────────────────────────────────────────────────────────────────────


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}


def files(folder: Path, *endings: str) -> dict[str, str]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in endings)
    return {str(path.relative_to(PROJECT)): path.read_text() for path in found}


def room(module: str) -> str:
    """The word of the map for *module*: ``comments.web.api`` stands in ``web``."""
    return module.split(".")[1] if "." in module else module


def imported(source: str) -> Iterator[tuple[str, str | None]]:
    """Every import as (module, name); the name is ``None`` for ``import module``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from ((node.module or "", alias.name) for alias in node.names)


def our_imports(source: str) -> set[str]:
    """The modules of the package that *source* imports."""
    ours = ((module, name) for module, name in imported(source) if is_ours(module))
    return {
        f"{module}.{name}" if name and f"{module}.{name}" in MODULES else module
        for module, name in ours
    }


def is_ours(module: str) -> bool:
    return module == "comments" or module.startswith("comments.")


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """The modules that import each other in a circle, or stand between two circles."""
    left = dict(graph)
    while ends := [module for module in left if is_end(module, left)]:
        for module in ends:
            del left[module]
    return sorted(left)


def is_end(module: str, graph: dict[str, set[str]]) -> bool:
    imports_nothing = not graph[module] & graph.keys()
    return imports_nothing or not any(module in needs for needs in graph.values())


# ── rules for Python ─────────────────────────────────────────────────────────────────────────


def imports_upwards(module: str, source: str) -> list[str]:
    line = {word: number for number, words in enumerate(MAP) for word in words}
    here = room(module)
    return [
        f"{module} imports {target}"
        for target in sorted(our_imports(source))
        if room(target) != here and line[room(target)] <= line[here]
    ]


def imports_flask(module: str, source: str) -> list[str]:
    if room(module) in KNOWS_FLASK:
        return []
    allowed = MAY_IMPORT.get(module, set())
    roots = {name.split(".")[0] for name, part in imported(source) if (name, part) not in allowed}
    return [
        f"{module} imports {root}"
        for root in sorted(roots)
        if root in ("flask", "werkzeug") or root.startswith("flask_")
    ]


def hidden_imports(module: str, source: str) -> list[str]:
    """Imports inside functions that no ``# why`` beside or above explains."""
    lines = source.splitlines()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    hidden = {
        node.lineno
        for function in ast.walk(ast.parse(source))
        if isinstance(function, functions)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    return [f"{module}:{number}" for number in sorted(hidden) if not explained(lines, number)]


def explained(lines: list[str], number: int) -> bool:
    """A ``# why`` on the line, or right above the block of imports it is in."""
    at = number - 1
    if "# why" in lines[at]:
        return True
    while lines[at].lstrip().startswith(("import ", "from ")):
        at -= 1
    while lines[at].lstrip().startswith("#"):
        if "# why" in lines[at]:
            return True
        at -= 1
    return False


def test_every_room_is_on_the_map():
    known = {word for words in MAP for word in words}
    assert {room(module) for module in MODULES} <= known


def test_imports_point_down():
    assert broken(imports_upwards, MODULES) == []


def test_there_is_no_import_cycle():
    graph = {module: our_imports(source) - {module} for module, source in MODULES.items()}
    assert cycle(graph) == []


def test_only_the_edges_know_flask():
    assert broken(imports_flask, MODULES) == []


def test_an_import_inside_a_function_says_why():
    assert broken(hidden_imports, MODULES) == []


def test_no_file_is_longer_than_a_reader_can_hold():
    sources = files(PACKAGE, ".py") | files(PROJECT / "migrations", ".py") | files(STATIC, ".js")
    lengths = {name: source.count("\n") for name, source in sources.items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_names_say_something():
    folders = (PACKAGE, STATIC, PROJECT / "migrations", PROJECT / "tests")
    everything = (path for folder in folders for path in folder.rglob("*"))
    ours = (path for path in everything if "node_modules" not in path.parts)
    assert [str(path) for path in ours if path.stem in SAYS_NOTHING] == []


# ── rules for what the browser gets ──────────────────────────────────────────────────────────

SINK = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|parseFromString"
    r"|setHTMLUnsafe|parseHTMLUnsafe|srcdoc|eval)\b"
    r"|\bdocument\.write|\bnew Function\b|setAttribute\(\s*[\"'](on|style)"
)


def html_sinks(name: str, source: str) -> list[str]:
    if Path(name).name == HTML_ENTERS_IN:
        return []
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", source, flags=re.DOTALL)
    return [f"{name}: {found.group()}" for found in SINK.finditer(code)]


class Inline(HTMLParser):
    """Collects what a strict Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        data = (given.get("type") or "").endswith("json")
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.found.append(f"<{tag}>")
        self.found += [name for name in given if name == "style" or name.startswith("on")]


def inline_code(name: str, template: str) -> list[str]:
    parser = Inline()
    parser.feed(re.sub(r"\{[%{#].*?[%}#]\}", "", template, flags=re.DOTALL))
    return [f"{name}: {found}" for found in parser.found]


PHYSICAL = re.compile(
    r"(?<![\w-])([a-z-]+-)?(left|right)(-[a-z-]+)?\s*:"
    r"|(?<![\w-])(text-align|float|clear)\s*:\s*(left|right)\b"
)


def css_faults(name: str, source: str) -> list[str]:
    """Physical sides, which right-to-left turns wrong, and what nobody can override."""
    css = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    preludes = re.findall(r"([^{};]*)\{", css)
    found = [match.group() for match in PHYSICAL.finditer(css)]
    found += re.findall(r"!\s*important", css)
    found += [part.strip() for part in preludes if re.search(r"#[A-Za-z_]", part)]
    return [f"{name}: {fault}" for fault in found]


def test_html_enters_the_page_in_one_file():
    assert broken(html_sinks, files(STATIC, ".js")) == []


def test_templates_hold_no_inline_code():
    pages = files(PACKAGE / "templates", ".html")
    # A mail is no page of ours: there is no policy for it, and no sheet that it could fetch.
    pages = {name: source for name, source in pages.items() if "/comments/mail/" not in name}
    assert broken(inline_code, pages) == []


def test_styles_are_logical_and_can_be_overridden():
    assert broken(css_faults, files(STATIC, ".css")) == []


# ── each rule finds what it looks for ────────────────────────────────────────────────────────

Rule = Callable[[str, str], list[str]]


def broken(rule: Rule, sources: dict[str, str]) -> list[str]:
    return [fault for name, source in sources.items() for fault in rule(name, source)]


BREAKS: list[tuple[Rule, str, str]] = [
    (imports_upwards, "comments.threads", "from comments import posting"),
    (imports_upwards, "comments.threads", "from comments.schema import upgrade"),
    (imports_upwards, "comments.web.api", "from comments import __version__"),
    (imports_flask, "comments.posting", "from flask import request"),
    (imports_flask, "comments.posting", "import flask_limiter.util"),
    (hidden_imports, "comments.cli", "def f():\n    # because\n    import csv\n"),
    (html_sinks, "a.js", "node.innerHTML = text;"),
    (html_sinks, "a.js", "node.setAttribute('onclick', code);"),
    (inline_code, "a.html", "<p {% if x %}style='{{ y }}'{% endif %}>"),
    (inline_code, "a.html", "<button onclick='go()'>"),
    (inline_code, "a.html", "<script>go()</script>"),
    (css_faults, "a.css", ".a { margin-left: 1em }"),
    (css_faults, "a.css", ".a { text-align: right }"),
    (css_faults, "a.css", ".a { left: 0 }"),
    (css_faults, "a.css", "@media print { .b #form:focus { color: red } }"),
    (css_faults, "a.css", ".a { color: red ! important }"),
]


@pytest.mark.parametrize(("rule", "name", "source"), BREAKS)
def test_a_rule_finds_what_breaks_it(rule, name, source):
    assert len(rule(name, source)) == 1


KEEPS: list[tuple[Rule, str, str]] = [
    (imports_upwards, "comments.threads", "from comments import tree\nimport comments.models"),
    (hidden_imports, "comments.cli", "def f():\n    # why: slow\n    import csv\n    import io\n"),
    (html_sinks, "a.js", "// innerHTML is not used\nnode.textContent = text;"),
    (inline_code, "a.html", "<script src='{{ x }}' type='module'></script><p class='on'>"),
    (css_faults, "a.css", ".a { color: #fade00; margin-inline-start: 1em }"),
]


@pytest.mark.parametrize(("rule", "name", "source"), KEEPS)
def test_a_rule_leaves_the_rest_alone(rule, name, source):
    assert rule(name, source) == []


def test_a_cycle_is_found():
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}) == list("abc")

"""What import-linter and ruff cannot see: what gets loaded when, and what no module may do.

docs/architecture.md says why.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "mondrian_desktop"
MODULES = sorted(PACKAGE.rglob("*.py"))

LONGEST_MODULE = 400
LONGER_FOR_A_REASON: dict[str, str] = {
    "gui/main_window.py": "imports where they are needed: the empty window is painted before the rest is loaded",
    "service.py": "every verb with its documentation; the bodies are a line or two",
}
"""Modules (relative to the package) that may be longer, and why."""


SEEN_FIRST = {
    "__main__", "errors", "gui", "gui.app", "gui.file_open", "gui.first_paint", "gui.mac", "gui.main_window",
    "gui.place", "gui.theme", "jobs", "jobs.handover", "paths",
}  # fmt: skip
"""What the empty window needs to be painted. A module more is a moment more in which there is nothing to be seen."""


def loaded_by(statements: str) -> set[str]:
    """Return what a fresh interpreter has loaded after ``statements``: modules, and the packages that they are in."""
    script = statements + "\nimport os, sys\nprint(*sys.modules, flush=True)\nos._exit(0)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    names = set(done.stdout.split())
    return names | {name.partition(".")[0] for name in names}


def loaded_when(moment: str) -> set[str]:
    """Return what the app has loaded when its empty window is painted ("on_painted"), or all is made ("on_made")."""
    return loaded_by(f"""
import os, sys
from mondrian_desktop.__main__ import _builder
from mondrian_desktop.gui import app

def look(what):
    print(*sys.modules, flush=True)
    os._exit(0)

app.run(_builder(lambda: None), [], {moment}=look)
""")


def calls() -> Iterator[tuple[str, str, int]]:
    """Yield (module, name of the attribute or function, line) of every call in the package."""
    for file in MODULES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                yield file.relative_to(PACKAGE).as_posix(), name, node.lineno


def test_the_service_needs_neither_qt_nor_the_model_library() -> None:
    loaded = loaded_by("import mondrian_desktop.service")
    assert "mondrian_desktop" in loaded
    assert not loaded & {"PySide6", "shiboken6", "mlx", "mlx_vlm", "transformers"}


def test_the_empty_window_is_painted_before_nearly_everything_is_loaded() -> None:
    loaded = loaded_when("on_painted")
    assert {name.partition(".")[2] for name in loaded if name.startswith("mondrian_desktop.")} == SEEN_FIRST
    assert not loaded & {"asyncio", "concurrent", "email", "http", "importlib.metadata", "logging.handlers",
                         "multiprocessing", "numpy", "PIL", "pydantic", "socket", "sqlite3", "ssl", "subprocess",
                         "tomllib", "xml"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SEEN_FIRST - {"__main__"}))
def test_what_the_empty_window_needs_does_without_the_class_qt(name: str) -> None:
    """With its hundred enumerations it takes as long as all of QtCore; it is made where it is imported."""
    file = PACKAGE / name.replace(".", "/")
    source = (file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_text(encoding="utf-8")
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
    assert "Qt" not in {each.name for node in imports for each in node.names if node.module == "PySide6.QtCore"}


def test_the_window_is_furnished_before_the_model_library_is_loaded() -> None:
    loaded = loaded_when("on_made")
    assert {"mondrian_desktop.service", "mondrian_desktop.gui.session"} <= loaded
    assert not loaded & {"mlx_vlm", "transformers"}
    # They would take as long as everything else that the window needs.
    assert not loaded & {"numpy", "PIL", "pydantic", "markdown_it", "fastapi", "segno", "tqdm"}


def test_the_package_itself_imports_nothing() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_only_the_application_starts_an_event_loop() -> None:
    nested = [call for call in calls() if call[1] in ("processEvents", "exec", "exec_")]
    assert [module for module, _, _ in nested] == ["gui/app.py"], nested


def test_nothing_sleeps() -> None:
    assert not [call for call in calls() if call[1] in ("sleep", "msleep", "usleep")]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_a_module_says_what_it_is_for_and_stays_readable(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source))
    name = file.relative_to(PACKAGE).as_posix()
    assert len(source.splitlines()) <= LONGEST_MODULE or name in LONGER_FOR_A_REASON


def test_the_table_of_long_modules_names_only_long_modules() -> None:
    for name in LONGER_FOR_A_REASON:
        assert len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) > LONGEST_MODULE, name

"""Registry, modules, fixtures and changelog speak of the same checks."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rmwlint.check import Check, registry
from rmwlint.own import OWN_CODES
from tests.checks.marks import marks_of
from tests.checks.test_fixtures import FIXTURES, ROOT, files_of, situations

MODULES = sorted((ROOT / "checks").glob("*.py"))
CHECKS = pytest.mark.parametrize("check", registry().values(), ids=lambda check: check.name)


def test_every_module_holds_one_check_of_its_name() -> None:
    assert {path.stem for path in MODULES} == {check.name.replace("-", "_") for check in registry().values()}
    for code, check in registry().items():
        assert check.code == code
        assert check.module == "rmwlint.checks." + check.name.replace("-", "_")
        assert re.fullmatch(r"RMW[1-6]\d\d", code)
        assert re.fullmatch(r"\d+\.\d+", check.since)
        assert any((check.of_function, check.of_events, check.of_windows, check.of_class, check.of_module))


def test_codes_and_names_are_unique() -> None:
    written = [
        match
        for path in MODULES
        for match in re.findall(
            r'^check = Check\(\s*"(RMW\d{3})", "([a-z-]+)"', path.read_text("utf-8"), re.M
        )
    ]
    assert len(written) == len(MODULES)
    assert sorted(code for code, _ in written) == sorted(registry())
    assert len({name for _, name in written}) == len(written)
    assert not set(OWN_CODES) & set(registry())


def test_the_bridge_holds_nothing_else() -> None:
    """A module there would hide every check of a checkout."""
    assert [path.name for path in (ROOT / "rmwlint" / "checks").glob("*.py")] == ["__init__.py"]
    assert not (ROOT / "checks" / "__init__.py").exists()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_check_asks_the_engine_only(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            names = [node.module or ""]
        for name in names:
            assert name == "rmwlint.check" or name.partition(".")[0] in sys.stdlib_module_names, name
            assert name not in ("ast", "os", "pathlib", "io"), "a check walks no tree and opens no file"


@CHECKS
def test_the_changelog_names_it(check: Check) -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"{check.code}\b.*`{check.name}`", text), (
        f"CHANGELOG.md lacks {check.code} `{check.name}`"
    )


@CHECKS
def test_what_must_not_fire_is_tested_more(check: Check) -> None:
    folder = FIXTURES / check.name.replace("-", "_")
    assert folder.is_dir(), f"no fixtures in {folder.relative_to(ROOT)}"
    firing = silent = 0
    for situation in situations(folder):
        for path in files_of(situation):
            marked = {mark.line for mark in marks_of(path).marks if mark.code == check.code and not mark.todo}
            for lines in _cases(ast.parse(path.read_text("utf-8"))):
                if marked & lines:
                    firing += 1
                    marked -= lines
                else:
                    silent += 1
            firing += bool(marked)  # in the module's body
    assert firing, f"no fixture in {folder.name} fires"
    assert silent > firing, f"{folder.name}: {firing} functions fire, only {silent} are silent"


def test_every_folder_of_fixtures_is_run() -> None:
    names = {check.name.replace("-", "_") for check in registry().values()}
    other = {path.name for path in FIXTURES.iterdir() if path.is_dir()} - names
    assert other <= {"demo", "systems"}, "no check has these names"


def _cases(tree: ast.AST) -> Iterator[set[int]]:
    """The lines of each function that does something: it calls, or sets more than a name."""
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for node in sorted(functions, key=lambda function: -function.lineno):  # inner ones first
        if node.name.startswith("__"):
            continue
        inner = [child for statement in node.body for child in ast.walk(statement)]
        if any(isinstance(child, (ast.Call, ast.Await)) for child in inner) or any(
            isinstance(child, (ast.Attribute, ast.Subscript)) and not isinstance(child.ctx, ast.Load)
            for child in inner
        ):
            yield set(range(node.lineno, (node.end_lineno or node.lineno) + 1))

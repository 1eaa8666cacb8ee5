"""The standard library of the running Python as a corpus: what must hold, holds for all of it."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from pathlib import Path

import pytest

from rmwlint.facts.lower import lower
from rmwlint.facts.model import Module
from rmwlint.facts.storage import dump, load
from tests.facts.invariants import assert_invariants

_STDLIB = Path(sysconfig.get_path("stdlib"))
_SIZE = 170


def _corpus() -> list[Path]:
    files = sorted(path for path in _STDLIB.rglob("*.py") if "site-packages" not in path.parts)
    # Every so many files, so that each corner of the library has its share.
    return files[:: max(1, len(files) // _SIZE)]


def _parse(path: Path) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None  # The test data of the parser itself.


def _facts(tree: ast.Module, path: Path) -> Module:
    return lower(tree, path.stem, str(path), path.stem == "__init__")


_TREES = [(path, tree) for path in _corpus() if (tree := _parse(path)) is not None]


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(_TREES) > 100
    kinds = {type(node) for _, tree in _TREES for node in ast.walk(tree)}
    assert {ast.Try, ast.With, ast.While, ast.ClassDef, ast.Lambda, ast.ListComp} <= kinds


@pytest.mark.parametrize(("path", "tree"), _TREES, ids=[str(path.relative_to(_STDLIB)) for path, _ in _TREES])
def test_facts_of_real_code(path: Path, tree: ast.Module) -> None:
    module = _facts(tree, path)
    assert_invariants(module)
    assert _facts(tree, path) == module
    assert load(dump(module)) == module


def test_every_called_name_attribute_and_keyword_is_in_the_names_of_its_function() -> None:
    for path, tree in _TREES:
        known = set().union(*(function.names for function in _facts(tree, path).functions))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name):
                    assert node.func.id in known, (path, node.lineno)
                elif isinstance(node.func, ast.Attribute):
                    assert node.func.attr in known, (path, node.lineno)
                assert {keyword.arg for keyword in node.keywords if keyword.arg} <= known, path


def test_every_function_and_class_of_the_source_has_its_facts_once() -> None:
    for path, tree in _TREES:
        module = _facts(tree, path)
        defined = [
            (node.name, node.end_lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        found = [(f.name, f.end_line) for f in module.functions[1:] if f.name != "<lambda>"]
        assert sorted(found) == sorted(defined), path
        lambdas = sum(isinstance(node, ast.Lambda) for node in ast.walk(tree))
        assert sum(f.name == "<lambda>" for f in module.functions) == lambdas, path
        classes = sum(isinstance(node, ast.ClassDef) for node in ast.walk(tree))
        assert len(module.classes) == classes, path

"""No file is nested too deep, and none grows out of all proportion.

The trees are built by hand where the parser itself would give up.
"""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rmwlint.facts import depth
from rmwlint.facts.lower import lower
from rmwlint.facts.model import Module
from rmwlint.facts.storage import dump, load
from tests.facts.invariants import assert_invariants

_AT: dict[str, Any] = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 1}
_X = ast.Name("x", **_AT)


def _facts(*body: ast.stmt) -> Module:
    return lower(ast.Module(list(body), []), "m", "m.py", False)


def _nested(depth: int, wrap: Callable[[ast.expr], ast.expr]) -> Module:
    node: ast.expr = _X
    for _ in range(depth):
        node = wrap(node)
    return _facts(ast.Expr(node, **_AT))


def _count(module: Module, kind: str) -> int:
    return sum(op[0] == kind for function in module.functions for op in function.ops)


def test_three_thousand_parentheses() -> None:
    # They leave no trace in the tree, but displays and calls in their place do.
    module = _nested(3000, lambda node: ast.Tuple([node], **_AT))
    assert _count(module, "build") == 3000
    assert_invariants(module)


def test_a_chain_of_three_thousand_calls() -> None:
    module = _nested(3000, lambda node: ast.Call(ast.Attribute(node, "b", **_AT), [], [], **_AT))
    assert _count(module, "call") == _count(module, "attr") == 3000
    assert module.functions[0].ops[:3] == (("name", "x"), ("attr", 0, "b"), ("call", 1, (), ()))
    assert_invariants(module)
    assert load(dump(module)) == module


def test_a_sum_of_five_thousand_terms() -> None:
    module = _nested(4999, lambda node: ast.BinOp(node, ast.Add(), _X, **_AT))
    assert _count(module, "binop") == 4999
    assert _count(module, "name") == 5000
    assert_invariants(module)


def test_three_thousand_elifs() -> None:
    orelse: list[ast.stmt] = []
    for _ in range(3000):
        orelse = [ast.If(_X, [ast.Expr(_X, **_AT)], orelse, **_AT)]
    module = _facts(*orelse)
    assert _count(module, "branch") == 3000
    assert len(module.functions[0].blocks) == 6001
    assert_invariants(module)


def test_three_thousand_elifs_need_no_deeper_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmwlint.facts.lower.with_deep_stack", lambda function: pytest.fail("deep"))
    orelse: list[ast.stmt] = []
    for _ in range(3000):
        orelse = [ast.If(_X, [ast.Expr(_X, **_AT)], orelse, **_AT)]
    assert _count(_facts(*orelse), "branch") == 3000


def test_three_thousand_nested_blocks() -> None:
    body: list[ast.stmt] = [ast.Pass(**_AT)]
    for _ in range(1000):
        body = [ast.While(_X, body, [], **_AT)]
        body = [ast.With([ast.withitem(_X)], body, **_AT)]
        body = [ast.Try(body, [ast.ExceptHandler(None, None, [ast.Pass(**_AT)], **_AT)], [], [], **_AT)]
    module = _facts(*body)
    assert _count(module, "enter") == _count(module, "leave") == _count(module, "caught") == 1000
    assert_invariants(module)


def test_a_thousand_nested_functions_and_lambdas() -> None:
    node: ast.expr = _X
    args = ast.arguments([], [], None, [], [], None, [])
    for _ in range(1000):
        node = ast.Lambda(args, node, **_AT)
    module = _facts(ast.Expr(node, **_AT))
    assert len(module.functions) == 1001
    assert module.functions[1000].parent == 999


def test_deep_annotations_defaults_and_bases() -> None:
    deep: ast.expr = _X
    for _ in range(3000):
        deep = ast.Attribute(ast.Subscript(deep, _X, **_AT), "y", **_AT)
    source = ast.parse("def f(a: int = 1) -> int: pass\nclass C(int): a: int")
    function, cls = source.body
    assert isinstance(function, ast.FunctionDef)
    assert isinstance(cls, ast.ClassDef)
    function.args.args[0].annotation = function.args.defaults[0] = function.returns = cls.bases[0] = deep
    module = _facts(*source.body)
    text = "x" + "[x].y" * 3000
    assert module.functions[1].returns == module.functions[1].params[0].annotation == text
    assert module.functions[1].params[0].default == ("expr", text)


def test_the_deeper_stack_changes_nothing_for_others() -> None:
    limit = sys.getrecursionlimit()
    stack = threading.stack_size()
    assert depth.with_deep_stack(lambda: sys.getrecursionlimit()) > 100_000
    assert sys.getrecursionlimit() == limit
    assert threading.stack_size() == stack


def test_what_fails_in_the_deeper_stack_fails_outside() -> None:
    with pytest.raises(ZeroDivisionError):
        depth.with_deep_stack(lambda: 1 // 0)


def test_no_memory_for_a_deeper_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    limit = sys.getrecursionlimit()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RecursionError, match="memory"):
        depth.with_deep_stack(lambda: 1)
    assert sys.getrecursionlimit() == limit


def test_finally_inside_finally_does_not_double_for_ever() -> None:
    source = "return f()"
    for _ in range(40):
        inner = source.replace("\n", "\n    ")
        source = f"try:\n    return f()\nfinally:\n    {inner}"
    inner = source.replace("\n", "\n    ")
    module = lower(ast.parse(f"def g():\n    {inner}"), "m", "m.py", False)
    assert_invariants(module)
    assert len(module.functions[1].ops) < 60_000


def test_returns_through_many_finally_bodies_that_return() -> None:
    source = "f()"
    for number in range(25):
        inner = source.replace("\n", "\n    ")
        source = f"try:\n    {inner}\nfinally:\n    if a: return {number}\n    if b: return {number}"
    inner = source.replace("\n", "\n    ")
    module = lower(ast.parse(f"def g():\n    {inner}"), "m", "m.py", False)
    assert_invariants(module)
    assert len(module.functions[1].ops) < 100_000


def test_without_copies_a_finally_body_goes_on_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmwlint.facts.statements._MAX_OPS_FOR_COPIES", 0)
    source = "try:\n    try:\n        a()\n    finally:\n        b()\n    c()\nexcept E:\n    d()"
    function = lower(ast.parse(source), "m", "m.py", False).functions[0]
    calls = [op[1] for op in function.ops if op[0] == "name"]
    assert calls == ["a", "b", "c", "E", "d"]
    tried, final, after, clause = range(4)
    assert [block[2:] for block in function.blocks[:3]] == [
        ((final,), (final,)),
        ((after, clause), (clause,)),
        ((clause + 1,), (clause,)),
    ]
    assert function.ops[function.blocks[tried][0]] == ("name", "a")

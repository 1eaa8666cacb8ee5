"""Values for parameters and columns, as far as the code itself says what they are.

A value is a pair of texts, for actor A and for actor B: where the two may differ they do, so that what one of
them wrote can be told from what the other wrote.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.prove.subject import Model, Subject

NUMBER = ("1", "20")
TEXT = ('"mine"', '"theirs"')
TRUTH = ("True", "True")
MAPPING = ('{"mine": 1}', '{"theirs": 2}')

_NUMBERS = re.compile(r"Integer|Decimal|Numeric|Float|\bint\b|\bfloat\b")
_TRUTHS = re.compile(r"Bool|\bbool\b")
_MAPPINGS = re.compile(r"JSON|HStore|\bdict\b|Mapping")
_LISTS = re.compile(r"ARRAY|ArrayField|\blist\b")
_TEXTS = re.compile(r"Char|Text|String|Slug|\bstr\b|Unicode")
_COUNTS = re.compile(r"amount|quantity|count|number|delta|by|size|limit|qty|units|points|step|n|k|more")


class Guess(NamedTuple):
    """A value, and whether the code says that it is of this kind."""

    mine: str
    theirs: str
    sure: bool


def kind_of(definition: ast.expr) -> tuple[str, str] | None:
    """A value of the kind of a column, from its definition or annotation; None where that is not known."""
    text = ast.unparse(definition)
    if _LISTS.search(text) or (_MAPPINGS.search(text) and "default=list" in text):
        return "[]", "[]"
    for pattern, value in ((_MAPPINGS, MAPPING), (_TRUTHS, TRUTH), (_NUMBERS, NUMBER), (_TEXTS, TEXT)):
        if pattern.search(text):
            return value
    return None


def of_parameter(subject: Subject, parameter: ast.arg, model: Model | None) -> Guess:
    """What to call the function with."""
    name = parameter.arg
    if parameter.annotation is not None:
        value = kind_of(parameter.annotation)
        if value is not None:
            return Guess(*value, True)
    if model is not None:
        for target in _assigned_from(subject.function, name):
            definition = model.columns.get(target)
            value = kind_of(definition) if definition is not None else None
            if value is not None:
                return Guess(*value, True)
    if _in_arithmetic(subject.function, name):
        return Guess(*NUMBER, True)
    if _is_key(subject.function, name):
        return Guess(*TEXT, True)
    if _COUNTS.fullmatch(name):
        return Guess(*NUMBER, False)
    return Guess(*TEXT, False)


def _assigned_from(function: ast.AST, name: str) -> Iterator[str]:
    """The attributes and keywords that are given this name as it is."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == name:
            yield from (target.attr for target in node.targets if isinstance(target, ast.Attribute))
        elif isinstance(node, ast.keyword) and isinstance(node.value, ast.Name) and node.value.id == name:
            if node.arg is not None:
                yield node.arg.partition("__")[0]


def _in_arithmetic(function: ast.AST, name: str) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.AugAssign) and not isinstance(node.op, ast.BitOr):
            operands: list[ast.expr] = [node.value]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
            operands = [node.left, node.right]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Lt | ast.Gt | ast.LtE | ast.GtE):
            operands = [node.left, *node.comparators]
        else:
            continue
        if any(isinstance(one, ast.Name) and one.id == name for one in operands):
            return True
    return False


def _is_key(function: ast.AST, name: str) -> bool:
    return any(
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == name
        for node in ast.walk(function)
    )


def row_key(subject: Subject, parameter: ast.arg, model: Model) -> str | None:
    """What of the row the parameter is, if anything: an attribute, or ``""`` for the row itself.

    ``get(pk=order_id)`` says that ``order_id`` is the row's ``pk``.
    """
    name = parameter.arg
    for node in ast.walk(subject.function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        for keyword in node.keywords:
            if isinstance(keyword.value, ast.Name) and keyword.value.id == name and keyword.arg is not None:
                field = keyword.arg.partition("__")[0]
                if field in ("pk", "id"):
                    return primary_key(model)
                if field in model.columns and node.func.attr not in (
                    "create",
                    "update",
                    "values",
                    model.name,
                ):
                    return field
        if node.func.attr in ("get", "get_one") and any(
            isinstance(one, ast.Name) and one.id == name for one in node.args
        ):
            return primary_key(model)
    for node in ast.walk(subject.function):
        if isinstance(node, ast.Compare) and len(node.comparators) == 1:
            left, right = node.left, node.comparators[0]
            if isinstance(right, ast.Name) and right.id == name and isinstance(left, ast.Attribute):
                if isinstance(left.value, ast.Name) and left.value.id == model.name:
                    return left.attr
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model.name).lower()
    annotation = ast.unparse(parameter.annotation) if parameter.annotation is not None else ""
    if name == snake or annotation.strip("\"'").rpartition(".")[2] == model.name:
        return ""
    if name in ("pk", "id") or name in (f"{snake}_id", f"{snake}_pk"):
        return primary_key(model)
    return None


def primary_key(model: Model) -> str:
    """The attribute that identifies a row."""
    if model.library == "django":
        return "pk"
    for name, definition in model.columns.items():
        if "primary_key=True" in ast.unparse(definition):
            return name
    return "id"


def row_values(subject: Subject, model: Model) -> dict[str, str]:
    """The columns that the row must have for an actor to come to its write, as texts."""
    found: dict[str, str] = {}
    for test, truth in _tests_before(subject.function.body, subject.violation.line):
        _require(test, truth, model, subject, found)
    attribute = dict(subject.violation.hints).get("attribute", "")
    for name in [attribute, *_decreased(subject.function)]:
        definition = model.columns.get(name)
        if definition is not None and name not in found and kind_of(definition) == NUMBER:
            found[name] = "100"
    return {name: value for name, value in found.items() if name in model.columns}


def _decreased(function: ast.AST) -> Iterator[str]:
    """The attributes that numbers are taken from."""
    for node in ast.walk(function):
        if isinstance(node, ast.AugAssign | ast.BinOp) and isinstance(node.op, ast.Sub):
            target = node.target if isinstance(node, ast.AugAssign) else node.left
            if isinstance(target, ast.Attribute):
                yield target.attr


def _tests_before(body: list[ast.stmt], line: int) -> Iterator[tuple[ast.expr, bool]]:
    """The conditions on the way to a line, each with the truth that it must have."""
    for node in body:
        if node.lineno > line:
            return
        if isinstance(node, ast.If):
            if _holds(node.body, line):
                yield node.test, True
            elif _holds(node.orelse, line) or isinstance(
                node.body[-1], ast.Raise | ast.Return | ast.Continue
            ):
                yield node.test, False
            yield from _tests_before(node.body if _holds(node.body, line) else node.orelse, line)
        elif isinstance(node, ast.With | ast.AsyncWith | ast.Try | ast.For | ast.While):
            yield from _tests_before(node.body, line)


def _holds(body: list[ast.stmt], line: int) -> bool:
    return bool(body) and body[0].lineno <= line <= (body[-1].end_lineno or 0)


def _require(test: ast.expr, truth: bool, model: Model, subject: Subject, found: dict[str, str]) -> None:
    """Put down what makes a condition true (or false), where one column decides it."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        _require(test.operand, not truth, model, subject, found)
    elif isinstance(test, ast.BoolOp):
        if truth == isinstance(test.op, ast.And):
            for part in test.values:
                _require(part, truth, model, subject, found)
    elif isinstance(test, ast.Attribute) and test.attr in model.columns:
        value = kind_of(model.columns[test.attr])
        if value == TRUTH:
            found.setdefault(test.attr, str(truth))
        elif value == NUMBER:
            found.setdefault(test.attr, "100" if truth else "0")
    elif isinstance(test, ast.Compare) and isinstance(test.left, ast.Attribute) and len(test.ops) == 1:
        operator, other = test.ops[0], test.comparators[0]
        is_so = truth == isinstance(operator, ast.Eq | ast.Is | ast.In)
        if isinstance(operator, ast.In | ast.NotIn) and isinstance(other, ast.Tuple | ast.List | ast.Set):
            other = other.elts[0]
        elif isinstance(operator, ast.In | ast.NotIn | ast.Lt | ast.LtE | ast.Gt | ast.GtE):
            return
        if is_so:
            written = _written(other, subject)
            if written is not None:
                found.setdefault(test.left.attr, written)


def _written(value: ast.expr, subject: Subject) -> str | None:
    """A constant as the test can write it: itself, or a name of the module."""
    if isinstance(value, ast.Constant):
        return repr(value.value) if not isinstance(value.value, str) else _quoted(value.value)
    root = value
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return None
    bound = {
        name.asname or name.name.partition(".")[0]
        for node in ast.walk(subject.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    bound |= {node.name for node in subject.tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    for node in subject.tree.body:
        if isinstance(node, ast.Assign):
            bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    local = {arg.arg for arg in subject.function.args.args}
    if root.id in bound and root.id not in local:
        return f"module.{ast.unparse(value)}"
    return None


def _quoted(text: str) -> str:
    return '"' + repr(text)[1:-1].replace('"', '\\"') + '"' if "'" not in text else repr(text)

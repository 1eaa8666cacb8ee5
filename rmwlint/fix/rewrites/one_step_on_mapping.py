"""`if key not in seen: seen[key] = []` → `seen.setdefault(key, [])`; `if key in seen: del seen[key]` → `pop`.

Safe where the module shows the mapping to be a dict, and the new value is a constant or an empty container.
Unsafe where the kind of the mapping is not seen. Left where the value costs anything to make, or more hangs
on the test.
"""

from __future__ import annotations

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import SAFE, UNSAFE, Rewrite, elsewhere
from rmwlint.fix.shapes import statement_of
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW409",
    library="dict",
    does="test and store → `setdefault`; test and `del` → `pop(key, None)`",
    safe="the module makes the mapping as a dict",
    unsafe="the kind of the mapping is not seen",
)

_EMPTY = frozenset(["list", "dict", "set", "tuple", "frozenset"])
_MAPPINGS = frozenset(["collections.defaultdict", "collections.OrderedDict", "collections.Counter"])


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the test or the store is in another function")
    node = source.anything_at(violation.span)
    line = source.statement(node) if node is not None else None
    block = source.block(line) if line is not None else None
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(block, cst.IndentedBlock):
        return Left("more hangs on the test")
    around = source.parent(block)
    if not isinstance(around, cst.If) or around.orelse is not None or block.header.comment is not None:
        return Left("more hangs on the test")
    if len(block.body) != 1 or len(line.body) != 1 or isinstance(source.parent(around), cst.If):
        return Left("more hangs on the test")
    test = around.test
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return Left("it is not tested by `in`")
    operator, mapping = test.comparisons[0].operator, test.comparisons[0].comparator
    written = dotted(mapping)
    if not written:
        return Left("the mapping has no name")
    small = line.body[0]
    key = source.code(test.left)
    if isinstance(operator, cst.NotIn):
        value = _stored(source, small, mapping, test.left)
        if value is None:
            return Left("what is stored costs something to make")
        code = f"{written}.setdefault({key}, {source.code(value)})"
        message = "tests and stores in one step, by `setdefault`"
    elif isinstance(operator, cst.In) and _removes(source, small, mapping, test.left):
        code = f"{written}.pop({key}, None)"
        message = "tests and removes in one step, by `pop`"
    else:
        return Left("it does something else than to store or remove the key")
    new = statement_of(source, code)
    new = new.with_changes(
        leading_lines=[*around.leading_lines, *line.leading_lines],
        trailing_whitespace=line.trailing_whitespace,
    )
    return Change({around: new}, (), SAFE if _is_dict(source, written) else UNSAFE, message)


def _stored(
    source: Source, small: cst.CSTNode, mapping: cst.BaseExpression, key: cst.BaseExpression
) -> cst.BaseExpression | None:
    """The value of ``mapping[key] = value``, where it is cheap and the same whoever makes it."""
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return None
    if not _is_item(source, small.targets[0].target, mapping, key):
        return None
    return small.value if _cheap(source, small.value) else None


def _cheap(source: Source, value: cst.BaseExpression) -> bool:
    if isinstance(value, (cst.SimpleString, cst.Integer, cst.Float)):
        return True
    if isinstance(value, (cst.List, cst.Tuple)):
        return not value.elements
    if isinstance(value, cst.Dict):
        return not value.elements
    if isinstance(value, cst.Name):
        return value.value in ("None", "True", "False")
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and not value.args:
        return value.func.value in _EMPTY and source.bindings.builtin(value.func.value)
    return False


def _removes(
    source: Source, small: cst.CSTNode, mapping: cst.BaseExpression, key: cst.BaseExpression
) -> bool:
    if isinstance(small, cst.Del):
        return _is_item(source, small.target, mapping, key)
    if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
        call = small.value
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "pop" and len(call.args) == 1:
            return source.same(call.func.value, mapping) and source.same(call.args[0].value, key)
    return False


def _is_item(source: Source, node: cst.CSTNode, mapping: cst.BaseExpression, key: cst.BaseExpression) -> bool:
    if not isinstance(node, cst.Subscript) or len(node.slice) != 1 or not source.same(node.value, mapping):
        return False
    index = node.slice[0].slice
    return isinstance(index, cst.Index) and source.same(index.value, key)


def _is_dict(source: Source, written: str) -> bool:
    """Whether every assignment to that name in the module makes a dict, and there is one."""
    values: list[cst.BaseExpression | None] = []
    for assign in source.within(source.module, cst.Assign):
        values += [assign.value for target in assign.targets if dotted(target.target) == written]
    for annotated in source.within(source.module, cst.AnnAssign):
        if dotted(annotated.target) == written:
            values.append(annotated.value)
    return bool(values) and all(_makes_dict(source, value) for value in values)


def _makes_dict(source: Source, value: cst.BaseExpression | None) -> bool:
    if isinstance(value, (cst.Dict, cst.DictComp)):
        return True
    if not isinstance(value, cst.Call):
        return False
    if dotted(value.func) == "dict":
        return source.bindings.builtin("dict")
    return source.bindings.qualified(value.func) in _MAPPINGS

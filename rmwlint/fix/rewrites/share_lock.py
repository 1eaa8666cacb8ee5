"""`with threading.Lock():` in a function → one lock of the instance or the module, made once.

Also where the lock is first given a name: `lock = threading.Lock()`, then `with lock:`. The instance's, made
first thing in `__init__`, where a method changes nothing under it but attributes of its own `self`.

Unsafe always: calls wait for each other now, as they were meant to, and one that comes to itself again
waits for ever. Left where the lock is made with arguments, or its name is used for more than to take it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import libcst as cst

from rmwlint.fix.change import Change, Left, Replacement, replaced
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite
from rmwlint.fix.shapes import bindings, statement_of, uses
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW402",
    library="threading, asyncio, multiprocessing and others",
    does="a lock made by each call → one lock of the instance or the module",
    unsafe="calls wait for each other now, also one for itself",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    taken = source.at(violation.span, cst.Call) or source.at(violation.span, cst.Name)
    if taken is None or not isinstance(source.parent(taken), cst.WithItem):
        return Left("the lock is not taken by a plain `with`")
    top = _top(source, taken)
    if top is None:
        return Left("it is in no function or class of the module")
    made: cst.BaseExpression = taken
    replacements: dict[cst.CSTNode, Replacement] = {}
    if isinstance(taken, cst.Name):
        found = _assigned(source, taken)
        if isinstance(found, Left):
            return found
        assignment, made = found
        replacements[assignment] = cst.RemoveFromParent()
    if not isinstance(made, cst.Call) or made.args or source.bindings.qualified(made.func) is None:
        return Left("the lock is made with arguments, or by something that is not imported")
    owner = _owner(source, taken)
    if owner is not None:
        return _of_instance(source, taken, made, replacements, owner)
    name = _free_name(source, taken, violation.function)
    _rename(source, taken, replacements, cst.Name(name))
    line: Any = statement_of(source, f"{name} = {source.code(made)}")
    spaced = [cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)]
    place: Any = source.parent(top)
    number = next(number for number, one in enumerate(place.body) if one is top)
    above = place.body[number - 1] if number else None
    own = isinstance(above, cst.SimpleStatementLine)
    line = line.with_changes(leading_lines=spaced[:1] if own else spaced if above is not None else [])
    below: Any = replaced(top, replacements)
    comments = [one for one in below.leading_lines if one.comment is not None]
    below = below.with_changes(leading_lines=[*spaced, *comments])
    message = f"makes the lock once, as `{name}` of the module"
    return Change({top: cst.FlattenSentinel([line, below])}, (), UNSAFE, message)


def _rename(source: Source, taken: Any, table: dict[cst.CSTNode, Replacement], new: Any) -> None:
    """Put the shared lock wherever the call's own was taken."""
    if not isinstance(taken, cst.Name):
        table[taken] = new
        return
    for use in uses(source, source.function(taken), taken.value):
        if not any(source.inside(use, node) for node in table):
            table[use] = new.deep_clone()


class _Owner(NamedTuple):
    """A method's class, its ``__init__``, and what both call the object."""

    cls: cst.ClassDef
    init: cst.FunctionDef
    itself: str
    itself_in_init: str


def _owner(source: Source, taken: cst.BaseExpression) -> _Owner | None:
    """Whose lock it should be: the instance's, where all that is changed under it is the instance's."""
    method = source.function(taken)
    held = next((above for above in source.ancestors(taken) if isinstance(above, cst.With)), None)
    block = source.block(method)
    if held is None or not isinstance(method, cst.FunctionDef) or method.decorators:
        return None
    if not isinstance(block, cst.IndentedBlock):
        return None
    cls = source.parent(block)
    if not isinstance(cls, cst.ClassDef) or not method.params.params:
        return None
    init = next(
        (one for one in block.body if isinstance(one, cst.FunctionDef) and one.name.value == "__init__"), None
    )
    if (
        init is None
        or init is method
        or not init.params.params
        or not isinstance(init.body, cst.IndentedBlock)
    ):
        return None
    itself = method.params.params[0].name.value
    targets = [
        *(target.target for target in source.within(held.body, cst.AssignTarget)),
        *(target.target for target in source.within(held.body, cst.AugAssign)),
    ]
    stores = [target for target in targets if not isinstance(target, cst.Name)]
    if not stores or not all(_root(target) == itself for target in stores):
        return None
    return _Owner(cls, init, itself, init.params.params[0].name.value)


def _root(node: cst.CSTNode) -> str:
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""


def _of_instance(
    source: Source,
    taken: cst.BaseExpression,
    made: cst.BaseExpression,
    replacements: dict[cst.CSTNode, Replacement],
    owner: _Owner,
) -> Change:
    """A lock made first thing in ``__init__``."""
    name, there = _instance_name(source, taken, made, owner)
    _rename(source, taken, replacements, cst.parse_expression(f"{owner.itself}.{name}"))
    message = f"makes the lock once, as `{owner.itself}.{name}`"
    if there:
        return Change(replacements, (), UNSAFE, message)
    line: Any = statement_of(source, f"{owner.itself_in_init}.{name} = {source.code(made)}")
    body = list(owner.init.body.body)
    first = body[0]
    documented = (
        isinstance(first, cst.SimpleStatementLine)
        and isinstance(first.body[0], cst.Expr)
        and isinstance(first.body[0].value, (cst.SimpleString, cst.ConcatenatedString))
    )
    put: Any = cst.FlattenSentinel([first, line] if documented else [line, first])
    replacements[first] = put
    return Change(replacements, (), UNSAFE, message)


def _instance_name(
    source: Source, taken: cst.BaseExpression, made: cst.BaseExpression, owner: _Owner
) -> tuple[str, bool]:
    """The attribute for the lock, and whether `__init__` makes it already.

    One lock serves all methods, unless what runs under it calls another method, which may want it too.
    """
    method = source.function(taken)
    held = next(above for above in source.ancestors(taken) if isinstance(above, cst.With))
    assert isinstance(method, cst.FunctionDef)
    stem = "_lock"
    if any(_root(call.func) == owner.itself for call in source.within(held.body, cst.Call)):
        stem = f"_{method.name.value.strip('_')}_lock"
    for assign in source.within(owner.init, cst.Assign):
        if dotted(assign.targets[0].target) == f"{owner.itself_in_init}.{stem}" and stem == "_lock":
            if source.same(assign.value, made):
                return stem, True
    known = {node.attr.value for node in source.within(owner.cls, cst.Attribute)}
    stems = (stem, *(f"{stem}_{number}" for number in range(2, 99)))
    return next(one for one in stems if one not in known), False


def _top(source: Source, node: cst.CSTNode) -> cst.CSTNode | None:
    """The function or class of the module around a node."""
    for above in source.ancestors(node):
        if not isinstance(above, cst.Module) and isinstance(source.parent(above), cst.Module):
            return above if isinstance(above, (cst.FunctionDef, cst.ClassDef)) else None
    return None


def _assigned(source: Source, taken: cst.Name) -> tuple[cst.CSTNode, cst.BaseExpression] | Left:
    """The line that makes the lock, and what it is made by."""
    function = source.function(taken)
    bound = bindings(source, function, taken.value)
    if len(bound) != 1 or not isinstance(bound[0], cst.AssignTarget):
        return Left(f"`{taken.value}` is not bound by one assignment")
    assign = source.parent(bound[0])
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return Left(f"`{taken.value}` is not bound by one assignment")
    line = source.alone(assign)
    if line is None or source.block(line) is None or len(source.neighbours(line)) < 2:
        return Left("the lock is not made on a line of its own")
    for use in uses(source, function, taken.value):
        above = source.parent(use)
        if not isinstance(above, (cst.WithItem, cst.AssignTarget)):
            return Left(f"`{taken.value}` is used for more than to take it")
    return line, assign.value


def _free_name(source: Source, taken: cst.BaseExpression, function: str) -> str:
    stem = f"_{function.replace('.', '_').lower().strip('_')}_{dotted(taken).strip('_') or 'lock'}"
    candidates = [stem, *(f"{stem}_{number}" for number in range(2, 99))]
    return next(name for name in candidates if source.bindings.free(name))

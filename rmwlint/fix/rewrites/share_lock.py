"""`with threading.Lock():` in a function → one lock in the module, made once.

Also where the lock is first given a name: `lock = threading.Lock()`, then `with lock:`.

Unsafe always: calls wait for each other now, as they were meant to, and one that comes to itself again
waits for ever. Left where the lock is made with arguments, or its name is used for more than to take it.
"""

from __future__ import annotations

from typing import Any

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
    does="a lock made by each call → one lock of the module",
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
    name = _free_name(source, taken, violation.function)
    if isinstance(taken, cst.Name):
        function = source.function(taken)
        for use in uses(source, function, taken.value):
            if not any(source.inside(use, node) for node in replacements):
                replacements[use] = cst.Name(name)
    else:
        replacements[taken] = cst.Name(name)
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

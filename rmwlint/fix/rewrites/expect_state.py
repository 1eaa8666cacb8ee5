"""`server.save()` → `server.save(expected_task_state=[None])`, from the test that lets control come here.

The test is a comparison of the state with constants that raises or returns otherwise, or an `if` around the
save: `if server.task_state is not None: raise …`, `if server.task_state != "idle": return`, `if
server.task_state in ALLOWED:`. Or a decorator that is told the states: `@check_state(task_state=[None])`.

Unsafe always: the caller sees the exception of the guard where it overwrote silently before. Left where no
such test stands above the save, or the state is set again before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, hint
from rmwlint.fix.shapes import argument, ends, is_open, saved, uses, with_argument
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW101",
    library="oslo.versionedobjects, classes whose `save` takes `expected_…`",
    does="`save()` → `save(expected_<attribute>=[…])` from the test above it, or the decorator",
    unsafe="the caller sees the guard's exception",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the save is in another function")
    found = saved(source, violation, ("save", "update", "destroy"))
    if isinstance(found, Left):
        return found
    if is_open(found.call):
        return Left("what the save is given is not known")
    guard, attribute = hint(violation, "guard"), hint(violation, "attribute")
    state = f"{found.written}.{attribute}"
    tests = [*_decorators(source, found.function, found.written, attribute)]
    tests += _tests(source, found.call, state)
    if not tests:
        return Left(f"no test of `{state}` says which state is expected here")
    test, expected = tests[-1]
    between = [
        use
        for use in uses(source, found.function, state)
        if source.before(test, use) and source.before(use, found.call) and _is_set(source, use)
    ]
    if len(between) > 1:
        return Left(f"`{state}` is set more than once before it is saved")
    for use in uses(source, found.function, found.written):
        bound = isinstance(source.parent(use), cst.AssignTarget)
        if bound and source.before(test, use) and source.before(use, found.call):
            return Left(f"`{found.written}` is bound again after the test")
    new = with_argument(source, found.call, guard, expected)
    return Change({found.call: new}, (), UNSAFE, f"expects the `{attribute}` that was tested: {expected}")


def _is_set(source: Source, use: cst.CSTNode) -> bool:
    return isinstance(source.parent(use), (cst.AssignTarget, cst.AugAssign))


def _decorators(
    source: Source, function: cst.CSTNode, written: str, attribute: str
) -> Iterator[tuple[cst.CSTNode, str]]:
    """The states that a decorator lets a parameter come in with: ``@check_state(task_state=[None])``."""
    if not isinstance(function, cst.FunctionDef):
        return
    named = [param.name.value for param in (*function.params.params, *function.params.kwonly_params)]
    for decorator in function.decorators:
        call = decorator.decorator
        given = argument(call, attribute) if isinstance(call, cst.Call) else None
        if given is None or written not in named:
            continue
        if isinstance(given.value, (cst.List, cst.Tuple, cst.Set)):
            elements = [element.value for element in given.value.elements]
            if elements and all(_constant(element) for element in elements):
                yield decorator, f"[{', '.join(source.code(element) for element in elements)}]"


def _tests(source: Source, call: cst.Call, state: str) -> list[tuple[cst.CSTNode, str]]:
    """(test, source of the states that it lets through) of the tests control has passed, outermost first."""
    found: list[tuple[cst.CSTNode, str]] = []
    node: cst.CSTNode = call
    for above in source.ancestors(call):
        if isinstance(above, (cst.FunctionDef, cst.Lambda)):
            break
        if isinstance(above, cst.If):
            let = _admitted(source, above.test, state, node is above.body)
            if let is not None and node is not above.test:
                found.append((above.test, let))
        if isinstance(above, cst.IndentedBlock):
            for statement in reversed(above.body):
                if not source.before(statement, call) or source.inside(call, statement):
                    continue
                if isinstance(statement, cst.If) and statement.orelse is None and _leaves(statement.body):
                    let = _admitted(source, statement.test, state, False)
                    if let is not None:
                        found.append((statement.test, let))
        node = above
    return list(reversed(found))


def _leaves(suite: cst.BaseSuite) -> bool:
    return isinstance(suite, cst.IndentedBlock) and bool(suite.body) and ends(suite.body[-1])


def _admitted(source: Source, test: cst.BaseExpression, state: str, outcome: bool) -> str | None:
    """The states with which a comparison has that outcome, as a list or a name of one; None where unknown."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return _admitted(source, test.expression, state, not outcome)
    if dotted(test) == state:
        return None if outcome else "[None]"
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1 or dotted(test.left) != state:
        return None
    target = test.comparisons[0]
    operator: Any = target.operator
    equal = isinstance(operator, (cst.Is, cst.Equal, cst.In))
    if equal != outcome or not isinstance(
        operator, (cst.Is, cst.Equal, cst.In, cst.IsNot, cst.NotEqual, cst.NotIn)
    ):
        return None
    other = target.comparator
    if isinstance(operator, (cst.In, cst.NotIn)):
        if isinstance(other, (cst.List, cst.Tuple, cst.Set)):
            elements = [element.value for element in other.elements]
            if not all(_constant(element) for element in elements):
                return None
            return f"[{', '.join(source.code(element) for element in elements)}]"
        return source.code(other) if _constant(other) else None
    return f"[{source.code(other)}]" if _constant(other) else None


def _constant(node: cst.CSTNode) -> bool:
    """A literal, None, or a constant by its name: ``task_states.PAUSING``."""
    if isinstance(node, (cst.SimpleString, cst.Integer)):
        return True
    name = dotted(node)
    return name in ("None", "True", "False") or name.rpartition(".")[2].isupper()

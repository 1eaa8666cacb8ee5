"""`if not changes: return` → `if not changes and expected_task_state is None: return`, in a guarded `save`.

The early return stays for callers that expect nothing; for the others the guard is evaluated.

Unsafe always: a caller that passes a guard and changes nothing now runs the rest of the function, and may
get the guard's exception. Left where the return does not hang on one plain `if`, or the guard has another
default than None.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, hinted
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW103",
    library="oslo.versionedobjects, classes whose `save` takes `expected_…`",
    does="the early return waits until no guard is passed",
    unsafe="what follows the return runs for callers that pass a guard",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    leaves = next((step.span for step in violation.steps if step.role == "decide"), violation.span)
    node = source.at(leaves, cst.Return)
    if node is None:
        value = source.anything_at(leaves)
        above = source.parent(value) if value is not None else None
        node = above if isinstance(above, cst.Return) else None
    line = source.statement(node) if node is not None else None
    block = source.block(line) if line is not None else None
    around = source.parent(block) if block is not None else None
    if not isinstance(around, cst.If) or around.orelse is not None or len(getattr(block, "body", ())) != 1:
        return Left("the return does not hang on one plain `if`")
    function = source.function(around)
    if not isinstance(function, cst.FunctionDef):
        return Left("it is no function")
    guards = hinted(violation, "guard")
    given = [*function.params.params, *function.params.kwonly_params]
    optional = {
        param.name.value for param in given if param.default is not None and dotted(param.default) == "None"
    }
    if not guards or not set(guards) <= optional:
        return Left("a guard that is not passed cannot be told from one that is")
    test: Any = around.test
    if isinstance(test, (cst.BooleanOperation, cst.IfExp, cst.Lambda, cst.NamedExpr)) and not test.lpar:
        if not (isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And)):
            test = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    for guard in guards:
        absent = cst.parse_expression(f"{guard} is None")
        test = cst.BooleanOperation(test, cst.And(), absent)
    return Change({around.test: test}, (), UNSAFE, "leaves early only where no guard is passed")

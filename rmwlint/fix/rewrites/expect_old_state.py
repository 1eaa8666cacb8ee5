"""`save(expected_task_state=[None, "resizing"])` → `save(expected_task_state=[None])`: the new state goes.

Unsafe always: whoever calls again while the operation runs is refused now. Left where the expected states
are not written out at the call, or the new one is the only one.
"""

from __future__ import annotations

import ast

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, hint
from rmwlint.fix.shapes import argument, is_store, saved, uses, with_elements
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW102",
    library="oslo.versionedobjects, classes whose `save` takes `expected_…`",
    does="the state being written is taken out of the expected ones",
    unsafe="whoever calls again meanwhile is refused",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    found = saved(source, violation, ("save", "update"))
    if isinstance(found, Left):
        return found
    given = argument(found.call, hint(violation, "guard"))
    if given is None or not isinstance(given.value, (cst.List, cst.Tuple, cst.Set)):
        return Left("the expected states are not written out at the call")
    attribute = hint(violation, "guard").partition("_")[2]
    new = _written(source, found.function, f"{found.written}.{attribute}", found.call)
    elements = list(given.value.elements)
    kept = [element for element in elements if not _is(element.value, hint(violation, "new"), new)]
    if len(kept) == len(elements):
        return Left("the new state is not written out among the expected ones")
    if not kept:
        return Left("the new state is the only one expected: which should be is not known")
    value = with_elements(given.value, kept)
    message = f"no longer expects {hint(violation, 'new')}, which it writes itself"
    return Change({given.value: value}, (), UNSAFE, message)


def _written(source: Source, function: cst.CSTNode, state: str, call: cst.Call) -> str:
    """How the new state is written where it is set, last before the call: ``task_states.RESIZING``."""
    found = ""
    for use in uses(source, function, state):
        if source.before(use, call) and is_store(source, use):
            assign = source.parent(source.parent(use))
            if isinstance(assign, cst.Assign):
                found = dotted(assign.value)
    return found


def _is(node: cst.CSTNode, new: str, written: str) -> bool:
    if isinstance(node, cst.SimpleString):
        try:
            return repr(ast.literal_eval(node.value)) == new
        except (ValueError, SyntaxError):
            return False
    return bool(written) and dotted(node) == written

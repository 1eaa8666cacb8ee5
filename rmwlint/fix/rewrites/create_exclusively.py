"""`open(path, "w")` after a look that refuses → `open(path, "x")`, which refuses by itself.

    if os.path.exists(path):               if os.path.exists(path):
        raise Taken(path)                      raise Taken(path)
    with open(path, "w") as file:          with open(path, "x") as file:

Unsafe always: the second of two gets `FileExistsError`, not the error that the look raises. Left where the
mode is not written out, or the file is opened to be changed.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere
from rmwlint.fix.shapes import argument, ends, is_open
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW406",
    library="open, pathlib",
    does='`open(path, "w")` → `open(path, "x")` where a look refuses before',
    unsafe="the second of two gets `FileExistsError`",
)

_MODES = {"w": "x", "wt": "xt", "wb": "xb", "w+": "x+", "w+b": "x+b", "wb+": "xb+"}


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the look or the act is in another function")
    call = source.at(violation.span, cst.Call)
    if call is None or not _opens(source, call) or is_open(call):
        return Left("it is no call that could be told to refuse", foreign=True)
    given = argument(call, "mode")
    if given is None:
        place = 1 if isinstance(call.func, cst.Name) else 0
        plain = [arg for arg in call.args if arg.keyword is None]
        given = plain[place] if len(plain) > place else None
    if given is None or not isinstance(given.value, cst.SimpleString):
        return Left("the mode is not written out")
    mode = given.value.evaluated_value
    if not isinstance(mode, str) or mode not in _MODES:
        return Left("the file is not opened to be written anew")
    if not _is_refused(source, violation, call):
        return Left("where the look finds the file no error is raised")
    value: Any = given.value
    new = value.with_changes(value=value.value.replace(mode, _MODES[mode]))
    return Change({value: new}, (), UNSAFE, f'refuses a file that is there, by mode "{_MODES[mode]}"')


def _opens(source: Source, call: cst.Call) -> bool:
    if isinstance(call.func, cst.Name):
        return call.func.value == "open" and source.bindings.builtin("open")
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "open"


def _is_refused(source: Source, violation: Violation, call: cst.Call) -> bool:
    """Whether the look stands in an ``if`` that raises, above the act or around it."""
    looks = [
        source.anything_at(step.span)
        for step in violation.steps
        if step.role in ("decide", "read") and step.path == violation.path
    ]
    for look in looks:
        for above in source.ancestors(look) if look is not None else ():
            if isinstance(above, cst.If) and look is not None and source.inside(look, above.test):
                body: Any = above.orelse.body if isinstance(above.orelse, cst.Else) else above.body
                last: Any = body.body[-1] if isinstance(body, cst.IndentedBlock) and body.body else None
                if last is not None and ends(last) and isinstance(last.body[-1], cst.Raise):
                    return not source.inside(call, body)
    return False

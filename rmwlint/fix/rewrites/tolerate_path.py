"""The act on a path made to bear what another process does: `exist_ok`, `missing_ok`, `contextlib.suppress`.

    if not os.path.isdir(path):          os.makedirs(path, exist_ok=True)
        os.makedirs(path)

    if os.path.exists(path):             with contextlib.suppress(FileNotFoundError):
        os.remove(path)                      os.remove(path)

    if path.exists():                    path.unlink(missing_ok=True)
        path.unlink()

Only where the look asks whether the very path is there: what is removed because of its age, or of another
file, may have come into use since, and that no act bears.

The look goes only where it asks nothing but what the act now bears, and nothing else hangs on it; else it
stays, and the act alone changes.

Safe where the act comes to the same for one actor. Unsafe for `rmtree`, which may stop half-way when
another removes the tree too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import libcst as cst

from rmwlint.fix.change import Change, Left, Replacement, replaced
from rmwlint.fix.names import Import, dotted
from rmwlint.fix.rewrite import SAFE, UNSAFE, Rewrite, elsewhere
from rmwlint.fix.shapes import argument, is_open, statement_of, with_argument
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW406",
    library="os, shutil, pathlib",
    does="`exist_ok=True`, `missing_ok=True`, `with contextlib.suppress(FileNotFoundError):`",
    safe="the act comes to the same for one actor",
    unsafe="`rmtree` may stop half-way when another removes the tree too",
)


class _Act(NamedTuple):
    """``keyword`` makes it bear the other's act; where there is none, ``error`` is suppressed."""

    keyword: str
    error: str
    safe: bool = True


_FUNCTIONS = {
    "os.makedirs": _Act("exist_ok", "FileExistsError"),
    "os.mkdir": _Act("", "FileExistsError"),
    "os.remove": _Act("", "FileNotFoundError"),
    "os.unlink": _Act("", "FileNotFoundError"),
    "os.rmdir": _Act("", "FileNotFoundError"),
    "shutil.rmtree": _Act("", "FileNotFoundError", safe=False),
}
_METHODS = {
    "mkdir": _Act("exist_ok", "FileExistsError"),
    "unlink": _Act("missing_ok", "FileNotFoundError"),
    "rmdir": _Act("", "FileNotFoundError"),
}

#: Looks that ask exactly what the act bears, so that they can go: by the error that is borne and its keyword.
_FUNCTION_LOOKS = {
    "os.makedirs": ("os.path.isdir",),
    "os.mkdir": ("os.path.exists", "os.path.lexists"),
    "os.remove": ("os.path.exists", "os.path.lexists"),
    "os.unlink": ("os.path.exists", "os.path.lexists"),
    "os.rmdir": ("os.path.exists", "os.path.lexists"),
    "shutil.rmtree": ("os.path.exists", "os.path.lexists"),
}
_METHOD_LOOKS = {"mkdir": ("is_dir",), "unlink": ("exists",), "rmdir": ("exists",)}

#: Looks that ask whether something is there, and nothing else.
_EXISTENCE = frozenset(
    ["os.path.exists", "os.path.lexists", "os.path.isdir", "os.path.isfile", "os.path.islink"]
)
_EXISTENCE_METHODS = frozenset(["exists", "is_dir", "is_file", "is_symlink"])


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the look or the act is in another function")
    call = source.at(violation.span, cst.Call)
    found = _act(source, call) if call is not None else None
    if call is None or found is None:
        return Left("it is no call that could be told to bear what another does", foreign=True)
    name, act, path = found
    if is_open(call):
        return Left("what the call is given is not known")
    if not _is_skipped(source, violation, call):
        return Left("where the look finds otherwise something else happens")
    if not _is_asked_for(source, violation, path):
        return Left("the look asks for more than whether the path is there, and may be out of date")
    promise = SAFE if act.safe else UNSAFE
    around = _look_around(source, call, name, path)
    if act.keyword:
        given = argument(call, act.keyword)
        if given is not None:
            return Left(f"`{act.keyword}` is given already")
        if name == "os.makedirs" and sum(arg.keyword is None for arg in call.args) > 2:
            return Left("`exist_ok` is given already")
        new = with_argument(source, call, act.keyword, "True")
        message = f"`{name.rpartition('.')[2]}` bears it with `{act.keyword}=True`"
        if around is None:
            return Change({call: new}, (), promise, message)
        return Change(_without_look(around, {call: new}), (), promise, message)
    line = source.statement(call)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return Left("the act does not stand on a line of its own")
    if not isinstance(line.body[0], cst.Expr) or line.body[0].value is not call:
        return Left("what the act returns is used")
    if not source.bindings.builtin(act.error):
        return Left(f"`{act.error}` means something else here")
    suppress = source.bindings.reach("contextlib.suppress")
    if suppress is None:
        return Left("the name `contextlib` is taken")
    needs: tuple[Import, ...] = (suppress.needs,) if suppress.needs else ()
    context: Any = statement_of(source, f"with {suppress.code}({act.error}):\n    pass")
    message = f"swallows `{act.error}`, for another may have done it"
    if around is not None:
        changed = context.with_changes(body=around.body, leading_lines=around.leading_lines)
        return Change({around: changed}, needs, promise, message)
    inner = line.with_changes(leading_lines=[])
    body = context.body.with_changes(body=[inner])
    return Change(
        {line: context.with_changes(body=body, leading_lines=line.leading_lines)}, needs, promise, message
    )


def _act(source: Source, call: cst.Call) -> tuple[str, _Act, cst.BaseExpression] | None:
    """The act's name, what it needs, and the path it is done to."""
    qualified = source.bindings.qualified(call.func)
    if qualified in _FUNCTIONS:
        if not call.args or call.args[0].keyword is not None:
            return None
        return qualified, _FUNCTIONS[qualified], call.args[0].value
    if qualified is None and isinstance(call.func, cst.Attribute):
        method = call.func.attr.value
        if method in _METHODS:
            return method, _METHODS[method], call.func.value
    return None


def _is_skipped(source: Source, violation: Violation, call: cst.Call) -> bool:
    """Whether the act stands in the ``if`` that looks, without ``else``: nothing else is done instead."""
    looks = [
        source.anything_at(step.span)
        for step in violation.steps
        if step.role in ("decide", "read") and step.path == violation.path
    ]
    inner: cst.CSTNode = call
    for above in source.ancestors(call):
        if isinstance(above, (cst.FunctionDef, cst.Lambda)):
            return False
        if isinstance(above, cst.If) and inner is above.body:
            if any(look is not None and source.inside(look, above.test) for look in looks):
                return above.orelse is None and not isinstance(source.parent(above), cst.If)
        inner = above
    return False


def _is_asked_for(source: Source, violation: Violation, path: cst.BaseExpression) -> bool:
    """Whether the look asks if the very path is there: that is all that the act can bear for it."""
    for step in violation.steps:
        look = source.anything_at(step.span) if step.path == violation.path else None
        if not isinstance(look, cst.Call):
            continue
        if len(look.args) == 1 and source.same(look.args[0].value, path):
            if source.bindings.qualified(look.func) in _EXISTENCE:
                return True
        if not look.args and isinstance(look.func, cst.Attribute):
            asked = look.func.value
            asked = asked.target if isinstance(asked, cst.NamedExpr) else asked
            if look.func.attr.value in _EXISTENCE_METHODS and source.same(asked, path):
                return True
    return False


def _look_around(source: Source, call: cst.Call, name: str, path: cst.BaseExpression) -> cst.If | None:
    """The ``if`` that does nothing but look and do this act; None where it must stay."""
    line = source.statement(call)
    if line is None or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    if not isinstance(line.body[0], cst.Expr) or line.body[0].value is not call:
        return None
    block = source.block(line)
    if block is None or len(block.body) != 1:
        return None
    around = source.parent(block)
    if not isinstance(around, cst.If) or around.orelse is not None or around.body is not block:
        return None
    if not isinstance(block, cst.IndentedBlock) or isinstance(source.parent(around), cst.If):
        return None
    if block.header.comment is not None or block.footer:
        return None
    test = around.test
    wants_absent = name in ("os.makedirs", "os.mkdir", "mkdir")
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        if not wants_absent:
            return None
        test = test.expression
    elif wants_absent:
        return None
    if not isinstance(test, cst.Call):
        return None
    qualified = source.bindings.qualified(test.func)
    if qualified is not None:
        fits = qualified in _FUNCTION_LOOKS.get(name, ()) and len(test.args) == 1
        return around if fits and source.same(test.args[0].value, path) else None
    if isinstance(test.func, cst.Attribute) and not test.args and dotted(path):
        fits = test.func.attr.value in _METHOD_LOOKS.get(name, ())
        return around if fits and source.same(test.func.value, path) else None
    return None


def _without_look(around: cst.If, table: dict[cst.CSTNode, Any]) -> dict[cst.CSTNode, Replacement]:
    """The line of the act in the place of the ``if``."""
    block: Any = around.body
    line: Any = replaced(block.body[0], table)
    leading = [*around.leading_lines, *line.leading_lines]
    return {around: line.with_changes(leading_lines=leading)}

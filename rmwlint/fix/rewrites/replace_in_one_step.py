"""`with open(path, "w")` → a neighbour is written, and put in the place of the file by `os.replace`.

    with open(path, "w") as file:          temporary = f"{path}.{uuid.uuid4().hex}.tmp"
        json.dump(known, file)             with open(temporary, "w") as file:
                                               json.dump(known, file)
                                           os.replace(temporary, path)

`path.write_text(…)` likewise. A reader sees the old file or the new one, and the old one stays where writing
fails. Where the new text is made of the old one, the statements from the read to the write go under a lock
file instead, in the way that the project takes one: `filelock`, or `fcntl`.

Unsafe always: the file becomes another one, with the mode and owner of a new file, and a link is replaced,
not followed; a lock file stays beside it. Left where more than plain statements write, or the project knows
no lock of all processes.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left, Replacement, replaced
from rmwlint.fix.names import Import, dotted
from rmwlint.fix.project import mentioned
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, step_span
from rmwlint.fix.shapes import argument, bindings, is_open, statement_of, uses
from rmwlint.fix.source import Source
from rmwlint.fix.wrap import from_to, wrapped
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW407",
    library="open, pathlib",
    does="a neighbour is written and put in place by `os.replace`; read and write go under a lock file",
    unsafe="the file becomes another one, with the mode of a new file; a lock file stays",
)

_WRITES = frozenset(["write_text", "write_bytes"])
_MODES = frozenset(["w", "wb", "wt"])


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    write = source.at(violation.span, cst.Call)
    if write is None:
        return Left("the write is no plain call")
    if violation.steps and violation.steps[0].role == "read":
        return _locked(source, violation, write)
    if isinstance(write.func, cst.Attribute) and write.func.attr.value in _WRITES:
        return _by_method(source, write)
    return _by_open(source, write)


def _by_open(source: Source, write: cst.Call) -> Change | Left:
    around = next((above for above in source.ancestors(write) if isinstance(above, cst.With)), None)
    if around is None or len(around.items) != 1 or around.asynchronous is not None:
        return Left("the file is not opened by a plain `with`")
    opened = around.items[0].item
    if not isinstance(opened, cst.Call) or is_open(opened) or not isinstance(around.body, cst.IndentedBlock):
        return Left("the file is not opened by a plain `with`")
    handle = around.items[0].asname
    named = dotted(handle.name) if handle is not None else ""
    if write is not opened and not (named and any(True for _ in uses(source, write, named))):
        return Left("it is more than one file that is written")
    if not isinstance(opened.func, cst.Name) or opened.func.value != "open" or not opened.args:
        return Left("the file is not opened by `open`")
    if not source.bindings.builtin("open") or _mode(opened) not in _MODES:
        return Left("the file is not opened to be written anew")
    if opened.args[0].keyword is not None or source.block(around) is None:
        return Left("the file is not opened by a plain `with`")
    for kind in (cst.Return, cst.Yield, cst.Break, cst.Continue):
        if any(True for _ in source.within(around.body, kind)):
            return Left("the block may be left before all is written")
    path = opened.args[0].value
    lines = _Lines(source, path)
    if dotted(path) and any(True for _ in uses(source, around.body, dotted(path))):
        return Left("the path is used while it is written")
    replace, unique = source.bindings.reach("os.replace"), source.bindings.reach("uuid.uuid4")
    if replace is None or unique is None or lines.temporary is None or lines.path is None:
        return Left("a name that is needed is taken")
    made = f'{lines.temporary} = f"{{{lines.path}}}.{{{unique.code}().hex}}.tmp"'
    changed = replaced(around, {path: cst.Name(lines.temporary)})
    before = lines.before(made)
    new = [
        before[0].with_changes(leading_lines=around.leading_lines),
        *before[1:],
        changed.with_changes(leading_lines=[]),
        statement_of(source, f"{replace.code}({lines.temporary}, {lines.path})"),
    ]
    needs = tuple(reach.needs for reach in (replace, unique) if reach.needs is not None)
    return Change(
        {around: cst.FlattenSentinel(new)}, needs, UNSAFE, "writes a neighbour and puts it in place"
    )


def _mode(opened: cst.Call) -> str:
    given = argument(opened, "mode")
    plain = [arg for arg in opened.args if arg.keyword is None]
    if given is None and len(plain) > 1:
        given = plain[1]
    if given is None or not isinstance(given.value, cst.SimpleString):
        return ""
    return str(given.value.evaluated_value)


def _by_method(source: Source, write: cst.Call) -> Change | Left:
    small = source.parent(write)
    line = source.alone(small) if isinstance(small, cst.Expr) else None
    if line is None or source.block(line) is None:
        return Left("the write does not stand on a line of its own")
    assert isinstance(write.func, cst.Attribute)
    path: Any = write.func.value
    lines = _Lines(source, path)
    unique = source.bindings.reach("uuid.uuid4")
    if unique is None or lines.temporary is None or lines.path is None:
        return Left("a name that is needed is taken")
    named = f'f"{{{lines.path}.name}}.{{{unique.code}().hex}}.tmp"'
    before = lines.before(f"{lines.temporary} = {lines.path}.with_name({named})")
    changed = replaced(line, {path: cst.Name(lines.temporary)})
    new = [
        before[0].with_changes(leading_lines=line.leading_lines),
        *before[1:],
        changed.with_changes(leading_lines=[]),
        statement_of(source, f"{lines.temporary}.replace({lines.path})"),
    ]
    needs = (unique.needs,) if unique.needs is not None else ()
    return Change({line: cst.FlattenSentinel(new)}, needs, UNSAFE, "writes a neighbour and puts it in place")


class _Lines:
    """The names for the neighbour and, where the path is more than a name, for the path."""

    def __init__(self, source: Source, path: cst.BaseExpression) -> None:
        self._source = source
        self._path = path
        self.temporary = _free(source, "temporary", "temporary_file", "temporary_path")
        written = dotted(path)
        self.path = written or _free(source, "target", "target_file", "target_path")

    def before(self, made: str) -> list[Any]:
        """The statements above the write."""
        lines = [statement_of(self._source, made)]
        if not dotted(self._path):
            bare: Any = self._path
            code = self._source.code(bare.with_changes(lpar=[], rpar=[])) if _fits(bare) else None
            code = code or self._source.code(bare)
            lines.insert(0, statement_of(self._source, f"{self.path} = {code}"))
        return lines


def _fits(expression: Any) -> bool:
    """Whether an expression can go without its parentheses: it stands on one line."""
    return not any(isinstance(node, cst.ParenthesizedWhitespace) for node in _below(expression))


def _below(node: cst.CSTNode) -> list[cst.CSTNode]:
    found = [node]
    for one in found:
        found.extend(one.children)
    return found


def _free(source: Source, *names: str) -> str | None:
    return next((name for name in names if source.bindings.free(name)), None)


def _locked(source: Source, violation: Violation, write: cst.Call) -> Change | Left:
    """Read and write under one lock file."""
    if elsewhere(violation):
        return Left("the read or the write is in another function")
    span = step_span(violation, "read")
    read = source.anything_at(span) if span is not None else None
    function = source.function(write)
    if read is None or function is not source.function(read) or not isinstance(function, cst.FunctionDef):
        return Left("read and write are not in one function")
    if function.asynchronous is not None:
        return Left("a lock file would hold up every other task")
    path = _path_of(source, write)
    if not path:
        return Left("the path has no name")
    taken = from_to(source, read, write)
    for binding in bindings(source, function, path.partition(".")[0]):
        if any(source.inside(binding, one) for one in taken):
            return Left(f"`{path}` is bound between read and write")
    table: dict[cst.CSTNode, Replacement] | Left
    needs: tuple[Import, ...]
    if mentioned("filelock", violation.path):
        lock = source.bindings.reach("filelock.FileLock")
        if lock is None:
            return Left("the name `FileLock` is taken")
        needs = (lock.needs,) if lock.needs is not None else ()
        table = wrapped(source, read, write, f'{lock.code}(f"{{{path}}}.lock")', {})
    elif mentioned("fcntl", violation.path):
        flock = source.bindings.reach("fcntl.flock")
        name = _free(source, "lock", "lock_file", "lock_handle")
        if flock is None or name is None:
            return Left("a name that is needed is taken")
        module = flock.code.rpartition(".")[0]
        if not module:
            return Left("`fcntl` is not imported as a module")
        needs = (flock.needs,) if flock.needs is not None else ()
        first = statement_of(source, f"{flock.code}({name}, {module}.LOCK_EX)")
        table = wrapped(source, read, write, f'open(f"{{{path}}}.lock", "w") as {name}', {}, (first,))
    else:
        return Left("it needs a lock of all processes, and the project takes none that is known here")
    if isinstance(table, Left):
        return table
    return Change(table, needs, UNSAFE, "holds a lock file from the read to the write")


def _path_of(source: Source, write: cst.Call) -> str:
    """The path that is written, as a name: of ``path.write_text(…)``, of the ``with open(path)`` around."""
    if isinstance(write.func, cst.Attribute) and write.func.attr.value in _WRITES:
        return dotted(write.func.value)
    for above in source.ancestors(write):
        if isinstance(above, cst.With):
            for item in above.items:
                opened = item.item
                if isinstance(opened, cst.Call) and isinstance(opened.func, cst.Name) and opened.args:
                    if opened.func.value == "open" and opened.args[0].keyword is None:
                        return dotted(opened.args[0].value)
    return ""

"""Paths: which lies inside which, and which only this call knows of."""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.interpreter.constants import constant_of
from rmwlint.windows.values import UNKNOWN, Event, Symbol, Value, own_attribute

#: where Linux shows itself as files (proc(5), sysfs(5))
_KERNEL = ("/proc/", "/sys/", "/dev/")
_JOINS = frozenset(["call", "binop", "fstring", "element"])


def inside(path: Symbol, directory: Symbol) -> bool:
    """Whether a path is built from a directory's path: ``os.path.join(d, n)``, ``d / n``, ``f"{d}/{n}"``."""
    if not isinstance(path, tuple) or path[0] not in _JOINS:
        return False
    if path[0] == "call" and isinstance(directory, tuple) and 2 < len(directory) < len(path):
        if path[: len(directory)] == directory:
            return True
    return any(part == directory or inside(part, directory) for part in path[1:] if isinstance(part, tuple))


def related(read: Event, write: Event, how: str) -> bool:
    """Whether a look at one path speaks of another: of what a listing names, of the directory around it."""
    if read.place is None or write.place is None or read.row is None:
        return False
    if write.place.kind == "directory" and write.does == "create" and how == "decide":
        return read.row.kind == "presence" and inside(read.place.symbol, write.place.symbol)
    if write.place.kind not in ("file", "directory") or write.does != "delete":
        return False
    if read.row.kind == "listing":
        return _begins(write.place.symbol, read.place.symbol, how != "decide")
    if write.place.kind == "directory" and how == "decide":
        return inside(read.place.symbol, write.place.symbol)
    return False


def _begins(path: Symbol, directory: Symbol, listed: bool) -> bool:
    """Whether a path begins with the directory, or is itself one of the names that a listing gave."""
    while isinstance(path, tuple):
        if path == directory:
            return True
        if path[0] == "element":
            return listed
        if (path[0] == "call" and len(path) > 2) or (path[0] == "binop" and len(path) == 4):
            path = path[2]
        elif path[0] in ("fstring", "item", "attr") and len(path) > 1:
            path = path[1]
        else:
            return False
    return False


def scratch(fn: Fn, symbol: Symbol) -> bool:
    """Whether a name in the path suggests a temporary place, made for this run."""
    suggests = fn.module.program.libraries.receiver
    if not isinstance(symbol, tuple) or not symbol:
        return False
    if symbol[0] == "param":
        name = fn.facts.params[symbol[1]].name
        return "files.Temporary" in suggests(name)
    if symbol[0] == "attr" and "files.Temporary" in suggests(symbol[2]):
        return True
    if symbol[0] == "global":
        name = str(symbol[1]).rpartition(".")[2]
        return "files.Temporary" in suggests(name) or stamped(fn, name)
    if symbol[0] == "item" and symbol[2][:1] == ("const",):
        if "files.Temporary" in suggests(str(symbol[2][1])):
            return True
    return any(scratch(fn, part) for part in symbol[1:] if isinstance(part, tuple))


def stamped(fn: Fn, name: str) -> bool:
    """Whether a name of the module holds the time at which it was loaded, written out or not: what has it in
    its path is of this run."""
    register = fn.module.facts.bindings.get(name)
    body = fn.module.fn(0)
    suggests = fn.module.program.libraries.receiver
    while register is not None:
        call = link(body).calls.get(register)
        if call is None:
            return False
        written = call.qualified.replace(".", "_") or call.name
        if "naming.Clock" in suggests(written):
            return True
        register = call.receiver
    return False


def of_kernel(fn: Fn, symbol: Symbol) -> bool:
    """Whether the path leads to the kernel: what is written there is no content, and takes effect at once."""
    if not isinstance(symbol, tuple) or not symbol:
        return False
    if symbol[0] in ("const", "global"):
        known = constant_of(fn, Value(symbol, const=symbol[1] if symbol[0] == "const" else UNKNOWN))
        return isinstance(known, str) and f"{known}/".startswith(_KERNEL)
    if own_attribute(symbol) is not None and fn.owner is not None:
        return any(
            register is not None and _begins_with_kernel(base.module.fn(base.facts.scope), register)
            for base in fn.owner.mro()
            for register in [base.facts.fields.get(symbol[2])]
        )
    return any(of_kernel(fn, part) for part in symbol[1:] if isinstance(part, tuple))


def _begins_with_kernel(scope: Fn, register: int) -> bool:
    """Whether what a class defines begins with a path of the kernel, whatever comes after it."""
    op = scope.facts.ops[register]
    while op[0] == "binop" and op[1] in ("+", "%", "/"):
        op = scope.facts.ops[op[2]]
    if op[0] == "name":
        fields = [
            other[3] for other in scope.facts.ops[:register] if other[0] == "field" and other[2] == op[1]
        ]
        known = fields[-1] if fields else scope.module.facts.bindings.get(op[1])
        return known is not None and known < register and _begins_with_kernel(scope, known)
    return op[0] == "const" and isinstance(op[1], str) and op[1].startswith(_KERNEL)


def private(fn: Fn, symbol: Symbol) -> bool:
    """Whether the path lies in a temporary place that this function or the object's own methods made."""
    if not isinstance(symbol, tuple) or not symbol:
        return False
    if symbol[0] == "new":
        return _temporary(fn, symbol[1])
    if symbol[0] == "attr" and symbol[1] == ("param", 0) and fn.owner is not None:
        return _own_temporary(fn, symbol[2])
    return any(private(fn, part) for part in symbol[1:] if isinstance(part, tuple))


def _temporary(fn: Fn, register: int) -> bool:
    known = link(fn).calls.get(register)
    return known is not None and any(row.does == "create" and row.at == "result" for row in known.rows)


def _own_temporary(fn: Fn, attribute: str) -> bool:
    owner = fn.owner
    assert owner is not None
    assigned = owner.facts.self_fields.get(attribute, ())
    made = [_made(owner.module.fn(index), register) for index, register in assigned]
    return bool(made) and any(made) and all(found is not False for found in made)


def _made(fn: Fn, register: int) -> bool | None:
    """Whether a value is a new temporary place; None where it is no place at all (None)."""
    op = fn.facts.ops[register]
    if op[0] == "const" and op[1] is None:
        return None
    while op[0] in ("attr", "enter", "await"):
        register = op[1]
        op = fn.facts.ops[register]
    return _temporary(fn, register)

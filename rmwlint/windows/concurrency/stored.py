"""What a store does: a resource that must be made once, a removal, a flag, a container or a value."""

from __future__ import annotations

from typing import Any

from rmwlint.facts.operands import last_store
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.sharing import unshared_class, unshared_type
from rmwlint.windows.values import UNKNOWN, Event, Symbol, Value

_PLAIN_TYPES = frozenset(
    [
        "dict",
        "list",
        "set",
        "tuple",
        "frozenset",
        "str",
        "bytes",
        "int",
        "float",
        "bool",
        "object",
        "bytearray",
    ]
)
#: first words of functions that make something which must not be made twice
_MAKERS = (
    "make",
    "create",
    "connect",
    "open",
    "build",
    "start",
    "spawn",
    "new",
    "init",
    "setup",
    "launch",
    "acquire",
    "allocate",
    "establish",
    "login",
    "construct",
    "instantiate",
    "dial",
    "bind",
    "register",
    "authenticate",
)
_MADE = (
    "client",
    "connection",
    "conn",
    "session",
    "pool",
    "thread",
    "lock",
    "server",
    "executor",
    "channel",
    "socket",
    "engine",
    "loop",
)
_REMOVERS = frozenset(["pop", "remove", "popitem", "popleft"])
_EMPTIERS = frozenset(["clear", "discard", "difference_update"])
_ATOMIC = frozenset(["setdefault"])


def stored_kind(fn: Fn, event: Event) -> str:
    """What a store does: ``resource`` (something that must be made once), ``removal`` (fails when the key is
    gone), ``atomic``, ``flag`` (a constant), ``container``, or ``value``."""
    op = fn.facts.ops[event.op]
    if op[0] == "delitem":
        return "removal"
    if op[0] == "call":
        callee = fn.facts.ops[op[1]]
        name = callee[2] if callee[0] == "attr" else ""
        if name in _ATOMIC or (name == "pop" and len(op[2]) > 1):
            return "atomic"
        if name in _REMOVERS:
            keyed = bool(op[2]) and (
                name == "remove" or (name == "pop" and fn.facts.ops[op[2][0]][0] != "const")
            )
            return "removal" if keyed else "value"
        return "emptied" if name in _EMPTIERS else "value"
    value = stored_value(fn, event)
    if value is None:
        return "value"
    return "resource" if makes_own(fn, value) else made_kind(fn, value)


def stored_value(fn: Fn, event: Event) -> Value | None:
    """What is stored; where it was looked up first, what it is if nothing was found."""
    op = fn.facts.ops[event.op]
    fallback = _fallback(fn, int(op[-1])) if op[0] in ("setattr", "setitem", "store") else None
    if fallback is not None:
        return Value(("op", fallback), type=link(fn).types[fallback])
    return next((value for name, value in event.columns if name == ""), None)


def makes_own(fn: Fn, value: Value) -> bool:
    """Whether a value is made here, of a type that keeps something for each thread: a second one in its place
    has none of what they have put into the first."""
    kind = value.type
    symbol = value.symbol
    if kind is None or kind.kind != "library" or not unshared_type(kind, fn.module):
        return False
    call = link(fn).calls.get(symbol[1]) if symbol[:1] in (("new",), ("op",)) else None
    made = call.qualified if call is not None else None
    return made is not None and fn.module.program.libraries.type_of_class(made) == kind.name


def _fallback(fn: Fn, register: int) -> int | None:
    """What a value is where it was looked up in vain: ``made`` of ``table.get(key, made)``, ``x or made``."""
    ops = fn.facts.ops
    for _ in range(3):
        op = ops[register]
        if op[0] == "name":
            before = last_store(ops, op[1], register)
            if before < 0:
                return None
            register = ops[before][2]
        elif op[0] == "call":
            callee = ops[op[1]]
            asks = callee[0] == "attr" and callee[2] == "get" and len(op[2]) == 2 and not op[3]
            return int(op[2][1]) if asks and ops[op[2][1]][0] == "call" else None
        else:
            return (
                int(op[2][-1]) if op[0] == "bool" and op[1] == "or" and ops[op[2][-1]][0] == "call" else None
            )
    return None


def made_kind(fn: Fn, value: Value) -> str:
    """Whether a value is a resource, a flag, a container or just a value."""
    if value.const is not UNKNOWN or value.symbol[:1] == ("const",):
        return "flag"
    if value.items is not None:
        return "container"
    kind = value.type
    if kind is not None and kind.kind == "instance":
        return "value" if unshared_class(kind.ref) else "resource"
    if kind is not None and kind.kind in ("iterable", "class", "function", "method", "module"):
        return "value"
    if kind is not None and kind.kind == "library":
        library = kind.name.partition(".")[0]
        if library in ("builtins", "objects") or unshared_type(kind, fn.module):
            return "container" if library == "builtins" else "value"
        return "resource"
    name = made_by(fn, value.symbol)
    written = name.rpartition(".")[2]
    if written in _PLAIN_TYPES or not written:
        return "value"
    bare = written.lstrip("_").lower()
    if bare.startswith(_MAKERS) or bare.endswith(_MADE):
        return "resource"
    if written[:1].isupper() and not written.isupper() and "." in name:
        return "resource"
    return "value"


def made_by(fn: Fn, symbol: Symbol) -> str:
    """The name of the function or class whose call gave a value; empty where it is no call's."""
    if not isinstance(symbol, tuple) or len(symbol) < 2:
        return ""
    if symbol[0] in ("new", "op") and isinstance(symbol[1], int) and symbol[1] < len(fn.facts.ops):
        op: Any = fn.facts.ops[symbol[1]]
        while op[0] == "await":
            op = fn.facts.ops[op[1]]
        if op[0] != "call":
            return ""
        callee = fn.facts.ops[op[1]]
        if callee[0] == "attr":
            return f".{callee[2]}"
        return f".{callee[1]}" if callee[0] == "name" else ""
    if symbol[0] == "call" and isinstance(symbol[1], tuple) and symbol[1]:
        return f".{symbol[1][-1]}" if isinstance(symbol[1][-1], str) else ""
    return ""

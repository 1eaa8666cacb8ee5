"""What a store does: a resource that must be made once, a removal, a flag, a container or a value."""

from __future__ import annotations

from typing import Any

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
    value = next((value for name, value in event.columns if name == ""), None)
    return "value" if value is None else made_kind(fn, value)


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

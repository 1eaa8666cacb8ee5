"""Columns whose containers no session watches: what is changed inside them is never written.

A session learns of ``row.values = {...}``. Of ``row.values["a"] = 1`` it learns only where the column's type
says so, as ``MutableDict.as_mutable(JSON)`` does.
"""

from __future__ import annotations

from rmwlint.facts.operands import made_of
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type

_DEEPEST = 2
_BUILTINS = frozenset(["dict", "list", "set", "str", "int", "bool", "float", "tuple", "property"])
_WRITTEN = frozenset(["commit", "flush"])
_FOLLOWED = frozenset(["class", "external", "function", "library"])


def unwatched(fn: Fn, kind: Type | None, name: str) -> bool:
    """Whether a known class declares a column of that name, by a type of which all is known, and neither that
    nor the function makes a session see what is changed inside."""
    if kind is None or kind.kind != "instance":
        return False
    cls: Cls = kind.ref
    program = cls.module.program
    libraries = program.libraries
    types = [libraries.types[above] for one in cls.library_types() for above in libraries.lineage(one)]
    words = frozenset(word for one in types for word in one.watched_by)
    if not words or not words.isdisjoint(fn.facts.names):
        return False
    if any(program.mentions(word, fn.module.path) for one in types for word in one.watched_everywhere):
        return False
    for base in cls.mro():
        register = base.facts.fields.get(name)
        if register is not None:
            return not _may_watch(base.module.fn(base.facts.scope), register, words, _DEEPEST)
    return False


def commits(fn: Fn) -> bool:
    """Whether a function itself has what it has changed written."""
    return any(row.does in _WRITTEN for call in link(fn).calls.values() for row in call.rows)


def _may_watch(scope: Fn, register: int, words: frozenset[str], depth: int) -> bool:
    """Whether a declaration has one of the words in a name, or something that cannot be followed."""
    ops, linked = scope.facts.ops, link(scope)
    for part in made_of(ops, register):
        op = ops[part]
        if op[0] not in ("name", "attr", "call"):
            continue
        if op[0] == "call":
            call = linked.calls.get(part)
            targets = call.targets if call is not None else ()
            if depth == 0 and targets:
                return True
            if any(_returns_watched(target, words, depth - 1) for target in targets):
                return True
            continue
        if any(word in str(op[-1]) for word in words):
            return True
        kind = linked.types[part]
        known = kind is not None and kind.kind in _FOLLOWED
        own = scope.index != 0 and op[0] == "name" and op[1] in scope.facts.locals  # followed already
        if op[0] == "name" and not known and not own and op[1] not in _BUILTINS:
            bound = scope.module.facts.bindings.get(op[1]) if scope.index == 0 else None
            if bound is None or depth == 0 or _may_watch(scope, bound, words, depth - 1):
                return True
    return False


def _returns_watched(fn: Fn, words: frozenset[str], depth: int) -> bool:
    returned = [op[1] for op in fn.facts.ops if op[0] == "return" and op[1] is not None]
    return not returned or any(_may_watch(fn, register, words, depth) for register in returned)

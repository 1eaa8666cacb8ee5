"""``match``: each case becomes a condition, a branch, its captures, and a branch on its guard.

A class pattern asks ``isinstance``, a value pattern ``==``, a literal None, True or False ``is``. A
pattern that only asks for a shape (a sequence, a mapping) branches on the subject itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from rmwlint.facts.expressions import EXPRESSIONS, store_name
from rmwlint.facts.scope import Scope

#: Names to bind once the pattern has matched, and to what.
Captures = list[tuple[str, int, ast.AST]]

#: Classes whose one positional pattern is matched against the whole: ``int(number)``.
_MATCHED_WHOLE = frozenset(
    {"bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
)


def lower_match(node: ast.Match, scope: Scope, lower_body: Callable[[list[ast.stmt], Scope], None]) -> None:
    """Lower a ``match`` statement; ``lower_body`` lowers the body of a case."""
    subject = EXPRESSIONS[type(node.subject)](node.subject, scope)
    end = scope.label()
    ended = False
    last = node.cases[-1]
    for case in node.cases:
        after = end if case is last else scope.label()
        captures: Captures = []
        condition = _condition(case.pattern, subject, captures, scope)
        if condition is not None:
            _branch(condition, case.pattern, after, scope)
        for name, register, place in captures:
            store_name(name, register, place, scope)
        if case.guard is not None:
            _branch(EXPRESSIONS[type(case.guard)](case.guard, scope), case.guard, after, scope)
        lower_body(case.body, scope)
        ended |= scope.jump(end)
        if condition is None and case.guard is None:
            # Only the last case may match whatever comes.
            break
        if case is last:
            ended = True
        else:
            scope.place(after)
    if ended:
        scope.place(end)


def _branch(condition: int, node: ast.AST, otherwise: int, scope: Scope) -> None:
    scope.emit(("branch", condition), node)
    scope.close((len(scope.blocks) + 1, otherwise))
    scope.dead = False


def _condition(pattern: ast.pattern, subject: int, captures: Captures, scope: Scope) -> int | None:
    """The register that says whether the pattern matches; None where it always does."""
    if isinstance(pattern, ast.MatchValue):
        value = EXPRESSIONS[type(pattern.value)](pattern.value, scope)
        return scope.emit(("compare", ("==",), (subject, value)), pattern)
    if isinstance(pattern, ast.MatchSingleton):
        value = scope.emit(("const", pattern.value), pattern)
        return scope.emit(("compare", ("is",), (subject, value)), pattern)
    if isinstance(pattern, ast.MatchAs):
        condition = None
        if pattern.pattern is not None:
            condition = _condition(pattern.pattern, subject, captures, scope)
        if pattern.name is not None:
            captures.append((pattern.name, subject, pattern))
        return condition
    if isinstance(pattern, ast.MatchStar):
        if pattern.name is not None:
            captures.append((pattern.name, subject, pattern))
        return None
    if isinstance(pattern, ast.MatchOr):
        return _alternatives(pattern, subject, captures, scope)
    if isinstance(pattern, ast.MatchClass):
        return _class(pattern, subject, captures, scope)
    if isinstance(pattern, ast.MatchMapping):
        return _mapping(pattern, subject, captures, scope)
    if isinstance(pattern, ast.MatchSequence):
        size = len(pattern.patterns)
        if any(isinstance(part, ast.MatchStar) for part in pattern.patterns):
            size = 0
        conditions = []
        for index, part in enumerate(pattern.patterns):
            if isinstance(part, ast.MatchAs) and part.pattern is None and part.name is None:
                continue
            register = scope.emit(("unpack", subject, index, size), part)
            conditions.append(_condition(part, register, captures, scope))
        return _all(conditions, subject, pattern, scope)
    return subject


def _alternatives(pattern: ast.MatchOr, subject: int, captures: Captures, scope: Scope) -> int | None:
    conditions = []
    for alternative in pattern.patterns:
        condition = _condition(alternative, subject, captures, scope)
        if condition is None:
            return None
        conditions.append(condition)
    return scope.emit(("bool", "or", tuple(conditions)), pattern)


def _class(pattern: ast.MatchClass, subject: int, captures: Captures, scope: Scope) -> int:
    test = scope.emit(("name", "isinstance"), pattern)
    cls = EXPRESSIONS[type(pattern.cls)](pattern.cls, scope)
    conditions: list[int | None] = [scope.emit(("call", test, (subject, cls), ()), pattern)]
    whole = isinstance(pattern.cls, ast.Name) and pattern.cls.id in _MATCHED_WHOLE
    for index, part in enumerate(pattern.patterns):
        register = subject if whole else scope.emit(("unpack", subject, index, 0), part)
        conditions.append(_condition(part, register, captures, scope))
    for name, part in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        scope.names.append(name)
        register = scope.emit(("attr", subject, name), part)
        conditions.append(_condition(part, register, captures, scope))
    return _all(conditions, subject, pattern, scope)


def _mapping(pattern: ast.MatchMapping, subject: int, captures: Captures, scope: Scope) -> int:
    conditions = []
    for key, part in zip(pattern.keys, pattern.patterns, strict=True):
        index = EXPRESSIONS[type(key)](key, scope)
        register = scope.emit(("item", subject, index), part)
        conditions.append(_condition(part, register, captures, scope))
    if pattern.rest is not None:
        captures.append((pattern.rest, subject, pattern))
    return _all(conditions, subject, pattern, scope)


def _all(conditions: list[int | None], subject: int, node: ast.AST, scope: Scope) -> int:
    asked = [condition for condition in conditions if condition is not None]
    if not asked:
        return subject
    if len(asked) == 1:
        return asked[0]
    return scope.emit(("bool", "and", tuple(asked)), node)

"""Modules that only a server of one process runs, which takes one request after the other.

``gunicorn`` with one worker of the default sort, or ``wsgiref``: what such a program alone imports never runs
twice at a time, whoever asks. Who imports a module is told by the text of the project.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.program.calling import kept_for_check
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn, ModuleView
from rmwlint.windows.concurrency.modules import importing, mentioning_name

#: more modules than this around one are not looked through
_MOST = 60


def served_alone(module: ModuleView) -> bool:
    """Whether every program of the project that imports a module, at whatever remove, is such a server."""
    return kept_for_check(module.fn(0), "served_alone", lambda: _served_alone(module))


def _served_alone(module: ModuleView) -> bool:
    if not any(mentioning_name(module, name) for name in sorted(module.program.libraries.servers)):
        return False
    seen = {module.path}
    pending = [module]
    served = False
    while pending:
        one = pending.pop()
        found = False
        for other in importing(module, one):
            found = True
            if other.path not in seen:
                seen.add(other.path)
                pending.append(other)
        if len(seen) > _MOST:
            return False
        if not found:
            if one is module or not _serves(one):
                return False
            served = True
    return served


def _serves(module: ModuleView) -> bool:
    """Whether a module runs such a server, and no other program."""
    found = False
    for fn in module.functions():
        for number, call in link(fn).calls.items():
            for row in call.rows:
                if row.does == "serve":
                    if not _one_at_a_time(fn, number, call, row.limit, row.guards):
                        return False
                    found = True
    return found


def _one_at_a_time(fn: Fn, number: int, call: Call, limit: str | None, several: tuple[str, ...]) -> bool:
    options = dict(_options(fn, number))
    if call.receiver is not None:
        options |= dict(_options(fn, call.receiver))
    ops = fn.facts.ops
    if any(name in options and ops[options[name]] != ("const", False) for name in several):
        return False
    return limit is None or limit not in options or ops[options[limit]] == ("const", 1)


def _options(fn: Fn, number: int) -> Iterator[tuple[str, int]]:
    """The keywords of a call, and the entries of the dicts that it is given."""
    ops = fn.facts.ops
    op = ops[number]
    if op[0] == "name":
        for other in ops[:number]:
            if other[0] == "store" and other[1] == op[1]:
                yield from _options(fn, other[2])
        return
    if op[0] == "dict":
        for key, value in op[1]:
            if key is not None and ops[key][0] == "const":
                yield str(ops[key][1]), value
    if op[0] != "call":
        return
    yield from ((keyword, register) for keyword, register in op[3] if keyword)
    for register in op[2]:
        if ops[register][0] in ("name", "dict"):
            yield from _options(fn, register)

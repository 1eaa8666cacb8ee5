"""Methods that pass a call on to the same method of what their object wraps, as proxies do.

Nobody may know the type of what is wrapped. What the call changes there is what the methods of that name
change that do more than pass it on.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn

#: A name that more files define says nothing about any one object.
_MOST_FILES = 12


def changed_by_forwarding(fn: Fn) -> frozenset[str]:
    """The attributes that are given constants when ``fn`` passes its call on; none where it does not."""
    found = fn.memo.get("changed_by_forwarding")
    if found is None:
        found = frozenset().union(*map(_sets, _others(fn))) if _forwards(fn, fn) else frozenset()
        fn.memo["changed_by_forwarding"] = found
    return found  # type: ignore[return-value]


def _forwards(fn: Fn, asker: Fn) -> bool:
    """Whether it calls ``self.wrapped.method()``, being that method itself, and nobody knows what that is."""
    facts = fn.facts
    if fn.owner is None or not fn.first_is_self or facts.name not in facts.names:
        return False
    ops = facts.ops
    me = ("name", facts.params[0].name)
    for number, op in enumerate(ops):
        callee = ops[op[1]] if op[0] == "call" else op
        if callee[0] == "attr" and callee[2] == facts.name and op[0] == "call":
            holder = ops[callee[1]]
            if holder[0] == "attr" and ops[holder[1]] == me:
                fn.module.program.asked.file(asker.module.path, fn.module.path)
                known = link(fn).calls.get(number)
                return known is not None and not known.targets and not known.rows
    return False


def _others(fn: Fn) -> list[Fn]:
    """The methods of the same name in the project that set something and do not pass it on."""
    program, near, name = fn.module.program, fn.module.path, fn.facts.name
    files = program.outline(near).definitions(name)
    few = files if len(files) <= _MOST_FILES else ()
    program.asked.hint(near, "def", (name,))
    program.asked.functions(near, name, few)
    found: list[Fn] = []
    for path in few:
        module = program.module_of(path)
        if module is not None:
            indexes = [facts.methods[name] for facts in module.facts.classes if name in facts.methods]
            found += [module.fn(index) for index in indexes]
    return [
        other
        for other in found
        if other is not fn and other.first_is_self and _sets(other) and not _forwards(other, fn)
    ]


def _sets(fn: Fn) -> frozenset[str]:
    """The attributes of its object that a method gives constants, as what changes a state does."""
    ops = fn.facts.ops
    me = ("name", fn.facts.params[0].name)
    return frozenset(
        op[2] for op in ops if op[0] == "setattr" and ops[op[1]] == me and ops[op[3]][0] == "const"
    )

"""Rows that a form has filled in and not saved: ``row = form.save(commit=False)``, then ``row.save()``.

A form that was made around no row gives a new one, which nobody else knows. Whether it was made around one is
seen only where it is made in the same function. Likewise a row that the object's own methods make and keep as
an attribute, before another method saves it.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.guards.first_hand import made_here, sources
from rmwlint.windows.values import Event, own_attribute


def unsaved(fn: Fn, write: Event) -> bool:
    """Whether a write saves a row that a form gave unsaved, and the form is not seen to be given the row."""
    call = link(fn).calls.get(write.op)
    if call is None or call.receiver is None or write.trail:
        return False
    given = list(sources(fn, call.receiver, write.op))
    return bool(given) and all(_gives_unsaved(fn, source) for source in given)


def filled_in(fn: Fn, write: Event) -> bool:
    """Whether a write saves a row that a library gives the method for that, filled in by a form."""
    symbol = write.place.symbol if write.place is not None else None
    if not isinstance(symbol, tuple) or symbol[0] != "param" or fn.owner is None or not fn.first_is_self:
        return False
    types = fn.module.program.libraries
    given = f"{fn.facts.name}.arg{symbol[1] - 1}"
    return any(
        given in types.types[ancestor].filled_in
        for name in fn.owner.library_types()
        for ancestor in types.lineage(name)
    )


def made_by_its_object(fn: Fn, write: Event) -> bool:
    """Whether a write saves an attribute of a method's own object that is only ever given rows made anew."""
    attribute = own_attribute(write.place.symbol) if write.place is not None else None
    if attribute is None or fn.owner is None or not fn.first_is_self or write.trail:
        return False
    given = [
        link(base.module.fn(function)).calls.get(register)
        for base in fn.owner.mro()
        for function, register in base.facts.self_fields.get(attribute, ())
    ]
    return bool(given) and all(call is not None and call.cls is not None for call in given)


def given_new(fn: Fn, write: Event) -> bool:
    """Whether a row came in a tuple from functions which have all made it for that."""
    call = link(fn).calls.get(write.op)
    if call is None or call.receiver is None or write.trail:
        return False
    ops = fn.facts.ops
    given = list(sources(fn, call.receiver, write.op))
    return bool(given) and all(
        ops[source][0] == "unpack" and _gives_new(fn, ops[source][1], ops[source][2]) for source in given
    )


def made_on_every_way(fn: Fn, write: Event) -> bool:
    """Whether a row was made in the function itself, by one constructor or by another."""
    call = link(fn).calls.get(write.op)
    if call is None or call.receiver is None or write.trail or fn.facts.ops[call.receiver][0] != "name":
        return False
    given = list(sources(fn, call.receiver, write.op))
    return bool(given) and all(_constructed(fn, source) for source in given)


def _constructed(fn: Fn, register: int) -> bool:
    op = fn.facts.ops[register]
    if op[0] == "choose":
        return _constructed(fn, op[2]) and _constructed(fn, op[3])
    call = link(fn).calls.get(register)
    return call is not None and call.cls is not None


def of_new_owner(fn: Fn, write: Event, read: Event | None) -> bool:
    """Whether the row that is saved is that of another one, which the function has just made: what it reaches
    it by, or finds it by."""
    call = link(fn).calls.get(write.op)
    ops = fn.facts.ops
    if call is None or call.receiver is None or write.trail:
        return False
    owners = [ops[call.receiver][1]] if ops[call.receiver][0] == "attr" else []
    if not owners and read is not None and ops[read.op][0] == "call" and not read.trail:
        owners = [*ops[read.op][2], *(register for _, register in ops[read.op][3])]
    return any(made_here(fn, owner, write.op) for owner in owners)


def _gives_new(fn: Fn, number: int, index: int) -> bool:
    """Whether every function that a call reaches returns a new object in that place of a tuple."""
    call = link(fn).calls.get(number)
    return call is not None and bool(call.targets) and all(_returns_new(one, index) for one in call.targets)


def _returns_new(fn: Fn, index: int) -> bool:
    ops, calls = fn.facts.ops, link(fn).calls
    returned = [ops[op[1]] for op in ops if op[0] == "return" and op[1] is not None]
    if not returned or any(op[0] != "build" or len(op[2]) <= index for op in returned):
        return False
    for op in returned:
        made = [calls.get(source) for source in sources(fn, op[2][index], len(ops))]
        if not made or any(one is None or one.cls is None for one in made):
            return False
    return True


def _gives_unsaved(fn: Fn, register: int) -> bool:
    ops = fn.facts.ops
    call = link(fn).calls.get(register)
    if call is None or call.receiver is None:
        return False
    given = [(keyword, ops[value]) for keyword, value in ops[register][3]]
    given += [(f"arg{index}", ops[value]) for index, value in enumerate(ops[register][2])]
    constants = {keyword: op[1] for keyword, op in given if op[0] == "const"}
    around = fn.module.program.libraries.holds_back(call.name, constants) if constants else frozenset()
    if not around:
        return False
    made = (ops[source] for source in sources(fn, call.receiver, register))
    return not any(
        keyword in around and ops[value] != ("const", None)
        for op in made
        if op[0] == "call"
        for keyword, value in op[3]
    )

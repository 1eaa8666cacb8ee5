"""Calls that no library model and no function of the program explains: what their shape says."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rmwlint.facts.model import Op
from rmwlint.libraries.index import Libraries
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.columns import entries
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.values import NO_DEPS, Symbol, Value, merge_deps, strengthen, walked_through

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_WHOLE_METHODS = frozenset(
    ["model_dump", "dict", "to_dict", "as_dict", "asdict", "__dict__", "_asdict", "to_primitive"]
)
_WHOLE_FUNCTIONS = frozenset(["vars", "dataclasses.asdict", "attr.asdict", "attrs.asdict"])
_COPIES = frozenset(["copy.copy", "copy.deepcopy", "dict", "list", "set", "tuple", "sorted"])
#: of these, the ones that keep keys and attributes
_SAME_KEYS = frozenset(["copy.copy", "copy.deepcopy", "dict"])
#: functions that give an iterator over what others give: of these, the first give it as it is
_ONE_BY_ONE = frozenset(["itertools.chain", "filter"])
_WALKERS = _ONE_BY_ONE | {"enumerate", "zip"}
_CONTAINERS = ("builtins.dict", "builtins.list", "builtins.set")
#: functions that give their second argument as it is, under another type
_CASTS = frozenset(["typing.cast", "typing_extensions.cast"])
#: pure functions and methods whose result is another name of the same thing for as long as its inputs are
_STABLE = frozenset(["str", "int", "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.expanduser"])


def opaque(run: Interpreter, site: Site) -> Value:
    """The value that the call gives."""
    known, args = site.known, site.args
    if known.qualified in ("setattr", "getattr", "hasattr"):
        found = _attribute(run, site)
        if found is not None:
            return found
    if site.receiver is not None and not known.targets:
        found = _container_method(run, site, site.receiver)
        if found is not None:
            return found
    if copies(site):
        return _copy(run, site)
    if known.qualified in _CASTS and len(args) == 2:
        return args[1]._replace(type=site.kind or args[1].type)
    if known.cls is not None:
        return made(site)
    if known.qualified in _WALKERS and any(run.is_row(kind) for kind in _element_types(run, site)):
        return _walked(run, site)
    if known.qualified in _STABLE and len(args) == 1 and not _unnamed(site):
        return args[0]._replace(type=site.kind)
    return _derived(run, site)


def _element_types(run: Interpreter, site: Site) -> list[Type | None]:
    given = [run.link.types[register] for register in site.op[2]]
    return [None if kind is None else kind.arg for kind in given]


def _walked(run: Interpreter, site: Site) -> Value:
    """An iterator over what other iterables give, rows among it: they are read where it is made."""
    kinds, position = _element_types(run, site), site.position
    elements: list[Value] = []
    for number, (register, kind) in enumerate(zip(site.op[2], kinds)):
        if not run.is_row(kind):
            elements.append(Value(("op", position, number)))
            continue
        before = len(run.result.events)
        elements.append(run.element_of(position, register, kind))
        _call_it(run, before, _loop_name(run, site, number))
    if site.known.qualified in _ONE_BY_ONE:
        element = next(each for each, kind in zip(elements, kinds) if run.is_row(kind))
    else:
        if site.known.qualified == "enumerate":
            elements = [Value(("op", position, -1)), elements[0]]
        items = tuple((None, each) for each in elements)
        element = Value(("new", position, "each"), merge_deps(elements), items=items)
    deps = merge_deps(site.given)
    return Value(("new", position), deps, site.kind, items=((None, element),))


def _call_it(run: Interpreter, first: int, name: str) -> None:
    """The rows read since event ``first`` are called what the loop calls them."""
    for number in range(first, len(run.result.events) if name else first):
        event = run.result.events[number]
        if event.place is not None:
            run.result.events[number] = event._replace(place=event.place._replace(text=name))


def _loop_name(run: Interpreter, site: Site, index: int) -> str:
    """The variable that a loop over what the call gives has for what the argument gives; empty without."""
    ops = run.ops
    taken = next((number for number, op in enumerate(ops) if op == ("element", site.position)), None)
    if site.known.qualified == "enumerate":
        index = 1
    for op in ops:
        if op[0] == "store":
            source = ops[op[2]]
            if op[2] == taken or (source[:2] == ("unpack", taken) and source[2] == index):
                return str(op[1])
    return ""


def made(site: Site) -> Value:
    """A new object of a class: of a plain value such as an amount of money, what it was made of."""
    cls = site.known.cls
    plain = cls is not None and cls.row() is None
    return Value(("new", site.position), merge_deps(site.given, "derive") if plain else NO_DEPS, site.kind)


def _attribute(run: Interpreter, site: Site) -> Value | None:
    """``getattr``, ``setattr`` and ``hasattr`` with a constant name."""
    args, position, register = site.args, site.position, site.op[2][0] if site.op[2] else None
    if len(args) == 3 and site.known.qualified == "setattr" and register is not None:
        entries_of = _each_entry(args[1].symbol, args[2].symbol)
        if entries_of is not None:
            _set_each(run, site, args[0], entries_of)
            return Value(("op", position))
    if len(args) < 2 or not isinstance(args[1].const, str):
        return None
    if site.known.qualified == "getattr":
        return run.op_attr(position, ("attr", register, args[1].const))
    if site.known.qualified == "hasattr":
        if register is None or not run.is_shared_object(args[0]):
            return None
        looked = run.op_attr(position, ("attr", register, args[1].const))
        return Value(("op", position), strengthen(looked.deps, "derive"))
    if len(args) == 3 and register is not None:
        run.set_attribute(position, args[0], args[1].const, args[2], register)
        return Value(("op", position))
    return None


def _each_entry(name: Symbol, value: Symbol) -> Symbol | None:
    """The dict whose entries a loop takes one by one, where ``name`` and ``value`` are key and value of one:
    ``for name, value in changes.items(): setattr(row, name, value)``."""
    parts = (name, value)
    if any(not isinstance(part, tuple) or part[0] != "item" or len(part) != 3 for part in parts):
        return None
    if name[1] != value[1] or (name[2], value[2]) != (("const", 0), ("const", 1)):
        return None
    element = name[1]
    if not isinstance(element, tuple) or element[0] != "element":
        return None
    walked = walked_through(element[1])
    return None if walked == element[1] else walked


def _set_each(run: Interpreter, site: Site, base: Value, given: Symbol) -> None:
    """Every entry of a dict is set as an attribute; a dict that only the caller knows is one named ``**``."""
    value = next((known for known in run.regs if known.symbol == given), Value(given))
    register = site.op[2][0]
    for name, item in list(entries(run, value)):
        if name != "**":
            run.set_attribute(site.position, base, name, item, register)
        elif run.row_mode(base.type) == "flush" and base.symbol in run.rows:
            run.flushed(site.position, base, ((name, item),), register)
        else:
            run.state.dirty.setdefault(base.symbol, {})[name] = (site.position, item)


def _container_method(run: Interpreter, site: Site, receiver: Value) -> Value | None:
    known, args, position = site.known, site.args, site.position
    assert known.receiver is not None
    if known.name == "get" and args and isinstance(args[0].const, str) and receiver.symbol in run.rows:
        return run.op_item(position, ("item", known.receiver, site.op[2][0]))
    if mutates(run.libraries, known.name):
        deps = merge_deps(site.given)
        if known.name == "update":
            _update(run, site, receiver)
        run.gather(receiver.symbol, site.given)
        run.mutate(position, receiver, deps, known.receiver)
        return Value(("op", position), receiver.deps | deps, site.kind)
    if known.name in ("copy", "deepcopy"):
        symbol = _copied(run, receiver, position)
        return Value(symbol, receiver.deps, site.kind, items=receiver.items, whole=receiver.whole)
    return None


def _update(run: Interpreter, site: Site, receiver: Value) -> None:
    """``d.update(other, key=value)``: the entries are those of ``d`` from here on."""
    given = [*(entries(run, site.args[0]) if site.args else ()), *site.kwargs]
    for key, value in given:
        if key != "**":
            run.state.dirty.setdefault(receiver.symbol, {})[key] = (site.position, value)


@lru_cache(maxsize=4096)
def mutates(libraries: Libraries, name: str, *kinds: str) -> bool:
    """Whether a method of that name, of whatever, is taken for one that changes a container in place (one
    of these kinds, where any are given)."""
    meaning = libraries.method_meaning
    return any(row.does == "mutate" for kind in kinds or _CONTAINERS for row in meaning(kind, name, {}))


def copies(site: Site) -> bool:
    """Whether a call gives a copy of its argument."""
    return site.known.qualified in _COPIES


def _copied(run: Interpreter, original: Value, position: int) -> Symbol:
    """The symbol of a copy: of a row that was read, it is another snapshot of the same read."""
    read = run.rows.get(original.symbol, -1)
    if read < 0:
        return ("new", position)
    symbol = ("copy", original.symbol, position)
    run.rows[symbol] = read
    return symbol


def _copy(run: Interpreter, site: Site) -> Value:
    args = site.args
    deps = merge_deps(site.given)
    items = args[0].items if args else ()
    whole = args[0].whole if args else None
    if site.known.qualified == "dict":
        items = (items or ()) + tuple((keyword, value) for keyword, value in site.kwargs if keyword != "**")
        if len(site.given) > 1:
            deps = strengthen(deps, "container")
    query = args[0].query if args else None
    symbol = ("new", site.position)
    if len(args) == 1 and site.known.qualified in _SAME_KEYS:
        symbol = _copied(run, args[0], site.position)
    return Value(symbol, deps, site.kind, query=query, items=items, whole=whole)


def _derived(run: Interpreter, site: Site) -> Value:
    """Something computed from what the call is given: the same for the same, as far as anybody can tell."""
    known, receiver, position = site.known, site.receiver, site.position
    whole: Symbol | None = None
    if known.qualified in _WHOLE_FUNCTIONS and site.args:
        whole = site.args[0].symbol
    elif receiver is not None and known.name in _WHOLE_METHODS and not _partial(site):
        whole = receiver.symbol
    given = site.given
    values = given if receiver is None else (receiver, *given)
    deps = merge_deps(values, "derive")
    if any(row.kind == "serialising" for row in known.rows):
        deps = deps.union(*(run.as_changed(value).deps for value in given))
    moves_on = not given and known.rtype is None and known.name.startswith(("get", "next", "pop"))
    if not values or _unnamed(site) or (receiver is not None and moves_on):
        return Value(("op", position), deps, site.kind, whole=whole)
    parts = tuple(value.symbol for value in site.args)
    parts += tuple((keyword, value.symbol) for keyword, value in site.kwargs)
    return Value(run.symbol("call", run.regs[site.op[1]].symbol, *parts), deps, site.kind, whole=whole)


def _partial(site: Site) -> bool:
    """Whether a serialising call is told what to take or leave out."""
    return bool(site.args) or any(word.startswith(("include", "exclude")) for word, _ in site.kwargs)


def _unnamed(site: Site) -> bool:
    """Whether an argument is a value that came out of nowhere: another call gives another."""
    return any(value.symbol[0] == "op" for value in site.given if isinstance(value.symbol, tuple))


def whole_by_loop(run: Interpreter, op: Op) -> Symbol | None:
    """The object of ``{c.name: getattr(obj, c.name) for c in columns}``: all its attributes by a loop."""
    value = run.ops[op[2]]
    if value[0] != "call" or len(value[2]) < 2:
        return None
    callee = run.ops[value[1]]
    if callee[0] == "name" and callee[1] == "getattr" and run.ops[value[2][1]][0] != "const":
        symbol: Symbol = run.regs[value[2][0]].symbol
        return None if _own_choice(run, run.regs[value[2][1]].symbol, symbol) else symbol
    return None


def _own_choice(run: Interpreter, name: Symbol, obj: Symbol) -> bool:
    """Whether the names come from a plain attribute of the object itself, what it says has changed, or are
    those of the keywords that the function is called with."""
    if not (isinstance(name, tuple) and len(name) == 2 and name[0] == "element"):
        return False
    source = name[1]
    if isinstance(source, tuple) and source[0] == "param" and run.facts.params[source[1]].kind == "kwargs":
        return True
    if not (isinstance(source, tuple) and len(source) == 3 and source[0] == "attr" and source[1] == obj):
        return False
    return not source[2].startswith("__") and source[2] not in ("fields", "columns", "_fields")

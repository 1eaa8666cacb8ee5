"""Linking one function: the type of each register and what each call may reach.

One pass over the operations in source order, without regard to the flow: a name has the type it was
last given above. Where annotations, constructors, imports and library models leave a receiver open, its
name may suggest a type, with less confidence. Types of other functions (what they return, what they
store on ``self``) are asked for on demand; where a cycle asks for itself, see ``cycles``.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rmwlint.facts.model import Op
from rmwlint.libraries.index import UNKNOWN, Gives
from rmwlint.libraries.model import CallModel
from rmwlint.program.annotations import annotation_type
from rmwlint.program.near import lives_near
from rmwlint.program.program import Cls, Fn, ModuleView, Program
from rmwlint.program.types import Type, iterable

MEDIUM = 2
_NO_ROWS: tuple[CallModel, ...] = ()
#: displays with nothing in them
_EMPTY = (("build", "list", ()), ("build", "set", ()), ("dict", ()))
#: methods that put one thing into a container
_PUTS = frozenset(["add", "append", "appendleft"])
_OPERATORS = {"/": ("__truediv__", "__rtruediv__"), "|": ("__or__", "__ror__")}


class Call(NamedTuple):
    """What one call may reach.

    ``targets``: functions of the program; ``rows``: what the library models say; ``receiver``: the register
    of the object whose method it is; ``rtype``: its type; ``name``: the last name of the callee; ``cls``: the
    class of the program it constructs; ``qualified``: the external function called, else empty.
    """

    targets: tuple[Fn, ...]
    rows: tuple[CallModel, ...]
    receiver: int | None
    rtype: Type | None
    name: str
    sure: int
    cls: Cls | None = None
    qualified: str = ""


_UNKNOWN_CALL = Call((), (), None, None, "", 3)


class Link:
    """The linked function: ``types[register]``, ``calls[operation]``, its names' and results' types."""

    __slots__ = ("calls", "fn", "names", "returns", "types", "yields")

    def __init__(self, fn: Fn) -> None:
        self.fn = fn
        self.types: list[Type | None] = [None] * len(fn.facts.ops)
        self.calls: dict[int, Call] = {}
        self.names: dict[str, Type | None] = {}
        self.returns: Type | None = None
        self.yields: Type | None = None

    def same(self, other: Link) -> bool:
        """Whether another linking of the function has found the same types."""
        return (self.types, self.returns, self.yields) == (other.types, other.returns, other.yields)


def link(fn: Fn) -> Link:
    """Link the function, once. Where its types rest on themselves (recursion), they are a fixed point."""
    found = fn.link
    if found is not None:
        return found

    def run() -> Link:
        made = Link(fn)
        _Linker(made).run()
        return made

    def settle(made: Link) -> None:
        fn.link = made

    return fn.module.program.cycles.ask(fn, run, lambda: Link(fn), settle, Link.same)


def register_type(program: Program, fn: Fn, register: int) -> Type | None:
    """The type of a register of ``fn``."""
    return link(fn).types[register]


def returned_type(fn: Fn) -> Type | None:
    """What a call of ``fn`` gives: its annotation, else what its return statements give."""
    if fn.facts.returns is not None:
        declared = annotation_type(fn.module, fn.facts.returns)
        if declared is not None:
            return declared
    if fn.facts.name == "__init__":
        return None
    return link(fn).returns


def attribute(
    program: Program, value: Type | None, name: str, asker: ModuleView | None = None
) -> Type | None:
    """The type of ``value.name``, None where it is unknown. ``asker``: see ``ModuleView.member``."""
    if value is None:
        return None
    kind = value.kind
    if kind == "module":
        module: ModuleView = value.ref
        return module.member(name, asker)
    if kind == "instance":
        return _instance_attribute(program, value, name)
    if kind == "class":
        return _class_attribute(program, value, name)
    if kind == "external":
        qualified = f"{value.name}.{name}"
        as_object = program.libraries.type_of_object(qualified)
        if as_object is not None:
            return Type("library", as_object, None, qualified, value.sure)
        known = program.libraries.type_of_class(value.name)
        if known is not None:
            row = program.libraries.attribute(known, name)
            if row is not None:
                return _give(program, program.libraries.gives(row), Type("library", known), None, value.sure)
        elif name in program.libraries.ways_to_rows and _class_of_strangers(value.name, asker):
            shown = program.libraries.shown("import", name)
            row = None if shown is None else program.libraries.attribute(shown, name)
            if row is not None:
                cls_of_rows = Type("library", shown or "", None, value.name, MEDIUM)
                return _give(program, program.libraries.gives(row), cls_of_rows, None, MEDIUM)
        return Type("external", qualified, value.arg, None, value.sure)
    if kind == "library":
        row = program.libraries.attribute(value.name, name)
        if row is not None:
            return _give(program, program.libraries.gives(row), value, None, value.sure)
        return Type("member", name, value, None, value.sure)
    if kind == "super":
        cls: Cls = value.ref
        for base in cls.mro()[1:]:
            index = base.facts.methods.get(name)
            if index is not None:
                fn = base.module.fn(index)
                return Type("method", fn.qualified, Type("instance", cls.qualified, None, cls), fn)
        return Type("member", name, Type("instance", cls.qualified, None, cls))
    if kind == "proxy":
        for dotted in value.name.split():
            found = program.resolve(f"{dotted}.{name}", value.ref)
            if found.kind != "external":
                return found
        return None
    if kind == "function":
        fn = value.ref
        task = decorated_type(program, fn)
        return attribute(program, task, name) if task is not None else None
    return None


def _class_of_strangers(qualified: str, asker: ModuleView | None) -> bool:
    """Whether a name is written as the names of classes are, and its package is none of the program's, as far
    as the module that asks knows: what is missing there is no class yet."""
    if asker is None or not qualified.rpartition(".")[2].lstrip("_")[:1].isupper():
        return False
    return asker.program.names_of(qualified.partition(".")[0], asker.path) is None


def decorated_type(program: Program, fn: Fn) -> Type | None:
    """The library type that a decorator turns the function into (a task), if any."""
    parent = fn.parent
    if parent is None or not fn.facts.decorators:
        return None
    linked = link(parent)
    for register in fn.facts.decorators:
        op = parent.facts.ops[register]
        value = linked.types[register] if op[0] != "call" else None
        rows: tuple[CallModel, ...] = ()
        receiver: Type | None = None
        if op[0] == "call":
            call = linked.calls.get(register)
            if call is not None:
                rows, receiver = call.rows, call.rtype
        elif value is not None and value.kind == "external":
            rows = program.libraries.function_meaning(value.name, {})
        elif value is not None and value.kind == "member" and value.arg is not None:
            receiver = value.arg
            rows = method_rows(program, value.arg, value.name, {})
        for row in rows:
            if "decorator" in row.form and row.gives is not None:
                return _give(program, program.libraries.gives(row), receiver, None, 3)
    return None


def _instance_attribute(program: Program, value: Type, name: str) -> Type | None:
    cls: Cls = value.ref
    for base in cls.speaking_of(name):
        facts = base.facts
        index = facts.methods.get(name)
        if index is not None:
            fn = base.module.fn(index)
            if name in facts.properties:
                return returned_type(fn)
            return Type("method", fn.qualified, value, fn, value.sure)
        if name in facts.annotations:
            found = annotation_type(base.module, facts.annotations[name])
            if found is not None:
                return found.weaker(value.sure)
        if name in facts.fields:
            register = facts.fields[name]
            if register is not None:
                found = register_type(program, base.module.fn(facts.scope), register)
                if found is not None:
                    return _related(program, _of_class(found, cls), cls, name).weaker(value.sure)
            return None
        if name in facts.self_annotations:
            found = annotation_type(base.module, facts.self_annotations[name])
            if found is not None:
                return found.weaker(value.sure)
        if name in facts.self_fields:
            for function, register in facts.self_fields[name]:
                fn = base.module.fn(function)
                found = register_type(program, fn, register)
                if found is not None:
                    return found.weaker(value.sure)
    for library_type in cls.library_types():
        row = program.libraries.attribute(library_type, name)
        if row is not None:
            return _give(program, program.libraries.gives(row), value, None, value.sure)
    if cls.library_types():
        return Type("member", name, value, None, value.sure)
    return None


def _class_attribute(program: Program, value: Type, name: str) -> Type | None:
    cls: Cls = value.ref
    unknown = False
    for base in cls.mro():
        facts = base.facts
        index = facts.methods.get(name)
        if index is not None:
            fn = base.module.fn(index)
            return Type("method", fn.qualified, value, fn, value.sure)
        if name in facts.fields:
            register = facts.fields[name]
            if register is None:
                break
            found = register_type(program, base.module.fn(facts.scope), register)
            if found is not None:
                return _of_class(found, cls)
            unknown = True
            break
        for position, nested in enumerate(base.module.facts.classes):
            if nested.outer == base.index and nested.name == name:
                inner = base.module.cls(position)
                return Type("class", inner.qualified, None, inner)
    for library_type in cls.library_types():
        row = program.libraries.attribute(library_type, name)
        if row is not None:
            # what a call that nobody knows has made is what the library expects under that name
            sure = min(value.sure, MEDIUM) if unknown else value.sure
            return _give(program, program.libraries.gives(row), value, None, sure)
    if cls.library_types() and not unknown:
        return Type("member", name, value, None, value.sure)
    return None


def _related(program: Program, found: Type, cls: Cls, name: str) -> Type:
    """The one row that the column ``name_id`` beside an attribute names, where there is one."""
    if found.kind != "library" or found.arg is None or not program.libraries.types[found.name].one_by_key:
        return found
    key = f"{name}_id"
    beside = any(key in base.facts.fields or key in base.facts.annotations for base in cls.mro())
    return found.arg.weaker(MEDIUM) if beside else found


def _of_class(found: Type, cls: Cls) -> Type:
    """A manager found in a class body manages that class; a row found there is another class's."""
    if found.kind == "instance" and found.ref.row() is not None:
        return found
    if found.arg is None and found.kind in ("instance", "library"):
        return found._replace(arg=Type("instance", cls.qualified, None, cls))
    return found


def _instantiated(value: Type | None) -> Type | None:
    """The type of an object of a class given as a value, or of the class of an object given."""
    if value is None:
        return None
    if value.kind == "class":
        return Type("instance", value.name, None, value.ref, value.sure)
    if value.kind in ("instance", "library"):
        return value
    return None


def _give(
    program: Program, gives: Gives | None, receiver: Type | None, args: _Arguments | None, sure: int
) -> Type | None:
    if gives is None:
        return None
    kind = gives.kind
    found: Type | None = None
    if kind == "self":
        found = receiver
    elif kind == "element":
        found = None if receiver is None else receiver.arg or _usual_element(program, receiver)
    elif kind == "class":
        found = _instantiated(receiver)
    elif kind == "argument":
        found = None if args is None else args.instantiated(gives.position or 0)
    elif kind == "argument_element":
        given = None if args is None else args.type(gives.position or 0)
        if given is not None:
            found = _instantiated(given) if given.kind == "class" else given.arg
        elif args is not None:
            found = args.instantiated(gives.position or 0)
    elif kind == "type":
        element = _give(program, gives.of[0], receiver, args, sure) if gives.of else None
        found = Type("library", gives.type or "", element)
    elif kind == "class_of":
        found = Type("library", gives.type or "")
    elif kind == "iterable":
        return iterable(_give(program, gives.of[0], receiver, args, sure))
    elif kind == "tuple":
        items = tuple(_give(program, item, receiver, args, sure) for item in gives.of)
        found = Type("iterable", "tuple", None, items)
    return None if found is None else found.weaker(sure)


def _usual_element(program: Program, receiver: Type) -> Type | None:
    """What a query of nobody knows what gives: the library's rows, with medium confidence."""
    names: tuple[str, ...] = ()
    if receiver.kind == "library":
        names = (receiver.name,)
    elif receiver.kind == "instance":
        names = receiver.ref.library_types()
    for name in names:
        for ancestor in program.libraries.lineage(name):
            element = program.libraries.types[ancestor].element
            if element is not None:
                return Type("library", element, None, None, MEDIUM)
    return None


def _given_for(found: Type | None, fn: Fn, arguments: _Arguments, shift: int) -> Type | None:
    """What a call of ``fn`` gives: a class that is one of its parameters becomes that of the argument."""
    if found is None:
        return None
    if found.kind == "argument":
        if found.name != fn.qualified:
            return None  # another function's parameter, which has come along through an attribute
        parameter = fn.facts.params[found.ref]
        index = found.ref - shift
        given = arguments.instantiated(index) if parameter.kind != "keyword" else None
        if given is None or index >= len(arguments.registers):
            types = arguments.linker.types
            given = next(
                (_instantiated(types[value]) for word, value in arguments.kwargs if word == parameter.name),
                None,
            )
        return given if given is None else given.weaker(found.sure)
    if found.arg is not None:
        arg = _given_for(found.arg, fn, arguments, shift)
        return found if arg is found.arg else found._replace(arg=arg)
    return found


def method_rows(
    program: Program, receiver: Type, name: str, keywords: Mapping[str, Any]
) -> tuple[CallModel, ...]:
    """What the library models say of ``receiver.name(...)``."""
    libraries = program.libraries
    if receiver.kind == "library":
        return libraries.method_meaning(receiver.name, name, keywords)
    if receiver.kind in ("instance", "class"):
        cls: Cls = receiver.ref
        for library_type in cls.library_types():
            rows = libraries.method_meaning(library_type, name, keywords)
            if rows:
                return rows
    if receiver.kind == "external":
        rows = libraries.function_meaning(f"{receiver.name}.{name}", keywords)
        if rows:
            return rows
        known = libraries.type_of_class(receiver.name)
        if known is not None:
            return libraries.method_meaning(known, name, keywords)
    return _NO_ROWS


def _sending(fn: Fn, shown: str) -> int:
    """How sure it is that a function's decorators have made a job of it that somebody else does.

    Where one of the program's own has, something beside it that is named like a method of the type ``shown``
    must send, itself or by a function that it calls: what only runs later in this process is no such job.
    """
    assert fn.parent is not None
    names = fn.module.program.libraries.types[shown].shown_by
    linked = link(fn.parent)
    for register in fn.facts.decorators:
        call, value = linked.calls.get(register), linked.types[register]
        own = [target.module for target in call.targets] if call is not None else []
        own += [call.cls.module] if call is not None and call.cls is not None else []
        if value is not None and value.kind in ("function", "class"):
            own.append(value.ref.module)
        named = [other for module in own for other in module.functions() if other.facts.name in names]
        if named:
            return MEDIUM if any(_sends(other, 1) for other in named) else 1
    return MEDIUM


def _sends(fn: Fn, depth: int) -> bool:
    calls = link(fn).calls.values()
    if any(row.does in ("backend", "enqueue") for call in calls for row in call.rows):
        return True
    return depth > 0 and any(_sends(target, depth - 1) for call in calls for target in call.targets)


def _shown_member(program: Program, member: Type, name: str) -> str | None:
    """The type of an undeclared attribute, by a method that is called on it."""
    holder = member.arg
    if holder is None:
        return None
    names = (
        (holder.name,)
        if holder.kind == "library"
        else holder.ref.library_types()
        if holder.kind == "instance"
        else ()
    )
    for of in names:
        for above in program.libraries.lineage(of):
            shown = program.libraries.shown(above, name)
            if shown is not None:
                return shown
    return None


def suggested_class(module: ModuleView, identifier: str) -> Cls | None:
    """The class of the program whose name in snake case is ``identifier``: ``order_line`` → ``OrderLine``.

    Looked for among the module's own classes and imports, then as a member of the packages it imports.
    """
    try:
        return module.suggested[identifier]
    except KeyError:
        pass

    def settle(found: Cls | None) -> None:
        module.suggested[identifier] = found

    return module.program.cycles.ask(
        ("suggested", module, identifier),
        lambda: _suggested_class(module, identifier),
        lambda: None,
        settle,
        operator.is_,
    )


def _suggested_class(module: ModuleView, identifier: str) -> Cls | None:
    camel = "".join(part[:1].upper() + part[1:] for part in identifier.strip("_").split("_"))
    found: Cls | None = None
    if camel and camel != identifier:
        own = module.symbol(camel)
        if own is not None and own.kind == "class":
            found = own.ref
        else:
            for package in _packages(module):
                member = package.member(camel, module)
                if member is not None and member.kind == "class":
                    found = member.ref
                    break
    return found


def _packages(module: ModuleView) -> tuple[ModuleView, ...]:
    """The packages of its own top-most package that a module imports."""
    if module.packages is not None:
        return module.packages

    def settle(found: tuple[ModuleView, ...]) -> None:
        module.packages = found

    return module.program.cycles.ask(
        ("packages", module), lambda: tuple(_find_packages(module)), lambda: (), settle, operator.eq
    )


def _find_packages(module: ModuleView) -> Iterator[ModuleView]:
    root = module.name.partition(".")[0]
    for qualified in module.facts.imports.values():
        if qualified.partition(".")[0] == root:
            value = module.program.resolve(qualified, module.path)
            if value.kind == "module" and value.ref.facts.is_package:
                yield value.ref


class _Keywords(Mapping[str, Any]):
    """What one call passes, by keyword and position, for the rows that make a difference by it."""

    __slots__ = ("found", "linker", "op")

    def __init__(self, linker: _Linker, op: Op) -> None:
        self.linker = linker
        self.op = op
        self.found: dict[str, Any] | None = None

    def _known(self) -> dict[str, Any]:
        if self.found is None:
            self.found = self.linker.keywords(self.op)
        return self.found

    def __getitem__(self, keyword: str) -> Any:
        return self._known()[keyword]

    def __contains__(self, keyword: object) -> bool:
        return keyword in self._known()

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


class _Arguments:
    """The arguments of one call, asked for by ``gives`` rows."""

    __slots__ = ("fn", "kwargs", "linker", "registers")

    def __init__(self, linker: _Linker, op: Op) -> None:
        self.linker = linker
        self.registers: tuple[int, ...] = op[2]
        self.kwargs: tuple[tuple[str, int], ...] = op[3]

    def type(self, index: int) -> Type | None:
        if index < len(self.registers):
            return self.linker.types[self.registers[index]]
        return None

    def instantiated(self, index: int) -> Type | None:
        register = -1
        if index < len(self.registers):
            register = self.registers[index]
        else:
            for keyword, value in self.kwargs:
                if keyword in ("to", "model", "klass", "entity"):
                    register = value
        if register < 0:
            return None
        found = _instantiated(self.linker.types[register])
        if found is None:
            op = self.linker.ops[register]
            if op[0] == "const" and isinstance(op[1], str):
                found = self.linker.class_by_text(op[1])
            elif self.linker.types[register] is None:
                found = self.linker.parameter_class(register)
        return found


def _called(cls: Cls, label: str) -> bool:
    """Whether a class says that strings call its package so."""
    ops, libraries = cls.module.facts.functions[cls.facts.scope].ops, cls.module.program.libraries
    fields = {
        switch.field
        for library_type in cls.library_types()
        for switch in libraries.bases(library_type)
        if switch.means == "label"
    }
    given = (cls.facts.fields.get(field) for field in fields)
    return any(register is not None and ops[register] == ("const", label) for register in given)


class _Linker:
    def __init__(self, target: Link) -> None:
        self.link = target
        self.fn = target.fn
        self.module = target.fn.module
        self.program = self.module.program
        self.libraries = self.program.libraries
        self.ops = self.fn.facts.ops
        self.types = target.types
        self.names = target.names
        self.locals = self.fn.facts.locals if self.fn.index else frozenset()
        #: what names mean that the function does not bind, as far as is known
        around = self.fn.parent
        self.outer = {} if around is None or around.index else self.module.symbols

    def run(self) -> None:
        rules = _RULES
        types, names, outer, local_names = self.types, self.names, self.outer, self.locals
        for number, op in enumerate(self.ops):
            opcode = op[0]
            if opcode == "name":
                name = op[1]
                if name in names:
                    types[number] = names[name]
                elif name in outer:
                    types[number] = outer[name]
                elif name not in local_names:
                    types[number] = self.outer_name(name)
            elif opcode in rules:
                types[number] = rules[opcode](self, number, op)

    # -- names ------------------------------------------------------------------------------------

    def outer_name(self, name: str) -> Type | None:
        found = None if name.endswith("'") else self.find_outer_name(name)
        if self.outer is not self.module.symbols:  # those the module keeps itself, once they are certain
            self.outer[name] = found
        return found

    def find_outer_name(self, name: str) -> Type | None:
        fn = self.fn.parent
        while fn is not None and fn.index:
            if name in fn.facts.locals:
                return link(fn).names.get(name)
            fn = fn.parent
        if self.fn.index == 0 and name in self.module.facts.bindings:
            return None
        return self.module.symbol(name)

    def store(self, number: int, op: Op) -> Type | None:
        found = self.types[op[2]]
        if found is not None or op[1] not in self.names or self.made_of(op[2], op[1]):
            self.names[op[1]] = found
        return None

    def parameter_class(self, register: int) -> Type | None:
        """The class that a parameter names, which only the caller knows: of type ``argument``."""
        op = self.ops[register]
        if op[0] == "star":
            op = self.ops[op[1]]
        if op[0] != "name" or op[1] not in self.locals:
            return None
        for index, parameter in enumerate(self.fn.facts.params):
            if parameter.name == op[1] and parameter.kind != "kwargs":
                return Type("argument", self.fn.qualified, None, index, MEDIUM)
        return None

    def made_of(self, register: int, name: str) -> bool:
        """Whether a value is computed from what ``name`` held: ``query = query.filter(…).first()``."""
        for _ in range(20):
            op = self.ops[register]
            if op[0] == "name":
                return bool(op[1] == name)
            if op[0] not in ("call", "attr", "item", "await", "unpack"):
                return False
            register = op[1]
        return False

    def import_(self, number: int, op: Op) -> Type | None:
        if self.fn.index:
            self.names[op[1]] = self.program.resolve(op[2], self.module.path)
        return None

    def define(self, number: int, op: Op) -> Type | None:
        fn = self.module.fn(op[2])
        found = Type("function", fn.qualified, None, fn)
        if fn.facts.owner is None:
            self.names[op[1]] = found
        return found

    def define_class(self, number: int, op: Op) -> Type | None:
        cls = self.module.cls(op[2])
        found = Type("class", cls.qualified, None, cls)
        if cls.facts.outer is None:
            self.names[op[1]] = found
        return found

    def param(self, number: int, op: Op) -> Type | None:
        index: int = op[1]
        parameter = self.fn.facts.params[index]
        if index == 0 and self.fn.first_is_self:
            owner = self.fn.owner
            assert owner is not None
            kind = "instance"
            if self.fn.decorated("classmethod") or self.fn.facts.name in ("__new__", "__init_subclass__"):
                kind = "class"
            return Type(kind, owner.qualified, None, owner)
        if parameter.annotation is None:
            return None
        found = annotation_type(self.module, parameter.annotation)
        if found is None:
            return None
        if parameter.kind == "args":
            return iterable(found)
        return None if parameter.kind == "kwargs" else found

    # -- values -----------------------------------------------------------------------------------

    def const(self, number: int, op: Op) -> Type | None:
        return None

    def attr(self, number: int, op: Op) -> Type | None:
        value = self.types[op[1]]
        if value is None or value.kind == "argument":
            return self.suggested_attribute(op[1], op[2])
        return attribute(self.program, value, op[2], self.module)

    def suggested_attribute(self, register: int, name: str) -> Type | None:
        for library_type in self.libraries.receiver(self.identifier(register)):
            row = self.libraries.attribute(library_type, name)
            if row is not None:
                receiver = Type("library", library_type, None, None, MEDIUM)
                return _give(self.program, self.libraries.gives(row), receiver, None, MEDIUM)
        return None

    def item(self, number: int, op: Op) -> Type | None:
        value = self.types[op[1]]
        if value is None:
            return None
        index = self.ops[op[2]]
        if value.kind == "iterable":
            if index[0] == "build":
                return value
            if value.name == "tuple" and value.ref is not None:
                if index[0] == "const" and isinstance(index[1], int) and index[1] < len(value.ref):
                    found: Type | None = value.ref[index[1]]
                    return found
                return None
            return value.arg
        if value.kind == "library":
            rows = self.libraries.method_meaning(value.name, "__getitem__", {})
            for row in rows:
                if row.gives is not None:
                    return _give(self.program, self.libraries.gives(row), value, None, value.sure)
            if value.arg is not None:
                return value if index[0] == "build" else value.arg
        if value.kind == "instance" and value.arg is not None:
            return value if index[0] == "build" else value.arg
        return None

    def same(self, number: int, op: Op) -> Type | None:
        register = op[1]
        return None if register is None else self.types[register]

    def typed(self, number: int, op: Op) -> Type | None:
        return annotation_type(self.module, op[2]) or self.types[op[1]]

    def binop(self, number: int, op: Op) -> Type | None:
        methods = _OPERATORS.get(op[1])
        if methods is None:
            return None
        for register, method in zip(op[2:], methods):
            value: Type | None = self.types[register]
            if value is not None and value.kind == "library":
                if any(row.gives == "@self" for row in self.libraries.method_meaning(value.name, method, {})):
                    return value
        return None

    def bool_(self, number: int, op: Op) -> Type | None:
        return next((found for register in op[2] if (found := self.types[register]) is not None), None)

    def choose(self, number: int, op: Op) -> Type | None:
        return self.types[op[2]] or self.types[op[3]]

    def build(self, number: int, op: Op) -> Type | None:
        kind = op[1]
        if kind in ("fstring", "slice"):
            return None
        if kind == "tuple":
            return Type("iterable", "tuple", None, tuple(self.types[register] for register in op[2]))
        element = self.types[op[2][0]] if op[2] else None
        return Type("iterable", kind, element)

    def dict_(self, number: int, op: Op) -> Type | None:
        return Type("iterable", "dict")

    def collect(self, number: int, op: Op) -> Type | None:
        # of a dict, what it holds under its keys
        return Type("iterable", op[1], self.types[op[2]])

    def lambda_(self, number: int, op: Op) -> Type | None:
        fn = self.module.fn(op[1])
        return Type("function", fn.qualified, None, fn)

    def element(self, number: int, op: Op) -> Type | None:
        value = self.types[op[1]]
        if value is None:
            return None
        if value.kind == "iterable" and value.name == "tuple" and value.ref:
            return next((item for item in value.ref if item is not None), None)
        if value.kind == "iterable" and value.name == "dict":
            return None
        if value.kind == "library":
            for row in self.libraries.method_meaning(value.name, "__iter__", {}):
                if row.gives is not None:
                    found = _give(self.program, self.libraries.gives(row), value, None, value.sure)
                    return found.arg if found is not None and found.kind == "iterable" else found
        return value.arg

    def unpack(self, number: int, op: Op) -> Type | None:
        value = self.types[op[1]]
        if value is None:
            return None
        index: int = op[2]
        if value.kind == "iterable":
            if value.name == "tuple":
                items = value.ref or ()
                found: Type | None = items[index] if index < len(items) else None
                return found
            return value.arg
        return None

    def caught(self, number: int, op: Op) -> Type | None:
        return None

    def enter(self, number: int, op: Op) -> Type | None:
        context = self.types[op[1]]
        call = self.link.calls.get(op[1])
        if call is not None and call.targets and call.cls is None:
            target = call.targets[0]
            if target.facts.is_generator:
                return link(target).yields
        if context is not None and context.kind == "instance":
            cls: Cls = context.ref
            method = cls.method("__enter__") or cls.method("__aenter__")
            if method is not None:
                return returned_type(method) or context
        if context is not None and context.kind == "library":
            for row in self.libraries.method_meaning(context.name, "__enter__", {}):
                if row.gives is not None:
                    return _give(self.program, self.libraries.gives(row), context, None, context.sure)
        return context

    def return_(self, number: int, op: Op) -> Type | None:
        if op[1] is not None and self.link.returns is None:
            self.link.returns = self.types[op[1]]
        return None

    def yield_(self, number: int, op: Op) -> Type | None:
        if op[1] is not None and self.link.yields is None:
            self.link.yields = self.types[op[1]]
        return None

    # -- calls ------------------------------------------------------------------------------------

    def call(self, number: int, op: Op) -> Type | None:
        callee = self.ops[op[1]]
        opcode = callee[0]
        if opcode == "attr":
            call, found = self.method_call(op, callee)
        else:
            call, found = self.plain_call(op, callee)
        if call is not _UNKNOWN_CALL:
            self.link.calls[number] = call
        return found

    def keywords(self, op: Op) -> dict[str, Any]:
        ops = self.ops
        found: dict[str, Any] = {}
        for index, register in enumerate(op[2]):
            given = ops[register]
            found[f"arg{index}"] = given[1] if given[0] == "const" else self.given(register, given)
        for keyword, register in op[3]:
            given = ops[register]
            found[keyword] = given[1] if given[0] == "const" else self.given(register, given)
        return found

    def given(self, register: int, op: Op) -> Any:
        """An argument as rows compare it: a constant, a name in full, a tuple of these, else UNKNOWN."""
        if op[0] == "const":
            return op[1]
        if op[0] == "build" and op[1] in ("list", "tuple", "set"):
            return tuple(self.given(part, self.ops[part]) for part in op[2])
        if op[0] == "dict":
            return tuple(self.given(key, self.ops[key]) for key, _ in op[1] if key is not None)
        if op[0] in ("name", "attr"):
            value = self.types[register]
            if value is not None and value.kind in ("external", "class", "function"):
                return value.name
            if value is not None and value.kind == "library" and isinstance(value.ref, str):
                return value.ref
        return UNKNOWN

    def identifier(self, register: int) -> str:
        """The last name by which a register's value is known; empty where it has none."""
        op = self.ops[register]
        if op[0] == "await":
            op = self.ops[op[1]]
        if op[0] == "name":
            return str(op[1]).rstrip("'")
        if op[0] == "attr":
            return str(op[2])
        if op[0] == "call":
            return self.identifier(op[1]) + "()"
        return ""

    def method_call(self, op: Op, callee: Op) -> tuple[Call, Type | None]:
        register: int = callee[1]
        name: str = callee[2]
        receiver = self.types[register]
        if receiver is None or receiver.kind == "argument":
            return self.suggested_call(op, register, name)
        kind = receiver.kind
        if kind == "member":
            # an attribute that the class does not declare, such as the other end of a foreign key
            saved = self.saved_call(op, register, name)
            if saved is not None:
                return saved, None
            shown = _shown_member(self.program, receiver, name)
            if shown is not None:
                return self.shown_call(op, register, name, shown)
        if kind in ("module", "proxy", "iterable"):
            member = self.types[op[1]]
            if kind == "iterable":
                if name in _PUTS and len(op[2]) == 1:
                    self.fill(register, receiver, op[2][0])
                return Call((), (), register, receiver, name, receiver.sure), self.container_call(
                    receiver, name
                )
            if member is None:
                return Call((), (), None, None, name, receiver.sure), None
            return self.value_call(op, member, name, None, None)
        if kind == "function":
            task = decorated_type(self.program, receiver.ref)
            if task is None:
                shown = self.libraries.shown("function", name) if receiver.ref.facts.decorators else None
                if shown is None:
                    return _UNKNOWN_CALL, None
                return self.shown_call(op, register, name, shown, _sending(receiver.ref, shown))
            receiver = task
        keywords = _Keywords(self, op)
        member = self.types[op[1]]
        if kind == "super" and member is not None:
            if member.kind == "method":
                receiver = member.arg
            elif member.kind == "member":
                receiver = member.arg
                member = None
        assert receiver is not None
        rows = method_rows(self.program, receiver, name, keywords)
        if not rows and kind == "external" and "." in receiver.name:
            shown = self.libraries.shown("import", name)
            if shown is not None:
                return self.shown_call(op, register, name, shown)
        found: Type | None = None
        targets: tuple[Fn, ...] = ()
        cls: Cls | None = None
        if member is not None:
            if member.kind in ("method", "function"):
                targets = (member.ref,)
                found = self.result_of(member.ref, receiver, op)
            elif member.kind == "class" or (member.kind == "external" and not rows):
                return self.value_call(op, member, name, register, receiver)
        sure = receiver.sure
        if found is None or (found.kind == "iterable" and found.arg is None):
            for row in rows:
                if row.gives is not None:
                    given = _give(
                        self.program, self.libraries.gives(row), receiver, _Arguments(self, op), sure
                    )
                    found = given or found
                    break
                if row.does == "proxy":
                    found = self.proxy(op, row)
            if found is None and receiver.kind == "external":
                known = self.libraries.type_of_class(f"{receiver.name}.{name}")
                if known is not None:
                    found = Type("library", known, None, None, sure)
        qualified = f"{receiver.name}.{name}" if receiver.kind == "external" else ""
        return Call(targets, rows, register, receiver, name, sure, cls, qualified), found

    def suggested_call(self, op: Op, register: int, name: str) -> tuple[Call, Type | None]:
        identifier = self.identifier(register)
        if identifier:
            keywords = _Keywords(self, op)
            cls = suggested_class(self.module, identifier)
            if cls is not None:
                receiver = Type("instance", cls.qualified, None, cls, MEDIUM)
                method = cls.method(name)
                rows = method_rows(self.program, receiver, name, keywords)
                if method is not None or rows:
                    targets = () if method is None else (method,)
                    found = None if method is None else returned_type(method)
                    return Call(targets, rows, register, receiver, name, MEDIUM), found
            for library_type in self.libraries.receiver(identifier):
                rows = self.libraries.method_meaning(library_type, name, keywords)
                if rows:
                    receiver = Type("library", library_type, None, None, MEDIUM)
                    found = None
                    for row in rows:
                        if row.gives is not None:
                            gives = self.libraries.gives(row)
                            found = _give(self.program, gives, receiver, _Arguments(self, op), MEDIUM)
                            break
                    return Call((), rows, register, receiver, name, MEDIUM), found
        saved = self.saved_call(op, register, name)
        return saved or Call((), (), register, None, name, 3), None

    def shown_call(
        self, op: Op, register: int, name: str, shown: str, sure: int = MEDIUM
    ) -> tuple[Call, Type | None]:
        """A call of a method which shows what its object is."""
        receiver = Type("library", shown, None, None, sure)
        rows = method_rows(self.program, receiver, name, _Keywords(self, op))
        return Call((), rows, register, receiver, name, sure), self.first_given(rows, receiver, op)

    def saved_call(self, op: Op, register: int, name: str) -> Call | None:
        """A call that saves an unknown object, whose attributes were set before."""
        saved = self.saved_type(register, name)
        if saved is None:
            return None
        rows = method_rows(self.program, saved, name, _Keywords(self, op))
        return Call((), rows, register, saved, name, MEDIUM)

    def saved_type(self, register: int, name: str) -> Type | None:
        """The row type of an unknown object by what is done to it: attributes set, then saved."""
        models = self.libraries.saved_by(name)
        if not models:
            return None
        written = self.path(register)
        if not any(op[0] == "setattr" and self.path(op[1]) == written for op in self.ops):
            return None
        for model in models:
            if lives_near(self.module, model):
                return Type("library", model.name, None, None, MEDIUM)
        return None

    def path(self, register: int) -> tuple[str | int, ...]:
        """A register as the names that lead to it, equal for two registers that are written alike."""
        names: list[str | int] = []
        while True:
            op = self.ops[register]
            if op[0] == "name":
                return (*names, op[1])
            if op[0] != "attr":
                return (*names, register)
            names.append(op[2])
            register = op[1]

    def setitem(self, number: int, op: Op) -> Type | None:
        value = self.types[op[1]]
        if value is not None and value.kind == "iterable" and value.name == "dict":
            self.fill(op[1], value, op[3])
        return None

    def fill(self, register: int, container: Type, given: int) -> None:
        """The first thing is put into a container that the function has made empty: it holds such things."""
        op = self.ops[register]
        if container.arg is not None or op[0] != "name" or op[1] not in self.locals:
            return
        sources = [self.ops[other[2]] for other in self.ops if other[0] == "store" and other[1] == op[1]]
        if all(source in _EMPTY for source in sources):
            self.names[op[1]] = container._replace(arg=self.types[given])

    def container_call(self, receiver: Type, name: str) -> Type | None:
        if name in ("pop", "popleft", "get"):
            return receiver.arg
        if receiver.name == "dict" and receiver.arg is not None:
            if name in ("values", "itervalues"):
                return iterable(receiver.arg)
            if name in ("items", "iteritems"):
                return iterable(Type("iterable", "tuple", None, (None, receiver.arg), receiver.arg.sure))
        return receiver if name == "copy" else None

    def plain_call(self, op: Op, callee: Op) -> tuple[Call, Type | None]:
        value = self.types[op[1]]
        name = str(callee[1]) if callee[0] == "name" else ""
        if value is None:
            return Call((), (), None, None, name, 3), None
        return self.value_call(op, value, name, None, None)

    def value_call(
        self, op: Op, value: Type, name: str, register: int | None, receiver: Type | None
    ) -> tuple[Call, Type | None]:
        kind = value.kind
        if kind == "external":
            return self.external_call(op, value, name)
        if kind == "class":
            cls: Cls = value.ref
            init = cls.method("__init__")
            found = Type("instance", cls.qualified, None, cls, value.sure)
            if not self.fn.index and cls.method("__getattr__") is not None:
                found = self.own_proxy(op) or found
            rows: tuple[CallModel, ...] = ()
            return Call((init,) if init else (), rows, None, value, name, value.sure, cls), found
        if kind == "function":
            fn: Fn = value.ref
            task = decorated_type(self.program, fn) if fn.facts.decorators else None
            if task is not None:
                rows = method_rows(self.program, task, "__call__", _Keywords(self, op))
                if rows:
                    return Call((), rows, None, task, name, task.sure), self.first_given(rows, task, op)
            return Call((fn,), (), None, None, name, value.sure), self.result_of(fn, None, op)
        if kind == "method":
            fn = value.ref
            return Call((fn,), (), register, value.arg, name, value.sure), self.result_of(fn, value.arg, op)
        if kind == "instance":
            cls = value.ref
            method = cls.method("__call__")
            if method is not None:
                return Call((method,), (), op[1], value, "__call__", value.sure), returned_type(method)
            rows = method_rows(self.program, value, "__call__", _Keywords(self, op))
            return Call((), rows, op[1], value, "__call__", value.sure), self.first_given(rows, value, op)
        if kind == "member" and value.arg is not None and value.name == "*":
            # ``getattr(client, method)(…)``: some method, whichever
            rows = self.libraries.any_method(value.arg.name, ("backend", "enqueue"))
            return Call((), rows, None, value.arg, name, value.sure), None
        if kind == "member" and value.arg is not None:
            rows = method_rows(self.program, value.arg, value.name, _Keywords(self, op))
            return Call((), rows, None, value.arg, value.name, value.sure), self.first_given(
                rows, value.arg, op
            )
        if kind == "library":
            rows = self.libraries.method_meaning(value.name, "__call__", _Keywords(self, op))
            return Call((), rows, op[1], value, "__call__", value.sure), self.first_given(rows, value, op)
        return _UNKNOWN_CALL, None

    def first_given(self, rows: tuple[CallModel, ...], receiver: Type | None, op: Op) -> Type | None:
        for row in rows:
            if row.gives is not None:
                sure = 3 if receiver is None else receiver.sure
                return _give(self.program, self.libraries.gives(row), receiver, _Arguments(self, op), sure)
        return None

    def external_call(self, op: Op, value: Type, name: str) -> tuple[Call, Type | None]:
        qualified = value.name
        rows = self.libraries.function_meaning(qualified, _Keywords(self, op))
        found: Type | None = None
        for row in rows:
            if row.gives is not None:
                gives = self.libraries.gives(row)
                found = _give(self.program, gives, value, _Arguments(self, op), value.sure)
                break
            if row.does == "proxy":
                found = self.proxy(op, row)
        if found is None and not rows:
            found = self.builtin_call(qualified, op)
        if found is None:
            known = self.libraries.type_of_class(qualified)
            if known is not None:
                found = Type("library", known, None, None, value.sure)
            elif not rows and not self.fn.facts.names.isdisjoint(self.libraries.ways_to_rows):
                found = self.shown_class(qualified)
        last = qualified.rpartition(".")[2]
        return Call((), rows, None, None, last, value.sure, None, qualified), found

    def shown_class(self, qualified: str) -> Type | None:
        """The type of an object of a class that nobody knows, whose rows the function asks for above."""
        if not _class_of_strangers(qualified, self.module):
            return None
        for op in self.ops:
            if op[0] == "attr" and op[2] in self.libraries.ways_to_rows:
                value, shown = self.types[op[1]], self.libraries.shown("import", op[2])
                if shown is not None and value is not None and value[:2] == ("external", qualified):
                    return Type("library", shown, None, qualified, MEDIUM)
        return None

    def set_under(self, name: Op) -> Type | None:
        """The type of what the function sets as an attribute under a name that it has in a variable."""
        if name[0] != "name":
            return None
        for op in self.ops:
            if op[0] == "call" and len(op[2]) == 3 and self.ops[op[1]] == ("name", "setattr"):
                if self.ops[op[2][1]] == name:
                    given: int = op[2][2]
                    return self.types[given]
        return None

    def builtin_call(self, qualified: str, op: Op) -> Type | None:
        args: tuple[int, ...] = op[2]
        if qualified == "super":
            fn: Fn | None = self.fn
            while fn is not None and fn.facts.owner is None:
                fn = fn.parent
            return None if fn is None or fn.owner is None else Type("super", "", None, fn.owner)
        if qualified == "getattr" and len(args) >= 2:
            name = self.ops[args[1]]
            if name[0] == "const" and isinstance(name[1], str):
                return attribute(self.program, self.types[args[0]], name[1], self.module)
            given = self.types[args[0]]
            if given is None or given.kind != "library":
                return self.set_under(name)
            return Type("member", "*", given, None, MEDIUM)
        if qualified in ("typing.cast", "typing_extensions.cast") and len(args) == 2:
            return _instantiated(self.types[args[0]]) or self.types[args[1]]
        if qualified == "functools.partial" and args:
            return self.types[args[0]]
        if qualified in ("list", "set", "tuple", "sorted", "reversed", "iter", "frozenset") and args:
            given = self.types[args[0]]
            return Type("iterable", qualified, None if given is None else given.arg)
        if qualified in ("dict", "collections.defaultdict", "collections.OrderedDict", "list", "set"):
            return Type("iterable", qualified.rpartition(".")[2])
        if qualified in ("enumerate", "zip"):
            elements = tuple(
                None if given is None else given.arg for given in map(self.types.__getitem__, args)
            )
            if any(element is not None for element in elements):
                items = (None, *elements[:1]) if qualified == "enumerate" else elements
                return Type("iterable", qualified, Type("iterable", "tuple", None, items))
        if qualified == "itertools.chain" or (qualified == "filter" and len(args) == 2):
            given = next((self.types[arg] for arg in args if self.types[arg] is not None), None)
            return None if given is None or given.kind == "function" else iterable(given.arg)
        if qualified == "next" and args:
            given = self.types[args[0]]
            return None if given is None else given.arg
        if qualified == "type" and len(args) == 1:
            given = self.types[args[0]]
            if given is not None and given.kind == "instance":
                return Type("class", given.name, None, given.ref, given.sure)
        return None

    def proxy(self, op: Op, row: CallModel) -> Type | None:
        """The modules that a proxy forwards to: constant strings in the argument that names them."""
        register: int | None = None
        for wanted in (row.module_from or "").split("|"):
            for keyword, value in op[3]:
                if keyword == wanted:
                    register = value
            if register is None and wanted.startswith("arg") and wanted[3:].isdigit():
                index = int(wanted[3:])
                if index < len(op[2]):
                    register = op[2][index]
        if register is None:
            return None
        texts = self.strings_in(register)
        return Type("proxy", " ".join(texts), None, self.module.path) if texts else None

    def own_proxy(self, op: Op) -> Type | None:
        """What a module's object of a class with ``__getattr__`` forwards to: the modules it is made with."""
        registers = (*op[2], *(register for _, register in op[3]))
        texts = [text for register in registers for text in self.strings_in(register) if "." in text]
        known = [text for text in texts if self.program.module(text, self.module.path) is not None]
        return Type("proxy", " ".join(known), None, self.module.path, MEDIUM) if known else None

    def strings_in(self, register: int) -> list[str]:
        """A constant string, or the strings in a dict, that a register or the module's variable holds."""
        found = self.ops[register]
        if found[0] == "name":
            bound = self.module.facts.bindings.get(found[1])
            if bound is None or self.fn.index:
                return []
            found = self.ops[bound]
        values = [found] if found[0] == "const" else []
        if found[0] == "dict":
            values = [self.ops[value] for _, value in found[1]]
        return [str(value[1]) for value in values if value[0] == "const" and isinstance(value[1], str)]

    def result_of(self, fn: Fn, receiver: Type | None, op: Op) -> Type | None:
        found = returned_type(fn)
        if found is not None and (found.kind == "argument" or found.arg is not None):
            shift = 1 if receiver is not None and fn.first_is_self else 0
            found = _given_for(found, fn, _Arguments(self, op), shift)
        if found is not None and found.kind in ("instance", "library") and found.arg is None:
            # ``def pending(self): return self.filter(...)`` on a manager keeps what the manager manages
            if receiver is not None and receiver.arg is not None and found.ref is receiver.ref:
                return found._replace(arg=receiver.arg)
        if found is not None and found.kind == "instance" and found.ref is fn.owner:
            # ``def get(cls, key): return cls.query.get(key)`` gives one of the class that it is called on
            called_on = receiver.ref if receiver is not None and receiver.kind == "class" else None
            if called_on is not None and called_on is not fn.owner and fn.owner in called_on.mro():
                return found._replace(name=called_on.qualified, ref=called_on)
        return found

    def class_by_text(self, text: str) -> Type | None:
        """A model named by a string: ``"Order"``, ``"shop.Order"``, ``"shop.models.Order"``."""
        if text == "self":
            owners = [i for i, cls in enumerate(self.module.facts.classes) if cls.scope == self.fn.index]
            return None if len(owners) != 1 else self.instance(self.module.cls(owners[0]))
        app, _, name = text.rpartition(".")
        own = self.module.symbol(name) if name.isidentifier() else None
        if own is not None and own.kind == "class":
            return self.instance(own.ref)
        parts = self.module.name.split(".")
        if not app:
            return self.class_of_packages(name, parts)
        prefixes = [".".join([*parts[:size], app]) for size in range(len(parts), -1, -1)]
        for prefix in prefixes if "." in app else [*prefixes, *self.labelled(app)]:
            for head in (f"{prefix}.models", prefix):
                module = self.program.module(head, self.module.path)
                if module is not None:
                    found = module.member(name, self.module)
                    if found is not None and found.kind == "class":
                        return self.instance(found.ref)
        return None

    def labelled(self, label: str) -> Iterator[str]:
        """The packages that a class in them calls by a name of its own (``label = "shop_orders"``)."""
        near, mentions = self.module.path, self.program.mentions
        saying = {path for name in sorted(self.libraries.labelled) for path in mentions(name, near)}
        for path in sorted(saying.intersection(mentions(label, near))) if saying else ():
            module = self.program.module_of(path)
            known = None if module is None else self.program.module(module.name, near)
            if known is not None and any(
                _called(known.cls(one), label) for one in range(len(known.facts.classes))
            ):
                yield known.name.rpartition(".")[0]

    def class_of_packages(self, name: str, parts: list[str]) -> Type | None:
        """The class of that name that one of the two packages around the module exports."""
        for size in range(len(parts) - 1, max(0, len(parts) - 3), -1):
            package = self.program.module(".".join(parts[:size]), self.module.path)
            found = package.symbol(name) if package is not None and name.isidentifier() else None
            if found is not None and found.kind == "class":
                return self.instance(found.ref)
        return None

    @staticmethod
    def instance(cls: Cls) -> Type:
        return Type("instance", cls.qualified, None, cls)


_RULES: dict[str, Any] = {
    "store": _Linker.store,
    "import": _Linker.import_,
    "def": _Linker.define,
    "class": _Linker.define_class,
    "param": _Linker.param,
    "attr": _Linker.attr,
    "item": _Linker.item,
    "await": _Linker.same,
    "typed": _Linker.typed,
    "star": _Linker.same,
    "binop": _Linker.binop,
    "bool": _Linker.bool_,
    "choose": _Linker.choose,
    "build": _Linker.build,
    "dict": _Linker.dict_,
    "collect": _Linker.collect,
    "lambda": _Linker.lambda_,
    "element": _Linker.element,
    "setitem": _Linker.setitem,
    "unpack": _Linker.unpack,
    "enter": _Linker.enter,
    "return": _Linker.return_,
    "yield": _Linker.yield_,
    "call": _Linker.call,
}

"""Who else can reach an object, and does more than one thread or task run here?

The evidence is what one file and the modules that it imports say: locks and spawns in the class, imports
whose library models say that code runs concurrently, objects at module level, and the classes derived from
it. Nothing is asked of callers elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from rmwlint.facts.called import calls_imported
from rmwlint.program.dispatch import subclasses
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.program.types import Type
from rmwlint.windows.concurrency.modules import imported_names, imports_concurrency
from rmwlint.windows.concurrency.phases import ALONE
from rmwlint.windows.concurrency.spawning import (
    NEAR,
    decorating_ops,
    named_after_work,
    shares_memory,
    spawns,
    starts_thread,
    takes_locks,
)
from rmwlint.windows.interpreter.decorators import held_by_decorators

_PLAIN_BASES = (
    "Exception",
    "Error",
    "NamedTuple",
    "TypedDict",
    "Enum",
    "Protocol",
    "BaseModel",
    "TestCase",
    "Warning",
)
_TYPING = ("typing", "typing_extensions")
_PLAIN_DECORATORS = ("dataclass", "define", "frozen", "attrs", "total_ordering")


def method_around(fn: Fn) -> Fn:
    """The method that a function stands in, itself where it is one."""
    around: Fn | None = fn
    while around is not None and around.facts.owner is None:
        around = around.parent
    return around or fn


def unshared_type(cls_or_type: Type | None, module: ModuleView) -> bool:
    """Whether each thread, task or request has its own object of the type."""
    if cls_or_type is None:
        return False
    if cls_or_type.kind == "library":
        types = module.program.libraries.types
        return any(types[name].unshared for name in module.program.libraries.lineage(cls_or_type.name))
    if cls_or_type.kind == "instance":
        cls: Cls = cls_or_type.ref
        return unshared_class(cls)
    return False


def unshared_class(cls: Cls) -> bool:
    """Whether objects of the class are values, rows, or made anew for each request."""
    known = cls.memo.get("unshared")
    if known is None:
        cls.memo["unshared"] = False
        known = cls.memo["unshared"] = _unshared(cls)
    return bool(known)


def _unshared(cls: Cls) -> bool:
    if cls.row() is not None:
        return True
    libraries = cls.module.program.libraries
    for name in cls.library_types():
        if any(libraries.types[ancestor].unshared for ancestor in libraries.lineage(name)):
            return True
    for base in cls.mro():
        for register, written in zip(base.facts.bases, base.facts.base_names):
            if written.rpartition(".")[2].endswith(_PLAIN_BASES) and not _interface(base, register, written):
                return True
        scope = base.module.facts.functions[base.facts.scope]
        for register in base.facts.decorators:
            op = scope.ops[register]
            if op[0] == "call":
                op = scope.ops[op[1]]
            if op[0] in ("name", "attr") and op[-1] in _PLAIN_DECORATORS:
                return True
    return False


def _interface(cls: Cls, register: int, written: str) -> bool:
    """Whether a base is an interface for type checkers, or another class of the program that its own bases
    tell of: the first says nothing about the objects of who implements it."""
    if not written.endswith("Protocol"):
        return False
    base = cls.module.program.base_type(cls.module.fn(cls.facts.scope), register, written)
    return base is not None and (base.kind == "class" or base.name.partition(".")[0] in _TYPING)


def shared_class(cls: Cls, tasks: bool) -> bool:
    """Whether the class itself shows that several threads (or tasks) use one object of it."""
    key = "shared_by_tasks" if tasks else "shared_by_threads"
    known = cls.memo.get(key)
    if known is None:
        cls.memo[key] = False
        known = cls.memo[key] = not unshared_class(cls) and _shared(cls, tasks)
    return bool(known)


def _shared(cls: Cls, tasks: bool) -> bool:
    if shared_by_library(cls):
        return True
    for base in cls.mro():
        for fn in base.module.functions():
            if _within(fn, base) and (takes_locks(fn, tasks) or spawns(fn, tasks)):
                return True
    return _at_module_level(cls, tasks) or shared_below(cls, tasks)


def shared_by_library(cls: Cls) -> bool:
    """Whether a library calls the methods of such objects in several threads, or is such a thread."""
    libraries = cls.module.program.libraries
    return any(
        libraries.types[above].shared for name in cls.library_types() for above in libraries.lineage(name)
    )


def own_spawns(cls: Cls) -> list[tuple[Fn, int]]:
    """Where methods of a class start threads, if nothing else says that threads share its objects."""
    locks = (
        takes_locks(fn, False) for base in cls.mro() for fn in base.module.functions() if _within(fn, base)
    )
    if shared_by_library(cls) or any(locks):
        return []
    found = thread_starts(cls)
    return found if found and not known_to_all(cls) and not shared_below(cls, False) else []


def thread_starts(cls: Cls) -> list[tuple[Fn, int]] | None:
    """Where methods of a class start threads; None where that is done below them, nobody sees where."""
    found: list[tuple[Fn, int]] = []
    for base in cls.mro():
        for fn in base.module.functions():
            if _within(fn, base) and spawns(fn, False):
                here = [(fn, number) for number, call in link(fn).calls.items() if starts_thread(call)]
                if not here:
                    return None
                found += here
    return found


def known_to_all(cls: Cls) -> bool:
    """Whether the class's own module keeps an object of it in a variable."""
    return _at_module_level(cls, False) or _in_global(cls)


def _in_global(cls: Cls) -> bool:
    """Whether a function of the class's own module keeps an object of it in a global variable."""
    for fn in cls.module.functions():
        kept = fn.facts.global_names
        for op in fn.facts.ops if kept else ():
            if op[0] == "store" and op[1] in kept:
                call = link(fn).calls.get(op[2])
                if call is not None and call.cls is cls:
                    return True
    return False


def shared_below(cls: Cls, tasks: bool) -> bool:
    """Whether a class derived from it locks what its objects do, or starts threads (or tasks) that do it: an
    object of the base class alone is seldom made then."""
    return any(_shared_as(cls, derived, tasks) for derived in subclasses(cls, cls.module.path))


def _shared_as(cls: Cls, derived: Cls, tasks: bool, *, locked: bool = False) -> bool:
    """Whether threads (or tasks) share objects of a class as those of a derived one. ``locked``: only its
    locks tell so."""
    within = (fn for fn in derived.module.functions() if _within(fn, derived))
    if derived.module is cls.module:
        return any(takes_locks(fn, tasks) or (not locked and spawns(fn, tasks)) for fn in within)
    if not imports_concurrency(derived.module, tasks):
        return False
    # were its functions linked, the base class would rest on all that they call
    _rest_on_calls(cls, derived)
    return any(_synchronizes(fn, cls.module.path, tasks, locked) for fn in within)


def locked_below(cls: Cls, fn: Fn, attribute: str) -> bool:
    """Whether the locks of a class derived from it tell that threads meet in a method of it, at an attribute:
    not where that class has another method in its place, or a lock around what else uses the attribute."""
    near = cls.module.path
    users = {other.facts.name for other in _methods(cls) if attribute in other.facts.names} - ALONE
    for derived in subclasses(cls, near):
        if not _shared_as(cls, derived, False, locked=True):
            continue
        if derived.module is not cls.module:
            for name in sorted({*users, fn.facts.name}):
                cls.module.program.asked.functions(near, name, [derived.module.path])
        own = {name: derived.module.fn(index) for name, index in derived.facts.methods.items()}
        held = any(op[0] == "enter" for name in users & own.keys() for op in own[name].facts.ops)
        if fn.facts.name not in own and not held:
            return True
    return False


def _methods(cls: Cls) -> list[Fn]:
    return [method for base in cls.mro() for method in base.own_methods()]


def _rest_on_calls(cls: Cls, derived: Cls) -> None:
    program = cls.module.program
    packages = program.libraries.synchronizing
    imported = {qualified.partition(".")[0] for qualified in imported_names(derived.module)}
    program.asked.calls(cls.module.path, derived.module.path, packages & imported)


def _synchronizes(fn: Fn, near: Path, tasks: bool, locked: bool) -> bool:
    """Whether a function takes a lock or starts a thread (or task) by what its module imports, or a method's
    decorators take one. ``near``: the file on whose behalf it is asked. ``locked``: only for a lock."""
    libraries = fn.module.program.libraries
    reaches = NEAR | {"task"} if tasks else NEAR
    decorating: set[int] | None = None
    for number, word in calls_imported(fn.module.facts, fn.facts):
        for row in libraries.function_meaning(word, {}):
            if not locked and shares_memory(row, tasks):
                return True
            if row.does == "lock" and row.reach in reaches:
                decorating = decorating_ops(fn) if decorating is None else decorating
                if number not in decorating:
                    return True
    if not fn.facts.decorators or fn.owner is None or fn.owner.facts.scope != 0:
        return False
    _rest_on_decorators(fn, near)
    held = held_by_decorators(fn)
    return any(one.kind == "lock" and one.reach in reaches and not named_after_work(one) for one in held)


def _rest_on_decorators(fn: Fn, near: Path) -> None:
    """Say what it takes to tell what the decorators of a function do."""
    module = fn.module
    names = _names_in(module.fn(0), list(fn.facts.decorators))
    for name in names or ():
        if name in module.facts.imports and module.home == module.program.home(near):
            module.program.resolve(module.facts.imports[name], near)
        elif module.may_bind(name):
            names = None
    if names is None or (fn.owner is not None and fn.owner.facts.decorators):
        module.program.asked.file(near, module.path)


def _names_in(fn: Fn, registers: list[int]) -> set[str] | None:
    """The names that expressions are made of, None where they are made of more than names and calls."""
    names: set[str] = set()
    while registers:
        op = fn.facts.ops[registers.pop()]
        if op[0] == "name":
            names.add(op[1])
        elif op[0] == "attr":
            registers.append(op[1])
        elif op[0] == "call":
            registers += [op[1], *op[2], *(register for _, register in op[3])]
        elif op[0] != "const":
            return None
    return names


def locks_by_decorator(cls: Cls) -> bool:
    """Whether a decorator in the class takes a lock around what it decorates."""
    known = cls.memo.get("locks_by_decorator")
    if known is None:
        known = cls.memo["locks_by_decorator"] = any(
            held.kind == "lock"
            for fn in cls.module.functions()
            if fn.facts.decorators and _within(fn, cls)
            for held in held_by_decorators(fn)
        )
    return bool(known)


def _within(fn: Fn, cls: Cls) -> bool:
    return method_around(fn).facts.owner == cls.index


def _at_module_level(cls: Cls, tasks: bool) -> bool:
    """Whether the class's own module makes an object of it when it is imported, in a concurrent module."""
    module = cls.module
    body = link(module.fn(0))
    for register in module.facts.bindings.values():
        call = body.calls.get(register)
        if call is not None and call.cls is cls:
            return imports_concurrency(module, tasks)
    return False

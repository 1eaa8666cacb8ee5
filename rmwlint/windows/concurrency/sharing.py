"""Who else can reach an object, and does more than one thread or task run here?

The evidence is what one file and the modules that it imports say: locks and spawns in the class, imports
whose library models say that code runs concurrently, objects at module level. Nothing is asked of callers
elsewhere, so the answer for a file does not depend on what else is checked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rmwlint.facts.called import calls_imported
from rmwlint.libraries.model import CallModel
from rmwlint.program.calling import call_sites, callings, constructions, kept_for_check, public
from rmwlint.program.dispatch import subclasses
from rmwlint.program.link import Call, link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.program.types import Type
from rmwlint.source.project import project_root
from rmwlint.windows.interpreter.decorators import held_by_decorators
from rmwlint.windows.values import UNKNOWN, Event, Held, Symbol, Value

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
_PLAIN_DECORATORS = ("dataclass", "define", "frozen", "attrs", "total_ordering")
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
#: names, and first words, of functions that run before anybody else comes
_PREPARES = frozenset(["register", "setup", "set_up", "init", "initialize", "main", "start", "serve"])
_PREPARING = re.compile(r"(register|setup|set_?up|init)(_|[A-Z])")
_SETTING_UP = re.compile(r"(initiali[sz]e|init|set_?up)($|_|[A-Z])")
#: the same of a service, which is started and configured anew by the one task that looks after it
_STARTING = re.compile(r"(start|configure|reconfigure|reconfig)($|_|[A-Z])")
#: the same, where it is only configured
_CONFIGURING = re.compile(r"(re)?config(ure)?($|_|[A-Z])")
#: methods that run before an object is shown to anybody, or after the last one let go of it
ALONE = frozenset(
    [
        "__init__",
        "__new__",
        "__del__",
        "__init_subclass__",
        "__set_name__",
        "__post_init__",
        "setUp",
        "__setstate__",
        "__deepcopy__",
        "__copy__",
        "__reduce__",
        "__getstate__",
        "__class_getitem__",
        "do_setup",
        "main",
        "<module>",
    ]
)
#: names of methods that are called once, before any other of the object's
STARTS = frozenset(["do_setup", "setup", "set_up", "init", "initialize", "start", "serve"])
_FAR = frozenset(["host", "cluster"])
_NEAR = frozenset(["thread", "process"])
_REMOVERS = frozenset(["pop", "remove", "popitem", "popleft"])
_EMPTIERS = frozenset(["clear", "discard", "difference_update"])
_ATOMIC = frozenset(["setdefault"])
#: what decorates a function that a command line calls by its name
_COMMANDS = frozenset(["command", "group"])


def concurrent_module(module: ModuleView, tasks: bool) -> bool:
    """Whether the module's code runs in several threads (or tasks), by its locks, spawns and imports."""
    memo = module.fn(0).memo
    key = "concurrent_tasks" if tasks else "concurrent_threads"
    known = memo.get(key)
    if known is None:
        memo[key] = False
        known = imports_concurrency(module, tasks)
        known = known or any(takes_locks(fn, tasks) or spawns(fn, tasks) for fn in module.functions())
        memo[key] = known
    return bool(known)


def imports_concurrency(module: ModuleView, tasks: bool) -> bool:
    """Whether the module imports what a library model says to run code in several threads (or tasks)."""
    memo = module.fn(0).memo
    key = "imports_tasks" if tasks else "imports_threads"
    known = memo.get(key)
    if known is None:
        libraries = module.program.libraries
        roots = libraries.threads | libraries.tasks if tasks else libraries.threads
        known = memo[key] = any(_under(name, roots) for name in _imported(module))
    return bool(known)


def around_concurrency(module: ModuleView, tasks: bool) -> bool:
    """Whether the module's code runs in several threads (or tasks), as it or what it imports says."""
    return concurrent_module(module, tasks) or _neighbours(module, tasks, 2)


def _neighbours(module: ModuleView, tasks: bool, depth: int) -> bool:
    """Whether a module of the program that this one imports, at that depth at most, imports concurrency."""
    memo = module.fn(0).memo
    key = f"concurrent_neighbours {tasks} {depth}"
    known = memo.get(key)
    if known is None:
        memo[key] = False
        found = [other for other in _imports(module) if other is not module]
        known = any(imports_concurrency(other, tasks) for other in found)
        known = known or (depth > 1 and any(_neighbours(other, tasks, depth - 1) for other in found))
        memo[key] = known
    return bool(known)


def _imports(module: ModuleView) -> Iterator[ModuleView]:
    for qualified in sorted({*module.facts.imports.values(), *module.facts.stars}):
        found = module.program.names_of(qualified, module.path)
        if found is None and "." in qualified:
            found = module.program.names_of(qualified.rpartition(".")[0], module.path)
        if found is not None:
            yield found


def _imported(module: ModuleView) -> Iterator[str]:
    yield from module.facts.imports.values()
    yield from module.facts.stars
    for fn in module.facts.functions:
        for op in fn.ops:
            if op[0] == "import":
                yield op[2]


def _under(name: str, roots: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:size]) in roots for size in range(1, len(parts) + 1))


def several_processes(module: ModuleView) -> bool:
    """Whether the module starts processes, or takes locks that reach beyond one process."""
    memo = module.fn(0).memo
    known = memo.get("several_processes")
    if known is None:
        known = any(name.split(".")[0] == "multiprocessing" for name in module.facts.imports.values())
        for fn in module.functions():
            known = known or any(held.reach in _FAR for held in held_by_decorators(fn) if held.kind == "lock")
            known = known or any(
                row.does == "lock" and row.reach in _FAR
                for call in link(fn).calls.values()
                for row in call.rows
            )
        memo["several_processes"] = known
    return bool(known)


def method_around(fn: Fn) -> Fn:
    """The method that a function stands in, itself where it is one."""
    around: Fn | None = fn
    while around is not None and around.facts.owner is None:
        around = around.parent
    return around or fn


def prepares(fn: Fn) -> bool:
    """Whether the function's name suggests that it runs before anybody else comes."""
    name = fn.facts.name.lstrip("_")
    return name in _PREPARES or _PREPARING.match(name) is not None


def sets_up(fn: Fn) -> bool:
    """Whether the function's name says that it sets something up, before others use it."""
    return _SETTING_UP.match(fn.facts.name.lstrip("_")) is not None


def starts(fn: Fn) -> bool:
    """Whether the function's name says that it starts a service, or configures it anew."""
    return _STARTING.match(fn.facts.name.lstrip("_")) is not None


def configures(fn: Fn) -> bool:
    """Whether the function's name says that it configures a service, or does so anew."""
    return _CONFIGURING.match(fn.facts.name.lstrip("_")) is not None


def prepared(fn: Fn) -> bool:
    """Whether all who call the function, as far as they are known, do so before anybody else comes, or where
    something is entered that lasts."""
    called, all_known = callings(fn)
    return (
        bool(called)
        and all_known
        and all(
            prepares(calling.caller) or calling.caller.facts.name in ("__aenter__", "__enter__")
            for calling in called
        )
    )


def run_by_hand(module: ModuleView) -> bool:
    """Whether the module is a program that is run once, by hand: its name suggests one, or that of a folder
    of its project, it is a developer's, or it runs by itself, reads its command line and starts nothing that
    goes on beside it."""
    suggests = module.program.libraries.receiver
    parts = module.name.split(".")
    named = any("files.OneShot" in suggests(part) for part in (*parts, *_folders(module)))
    folders = parts if module.facts.is_package else parts[:-1]
    named = named or any("files.OneShotFolder" in suggests(part) for part in folders)
    return named or _is_script(module) or _of_developers(module)


def unserved(fn: Fn) -> bool:
    """Whether no service runs the function, by where it stands: a migration, a script, what makes data for
    tests; and no module that one runs calls it."""
    module = fn.module
    suggests = module.program.libraries.receiver
    known = module.fn(0).memo.get("unserved")
    if known is None:
        parts = module.name.split(".")
        known = module.fn(0).memo["unserved"] = (
            any("files.Unserved" in suggests(part) for part in parts)
            or any("files.UnservedFolder" in suggests(part) for part in parts[:-1])
            or _is_script(module)
            or _of_developers(module)
        )
    return bool(known) and (fn.owner is not None or not called_from_elsewhere(fn))


def _of_developers(module: ModuleView) -> bool:
    """Whether the module imports what only developers have: tests, or tools for them."""
    memo = module.fn(0).memo
    known = memo.get("of_developers")
    if known is None:
        suggests = module.program.libraries.receiver
        known = memo["of_developers"] = any(
            "files.DeveloperTool" in suggests(name.partition(".")[0])
            or any("files.TestCode" in suggests(part) for part in name.split("."))
            for name in _imported(module)
        )
    return bool(known)


def _folders(module: ModuleView) -> tuple[str, ...]:
    """The folders from the root of the module's project down to its file."""
    memo = module.fn(0).memo
    known = memo.get("folders")
    if known is None:
        folder = os.path.dirname(os.path.abspath(module.path))
        root = project_root(folder)
        known = memo["folders"] = tuple(os.path.relpath(folder, root).split(os.sep)) if root else ()
    return known  # type: ignore[return-value]


def by_hand(fn: Fn) -> bool:
    """Whether a function is part of a program that is run by hand, a command of one, or all that is known to
    call it is, and none of that goes on beside it. What runs as a program may serve other modules too."""
    if run_by_hand(fn.module):
        return not (_is_script(fn.module) and _serves_others(fn))
    return _is_command(fn) or _called_by_hand(fn)


def _serves_others(fn: Fn) -> bool:
    """Whether another module, none that is run by hand, calls a function or makes objects that it is of."""
    owner = method_around(fn).owner
    constructor = owner.method("__init__") if owner is not None else None
    if owner is None or constructor is None:
        return called_from_elsewhere(fn)
    return called_from_elsewhere(fn) or any(
        calling.caller.module is not owner.module and not run_by_hand(calling.caller.module)
        for calling in constructions(owner, constructor)
    )


def _is_command(fn: Fn) -> bool:
    """Whether a function, or the one that it stands in, is made a command of a command line."""
    around: Fn | None = fn
    while around is not None and around.index:
        parent = around.parent
        if parent is not None and around.facts.decorators and _reads_command_line(fn.module):
            for register in around.facts.decorators:
                op = parent.facts.ops[register]
                op = parent.facts.ops[op[1]] if op[0] == "call" else op
                if op[0] == "attr" and op[2] in _COMMANDS:
                    return True
        around = parent
    return False


def _called_by_hand(fn: Fn) -> bool:
    """Whether all calls of a function, two steps up at most, stand in what is run by hand."""
    if imports_concurrency(fn.module, True):
        return False
    return kept_for_check(fn, "called_by_hand", lambda: _only_by_hand(fn, 2))


def _only_by_hand(fn: Fn, depth: int) -> bool:
    sites = call_sites(fn)
    return bool(sites) and all(
        _is_command(caller)
        or (
            not imports_concurrency(caller.module, True)
            and (
                run_by_hand(caller.module)
                or (depth > 1 and caller is not fn and _only_by_hand(caller, depth - 1))
            )
        )
        for caller, _ in sites
    )


def _is_script(module: ModuleView) -> bool:
    memo = module.fn(0).memo
    known = memo.get("script")
    if known is None:
        known = memo["script"] = (
            runs_as_program(module)
            and (_reads_command_line(module) or _reads_arguments(module) or _has_interpreter(module))
            and not imports_concurrency(module, True)
        )
    return bool(known)


def _reads_command_line(module: ModuleView) -> bool:
    """Whether the module imports what reads a command line."""
    suggests = module.program.libraries.receiver
    roots = {name.partition(".")[0] for name in _imported(module)}
    return any("files.CommandLine" in suggests(root) for root in roots)


def runs_as_program(module: ModuleView) -> bool:
    """Whether the module asks if its name is ``__main__``."""
    ops = module.facts.functions[0].ops
    names = {number for number, op in enumerate(ops) if op == ("name", "__name__")}
    return bool(names) and any(op[0] == "compare" and not names.isdisjoint(op[2]) for op in ops)


def _has_interpreter(module: ModuleView) -> bool:
    """Whether the first line of the file says which program runs it."""
    data = module.program.source.data(module.path)
    return data is not None and data.startswith(b"#!")


def _reads_arguments(module: ModuleView) -> bool:
    """Whether the module reads ``sys.argv``."""
    reads = any("argv" in fn.names for fn in module.facts.functions)
    return reads and "sys" in {name.partition(".")[0] for name in _imported(module)}


def called_from_elsewhere(fn: Fn) -> bool:
    """Whether another module calls the function, and is itself no program that is run once, by hand."""
    return public(fn) and any(
        calling.caller.module is not fn.module and not run_by_hand(calling.caller.module)
        for calling in callings(fn)[0]
    )


def reached_by_threads(fn: Fn) -> bool:
    """Whether a module that says its code runs in several threads calls the function."""
    known = fn.memo.get("reached_by_threads")
    if known is None:
        fn.memo["reached_by_threads"] = False
        known = fn.memo["reached_by_threads"] = public(fn) and any(
            imports_concurrency(calling.caller.module, False) and not run_by_hand(calling.caller.module)
            for calling in callings(fn)[0]
        )
    return bool(known)


def takes_locks(fn: Fn, tasks: bool) -> bool:
    """Whether the function makes or takes a lock of threads (or tasks), its decorators included."""
    key = "takes_task_locks" if tasks else "takes_thread_locks"
    known = fn.memo.get(key)
    if known is None:
        reaches = _NEAR | {"task"} if tasks else _NEAR
        decorating = _decorating(fn)
        known = any(
            row.does == "lock" and row.reach in reaches
            for number, call in link(fn).calls.items()
            if number not in decorating
            for row in call.rows
        )
        known = known or any(
            held.kind == "lock" and held.reach in reaches and not named_after_work(held)
            for held in held_by_decorators(fn)
        )
        fn.memo[key] = known
    return bool(known)


def _decorating(fn: Fn) -> set[int]:
    """The operations of a function that decorate those in it."""
    return {
        register
        for other in fn.module.functions()
        if other.facts.parent == fn.index
        for register in other.facts.decorators
    }


def named_after_work(held: Held) -> bool:
    """Whether a lock's name is made from what is worked on: it guards that, not the object's attributes."""
    key = held.key
    return (
        isinstance(key, tuple)
        and key[:1] == ("named",)
        and isinstance(key[1], tuple)
        and key[1][:1] not in (("const",), ("global",))
    )


def spawns(fn: Fn, tasks: bool, deep: bool = True) -> bool:
    """Whether the function starts a thread (or task), itself or in a function that it hands a callable to."""
    key = f"spawns {tasks} {deep}"
    known = fn.memo.get(key)
    if known is None:
        fn.memo[key] = False
        known = fn.memo[key] = any(
            _spawns(fn, number, call, tasks, deep) for number, call in link(fn).calls.items()
        )
    return bool(known)


def _spawns(fn: Fn, number: int, call: Call, tasks: bool, deep: bool) -> bool:
    if _starts(call, tasks):
        return True
    if not deep or not call.targets:
        return False
    given = fn.facts.ops[number]
    types = link(fn).types
    registers = [*given[2], *(register for _, register in given[3])]
    if not any(_is_callable(types[register]) and _of_object(fn, types[register]) for register in registers):
        return False
    return any(hands_on(target, tasks) for target in call.targets)


def hands_on(fn: Fn, tasks: bool) -> bool:
    """Whether the function starts a thread (or task) that gets something of what the function was given."""
    key = f"hands_on {tasks}"
    known = fn.memo.get(key)
    if known is None:
        ops = fn.facts.ops
        known = fn.memo[key] = any(
            _starts(call, tasks)
            and any(
                _given(fn, part, set()) for part in (*ops[number][2], *(one for _, one in ops[number][3]))
            )
            for number, call in link(fn).calls.items()
        )
    return bool(known)


def _given(fn: Fn, register: int, seen: set[int]) -> bool:
    """Whether a value holds a parameter, is an attribute of one, or a function inside that mentions one."""
    if register in seen:
        return False
    seen.add(register)
    ops = fn.facts.ops
    op = ops[register]
    kind = link(fn).types[register]
    names: set[str] = set()
    parts: list[int] = []
    if op[0] == "param":
        return True
    if kind is not None and kind.kind == "function" and kind.ref.parent is fn:
        names = _mentioned(kind.ref)
    elif op[0] == "name":
        names = {op[1]}
    elif op[0] in ("attr", "item", "element", "star", "await"):
        parts = [op[1]]
    elif op[0] == "build":
        parts = list(op[2])
    elif op[0] == "dict":
        parts = [value for _, value in op[1]]
    elif op[0] == "call":
        parts = [*op[2], *(one for _, one in op[3])]
    if any(parameter.name in names for parameter in fn.facts.params):
        return True
    if names:
        parts = [other[2] for other in ops if other[0] == "store" and other[1] in names]
    return any(_given(fn, part, seen) for part in parts)


def _of_object(fn: Fn, kind: Type | None) -> bool:
    """Whether a callable can reach the object whose method hands it over: not where it is a function inside
    the method that mentions no object of the method's own."""
    if kind is None or kind.kind != "function" or kind.ref.parent is not fn or not fn.first_is_self:
        return True
    return fn.facts.params[0].name in _mentioned(kind.ref)


def _mentioned(fn: Fn) -> set[str]:
    """The variables of functions around it that a function uses, by itself or in a function inside it."""
    found = {op[1] for op in fn.facts.ops if op[0] == "name"}
    for other in fn.module.functions():
        if other.facts.parent == fn.index:
            found |= _mentioned(other)
    return found - {parameter.name for parameter in fn.facts.params}


def _starts(call: Call, tasks: bool = False) -> bool:
    """Whether a call starts what shares this process's memory: a thread (or task)."""
    return any(_shares(row, tasks) for row in call.rows)


def _shares(row: CallModel, tasks: bool) -> bool:
    return row.does == "spawn" and row.kind != "process" and (tasks or row.kind != "task")


def _is_callable(kind: Type | None) -> bool:
    return kind is not None and kind.kind in ("method", "function")


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
        if any(written.rpartition(".")[2].endswith(_PLAIN_BASES) for written in base.facts.base_names):
            return True
        scope = base.module.facts.functions[base.facts.scope]
        for register in base.facts.decorators:
            op = scope.ops[register]
            if op[0] == "call":
                op = scope.ops[op[1]]
            if op[0] in ("name", "attr") and op[-1] in _PLAIN_DECORATORS:
                return True
    return False


def shared_class(cls: Cls, tasks: bool) -> bool:
    """Whether the class itself shows that several threads (or tasks) use one object of it."""
    key = "shared_by_tasks" if tasks else "shared_by_threads"
    known = cls.memo.get(key)
    if known is None:
        cls.memo[key] = False
        known = cls.memo[key] = not unshared_class(cls) and _shared(cls, tasks)
    return bool(known)


def _shared(cls: Cls, tasks: bool) -> bool:
    if _shared_by_library(cls):
        return True
    for base in cls.mro():
        for fn in base.module.functions():
            if _within(fn, base) and (takes_locks(fn, tasks) or spawns(fn, tasks)):
                return True
    return _at_module_level(cls, tasks) or _shared_below(cls, tasks)


def _shared_by_library(cls: Cls) -> bool:
    libraries = cls.module.program.libraries
    return any(
        libraries.types[above].shared for name in cls.library_types() for above in libraries.lineage(name)
    )


def own_spawns(cls: Cls) -> list[tuple[Fn, int]]:
    """Where methods of a class start threads, if nothing else says that threads share its objects."""
    if _shared_by_library(cls):
        return []
    found: list[tuple[Fn, int]] = []
    for base in cls.mro():
        for fn in base.module.functions():
            if _within(fn, base):
                if takes_locks(fn, False):
                    return []
                if spawns(fn, False):
                    here = [(fn, number) for number, call in link(fn).calls.items() if _starts(call)]
                    if not here:
                        return []
                    found += here
    shared = _at_module_level(cls, False) or _in_global(cls) or _shared_below(cls, False)
    return [] if shared else found


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


def _shared_below(cls: Cls, tasks: bool) -> bool:
    """Whether a class derived from it locks what its objects do, or starts threads (or tasks) that do it: an
    object of the base class alone is seldom made then."""
    for derived in subclasses(cls, cls.module.path):
        within = (fn for fn in derived.module.functions() if _within(fn, derived))
        if derived.module is cls.module:
            if any(takes_locks(fn, tasks) or spawns(fn, tasks) for fn in within):
                return True
        elif imports_concurrency(derived.module, tasks):
            # were its functions linked, the base class would rest on all that they call
            _rest_on_calls(cls, derived)
            if any(_synchronizes(fn, cls.module.path, tasks) for fn in within):
                return True
    return False


def _rest_on_calls(cls: Cls, derived: Cls) -> None:
    program = cls.module.program
    packages = program.libraries.synchronizing
    imported = {qualified.partition(".")[0] for qualified in _imported(derived.module)}
    program.asked.calls(cls.module.path, derived.module.path, packages & imported)


def _synchronizes(fn: Fn, near: Path, tasks: bool) -> bool:
    """Whether a function takes a lock or starts a thread (or task) by what its module imports, or a method's
    decorators take one. ``near``: the file on whose behalf it is asked."""
    libraries = fn.module.program.libraries
    reaches = _NEAR | {"task"} if tasks else _NEAR
    decorating: set[int] | None = None
    for number, word in calls_imported(fn.module.facts, fn.facts):
        for row in libraries.function_meaning(word, {}):
            if _shares(row, tasks):
                return True
            if row.does == "lock" and row.reach in reaches:
                decorating = _decorating(fn) if decorating is None else decorating
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
    around: Fn | None = fn
    while around is not None:
        if around.facts.owner is not None:
            return around.facts.owner == cls.index
        around = around.parent
    return False


def _at_module_level(cls: Cls, tasks: bool) -> bool:
    """Whether the class's own module makes an object of it when it is imported, in a concurrent module."""
    module = cls.module
    body = link(module.fn(0))
    for register in module.facts.bindings.values():
        call = body.calls.get(register)
        if call is not None and call.cls is cls:
            return imports_concurrency(module, tasks)
    return False


# -- what is stored -----------------------------------------------------------------------------------


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

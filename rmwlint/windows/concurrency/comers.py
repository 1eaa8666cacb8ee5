"""How ways to a function go on upwards, and where they begin: does anything say that many come there?

A view, a handler or a task comes with others. Where a way begins in something that nobody knows to call, its
module says who comes: by the framework that it imports, or that those do who import it and use the name of
what is asked about. Else, and for a plug-in, which nobody imports, the project is asked. A module that stands
for itself, imports nothing of a project and is imported by nothing, tells nothing: anybody may come. Where a
module is loaded, nobody comes: settings too are loaded first by the process that starts the others. Libraries
that a project has copied into a folder of its own tell nothing of its service: only ways that are known lead
to them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rmwlint.program.calling import Site, call_sites, callings, constructions, kept_for_check, mentioning
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn, ModuleView
from rmwlint.windows.concurrency.modules import copied_in, imported_names, importing, mentioning_name
from rmwlint.windows.concurrency.phases import before_serving, prepares, sets_up, starts
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.concurrency.ways import decorated_with
from rmwlint.windows.interpreter.decorators import wrapped_call

#: ways through more functions than this are not followed
MOST_FOLLOWED = 80
#: functions with which a program begins
MAIN = frozenset(["main", "__main__"])
_CROWD = "files.Crowd"
_APART = ("files.CrowdOfTasks", "files.CrowdOfProcesses")
#: where one file in so many speaks of a framework, the project is about it
_FEW = 25
_MAIN_THREAD = "files.MainThread"
_THREAD = "threads.Thread"
#: decorators that leave it to callers when a function runs
_PLAIN = frozenset(
    ["property", "staticmethod", "classmethod", "cached_property", "contextmanager", "setter", "deleter"]
)
#: what a change of an attribute is called in a function's facts
_CHANGES = ("setattr", "delattr")


def callers_of(fn: Fn) -> Iterator[Site]:
    """Who calls a function; of a method that the language or a thread calls, who makes the object."""
    owner = fn.owner
    if owner is not None and (fn.facts.name.startswith("__") or runs_thread(fn)):
        constructor = owner.method("__init__")
        if constructor is not None:
            for calling in constructions(owner, constructor):
                yield calling.caller, calling.number
    elif fn.parent is not None and fn.parent.index and owner is None:
        yield fn.parent, 0
        wraps = wrapped_call(fn.parent)
        if wraps is not None and wraps[0] is fn:
            yield from ((decorated, 0) for decorated, _ in decorated_with(fn.parent))
    found = call_sites(fn)
    yield from found
    if not {"setter", "deleter"}.isdisjoint(fn.decorator_names):
        yield from _changes_of(fn)
    if found or not fn.index:
        return
    if owner is not None:
        yield from ((calling.caller, calling.number) for calling in callings(fn)[0])
    elif not callings(fn)[1]:
        yield from _calls_by_importers(fn)


def _changes_of(fn: Fn) -> Iterator[Site]:
    """Where an attribute of the name of a property is set or deleted."""
    name = fn.facts.name
    for module in mentioning(fn)[0]:
        for user in module.functions():
            for number, op in enumerate(user.facts.ops):
                if op[0] in _CHANGES and op[2] == name:
                    yield user, number


def _calls_by_importers(fn: Fn) -> Iterator[Site]:
    """The calls of a function, whose name too many have, by the modules that import its own."""
    for other in (fn.module, *_importers(fn.module)):
        for caller in other.functions():
            if caller is not fn and fn.facts.name in caller.facts.names:
                for number, call in link(caller).calls.items():
                    if fn in call.targets:
                        yield caller, number


def hands_down(caller: Fn, number: int, fn: Fn) -> bool:
    """Whether a call is taken to reach a function by its name alone, from one of the same name: as often the
    caller stands above as below."""
    call = link(caller).calls.get(number)
    return call is not None and caller.facts.name == fn.facts.name and fn not in call.targets


def of_pool(call: Call) -> bool:
    """Whether what a call hands a function to has several threads or processes that run it."""
    return any(row.does == "spawn" and row.on and row.kind not in ("task", "loop") for row in call.rows)


def on_main_thread(giver: Fn, call: Call) -> bool:
    """Whether what a call hands over is called on the main thread, by a signal or at the end."""
    suggests = giver.module.program.libraries.receiver
    return any(_MAIN_THREAD in suggests(name) for name in (call.qualified.partition(".")[0], call.name))


def runs_thread(fn: Fn) -> bool:
    """Whether a function is what a thread runs that is an object of the function's class."""
    owner = fn.owner
    return owner is not None and fn.facts.name == "run" and _THREAD in owner.library_types()


def called_by_decorator(fn: Fn) -> bool:
    """Whether a decorator may call a function, or give it away to be called."""
    return not _PLAIN.issuperset(fn.decorator_names)


def serves(fn: Fn) -> bool:
    """Whether a function is a method of what a framework calls for each who asks."""
    owner = method_around(fn).owner
    suggests = fn.module.program.libraries.receiver
    return owner is not None and any(
        _CROWD in suggests(name.partition(".")[0]) for name in owner.library_types()
    )


def others_come_by(fn: Fn, module: ModuleView) -> bool:
    """Whether others come to a function that nobody is known to call, as a module says that knows it."""
    if fn.index == 0:
        return False
    if copied_in(module):
        return False
    if before_serving(fn):
        return False
    if stands_alone(module):
        return True
    if (prepares(fn) and fn.facts.name != "__init__") or sets_up(fn) or starts(fn):
        return False
    if imports_crowd(module):
        return True
    importers = _importers(module)
    crowd = [other for other in importers if imports_crowd(other)]
    if any(_may_call(other, fn) for other in crowd):
        return True
    return bool(crowd or not importers) and crowd_in_project(module)


def _may_call(module: ModuleView, fn: Fn) -> bool:
    """Whether a module uses the name of a function; of what the language calls, that of its class."""
    owner = method_around(fn).owner
    name = fn.facts.name
    return module.uses(owner.facts.name if owner is not None and name.startswith("__") else name)


def _importers(module: ModuleView) -> list[ModuleView]:
    """The modules that import a module, by its package too where that hands on what is in it."""
    found = dict.fromkeys(importing(module, module))
    for other in list(found):
        if other.facts.is_package:
            found |= dict.fromkeys(one for one in importing(module, other) if one is not module)
    return list(found)


def imports_crowd(module: ModuleView) -> bool:
    """Whether a module imports a framework that serves many at a time."""
    memo = module.fn(0).memo
    known = memo.get("imports_crowd")
    if known is None:
        suggests = module.program.libraries.receiver
        known = memo["imports_crowd"] = any(
            _CROWD in suggests(name.partition(".")[0]) for name in imported_names(module)
        )
    return bool(known)


def stands_alone(module: ModuleView) -> bool:
    """Whether a module imports nothing of a project, and nothing imports it."""
    program = module.program
    return not any(
        program.names_of(part, module.path) not in (None, module)
        for name in imported_names(module)
        for part in (name, name.rpartition(".")[0])
        if part
    ) and not any(importing(module, module))


def crowd_in_project(module: ModuleView) -> bool:
    """Whether serving many is what the project of a module does: enough of its files speak of a framework."""
    return kept_for_check(module.fn(0), "crowd_in_project", lambda: _project_crowded(module, frozenset()))


def threads_in_project(module: ModuleView) -> bool:
    """Likewise, by what serves each in a thread of its own: not what gives all of them to one event loop, or
    each to a process."""
    types = module.program.libraries.types
    others = frozenset(name for kind in _APART for name in types[kind].receivers)
    return kept_for_check(module.fn(0), "threads_in_project", lambda: _project_crowded(module, others))


def _project_crowded(module: ModuleView, but: Collection[str]) -> bool:
    program = module.program
    speaking: set[Path] = set()
    files = len(program.outline(module.path).files)
    for name in program.libraries.types[_CROWD].receivers:
        if name in but:
            continue
        speaking |= mentioning_name(module, name)
        if len(speaking) * _FEW >= files:
            return True
    return False

"""Who else comes to a path at the same time: is there anything that says so?

The ways to a function are followed up to where they begin. A program that is run by hand, a script, a
``main``, what a program does once when it starts, or the one thread that somebody starts comes alone. A
view, a handler, a task, or what is handed to a pool comes with others. Where a way begins in something that
nobody knows to call, its module says who comes: by the framework that it imports, or that those do who import
it. A plug-in, which nobody imports, is asked for its project. A module that stands for itself, imports
nothing of a project and is imported by nothing, tells nothing: anybody may come. A cache is there for many.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rmwlint.libraries.index import snake
from rmwlint.program.calling import Site, call_sites, callings, constructions, handed_over, kept_for_check
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn, ModuleView
from rmwlint.source.shapes import holds_settings
from rmwlint.windows.concurrency.by_hand import by_hand
from rmwlint.windows.concurrency.modules import imported_names, importing, mentioning_name
from rmwlint.windows.concurrency.phases import prepares, sets_up, starts
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.concurrency.spawning import starts_thread
from rmwlint.windows.files.ownership import common_by_name
from rmwlint.windows.files.rooted import begins_everywhere
from rmwlint.windows.flow import in_loop
from rmwlint.windows.values import Event

_COMMON = "files.Common"
_CROWD = "files.Crowd"
#: ways through more functions than this are not followed
_MOST = 80
#: where one file in so many speaks of a framework, the project is about it
_FEW = 25
_MAIN = frozenset(["main", "__main__"])
_THREAD = "threads.Thread"
#: decorators that leave it to callers when a function runs
_PLAIN = frozenset(["property", "staticmethod", "classmethod", "cached_property", "contextmanager"])


def nobody_comes(fn: Fn, event: Event) -> bool:
    """Whether nothing says that others come to the path of an event of a function at the same time."""
    if common_by_name(fn) and (_of_cache(fn) or begins_everywhere(fn, event)):
        return False
    return not kept_for_check(fn, "crowded", lambda: _crowded(fn))


def _of_cache(fn: Fn) -> bool:
    """Whether the class of a method is one of caches, as the last word of its name says."""
    owner = method_around(fn).owner
    suggests = fn.module.program.libraries.receiver
    return owner is not None and _COMMON in suggests(snake(owner.facts.name).rpartition("_")[2])


def _crowded(fn: Fn) -> bool:
    seen = {fn}
    pending = [fn]
    while pending and len(seen) <= _MOST:
        one = pending.pop()
        main = one.facts.name in _MAIN
        if _serves(one) or (main and _imports_crowd(one.module)):
            return True
        if main or by_hand(one):
            continue
        found: list[Fn] = []
        guessed: list[Fn] = []
        for giver, number in handed_over(one):
            call = link(giver).calls.get(number)
            if call is None or not starts_thread(call):
                if _comes_by(one, giver.module):
                    return True
            elif _pool(call) or in_loop(giver, number):
                return True
            else:
                found.append(giver)
        for caller, number in _callers(one):
            if _runs_thread(one) and in_loop(caller, number):
                return True
            (guessed if _hands_down(caller, number, one) else found).append(caller)
        if _decorated(one) or not (found or _runs_thread(one)):
            if _comes_by(one, one.module):
                return True
        pending += [caller for caller in dict.fromkeys((*found, *guessed)) if caller not in seen]
        seen.update(found, guessed)
    return False


def _callers(fn: Fn) -> Iterator[Site]:
    """Who calls a function; of a method that the language or a thread calls, who makes the object."""
    owner = fn.owner
    if owner is not None and (fn.facts.name.startswith("__") or _runs_thread(fn)):
        constructor = owner.method("__init__")
        if constructor is not None:
            for calling in constructions(owner, constructor):
                yield calling.caller, calling.number
    elif fn.parent is not None and fn.parent.index and owner is None:
        yield fn.parent, 0
    found = call_sites(fn)
    yield from found
    if not found and owner is None and fn.index and not callings(fn)[1]:
        yield from _calls_by_importers(fn)


def _calls_by_importers(fn: Fn) -> Iterator[Site]:
    """The calls of a function, whose name too many have, by the modules that import its own."""
    for other in (fn.module, *_importers(fn.module)):
        for caller in other.functions():
            if caller is not fn and fn.facts.name in caller.facts.names:
                for number, call in link(caller).calls.items():
                    if fn in call.targets:
                        yield caller, number


def _hands_down(caller: Fn, number: int, fn: Fn) -> bool:
    """Whether a call is taken to reach a function by its name alone, from one of the same name: as often the
    caller stands above as below."""
    call = link(caller).calls.get(number)
    return call is not None and caller.facts.name == fn.facts.name and fn not in call.targets


def _pool(call: Call) -> bool:
    """Whether what a call hands a function to has several threads or processes that run it."""
    return any(row.does == "spawn" and row.on and row.kind not in ("task", "loop") for row in call.rows)


def _runs_thread(fn: Fn) -> bool:
    owner = fn.owner
    return owner is not None and fn.facts.name == "run" and _THREAD in owner.library_types()


def _decorated(fn: Fn) -> bool:
    return not _PLAIN.issuperset(fn.decorator_names)


def _serves(fn: Fn) -> bool:
    """Whether a function is a method of what a framework calls for each who asks."""
    owner = method_around(fn).owner
    suggests = fn.module.program.libraries.receiver
    return owner is not None and any(
        _CROWD in suggests(name.partition(".")[0]) for name in owner.library_types()
    )


def _comes_by(fn: Fn, module: ModuleView) -> bool:
    """Whether others come to a function that nobody is known to call, as a module says that knows it."""
    if fn.index == 0:
        # what is imported runs once in a process; settings, in each of the processes that serve
        return holds_settings(str(module.path)) and _crowd_in_project(module)
    if _by_itself(module):
        return True
    if (prepares(fn) and fn.facts.name != "__init__") or sets_up(fn) or starts(fn):
        return False
    if _imports_crowd(module):
        return True
    importers = _importers(module)
    return any(map(_imports_crowd, importers)) or (not importers and _crowd_in_project(module))


def _importers(module: ModuleView) -> list[ModuleView]:
    """The modules that import a module, by its package too where that hands on what is in it."""
    found = dict.fromkeys(importing(module, module))
    for other in list(found):
        if other.facts.is_package:
            found |= dict.fromkeys(one for one in importing(module, other) if one is not module)
    return list(found)


def _imports_crowd(module: ModuleView) -> bool:
    memo = module.fn(0).memo
    known = memo.get("imports_crowd")
    if known is None:
        suggests = module.program.libraries.receiver
        known = memo["imports_crowd"] = any(
            _CROWD in suggests(name.partition(".")[0]) for name in imported_names(module)
        )
    return bool(known)


def _by_itself(module: ModuleView) -> bool:
    """Whether a module imports nothing of a project, and nothing imports it."""
    program = module.program
    return not any(
        program.names_of(part, module.path) not in (None, module)
        for name in imported_names(module)
        for part in (name, name.rpartition(".")[0])
        if part
    ) and not any(importing(module, module))


def _crowd_in_project(module: ModuleView) -> bool:
    """Whether serving many is what the project of a module does: enough of its files speak of a framework."""
    return kept_for_check(module.fn(0), "crowd_in_project", lambda: _project_crowded(module))


def _project_crowded(module: ModuleView) -> bool:
    program = module.program
    speaking: set[Path] = set()
    files = len(program.outline(module.path).files)
    for name in program.libraries.types[_CROWD].receivers:
        speaking |= mentioning_name(module, name)
        if len(speaking) * _FEW >= files:
            return True
    return False

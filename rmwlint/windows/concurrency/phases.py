"""When a function runs, as its name says: before anybody else comes, or when a service starts."""

from __future__ import annotations

import re

from rmwlint.program.calling import callings
from rmwlint.program.program import Fn

#: names, and first words, of functions that run before anybody else comes
_PREPARES = frozenset(["register", "setup", "set_up", "init", "initialize", "main", "start", "serve"])
_PREPARING = re.compile(r"(register|setup|set_?up|init)(_|[A-Z])|async_(setup|set_up|init)($|_)")
#: names of what an application calls before it serves
_BEFORE_SERVING = re.compile(r"lifespan$|((on|at|app)_)?startup$|(component|module|plugin|app)_init$")
_SETTING_UP = re.compile(r"(async_)?(initiali[sz]e|init|set_?up)($|_|[A-Z])")
#: the same of a service, which is started and configured anew by the one task that looks after it
_STARTING = re.compile(r"(start|configure|reconfigure|reconfig)($|_|[A-Z])")
#: the same, where it is only configured
_CONFIGURING = re.compile(r"(re)?config(ure)?($|_|[A-Z])")
#: the same of what ends the use of an object
_ENDINGS = """
    close aclose stop shutdown shut_down teardown tear_down disconnect dispose cancel destroy terminate
    cleanup clean_up finalize exit aexit kill quit
"""
_ENDS = tuple(_ENDINGS.split())
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
#: of these, the methods that others run at the same time, each for an object of its own
_OF_EACH = frozenset(["__init__", "__new__", "__post_init__"])
_ALONE_WITH_ALL = ALONE - _OF_EACH
#: names of methods that are called once, before any other of the object's
STARTS = frozenset(["do_setup", "setup", "set_up", "init", "initialize", "start", "serve"])


def alone_with(fn: Fn, symbol: object) -> bool:
    """Whether a function runs before anybody else comes to a place: a constructor meets others at what all
    objects of the class have."""
    if fn.facts.name not in ALONE:
        return False
    root = symbol
    while isinstance(root, tuple) and len(root) == 3 and root[0] == "attr":
        root = root[1]
    return fn.facts.name not in _OF_EACH or not (isinstance(root, tuple) and root[:1] == ("global",))


def alone_with_all(fn: Fn) -> bool:
    """Whether a function runs before anybody else comes, whatever it uses."""
    return fn.facts.name in _ALONE_WITH_ALL


def prepares(fn: Fn) -> bool:
    """Whether the function's name suggests that it runs before anybody else comes."""
    name = fn.facts.name.lstrip("_")
    return name in _PREPARES or _PREPARING.match(name) is not None or before_serving(fn)


def before_serving(fn: Fn) -> bool:
    """Whether the function's name says that an application calls it before it serves anybody."""
    return _BEFORE_SERVING.match(fn.facts.name.lstrip("_")) is not None


def sets_up(fn: Fn) -> bool:
    """Whether the function's name says that it sets something up, before others use it."""
    return _SETTING_UP.match(fn.facts.name.lstrip("_")) is not None


def starts(fn: Fn) -> bool:
    """Whether the function's name says that it starts a service, or configures it anew."""
    return _STARTING.match(fn.facts.name.lstrip("_")) is not None


def ends(fn: Fn) -> bool:
    """Whether the function's name says that it ends the use of an object, after which nobody should come."""
    return fn.facts.name.strip("_").startswith(_ENDS)


def configures(fn: Fn) -> bool:
    """Whether the function's name says that it configures a service, or does so anew."""
    return _CONFIGURING.match(fn.facts.name.lstrip("_")) is not None


def one_at_a_time(fn: Fn) -> bool:
    """Whether the name of a decorator, or of what it is taken from, says that no two calls run together, or
    the name of what the function's class is derived from."""
    if of_actor(fn):
        return True
    parent = fn.parent
    suggests = fn.module.program.libraries.receiver
    for register in fn.facts.decorators if parent is not None else ():
        ops = parent.facts.ops if parent is not None else ()
        while ops[register][0] in ("call", "attr"):
            if ops[register][0] == "attr" and "naming.OneAtATime" in suggests(str(ops[register][2])):
                return True
            register = ops[register][1]
        if ops[register][0] == "name" and "naming.OneAtATime" in suggests(str(ops[register][1])):
            return True
    return False


def of_actor(fn: Fn) -> bool:
    """Whether a function is a method of what takes one message after the other, as the name of a base class
    says; what stands in one may run as a task beside them."""
    if fn.owner is None:
        return False
    suggests = fn.module.program.libraries.receiver
    return any(
        "naming.OneMessageAtATime" in suggests(written.rpartition(".")[2])
        for base in fn.owner.mro()
        for written in base.facts.base_names
    )


def prepared(fn: Fn) -> bool:
    """Whether all who call the function, as far as they are known, do so before anybody else comes, or where
    something is entered that lasts, or awaited as an object by who has made it."""
    called, all_known = callings(fn)
    return (
        bool(called)
        and all_known
        and all(
            prepares(calling.caller) or calling.caller.facts.name in ("__aenter__", "__enter__", "__await__")
            for calling in called
        )
    )


def at_load(fn: Fn) -> bool:
    """Whether all who call the function, as far as they are known, do so where a module is loaded."""
    called, all_known = callings(fn)
    return bool(called) and all_known and all(calling.caller.index == 0 for calling in called)

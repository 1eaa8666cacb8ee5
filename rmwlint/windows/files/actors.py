"""Who else comes to a path at the same time: is there anything that says so?

The ways to a function are followed up to where they begin. A program that is run by hand, a script, a
``main``, what a program does once when it starts, or the one thread that somebody starts comes alone; what is
handed to a pool comes with others, what a signal calls alone. What else says who comes, see
``concurrency.comers``. A cache is there for many, but that of a library which a project has copied.
"""

from __future__ import annotations

from rmwlint.libraries.index import snake
from rmwlint.program.calling import handed_over, kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.by_hand import by_hand
from rmwlint.windows.concurrency.comers import (
    MAIN,
    MOST_FOLLOWED,
    called_by_decorator,
    callers_of,
    hands_down,
    imports_crowd,
    of_pool,
    on_main_thread,
    others_come_by,
    runs_thread,
    serves,
)
from rmwlint.windows.concurrency.modules import copied_in
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.concurrency.spawning import starts_thread
from rmwlint.windows.files.ownership import common_by_name
from rmwlint.windows.files.rooted import begins_everywhere
from rmwlint.windows.flow import in_loop
from rmwlint.windows.values import Event

_COMMON = "files.Common"


def nobody_comes(fn: Fn, event: Event) -> bool:
    """Whether nothing says that others come to the path of an event of a function at the same time."""
    if common_by_name(fn) and not copied_in(fn.module) and (_of_cache(fn) or begins_everywhere(fn, event)):
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
    while pending and len(seen) <= MOST_FOLLOWED:
        one = pending.pop()
        main = one.facts.name in MAIN
        if serves(one) or (main and one is not fn and imports_crowd(one.module)):
            return True
        if main or by_hand(one):
            continue
        found: list[Fn] = []
        guessed: list[Fn] = []
        for giver, number in handed_over(one):
            call = link(giver).calls.get(number)
            if call is not None and on_main_thread(giver, call):
                found.append(giver)
            elif call is None or not starts_thread(call):
                if others_come_by(one, giver.module):
                    return True
            elif of_pool(call) or in_loop(giver, number):
                return True
            else:
                found.append(giver)
        for caller, number in callers_of(one):
            if runs_thread(one) and in_loop(caller, number):
                return True
            (guessed if hands_down(caller, number, one) else found).append(caller)
        if called_by_decorator(one) or not (found or runs_thread(one)):
            if others_come_by(one, one.module):
                return True
        pending += [caller for caller in dict.fromkeys((*found, *guessed)) if caller not in seen]
        seen.update(found, guessed)
    return False

"""The transaction that a framework opens around a function, because the project's settings ask for it."""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.program.deferral import called_only_later
from rmwlint.program.program import Fn
from rmwlint.windows.values import Held

#: The number under which it is held: no operation and no decorator has it.
NUMBER = -900


def held_by_settings(fn: Fn) -> Iterator[Held]:
    """The transaction around the methods of a framework's classes, or a function of a request."""
    for setting in dict.fromkeys(_settings(fn)):
        if called_only_later(fn):
            return
        program = fn.module.program
        program.asked.hint(fn.module.path, "switch", (setting,))
        if program.outline(fn.module.path).sets(setting):
            yield Held(NUMBER, "transaction", None, "row", setting, sure=2)
            return


def _settings(fn: Fn) -> Iterator[str]:
    facts = fn.facts
    libraries = fn.module.program.libraries
    owner = fn.owner
    if owner is not None:
        if facts.name.startswith("__") or fn.decorated("property"):
            return
        types = owner.library_types()
    elif facts.parent == 0 and facts.params and facts.name != "<lambda>":
        types = libraries.given_first(facts.params[0].name)
    else:
        return
    for name in types:
        for ancestor in libraries.lineage(name):
            setting = libraries.types[ancestor].atomic_when
            if setting is not None:
                yield setting

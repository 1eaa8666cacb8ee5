"""What edits leave standing of earlier answers.

Where a file means what it did and only its lines have moved, no answer is asked for again: what tells of the
file is moved with them. Else the answers are withdrawn that its content can have had a part in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rmwlint.answers import Answers, Place
from rmwlint.facts.called import called_of, uses_of
from rmwlint.facts.model import Function, Module, Op
from rmwlint.facts.sameness import functions_changed, places_moved, same_but_for_places
from rmwlint.report.fingerprint import fingerprints
from rmwlint.source.suppressions import may_suppress, standing
from rmwlint.store import Store


def settle(kept: Answers, changed: Sequence[str], store: Store) -> None:
    """Bring the answers up to date with the files that have changed, or take them back."""
    for path in changed:
        hints = kept.hints_changed(path)
        before = store.facts_under(kept.facts_key(path))
        after = store.facts_of(Path(path)) if before is not None else None
        if hints or before is None or after is None or not same_but_for_places(before, after):
            looks = _looks_changed(kept.looks(path), before, after)
            kept.withdraw(path, [*hints, *looks], _bodies(before, after))
            continue
        data, lines = store.data(Path(path)), store.source_lines(Path(path))
        if kept.comments(path) != (standing(lines) if data is not None and may_suppress(data) else ""):
            kept.withdraw_answer(path)
        kept.move(
            path,
            _places(before, after, lines),
            lambda violations: fingerprints(violations, lambda shown: store.source_lines(Path(shown))),
        )


def _bodies(before: Module | None, after: Module | None) -> frozenset[str] | None:
    """The names of the functions whose bodies have changed; None where more has than those, or an import."""
    if before is None or after is None:
        return None
    changed = functions_changed(before, after)
    if changed is None or any(
        _imports(before.functions[number]) != _imports(after.functions[number]) for number in changed
    ):
        return None
    names: set[str] = set()
    for number, function in enumerate(after.functions):
        around: int | None = number
        while around is not None and around not in changed:
            around = after.functions[around].parent
        if around is not None:
            names.add(function.name)
    return frozenset(names)


def _looks_changed(
    looks: Mapping[str, tuple[str, str]], before: Module | None, after: Module | None
) -> list[str]:
    """The hints that are answered otherwise by what the functions of a file call or use now."""
    if before is None or after is None:
        return list(looks)

    def seen(module: Module, kind: str, names: str) -> object:
        return called_of(module, names.split(",")) if kind == "calls" else uses_of(module, names)

    return [hint for hint, look in looks.items() if seen(before, *look) != seen(after, *look)]


def _imports(function: Function) -> list[Op]:
    return [op for op in function.ops if op[0] == "import"]


def _places(before: Module, after: Module, lines: list[str]) -> Place:
    """Where each span of the older text is in the newer one."""
    moved = places_moved(before, after)

    def place(span: tuple[int, int, int, int]) -> tuple[int, int, int, int] | None:
        # facts count bytes from 0, spans characters from 1: in ASCII that is the same but for one
        line, column, end_line, end_column = span
        found = moved.get((line, column - 1, end_line, end_column - 1))
        if found is None or not (lines[found[0] - 1].isascii() and lines[found[2] - 1].isascii()):
            return None
        return found[0], found[1] + 1, found[2], found[3] + 1

    return place

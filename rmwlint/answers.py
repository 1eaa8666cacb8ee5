"""What a run has answered about each file, kept with all that the answers rest on.

The next run looks at what they rest on: where nothing has changed, the answers stand, and neither the engine
nor anything else is loaded; where a file has, only those answers are given anew that its content can have had
a part in. An answer about a file rests on

* its own text, and the texts that the questions of its module led to, and theirs, and so on;
* those that a check of it has looked at besides, and theirs; what calls into the file does not rest on these;
* hints from the text of the whole project (who derives from this class? who takes locks there?), which are
  compared one by one;
* which files there are, what git ignores, what marks a project: where any of that changes, nothing stands;
* the settings, the library models, rmwlint itself and Python: another of these has answers of its own.

Nothing here ever fails a run: what cannot be read is as good as nothing, and what cannot be written is left.
Several processes can do so at the same time: a file is put in place whole, the last one counts.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import re
import sys
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from rmwlint.source.ledger import GONE, Ledger, Listing, Seen, listed_now, now
from rmwlint.source.shapes import NO_SHAPES, Shapes, Text, holds_settings, mentions, shapes_of
from rmwlint.violation import Applicability, Confidence, Edit, Fix, Span, Step, Violation

_MAGIC = b"rmwansw1"
_MOST_KEPT = 24
_NOTHING: Mapping[str, Any] = MappingProxyType({})

#: A text that tells a line.
_NAMES_LINE = re.compile(r"\bline \d|<lambda:\d")

#: Where a span is now, None where that is not known.
Place = Callable[[tuple[int, int, int, int]], "tuple[int, int, int, int] | None"]


class Answer(NamedTuple):
    """What is said about one file. ``marks``: the violations' fingerprints; ``skipped``: by its comment.

    ``comments``: the lines whose comments have had their say, see ``suppressions.standing``.
    """

    violations: tuple[Violation, ...] = ()
    marks: tuple[str, ...] = ()
    suppressed: int = 0
    skipped: bool = False
    comments: str = ""


class _File:
    """One file: how it was seen, what its module's questions led to, and the answer, where it was asked."""

    __slots__ = ("answer", "bodies", "checked", "facts", "hints", "led_to", "names", "seen")

    def __init__(
        self,
        seen: Seen,
        facts: bytes = b"",
        led_to: tuple[str, ...] = (),
        names: tuple[str, ...] = (),
        bodies: tuple[tuple[str, str], ...] = (),
        hints: tuple[str, ...] = (),
        answer: tuple[Any, ...] | None = None,
        checked: tuple[str, ...] = (),
    ) -> None:
        self.seen = seen
        self.facts = facts
        self.led_to = led_to
        self.names = names
        self.bodies = bodies
        self.hints = hints
        self.answer = answer
        self.checked = checked

    def plain(self) -> tuple[Any, ...]:
        """All of it, in the order in which it is made of it."""
        known = self.seen, self.facts, self.led_to, self.names, self.bodies, self.hints
        return (*known, self.answer, self.checked)

    def withdraw(self) -> None:
        """Know nothing more but what others may still rest on: the names that can be reached through it."""
        self.led_to, self.bodies, self.hints, self.checked, self.answer = (), (), (), (), None


class Learnt(NamedTuple):
    """What a run adds. ``led_to``, ``names``, ``bodies``, ``hints`` and ``checked``: see ``program.asked``;
    ``facts``: under which key the cache keeps the facts of a file; ``projects``: the files of each;
    ``shapes``: of all of those; ``mentions``: the files that mention a name."""

    ledger: Ledger
    facts: Mapping[str, bytes]
    answers: Mapping[str, Answer] = _NOTHING
    led_to: Mapping[str, Iterable[str]] = _NOTHING
    names: Mapping[str, Iterable[str]] = _NOTHING
    bodies: Mapping[str, Iterable[tuple[str, str]]] = _NOTHING
    hints: Mapping[str, Iterable[str]] = _NOTHING
    checked: Mapping[str, Iterable[str]] = _NOTHING
    projects: Mapping[str, tuple[str, ...]] = _NOTHING
    shapes: Mapping[str, Shapes] = _NOTHING
    mentions: Mapping[str, tuple[str, ...]] = _NOTHING


class Answers:
    """The answers under one key, which says what else they depend on. Nothing is known where none are kept.

    ``folder`` need not exist. ``most``: so many bytes of a file are looked at.
    """

    def __init__(self, folder: str, key: str, most: int) -> None:
        self._path = os.path.join(folder, f"answers-{zlib.crc32(key.encode()):08x}")
        self._key = key
        self._most = most
        self._dirty = False
        self._clear()
        self._load()

    def _clear(self) -> None:
        self._files: dict[str, _File] = {}
        self._folders: dict[str, Listing] = {}
        self._rules: dict[str, Seen] = {}
        self._marks: dict[str, bool] = {}
        self._walks: dict[str, tuple[str, ...]] = {}
        self._packed_shapes = b""
        self._shapes: dict[str, Shapes] | None = None
        self._mentions: dict[str, tuple[str, ...]] = {}
        self.roots: tuple[str, ...] | None = None
        self.projects: dict[str, tuple[str, ...]] = {}

    def forget(self) -> None:
        """Nothing stands."""
        self._clear()
        self._dirty = True

    def changed(self) -> list[str]:
        """The files whose content has changed since. Where more has, nothing stands any more."""
        if not self._same_surroundings():
            self.forget()
            return []
        changed = []
        for path, file in self._files.items():
            seen = now(path, file.seen, self._most)
            if seen != file.seen:
                self._dirty = True
                if seen[1] != file.seen[1]:
                    changed.append(path)
                file.seen = seen
        return changed

    def _same_surroundings(self) -> bool:
        for folder, listing in self._folders.items():
            after = listed_now(folder, listing)
            if after != listing:
                self._dirty = True
                if after[1] != listing[1]:
                    return False
                self._folders[folder] = after
        for path, seen in self._rules.items():
            now_seen = now(path, seen)
            if now_seen != seen:
                self._dirty = True
                if now_seen[1] != seen[1]:
                    return False
                self._rules[path] = now_seen
        return all(os.path.exists(path) is there for path, there in self._marks.items())

    def facts_key(self, path: str) -> bytes:
        """The key that the cache keeps the facts of a file under, as it was when it was asked about."""
        return self._files[path].facts

    def withdraw(self, path: str, hints: Iterable[str] = (), bodies: Collection[str] | None = None) -> None:
        """Take back every answer that rests on the content of a file, or on these hints.

        ``bodies``: the names of the functions that have changed in it, where nothing else has.
        """
        resting: dict[str, list[str]] = {}
        pending = [path, *hints]
        for other, file in self._files.items():
            for rested in (*file.led_to, *file.hints):
                resting.setdefault(rested, []).append(other)
            if bodies is None:
                # whose names are looked at by one may be looked at through that one by another
                for rested in file.names:
                    resting.setdefault(rested, []).append(other)
            if any(where == path and (bodies is None or name in bodies) for where, name in file.bodies):
                resting.setdefault(path, []).append(other)
        reached: set[str] = set(pending)
        while pending:
            for other in resting.get(pending.pop(), ()):
                if other not in reached:
                    reached.add(other)
                    pending.append(other)
        for other in reached:
            file_reached = self._files.get(other)
            if file_reached is not None:
                file_reached.withdraw()
        for file in self._files.values():
            if file.checked and not reached.isdisjoint(file.checked):
                file.answer, file.checked = None, ()
        self._dirty = self._dirty or bool(reached)

    def move(self, path: str, place: Place, marks: Callable[[Sequence[Violation]], Sequence[str]]) -> None:
        """Say what stands about a file, and what has a part in it, at the places where it stands now.

        The file means what it did. ``place``: where a span of it is now; what has none is to be asked again.
        ``marks`` gives the fingerprints of the violations of the file.
        """
        for other, file in self._files.items():
            if file.answer is None or not _tells_of(file.answer, path):
                continue
            violations = [_moved(violation, path, place) for violation in file.answer[0]]
            if None in violations:
                file.answer = None
                continue
            answer = file.answer = (tuple(violations), *file.answer[1:])
            if other == path:
                file.answer = (answer[0], tuple(marks(_unpacked(answer).violations)), *answer[2:])
        self._dirty = True

    def withdraw_answer(self, path: str) -> None:
        """Take back what is said about a file; what others rest on it stands."""
        self._files[path].answer = None
        self._dirty = True

    def comments(self, path: str) -> str:
        """The comments that had a part in what is said about a file."""
        answer = self._files[path].answer
        return "" if answer is None else answer[4]

    def hints_changed(self, path: str) -> list[str]:
        """The hints that a changed file may now answer otherwise; its shapes are brought up to date."""
        if not any(path in files for files in self.projects.values()):
            return []
        switches = self._switches() if holds_settings(path) else []
        before = self.shapes().get(path, NO_SHAPES)
        try:
            with open(path, "rb") as file:
                data = file.read(self._most)
        except OSError:
            data = b""
        after = shapes_of(data)
        hints = switches + self._mentions_changed(path, data)
        if after == before:
            return hints
        self.shapes()[path] = after
        self._packed_shapes = b""
        functions = set(before[1]) ^ set(after[1])
        bases = _bases(before), _bases(after)
        classes = {base for base in (*bases[0], *bases[1]) if bases[0].get(base) != bases[1].get(base)}
        return [*hints, *(f"def {name}" for name in functions), *(f"class {name}" for name in classes)]

    def _mentions_changed(self, path: str, data: bytes) -> list[str]:
        changed = []
        for name, files in self._mentions.items():
            now_there = mentions(data, name)
            if now_there is not (path in files):
                self._mentions[name] = (*files, path) if now_there else tuple(set(files) - {path})
                changed.append(f"mention {name}")
        return changed

    def looks(self, path: str) -> dict[str, tuple[str, str]]:
        """The hints that rest on what the functions of a file call or use, each with its kind and names."""
        found: dict[str, tuple[str, str]] = {}
        for file in self._files.values():
            for hint in file.hints:
                if hint.startswith(("calls ", "uses ")):
                    kind, names, where = hint.split(" ", 2)
                    if where == path:
                        found[hint] = kind, names
        return found

    def _switches(self) -> list[str]:
        hints = {hint for file in self._files.values() for hint in file.hints}
        return [hint for hint in hints if hint.startswith("switch ")]

    def shapes(self) -> dict[str, Shapes]:
        """The shapes of the project's files, as far as they are known."""
        if self._shapes is None:
            self._shapes = marshal.loads(self._packed_shapes) if self._packed_shapes else {}
        return self._shapes

    def text(self) -> Text:
        """What is known of the project's text."""
        # the files of one project say nothing of another's
        return Text(self.shapes(), self._mentions if len(self.projects) == 1 else {})

    def walk(self, key: str) -> tuple[str, ...] | None:
        """The files that a walk has found, None where it is not known."""
        return self._walks.get(key)

    def answer(self, path: str) -> Answer | None:
        """What stands about a file, None where nothing does."""
        file = self._files.get(path)
        return None if file is None or file.answer is None else _unpacked(file.answer)

    def answered(self, path: str) -> bool:
        """Whether the answer about a file stands."""
        file = self._files.get(path)
        return file is not None and file.answer is not None

    def learn(self, walk: str, walked: tuple[str, ...], learnt: Learnt) -> None:
        """Add what a run has found out."""
        ledger = learnt.ledger
        if ledger.torn:
            self.forget()
            return
        self._dirty = True
        self._walks[walk] = walked
        self._folders.update(ledger.folders)
        self._rules.update(ledger.rules)
        self._marks.update(ledger.marks)
        self.projects.update(learnt.projects)
        if learnt.shapes:
            self._shapes = dict(learnt.shapes)
            self._packed_shapes = b""
        self._mentions.update(learnt.mentions)
        for path, seen in ledger.texts.items():
            file = self._files.get(path)
            if file is None:
                self._files[path] = _File(seen)
            else:
                file.seen = seen
        for path, others in learnt.led_to.items():
            file = self._known(path)
            file.led_to = tuple(sorted({*file.led_to, *others} - {path}))
        for path, others in learnt.names.items():
            file = self._known(path)
            file.names = tuple(sorted({*file.names, *others} - {path}))
        for path, looked_at in learnt.bodies.items():
            file = self._known(path)
            file.bodies = tuple(sorted({*file.bodies, *looked_at}))
        for path, hints in learnt.hints.items():
            file = self._known(path)
            file.hints = tuple(sorted({*file.hints, *hints}))
        for path, others in learnt.checked.items():
            file = self._known(path)
            file.checked = tuple(sorted({*file.checked, *others} - {path}))
        for path, key in learnt.facts.items():
            self._known(path).facts = key
        for path, answer in learnt.answers.items():
            self._known(path).answer = _packed(answer)

    def _known(self, path: str) -> _File:
        file = self._files.get(path)
        if file is None:
            # it was never read, which is to be noticed when it can be
            file = self._files[path] = _File(GONE)
        return file

    def save(self) -> None:
        """Keep what has changed."""
        if not self._dirty:
            return
        if self._shapes and not self._packed_shapes:
            self._packed_shapes = marshal.dumps(self._shapes)
        content = marshal.dumps((
            self._key,
            {path: file.plain() for path, file in self._files.items()},
            self._folders,
            self._rules,
            self._marks,
            self._walks,
            self.roots,
            self.projects,
            self._packed_shapes,
            self._mentions,
        ))  # fmt: skip
        from pathlib import Path

        from rmwlint.cache import replace_file

        with contextlib.suppress(OSError):
            replace_file(Path(self._path), _MAGIC + zlib.crc32(content).to_bytes(4, "little") + content)
            _prune(os.path.dirname(self._path))

    def _load(self) -> None:
        try:
            with open(self._path, "rb") as file:
                whole = file.read()
            content = memoryview(whole)[len(_MAGIC) + 4 :]
            checksum = int.from_bytes(whole[len(_MAGIC) : len(_MAGIC) + 4], "little")
            if not whole.startswith(_MAGIC) or zlib.crc32(content) != checksum:
                return
            kept = marshal.loads(content)
            if kept[0] != self._key:
                return
            files, self._folders, self._rules, self._marks, self._walks = kept[1:6]
            self.roots, self.projects, self._packed_shapes, self._mentions = kept[6:]
            self._files = {path: _File(*plain) for path, plain in files.items()}
        except (OSError, ValueError, EOFError, TypeError, IndexError):
            self._clear()


def _bases(shapes: Shapes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, bases in shapes[0]:
        for base in bases:
            found.setdefault(base, []).append(name)
    return found


def _packed(answer: Answer) -> tuple[Any, ...]:
    return (_plain(answer.violations), *answer[1:])


def _unpacked(plain: tuple[Any, ...]) -> Answer:
    return Answer(tuple(map(_violation, plain[0])), *plain[1:])


def _plain(value: Any) -> Any:
    """Tuples, strings and numbers and nothing else: all that can be written."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, Confidence):
        return int(value)
    return value.value if isinstance(value, Applicability) else value


def _violation(plain: tuple[Any, ...]) -> Violation:
    made = Violation(*plain)
    fix: Any = made.fix
    return made._replace(
        span=Span(*made.span),
        confidence=Confidence(made.confidence),
        steps=tuple(Step(role, path, Span(*span), text) for role, path, span, text in made.steps),
        fix=None
        if fix is None
        else Fix(
            Applicability(fix[0]), fix[1], tuple(Edit(path, Span(*span), text) for path, span, text in fix[2])
        ),
    )


def _tells_of(plain: tuple[Any, ...], path: str) -> bool:
    """Whether a packed answer tells of a place in a file."""
    return any(
        made.path == path
        or any(step[1] == path for step in made.steps)
        or (made.fix is not None and any(edit[0] == path for edit in made.fix[2]))
        for made in (Violation(*violation) for violation in plain[0])
    )


def _moved(plain: tuple[Any, ...], path: str, place: Place) -> tuple[Any, ...] | None:
    """A packed violation at the place where it stands now, None where that is not known."""
    made = Violation(*plain)
    span = place(made.span) if made.path == path else made.span
    steps = [(role, at, place(where) if at == path else where, text) for role, at, where, text in made.steps]
    texts = [made.message, made.function, made.remedy, *(text for _, _, _, text in steps)]
    texts += [text for _, text in made.interleaving]
    if span is None or any(where is None for _, _, where, _ in steps) or made.fix is not None:
        return None
    if any(_NAMES_LINE.search(text) for text in texts):
        return None
    return tuple(made._replace(span=span, steps=tuple(steps)))  # type: ignore[arg-type]


def _prune(folder: str) -> None:
    """Throw away the oldest where there are many."""
    names = [name for name in os.listdir(folder) if name.startswith("answers-")]
    if len(names) <= _MOST_KEPT:
        return
    by_age: list[tuple[int, str]] = []
    for name in names:
        with contextlib.suppress(FileNotFoundError):  # another run may throw away the same
            by_age.append((os.stat(os.path.join(folder, name)).st_mtime_ns, name))
    for _, name in sorted(by_age)[: max(0, len(by_age) - _MOST_KEPT)]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, name))


def fingerprint_of_program() -> str:
    """What tells this rmwlint, and the Python that it runs on, from any other."""
    here = os.path.dirname(os.path.abspath(__file__))
    parts = [sys.version, sys.implementation.cache_tag or ""]
    for path, found in sorted(_own_files(here)):
        parts.append(f"{path} {found.st_size} {found.st_mtime_ns}")
    return "\n".join(parts)


def _own_files(top: str) -> Iterator[tuple[str, os.stat_result]]:
    pending = [top]
    beside = os.path.join(os.path.dirname(top), "checks")
    if os.path.exists(os.path.join(os.path.dirname(top), "pyproject.toml")):
        pending.append(beside)  # a checkout: the checks do not lie in the package
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.name.endswith((".py", ".toml")):
                        yield entry.path, entry.stat()
                    elif entry.name != "__pycache__" and entry.is_dir():
                        pending.append(entry.path)
        except OSError:
            continue  # imported out of an archive: the version has to do
